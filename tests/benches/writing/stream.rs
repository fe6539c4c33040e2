//! A change stream of DynamoDB's, played by a script: one shard that serves a thousand records five times a second, as AWS does, and a table
//! of leases. The emulator for tests is too slow for that.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use oot_tests::eventually;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::copying::{copied, ready, replicate};
use crate::report::cpu_seconds;

const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/jobs/stream/2026-11-24T00:00:00.000";
const PAGE: usize = 1_000;
const PAGES: usize = 75;

/// What the service has said so far.
struct Script {
    pages: Vec<String>,
    /// By shard, as they were put.
    leases: HashMap<String, Value>,
    /// When each page was asked for.
    reads: Vec<Instant>,
}

/// From a full shard to rows that ClickHouse has acknowledged.
pub(crate) fn from_stream() -> Value {
    let script = Arc::new(Mutex::new(Script {
        pages: (0..PAGES).map(page).collect(),
        leases: HashMap::new(),
        reads: Vec::new(),
    }));
    let url = play(&script);
    let engine = tempfile::tempdir().unwrap();
    let clickhouse = ready(engine.path());
    let data = tempfile::tempdir().unwrap();
    let store = ["--store", "dynamodb", "--dynamodb-url", &url];
    let mut process = replicate(data.path(), &clickhouse, &store);
    let begun = Instant::now();
    eventually("the shard is read", || {
        assert_eq!(process.try_wait().unwrap(), None, "it goes on");
        (!script.lock().unwrap().reads.is_empty()).then_some(())
    });
    let (rows, took) = copied(&clickhouse, begun);
    let cpu = cpu_seconds(process.id());
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(rows, (PAGE * PAGES) as u64);
    let reads = &script.lock().unwrap().reads;
    let took = took - (reads[0] - begun);
    let rate = rows as f64 / took.as_secs_f64();
    let gaps: Vec<Duration> = reads.windows(2).map(|two| two[1] - two[0]).collect();
    let least = gaps.iter().min().copied().unwrap_or_default();
    println!(
        "  from a stream: {rows} records in {:.1} s, {rate:.0} a second, {:.0} µs of CPU each; reads of the shard {} ms apart at least",
        took.as_secs_f64(),
        cpu * 1e6 / rows as f64,
        least.as_millis()
    );
    json!({
        "records": rows,
        "seconds": took.as_secs_f64(),
        "records_a_second": rate.round(),
        "cpu_us_each": (cpu * 1e6 / rows as f64).round(),
        "least_ms_between_reads": least.as_millis() as u64,
    })
}

/// Serves on a thread of its own for as long as the benchmark runs; gives its address.
fn play(script: &Arc<Mutex<Script>>) -> String {
    let (listens, listening) = std::sync::mpsc::channel();
    let script = Arc::clone(script);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listens
                .send(format!("http://{}", listener.local_addr().unwrap()))
                .unwrap();
            let router = Router::new().fallback(answer).with_state(script);
            axum::serve(listener, router).await.unwrap();
        });
    });
    listening.recv().unwrap()
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, headers: HeaderMap, body: String) -> impl IntoResponse {
    let target = headers["x-amz-target"].to_str().unwrap();
    let input: Value = serde_json::from_str(&body).unwrap();
    let mut script = script.lock().unwrap();
    let output = match target.rsplit('.').next().unwrap() {
        "DescribeTable" => table(&input).to_string(),
        "DescribeStream" => json!({ "StreamDescription": { "StreamArn": ARN, "StreamStatus": "ENABLED",
            "Shards": [{ "ShardId": "shard" }] } })
        .to_string(),
        "GetShardIterator" => {
            let read = input["SequenceNumber"].as_str().map_or(0, |last| {
                last.trim_start_matches('0').parse::<usize>().unwrap_or_default() + 1
            });
            json!({ "ShardIterator": (read / PAGE).to_string() }).to_string()
        }
        "GetRecords" => {
            script.reads.push(Instant::now());
            let number: usize = input["ShardIterator"].as_str().unwrap().parse().unwrap();
            match script.pages.get(number) {
                Some(records) => format!(r#"{{"Records":[{records}],"NextShardIterator":"{}"}}"#, number + 1),
                None => format!(r#"{{"Records":[],"NextShardIterator":"{number}"}}"#),
            }
        }
        "Query" => json!({ "Items": script.leases.values().collect::<Vec<_>>() }).to_string(),
        "PutItem" => {
            let shard = input["Item"]["shard"]["S"].as_str().unwrap().to_owned();
            script.leases.insert(shard, input["Item"].clone());
            "{}".to_owned()
        }
        // A table that is looked at for the first time is scanned as well: it has nothing that the shard hasn't.
        "Scan" => json!({ "Items": [], "Count": 0 }).to_string(),
        "DeleteItem" => "{}".to_owned(),
        other => panic!("{other} is not in the script"),
    };
    ([(header::CONTENT_TYPE, "application/x-amz-json-1.0")], output)
}

fn table(input: &Value) -> Value {
    let name = input["TableName"].as_str().unwrap();
    json!({ "Table": { "TableName": name, "TableStatus": "ACTIVE", "LatestStreamArn": ARN,
        "KeySchema": [{ "AttributeName": "dynamoKey", "KeyType": "HASH" }],
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" } } })
}

/// A thousand jobs that have just ended, in both images, with commas between.
fn page(number: usize) -> String {
    let records = (number * PAGE..(number + 1) * PAGE).map(|number| {
        let text = |text: &str| json!({ "S": text });
        let count = |count: u64| json!({ "N": count.to_string() });
        let delivery = format!("a8f5f167-6e5b-4c3d-8a2e-{number:012}");
        let old = json!({
            "dynamoKey": text(&format!("vendor/torch-backend/{delivery}/npu-ci/test-float32/{number}")),
            "status": text("in_progress"), "downstream_repo": text("vendor/torch-backend"), "upstream_repo": text("pytorch/pytorch"),
            "pr_number": count(180_000 + number as u64 / 300), "pytorch_head_sha": text(&format!("{number:040x}")),
            "delivery_id": text(&delivery), "workflow_name": text("npu-ci"), "job_name": text("test-float32"),
            "workflow_run_url": text("https://github.com/vendor/torch-backend/actions/runs/24033272679"),
            "check_run_id": text(&number.to_string()), "run_id": text("24033272679"), "run_attempt": count(1),
            "downstream_repo_level": text("L2"), "event_type": text("pull_request"), "queue_time": count(12),
            "started_at": text("2026-11-20T10:15:30Z"), "created_at": count(1_795_169_730_000), "version": count(1_795_169_730_001),
        });
        let mut new = old.clone();
        for (name, value) in [
            ("status", text("completed")),
            ("conclusion", text("success")),
            ("completed_at", text("2026-11-20T11:15:30Z")),
            ("execution_time", count(3_600)),
            ("total_tests", count(5_000)),
            ("passed_tests", count(4_990)),
            ("failed_tests", count(0)),
            ("skipped_tests", count(10)),
            ("version", count(1_795_169_730_002)),
        ] {
            new[name] = value;
        }
        json!({ "eventName": "MODIFY", "eventVersion": "1.1", "dynamodb": { "SequenceNumber": format!("{number:021}"),
            "ApproximateCreationDateTime": 1_795_169_730, "StreamViewType": "NEW_AND_OLD_IMAGES", "OldImage": old, "NewImage": new } })
        .to_string()
    });
    records.collect::<Vec<_>>().join(",")
}
