//! Daemons that start, whatever is away, and what they take anew while they run.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use oot_tests::{
    ClickHouse, Daemon, Fault, Faulty, eventually, get, ingest, post, samples, start_ingest, start_ingest_into,
};

#[test]
fn a_generated_token_is_private_and_not_for_the_open_network() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().to_str().unwrap();
    let printed = ingest(&[
        "serve",
        "--data",
        path,
        "--listen",
        "0.0.0.0:0",
        "--clickhouse-listen",
        "127.0.0.1:0",
    ]);
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""));
    assert!(
        printed
            .stderr
            .contains("is not a loopback address, and no token is configured"),
        "{}",
        printed.stderr
    );
    let daemon = Daemon::start(data.path());
    let mode = std::fs::metadata(data.path().join("token"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let token = daemon.token().to_owned();
    assert_eq!(daemon.stop(), Some(0));
    let daemon = Daemon::start(data.path());
    assert_eq!(daemon.token(), token, "it stays the same");
}

/// As a first start left them that was interrupted.
#[test]
fn a_generated_token_that_is_empty_is_made_anew_at_the_next_start() {
    let data = tempfile::tempdir().unwrap();
    for name in ["token", "token.new"] {
        std::fs::write(data.path().join(name), "").unwrap();
    }
    let daemon = Daemon::start(data.path());
    assert_eq!(daemon.token().len(), 64);
    assert_eq!(daemon.post(&samples()[0]).unwrap().status, 200);
    let mode = std::fs::metadata(data.path().join("token"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_server_is_migrated_only_by_migrate() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let path = data.path().join("ingest");
    let flags = ["--data", path.to_str().unwrap(), "--clickhouse", &clickhouse.url];
    let printed = ingest(&[&["replicate", "--status-listen", "127.0.0.1:0"], &flags[..]].concat());
    assert_eq!(printed.code, Some(2), "{printed:?}");
    let advice = format!("apply it with `oot-ingest migrate --clickhouse {}`", clickhouse.url);
    assert!(printed.stderr.contains(&advice), "{}", printed.stderr);

    // The endpoint starts all the same: what comes meanwhile is kept.
    let daemon = Daemon::start_with(&path, &flags);
    assert_eq!(daemon.post(&samples()[0]).unwrap().status, 200);
    eventually("that it says what to do", || {
        get(&format!("{}/status", daemon.url))
            .unwrap()
            .body
            .contains(&advice)
            .then_some(())
    });
    let printed = ingest(&[&["migrate"], &flags[..]].concat());
    assert_eq!(
        (printed.code, printed.stdout.as_str()),
        (
            Some(0),
            "applied 0001_oot_workflow_job.sql to default.oot_workflow_job\n\
             applied 0002_oot_dead_letter.sql to default.oot_workflow_job\n\
             applied 0003_oot_days.sql to default.oot_workflow_job\n\
             applied 0004_oot_days_of_rows.sql to default.oot_workflow_job\n\
             applied 0005_oot_workflow_job_derived.sql to default.oot_workflow_job\n\
             applied 0006_oot_backends.sql to default.oot_workflow_job\n\
             applied 0007_oot_backends_of_rows.sql to default.oot_workflow_job\n\
             applied 0008_oot_backends_fill.sql to default.oot_workflow_job\n\
             rows of default.oot_workflow_job are kept for 100 days\n"
        )
    );
    let printed = ingest(&[&["migrate"], &flags[..]].concat());
    assert_eq!(
        (printed.code, printed.stdout.as_str()),
        (Some(0), "default.oot_workflow_job is up to date\n")
    );
    eventually("the row", || (clickhouse.results() == 1).then_some(()));
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn results_come_in_whatever_clickhouse_says() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let path = data.path().join("ingest");
    let to = ["--data", path.to_str().unwrap(), "--clickhouse"];
    assert_eq!(
        ingest(&[&["migrate"], &to[..], &[&clickhouse.url]].concat()).code,
        Some(0)
    );
    let faults = [
        Fault::Refuses,
        Fault::Hangs,
        Fault::Fails,
        Fault::Refuted,
        Fault::Garbage,
    ];
    for (fault, body) in faults.into_iter().zip(samples()) {
        let front = Faulty::before(&clickhouse.url);
        front.set(fault);
        let daemon = Daemon::start_with(&path, &[&to[..], &[&front.url]].concat());
        let versions = || clickhouse.run("SELECT sum(_version) FROM oot_workflow_job FINAL");
        let before = versions();
        assert_eq!(daemon.post(&body).unwrap().status, 200, "{fault:?}");
        front.set(Fault::None);
        eventually(&format!("the row of {fault:?}"), || {
            (versions() != before).then_some(())
        });
        assert_eq!(daemon.stop(), Some(0), "{fault:?}");
    }
}

/// Posts with a token; gives the status.
fn status_with(url: &str, token: &str) -> u16 {
    let url = format!("{url}/api/oot/results");
    post(&url, &[("X-OOT-Relay-Token", token)], &samples()[0])
        .unwrap()
        .status
}

#[test]
fn a_token_is_in_no_log_whoever_it_is_of() {
    let data = tempfile::tempdir().unwrap();
    let log = data.path().join("log");
    let path = data.path().join("ingest");
    let flags = [
        "--listen",
        "127.0.0.1:0",
        "--clickhouse-listen",
        "127.0.0.1:0",
        "--data",
        path.to_str().unwrap(),
    ];
    let mut daemon = start_ingest_into(&[&["--log-level", "debug", "serve"], &flags[..]].concat(), &log);
    let said = || std::fs::read_to_string(&log).unwrap();
    let url = eventually("that it listens", || {
        said()
            .lines()
            .find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
    });
    let token = std::fs::read_to_string(path.join("token")).unwrap();
    assert_eq!(status_with(&url, token.trim()), 200);
    assert_eq!(status_with(&url, "a-wrong-one-that-is-somebodys"), 401);
    eventually("a word about the refusal", || {
        said().contains("nauthorized").then_some(())
    });
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    for secret in [token.trim(), "a-wrong-one-that-is-somebodys"] {
        assert!(!said().contains(secret), "{}", said());
    }
}

#[test]
fn a_token_is_taken_anew_when_its_file_changes_and_at_a_signal() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let before = daemon.token().to_owned();
    std::fs::write(data.path().join("token"), "another-token-of-a-fair-length\n").unwrap();
    eventually("the new token, unasked", || {
        (status_with(&daemon.url, "another-token-of-a-fair-length") == 200).then_some(())
    });
    assert_eq!(status_with(&daemon.url, &before), 401);
    // A file that can't be read changes nothing.
    std::fs::write(data.path().join("token"), "").unwrap();
    daemon.signal("-HUP");
    daemon.signal("-HUP");
    std::fs::write(data.path().join("token"), format!("{before}\n")).unwrap();
    daemon.signal("-HUP");
    eventually("the old token", || {
        (status_with(&daemon.url, &before) == 200).then_some(())
    });
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn a_replicator_outlives_the_signal_that_the_unit_file_sends() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let path = data.path().join("ingest");
    let flags = ["--data", path.to_str().unwrap(), "--clickhouse", &clickhouse.url];
    assert_eq!(ingest(&[&["migrate"], &flags[..]].concat()).code, Some(0));
    let mut replicator = start_ingest(&[&["replicate", "--status-listen", "127.0.0.1:0"], &flags[..]].concat());
    let is_there = |file: &str| Path::new(&path).join(file).exists().then_some(());
    eventually("its name", || is_there("replicator"));
    let kill = |signal: &str| {
        let pid = replicator.id().to_string();
        assert!(
            std::process::Command::new("kill")
                .args([signal, &pid])
                .status()
                .unwrap()
                .success()
        );
    };
    kill("-HUP");
    kill("-TERM");
    assert_eq!(replicator.wait().unwrap().code(), Some(0));
}
