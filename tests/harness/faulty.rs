//! A server that stands in front of another, and does to its callers what it is told: the faults of a store, on demand.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What callers meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// None: calls go through.
    None,
    /// Connections are closed at once.
    Refuses,
    /// Calls are taken, and never answered.
    Hangs,
    /// Calls go through, and are answered seconds later.
    Slow,
    /// More calls than the table is provisioned for.
    Throttles,
    /// 500.
    Fails,
    /// 200, with what is no answer.
    Garbage,
    /// Calls go through, and the answer is lost: the caller can't know.
    LosesAnswers,
    /// 200, and the connection ends in the middle of the answer.
    BreaksOff,
    /// 200, half of the answer, and then the exception of a ClickHouse since 25.11.
    Throws,
    /// The same of an older one, without a tag.
    ThrowsUntagged,
    /// 500, with ClickHouse's reason.
    Refuted,
    /// Calls go through, and are answered byte by byte, so slowly that nobody lives to see the end.
    Trickles,
    /// Calls go through, and are answered in eight parts, half a second apart.
    Drips,
}

/// Longer than the endpoint waits for its store.
const SLOW: Duration = Duration::from_secs(3);

/// Between two bytes of an answer that trickles.
const TRICKLE: Duration = Duration::from_millis(100);
/// Between two parts of one that drips.
const DRIP: Duration = Duration::from_millis(500);

/// What ClickHouse says when a query needs too much.
const EXCEPTION: &str = "Code: 241. DB::Exception: Memory limit (for query) exceeded: would use 9.31 GiB. (MEMORY_LIMIT_EXCEEDED) \
    (version 25.12.1.649 (official build))\n";

/// Stands in front of a server for as long as it is held.
pub struct Faulty {
    pub url: String,
    fault: Arc<Mutex<Fault>>,
    /// Calls without this text in them go through.
    only: Arc<Mutex<String>>,
    calls: Arc<AtomicUsize>,
}

impl Faulty {
    /// In front of a server at an `http://` address.
    pub fn before(url: &str) -> Self {
        let behind: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let fault = Arc::new(Mutex::new(Fault::None));
        let calls = Arc::new(AtomicUsize::new(0));
        let only = Arc::new(Mutex::new(String::new()));
        let (shared, shared_only, counted) = (Arc::clone(&fault), Arc::clone(&only), Arc::clone(&calls));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (fault, only, calls) = (Arc::clone(&shared), Arc::clone(&shared_only), Arc::clone(&counted));
                std::thread::spawn(move || serve(&stream, behind, &fault, &only, &calls));
            }
        });
        Self {
            url,
            fault,
            only,
            calls,
        }
    }

    /// Calls that came.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// From now on, for calls that come with this text in them.
    pub fn set_for(&self, text: &str, fault: Fault) {
        *self.only.lock().expect("no panic holds it") = text.to_owned();
        self.set(fault);
    }

    /// From now on, for calls that come and connections that are made.
    pub fn set(&self, fault: Fault) {
        *self.fault.lock().expect("no panic holds it") = fault;
    }
}

/// Call after call on one connection, until either side has enough.
fn serve(
    stream: &TcpStream,
    behind: SocketAddr,
    fault: &Mutex<Fault>,
    only: &Mutex<String>,
    calls: &AtomicUsize,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut stream = stream;
    loop {
        let now = || *fault.lock().expect("no panic holds it");
        if now() == Fault::Refuses {
            return None;
        }
        let request = request(&mut reader)?;
        calls.fetch_add(1, Ordering::Relaxed);
        let answer = |status: &str, body: &str| {
            format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        let is_meant = String::from_utf8_lossy(&request).contains(&*only.lock().expect("no panic holds it"));
        let fault = if is_meant { now() } else { Fault::None };
        let made = match fault {
            Fault::None => forward(behind, &request)?,
            Fault::Refuses => return None,
            Fault::Hangs => {
                while now() == Fault::Hangs {
                    std::thread::park_timeout(Duration::from_millis(50));
                }
                return None;
            }
            Fault::Slow => {
                let made = forward(behind, &request)?;
                std::thread::park_timeout(SLOW);
                made
            }
            Fault::Throttles => answer(
                "400 Bad Request",
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"too fast"}"#,
            )
            .into_bytes(),
            Fault::Fails => answer(
                "500 Internal Server Error",
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"sorry"}"#,
            )
            .into_bytes(),
            Fault::Garbage => answer("200 OK", "<html>It works!\u{0}</html>").into_bytes(),
            Fault::LosesAnswers => {
                forward(behind, &request)?;
                return None;
            }
            Fault::BreaksOff => {
                let made = forward(behind, &request)?;
                let body = made.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
                stream.write_all(&made[..body + (made.len() - body) / 2]).ok()?;
                return None;
            }
            Fault::Throws | Fault::ThrowsUntagged => throwing(&forward(behind, &request)?, fault == Fault::Throws)?,
            Fault::Refuted => answer("500 Internal Server Error", EXCEPTION).into_bytes(),
            Fault::Drips => {
                let made = forward(behind, &request)?;
                for part in made.chunks(made.len().div_ceil(8)) {
                    stream.write_all(part).ok()?;
                    std::thread::park_timeout(DRIP);
                }
                continue;
            }
            Fault::Trickles => {
                for byte in forward(behind, &request)? {
                    if now() != Fault::Trickles {
                        return None;
                    }
                    stream.write_all(&[byte]).ok()?;
                    std::thread::park_timeout(TRICKLE);
                }
                continue;
            }
        };
        stream.write_all(&made).ok()?;
    }
}

/// Head and body, as they came.
pub(super) fn request(reader: &mut BufReader<&TcpStream>) -> Option<Vec<u8>> {
    let (mut head, mut length, mut chunked) = (String::new(), 0, false);
    while !head.ends_with("\r\n\r\n") {
        let start = head.len();
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        let line = head[start..].to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        chunked |= line.starts_with("transfer-encoding:") && line.contains("chunked");
    }
    let mut request = head.replacen("\r\n", "\r\nConnection: close\r\n", 1).into_bytes();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.extend(body);
    // Inserts come in chunks; an empty one is the last.
    while chunked {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim(), 16).ok()?;
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).ok()?;
        request.extend(line.into_bytes());
        request.extend(chunk);
        chunked = length > 0;
    }
    Some(request)
}

/// The answer of the server behind, on a connection of its own.
pub(super) fn forward(behind: SocketAddr, request: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(behind).ok()?;
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    // The caller's connection stays open.
    let head = text.split_once("\r\n\r\n")?.0;
    let close = head.lines().find(|line| line.eq_ignore_ascii_case("connection: close"));
    if let Some(close) = close {
        let at = text.find(close)?;
        answer.drain(at..at + close.len() + 2);
    }
    Some(answer)
}

/// Half of a chunked answer, and then the exception.
fn throwing(answer: &[u8], tagged: bool) -> Option<Vec<u8>> {
    const TAG: &str = "rnywyenlaeqynhmu";
    let body = answer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let mut chunks = &answer[body..];
    let mut rows = Vec::new();
    loop {
        let line = chunks.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&chunks[..line]).ok()?, 16).ok()?;
        if length == 0 {
            break;
        }
        rows.extend_from_slice(chunks.get(line + 2..line + 2 + length)?);
        chunks = &chunks[line + length + 4..];
    }
    rows.truncate(rows.len() / 2);
    let (tag, exception) = match tagged {
        true => (
            format!("X-ClickHouse-Exception-Tag: {TAG}\r\n"),
            format!(
                "\r\n__exception__\r\n{TAG}\r\n{EXCEPTION}{} {TAG}\r\n__exception__\r\n",
                EXCEPTION.len()
            ),
        ),
        false => (String::new(), EXCEPTION.to_owned()),
    };
    let mut made = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{tag}\r\n").into_bytes();
    for chunk in [&rows[..], exception.as_bytes()] {
        made.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        made.extend_from_slice(chunk);
        made.extend_from_slice(b"\r\n");
    }
    made.extend_from_slice(b"0\r\n\r\n");
    Some(made)
}
