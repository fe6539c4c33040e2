//! ClickHouse's HTTP interface: who may ask, and how an answer is sent.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header, uri::Authority};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::mpsc;

use super::encoding::native_block;
use super::engine::Engine;
use super::exception::Exception;
use super::job::{Answer, Work};
use super::request;

/// The routes: `/` for statements, `/ping`.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/", any(statement))
        .route("/ping", any(ping))
        .with_state(engine)
}

async fn ping(request: Request) -> Response {
    if is_local(request.headers()) {
        "Ok.\n".into_response()
    } else {
        refused()
    }
}

async fn statement(State(engine): State<Arc<Engine>>, request: Request) -> Response {
    if !is_local(request.headers()) {
        return refused();
    }
    let (parts, body) = request.into_parts();
    if !matches!(parts.method, Method::GET | Method::POST) {
        let text = format!("{} is not supported: GET reads, POST does everything\n", parts.method);
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, POST")], text).into_response();
    }
    if parts.method == Method::GET && parts.uri.query().is_none_or(str::is_empty) {
        return "Ok.\n".into_response();
    }
    let mut asked = match request::read(&parts, body).await {
        Ok(asked) => asked,
        Err(exception) => return exception.into_response(),
    };
    let query_id = asked.query_id.take().unwrap_or_else(new_query_id);
    let tag = new_tag();
    let compress = asked.compress;
    let format = match &asked.job.work {
        Work::Query { format, .. } => format.clone(),
        Work::Insert { .. } => "TabSeparated".to_owned(),
    };
    let mut response = match engine.run(asked.job).await {
        Ok(answer) => {
            let summary = summary(&answer);
            let mut response = Response::new(body_of(answer, compress, &tag));
            let headers = response.headers_mut();
            insert(headers, "x-clickhouse-summary", &summary);
            insert(headers, "x-clickhouse-format", &format);
            insert(headers, "x-clickhouse-exception-tag", &tag);
            insert(headers, "content-type", content_type(&format));
            response
        }
        Err(exception) => exception.into_response(),
    };
    let headers = response.headers_mut();
    insert(headers, "x-clickhouse-query-id", &query_id);
    insert(headers, "x-clickhouse-timezone", engine.time_zone());
    insert(headers, "x-clickhouse-server-display-name", "oot-ingest");
    response
}

/// A page in this host's browser could reach loopback, and a name that points here could make it same-origin: neither may ask. An image
/// of a page comes without an origin, but not without a word of where it comes from (W3C Fetch Metadata).
fn is_local(headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.parse::<Authority>().ok());
    let local = host.is_some_and(|host| {
        let name = host.host().trim_matches(['[', ']']);
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    let is_of_a_page = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "none" && site != "same-origin");
    local && !is_of_a_page && !headers.contains_key(header::ORIGIN)
}

fn refused() -> Response {
    let text = "The embedded ClickHouse answers programs on this host: no page of a browser, and a loopback address as Host.\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

fn body_of(answer: Answer, compress: bool, tag: &str) -> Body {
    let pack = move |data: Bytes| {
        if compress && !data.is_empty() {
            native_block(&data)
        } else {
            data
        }
    };
    match answer.rest {
        None => Body::from(pack(answer.first)),
        Some(rest) => {
            let pieces = stream::once(std::future::ready(Ok(answer.first))).chain(pieces(rest, tag.to_owned()));
            Body::from_stream(pieces.map(move |data| data.map(pack)))
        }
    }
}

/// The pieces; an error in mid-stream is the last of them. One that isn't whole breaks the connection: its reader must not take it for
/// whole.
fn pieces(
    rest: mpsc::Receiver<Result<Bytes, Exception>>,
    tag: String,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    stream::unfold(Some((rest, tag)), |state| async {
        let (mut rest, tag) = state?;
        match rest.recv().await {
            Some(Ok(end)) if end.is_empty() => None,
            Some(Ok(piece)) => Some((Ok(piece), Some((rest, tag)))),
            Some(Err(exception)) => Some((Ok(exception.in_mid_stream(&tag).into()), None)),
            None => Some((Err(std::io::ErrorKind::BrokenPipe.into()), None)),
        }
    })
}

fn summary(answer: &Answer) -> String {
    let progress = answer.progress;
    format!(
        r#"{{"read_rows":"{}","read_bytes":"{}","written_rows":"{}","written_bytes":"{}"}}"#,
        progress.rows_read, progress.bytes_read, progress.rows_written, progress.bytes_written
    )
}

/// Of the formats that have one of their own.
fn content_type(format: &str) -> &'static str {
    match format {
        "JSON" | "JSONCompact" | "JSONStrings" | "JSONCompactStrings" => "application/json; charset=UTF-8",
        format if format.starts_with("JSON") || format == "NDJSON" => "application/x-ndjson; charset=UTF-8",
        format if format.starts_with("CSV") => "text/csv; charset=UTF-8; header=absent",
        format if format.starts_with("TSV") || format.starts_with("TabSeparated") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        "Native" | "RawBLOB" | "Arrow" | "ArrowStream" | "Parquet" => "application/octet-stream",
        format if format.starts_with("RowBinary") => "application/octet-stream",
        _ => "text/plain; charset=UTF-8",
    }
}

fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn new_query_id() -> String {
    uuid::Uuid::from_u128(rand::random()).to_string()
}

/// 16 random letters, which a result can't guess: what follows them in mid-stream is an exception.
fn new_tag() -> String {
    let random: u128 = rand::random();
    random
        .to_le_bytes()
        .iter()
        .map(|byte| char::from(b'a' + byte % 26))
        .collect()
}
