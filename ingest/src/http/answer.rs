//! Every answer of the endpoint, in one type that turns itself into a response.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::payload::Status;

/// What the endpoint says to a POST of results.
#[derive(Debug)]
pub(super) enum Answer {
    /// Durable.
    Stored {
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
    /// The body did not arrive whole.
    Incomplete,
    /// It can't be stored now; the relay retries a 503, and only a 5xx.
    Unavailable,
}

impl Answer {
    /// The label under which it is counted.
    pub(super) fn outcome(&self) -> &'static str {
        match self {
            Self::Stored { .. } => "stored",
            Self::Unauthorized => "unauthorized",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NotFound => "not_found",
            Self::TooLarge => "too_large",
            Self::Refused(_) => "refused",
            Self::Incomplete => "incomplete",
            Self::Unavailable => "unavailable",
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        const RETRY_SOON: [(HeaderName, HeaderValue); 1] = [(header::RETRY_AFTER, HeaderValue::from_static("1"))];
        const POST_ONLY: [(HeaderName, HeaderValue); 1] = [(header::ALLOW, HeaderValue::from_static("POST"))];
        let error = |text: &str| Json(json!({ "error": text }));
        match self {
            Self::Stored { status, key, warnings } => {
                let mut body = json!({"ok": true, "status": status.as_str(), "dynamoKey": key});
                if !warnings.is_empty() {
                    body["warnings"] = Value::from(warnings);
                }
                Json(body).into_response()
            }
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, error("Unauthorized")).into_response(),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, POST_ONLY, error("Method not allowed")).into_response()
            }
            Self::NotFound => (StatusCode::NOT_FOUND, error("Not found")).into_response(),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, error("Payload exceeds 2MB limit")).into_response(),
            Self::Refused(reason) => (StatusCode::BAD_REQUEST, error(&reason)).into_response(),
            Self::Incomplete => (
                StatusCode::SERVICE_UNAVAILABLE,
                RETRY_SOON,
                error("The body did not arrive in time"),
            )
                .into_response(),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                RETRY_SOON,
                error("The result can't be stored now"),
            )
                .into_response(),
        }
    }
}
