//! A full log into ClickHouse, and a whole store.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use oot_tests::{ClickHouse, eventually_within, ingest, start_ingest};
use serde_json::{Value, json};

use crate::report::resident_kilobytes;

const LONG: Duration = Duration::from_secs(900);
/// Events of the past that give about so many callbacks; each has some 50 jobs, and each job two callbacks.
const LOGGED_EVENTS: u32 = 3_000;
const STORED_EVENTS: u32 = 23_000;

/// From a log that nobody has read yet to rows that ClickHouse has acknowledged.
pub(crate) fn replicator() -> Value {
    let data = tempfile::tempdir().unwrap();
    let changes = fill(data.path(), LOGGED_EVENTS);
    let engine = tempfile::tempdir().unwrap();
    let clickhouse = ready(engine.path());
    let begun = Instant::now();
    let mut process = replicate(data.path(), &clickhouse, &[]);
    let (rows, took) = copied(&clickhouse, begun);
    process.kill().unwrap();
    process.wait().unwrap();
    let rate = changes as f64 / took.as_secs_f64();
    println!(
        "  replicator: {changes} changes of {rows} records in {:.1} s, {rate:.0} a second, the start of its process among them",
        took.as_secs_f64()
    );
    json!({ "changes": changes, "records": rows, "seconds": took.as_secs_f64(), "changes_a_second": rate.round() })
}

/// Starts it, with further flags.
pub(crate) fn replicate(data: &Path, clickhouse: &ClickHouse, flags: &[&str]) -> Child {
    let always = [
        "--log-level",
        "warn",
        "replicate",
        "--data",
        data.to_str().unwrap(),
        "--clickhouse",
        &clickhouse.url,
        "--status-listen",
        "127.0.0.1:0",
    ];
    start_ingest(&[&always, flags].concat())
}

pub(crate) fn backfill() -> Value {
    let data = tempfile::tempdir().unwrap();
    fill(data.path(), STORED_EVENTS);
    let engine = tempfile::tempdir().unwrap();
    let clickhouse = ready(engine.path());
    let begun = Instant::now();
    let mut process = start_ingest(&[
        "--log-level",
        "warn",
        "backfill",
        "--data",
        data.path().to_str().unwrap(),
        "--clickhouse",
        &clickhouse.url,
    ]);
    let mut resident = Vec::new();
    while process.try_wait().unwrap().is_none() {
        resident.extend(resident_kilobytes(process.id(), "VmRSS:"));
        std::thread::park_timeout(Duration::from_millis(500));
    }
    let took = begun.elapsed();
    let items: u64 = clickhouse
        .run("SELECT count() FROM oot_workflow_job FINAL")
        .parse()
        .unwrap();
    let rate = items as f64 / took.as_secs_f64();
    let at = |part: usize| resident.get(resident.len() * part / 10).copied().unwrap_or_default();
    println!(
        "  backfill: {items} items in {:.1} s, {rate:.0} a second; resident after a tenth {} kB, a half {} kB, nine tenths {} kB",
        took.as_secs_f64(),
        at(1),
        at(5),
        at(9)
    );
    json!({ "items": items, "seconds": took.as_secs_f64(), "rows_a_second": rate.round(), "resident_kb": [at(1), at(5), at(9)] })
}

/// Gives how many callbacks that are.
fn fill(data: &Path, events: u32) -> u64 {
    let events = (events / 3).to_string();
    let printed = ingest(&[
        "simulate",
        "--data",
        data.to_str().unwrap(),
        "--history",
        "3",
        "--seed",
        "1",
        "--events-per-day",
        &events,
    ]);
    assert_eq!(printed.code, Some(0), "{printed:?}");
    let text = format!("{}{}", printed.stdout, printed.stderr);
    let callbacks = text.lines().find_map(|line| line.split_once(" callbacks: ")).unwrap().0;
    callbacks.trim().parse().unwrap()
}

/// A ClickHouse with our tables.
pub(crate) fn ready(directory: &Path) -> ClickHouse {
    let clickhouse = ClickHouse::start(directory);
    let migrated = ingest(&[
        "migrate",
        "--clickhouse",
        &clickhouse.url,
        "--data",
        directory.to_str().unwrap(),
    ]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    clickhouse
}

/// How many records there are when nothing new comes any more, and when the last change of one came.
pub(crate) fn copied(clickhouse: &ClickHouse, begun: Instant) -> (u64, Duration) {
    let (mut last, mut since) = (String::new(), Instant::now());
    eventually_within(LONG, "the log is copied", || {
        let state = clickhouse.run("SELECT count(), sum(_version) FROM oot_workflow_job FINAL");
        if state != last {
            (last, since) = (state, Instant::now());
        }
        (!last.starts_with('0') && since.elapsed() > Duration::from_secs(4)).then_some(())
    });
    let records = last.split('\t').next().unwrap().parse().unwrap();
    (records, since.duration_since(begun))
}
