//! Callbacks over sockets, each of a job of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use oot_tests::Daemon;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::report::Times;

const CONNECTIONS: u64 = 64;
const FOR: Duration = Duration::from_secs(10);
/// The store and the endpoint, and nobody who replicates meanwhile.
const NO_REPLICATE: &str = "--no-replicate";
const SAMPLE: &str = include_str!("../../../assets/payloads/02-completed-failure.json");

/// As many as go, and then at half of that rate.
pub(crate) fn over_sockets() -> Value {
    let run = |rate: Option<f64>| {
        let data = tempfile::tempdir().unwrap();
        let daemon = Daemon::start_with(data.path(), &[NO_REPLICATE, "--data", data.path().to_str().unwrap()]);
        let (taken, times) = posted(&daemon, CONNECTIONS, FOR, rate);
        (taken as f64 / FOR.as_secs_f64(), times)
    };
    let (most, at_most) = run(None);
    let (half, at_half) = run(Some(most / 2.0));
    for (rate, times) in [(most, &at_most), (half, &at_half)] {
        println!(
            "  {rate:7.0} results a second over {CONNECTIONS} connections, durable after {:.2} ms, p99 {:.2}",
            times.quantile(0.5),
            times.quantile(0.99)
        );
    }
    json!({
        "connections": CONNECTIONS,
        "results_a_second": most.round(),
        "time": at_most.json(),
        "at_half_of_it": { "results_a_second": half.round(), "time": at_half.json() },
    })
}

/// From the POST to where a query sees it, at 100 results a second.
pub(crate) fn lag() -> Value {
    const RATE: f64 = 100.0;
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let url = daemon.clickhouse.url.clone();
    let posting = std::thread::scope(|scope| {
        let posting = scope.spawn(|| posted_at(&daemon, 8, Duration::from_secs(30), Some(RATE)));
        let mut seen = HashMap::<u64, Instant>::new();
        let mut newest = 0;
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(36) {
            let sql =
                format!("SELECT toUInt64(check_run_id) AS id FROM oot_workflow_job WHERE id > {newest} ORDER BY id");
            let answer = oot_tests::post(&url, &[], sql.as_bytes()).unwrap();
            // Before the table is there.
            if answer.status == 200 {
                let now = Instant::now();
                for id in answer.body.lines().filter_map(|line| line.parse().ok()) {
                    seen.entry(id).or_insert(now);
                    // What is on its way beside it may come later.
                    newest = newest.max(id.saturating_sub(300));
                }
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        (posting.join().unwrap(), seen)
    });
    let (posted, seen) = posting;
    let mut times = Times::default();
    for (id, at) in &posted {
        let visible = seen.get(id).unwrap_or_else(|| panic!("{id} never came"));
        times.take(visible.duration_since(*at));
    }
    println!(
        "  POST to visible at {RATE} a second: {:.0} ms, p99 {:.0}, of {}",
        times.quantile(0.5),
        times.quantile(0.99),
        posted.len()
    );
    json!({ "results_a_second": RATE, "time": times.json() })
}

fn posted(daemon: &Daemon, connections: u64, during: Duration, rate: Option<f64>) -> (usize, Times) {
    let mut times = Times::default();
    let taken = run(daemon, connections, during, rate, |_, took| times.take(took));
    (taken, times)
}

/// When each was sent, by its number.
fn posted_at(daemon: &Daemon, connections: u64, during: Duration, rate: Option<f64>) -> Vec<(u64, Instant)> {
    let mut posted = Vec::new();
    run(daemon, connections, during, rate, |number, took| {
        posted.push((number, Instant::now() - took))
    });
    posted
}

/// Posts on kept connections; `told` has each one's number, and how long it took.
fn run(
    daemon: &Daemon,
    connections: u64,
    during: Duration,
    rate: Option<f64>,
    mut told: impl FnMut(u64, Duration),
) -> usize {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (done, mut all) = tokio::sync::mpsc::unbounded_channel();
        let next = Arc::new(AtomicU64::new(1_000_000_000));
        let first = next.load(Ordering::Relaxed);
        let begun = Instant::now();
        for _ in 0..connections {
            let (done, next) = (done.clone(), Arc::clone(&next));
            let (address, token) = (
                daemon.url.trim_start_matches("http://").to_owned(),
                daemon.token().to_owned(),
            );
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(&address).await.unwrap();
                stream.set_nodelay(true).unwrap();
                let mut answer = vec![0; 4096];
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if let Some(rate) = rate {
                        let due = begun + Duration::from_secs_f64((number - first) as f64 / rate);
                        tokio::time::sleep_until(due.into()).await;
                    }
                    if begun.elapsed() > during {
                        return;
                    }
                    let request = request(&address, &token, number);
                    let sent = Instant::now();
                    stream.write_all(request.as_bytes()).await.unwrap();
                    let length = answered(&mut stream, &mut answer).await;
                    assert!(
                        answer[..length].starts_with(b"HTTP/1.1 200"),
                        "{}",
                        String::from_utf8_lossy(&answer[..length])
                    );
                    done.send((number, sent.elapsed())).unwrap();
                }
            });
        }
        drop(done);
        let mut taken = 0;
        while let Some((number, took)) = all.recv().await {
            told(number, took);
            taken += 1;
        }
        taken
    })
}

/// Reads one answer.
async fn answered(stream: &mut TcpStream, buffer: &mut [u8]) -> usize {
    let mut length = 0;
    loop {
        let read = stream.read(&mut buffer[length..]).await.unwrap();
        assert!(read > 0, "the connection ended");
        length += read;
        let text = &buffer[..length];
        let Some(head) = text.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head_text = std::str::from_utf8(&text[..head]).unwrap().to_ascii_lowercase();
        let body: usize = head_text
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        if length >= head + 4 + body {
            return length;
        }
    }
}

fn request(address: &str, token: &str, number: u64) -> String {
    let body = SAMPLE.replace("98765432100", &number.to_string());
    format!(
        "POST /api/oot/results HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nX-OOT-Relay-Token: {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
