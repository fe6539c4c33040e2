//! What an operator does by hand, beside a daemon that runs.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{ClickHouse, Daemon, Fault, Faulty, eventually, get, hud, ingest, result};

#[test]
fn a_row_that_clickhouse_refuses_stops_no_other_and_is_replayed_when_it_is_mended() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    daemon
        .clickhouse
        .run("ALTER TABLE oot_workflow_job ADD CONSTRAINT poison CHECK check_run_id != '5'");
    for number in 0..10 {
        assert_eq!(daemon.post(&result(number, "completed")).unwrap().status, 200);
    }
    eventually("the nine others", || (daemon.clickhouse.results() == 9).then_some(()));
    let letters = |arguments: &[&str]| {
        let data = data.path().to_str().unwrap();
        let printed = ingest(&[&["dead-letter", "--data", data], arguments].concat());
        assert_eq!(printed.code, Some(0), "{printed:?}");
        printed.stdout
    };
    // While the daemon runs: the engine is the daemon's.
    let letter = eventually("the dead letter", || {
        let listed = letters(&["list", "--json"]);
        listed
            .lines()
            .next()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
    });
    let id = letter["id"].as_str().unwrap();
    assert!(letter["reason"].as_str().unwrap().contains("poison"), "{letter}");
    assert!(letters(&["show", id]).contains("a/b/d5/w/j/5"));
    assert_eq!(letters(&["list"]).lines().count(), 2, "a head and the letter");
    let told =
        || serde_json::from_str::<serde_json::Value>(&get(&format!("{}/status", daemon.url)).unwrap().body).unwrap();
    eventually("that the daemon tells of it", || {
        (told()["dead_letters"] == 1).then_some(())
    });
    let status = ["status", "--ingest", &daemon.url, "--format", "json"];
    let health = hud(&daemon.clickhouse.url, &status);
    assert!(
        health.code == Some(1) && health.json()["reasons"].to_string().contains("dead letter"),
        "{health:?}"
    );

    daemon
        .clickhouse
        .run("ALTER TABLE oot_workflow_job DROP CONSTRAINT poison");
    assert_eq!(letters(&["replay", id]), "replayed 1\n");
    eventually("the tenth", || (daemon.clickhouse.results() == 10).then_some(()));
    assert_eq!(letters(&["list"]).lines().count(), 1);
    eventually("that there is none any more", || {
        (told()["dead_letters"] == 0).then_some(())
    });
    // And when no daemon runs: the engine is the command's.
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(letters(&["purge", "--all"]), "purged 0\n");
}

/// Just then letters lie in the file: the cause is often the same.
#[test]
fn letters_of_the_file_are_shown_while_clickhouse_is_away() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().to_str().unwrap();
    let daemon = Daemon::start(data.path());
    assert_eq!(daemon.stop(), Some(0));
    let letter = serde_json::json!({"id": "0011aa0022bb", "at": "2026-11-23T10:00:00Z", "reason": "too odd", "source": "s", "position": "1",
        "image": "{\"dynamoKey\":\"a/b/d/w/j/1\"}"});
    std::fs::write(data.path().join("dead-letters.jsonl"), format!("{letter}\n")).unwrap();
    let hanging = Faulty::before("http://127.0.0.1:9");
    hanging.set(Fault::Hangs);
    for clickhouse in [hanging.url.as_str(), "http://127.0.0.1:9"] {
        let letters = |arguments: &[&str]| {
            let flags = ["dead-letter", "--data", path, "--clickhouse", clickhouse];
            ingest(&[&flags, arguments].concat())
        };
        for (arguments, shown) in [
            (["list"].as_slice(), "too odd"),
            (&["list", "--json"], r#""id":"0011aa0022bb""#),
            (&["show", "0011aa0022bb"], "a/b/d/w/j/1"),
        ] {
            let printed = letters(arguments);
            assert!(printed.code == Some(0) && printed.stdout.contains(shown), "{printed:?}");
            assert!(
                printed.stderr.contains("ClickHouse is away") && printed.stderr.contains("dead-letters.jsonl"),
                "{printed:?}"
            );
        }
        let purged = letters(&["purge", "--all"]);
        assert!(purged.code == Some(2) && purged.stdout.is_empty(), "{purged:?}");
    }
}

/// A wrong password, say: the letters of the table are there.
#[test]
fn a_clickhouse_that_answers_with_an_error_is_not_away() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().to_str().unwrap();
    let daemon = Daemon::start(data.path());
    assert_eq!(daemon.stop(), Some(0));
    let refusing = Faulty::before("http://127.0.0.1:9");
    refusing.set(Fault::Refuted);
    for (name, value, said) in [
        ("--clickhouse", refusing.url.as_str(), "MEMORY_LIMIT_EXCEEDED"),
        ("--libchdb", "/nonexistent/libchdb.so", "/nonexistent/libchdb.so"),
    ] {
        let printed = ingest(&["dead-letter", "list", "--data", path, name, value]);
        assert!(printed.code == Some(2) && printed.stdout.is_empty(), "{printed:?}");
        assert!(
            printed.stderr.contains(said) && !printed.stderr.contains("is away"),
            "{printed:?}"
        );
    }
}

#[test]
fn what_differs_is_an_exit_status_and_what_is_mended_is_another() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    for number in 0..10 {
        assert_eq!(daemon.post(&result(number, "completed")).unwrap().status, 200);
    }
    eventually("all rows", || (daemon.clickhouse.results() == 10).then_some(()));
    let compare = |how: &str| {
        let printed = ingest(&["backfill", how, "--data", data.path().to_str().unwrap()]);
        (printed.code, printed.stdout)
    };
    let well = "10 records in the store, 10 rows in ClickHouse, 0 keys differ\n";
    assert_eq!(compare("--verify"), (Some(0), well.to_owned()));
    daemon
        .clickhouse
        .run("ALTER TABLE oot_workflow_job DELETE WHERE check_run_id = '5' SETTINGS mutations_sync = 1");
    let (code, said) = compare("--verify");
    assert!(
        code == Some(1) && said.starts_with("behind  a/b/d5/w/j/5\n"),
        "{code:?} {said}"
    );
    let (code, said) = compare("--repair");
    assert!(
        code == Some(0) && said.ends_with(&format!("mended 1 key; now:\n{well}")),
        "{code:?} {said}"
    );
    assert_eq!(compare("--verify"), (Some(0), well.to_owned()));
    assert_eq!(daemon.stop(), Some(0));
}

/// A log's reader dies, or hangs: that is no reason to lose a result, or not to end.
#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    /// Of these lines a pipe is full.
    const WARNED: usize = 800;
    for is_read_no_more in [true, false] {
        let data = tempfile::tempdir().unwrap();
        let flags = [
            "--clickhouse-listen",
            "127.0.0.1:0",
            "--data",
            data.path().to_str().unwrap(),
        ];
        let (log, told) = std::io::pipe().unwrap();
        let daemon = Daemon::start_telling(data.path(), &flags, told);
        // Else it stands open, and is full some day.
        let log = (!is_read_no_more).then_some(log);
        for number in 0..WARNED {
            let body = String::from_utf8(result(number, "completed")).unwrap();
            let body = body.replace("\"job_name\"", "\"started_at\":\"then\",\"job_name\"");
            let answer = daemon.post(body.as_bytes()).unwrap();
            assert!(
                answer.status == 200 && answer.body.contains("workflow.started_at"),
                "{answer:?}"
            );
        }
        assert_eq!(daemon.stop(), Some(0));
        let mut read = Vec::new();
        let read = log.map(|mut log| std::io::Read::read_to_end(&mut log, &mut read).unwrap());
        assert!(
            read.is_none_or(|bytes| bytes > 60_000),
            "the pipe was not full: {read:?}"
        );
    }
}

/// Else nobody could tell them from what was reported.
#[test]
fn made_up_results_dont_get_among_those_that_a_daemon_is_told() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let simulate = ["simulate", "--history", "1", "--data", data.path().to_str().unwrap()];
    let printed = ingest(&simulate);
    assert!(
        printed.code == Some(2) && printed.stderr.contains("another oot-ingest uses"),
        "{printed:?}"
    );
    assert_eq!(daemon.stop(), Some(0));
    assert_eq!(ingest(&simulate).code, Some(0));
}

/// As a Lambda gets them, which may get them twice.
#[test]
fn events_from_a_file_become_rows_once() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let path = data.path().join("ingest");
    let flags = ["--data", path.to_str().unwrap(), "--clickhouse", &clickhouse.url];
    assert_eq!(ingest(&[&["migrate"], &flags[..]].concat()).code, Some(0));
    let event = |table: &str, number: usize| {
        serde_json::json!({
            "eventName": "INSERT",
            "eventSourceARN": format!("arn:aws:dynamodb:us-east-1:1:table/{table}/stream/x"),
            "dynamodb": { "SequenceNumber": number.to_string(), "NewImage": {
                "dynamoKey": {"S": format!("a/b/d/w/j{number}/1")}, "status": {"S": "completed"}, "downstream_repo": {"S": "a/b"},
                "delivery_id": {"S": "d"}, "workflow_name": {"S": "w"}, "job_name": {"S": format!("j{number}")},
                "check_run_id": {"S": "1"}, "run_attempt": {"N": "1"},
            } },
        })
    };
    let table = "torchci-oot-workflow-job";
    let records = [event(table, 1), event(table, 2), event("another", 3)];
    let file = data.path().join("events.json");
    std::fs::write(&file, serde_json::json!({ "Records": records }).to_string()).unwrap();
    let replicate = [&["replicate", "--events", file.to_str().unwrap()], &flags[..]].concat();
    for _ in 0..2 {
        let printed = ingest(&replicate);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert_eq!(
            printed.stdout,
            format!("{table}: replicated 2 changes, passed over 1 of other tables\n")
        );
        assert_eq!(clickhouse.results(), 2);
    }
    std::fs::write(&file, "{\"Records\": [{}]}").unwrap();
    let printed = ingest(&replicate);
    assert!(
        printed.code == Some(2) && printed.stderr.contains("event 0"),
        "{printed:?}"
    );
}
