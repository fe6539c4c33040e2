//! DynamoDB Streams where an emulator is too kind: listings in pages and out of order, iterators that expire, positions that were
//! trimmed, shards that end. A script plays the service over HTTP.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use oot_ingest::store::dynamodb::{Dynamo, Location};
use oot_ingest::store::{Changes as _, Shard, StoreError, Then};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/jobs/stream/2026-11-24T00:00:00.000";

/// What was asked, in order.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Vec<(String, Value)>>>);

impl Script {
    async fn play() -> (Self, Dynamo) {
        let script = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let location = Location {
            url: Some(url),
            table: "jobs".to_owned(),
        };
        (script, Dynamo::new(&location).await)
    }

    fn asked(&self, operation: &str) -> usize {
        let asked = self.0.lock().unwrap();
        asked.iter().filter(|(it, _)| it == operation).count()
    }
}

async fn answer(
    State(script): State<Script>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(header::HeaderName, &'static str); 1], String) {
    let target = headers["x-amz-target"].to_str().unwrap();
    let operation = target.rsplit('.').next().unwrap().to_owned();
    let input: Value = serde_json::from_str(&body).unwrap();
    let before = script.asked(&operation);
    script.0.lock().unwrap().push((operation.clone(), input.clone()));
    let (status, output) = match operation.as_str() {
        "DescribeTable" => (StatusCode::OK, table()),
        "DescribeStream" => (StatusCode::OK, listing(input["ExclusiveStartShardId"].as_str())),
        "GetShardIterator" => (StatusCode::OK, iterator(&input)),
        "GetRecords" => records(&input, before),
        other => (
            StatusCode::BAD_REQUEST,
            json!({ "__type": "UnknownOperationException", "message": other }),
        ),
    };
    let kind = [(header::CONTENT_TYPE, "application/x-amz-json-1.0")];
    (status, kind, output.to_string())
}

fn table() -> Value {
    json!({"Table": {"TableName": "jobs", "TableStatus": "ACTIVE", "LatestStreamArn": ARN,
        "KeySchema": [{"AttributeName": "dynamoKey", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES"}}})
}

/// Three pages, children before their parents.
fn listing(after: Option<&str>) -> Value {
    let (shards, last) = match after {
        None => (
            json!([{"ShardId": "grandchild", "ParentShardId": "child"}]),
            json!("grandchild"),
        ),
        Some("grandchild") => (json!([{"ShardId": "child", "ParentShardId": "root"}]), json!("child")),
        Some(_) => (json!([{"ShardId": "root"}]), Value::Null),
    };
    json!({"StreamDescription": {"StreamArn": ARN, "StreamStatus": "ENABLED", "Shards": shards, "LastEvaluatedShardId": last}})
}

fn iterator(input: &Value) -> Value {
    let position = input["SequenceNumber"].as_str().unwrap_or("start");
    json!({ "ShardIterator": format!("{}/{position}/{}", input["ShardId"].as_str().unwrap(), input["ShardIteratorType"].as_str().unwrap()) })
}

/// Of `root` the first iterator has expired, and it ends with its second page; positions of `child` were trimmed.
fn records(input: &Value, before: usize) -> (StatusCode, Value) {
    let error = |kind: &str| {
        let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
        (
            StatusCode::BAD_REQUEST,
            json!({ "__type": kind, "message": "as scripted" }),
        )
    };
    let iterator = input["ShardIterator"].as_str().unwrap();
    if iterator.starts_with("child/") {
        return error("TrimmedDataAccessException");
    }
    if before == 0 {
        return error("ExpiredIteratorException");
    }
    let record = |number: &str| {
        let text = |text: &str| json!({ "S": text });
        json!({"eventName": "INSERT", "eventVersion": "1.1", "dynamodb": {"SequenceNumber": number, "StreamViewType": "NEW_AND_OLD_IMAGES",
            "NewImage": {"dynamoKey": text(number), "status": text("completed"), "downstream_repo": text("a/b"), "delivery_id": text("d"),
                "workflow_name": text("w"), "job_name": text("j"), "check_run_id": text("1")}}})
    };
    match iterator {
        "next" => (StatusCode::OK, json!({"Records": [record("000000000000000000003")]})),
        _ => (
            StatusCode::OK,
            json!({"Records": [record("000000000000000000001"), record("000000000000000000002")], "NextShardIterator": "next"}),
        ),
    }
}

#[tokio::test]
async fn a_listing_is_whole_however_many_pages_it_has() {
    let (script, table) = Script::play().await;
    let listing = table.changes().shards().await.unwrap();
    let shard = |id: &str, parent: Option<&str>| Shard {
        id: id.to_owned(),
        parent: parent.map(str::to_owned),
    };
    assert_eq!(
        listing.shards,
        [
            shard("grandchild", Some("child")),
            shard("child", Some("root")),
            shard("root", None)
        ]
    );
    assert_eq!((listing.stream.as_str(), script.asked("DescribeStream")), (ARN, 3));
}

#[tokio::test]
async fn an_expired_iterator_is_made_anew_and_a_shard_ends_where_there_is_no_next() {
    let (script, table) = Script::play().await;
    let changes = table.changes();
    let first = changes.read("root", None).await.unwrap();
    assert_eq!((first.changes.len(), first.then), (2, Then::ReadOn));
    assert_eq!(script.asked("GetShardIterator"), 2, "one that had expired, and another");
    let second = changes.read("root", Some(&first.changes[1].position)).await.unwrap();
    assert_eq!((second.changes.len(), second.then), (1, Then::End));
    assert_eq!(script.asked("GetShardIterator"), 2, "the next one came with the page");
    // After a restart it goes on behind the position.
    changes.read("root", Some("000000000000000000002")).await.unwrap();
    let asked = script.0.lock().unwrap();
    let (_, last) = asked
        .iter()
        .rfind(|(operation, _)| operation == "GetShardIterator")
        .unwrap();
    assert_eq!(
        (&last["ShardIteratorType"], &last["SequenceNumber"]),
        (&json!("AFTER_SEQUENCE_NUMBER"), &json!("000000000000000000002"))
    );
}

#[tokio::test]
async fn a_position_that_was_trimmed_is_a_gap() {
    let (_script, table) = Script::play().await;
    let trimmed = table
        .changes()
        .read("child", Some("000000000000000000007"))
        .await
        .unwrap_err();
    assert!(
        matches!(&trimmed, StoreError::Trimmed { shard, position } if shard == "child" && position.ends_with('7')),
        "{trimmed:?}"
    );
}
