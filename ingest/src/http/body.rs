//! Reading a body within its limits, and throwing one away so that the answer arrives.
//!
//! A connection closed with unread bytes is reset, and the relay then sees the reset instead of the answer: so before an early
//! answer the rest of the body is read, as far as is reasonable.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_LENGTH;
use http_body_util::BodyExt as _;

use crate::payload::BODY_MAX_BYTES;

/// A body must have arrived by then: the relay waits 10 s for the answer.
const READ_WITHIN: Duration = Duration::from_secs(4);
/// A body that isn't wanted, or comes too slowly, is read for so long,
const DISCARD_WITHIN: Duration = Duration::from_secs(3);
/// and so far.
const DISCARD_MAX_BYTES: usize = 32 * 1024 * 1024;

/// Why there is no body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// Over [`BODY_MAX_BYTES`]; the rest has been thrown away.
    TooLarge,
    /// Broken off, or too slow.
    Incomplete,
}

/// Reads a body of at most [`BODY_MAX_BYTES`].
pub(super) async fn read(headers: &HeaderMap, mut body: Body) -> Result<Vec<u8>, BodyError> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > BODY_MAX_BYTES) {
        discard(body).await;
        return Err(BodyError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(announced.unwrap_or_default());
    let read = async {
        while let Some(chunk) = chunk(&mut body).await.map_err(|_| BodyError::Incomplete)? {
            if bytes.len() + chunk.len() > BODY_MAX_BYTES {
                return Err(BodyError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(())
    };
    match tokio::time::timeout(READ_WITHIN, read).await {
        Ok(Ok(())) => Ok(bytes),
        Ok(Err(BodyError::TooLarge)) => {
            discard(body).await;
            Err(BodyError::TooLarge)
        }
        Ok(Err(BodyError::Incomplete)) => Err(BodyError::Incomplete),
        Err(_) => {
            discard(body).await;
            Err(BodyError::Incomplete)
        }
    }
}

/// Throws a body away, bounded in bytes and time.
pub(super) async fn discard(mut body: Body) {
    let discard = async {
        let mut discarded = 0;
        while let Ok(Some(chunk)) = chunk(&mut body).await {
            discarded += chunk.len();
            if discarded > DISCARD_MAX_BYTES {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(DISCARD_WITHIN, discard).await;
}

/// The next piece of data; `None` at the end.
async fn chunk(body: &mut Body) -> Result<Option<Bytes>, axum::Error> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
