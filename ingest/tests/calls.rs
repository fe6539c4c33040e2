//! What a result costs at DynamoDB, in calls: each is paid for, and each may fail.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/dynamodb.rs"]
mod dynamodb;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use oot_ingest::payload;
use oot_ingest::record::Record;
use oot_ingest::store::dynamodb::{Dynamo, Location};
use oot_ingest::store::{Changes as _, Lease, Leases as _, Store as _};
use oot_ingest::timestamp::Timestamp;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};

/// Counts by name the calls that go through it.
#[derive(Clone, Default)]
struct Counter(Arc<Mutex<BTreeMap<String, usize>>>);

impl Counter {
    /// In front of an endpoint; gives its own address.
    async fn before(url: &str) -> (Self, String) {
        let behind = url.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let counter = Self::default();
        let counts = counter.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&behind).await.unwrap();
                tokio::spawn(counts.clone().pass(client, server));
            }
        });
        (counter, own)
    }

    async fn pass(self, client: TcpStream, server: TcpStream) {
        let (mut from_client, mut to_client) = client.into_split();
        let (mut from_server, mut to_server) = server.into_split();
        tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
        let (mut said, mut counted, mut piece) = (String::new(), 0, [0; 8192]);
        while let Ok(length @ 1..) = from_client.read(&mut piece).await {
            said.push_str(&String::from_utf8_lossy(&piece[..length]));
            let calls: Vec<&str> = said
                .split("\r\n")
                .filter_map(|line| line.strip_prefix("x-amz-target: DynamoDB")?.split_once('.'))
                .map(|(_version, call)| call)
                .collect();
            // The last line may not be all there yet.
            let whole = if said.contains("\r\n\r\n") {
                calls.len()
            } else {
                counted
            };
            for call in &calls[counted..whole] {
                *self.0.lock().unwrap().entry((*call).to_owned()).or_default() += 1;
            }
            counted = whole;
            if to_server.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    }

    /// Since the last time.
    fn take(&self) -> BTreeMap<String, usize> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// The same, as `3 UpdateItem`.
    fn take_in_words(&self) -> String {
        let counts = self.take();
        let counts = counts.iter().map(|(call, count)| format!("{count} {call}"));
        counts.collect::<Vec<_>>().join(", ")
    }
}

const START: &str = "2026-05-01T11:00:00Z";

fn event(status: &str, conclusion: Option<&str>, completed_at: Option<&str>, started_at: &str) -> Record {
    let body = json!({
        "trusted": { "verified_repo": "owner/repo", "ci_metrics": { "queue_time": 1.5 } },
        "untrusted": { "callback_payload": { "event_type": "pull_request", "delivery_id": "d",
            "payload": { "pull_request": { "number": 7, "head": { "sha": "a".repeat(40) } } },
            "workflow": { "status": status, "name": "ci", "job_name": "j", "check_run_id": 1, "conclusion": conclusion,
                "started_at": started_at, "completed_at": completed_at } } }
    });
    Record::from_callback(payload::parse(body.to_string().as_bytes()).unwrap().callback).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_costs_one_call_and_a_second_only_where_another_says_otherwise() {
    let endpoint = dynamodb::endpoint();
    let (counter, url) = Counter::before(&endpoint.url).await;
    let now = Timestamp::parse("2026-05-01T12:00:00Z").unwrap();
    let location = |number: usize| Location {
        url: Some(url.clone()),
        table: format!("{}-{number}", endpoint.location().table),
    };
    let started = || event("in_progress", None, None, START);
    let earlier = || event("in_progress", None, None, "2026-05-01T10:59:00Z");
    let timed_out = || event("completed", Some("timed_out"), Some("2026-05-01T17:00:00Z"), START);
    let failed = || event("completed", Some("failure"), Some("2026-05-01T17:30:00Z"), START);
    let cases = [
        (vec![started(), failed()], "2 UpdateItem", "as it should be"),
        (vec![failed()], "1 UpdateItem", "the start got lost"),
        (vec![started(), started()], "2 UpdateItem", "said again"),
        (vec![failed(), failed()], "2 UpdateItem", "said again at the end"),
        (vec![failed(), started()], "2 UpdateItem", "the wrong way round"),
        (vec![failed(), earlier()], "3 UpdateItem", "and it says something new"),
        (
            vec![started(), timed_out(), failed()],
            "4 UpdateItem",
            "it ended after all",
        ),
    ];
    for (number, (events, expected, when)) in cases.into_iter().enumerate() {
        let store = Dynamo::new(&location(number)).await;
        store.migrate().await.unwrap();
        counter.take();
        for event in events {
            store.apply(event, now).await.unwrap();
        }
        assert_eq!(counter.take_in_words(), expected, "{when}");
    }
}

/// What `OPERATING.md` says that someone needs: of the rows that begin with these words, and of those below that go on.
fn needed(who: &str) -> BTreeSet<String> {
    let text = include_str!("../../OPERATING.md");
    let rows = text.lines().skip_while(|line| !line.starts_with(&format!("| {who} |")));
    let (first, rest) = (rows.clone().take(1), rows.skip(1));
    let rows = first.chain(rest.take_while(|line| line.starts_with("| |")));
    let calls = rows.flat_map(|row| row.rsplit('|').nth(1).unwrap().split_whitespace().map(str::to_owned));
    calls.map(|call| call.trim_matches('`').to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_calls_what_the_rights_in_operating_md_do_not_give() {
    let endpoint = dynamodb::endpoint();
    let (counter, url) = Counter::before(&endpoint.url).await;
    let store = Dynamo::new(&Location {
        url: Some(url),
        ..endpoint.location()
    })
    .await;
    let called = || counter.take().into_keys().collect::<BTreeSet<String>>();

    store.migrate().await.unwrap();
    assert_eq!(called(), needed("`migrate`"));

    let now = Timestamp::parse("2026-05-01T12:00:00Z").unwrap();
    store.check().await.unwrap();
    let record = event("in_progress", None, None, START);
    store.apply(record.clone(), now).await.unwrap();
    store.get(&record.key).await.unwrap();
    assert_eq!(called(), needed("`serve`"));

    store.check().await.unwrap();
    let (changes, leases) = (store.changes(), store.leases());
    let shard = changes.shards().await.unwrap().shards.remove(0).id;
    changes.read(&shard, None).await.unwrap();
    changes.scan(0, None).await.unwrap();
    let unwritten = Lease {
        shard,
        owner: None,
        counter: 0,
        checkpoint: None,
    };
    let written = leases
        .replace("there", &unwritten, Some("me"), None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(leases.list("there").await.unwrap(), std::slice::from_ref(&written));
    leases.forget("there", &written).await.unwrap();
    assert_eq!(called(), needed("whoever replicates"));
}
