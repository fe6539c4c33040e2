//! The endpoint as its callers meet it: over a socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use oot_ingest::http::auth::Tokens;
use oot_ingest::http::{Endpoint, router, server};
use oot_ingest::record::{Record, Stored};
use oot_ingest::store::sqlite::Sqlite;
use oot_ingest::store::{Applied, Store, StoreError};
use oot_ingest::timestamp::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const TOKEN: &str = "the-token";
const PATH: &str = "/api/oot/results";

/// An endpoint on a port of its own, over SQLite in a directory of its own.
struct Server {
    address: std::net::SocketAddr,
    store: Arc<Switchable>,
    dir: tempfile::TempDir,
}

/// A store that can be switched off.
struct Switchable {
    store: Sqlite,
    off: AtomicBool,
    hangs: AtomicBool,
}

impl Store for Switchable {
    fn apply(&self, record: Record, now: Timestamp) -> BoxFuture<'_, Result<Applied, StoreError>> {
        async move {
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            if self.off.load(Ordering::Relaxed) {
                return Err(StoreError::Unavailable("switched off".to_owned()));
            }
            self.store.apply(record, now).await
        }
        .boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.store.get(key)
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let off = self.off.load(Ordering::Relaxed);
        async move {
            if off {
                Err(StoreError::Unavailable("switched off".to_owned()))
            } else {
                Ok(())
            }
        }
        .boxed()
    }
}

impl Server {
    async fn start() -> Self {
        // The HTTP client of these tests wants a TLS provider even for plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let token_file = dir.path().join("token");
        std::fs::write(&token_file, TOKEN).unwrap();
        let store = Arc::new(Switchable {
            store: Sqlite::open(&dir.path().join("store.db")).unwrap(),
            off: AtomicBool::new(false),
            hangs: AtomicBool::new(false),
        });
        let endpoint = Endpoint {
            store: store.clone(),
            tokens: Arc::new(Tokens::from_file(&token_file).unwrap()),
            counters: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(server::serve(listener, router(endpoint), std::future::pending()));
        Self { address, store, dir }
    }

    async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        token: Option<&str>,
        body: Vec<u8>,
    ) -> (u16, Value, reqwest::header::HeaderMap) {
        let mut request = reqwest::Client::new()
            .request(method, format!("http://{}{path}", self.address))
            .body(body);
        if let Some(token) = token {
            request = request.header("X-OOT-Relay-Token", token);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
            headers,
        )
    }

    async fn post(&self, body: Vec<u8>) -> (u16, Value) {
        let (status, answer, _) = self.request(reqwest::Method::POST, PATH, Some(TOKEN), body).await;
        (status, answer)
    }
}

fn sample(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../assets/payloads/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A valid body of exactly this many bytes.
fn body_of(bytes: usize) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(&sample("12-minimal")).unwrap();
    body["untrusted"]["callback_payload"]["payload"]["padding"] = json!("");
    let padding = bytes - serde_json::to_vec(&body).unwrap().len();
    body["untrusted"]["callback_payload"]["payload"]["padding"] = json!("x".repeat(padding));
    serde_json::to_vec(&body).unwrap()
}

#[tokio::test]
async fn every_sample_is_stored_on_both_paths_under_both_headers() {
    let server = Server::start().await;
    let mut samples = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../assets/payloads")).unwrap() {
        let body = std::fs::read(entry.unwrap().path()).unwrap();
        for (path, header) in [
            ("/api/oot/results", "X-OOT-Relay-Token"),
            ("/api/crcr/results", "X-HUD-Internal-Bot"),
        ] {
            let response = reqwest::Client::new()
                .post(format!("http://{}{path}", server.address))
                .header(header, TOKEN)
                .body(body.clone())
                .send()
                .await
                .unwrap();
            assert_eq!(response.status().as_u16(), 200);
            let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
            assert_eq!(answer["ok"], true);
            assert!(answer.get("warnings").is_none(), "{answer}");
            assert!(
                server
                    .store
                    .get(answer["dynamoKey"].as_str().unwrap())
                    .await
                    .unwrap()
                    .is_some()
            );
        }
        samples += 1;
    }
    assert_eq!(samples, 12);
}

#[tokio::test]
async fn the_answer_names_status_key_and_what_was_left_out() {
    let server = Server::start().await;
    let mut body: Value = serde_json::from_slice(&sample("01-in-progress")).unwrap();
    body["untrusted"]["callback_payload"]["workflow"]["started_at"] = json!("yesterday");
    let (status, answer) = server.post(body.to_string().into_bytes()).await;
    assert_eq!(status, 200);
    assert_eq!(
        answer,
        json!({"ok": true, "status": "in_progress",
            "dynamoKey": "Ascend/pytorch/a8f5f167-6e5b-4c3d-8a2e-4b5c6d7e8f9a/npu-ci/test-npu-float32 (1, 4)/98765432100",
            "warnings": ["workflow.started_at: expected an RFC 3339 date and time within 1970–2261, got \"yesterday\""]})
    );
    let (_, metrics, _) = server.request(reqwest::Method::GET, "/metrics", None, vec![]).await;
    let metrics = metrics.as_str().unwrap();
    assert!(
        metrics.contains("oot_callbacks_total{outcome=\"stored\"} 1\n"),
        "{metrics}"
    );
    assert!(metrics.contains("oot_fields_left_out_total 1\n"), "{metrics}");
}

#[tokio::test]
async fn the_token_is_judged_before_the_body() {
    let server = Server::start().await;
    for token in [None, Some("wrong"), Some("")] {
        let (status, answer, _) = server
            .request(reqwest::Method::POST, PATH, token, b"not json".to_vec())
            .await;
        assert_eq!((status, answer), (401, json!({"error": "Unauthorized"})));
    }
    let (status, answer) = server.post(b"not json".to_vec()).await;
    assert_eq!(status, 400);
    assert!(
        answer["error"].as_str().unwrap().starts_with("body: expected JSON: "),
        "{answer}"
    );
}

#[tokio::test]
async fn anything_but_a_post_is_405_and_says_what_is_allowed() {
    let server = Server::start().await;
    for method in [reqwest::Method::GET, reqwest::Method::PUT, reqwest::Method::DELETE] {
        let (status, answer, headers) = server.request(method, PATH, None, vec![]).await;
        assert_eq!((status, answer), (405, json!({"error": "Method not allowed"})));
        assert_eq!(headers["allow"], "POST");
    }
    let (status, _, headers) = server
        .request(reqwest::Method::POST, "/api/oot/results/", Some(TOKEN), vec![])
        .await;
    assert_eq!((status, headers.get("location")), (404, None), "never a redirect");
}

#[tokio::test]
async fn two_mebibytes_are_stored_and_one_byte_more_is_not() {
    let server = Server::start().await;
    assert_eq!(server.post(body_of(2_097_152)).await.0, 200);
    assert_eq!(
        server.post(body_of(2_097_153)).await,
        (413, json!({"error": "Payload exceeds 2MB limit"}))
    );
}

/// Sends everything before it reads anything, as Python's urllib does.
async fn send_then_read(address: std::net::SocketAddr, head: String, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_answer_arrives_at_a_client_that_sends_everything_first() {
    let server = Server::start().await;
    let body = body_of(6 * 1024 * 1024);
    for round in 0..20 {
        for (token, chunked, expected) in [
            ("wrong", false, "401"),
            (TOKEN, false, "413"),
            ("wrong", true, "401"),
            (TOKEN, true, "413"),
        ] {
            let head =
                format!("POST {PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-OOT-Relay-Token: {token}\r\n");
            let answer = if chunked {
                let head = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len());
                send_then_read(server.address, head, &[body.as_slice(), b"\r\n0\r\n\r\n"].concat()).await
            } else {
                send_then_read(
                    server.address,
                    format!("{head}Content-Length: {}\r\n\r\n", body.len()),
                    &body,
                )
                .await
            };
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {expected}")),
                "round {round}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_store_that_is_away_is_503_and_worth_a_retry() {
    let server = Server::start().await;
    server.store.off.store(true, Ordering::Relaxed);
    let (status, _, headers) = server
        .request(reqwest::Method::POST, PATH, Some(TOKEN), sample("01-in-progress"))
        .await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (503, "1"));
    let (ready, _, _) = server.request(reqwest::Method::GET, "/readyz", None, vec![]).await;
    let (alive, _, _) = server.request(reqwest::Method::GET, "/livez", None, vec![]).await;
    assert_eq!((ready, alive), (503, 200));
    server.store.off.store(false, Ordering::Relaxed);
    assert_eq!(server.post(sample("01-in-progress")).await.0, 200);
}

#[tokio::test]
async fn a_store_that_hangs_is_503_before_the_relay_gives_up() {
    let server = Server::start().await;
    server.store.hangs.store(true, Ordering::Relaxed);
    // The relay waits 10 s; so does this client.
    let answer = tokio::time::timeout(
        std::time::Duration::from_secs(10),
        server.post(sample("01-in-progress")),
    )
    .await;
    assert_eq!(answer.expect("an answer within the relay's patience").0, 503);
}

#[tokio::test]
async fn a_token_is_neither_in_an_answer_nor_in_a_file_of_ours() {
    let server = Server::start().await;
    server.post(sample("01-in-progress")).await;
    let (_, answer, _) = server
        .request(reqwest::Method::POST, PATH, Some("not-the-token"), vec![])
        .await;
    assert!(!answer.to_string().contains("not-the-token"));
    for file in ["store.db", "store.db-wal"] {
        let bytes = std::fs::read(server.dir.path().join(file)).unwrap();
        assert!(
            !bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()),
            "{file}"
        );
    }
}
