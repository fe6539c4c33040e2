//! `POST /api/oot/results` and `/api/crcr/results`: token, body, payload, store, answer.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};

use super::Endpoint;
use super::answer::Answer;
use super::body::{self, BodyError};
use crate::payload::{self, Accepted};
use crate::record::Record;
use crate::store::StoreError;
use crate::timestamp::Timestamp;

/// The store must have answered by then; with the body's deadline this stays well inside the relay's 10 s.
const STORE_WITHIN: Duration = Duration::from_secs(3);

pub(super) async fn handle(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let answer = answer(&endpoint, request).await;
    endpoint.counters.count(answer.outcome());
    answer.into_response()
}

async fn answer(endpoint: &Endpoint, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        body::discard(body).await;
        return Answer::MethodNotAllowed;
    }
    if !endpoint.tokens.admit(&head.headers) {
        body::discard(body).await;
        tracing::warn!("refused a callback: no valid token");
        return Answer::Unauthorized;
    }
    let bytes = match body::read(&head.headers, body).await {
        Ok(bytes) => bytes,
        Err(BodyError::TooLarge) => {
            tracing::warn!("refused a callback: the body is over the limit");
            return Answer::TooLarge;
        }
        Err(BodyError::Incomplete) => return Answer::Incomplete,
    };
    let (record, warnings) = match read(&bytes) {
        Ok(read) => read,
        Err(reason) => {
            tracing::warn!(reason, "refused a callback");
            return Answer::Refused(reason);
        }
    };
    store(endpoint, record, warnings).await
}

fn read(bytes: &[u8]) -> Result<(Record, Vec<String>), String> {
    let Accepted { callback, warnings } = payload::parse(bytes).map_err(|refusal| refusal.to_string())?;
    let record = Record::from_callback(callback).map_err(|error| error.to_string())?;
    Ok((record, warnings))
}

async fn store(endpoint: &Endpoint, record: Record, warnings: Vec<String>) -> Answer {
    let (status, key) = (record.status, record.key.clone());
    if !warnings.is_empty() {
        endpoint.counters.count_warnings(warnings.len());
        tracing::warn!(key, warnings = warnings.join("; "), "left fields of a callback out");
    }
    let applied = tokio::time::timeout(STORE_WITHIN, endpoint.store.apply(record, Timestamp::now())).await;
    match applied {
        Ok(Ok(applied)) => {
            tracing::debug!(
                key,
                status = status.as_str(),
                version = applied.version,
                changed = applied.changed,
                "stored"
            );
            Answer::Stored { status, key, warnings }
        }
        Ok(Err(error @ (StoreError::Unavailable(_) | StoreError::Unusable(_) | StoreError::Unreadable { .. }))) => {
            tracing::error!(key, %error, "could not store a result");
            Answer::Unavailable
        }
        Err(_) => {
            tracing::error!(key, "the store did not answer in time");
            Answer::Unavailable
        }
    }
}
