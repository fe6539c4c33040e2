//! Stands between a reader and a ClickHouse, and adds up what the answers cost: ClickHouse's own statistics.

use std::io::{BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::faulty::{forward, request};

/// What queries cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    pub queries: u64,
    /// Read by ClickHouse.
    pub rows: u64,
    /// Read by ClickHouse, uncompressed.
    pub bytes: u64,
    /// Of the queries themselves, as they came, with their heads.
    pub asked_bytes: u64,
    /// Of the answers, as they went, with their heads.
    pub answered_bytes: u64,
}

/// Stands there for as long as it is held.
pub struct Counting {
    pub url: String,
    cost: Arc<Mutex<Cost>>,
}

impl Counting {
    /// In front of a ClickHouse at an `http://` address.
    pub fn before(url: &str) -> Self {
        let behind: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let cost = Arc::new(Mutex::new(Cost::default()));
        let shared = Arc::clone(&cost);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let cost = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream, behind, &cost));
            }
        });
        Self { url, cost }
    }

    /// What was asked for since this was called last.
    pub fn take(&self) -> Cost {
        std::mem::take(&mut self.cost.lock().expect("no panic holds it"))
    }
}

fn serve(stream: &TcpStream, behind: SocketAddr, cost: &Mutex<Cost>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut stream = stream;
    loop {
        let asked = request(&mut reader)?;
        let answered = forward(behind, &to_its_end(&asked)?)?;
        let read = statistics(&answered);
        {
            let mut cost = cost.lock().expect("no panic holds it");
            cost.queries += 1;
            cost.asked_bytes += asked.len() as u64;
            cost.answered_bytes += answered.len() as u64;
            if let Some((rows, bytes)) = read {
                cost.rows += rows;
                cost.bytes += bytes;
            }
        }
        stream.write_all(&answered).ok()?;
        if wants_its_end(&asked) {
            return None;
        }
    }
}

/// The caller reads until the connection ends. `request` asks the same for itself.
fn wants_its_end(asked: &[u8]) -> bool {
    let head = String::from_utf8_lossy(asked);
    let head = head.split("\r\n\r\n").next().unwrap_or_default();
    head.lines()
        .filter(|line| line.eq_ignore_ascii_case("connection: close"))
        .count()
        > 1
}

/// The statistics stand in the head: it has to wait for the end.
fn to_its_end(request: &[u8]) -> Option<Vec<u8>> {
    let at = request.iter().position(|byte| *byte == b' ')? + 1;
    let (method, rest) = request.split_at(at);
    let (path, rest) = rest.split_at(rest.iter().position(|byte| matches!(byte, b' ' | b'?'))?);
    let rest = rest
        .strip_prefix(b"?")
        .map_or_else(|| rest.to_vec(), |rest| [b"&", rest].concat());
    Some([method, path, b"?wait_end_of_query=1", &rest].concat())
}

/// Rows and bytes that were read.
fn statistics(answer: &[u8]) -> Option<(u64, u64)> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let summary = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("x-clickhouse-summary")
            .then_some(value.trim())
    })?;
    let summary: serde_json::Value = serde_json::from_str(summary).ok()?;
    let number = |name: &str| summary[name].as_str()?.parse().ok();
    Some((number("read_rows")?, number("read_bytes")?))
}
