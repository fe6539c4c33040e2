//! Which columns each query reads: rows are wide, with tests, stacks and environments in them, and what a screen doesn't show it doesn't
//! read.

use std::collections::BTreeSet;

use oot_hud::data::chosen::EventView;
use oot_hud::source::{Layout, Question, texts};
use oot_tests::{Both, TABLES, post};
use serde_json::json;

use crate::all_of;

/// What chooses attempts by range, backend and view.
const CHOSEN: &str = "_inserted_at completed_at downstream_repo pr_number started_at";
/// What tells the current result, and how it came out.
const CURRENT: &str = "conclusion delivery_id dynamoKey job_name pytorch_head_sha run_attempt status workflow_name";
/// What is shown of a result, in a list or by itself.
const RESULT: &str = "artifact_url check_run_id downstream_repo_level event_type execution_time failed_tests passed_tests queue_time run_id \
    skipped_tests total_tests upstream_repo workflow_run_url";

fn shown_by(query: &str) -> [&'static str; 4] {
    match query {
        "summary" => [CHOSEN, CURRENT, "", "downstream_repo_level execution_time queue_time"],
        "daily" | "relay_health" | "rows" => [CHOSEN, CURRENT, "", ""],
        "days" => [CHOSEN, CURRENT, "", "execution_time queue_time"],
        "usual" => [CHOSEN, CURRENT, "", "execution_time"],
        "readiness" => [CHOSEN, CURRENT, "", "execution_time queue_time run_id"],
        "jobs" => [CHOSEN, "", "", "job_name workflow_name"],
        "repositories" => [CHOSEN, "", "", "downstream_repo_level event_type"],
        "levels" => [CHOSEN, "", "", "downstream_repo_level"],
        "names" => ["", "", "", "downstream_repo"],
        "arrived" => ["", "", "", "_inserted_at downstream_repo"],
        "cells" => [CHOSEN, CURRENT, RESULT, ""],
        "attempts" | "results" => [CHOSEN, CURRENT, RESULT, "environment failed_tests_json"],
        other => panic!("what does {other} show?"),
    }
}

/// Of the HUD's own table, where nothing is found out beforehand.
#[test]
fn no_query_reads_what_is_not_shown() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let columns = both.clickhouse.run(&format!(
        "SELECT name FROM system.columns WHERE concat(database, '.', table) = '{}'",
        TABLES[1]
    ));
    let columns: BTreeSet<&str> = columns.lines().collect();
    let question = all_of("a/b", EventView::Pr);
    for (name, sql) in texts(Layout::Hud, &question) {
        let explained = explain(&both, sql, &question);
        let (_, step) = explained.split_once("ReadFromMergeTree").expect("it reads a table");
        let (_, output) = step
            .lines()
            .find_map(|line| line.split_once("Output: "))
            .expect("columns");
        let read: BTreeSet<&str> = output
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| columns.contains(word))
            .collect();
        let shown = shown_by(name).into_iter().flat_map(str::split_whitespace);
        assert_eq!(read, shown.collect(), "{name}");
    }
}

/// What the engine makes of a query.
fn explain(both: &Both, sql: &str, question: &Question) -> String {
    let table = TABLES[1].trim_start_matches("default.");
    let (now, until) = (question.now.to_string(), (i64::MAX / 1_000_000).to_string());
    let parameters = [
        ("database", "default"),
        ("table", table),
        ("since", "0"),
        ("until", &until),
        ("now", &now),
        ("commit", ""),
        ("overdue", "1"),
        ("long_job", "1"),
        ("event", question.event.as_str()),
        ("repo", &question.repo),
        ("repos", "%5B%27a/b%27%5D"),
        ("arrived_since", "0"),
        ("pr", "0"),
        ("pull_requests", "100"),
        ("job", "0"),
        ("whole_commit", ""),
    ];
    let parameters = parameters.map(|(name, value)| format!("param_{name}={value}"));
    let url = format!("{}/?{}", both.clickhouse.url, parameters.join("&"));
    let answer = post(&url, &[], format!("EXPLAIN indexes = 1 {sql}").as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{sql}: {}", answer.body);
    answer.body
}
