//! From DynamoDB's change stream to rows in ClickHouse, and the schema that both sides stand on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/awaited.rs"]
mod awaited;
#[path = "support/dynamodb.rs"]
mod dynamodb;

use std::path::Path;
use std::sync::Arc;

use awaited::eventually;
use oot_ingest::chdb::Embedded;
use oot_ingest::clickhouse::Server;
use oot_ingest::migrate;
use oot_ingest::observe::Told;
use oot_ingest::payload;
use oot_ingest::record::Record;
use oot_ingest::replicate::owner::Owner;
use oot_ingest::replicate::{LEASE_TIME, Replicator};
use oot_ingest::store::Store as _;
use oot_ingest::store::dynamodb::Dynamo;
use oot_ingest::timestamp::Timestamp;
use tokio_util::sync::CancellationToken;

const TABLE: &str = "oot_workflow_job";

async fn embedded(directory: &Path) -> (Embedded, Server) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let start = Embedded::start(directory, "127.0.0.1:0".parse().unwrap(), None).await;
    let embedded = start.unwrap_or_else(|error| panic!("{error:#}; `make test` fetches libchdb"));
    let server = Server::plain(embedded.url(), "default", TABLE);
    (embedded, server)
}

/// Asks until ClickHouse answers so.
async fn answers(what: &str, server: &Server, sql: &str, expected: &str) {
    let answer = async || {
        let request = reqwest::Client::new().post(&server.url).body(sql.to_owned());
        request.send().await.unwrap().text().await.unwrap()
    };
    eventually(what, answer, |answer| answer.trim() == expected).await;
}

/// All of it in one test: libchdb has one directory for the life of a process.
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_the_table_become_rows_and_removals_take_them_away() {
    let directory = tempfile::tempdir().unwrap();
    let (embedded, server) = embedded(&directory.path().join("clickhouse")).await;

    let error = migrate::check(&server).await.unwrap_err().to_string();
    assert!(
        error.contains("apply it with `oot-ingest migrate --clickhouse http://"),
        "{error}"
    );
    assert_eq!(
        migrate::migrate(&server).await.unwrap(),
        [
            "0001_oot_workflow_job.sql",
            "0002_oot_dead_letter.sql",
            "0003_oot_days.sql",
            "0004_oot_days_of_rows.sql",
            "0005_oot_workflow_job_derived.sql",
            "0006_oot_backends.sql",
            "0007_oot_backends_of_rows.sql",
            "0008_oot_backends_fill.sql"
        ]
    );
    assert_eq!(migrate::migrate(&server).await.unwrap(), [""; 0]);
    migrate::check(&server).await.unwrap();

    let endpoint = dynamodb::endpoint();
    let location = endpoint.location();
    let store = Dynamo::new(&location).await;
    store.migrate().await.unwrap();
    let mut keys = Vec::new();
    for name in [
        "01-in-progress",
        "02-completed-failure",
        "09-failed-tests-detail",
        "11-hostile-text",
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../assets/payloads/{name}.json"));
        let record = Record::from_callback(payload::parse(&std::fs::read(path).unwrap()).unwrap().callback).unwrap();
        keys.push(record.key.clone());
        store.apply(record, Timestamp::now()).await.unwrap();
    }

    let stop = CancellationToken::new();
    let replicator = Replicator {
        changes: Arc::new(store.changes()),
        leases: Arc::new(store.leases()),
        owner: Owner::claim(&directory.path().join("replicator")).unwrap(),
        lease_time: LEASE_TIME,
        server: server.clone(),
        confirms: true,
        told: Told::new(directory.path(), Some(&server)),
    };
    let replicating = tokio::spawn({
        let stop = stop.clone();
        async move { replicator.run(stop).await }
    });
    let rows = "SELECT count(), countIf(status = 'completed'), max(queue_time) FROM oot_workflow_job FINAL";
    answers(
        "three jobs, all completed, the queue time kept",
        &server,
        rows,
        "3\t3\t12.345",
    )
    .await;

    let key = serde_json::json!({ "TableName": location.table, "Key": { "dynamoKey": { "S": keys[3] } } });
    let deleted = reqwest::Client::new()
        .post(&endpoint.url)
        .header("X-Amz-Target", "DynamoDB_20120810.DeleteItem")
        .header("Content-Type", "application/x-amz-json-1.0")
        .header("X-Amz-Date", "20260101T000000Z")
        .header(
            "Authorization",
            "AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
        )
        .body(key.to_string())
        .send()
        .await
        .unwrap();
    let status = deleted.status();
    assert_eq!(status, 200, "{}", deleted.text().await.unwrap());
    answers(
        "the removed job is gone",
        &server,
        "SELECT count() FROM oot_workflow_job FINAL",
        "2",
    )
    .await;

    stop.cancel();
    replicating.await.unwrap().unwrap();
    // What is edited after it was applied is refused.
    let edit = "ALTER TABLE oot_schema_migration UPDATE checksum = 'other' WHERE 1 SETTINGS mutations_sync = 1";
    assert_eq!(
        reqwest::Client::new()
            .post(&server.url)
            .body(edit)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let error = migrate::check(&server).await.unwrap_err().to_string();
    assert!(error.contains("was edited after it was applied"), "{error}");
    embedded.close().await;
}
