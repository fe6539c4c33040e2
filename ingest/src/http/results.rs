//! `POST /api/oot/results` and `/api/crcr/results`: token, body, payload, store or spool, answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};

use super::Endpoint;
use super::answer::{Answer, Unavailable};
use super::body::{self, BodyError};
use crate::payload::{self, Accepted, Refusal};
use crate::record::Record;
use crate::timestamp::Timestamp;

/// A callback must have been answered by then; the relay waits 10 s, and what is answered later is lost.
const ANSWERED_WITHIN: Duration = Duration::from_secs(8);
/// Names the request in the log.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What the log says of a request besides its answer. Nothing of it is taken from under `untrusted`.
#[derive(Default)]
struct Notes {
    bytes: usize,
    repo: Option<String>,
    /// Paths of the fields that were refused or left out.
    fields: Vec<String>,
    error: Option<String>,
}

pub(super) async fn handle(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let asked = Instant::now();
    let id = request_id();
    let mut notes = Notes::default();
    let answer = tokio::time::timeout(ANSWERED_WITHIN, answer(&endpoint, request, &mut notes))
        .await
        .unwrap_or(Answer::Unavailable(Unavailable::Late));
    endpoint.metrics.count(&answer);
    endpoint.metrics.callback_seconds.observe(asked.elapsed().as_secs_f64());
    log(&id, &answer, &notes, asked.elapsed());
    let mut response = answer.into_response();
    let (repo, warned) = (notes.repo.as_deref(), !notes.fields.is_empty());
    endpoint
        .recent
        .count(Timestamp::now(), repo, response.status().as_u16(), warned);
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

async fn answer(endpoint: &Endpoint, request: Request, notes: &mut Notes) -> Answer {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        body::discard(body).await;
        return Answer::MethodNotAllowed;
    }
    if !endpoint.tokens.admit(&head.headers) {
        body::discard(body).await;
        return Answer::Unauthorized;
    }
    let Ok(_permit) = Arc::clone(&endpoint.in_flight).try_acquire_owned() else {
        body::discard(body).await;
        return Answer::Unavailable(Unavailable::Busy);
    };
    let _under_way = UnderWay::new(endpoint);
    let bytes = match body::read(&head.headers, body).await {
        Ok(bytes) => bytes,
        Err(BodyError::TooLarge) => return Answer::TooLarge,
        Err(BodyError::Incomplete) => return Answer::Unavailable(Unavailable::Incomplete),
    };
    notes.bytes = bytes.len();
    let (record, warnings) = match read(&bytes, notes) {
        Ok(read) => read,
        Err(reason) => return Answer::Refused(reason),
    };
    drop(bytes);
    notes.repo = Some(record.downstream_repo.clone());
    if !endpoint.rate.admit(&record.downstream_repo, Instant::now()) {
        return Answer::Unavailable(Unavailable::Rate);
    }
    endpoint.metrics.fields_left_out.inc_by(warnings.len() as u64);
    let (status, key) = (record.status, record.key.clone());
    match endpoint.intake.keep(record, Timestamp::now()).await {
        Ok(at) => Answer::Kept {
            at,
            status,
            key,
            warnings,
        },
        Err(error) => {
            notes.error = Some(error.to_string());
            Answer::Unavailable(Unavailable::Store)
        }
    }
}

fn read(bytes: &[u8], notes: &mut Notes) -> Result<(Record, Vec<String>), String> {
    let Accepted { callback, warnings } = payload::parse(bytes).map_err(|refusal| {
        let path = match &refusal {
            Refusal::NotJson(_) => "body",
            Refusal::Field { path, .. } => path,
        };
        notes.fields.push(path.to_owned());
        refusal.to_string()
    })?;
    let path = |warning: &String| warning.split(':').next().unwrap_or_default().to_owned();
    notes.fields.extend(warnings.iter().map(path));
    let record = Record::from_callback(callback).map_err(|error| {
        notes.fields.push("untrusted.callback_payload".to_owned());
        error.to_string()
    })?;
    Ok((record, warnings))
}

/// One line for each request: what came of it, and how long that took; no payload, no secret.
fn log(id: &str, answer: &Answer, notes: &Notes, took: Duration) {
    let (outcome, reason) = answer.outcome();
    let (bytes, repo) = (notes.bytes, notes.repo.as_deref());
    let fields = (!notes.fields.is_empty()).then(|| notes.fields.join(" "));
    let (fields, error) = (fields.as_deref(), notes.error.as_deref());
    let ms = took.as_micros() as f64 / 1e3;
    match outcome {
        "accepted" => tracing::info!(id, outcome, reason, bytes, repo, fields, ms, "callback"),
        "refused" => tracing::warn!(id, outcome, reason, bytes, repo, fields, ms, "callback"),
        _ => tracing::error!(id, outcome, reason, bytes, repo, fields, error, ms, "callback"),
    }
}

/// Unique among the requests of all processes, as far as a log is concerned.
fn request_id() -> String {
    static STARTED: std::sync::LazyLock<u32> = std::sync::LazyLock::new(|| (Timestamp::now().nanos() >> 20) as u32);
    static REQUESTS: AtomicU32 = AtomicU32::new(0);
    format!("{:08x}-{:08x}", *STARTED, REQUESTS.fetch_add(1, Ordering::Relaxed))
}

/// Counts itself among the callbacks under way, for as long as it lives.
struct UnderWay(prometheus::IntGauge);

impl UnderWay {
    fn new(endpoint: &Endpoint) -> Self {
        endpoint.metrics.in_flight.inc();
        Self(endpoint.metrics.in_flight.clone())
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.dec();
    }
}
