//! What breaks, while a relay posts: whatever was acknowledged is in ClickHouse in the end, and once.
//!
//! Each scenario says what it did and counted (`--no-capture` shows it). `OOT_FAULT_SECONDS` makes the faults longer, and
//! `OOT_KILL_ROUNDS` the rounds more.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../ingest/tests/support/emulator.rs"]
mod emulator;
#[path = "faults/stack.rs"]
mod stack;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use oot_tests::{ClickHouse, Daemon, Fault, Faulty, eventually, eventually_within};
use stack::{Load, Replicator, Stack, words};

/// Callbacks a second: more than the emulator takes would only fill the spool.
const RATE: u64 = 40;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// How long a fault lasts.
fn fault_time() -> Duration {
    Duration::from_secs(setting("OOT_FAULT_SECONDS", 4))
}

/// Lets time pass for a fault to be met; what comes of it is awaited.
fn pass(time: Duration) {
    let end = Instant::now() + time;
    while Instant::now() < end {
        std::thread::park_timeout(end.saturating_duration_since(Instant::now()));
    }
}

/// While the store has a fault, results go to the spool; the relay sees no failure.
fn the_store(name: &str, fault: Fault) {
    let stack = Stack::start();
    let load = stack.relay(fault_time() + Duration::from_secs(4));
    pass(Duration::from_secs(1));
    stack.store.set(fault);
    pass(fault_time());
    stack.store.set(Fault::None);
    let load = load.end();
    let failed = load.outcomes.iter().filter(|it| !it.acknowledged).count();
    assert_eq!(failed, 0, "{name}: steps of the relay failed");
    let counts = stack.settle(name, load);
    assert!(counts.spooled > 0, "{name}: nothing met the fault");
}

#[test]
fn a_store_that_refuses() {
    the_store("store refused", Fault::Refuses);
}

#[test]
fn a_store_that_hangs() {
    the_store("store hung", Fault::Hangs);
}

#[test]
fn a_store_that_is_slow() {
    the_store("store slow", Fault::Slow);
}

#[test]
fn a_store_that_throttles() {
    the_store("store throttling", Fault::Throttles);
}

#[test]
fn a_store_that_fails() {
    the_store("store failing", Fault::Fails);
}

#[test]
fn a_store_that_answers_garbage() {
    the_store("store answering garbage", Fault::Garbage);
}

#[test]
fn a_store_whose_answers_are_lost() {
    the_store("store's answers lost", Fault::LosesAnswers);
}

/// A restart in the middle of an outage.
#[test]
fn a_store_that_is_away_when_the_daemon_starts() {
    let mut stack = Stack::start();
    assert_eq!(stack.daemon.take().unwrap().stop(), Some(0));
    stack.store.set(Fault::Refuses);
    stack.start_daemon();
    let load = stack.relay(Duration::from_secs(2)).end();
    assert!(load.outcomes.iter().all(|it| it.acknowledged));
    stack.store.set(Fault::None);
    let counts = stack.settle("store away at the start", load);
    assert!(counts.spooled > 0);
}

#[test]
fn a_clickhouse_that_is_stopped() {
    let mut stack = Stack::start();
    let load = stack.relay(fault_time() + Duration::from_secs(3));
    pass(Duration::from_secs(1));
    let address = stack.clickhouse.take().unwrap().stop();
    pass(fault_time());
    stack.clickhouse = Some(ClickHouse::start_at(&stack.data.path().join("server"), &address));
    let load = load.end();
    stack.settle("ClickHouse stopped", load);
}

/// It takes connections and never answers: the daemon starts all the same, takes results, and ends when it is told to.
#[test]
fn a_clickhouse_that_hangs() {
    let mut stack = Stack::start();
    assert_eq!(stack.daemon.take().unwrap().stop(), Some(0));
    let hangs = Faulty::before(&stack.clickhouse.as_ref().unwrap().url);
    hangs.set(Fault::Hangs);
    let mut flags = stack.flags();
    let at = flags.iter().position(|flag| flag == "--clickhouse").unwrap() + 1;
    flags[at].clone_from(&hangs.url);
    let data = stack.data.path().join("daemon");
    stack.daemon = Some(Daemon::start_with(&data, &words(&flags)));
    let load = stack.relay(Duration::from_secs(2)).end();
    assert!(load.outcomes.iter().all(|it| it.acknowledged));
    assert_eq!(stack.daemon.take().unwrap().stop(), Some(0));
    stack.start_daemon();
    stack.settle("ClickHouse hung, and a restart", load);
}

#[test]
fn store_and_clickhouse_away_at_once() {
    let mut stack = Stack::start();
    let load = stack.relay(fault_time() + Duration::from_secs(4));
    pass(Duration::from_secs(1));
    stack.store.set(Fault::Hangs);
    let address = stack.clickhouse.take().unwrap().stop();
    pass(fault_time());
    stack.clickhouse = Some(ClickHouse::start_at(&stack.data.path().join("server"), &address));
    stack.store.set(Fault::None);
    let load = load.end();
    stack.settle("store and ClickHouse away", load);
}

/// What can't be kept anywhere is 503, so that the relay knows.
#[test]
fn a_spool_without_room() {
    let mut stack = Stack::start();
    assert_eq!(stack.daemon.take().unwrap().stop(), Some(0));
    let config = stack.data.path().join("config.toml");
    std::fs::write(&config, "[ingest]\nspool_max_bytes = 6000\n").unwrap();
    let flags = stack.flags();
    let flags = [&["--config", config.to_str().unwrap()], &words(&flags)[..]].concat();
    stack.daemon = Some(Daemon::start_with(&stack.data.path().join("daemon"), &flags));
    let load = stack.relay(fault_time() + Duration::from_secs(2));
    pass(Duration::from_secs(1));
    stack.store.set(Fault::Refuses);
    eventually_within(Duration::from_secs(30), "a full spool in the status", || {
        stack.status()["intake"]["spool"]["full"].as_str().map(drop)
    });
    pass(fault_time());
    let unavailable = stack.status()["intake"]["last_hour"]["unavailable"].as_u64();
    assert!(unavailable > Some(0), "{unavailable:?}");
    stack.store.set(Fault::None);
    let load = load.end();
    stack.settle("spool full", load);
}

/// `kill -9` at moments that nobody chose, of a daemon on embedded engines.
#[test]
fn a_daemon_that_is_killed() {
    let rounds = setting("OOT_KILL_ROUNDS", 4);
    let data = tempfile::tempdir().unwrap();
    let daemon_data = data.path().join("daemon");
    let mut acknowledged = BTreeMap::<String, bool>::new();
    for round in 0..rounds {
        let daemon = Daemon::start(&daemon_data);
        let directory = data.path().join(format!("round-{round}"));
        std::fs::create_dir(&directory).unwrap();
        let load = Load::start(&daemon, &directory, u64::from(u32::MAX), 400 + round);
        // Between 0.1 and 1 s, and not the same in any two rounds.
        pass(Duration::from_millis(100 + round * 373 % 900));
        daemon.kill();
        for (key, completed) in load.stop().acknowledged() {
            *acknowledged.entry(key).or_default() |= completed;
        }
    }
    assert!(!acknowledged.is_empty());
    let daemon = Daemon::start(&daemon_data);
    let text = || {
        daemon
            .clickhouse
            .run("SELECT dynamoKey, status FROM oot_workflow_job FINAL FORMAT TSV")
    };
    let missing = || {
        let text = text();
        let rows: BTreeMap<&str, &str> = text.lines().map(|line| line.split_once('\t').unwrap()).collect();
        let lost = |(key, completed): &(&String, &bool)| match rows.get(key.as_str()) {
            None => true,
            Some(status) => **completed && *status != "completed",
        };
        acknowledged.iter().filter(lost).count()
    };
    eventually_within(Duration::from_secs(60), "all that was acknowledged, as rows", || {
        (missing() == 0).then_some(())
    });
    let text = text();
    let keys: BTreeSet<&str> = text.lines().map(|line| line.split_once('\t').unwrap().0).collect();
    assert_eq!(keys.len(), text.lines().count(), "shown twice");
    println!(
        "serve killed {rounds} times: {} keys acknowledged and lost 0, {} rows, shown twice 0",
        acknowledged.len(),
        keys.len()
    );
    assert_eq!(daemon.stop(), Some(0));
}

/// `kill -9` of the replicator at moments that nobody chose, under load.
#[test]
fn a_replicator_that_is_killed() {
    let rounds = setting("OOT_KILL_ROUNDS", 4);
    let stack = Stack::without_replicator();
    // A round takes a second or so; the relay posts all the while.
    let load = stack.relay(Duration::from_secs(2 + 2 * rounds));
    for round in 0..rounds {
        let before = stack.rows();
        let replicator = Replicator::start(&stack, "replicator");
        eventually("that it is at work", || (stack.rows() > before).then_some(()));
        pass(Duration::from_millis(round * 373 % 900));
        drop(replicator);
    }
    let _last = Replicator::start(&stack, "replicator");
    stack.settle(&format!("replicate killed {rounds} times"), load.end());
}

/// Three share the work; one is killed, one is frozen for longer than its lease and thawed.
#[test]
fn replicators_that_are_killed_and_frozen() {
    let stack = Stack::without_replicator();
    let frozen = Replicator::start(&stack, "frozen");
    let load = stack.relay(Duration::from_secs(26));
    pass(Duration::from_secs(2));
    let killed = Replicator::start(&stack, "killed");
    let _stays = Replicator::start(&stack, "stays");
    pass(Duration::from_secs(2));
    // There is one shard, and who came first has it.
    frozen.signal("-STOP");
    let before = stack.rows();
    pass(Duration::from_secs(2));
    drop(killed);
    // A lease lasts for 15 s.
    eventually("that another one goes on", || {
        (stack.rows() > before + RATE).then_some(())
    });
    frozen.signal("-CONT");
    stack.settle("one replicator killed, one frozen past its lease", load.end());
}

/// A whole matrix of jobs starts and ends at once; the relay's own client, with its patience, sees no step fail.
#[test]
fn a_burst_of_callbacks() {
    const SCRIPT: &str = include_str!("burst.py");
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let jobs = setting("OOT_BURST_JOBS", 500).to_string();
    let output = std::process::Command::new("python3")
        .args([
            "-c",
            SCRIPT,
            &format!("{}/api/oot/results", daemon.url),
            daemon.token(),
            &jobs,
        ])
        .output()
        .unwrap();
    let (out, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{out}{error}");
    println!("burst: {}", out.trim());
    eventually_within(Duration::from_secs(60), "all jobs, as completed rows", || {
        let rows = daemon
            .clickhouse
            .run("SELECT countIf(status = 'completed') FROM oot_workflow_job FINAL");
        (rows == jobs).then_some(())
    });
    assert_eq!(daemon.stop(), Some(0));
}
