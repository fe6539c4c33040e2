//! What the endpoint itself costs for a result: token, body, payload, record, answer. The store takes everything at once, and there is no
//! socket. Results go to `assets/bench/endpoint.json`.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(unsafe_code, reason = "an allocator that counts")]

#[path = "../../tests/benches/report.rs"]
mod report;

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use oot_ingest::dead_letters::DeadLetters;
use oot_ingest::http::auth::{TokenKeeper, Tokens};
use oot_ingest::http::rate::RateGuard;
use oot_ingest::http::{Endpoint, router};
use oot_ingest::intake::Intake;
use oot_ingest::metrics::Metrics;
use oot_ingest::observe::Observer;
use oot_ingest::record::{Record, Stored};
use oot_ingest::store::spool::{Limits, Spool};
use oot_ingest::store::{Applied, Store, StoreError};
use oot_ingest::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// So many are looked at for what they allocate.
const RESULTS: u32 = 1_000;
const TOKEN: &str = "the-token";
/// Of a webhook as GitHub sends it.
const LARGE: usize = 65_000;

/// Counts what is allocated.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: each call goes on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: as it came.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as it came.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        BYTES.fetch_add(size as u64, Ordering::Relaxed);
        // SAFETY: as it came.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Takes everything at once.
struct Stub;

impl Store for Stub {
    fn apply(&self, record: Record, _: Timestamp) -> BoxFuture<'_, Result<Applied, StoreError>> {
        drop(record);
        let applied = Applied {
            version: 1,
            changed: true,
            conflicts: 0,
        };
        async move { Ok(applied) }.boxed()
    }

    fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        async { Ok(None) }.boxed()
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        async { Ok(()) }.boxed()
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let directory = tempfile::tempdir().unwrap();
    let service = TowerToHyperService::new(runtime.block_on(async { endpoint(directory.path()) }));
    let mut told = serde_json::Map::new();
    let mut criterion = report::criterion();
    let mut group = criterion.benchmark_group("endpoint");
    for (name, body) in [("1_kb", sample("02-completed-failure")), ("65_kb", large())] {
        let post = |body: &[u8]| {
            let request = Request::builder()
                .method(Method::POST)
                .uri("/api/oot/results")
                .header("content-type", "application/json")
                .header("X-OOT-Relay-Token", TOKEN)
                .body(Body::from(body.to_vec()))
                .unwrap();
            let response = runtime.block_on(service.call(request)).unwrap();
            assert_eq!(response.status(), StatusCode::OK);
        };
        group.bench_function(name, |bencher| bencher.iter(|| post(&body)));
        let (allocations, bytes) = (ALLOCATIONS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
        for _ in 0..RESULTS {
            post(&body);
        }
        let each = |total: u64| total as f64 / f64::from(RESULTS);
        let allocations = each(ALLOCATIONS.load(Ordering::Relaxed) - allocations);
        let bytes = each(BYTES.load(Ordering::Relaxed) - bytes);
        // One thread does it all, and nobody waits: its time is its CPU.
        let time = report::of_criterion(&format!("endpoint/{name}"));
        println!(
            "  a result of {:6} bytes: {:6.1} µs, {allocations:5.1} allocations of {bytes:.0} bytes",
            body.len(),
            time["median_us"].as_f64().unwrap()
        );
        told.insert(
            name.to_owned(),
            json!({ "body_bytes": body.len(), "time": time, "allocations": allocations, "allocated_bytes": bytes }),
        );
    }
    group.finish();
    report::write("endpoint", Value::Object(told));
}

fn endpoint(directory: &std::path::Path) -> axum::Router {
    let token_file = directory.join("token");
    std::fs::write(&token_file, TOKEN).unwrap();
    let metrics = Arc::new(Metrics::new());
    let limits = Limits {
        max_bytes: 1 << 20,
        min_free_bytes: 0,
    };
    let intake = Arc::new(Intake::new(
        Arc::new(Stub),
        Spool::open(&directory.join("spool.db"), limits).unwrap(),
        Arc::new(DeadLetters::new(directory, None)),
        Arc::clone(&metrics),
    ));
    let observer = Observer::of_intake(Arc::clone(&intake), Arc::clone(&metrics));
    let endpoint = Endpoint {
        intake,
        tokens: Arc::new(TokenKeeper::new(move || Tokens::from_file(&token_file)).unwrap()),
        rate: Arc::new(RateGuard::new(None)),
        in_flight: Arc::new(Semaphore::new(64)),
        recent: Arc::clone(&observer.recent),
        metrics,
    };
    router(endpoint, Arc::new(observer))
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../assets/payloads/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A whole webhook, with as many labels as it takes.
fn large() -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(&sample("03-completed-success-full-webhook")).unwrap();
    let missing = LARGE - serde_json::to_vec(&body).unwrap().len();
    let label = json!({ "id": 1_234_567_890, "node_id": "MDU6TGFiZWwxMjM0NTY3ODkw", "url": "https://api.github.com/repos/pytorch/pytorch/labels/ciflow/trunk",
        "name": "ciflow/trunk", "color": "b60205", "default": false, "description": "Trigger trunk jobs on your pull request" });
    let labels = missing / (label.to_string().len() + 1);
    body["untrusted"]["callback_payload"]["payload"]["pull_request"]["labels"] = Value::Array(vec![label; labels]);
    serde_json::to_vec(&body).unwrap()
}
