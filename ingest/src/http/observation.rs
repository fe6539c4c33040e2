//! What is asked about the daemon itself: `/livez`, `/readyz`, `/metrics`, `/status`. No answer waits for a dependency but one:
//! whether the store could take a result when the spool can't.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};

use crate::observe::{Observer, Status};
use crate::timestamp::Timestamp;

/// The paths.
pub fn router(observer: Arc<Observer>) -> Router {
    Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/status", get(status))
        .with_state(observer)
}

/// Alive: never touches a dependency.
async fn livez() -> &'static str {
    "ok\n"
}

/// Ready while its work could be done now.
async fn readyz(State(observer): State<Arc<Observer>>) -> Response {
    let level = observer.intake.as_ref().map(|intake| intake.level());
    let waiting = match level.and_then(|level| Some((level, level.oldest?))) {
        Some((level, oldest)) => format!(
            "spool: {} results, {} bytes, the oldest of {oldest}\n",
            level.results, level.bytes
        ),
        None => String::new(),
    };
    match observer.ready().await {
        Ok(()) => format!("ok\n{waiting}").into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n{waiting}")).into_response(),
    }
}

async fn metrics(State(observer): State<Arc<Observer>>) -> Response {
    let text = observer.metrics_text(Timestamp::now());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

async fn status(State(observer): State<Arc<Observer>>) -> Json<Status> {
    Json(observer.status(Timestamp::now()))
}
