//! What is refused, what is left out, and what is taken although it is odd.

use serde_json::{Value, json};

use super::*;

fn minimal() -> Value {
    json!({
        "trusted": {"verified_repo": "o/r"},
        "untrusted": {"callback_payload": {"delivery_id": "d", "workflow":
            {"status": "completed", "name": "w", "job_name": "j", "check_run_id": 7}}}
    })
}

/// The minimal body with one place set (or, with `None`, removed).
fn with(pointer: &str, value: Option<Value>) -> Vec<u8> {
    let mut body = minimal();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let mut at = &mut body;
    for step in parent.split('/').skip(1) {
        at = at.as_object_mut().unwrap().entry(step).or_insert_with(|| json!({}));
    }
    match value {
        Some(value) => drop(at.as_object_mut().unwrap().insert(key.to_owned(), value)),
        None => drop(at.as_object_mut().unwrap().remove(key)),
    }
    serde_json::to_vec(&body).unwrap()
}

fn refusal(pointer: &str, value: Option<Value>) -> String {
    parse(&with(pointer, value)).unwrap_err().to_string()
}

fn accepted(pointer: &str, value: Value) -> Accepted {
    parse(&with(pointer, Some(value))).unwrap()
}

const CALLBACK: &str = "/untrusted/callback_payload";
const WORKFLOW: &str = "/untrusted/callback_payload/workflow";

#[test]
fn every_required_field_is_missed_by_its_path() {
    for pointer in [
        "/trusted".to_owned(),
        "/untrusted".to_owned(),
        CALLBACK.to_owned(),
        WORKFLOW.to_owned(),
        "/trusted/verified_repo".to_owned(),
        format!("{CALLBACK}/delivery_id"),
        format!("{WORKFLOW}/name"),
        format!("{WORKFLOW}/status"),
        format!("{WORKFLOW}/job_name"),
        format!("{WORKFLOW}/check_run_id"),
    ] {
        let path = format!("{}: expected ", pointer[1..].replace('/', "."));
        for (value, got) in [
            (None, "nothing"),
            (Some(Value::Null), "nothing"),
            (Some(json!([1])), "an array"),
        ] {
            let message = refusal(&pointer, value);
            assert!(
                message.starts_with(&path) && message.ends_with(&format!("got {got}")),
                "{message}"
            );
        }
        let message = refusal(&pointer, Some(json!("")));
        assert!(message.starts_with(&path), "{message}");
    }
}

#[test]
fn what_is_not_an_object_is_refused_as_such() {
    assert_eq!(
        parse(b"[]").unwrap_err().to_string(),
        "body: expected an object, got an array"
    );
    assert_eq!(
        parse(b"null").unwrap_err().to_string(),
        "body: expected an object, got nothing"
    );
    let message = parse(b"{\"a\": 1,\n}").unwrap_err().to_string();
    assert!(
        message.starts_with("body: expected JSON: ") && message.contains("line 2 column 1"),
        "{message}"
    );
    assert!(parse(b"\xff\xfe{}").is_err());
}

#[test]
fn a_repository_is_owner_slash_repo() {
    for repo in ["owner", "/repo", "owner/", "a/b/c", "a /b", "a/b\n", "/"] {
        assert!(
            refusal("/trusted/verified_repo", Some(json!(repo))).contains("\"owner/repo\""),
            "{repo}"
        );
    }
}

#[test]
fn anything_wrong_under_trusted_is_refused() {
    for (pointer, value) in [
        ("/trusted/downstream_repo_level", json!(2)),
        ("/trusted/ci_metrics", json!("fast")),
        ("/trusted/ci_metrics/queue_time", json!("12")),
        ("/trusted/ci_metrics/queue_time", json!(-0.5)),
        ("/trusted/ci_metrics/execution_time", json!(1.1e9)),
    ] {
        let message = refusal(pointer, Some(value));
        assert!(message.starts_with(&pointer[1..].replace('/', ".")), "{message}");
    }
    let body = String::from_utf8(with("/trusted/ci_metrics/queue_time", Some(json!("X")))).unwrap();
    assert!(parse(body.replace("\"X\"", "1e999").as_bytes()).is_err());
}

#[test]
fn a_wrong_optional_field_costs_only_itself() {
    for (pointer, value) in [
        (format!("{CALLBACK}/event_type"), json!(7)),
        (format!("{CALLBACK}/payload"), json!("text")),
        (format!("{CALLBACK}/payload/pull_request"), json!([])),
        (format!("{CALLBACK}/payload/pull_request/number"), json!("7")),
        (format!("{CALLBACK}/payload/pull_request/number"), json!(-7)),
        (format!("{CALLBACK}/payload/pull_request/head"), json!(1)),
        (format!("{CALLBACK}/payload/pull_request/head/sha"), json!({})),
        (format!("{CALLBACK}/payload/repository"), json!(true)),
        (format!("{WORKFLOW}/started_at"), json!("yesterday")),
        (format!("{WORKFLOW}/started_at"), json!(1_777_371_330)),
        (format!("{WORKFLOW}/completed_at"), json!("1969-12-31T23:59:59Z")),
        (format!("{WORKFLOW}/run_attempt"), json!(4_294_967_296_u64)),
        (format!("{WORKFLOW}/run_attempt"), json!("-1")),
        (format!("{WORKFLOW}/run_attempt"), json!([2])),
        (format!("{WORKFLOW}/run_id"), json!({})),
        (format!("{WORKFLOW}/url"), json!("x".repeat(4097))),
        (format!("{WORKFLOW}/environment"), json!("python")),
        (format!("{WORKFLOW}/environment"), json!({"x": "y".repeat(16 * 1024)})),
        (format!("{WORKFLOW}/triage_verdict"), json!([])),
        (format!("{WORKFLOW}/test_results"), json!(12)),
        (format!("{WORKFLOW}/test_results/passed"), json!("12")),
        (format!("{WORKFLOW}/test_results/failed"), json!(1.5)),
        (
            format!("{WORKFLOW}/test_results/skipped"),
            json!(9_007_199_254_740_993_u64),
        ),
        (format!("{WORKFLOW}/failed_tests_detail"), json!({"name": "t"})),
    ] {
        let accepted = accepted(&pointer, value);
        let path = pointer[CALLBACK.len() + 1..].replace('/', ".");
        let [warning] = accepted.warnings.as_slice() else {
            panic!("{pointer}: {:?}", accepted.warnings)
        };
        assert!(warning.starts_with(&format!("{path}: expected ")), "{warning}");
        assert_eq!(
            accepted.callback,
            parse(&serde_json::to_vec(&minimal()).unwrap()).unwrap().callback,
            "{pointer}"
        );
    }
}

#[test]
fn ids_and_attempts_come_as_text_or_number() {
    let workflow = |key: &str, value: Value| {
        let accepted = accepted(&format!("{WORKFLOW}/{key}"), value);
        assert_eq!(accepted.warnings, Vec::<String>::new());
        accepted.callback.workflow
    };
    assert_eq!(
        workflow("check_run_id", json!("98765432100")).check_run_id,
        "98765432100"
    );
    assert_eq!(
        workflow("check_run_id", json!(98_765_432_100_u64)).check_run_id,
        "98765432100"
    );
    assert_eq!(workflow("run_id", json!(5)).run_id.as_deref(), Some("5"));
    for (value, attempt) in [
        (json!("2"), 2),
        (json!(2), 2),
        (json!(2.0), 2),
        (json!(0), 1),
        (json!(""), 1),
        (json!("0"), 1),
        (json!("two"), 1),
        (json!(null), 1),
        (json!(u32::MAX), u32::MAX),
    ] {
        assert_eq!(workflow("run_attempt", value.clone()).run_attempt, attempt, "{value}");
    }
}

#[test]
fn a_lone_surrogate_loses_a_character_not_the_result() {
    let body = String::from_utf8(with(&format!("{WORKFLOW}/job_name"), Some(json!("MARK")))).unwrap();
    let job = parse(body.replace("MARK", r"a\ud83d b").as_bytes())
        .unwrap()
        .callback
        .workflow
        .job_name;
    assert!(job.starts_with("a\u{fffd}") && job.ends_with(" b"), "{job:?}");
}

#[test]
fn a_subnormal_time_is_zero() {
    let body = String::from_utf8(with("/trusted/ci_metrics/queue_time", Some(json!("MARK")))).unwrap();
    assert_eq!(
        parse(body.replace("\"MARK\"", "5e-324").as_bytes())
            .unwrap()
            .callback
            .queue_time,
        Some(0.0)
    );
}

#[test]
fn objects_are_kept_as_they_were_written() {
    let accepted = accepted(&format!("{WORKFLOW}/environment"), json!({"python": "3.12", "n": 1.50}));
    assert_eq!(
        accepted.callback.workflow.environment.as_deref(),
        Some(r#"{"n":1.5,"python":"3.12"}"#)
    );
}

#[test]
fn hostile_text_is_quoted_short_in_a_warning() {
    let accepted = accepted(&format!("{WORKFLOW}/started_at"), json!("x".repeat(100_000)));
    assert!(accepted.warnings[0].len() < 200, "{}", accepted.warnings[0]);
}

/// The relay never asks twice: valid JSON whose optional parts are odd is stored, and says so.
#[test]
fn an_odd_value_where_an_optional_object_stands_costs_that_object_alone() {
    let at = |callback: &str, workflow: &str| {
        format!(
            r#"{{"trusted":{{"verified_repo":"o/r"}},"untrusted":{{"callback_payload":{{"delivery_id":"d"{callback},
            "workflow":{{"status":"completed","name":"w","job_name":"j","check_run_id":7{workflow}}}}}}}}}"#
        )
    };
    for (body, path) in [
        (at(r#","payload":1e999"#, ""), "payload"),
        (at(r#","payload":-1e999"#, ""), "payload"),
        (at(r#","payload":"\ud800""#, ""), "payload"),
        (at(r#","payload":{"pull_request":1e999}"#, ""), "payload.pull_request"),
        (
            at(r#","payload":{"pull_request":{"head":"\udc00"}}"#, ""),
            "payload.pull_request.head",
        ),
        (at("", r#","test_results":1e400"#), "workflow.test_results"),
        (at("", r#","test-results":"\ud800""#), "workflow.test-results"),
    ] {
        let accepted = parse(body.as_bytes()).unwrap();
        let [warning] = accepted.warnings.as_slice() else {
            panic!("{body}: {:?}", accepted.warnings)
        };
        assert!(
            warning.starts_with(&format!("{path}: expected an object, got a")),
            "{warning}"
        );
    }
    let refused = parse(br#"{"trusted":1e999,"untrusted":{}}"#).unwrap_err().to_string();
    assert_eq!(refused, "trusted: expected an object, got a number");
}

#[test]
fn test_results_count_though_their_other_name_is_null() {
    let at = |results: &str| {
        format!(
            r#"{{"trusted":{{"verified_repo":"o/r"}},"untrusted":{{"callback_payload":{{"delivery_id":"d","workflow":{{
                "status":"completed","name":"w","job_name":"j","check_run_id":7,{results}}}}}}}}}"#
        )
    };
    for results in [
        r#""test_results":{"passed":5},"test-results":null"#,
        r#""test-results":null,"test_results":{"passed":5}"#,
        r#""test-results":{"passed":5},"test_results":null"#,
    ] {
        let Accepted { callback, warnings } = parse(at(results).as_bytes()).unwrap();
        assert_eq!(callback.workflow.test_results.passed, Some(5), "{results}");
        assert!(warnings.is_empty(), "{warnings:?}");
    }
}

#[test]
fn of_an_object_that_stands_twice_the_later_counts_whole() {
    let body = br#"{"trusted":{"verified_repo":"x/y"},"trusted":{"verified_repo":"o/r"},"untrusted":{"callback_payload":{"delivery_id":"d",
        "payload":{"pull_request":{"number":5}},"payload":null,
        "workflow":{"url":"https://first","run_attempt":9},
        "workflow":{"status":"completed","name":"w","job_name":"j","check_run_id":7,
            "test_results":{"passed":1,"total":1},"test-results":{"failed":2,"skipped":-5}}}}}"#;
    let Accepted { callback, warnings } = parse(body).unwrap();
    assert_eq!(callback.verified_repo, "o/r");
    assert_eq!(callback.webhook.pull_request_number, None);
    assert_eq!((callback.workflow.url, callback.workflow.run_attempt), (None, 1));
    let results = callback.workflow.test_results;
    assert_eq!((results.passed, results.failed, results.total), (None, Some(2), None));
    assert_eq!(
        warnings,
        ["workflow.test-results.skipped: expected a whole number from 0 to 2^53, got -5"]
    );
    let gone = br#"{"trusted":{"verified_repo":"x/y"},"trusted":null,"untrusted":{}}"#;
    assert!(
        parse(gone)
            .unwrap_err()
            .to_string()
            .starts_with("trusted: expected an object, got nothing")
    );
}

#[test]
fn the_beginning_of_1970_is_no_moment() {
    for text in ["1970-01-01T00:00:00Z", "1970-01-01T01:00:00+01:00"] {
        let accepted = accepted(&format!("{WORKFLOW}/started_at"), json!(text));
        assert_eq!(
            (accepted.callback.workflow.started_at, accepted.warnings.len()),
            (None, 0)
        );
    }
}

#[test]
fn a_number_as_text_that_no_attempt_can_have_is_named() {
    let accepted = accepted(&format!("{WORKFLOW}/run_attempt"), json!("9".repeat(50)));
    assert_eq!(
        (accepted.callback.workflow.run_attempt, accepted.warnings.len()),
        (1, 1)
    );
}

#[test]
fn a_lone_surrogate_is_one_character() {
    let body = String::from_utf8(with(&format!("{WORKFLOW}/url"), Some(json!("a?b?c"))))
        .unwrap()
        .replace('?', r"\ud800");
    let url = parse(body.as_bytes()).unwrap().callback.workflow.url;
    assert_eq!(url.as_deref(), Some("a\u{fffd}b\u{fffd}c"));
}
