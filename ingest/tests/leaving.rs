//! A server that is told to stop: whoever has a connection by then gets an answer on it, and whoever has none is refused one. The
//! relay posts again what was refused, never what was closed without an answer.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::post;
use oot_ingest::http::server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const REQUEST: &[u8] = b"POST / HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n\r\n{}";

/// A server on a port of its own, and what stops it.
async fn start() -> (SocketAddr, CancellationToken, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let router = Router::new().route("/", post(|body: String| async move { body }));
    let told = stop.clone();
    let serving = tokio::spawn(async move { Server::plain().serve(listener, router, told.cancelled()).await });
    (address, stop, serving)
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(address).await
}

/// The answer to a request on a connection, up to its end or that of the connection.
async fn ask(stream: &mut TcpStream) -> io::Result<String> {
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n{}") {
        if stream.read_buf(&mut answer).await? == 0 {
            break;
        }
    }
    Ok(String::from_utf8(answer).unwrap())
}

#[derive(Default)]
struct Outcomes {
    answered: AtomicUsize,
    refused: AtomicUsize,
    lost: AtomicUsize,
}

/// Posts as the relay does, a connection for each request, until it is refused one.
async fn relay(address: SocketAddr, outcomes: Arc<Outcomes>) {
    loop {
        let Ok(mut stream) = connect(address).await else {
            outcomes.refused.fetch_add(1, Ordering::Relaxed);
            return;
        };
        match ask(&mut stream).await {
            Ok(answer) if answer.starts_with("HTTP/1.1 200") => outcomes.answered.fetch_add(1, Ordering::Relaxed),
            _ => outcomes.lost.fetch_add(1, Ordering::Relaxed),
        };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_that_was_made_is_answered() {
    for _ in 0..3 {
        let (address, stop, serving) = start().await;
        let outcomes = Arc::<Outcomes>::default();
        let relays: Vec<_> = (0..64)
            .map(|_| tokio::spawn(relay(address, Arc::clone(&outcomes))))
            .collect();
        while outcomes.answered.load(Ordering::Relaxed) < 1_000 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        serving.await.unwrap();
        for relay in relays {
            relay.await.unwrap();
        }
        assert_eq!(outcomes.lost.load(Ordering::Relaxed), 0, "closed without an answer");
        assert_eq!(outcomes.refused.load(Ordering::Relaxed), 64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_said_nothing_yet_still_gets_its_answer() {
    let (address, stop, serving) = start().await;
    // It is served by the time that the second one is answered.
    let mut silent = connect(address).await.unwrap();
    assert!(ask(&mut connect(address).await.unwrap()).await.unwrap().ends_with("{}"));
    stop.cancel();
    // No longer accepting: it has been told.
    while connect(address).await.is_ok() {}
    let answer = ask(&mut silent).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
    assert!(answer.contains("connection: close"), "{answer:?}");
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_between_two_requests_does_not_hold_it_up() {
    let (address, stop, serving) = start().await;
    let mut idle = connect(address).await.unwrap();
    assert!(ask(&mut idle).await.unwrap().ends_with("{}"));
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(3), serving)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(idle.read_u8().await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

/// A client that posts on one connection after the other request is told that it is the last one, and gets it answered.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_posts_on_and_on_is_told_when_to_go() {
    let (address, stop, serving) = start().await;
    let mut stream = connect(address).await.unwrap();
    let stopped = AtomicBool::new(false);
    for number in 0.. {
        let answer = ask(&mut stream).await.unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200"),
            "request {number} after {stopped:?}: {answer:?}"
        );
        if answer.contains("connection: close") {
            break;
        }
        if number == 20 {
            stop.cancel();
            stopped.store(true, Ordering::Relaxed);
        }
    }
    serving.await.unwrap();
}
