//! A table or a view that somebody dropped: noticed, made again and filled.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{ClickHouse, Daemon, Fault, Faulty, eventually, get, ingest, result};

/// Whichever it is, and whoever dropped it.
#[test]
fn a_table_that_was_dropped_is_made_again_and_filled() {
    let data = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(data.path());
    for number in 0..3 {
        assert_eq!(daemon.post(&result(number, "completed")).unwrap().status, 200);
    }
    let counts = |clickhouse: &ClickHouse| {
        ["oot_workflow_job", "oot_workflow_job_days", "oot_workflow_job_backends"]
            .map(|table| clickhouse.run(&format!("SELECT count() FROM {table} FINAL")))
    };
    let all_there = |clickhouse: &ClickHouse, what: &str| {
        eventually(what, || (counts(clickhouse) == ["3", "3", "1"]).then_some(()));
    };
    all_there(&daemon.clickhouse, "what was posted");
    for dropped in ["", "_days", "_days_of_rows", "_backends"] {
        let dropped = format!("oot_workflow_job{dropped}");
        daemon.clickhouse.run(&format!("DROP TABLE {dropped}"));
        assert_eq!(daemon.stop(), Some(0));
        daemon = Daemon::start(data.path());
        all_there(&daemon.clickhouse, &dropped);
    }
    // Rows that come now reach what stands on the tables.
    assert_eq!(daemon.post(&result(3, "completed")).unwrap().status, 200);
    eventually("the fourth", || {
        (counts(&daemon.clickhouse) == ["4", "4", "1"]).then_some(())
    });
    assert_eq!(daemon.stop(), Some(0));
}

#[test]
fn that_a_table_is_gone_is_said_and_migrate_makes_it_with_what_stands_on_it() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let path = data.path().join("ingest");
    let flags = ["--data", path.to_str().unwrap(), "--clickhouse", &clickhouse.url];
    let migrate = || {
        let printed = ingest(&[&["migrate"], &flags[..]].concat());
        assert_eq!(printed.code, Some(0), "{printed:?}");
        let lines = printed.stdout.lines();
        let numbers = lines.filter_map(|line| line.strip_prefix("applied 000")?.chars().next());
        numbers.collect::<String>()
    };
    assert_eq!(migrate(), "12345678");
    let (store, results) = (
        ", and what is missing is filled in from the store",
        ", and what is missing is filled in from the results",
    );
    for (dropped, applied, then) in [
        ("oot_workflow_job", "14578", store),
        (
            "oot_workflow_job_dead_letter",
            "2",
            "; the letters that were in it are lost",
        ),
        ("oot_workflow_job_days", "345", store),
        ("oot_workflow_job_days_of_rows", "45", store),
        ("oot_workflow_job_backends", "678", results),
        ("oot_workflow_job_backends_of_rows", "78", results),
    ] {
        clickhouse.run(&format!("DROP TABLE {dropped}"));
        let printed = ingest(&[&["replicate", "--status-listen", "127.0.0.1:0"], &flags[..]].concat());
        let said = format!(
            "{dropped} is gone: make it again with `oot-ingest migrate --clickhouse {}`{then}\n",
            clickhouse.url
        );
        assert!(printed.code == Some(2) && printed.stderr.contains(&said), "{printed:?}");
        assert_eq!(migrate(), applied, "{dropped}");
        assert_eq!(migrate(), "");
    }
}

/// Rows go on without a view, and what it fills lacks them.
#[test]
fn a_view_that_is_dropped_under_a_daemon_is_told_of_and_mended_by_migrate() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let path = data.path().join("ingest");
    let flags = ["--data", path.to_str().unwrap(), "--clickhouse", &clickhouse.url];
    let migrate = || assert_eq!(ingest(&[&["migrate"], &flags[..]].concat()).code, Some(0));
    migrate();
    let daemon = Daemon::start_with(&path, &flags);
    let post = |number| assert_eq!(daemon.post(&result(number, "completed")).unwrap().status, 200);
    post(0);
    eventually("a row", || (clickhouse.results() == 1).then_some(()));
    clickhouse.run("DROP TABLE oot_workflow_job_days_of_rows");
    post(1);
    let says = || {
        let status = get(&format!("{}/status", daemon.url)).unwrap().body;
        status.contains("oot_workflow_job_days_of_rows is gone: make it again with `oot-ingest migrate")
    };
    eventually("that it is gone", || says().then_some(()));
    migrate();
    eventually("that all is well", || (!says()).then_some(()));
    let days = || clickhouse.run("SELECT count() FROM oot_workflow_job_days FINAL");
    eventually("both in the days", || (days() == "2").then_some(()));
    assert_eq!(daemon.stop(), Some(0));
}

/// At whichever statement, and whether or not that was still done.
#[test]
fn a_migrate_that_was_cut_off_is_brought_to_its_end_by_the_next() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let between = Faulty::before(&clickhouse.url);
    let path = data.path().join("ingest");
    let migrate = || {
        let printed = ingest(&[
            "migrate",
            "--data",
            path.to_str().unwrap(),
            "--clickhouse",
            &between.url,
        ]);
        (printed.code, printed.stdout.matches("applied ").count())
    };
    assert_eq!(migrate(), (Some(0), 8));
    // As what `--print` says leaves it when it is run once more.
    clickhouse.run(
        "INSERT INTO oot_schema_migration (table, number, name, checksum) \
         SELECT table, number, name, checksum FROM oot_schema_migration",
    );
    let flags = ["--data", path.to_str().unwrap(), "--clickhouse", &clickhouse.url];
    let daemon = Daemon::start_with(&path, &flags);
    assert_eq!(daemon.post(&result(0, "completed")).unwrap().status, 200);
    let all_there = |what: &str| {
        let counts = || {
            ["oot_workflow_job", "oot_workflow_job_days", "oot_workflow_job_backends"]
                .map(|table| clickhouse.run(&format!("SELECT count() FROM {table} FINAL")))
        };
        eventually(what, || (counts() == ["1", "1", "1"]).then_some(()));
    };
    all_there("what was posted");
    for (dropped, cut_at, fault, left) in [
        (
            "",
            "CREATE TABLE IF NOT EXISTS `default`.`oot_workflow_job`\n",
            Fault::LosesAnswers,
            5,
        ),
        ("", "ADD COLUMN IF NOT EXISTS `_commit`", Fault::Fails, 3),
        (
            "_days",
            "CREATE MATERIALIZED VIEW IF NOT EXISTS `default`.`oot_workflow_job_days_of_rows`",
            Fault::LosesAnswers,
            2,
        ),
        (
            "_backends",
            "INSERT INTO `default`.`oot_workflow_job_backends`",
            Fault::Fails,
            1,
        ),
    ] {
        clickhouse.run(&format!("DROP TABLE oot_workflow_job{dropped}"));
        between.set_for(cut_at, fault);
        assert_eq!(migrate(), (Some(2), 0), "{cut_at}");
        between.set(Fault::None);
        let printed = ingest(&[&["dead-letter", "list"], &flags[..]].concat());
        assert!(
            printed.code == Some(2) && printed.stderr.contains("oot-ingest migrate"),
            "{printed:?}"
        );
        assert_eq!(migrate(), (Some(0), left), "{cut_at}");
        all_there(cut_at);
        assert_eq!(migrate(), (Some(0), 0), "{cut_at}");
    }
    assert_eq!(daemon.stop(), Some(0));
}
