//! The endpoint as its callers meet it: over a socket.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/awaited.rs"]
mod awaited;
#[path = "endpoint/dawdling.rs"]
mod dawdling;
#[path = "endpoint/server.rs"]
mod server;

use std::sync::atomic::Ordering;
use std::time::Duration;

use awaited::eventually;
use oot_ingest::store::Store as _;
use oot_ingest::store::spool::Limits;
use serde_json::{Value, json};
use server::{Server, Wishes};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TOKEN: &str = "the-token";
const PATH: &str = "/api/oot/results";

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
    assert!(
        server
            .metric("oot_callbacks_total{outcome=\"accepted\",reason=\"stored\"} 1")
            .await
    );
    assert!(server.metric("oot_fields_left_out_total 1").await);
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
async fn what_comes_while_the_store_is_away_waits_in_the_spool_and_then_is_stored() {
    let server = Server::start().await;
    server.drain();
    server.store.off.store(true, Ordering::Relaxed);
    let mut keys = Vec::new();
    for name in ["01-in-progress", "12-minimal", "11-hostile-text"] {
        let (status, answer) = server.post(sample(name)).await;
        assert_eq!((status, &answer["spooled"]), (200, &json!(true)), "{answer}");
        keys.push(answer["dynamoKey"].as_str().unwrap().to_owned());
    }
    let (ready, text, _) = server.request(reqwest::Method::GET, "/readyz", None, vec![]).await;
    assert_eq!(ready, 200);
    assert!(text.as_str().unwrap().contains("spool: 3 results"), "{text}");
    assert!(server.metric("oot_spool_results 3").await && server.metric("oot_store_away 1").await);

    server.store.off.store(false, Ordering::Relaxed);
    let empty = async || server.metric("oot_spool_results 0").await;
    eventually("an empty spool", empty, |empty| *empty).await;
    for key in keys {
        assert!(server.store.get(&key).await.unwrap().is_some(), "{key}");
    }
    assert!(server.metric("oot_drained_total 3").await && server.metric("oot_store_away 0").await);
    let (_, answer) = server.post(sample("02-completed-failure")).await;
    assert!(
        answer.get("spooled").is_none(),
        "the store is asked first again: {answer}"
    );
}

#[tokio::test]
async fn a_store_that_hangs_costs_one_deadline_and_not_one_for_each_result() {
    let server = Server::start().await;
    server.store.hangs.store(true, Ordering::Relaxed);
    // The relay waits 10 s for each; so does this client for all of them.
    let all = async {
        for _ in 0..20 {
            assert_eq!(server.post(sample("01-in-progress")).await.1["spooled"], true);
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all)
        .await
        .expect("answers within the relay's patience");
}

#[tokio::test]
async fn a_full_spool_is_503_and_worth_a_retry() {
    let server = Server::start_with(Wishes {
        spool: Limits {
            max_bytes: 600,
            min_free_bytes: 0,
        },
        ..Wishes::default()
    })
    .await;
    server.store.off.store(true, Ordering::Relaxed);
    assert_eq!(server.post(sample("12-minimal")).await.0, 200);
    let (status, _, headers) = server
        .request(reqwest::Method::POST, PATH, Some(TOKEN), sample("01-in-progress"))
        .await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (503, "4"));
    // What doesn't fit isn't counted as if it did.
    assert!(server.metric("oot_spool_results 1").await);
    server.drain();
    server.store.off.store(false, Ordering::Relaxed);
    let answered = async || server.post(sample("01-in-progress")).await.0;
    eventually("room again", answered, |status| *status == 200).await;
}

#[tokio::test]
async fn a_disk_with_too_little_room_is_503_and_not_ready() {
    let server = Server::start_with(Wishes {
        spool: Limits {
            max_bytes: 1 << 20,
            min_free_bytes: 1 << 60,
        },
        ..Wishes::default()
    })
    .await;
    assert_eq!(server.post(sample("12-minimal")).await.0, 200, "the store is there");
    server.store.off.store(true, Ordering::Relaxed);
    assert_eq!(server.post(sample("12-minimal")).await.0, 503);
    let (ready, _, _) = server.request(reqwest::Method::GET, "/readyz", None, vec![]).await;
    let (alive, _, _) = server.request(reqwest::Method::GET, "/livez", None, vec![]).await;
    assert_eq!((ready, alive), (503, 200));
}

#[tokio::test]
async fn more_callbacks_at_once_than_there_may_be_are_told_to_come_back() {
    let server = Server::start().await;
    let taken = server.in_flight.clone().acquire_many_owned(64).await.unwrap();
    let (status, answer, headers) = server
        .request(reqwest::Method::POST, PATH, Some(TOKEN), body_of(2_097_152))
        .await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (503, "1"));
    assert_eq!(answer["error"], "Too many callbacks at once");
    drop(taken);
    assert_eq!(server.post(sample("12-minimal")).await.0, 200);
}

#[tokio::test]
async fn more_connections_than_there_may_be_are_told_to_come_back() {
    let server = Server::start_with(Wishes {
        connections: 2,
        ..Wishes::default()
    })
    .await;
    let held = [
        TcpStream::connect(server.address).await.unwrap(),
        TcpStream::connect(server.address).await.unwrap(),
    ];
    let (status, answer) = server.post(sample("12-minimal")).await;
    assert_eq!((status, &answer["error"]), (503, &json!("Too many connections")));
    drop(held);
    let answered = async || server.post(sample("12-minimal")).await.0;
    eventually("a place again", answered, |status| *status == 200).await;
}

#[tokio::test]
async fn a_repository_over_its_rate_is_503_and_no_other() {
    let server = Server::start_with(Wishes {
        per_minute: Some(2),
        ..Wishes::default()
    })
    .await;
    for expected in [200, 200, 503] {
        assert_eq!(server.post(sample("12-minimal")).await.0, expected);
    }
    assert_eq!(server.post(sample("01-in-progress")).await.0, 200);
}

#[tokio::test]
async fn a_token_rotates_while_requests_go_on() {
    let server = Server::start().await;
    std::fs::write(server.dir.path().join("token"), "another").unwrap();
    assert_eq!(server.post(sample("12-minimal")).await.0, 200);
    server.tokens.reload().unwrap();
    assert_eq!(server.post(sample("12-minimal")).await.0, 401);
    let (status, ..) = server
        .request(reqwest::Method::POST, PATH, Some("another"), sample("12-minimal"))
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_token_is_neither_in_an_answer_nor_in_a_file_of_ours() {
    let server = Server::start().await;
    server.post(sample("01-in-progress")).await;
    let (_, answer, _) = server
        .request(reqwest::Method::POST, PATH, Some("not-the-token"), vec![])
        .await;
    assert!(!answer.to_string().contains("not-the-token"));
    for file in ["store.db", "store.db-wal", "spool.db", "spool.db-wal"] {
        let bytes = std::fs::read(server.dir.path().join(file)).unwrap();
        assert!(
            !bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()),
            "{file}"
        );
    }
}

#[tokio::test]
async fn the_status_says_what_came_and_what_waits() {
    let server = Server::start().await;
    assert_eq!(server.post(sample("01-in-progress")).await.0, 200);
    assert_eq!(server.post(b"{}".to_vec()).await.0, 400);
    let (_, status, _) = server.request(reqwest::Method::GET, "/status", None, vec![]).await;
    assert_eq!(
        status["lag_seconds"],
        Value::Null,
        "what others replicate, this process doesn't know"
    );
    server.store.off.store(true, Ordering::Relaxed);
    assert_eq!(server.post(sample("11-hostile-text")).await.0, 200);
    let (code, status, _) = server.request(reqwest::Method::GET, "/status", None, vec![]).await;
    assert_eq!(code, 200);
    let intake = &status["intake"];
    assert_eq!(
        intake["last_hour"],
        json!({"accepted": 2, "refused": 1, "unavailable": 0})
    );
    let repos: Vec<(&str, u64)> = intake["repositories"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["repo"].as_str().unwrap(), it["accepted"].as_u64().unwrap()))
        .collect();
    assert_eq!(repos, [("Ascend/pytorch", 1), ("apple/mps-backend", 1)]);
    assert_eq!(
        (&intake["store_away"], &intake["spool"]["results"]),
        (&json!(true), &json!(1))
    );
    assert_eq!(intake["spool"]["full"], Value::Null);
    assert_eq!(
        status["lag_seconds"], intake["spool"]["oldest_seconds"],
        "what waits in the spool is behind"
    );
    assert_eq!(status["replication"], Value::Null, "this process doesn't replicate");
}
