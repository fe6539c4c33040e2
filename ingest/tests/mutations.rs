//! Mutated bodies through the endpoint: whatever comes, it is answered, never with a 500, and a 200 is in the store.
//!
//! The bodies are the sample payloads and those of `mutations/`, which once were trouble, changed by a seeded mutator.
//! `OOT_MUTATIONS` makes them more, `OOT_MUTATIONS_SEED` others.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use oot_ingest::dead_letters::DeadLetters;
use oot_ingest::http::auth::{TokenKeeper, Tokens};
use oot_ingest::http::rate::RateGuard;
use oot_ingest::http::{Endpoint, router, server};
use oot_ingest::intake::Intake;
use oot_ingest::metrics::Metrics;
use oot_ingest::observe::Observer;
use oot_ingest::store::Store as _;
use oot_ingest::store::spool::{Limits, Spool};
use oot_ingest::store::sqlite::Sqlite;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

const SENDERS: u64 = 8;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

/// The corpus, small ones first: a mutation of 65 KB mostly changes what nobody reads.
fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut bodies = Vec::new();
    for directory in [root.join("../assets/payloads"), root.join("tests/mutations")] {
        for entry in std::fs::read_dir(directory).unwrap() {
            let body = std::fs::read(entry.unwrap().path()).unwrap();
            if body.len() < 16_384 {
                bodies.push(body);
            }
        }
    }
    bodies.sort();
    bodies
}

/// What a value may be replaced by.
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1e999",
    "-0.0",
    "9007199254740993",
    "4294967296",
    "\"\"",
    "\"\\ud800\"",
    "\"\\u0000\"",
    "[]",
    "{}",
    "[[[[[[]]]]]]",
    "\"1970-01-01T00:00:00Z\"",
    "\"2261-12-31T23:59:60Z\"",
    "\"completed\"",
    "\"in_progress\"",
    "\"a/b\"",
    "1.5",
    "{\"passed\":-1}",
    "\"\u{202e}\u{1b}[2J\"",
    "\"9999999999999999999999999999999999999999\"",
];

/// A few changes: of bytes, of values, of whole pieces from another body.
fn mutated(rng: &mut StdRng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut body = corpus.choose(rng).unwrap().clone();
    // Most mutations of bytes are no JSON any more; those of values mostly are.
    let values_only = rng.random_bool(0.6);
    for _ in 0..rng.random_range(1..6) {
        if body.is_empty() {
            break;
        }
        let at = rng.random_range(0..body.len());
        match rng.random_range(0..8) {
            _ if values_only => replace_value(rng, &mut body),
            0 => body[at] = rng.random(),
            1 => drop(body.remove(at)),
            2 => body.insert(at, rng.random()),
            3 => {
                let end = (at + rng.random_range(1..64)).min(body.len());
                body.drain(at..end);
            }
            4 => {
                let other = corpus.choose(rng).unwrap();
                let from = rng.random_range(0..other.len());
                let to = (from + rng.random_range(1..256)).min(other.len());
                body.splice(at..at, other[from..to].iter().copied());
            }
            5 => {
                let end = (at + rng.random_range(1..128)).min(body.len());
                let again = body[at..end].to_vec();
                body.splice(at..at, again);
            }
            _ => replace_value(rng, &mut body),
        }
    }
    body
}

/// Puts another value behind one of the colons.
fn replace_value(rng: &mut StdRng, body: &mut Vec<u8>) {
    let colons: Vec<usize> = (0..body.len()).filter(|at| body[*at] == b':').collect();
    let Some(colon) = colons.choose(rng) else { return };
    let start = colon + 1;
    let end = (start..body.len())
        .find(|at| matches!(body[*at], b',' | b'}' | b'\n'))
        .unwrap_or(body.len());
    body.splice(start..end, VALUES.choose(rng).unwrap().bytes());
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_is_answered_and_what_is_acknowledged_is_stored() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let token = dir.path().join("token");
    std::fs::write(&token, "token").unwrap();
    let store = Arc::new(Sqlite::open(&dir.path().join("store.db")).unwrap());
    let limits = Limits {
        max_bytes: 1 << 30,
        min_free_bytes: 0,
    };
    let spool = Spool::open(&dir.path().join("spool.db"), limits).unwrap();
    let metrics = Arc::new(Metrics::new());
    let letters = Arc::new(DeadLetters::new(dir.path(), None));
    let intake = Arc::new(Intake::new(store.clone(), spool, letters, metrics.clone()));
    let observer = Observer::of_intake(intake.clone(), metrics.clone());
    let endpoint = Endpoint {
        intake,
        tokens: Arc::new(TokenKeeper::new(move || Tokens::from_file(&token)).unwrap()),
        rate: Arc::new(RateGuard::new(None)),
        in_flight: Arc::new(Semaphore::new(64)),
        recent: observer.recent.clone(),
        metrics,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/api/oot/results", listener.local_addr().unwrap());
    let router = router(endpoint, Arc::new(observer));
    tokio::spawn(server::Server::plain().serve(listener, router, std::future::pending()));

    let (total, seed) = (setting("OOT_MUTATIONS", 4_000), setting("OOT_MUTATIONS_SEED", 1));
    let corpus = Arc::new(corpus());
    let started = Instant::now();
    let mut senders = tokio::task::JoinSet::new();
    for sender in 0..SENDERS {
        let (url, corpus, store) = (url.clone(), corpus.clone(), store.clone());
        senders.spawn(async move {
            let client = reqwest::Client::new();
            let mut rng = StdRng::seed_from_u64(seed * 1_000 + sender);
            let mut answers = BTreeMap::<u16, u64>::new();
            let mut after_warm_up = 0;
            for number in 0..total / SENDERS {
                let body = mutated(&mut rng, &corpus);
                let shown = String::from_utf8_lossy(&body).into_owned();
                let answer = client
                    .post(&url)
                    .header("X-OOT-Relay-Token", "token")
                    .body(body)
                    .send()
                    .await;
                let answer = answer.unwrap_or_else(|error| panic!("no answer: {error}: {shown}"));
                let status = answer.status().as_u16();
                assert!(matches!(status, 200 | 400), "{status}: {shown}");
                *answers.entry(status).or_default() += 1;
                if status == 200 {
                    let text = answer.text().await.unwrap();
                    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
                    let key = answer["dynamoKey"].as_str().unwrap();
                    assert!(store.get(key).await.unwrap().is_some(), "{shown}");
                }
                if number == total / SENDERS / 10 {
                    after_warm_up = resident_bytes();
                }
            }
            (answers, after_warm_up)
        });
    }
    let (mut answers, mut after_warm_up) = (BTreeMap::<u16, u64>::new(), 0);
    while let Some(sender) = senders.join_next().await {
        let (of_sender, resident) = sender.unwrap();
        after_warm_up = after_warm_up.max(resident);
        for (status, count) in of_sender {
            *answers.entry(status).or_default() += count;
        }
    }
    println!(
        "{total} bodies, seed {seed}: answers {answers:?}, {} s, resident {} MB after a tenth, {} MB at the end",
        started.elapsed().as_secs(),
        after_warm_up >> 20,
        resident_bytes() >> 20
    );
    assert!(
        answers.get(&200).is_some_and(|count| *count > total / 20),
        "{answers:?}"
    );
    assert!(
        answers.get(&400).is_some_and(|count| *count > total / 20),
        "{answers:?}"
    );
}
