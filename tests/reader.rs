//! What the words mean on every surface (relay contract, section 7), on the real engine and in both layouts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{Both, ago, hud};
use serde_json::{Value, json};

fn sha(letter: &str) -> String {
    letter.repeat(40)
}

#[test]
fn the_highest_attempt_counts_and_ties_are_broken_in_order() {
    let both = Both::new();
    both.insert(&[
        json!({ "job_name": "retried", "run_attempt": 1, "conclusion": "failure", "started_at": ago(10) }),
        json!({ "job_name": "retried", "run_attempt": 2, "conclusion": "success", "started_at": ago(20) }),
        json!({ "job_name": "tied", "status": "in_progress", "conclusion": "", "started_at": ago(5), "completed_at": "1970-01-01T00:00:00Z" }),
        json!({ "job_name": "tied", "conclusion": "failure", "started_at": ago(30) }),
        json!({ "job_name": "later", "conclusion": "failure", "started_at": ago(30) }),
        json!({ "job_name": "later", "conclusion": "cancelled", "started_at": ago(29) }),
        json!({ "job_name": "by key", "conclusion": "failure" }),
        json!({ "job_name": "by key", "conclusion": "timed_out" }),
        // Another commit and another workflow are other jobs.
        json!({ "job_name": "retried", "pytorch_head_sha": sha("b"), "conclusion": "failure" }),
        json!({ "job_name": "retried", "workflow_name": "v", "conclusion": "failure" }),
    ]);
    let rows = both.rows(&["backend", "A/B"]);
    let current = |job: &str, workflow: &str, commit: &str| {
        let is_it = |row: &&Value| {
            row["job_name"] == job && row["workflow_name"] == workflow && row["pytorch_head_sha"] == sha(commit)
        };
        let found: Vec<_> = rows.iter().filter(is_it).collect();
        assert_eq!(found.len(), 1, "{job}");
        found[0].clone()
    };
    let retried = current("retried", "w", "a");
    assert_eq!(
        (&retried["conclusion"], &retried["run_attempt"], &retried["attempts"]),
        (&json!("success"), &json!(2), &json!(2))
    );
    assert_eq!(
        (&retried["flaky"], &retried["failed_before"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(current("tied", "w", "a")["conclusion"], "failure");
    assert_eq!(current("later", "w", "a")["conclusion"], "cancelled");
    assert_eq!(current("by key", "w", "a")["conclusion"], "timed_out");
    assert_eq!(current("retried", "w", "b")["conclusion"], "failure");
    assert_eq!(current("retried", "v", "a")["conclusion"], "failure");
    assert_eq!(rows.len(), 6);
}

#[test]
fn the_summary_counts_current_results_into_their_columns() {
    let both = Both::new();
    let job = |job: &str, conclusion: &str| json!({ "job_name": job, "conclusion": conclusion });
    both.insert(&[
        job("1", "success"),
        job("2", "success"),
        job("3", "success"),
        job("4", "failure"),
        job("5", "timed_out"),
        job("6", "cancelled"),
        job("7", "skipped"),
        job("8", "some_word"),
        job("9", ""),
        json!({ "job_name": "10", "status": "in_progress", "conclusion": "", "completed_at": "1970-01-01T00:00:00Z" }),
        json!({ "job_name": "11", "status": "in_progress", "conclusion": "", "started_at": ago(386), "completed_at": "1970-01-01T00:00:00Z" }),
        json!({ "downstream_repo": "no/rate", "conclusion": "cancelled", "job_name": "1" }),
    ]);
    let rows = both.rows(&["summary", "--range", "24h"]);
    assert_eq!(rows.len(), 2);
    let row = rows.iter().find(|row| row["repo"] == "a/b").unwrap();
    let expected = json!({ "success": 3, "failure": 1, "timed_out": 1, "cancelled": 1, "other": 3, "running": 2, "overdue": 1, "total": 9,
        "pass_rate": 0.6, "level": "L2", "probe": false, "duration_p50": 600.0 });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(
            row[key].as_f64().map(Value::from).as_ref().unwrap_or(&row[key]),
            value.as_f64().map(Value::from).as_ref().unwrap_or(value),
            "{key}"
        );
    }
    assert_eq!(
        rows.iter().find(|row| row["repo"] == "no/rate").unwrap()["pass_rate"],
        Value::Null
    );
}

#[test]
fn a_record_belongs_by_its_start_else_its_end() {
    let both = Both::new();
    both.insert(&[
        json!({ "job_name": "started long ago", "started_at": ago(25 * 60), "completed_at": ago(1) }),
        json!({ "job_name": "ended today", "started_at": "1970-01-01T00:00:00Z", "completed_at": ago(60) }),
        json!({ "job_name": "says nothing", "started_at": "1970-01-01T00:00:00Z", "completed_at": "1970-01-01T00:00:00Z" }),
    ]);
    let names = |range| {
        let rows = both.rows(&["backend", "a/b", "--range", range]);
        let mut names: Vec<_> = rows
            .iter()
            .map(|row| row["job_name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("24h"), ["ended today", "says nothing"]);
    assert_eq!(names("7d"), ["ended today", "says nothing", "started long ago"]);
    let silent = &both.rows(&["backend", "a/b"])[..];
    let silent = silent.iter().find(|row| row["job_name"] == "says nothing").unwrap();
    assert_eq!(
        (
            &silent["started_at"],
            &silent["completed_at"],
            &silent["duration_seconds"]
        ),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[test]
fn a_push_with_a_pull_request_is_in_both_views() {
    let both = Both::new();
    both.insert(&[
        json!({ "job_name": "pull request" }),
        json!({ "job_name": "ciflow", "event_type": "push" }),
        json!({ "job_name": "push", "event_type": "push", "pr_number": 0 }),
        json!({ "job_name": "nightly", "event_type": "nightly", "pr_number": 0 }),
        json!({ "job_name": "periodic", "event_type": "periodic", "pr_number": 0 }),
        json!({ "job_name": "odd", "event_type": "odd", "pr_number": 9 }),
    ]);
    let names = |event| {
        let rows = both.rows(&["backend", "a/b", "--event", event]);
        let mut names: Vec<_> = rows
            .iter()
            .map(|row| row["job_name"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names.join(", ")
    };
    assert_eq!(names("pr"), "ciflow, odd, pull request");
    assert_eq!(names("push"), "ciflow, push");
    assert_eq!(
        (names("nightly").as_str(), names("periodic").as_str()),
        ("nightly", "periodic")
    );
    assert_eq!(names("all").split(", ").count(), 6);
}

#[test]
fn a_pull_request_shows_its_newest_commit_or_the_one_asked_for() {
    let both = Both::new();
    both.insert(&[
        json!({ "pytorch_head_sha": sha("a"), "started_at": ago(600) }),
        json!({ "pytorch_head_sha": sha("b"), "started_at": ago(60_000), "downstream_repo": "c/d" }),
        json!({ "pytorch_head_sha": sha("c"), "pr_number": 8 }),
    ]);
    let commits = |arguments: &[&str]| {
        let rows = both.rows(&[&["pr", "7"], arguments].concat());
        rows.iter()
            .map(|row| row["pytorch_head_sha"].as_str().unwrap()[..1].to_owned())
            .collect::<String>()
    };
    assert_eq!(commits(&[]), "a");
    assert_eq!(commits(&["--commit", "all"]), "ab");
    assert_eq!(commits(&["--commit", "BBBBBB"]), "b");
    let printed = hud(
        &both.clickhouse.url,
        &["pr", "7", "--commit", "dddd", "--format", "json"],
    );
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""));
    assert!(
        printed.stderr.contains("no result on such a commit"),
        "{}",
        printed.stderr
    );
}

#[test]
fn a_commit_shows_what_all_backends_say_of_it() {
    let both = Both::new();
    both.insert(&[
        json!({ "pytorch_head_sha": sha("a"), "downstream_repo": "c/d" }),
        json!({ "pytorch_head_sha": sha("a"), "pr_number": 0, "event_type": "nightly" }),
        json!({ "pytorch_head_sha": sha("b") }),
    ]);
    assert_eq!(both.rows(&["commit", "AAAAAAA"]).len(), 2);
    let printed = hud(&both.clickhouse.url, &["commit", "cccc", "--format", "json"]);
    assert_eq!(printed.code, Some(2), "{printed:?}");
}

#[test]
fn trends_count_whole_days_and_a_day_without_runs_is_there_without_a_rate() {
    let both = Both::new();
    let at = |minutes: i64, conclusion: &str, job: &str| json!({ "started_at": ago(minutes), "completed_at": ago(minutes - 5), "conclusion": conclusion, "job_name": job });
    let day = 24 * 60;
    both.insert(&[
        at(2 * day, "success", "one"),
        at(2 * day, "failure", "two"),
        at(3 * day, "success", "three"),
        // Only what is asked for, and the probe only then.
        json!({ "downstream_repo": "c/d", "started_at": ago(2 * day), "completed_at": ago(2 * day), "conclusion": "failure" }),
        json!({ "downstream_repo": "pytorch/crcr-test", "started_at": ago(2 * day), "completed_at": ago(2 * day) }),
        // Beyond the range.
        at(9 * day, "failure", "long ago"),
    ]);
    let days = |arguments: &[&str]| both.rows(&[&["trends"], arguments, &["--range", "7d"]].concat());
    let of_one = days(&["a/b"]);
    assert_eq!(of_one.len(), 7);
    let figures: Vec<_> = of_one
        .iter()
        .map(|day| (day["total"].as_u64().unwrap(), day["pass_rate"].as_f64()))
        .collect();
    assert_eq!(
        figures,
        [
            (0, None),
            (0, None),
            (0, None),
            (1, Some(1.0)),
            (2, Some(0.5)),
            (0, None),
            (0, None)
        ]
    );
    assert_eq!(
        (&of_one[4]["duration_p50"], &of_one[0]["duration_p50"]),
        (&json!(300.0), &Value::Null)
    );
    let of_all = days(&[]);
    assert_eq!((&of_all[4]["total"], &of_all[4]["failure"]), (&json!(3), &json!(2)));
    let of_jobs = days(&["a/b", "--jobs"]);
    let figures: Vec<_> = of_jobs
        .iter()
        .map(|job| {
            (
                job["job_name"].as_str().unwrap(),
                &job["failure_or_timed_out"],
                job["pass_rate"].as_f64(),
            )
        })
        .collect();
    let (no, one) = (json!(0), json!(1));
    assert_eq!(
        figures,
        [
            ("two", &one, Some(0.0)),
            ("one", &no, Some(1.0)),
            ("three", &no, Some(1.0))
        ],
        "what failed most first"
    );
}

/// What ended later still ran then, and what began later was not there.
#[test]
fn a_moment_of_the_past_is_shown_as_it_was() {
    let both = Both::new();
    both.insert(&[
        json!({ "job_name": "done", "started_at": ago(300), "completed_at": ago(250) }),
        json!({ "job_name": "ran on", "started_at": ago(300), "completed_at": ago(100), "conclusion": "failure",
            "failed_tests": 3, "total_tests": 9, "execution_time": 12.5, "failed_tests_json": "[]", "artifact_url": "http://a" }),
        json!({ "job_name": "long", "started_at": ago(700), "completed_at": ago(100), "conclusion": "failure" }),
        json!({ "job_name": "not yet", "started_at": ago(60) }),
        json!({ "job_name": "retried", "started_at": ago(299), "completed_at": ago(298), "conclusion": "failure" }),
        json!({ "job_name": "retried", "started_at": ago(90), "run_attempt": 2 }),
    ]);
    let then = ago(200);
    let rows = both.rows(&["backend", "a/b", "--as-of", &then]);
    let mut jobs: Vec<_> = rows
        .iter()
        .map(|row| (row["job_name"].as_str().unwrap(), row["status"].as_str().unwrap()))
        .collect();
    jobs.sort_unstable();
    assert_eq!(
        jobs,
        [
            ("done", "completed"),
            ("long", "in_progress"),
            ("ran on", "in_progress"),
            ("retried", "completed")
        ]
    );
    let running = rows.iter().find(|row| row["job_name"] == "ran on").unwrap();
    assert_eq!(
        (
            &running["conclusion"],
            &running["completed_at"],
            &running["duration_seconds"]
        ),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    for (column, absent) in [
        ("failed_tests", json!(0)),
        ("total_tests", json!(0)),
        ("execution_time", Value::Null),
        ("failed_tests_json", Value::Null),
        ("artifact_url", Value::Null),
    ] {
        assert_eq!(running[column], absent, "{column}");
    }
    let summary = &both.rows(&["summary", "--as-of", &then])[0];
    assert_eq!(
        (
            &summary["success"],
            &summary["failure"],
            &summary["running"],
            &summary["overdue"]
        ),
        (&json!(1), &json!(1), &json!(2), &json!(1))
    );
    // A range ends then, too.
    let rows = both.rows(&["backend", "a/b", "--as-of", &then, "--range", "24h"]);
    assert_eq!(rows.len(), 4);
    assert_eq!(both.rows(&["summary"])[0]["running"], 0);
}

#[test]
fn the_probe_passes_when_its_jobs_fail_as_they_should() {
    let both = Both::new();
    let probe = |pr: u64, job: &str, conclusion: &str| {
        json!({ "downstream_repo": "pytorch/crcr-test", "pr_number": pr, "job_name": job, "conclusion": conclusion,
            "pytorch_head_sha": format!("{pr:040}"), "started_at": ago(100 - pr as i64) })
    };
    let running = json!({ "downstream_repo": "pytorch/crcr-test", "pr_number": 50, "status": "in_progress", "conclusion": "", "completed_at": "1970-01-01T00:00:00Z", "started_at": ago(1) });
    let mut records = vec![
        json!({ "job_name": "xfail", "conclusion": "failure", "downstream_repo": "x/y" }),
        probe(1, "l2-xfail", "cancelled"),
        probe(2, "l2-xfail", "failure"),
        probe(3, "l2-xcancel", "cancelled"),
        probe(4, "l2-xtimeout", "timed_out"),
        probe(5, "l2-xfail", "success"),
        probe(6, "l2-success", "success"),
        running,
    ];
    both.insert(&records);
    let rows = both.rows(&["summary"]);
    let probe_row = rows.iter().find(|row| row["repo"] == "pytorch/crcr-test").unwrap();
    assert_eq!(
        (&probe_row["probe"], &probe_row["success"], &probe_row["cancelled"]),
        (&json!(true), &json!(5), &json!(1))
    );
    // Elsewhere the name means nothing. The oldest of the probe's six is outside the last five.
    let (code, status) = both.status();
    assert_eq!(
        (code, &status["relay"], &status["red"]),
        (Some(1), &json!("healthy"), &json!(["x/y"]))
    );
    assert_eq!(
        (&status["backends"], &status["running"], &status["pass_rate"]),
        (&json!(1), &json!(0), &json!(0.0))
    );

    let both = Both::new();
    records.retain(|record| record["downstream_repo"] == "pytorch/crcr-test");
    records.push(probe(7, "l2-success", "failure"));
    both.insert(&records);
    let (code, status) = both.status();
    assert_eq!(
        (code, &status["state"], &status["relay"]),
        (Some(1), &json!("degraded"), &json!("degraded"))
    );
    assert_eq!(
        status["relay_failing"],
        json!([{ "pr": 7, "jobs": ["w / l2-success"] }])
    );
}

#[test]
fn a_level_is_the_newest_records_else_the_allowlists_else_an_older_ones() {
    let both = Both::new();
    both.insert(&[
        json!({ "downstream_repo": "a/listed", "job_name": "old", "downstream_repo_level": "L2" }),
        json!({ "downstream_repo": "a/listed", "job_name": "new", "downstream_repo_level": "", "started_at": ago(10) }),
        json!({ "downstream_repo": "a/other", "job_name": "old", "downstream_repo_level": "L3" }),
        json!({ "downstream_repo": "a/other", "job_name": "new", "downstream_repo_level": "", "started_at": ago(10) }),
        json!({ "downstream_repo": "a/says", "downstream_repo_level": "L1" }),
    ]);
    let list = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(list.path(), "L4: [A/Listed, a/says]\n").unwrap();
    let rows = both.rows(&["summary", "--allowlist", list.path().to_str().unwrap()]);
    let level = |repo: &str| rows.iter().find(|row| row["repo"] == repo).unwrap()["level"].clone();
    assert_eq!(
        [level("a/listed"), level("a/other"), level("a/says")],
        ["L4", "L3", "L1"].map(Value::from)
    );
}

#[test]
fn a_time_that_makes_no_sense_is_no_duration() {
    let both = Both::new();
    let none = "1970-01-01T00:00:00Z";
    both.insert(&[
        json!({ "job_name": "negative", "started_at": none, "completed_at": ago(50), "execution_time": -5.0 }),
        json!({ "job_name": "runs", "status": "in_progress", "conclusion": "", "completed_at": none, "execution_time": 9.0 }),
        json!({ "job_name": "said", "started_at": none, "completed_at": ago(50), "execution_time": 9.0 }),
    ]);
    let rows = both.rows(&["backend", "a/b"]);
    let duration = |job: &str| rows.iter().find(|row| row["job_name"] == job).unwrap()["duration_seconds"].clone();
    assert_eq!(
        [duration("negative"), duration("runs"), duration("said")],
        [Value::Null, Value::Null, json!(9.0)]
    );
}

/// The probe has its name in any case, and when it hangs, the relay does.
#[test]
fn the_probe_is_known_by_any_case_and_its_overdue_jobs_count() {
    let both = Both::new();
    both.insert(&[
        json!({ "downstream_repo": "PyTorch/CRCR-test", "job_name": "xfail", "conclusion": "failure" }),
        json!({ "job_name": "fine" }),
    ]);
    let (code, status) = both.status();
    assert_eq!((code, &status["relay"]), (Some(0), &json!("healthy")));
    both.insert(&[
        json!({ "dynamoKey": "hung", "downstream_repo": "pytorch/crcr-test", "pr_number": 8, "job_name": "hangs",
        "status": "in_progress", "conclusion": "", "started_at": ago(420), "completed_at": "1970-01-01T00:00:00Z" }),
    ]);
    let (code, status) = both.status();
    assert_eq!((code, &status["overdue"]), (Some(1), &json!(1)), "{status}");
}

/// What sent a pull request's jobs can be asked for by name, and a number is at least 1.
#[test]
fn a_pull_requests_results_can_be_those_of_an_event() {
    let both = Both::new();
    both.insert(&[json!({}), json!({ "job_name": "pushed", "event_type": "push" })]);
    assert_eq!(both.rows(&["pr", "7"]).len(), 2);
    let rows = both.rows(&["pr", "7", "--event", "push"]);
    assert_eq!((rows.len(), &rows[0]["job_name"]), (1, &json!("pushed")));
    assert_eq!(hud(&both.clickhouse.url, &["pr", "0"]).code, Some(2));
}
