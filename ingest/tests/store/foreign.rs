//! Items that another program wrote into the table, as the HUD's does: what a callback of ours makes of them.

use oot_ingest::store::Store as _;
use oot_ingest::store::dynamodb::{Dynamo, Location};
use serde_json::{Value, json};

use crate::{NOW, completed, dynamodb, event, moment};

/// Writes an item as it stands.
async fn put(location: &Location, item: Value) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let put = reqwest::Client::new()
        .post(location.url.as_ref().unwrap())
        .header("X-Amz-Target", "DynamoDB_20120810.PutItem")
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("X-Amz-Date", "20260101T000000Z")
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(json!({ "TableName": location.table, "Item": item }).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 200, "{}", put.text().await.unwrap());
}

/// Of the job of [`completed`], with these attributes besides.
fn item(attributes: Value) -> Value {
    let mut item = json!({
        "dynamoKey": {"S": "owner/repo/d/ci/j/1"}, "status": {"S": "in_progress"}, "downstream_repo": {"S": "owner/repo"},
        "delivery_id": {"S": "d"}, "workflow_name": {"S": "ci"}, "job_name": {"S": "j"}, "check_run_id": {"S": "1"},
        "run_attempt": {"N": "1"},
    });
    item.as_object_mut()
        .unwrap()
        .extend(attributes.as_object().unwrap().clone());
    item
}

/// A late duplicate sets the status back, and leaves all the rest.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_job_that_was_set_back_left_of_its_end_does_not_outlive_the_completion() {
    let emulator = dynamodb::endpoint();
    let end = event("completed", "j", json!({}), json!({"conclusion": "success"}));
    for left in [
        json!({"conclusion": {"S": "failure"}, "completed_at": {"S": "2026-05-01T11:00:00Z"}}),
        json!({"total_tests": {"N": "9"}}),
        json!({"passed_tests": {"N": "7"}, "failed_tests": {"N": "2"}, "skipped_tests": {"N": "0"}}),
        json!({"failed_tests_json": {"S": "[]"}}),
        json!({"execution_time": {"N": "3"}}),
    ] {
        let location = emulator.location();
        let store = Dynamo::new(&location).await;
        store.migrate().await.unwrap();
        put(&location, item(left.clone())).await;
        store.apply(end.clone(), moment(NOW)).await.unwrap();
        let stored = store.get(&end.key).await.unwrap().unwrap();
        assert_eq!(stored.record.completion, end.completion, "{left}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_item_with_numbers_for_texts_and_texts_for_numbers_takes_a_callback() {
    let emulator = dynamodb::endpoint();
    let location = emulator.location();
    let store = Dynamo::new(&location).await;
    store.migrate().await.unwrap();
    let odd = json!({
        "check_run_id": {"N": "1"}, "run_id": {"N": "5"}, "pr_number": {"S": "7"}, "run_attempt": {"S": "1"},
        "environment": {"M": {"os": {"S": "x"}}},
    });
    put(&location, item(odd)).await;
    store.apply(completed("j"), moment(NOW)).await.unwrap();
    let record = store.get(&completed("j").key).await.unwrap().unwrap().record;
    assert_eq!(record.completion, completed("j").completion);
    assert_eq!(record.details.environment.as_deref(), Some(r#"{"os":"x"}"#));
    assert_eq!(
        (record.details.run_id.as_deref(), record.check_run_id.as_str()),
        (Some("5"), "1")
    );
}

/// And from then on it counts up, as every other.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_of_another_type_becomes_a_number_that_is_greater() {
    let emulator = dynamodb::endpoint();
    let at = u64::try_from(moment(NOW).millis()).unwrap();
    for (stored, least) in [
        (json!({"S": "7"}), 7),
        (json!({"S": "x"}), at),
        (json!({"N": "-5"}), at),
        (json!({"NULL": true}), at),
        (json!({"N": "7"}), 7),
    ] {
        for event in [
            event("in_progress", "j", json!({}), json!({"run_id": 5})),
            completed("j"),
        ] {
            let location = emulator.location();
            let store = Dynamo::new(&location).await;
            store.migrate().await.unwrap();
            put(&location, item(json!({ "version": stored }))).await;
            let applied = store.apply(event.clone(), moment(NOW)).await.unwrap();
            assert_eq!((applied.version, applied.changed), (least + 1, true), "{stored}");
            let later = json!({"conclusion": "failure", "completed_at": "2026-05-01T11:45:00Z"});
            let applied = store
                .apply(crate::event("completed", "j", json!({}), later), moment(NOW))
                .await
                .unwrap();
            assert_eq!(applied.version, least + 2, "{stored}");
            assert_eq!(store.get(&event.key).await.unwrap().unwrap().version, least + 2);
        }
    }
}
