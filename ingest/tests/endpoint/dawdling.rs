//! Clients that never come to an end: they are answered all the same, in time, and let go.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::{Server, Wishes};
use crate::{PATH, TOKEN};

/// The relay waits ten seconds for an answer.
const RELAY_WAITS: Duration = Duration::from_secs(10);

/// Sends a head, and then the same piece again and again; gives what came back until the connection ended, and how often it was sent.
async fn answer_to(server: &Server, head: &str, piece: &[u8], pause: Duration) -> (String, usize) {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut read, mut write) = stream.split();
    let (mut answer, mut times) = (Vec::new(), 0);
    let sent = async {
        while write.write_all(piece).await.is_ok() {
            times += 1;
            tokio::time::sleep(pause).await;
        }
        // What was answered before is still to be read.
        std::future::pending::<()>().await;
    };
    let ended = async {
        tokio::select! {
            _ = read.read_to_end(&mut answer) => {}
            () = sent => {}
        }
    };
    tokio::time::timeout(RELAY_WAITS, ended).await.expect("it is let go");
    (String::from_utf8(answer).unwrap(), times)
}

fn head(token: &str, length: &str) -> String {
    format!("POST {PATH} HTTP/1.1\r\nHost: x\r\nX-OOT-Relay-Token: {token}\r\n{length}\r\n\r\n")
}

#[tokio::test]
async fn a_head_that_comes_a_byte_a_second_is_not_waited_for() {
    let server = Server::start().await;
    answer_to(&server, "", b"P", Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_body_that_comes_a_byte_a_second_is_503_since_closing_would_lose_it() {
    let server = Server::start().await;
    let head = head(TOKEN, "Content-Length: 1000");
    let (answer, _) = answer_to(&server, &head, b" ", Duration::from_secs(1)).await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 1"),
        "{answer}"
    );
    assert!(answer.contains("The body did not arrive in time"), "{answer}");
}

#[tokio::test]
async fn a_body_without_end_that_is_not_wanted_is_thrown_away_only_so_far_and_so_long() {
    let server = Server::start().await;
    let head = head("wrong", "Transfer-Encoding: chunked");
    let mut chunk = format!("{:x}\r\n", 1 << 20).into_bytes();
    chunk.extend_from_slice(&vec![b' '; 1 << 20]);
    chunk.extend_from_slice(b"\r\n");
    for (piece, pause) in [
        (chunk.as_slice(), Duration::ZERO),
        (b"1\r\n \r\n", Duration::from_millis(200)),
    ] {
        let (answer, times) = answer_to(&server, &head, piece, pause).await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        // What lies in the sockets' buffers comes on top.
        assert!(times * piece.len() < 64 << 20, "{times}");
    }
}

#[tokio::test]
async fn who_asks_again_and_again_and_never_reads_is_let_go_and_others_have_the_place() {
    let server = Server::start_with(Wishes {
        connections: 1,
        ..Wishes::default()
    })
    .await;
    let mut greedy = TcpStream::connect(server.address).await.unwrap();
    let asked = async {
        while greedy
            .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            .await
            .is_ok()
        {}
    };
    // What the sockets' buffers hold is written first, and then nothing more for ten seconds.
    let let_go = tokio::time::timeout(Duration::from_secs(30), asked).await;
    let_go.expect("it is let go");
    let (status, ..) = server.request(reqwest::Method::GET, "/livez", None, vec![]).await;
    assert_eq!(status, 200);
}
