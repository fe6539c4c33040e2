//! Every answer of the endpoint, in one type that turns itself into a response.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::intake::Kept;
use crate::metrics::Metrics;
use crate::payload::Status;

/// What the endpoint says to a POST of results.
#[derive(Debug)]
pub(super) enum Answer {
    /// Durable.
    Kept {
        at: Kept,
        status: Status,
        key: String,
        warnings: Vec<String>,
    },
    /// No token, a wrong one, or two.
    Unauthorized,
    /// Anything but a POST.
    MethodNotAllowed,
    /// No such path.
    NotFound,
    /// Over the limit, whatever it holds.
    TooLarge,
    /// It can never be stored; the text names the JSON path and what was expected.
    Refused(String),
    /// It can't be kept now; the relay retries a 503, and only a 5xx.
    Unavailable(Unavailable),
}

/// Why a result can't be kept now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unavailable {
    /// The body broke off, or was too slow.
    Incomplete,
    /// The whole of it took too long.
    Late,
    /// As many callbacks as there may be are under way.
    Busy,
    /// As many connections as there may be are open.
    Connections,
    /// The repository posts more often than it may.
    Rate,
    /// Neither the store nor the spool takes it.
    Store,
}

impl Answer {
    /// The labels under which it is counted.
    pub(super) fn outcome(&self) -> (&'static str, &'static str) {
        match self {
            Self::Kept { at: Kept::Stored, .. } => ("accepted", "stored"),
            Self::Kept { at: Kept::Spooled, .. } => ("accepted", "spooled"),
            Self::Unauthorized => ("refused", "unauthorized"),
            Self::MethodNotAllowed => ("refused", "method_not_allowed"),
            Self::NotFound => ("refused", "not_found"),
            Self::TooLarge => ("refused", "too_large"),
            Self::Refused(_) => ("refused", "invalid"),
            Self::Unavailable(why) => (
                "unavailable",
                match why {
                    Unavailable::Incomplete => "incomplete",
                    Unavailable::Late => "late",
                    Unavailable::Busy => "busy",
                    Unavailable::Connections => "connections",
                    Unavailable::Rate => "rate",
                    Unavailable::Store => "store",
                },
            ),
        }
    }
}

impl Metrics {
    /// One more callback with this answer.
    pub(super) fn count(&self, answer: &Answer) {
        let (outcome, reason) = answer.outcome();
        self.callbacks.with_label_values(&[outcome, reason]).inc();
    }
}

/// The body of a 200.
#[derive(Serialize)]
struct KeptBody<'a> {
    ok: bool,
    status: &'static str,
    #[serde(rename = "dynamoKey")]
    key: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    spooled: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    warnings: &'a [String],
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        const POST_ONLY: [(HeaderName, HeaderValue); 1] = [(header::ALLOW, HeaderValue::from_static("POST"))];
        let error = |text: &str| Json(json!({ "error": text }));
        match self {
            Self::Kept {
                at,
                status,
                key,
                warnings,
            } => {
                let body = KeptBody {
                    ok: true,
                    status: status.as_str(),
                    key: &key,
                    spooled: at == Kept::Spooled,
                    warnings: &warnings,
                };
                Json(body).into_response()
            }
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, error("Unauthorized")).into_response(),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, POST_ONLY, error("Method not allowed")).into_response()
            }
            Self::NotFound => (StatusCode::NOT_FOUND, error("Not found")).into_response(),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, error("Payload exceeds 2MB limit")).into_response(),
            Self::Refused(reason) => (StatusCode::BAD_REQUEST, error(&reason)).into_response(),
            Self::Unavailable(why) => {
                let (seconds, text) = match why {
                    Unavailable::Incomplete => ("1", "The body did not arrive in time"),
                    Unavailable::Late => ("1", "The result could not be kept in time"),
                    Unavailable::Busy => ("1", "Too many callbacks at once"),
                    Unavailable::Connections => ("1", "Too many connections"),
                    Unavailable::Rate => ("4", "Too many callbacks of this repository"),
                    Unavailable::Store => ("4", "The result can't be kept now"),
                };
                let retry = [(header::RETRY_AFTER, HeaderValue::from_static(seconds))];
                (StatusCode::SERVICE_UNAVAILABLE, retry, error(text)).into_response()
            }
        }
    }
}
