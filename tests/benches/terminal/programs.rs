//! The program as people start it, over an embedded ClickHouse and in a pty.

use std::path::Path;
use std::time::{Duration, Instant};

use oot_tests::{ClickHouse, Pty, eventually, hud_with_cache, make_tables};
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::report::{Times, cpu_seconds, resident_kilobytes};

const MATRIX: &str = include_str!("matrix.sql");
const REPO: &str = "vendor/torch-backend";
const RUNS: usize = 30;
const UPDATE: &[u8] = b"\x1b[?2026h";
/// An idle program is looked at for so long.
const IDLE: Duration = Duration::from_secs(20);

pub(crate) fn measured() -> Value {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(data.path());
    make_tables(&clickhouse);
    let now = OffsetDateTime::now_utc().unix_timestamp();
    // A handful of results first: what is measured here is the program.
    insert(&clickhouse, now, 3_000);
    let small = json!({
        "first_frame": first_frame(&clickhouse),
        "status": status(&clickhouse),
        "idle": idle(&clickhouse),
        "one_cell_changes": one_cell(&clickhouse),
    });
    clickhouse.run("TRUNCATE TABLE oot_workflow_job");
    insert(&clickhouse, now, 1_500_000);
    let large = large(&clickhouse);
    json!({ "over_3000_results": small, "over_1500000_results": large })
}

/// The newest of the matrix.
fn insert(clickhouse: &ClickHouse, now: i64, results: u64) {
    let sql = MATRIX.replace("{now}", &now.to_string()).replace(
        "numbers(1500000)",
        &format!("numbers({}, {results})", 1_500_000 - results),
    );
    clickhouse.run(&sql);
}

/// From the start of the process to the end of the first frame.
fn first_frame(clickhouse: &ClickHouse) -> Value {
    let mut times = Times::default();
    for _ in 0..RUNS {
        let begun = Instant::now();
        let pty = Pty::hud(120, 40, &["--clickhouse", &clickhouse.url]);
        while !is_in(&pty.raw(), b"\x1b[?2026l") {
            std::thread::yield_now();
        }
        times.take(begun.elapsed());
    }
    say("first frame after exec", &times);
    times.json()
}

fn status(clickhouse: &ClickHouse) -> Value {
    let ask = |cache: &Path, times: &mut Times| {
        let printed = times.time(|| hud_with_cache(cache, &clickhouse.url, &["status"]));
        assert!(printed.stdout.starts_with("oot "), "{printed:?}");
    };
    let (mut cold, mut warm) = (Times::default(), Times::default());
    for _ in 0..RUNS {
        let cache = tempfile::tempdir().unwrap();
        ask(cache.path(), &mut cold);
        for _ in 0..3 {
            ask(cache.path(), &mut warm);
        }
    }
    say("status, nothing kept", &cold);
    say("status, from the cache", &warm);
    json!({ "cold": cold.json(), "warm": warm.json() })
}

/// What a program costs that nobody touches: once without refreshes, once with those of every day.
fn idle(clickhouse: &ClickHouse) -> Value {
    let of = |refresh: &str| {
        let pty = Pty::hud(200, 60, &["--clickhouse", &clickhouse.url, "--refresh", refresh]);
        pty.shows("fresh");
        pty.shows(REPO);
        std::thread::park_timeout(Duration::from_secs(2));
        let process = pty.process_id().unwrap();
        let (cpu, frames, bytes) = (cpu_seconds(process), updates(&pty.raw()), pty.raw().len());
        std::thread::park_timeout(IDLE);
        let seconds = IDLE.as_secs_f64();
        let cpu = (cpu_seconds(process) - cpu) / seconds * 100.0;
        let frames = (updates(&pty.raw()) - frames) as f64 / seconds;
        let bytes = (pty.raw().len() - bytes) as f64 / seconds;
        println!(
            "  idle, --refresh {refresh:4} {cpu:.2} % of a core, {frames:.2} frames and {bytes:.0} bytes a second"
        );
        json!({ "cpu_percent": cpu, "frames_a_second": frames, "bytes_a_second": bytes })
    };
    json!({ "never_refreshing": of("0"), "refresh_of_15_s": of("15") })
}

/// Bytes to the terminal for a refresh that changes one cell.
fn one_cell(clickhouse: &ClickHouse) -> Value {
    let mut pty = Pty::hud(
        200,
        60,
        &["--clickhouse", &clickhouse.url, "--refresh", "0", "backend", REPO],
    );
    pty.shows("184999");
    // What stands below the matrix of the selected job comes later.
    pty.shows("usually");
    // The clock stands for a while at whole minutes alone once it is old; here each frame has the clock's second.
    let mut sizes = Vec::new();
    for number in 0..20 {
        turn(clickhouse, number);
        let before = pty.raw().len();
        pty.keys("r");
        std::thread::park_timeout(Duration::from_millis(900));
        let raw = pty.raw();
        let frames: Vec<usize> = split(&raw[before..]);
        sizes.push(frames.into_iter().max().unwrap_or_default());
    }
    sizes.sort_unstable();
    println!("  a refresh that changes one cell sends {sizes:?} bytes");
    json!({ "bytes_of_the_frame": sizes })
}

/// Turns a result near the top into its opposite.
fn turn(clickhouse: &ClickHouse, number: u64) {
    let cell = 1_499_999 - number * 17;
    clickhouse.run(&format!(
        "INSERT INTO oot_workflow_job ({COLUMNS}) SELECT {} FROM oot_workflow_job FINAL WHERE check_run_id = '{cell}'",
        COLUMNS
            .replace("conclusion", "if(conclusion = 'failure', 'success', 'failure')")
            .replace("_version", "_version + 1")
    ));
}

const COLUMNS: &str = "dynamoKey, status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url, \
    workflow_name, job_name, check_run_id, run_id, conclusion, downstream_repo_level, queue_time, started_at, completed_at, created_at, _version";

/// 5,000 pull requests by 300 jobs: until rows stand, what it holds, and how soon keys are answered while it refreshes.
fn large(clickhouse: &ClickHouse) -> Value {
    let mut opened = Times::default();
    for _ in 0..5 {
        let begun = Instant::now();
        let pty = Pty::hud(
            200,
            60,
            &["--clickhouse", &clickhouse.url, "--refresh", "0", "backend", REPO],
        );
        pty.shows("184999");
        opened.take(begun.elapsed());
        // What it asked goes on without it.
        std::thread::park_timeout(Duration::from_secs(5));
    }
    say("5,000 x 300: rows stand after", &opened);
    let mut pty = Pty::hud(
        200,
        60,
        &["--clickhouse", &clickhouse.url, "--refresh", "5", "backend", REPO],
    );
    pty.shows("184999");
    let process = pty.process_id().unwrap();
    eventually("the oldest pull request", || {
        pty.keys("G");
        std::thread::park_timeout(Duration::from_millis(300));
        pty.text().contains(" 180000 ").then_some(())
    });
    std::thread::park_timeout(Duration::from_secs(5));
    let memory = |name: &str| resident_kilobytes(process, name).unwrap();
    let (resident, peak) = (memory("VmRSS:"), memory("VmHWM:"));
    println!(
        "  5,000 x 300, all of it loaded: {:.1} MB resident, {:.1} MB at most",
        resident as f64 / 1e3,
        peak as f64 / 1e3
    );
    let mut keys = Times::default();
    for number in 0..400 {
        // Else what is shown stands, and nothing is asked for.
        if number % 40 == 0 {
            turn(clickhouse, number / 40);
        }
        let before = pty.sent();
        let begun = Instant::now();
        pty.keys(if number % 40 < 20 { "k" } else { "j" });
        // Whoever waits leaves the cores to those who work.
        while pty.sent() == before && begun.elapsed() < Duration::from_secs(2) {
            std::thread::park_timeout(Duration::from_micros(200));
        }
        keys.take(begun.elapsed());
        std::thread::park_timeout(Duration::from_millis(15 + number % 13));
    }
    say("key to frame, refreshing every 5 s", &keys);
    json!({
        "rows_stand": opened.json(),
        "resident_kb": resident,
        "resident_peak_kb": peak,
        "key_to_frame": keys.json(),
    })
}

fn is_in(bytes: &[u8], mark: &[u8]) -> bool {
    bytes.windows(mark.len()).any(|some| some == mark)
}

fn updates(bytes: &[u8]) -> usize {
    bytes.windows(UPDATE.len()).filter(|some| *some == UPDATE).count()
}

/// The lengths of the updates.
fn split(bytes: &[u8]) -> Vec<usize> {
    let starts: Vec<usize> = bytes
        .windows(UPDATE.len())
        .enumerate()
        .filter(|(_, some)| *some == UPDATE)
        .map(|(at, _)| at)
        .collect();
    let ends = starts.iter().skip(1).copied().chain([bytes.len()]);
    starts.iter().zip(ends).map(|(start, end)| end - start).collect()
}

fn say(what: &str, times: &Times) {
    println!(
        "  {what:36} {:8.2} ms, p99 {:8.2}",
        times.quantile(0.5),
        times.quantile(0.99)
    );
}
