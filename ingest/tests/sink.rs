//! What the replicator does to a ClickHouse that doesn't do as it should: a real one, behind a script that answers some inserts
//! in its place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/awaited.rs"]
mod awaited;
#[path = "support/clickhouse.rs"]
mod clickhouse;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use awaited::eventually;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use clickhouse::ClickHouse;
use oot_ingest::clickhouse::Server;
use oot_ingest::migrate;
use oot_ingest::observe::Told;
use oot_ingest::payload;
use oot_ingest::record::{Record, Stored};
use oot_ingest::replicate::sink::{Batch, Sink};
use oot_ingest::store::{Change, ChangeKind};
use oot_ingest::timestamp::Timestamp;
use tokio::net::TcpListener;

/// Answers inserts of the sink in the order of the script, and then lets them through as all else; remembers what they were.
#[derive(Clone)]
struct Script {
    behind: String,
    played: Arc<Mutex<Played>>,
}

#[derive(Default)]
struct Played {
    answers: VecDeque<(StatusCode, &'static str)>,
    inserts: Vec<(String, Bytes)>,
}

impl Script {
    /// In front of a ClickHouse that has the tables.
    async fn play(answers: &[(StatusCode, &'static str)]) -> (Self, Server, ClickHouse) {
        let clickhouse = ClickHouse::start().await;
        let behind = clickhouse.server();
        migrate::migrate(&behind).await.unwrap();
        let script = Self {
            behind: behind.url.clone(),
            played: Arc::default(),
        };
        script.played.lock().unwrap().answers = answers.iter().copied().collect();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (script, Server { url, ..behind }, clickhouse)
    }

    fn inserts(&self) -> Vec<(String, Bytes)> {
        self.played.lock().unwrap().inserts.clone()
    }

    fn scripted(&self, query: &str, body: &Bytes) -> Option<(StatusCode, &'static str)> {
        let mut played = self.played.lock().unwrap();
        played.inserts.push((query.to_owned(), body.clone()));
        played.answers.pop_front()
    }
}

async fn answer(
    State(script): State<Script>,
    RawQuery(query): RawQuery,
    headers: axum::http::HeaderMap,
    body: Bytes,
) -> (StatusCode, Bytes) {
    let query = query.unwrap_or_default();
    if query.contains("insert_deduplication_token")
        && let Some((status, text)) = script.scripted(&query, &body)
    {
        return (status, text.into());
    }
    let request = reqwest::Client::new()
        .post(format!("{}/?{query}", script.behind))
        .body(body);
    let kind = headers.get("content-type").cloned();
    let request = kind
        .into_iter()
        .fold(request, |request, kind| request.header("content-type", kind));
    let answer = request.send().await.unwrap();
    (answer.status(), answer.bytes().await.unwrap())
}

fn token(query: &str) -> &str {
    let token = query
        .split('&')
        .find_map(|it| it.strip_prefix("insert_deduplication_token="));
    token.unwrap()
}

fn changes(count: usize) -> Vec<Change> {
    let change = |job: usize| {
        let body = format!(
            r#"{{"trusted":{{"verified_repo":"a/b"}},"untrusted":{{"callback_payload":{{"delivery_id":"d",
            "workflow":{{"status":"completed","name":"w","job_name":"job-{job}","check_run_id":{job}}}}}}}}}"#
        );
        let record = Record::from_callback(payload::parse(body.as_bytes()).unwrap().callback).unwrap();
        Change {
            position: job.to_string(),
            at: None,
            kind: ChangeKind::Written(Box::new(Stored::first(record, Timestamp::now()))),
        }
    };
    (0..count).map(change).collect()
}

const BUSY: (StatusCode, &str) = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)",
);
const POISON: (StatusCode, &str) = (
    StatusCode::INTERNAL_SERVER_ERROR,
    "Code: 469. DB::Exception: Constraint `c` is violated. (VIOLATED_CONSTRAINT)",
);

#[tokio::test(flavor = "multi_thread")]
async fn a_retried_insert_is_the_same_batch_under_the_same_token_and_another_batch_has_another() {
    let dir = tempfile::tempdir().unwrap();
    let (script, server, _clickhouse) = Script::play(&[BUSY, BUSY]).await;
    let destination = migrate::destination(&server).await.unwrap();
    let sink = Sink::new(&server, Told::new(dir.path(), None), destination);
    sink.deliver(Batch::new("shard", changes(20))).await.unwrap();
    sink.deliver(Batch::new("shard", changes(20))).await.unwrap();
    let inserts = script.inserts();
    assert_eq!(inserts.len(), 4);
    for (query, body) in &inserts[1..3] {
        assert_eq!((token(query), body), (token(&inserts[0].0), &inserts[0].1));
    }
    // The same positions with other contents, as of a second scan, must not count as a repetition.
    assert_ne!(token(&inserts[3].0), token(&inserts[0].0));
    assert!(inserts.iter().all(|(query, _)| query.contains("async_insert=0")));
}

/// No row is at fault for that: all of them would be set aside.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_another_type_is_waited_out() {
    let dir = tempfile::tempdir().unwrap();
    let (script, server, clickhouse) = Script::play(&[]).await;
    let destination = migrate::destination(&server).await.unwrap();
    let told = Told::new(dir.path(), Some(&server));
    let sink = Sink::new(&server, told.clone(), destination);
    sink.deliver(Batch::new("shard", changes(2))).await.unwrap();
    let alter = async |kind: &str| {
        let sql = format!("ALTER TABLE {} MODIFY COLUMN run_attempt {kind}", server.table);
        clickhouse.server().client().query_raw(&sql).execute().await.unwrap();
    };
    alter("UInt64").await;
    let delivering = tokio::spawn(async move { sink.deliver(Batch::new("shard", changes(5))).await });
    eventually(
        "a trouble",
        async || told.progress.troubles().len(),
        |troubles| *troubles == 1,
    )
    .await;
    alter("UInt32").await;
    delivering.await.unwrap().unwrap();
    assert_eq!(told.dead_letters.count().await.unwrap(), 0);
    assert_eq!(told.progress.troubles().len(), 0);
    assert!(script.inserts().len() >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_with_a_poisonous_row_is_halved_under_tokens_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    // The whole, its first half, and of that the first row; the rest lands. Two of the changes share a position, as those do that
    // take a row away and write it anew.
    let (script, server, _clickhouse) = Script::play(&[POISON, POISON, POISON]).await;
    let destination = migrate::destination(&server).await.unwrap();
    let told = Told::new(dir.path(), Some(&server));
    let letters = told.dead_letters.clone();
    let sink = Sink::new(&server, told, destination);
    let mut four = changes(4);
    four[1].position = four[0].position.clone();
    sink.deliver(Batch::new("shard", four)).await.unwrap();
    let inserts = script.inserts();
    let mut tokens: Vec<&str> = inserts.iter().map(|(query, _)| token(query)).collect();
    assert_eq!(tokens.len(), 5, "4, 2, 1, 1, 2 rows");
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 5, "{tokens:?}");
    let letters = letters.all().await.unwrap();
    assert_eq!(letters.len(), 1);
    assert!(
        letters[0].reason.contains("469") && letters[0].position == "0",
        "{letters:?}"
    );
}
