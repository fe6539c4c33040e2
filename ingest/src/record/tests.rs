//! Flattening of the sample payloads, and the laws of the join.

use proptest::prelude::*;

use super::*;
use crate::payload;

fn record(body: &str) -> Record {
    let accepted = payload::parse(body.as_bytes()).unwrap();
    assert_eq!(accepted.warnings, Vec::<String>::new());
    Record::from_callback(accepted.callback).unwrap()
}

macro_rules! sample {
    ($name:literal) => {
        record(include_str!(concat!("../../../assets/payloads/", $name, ".json")))
    };
}

/// A callback with one thing changed.
fn callback(event: &str, payload: &str, workflow: &str) -> Record {
    record(&format!(
        r#"{{"trusted": {{"verified_repo": "o/r"}}, "untrusted": {{"callback_payload": {{{event} "delivery_id": "d",
        "payload": {payload}, "workflow": {{"status": "completed", "name": "w", "job_name": "j", "check_run_id": "c" {workflow}}}}}}}}}"#
    ))
}

#[test]
fn a_completed_callback_keeps_what_in_progress_said() {
    let joined = sample!("01-in-progress").join(sample!("02-completed-failure"));
    assert_eq!(
        joined.key,
        "Ascend/pytorch/a8f5f167-6e5b-4c3d-8a2e-4b5c6d7e8f9a/npu-ci/test-npu-float32 (1, 4)/98765432100"
    );
    assert_eq!(joined.status, Status::Completed);
    assert_eq!(joined.details.queue_time, Some(12.345));
    assert_eq!(
        joined.details.started_at.unwrap().to_string(),
        "2026-08-21T10:15:30.123456Z"
    );
    assert_eq!(joined.details.pr_number, Some(179565));
    assert_eq!(joined.completion.conclusion.as_deref(), Some("failure"));
    assert_eq!(joined.completion.execution_time, Some(1782.0));
    assert_eq!(joined.completion.total_tests, Some(8452));
}

#[test]
fn late_in_progress_fills_gaps_but_never_reopens() {
    let forth = sample!("01-in-progress").join(sample!("02-completed-failure"));
    let back = sample!("02-completed-failure").join(sample!("01-in-progress"));
    assert_eq!(forth, back);
}

#[test]
fn pull_request_and_commit_come_from_where_the_event_has_them() {
    let about = |record: &Record| (record.details.pr_number, record.details.pytorch_head_sha.clone());
    let commit = |text: &str| Some(text.to_owned());
    assert_eq!(
        about(&sample!("08-push-ciflow")),
        (Some(179565), commit("3f786850e387550fdab836ed7e6dc881de23001b"))
    );
    assert_eq!(
        about(&sample!("06-nightly")),
        (None, commit("c1dfd96eea8cc2b62785275bca38ac261256e278"))
    );
    assert_eq!(
        about(&callback(r#""event_type": "periodic","#, "{}", "")),
        (None, commit("d"))
    );
    assert_eq!(about(&callback("", "{}", "")), (None, None));
    let pull_request = r#"{"pull_request": {"number": 7, "head": {"sha": "abc"}}, "ref": "refs/heads/ciflow/trunk/8"}"#;
    assert_eq!(about(&callback("", pull_request, "")), (Some(7), commit("abc")));
    assert_eq!(
        about(&callback(r#""event_type": "moon","#, pull_request, "")),
        (Some(7), commit("abc"))
    );
    assert_eq!(
        about(&callback(r#""event_type": "push","#, pull_request, "")),
        (Some(8), None)
    );
}

#[test]
fn only_a_ciflow_trunk_ref_names_a_pull_request() {
    assert_eq!(ciflow_pull_request("refs/heads/ciflow/trunk/179565"), Some(179565));
    assert_eq!(ciflow_pull_request("refs/tags/ciflow/trunk/179565"), Some(179565));
    for git_ref in [
        "refs/heads/main",
        "refs/tags/ciflow/inductor/1",
        "refs/heads/ciflow/trunk/",
        "refs/tags/ciflow/trunk/+5",
        "refs/heads/ciflow/trunk/0",
        "ciflow/trunk/5",
        "refs/tags/ciflow/trunk/99999999999999999999",
    ] {
        assert_eq!(ciflow_pull_request(git_ref), None, "{git_ref}");
    }
}

#[test]
fn defaults_and_empty_texts_are_not_values() {
    let record = callback(
        r#""event_type": "","#,
        r#"{"repository": {"full_name": "pytorch/pytorch"}}"#,
        r#", "url": "", "conclusion": "", "environment": {}, "started_at": """#,
    );
    assert_eq!(record.details, Details::default());
    assert_eq!(record.completion, Completion::default());
}

#[test]
fn results_of_a_running_job_are_not_taken() {
    let running = record(
        r#"{"trusted": {"verified_repo": "o/r"}, "untrusted": {"callback_payload": {"delivery_id": "d", "workflow": {
        "status": "in_progress", "name": "w", "job_name": "j", "check_run_id": "c", "conclusion": "success",
        "completed_at": "2026-01-01T00:00:00Z", "test_results": {"passed": 1}, "artifact_url": "https://a"}}}}"#,
    );
    assert_eq!(running.completion, Completion::default());
    assert_eq!(running.details.artifact_url.as_deref(), Some("https://a"));
}

#[test]
fn a_given_total_is_kept_and_a_missing_one_is_the_sum() {
    let total = |tests: &str| {
        callback("", "{}", &format!(r#", "test_results": {tests}"#))
            .completion
            .total_tests
    };
    assert_eq!(total(r#"{"passed": 1, "failed": 2, "skipped": 3}"#), Some(6));
    assert_eq!(total(r#"{"passed": 1, "total": 9}"#), Some(9));
    assert_eq!(total("{}"), None);
    assert_eq!(
        callback("", "{}", r#", "test-results": {"passed": 4}"#)
            .completion
            .total_tests,
        Some(4)
    );
}

#[test]
fn a_real_conclusion_beats_the_sweepers_timeout_even_when_it_is_older() {
    let end = |conclusion: &str, at: &str| {
        callback(
            "",
            "{}",
            &format!(r#", "conclusion": {conclusion}, "completed_at": "2026-01-{at}T00:00:00Z""#),
        )
    };
    let conclusion = |a: Record, b: Record| a.join(b).completion.conclusion;
    assert_eq!(
        conclusion(end("\"timed_out\"", "03"), end("\"success\"", "01")).as_deref(),
        Some("success")
    );
    assert_eq!(
        conclusion(end("null", "09"), end("\"timed_out\"", "01")).as_deref(),
        Some("timed_out")
    );
    assert_eq!(
        conclusion(end("\"failure\"", "01"), end("\"success\"", "02")).as_deref(),
        Some("success")
    );
    assert_eq!(
        conclusion(end("\"success\"", "01"), end("\"failure\"", "02")).as_deref(),
        Some("failure")
    );
}

#[test]
fn a_key_of_2049_bytes_is_too_long() {
    let body = |length: usize| {
        let job = "j".repeat(length - "o/r/d/w//c".len());
        format!(
            r#"{{"trusted": {{"verified_repo": "o/r"}}, "untrusted": {{"callback_payload": {{"delivery_id": "d", "workflow": {{
            "status": "completed", "name": "w", "job_name": "{job}", "check_run_id": "c"}}}}}}}}"#
        )
    };
    assert_eq!(record(&body(2048)).key.len(), 2048);
    let callback = payload::parse(body(2049).as_bytes()).unwrap().callback;
    assert_eq!(Record::from_callback(callback), Err(KeyTooLong(2049)));
}

/// Few values for each field, so that equal and unequal ones both occur.
fn any_record() -> impl Strategy<Value = Record> {
    let text = || proptest::option::of("[ab]{1,2}");
    let whole = || proptest::option::of(0u64..3);
    let seconds = || proptest::option::of((0u8..3).prop_map(f64::from));
    let moment = || proptest::option::of((0i64..3).prop_map(|s| Timestamp::from_millis(s * 1000).unwrap()));
    let conclusion = || proptest::option::of(prop_oneof![Just("timed_out"), Just("success"), Just("failure")]);
    let details = (text(), whole(), text(), text(), text(), seconds(), moment(), text());
    let completion = (conclusion(), moment(), seconds(), whole(), whole(), text());
    (any::<bool>(), 1u32..3, text(), details, completion).prop_map(
        |(completed, run_attempt, name, details, completion)| Record {
            key: "k".to_owned(),
            status: if completed {
                Status::Completed
            } else {
                Status::InProgress
            },
            downstream_repo: name.clone().unwrap_or_default(),
            delivery_id: String::new(),
            workflow_name: name.unwrap_or_default(),
            job_name: String::new(),
            check_run_id: String::new(),
            run_attempt,
            details: Details {
                upstream_repo: details.0,
                pr_number: details.1,
                pytorch_head_sha: details.2,
                event_type: details.3,
                environment: details.4,
                queue_time: details.5,
                started_at: details.6,
                artifact_url: details.7,
                ..Details::default()
            },
            completion: Completion {
                conclusion: completion.0.filter(|_| completed).map(str::to_owned),
                completed_at: completion.1.filter(|_| completed),
                execution_time: completion.2,
                passed_tests: completion.3.filter(|_| completed),
                failed_tests: completion.4.filter(|_| completed),
                failed_tests_json: completion.5.filter(|_| completed),
                ..Completion::default()
            },
        },
    )
}

proptest! {
    #[test]
    fn join_is_commutative_associative_and_idempotent(a in any_record(), b in any_record(), c in any_record()) {
        prop_assert_eq!(a.clone().join(a.clone()), a.clone());
        prop_assert_eq!(a.clone().join(b.clone()), b.clone().join(a.clone()));
        prop_assert_eq!(a.clone().join(b.clone()).join(c.clone()), a.join(b.join(c)));
    }

    #[test]
    fn any_order_and_any_repetition_ends_in_the_same_record(
        (events, shuffled) in proptest::collection::vec(any_record(), 1..8).prop_flat_map(|events| {
            let twice: Vec<Record> = events.iter().chain(&events).cloned().collect();
            (Just(events), Just(twice).prop_shuffle())
        })
    ) {
        let join = |events: Vec<Record>| events.into_iter().reduce(Record::join);
        prop_assert_eq!(join(events), join(shuffled));
    }

    #[test]
    fn a_record_survives_its_json_form(record in any_record()) {
        let text = serde_json::to_string(&record).unwrap();
        prop_assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
    }
}
