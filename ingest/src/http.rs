//! The results endpoint, and what is asked about its health.
//!
//! The relay takes a 4xx as final, retries a 5xx and follows a redirect into nothing. So: a result that can be kept is on disk
//! before 200; what can't be kept now is 503; what can never be stored is 400 and says why; there is never a redirect.
//! Source: the relay contract, sections 1, 2 and 5.

mod answer;
pub mod auth;
mod body;
pub mod rate;
mod results;
pub mod server;
pub mod tls;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio::sync::Semaphore;

use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::replicate::progress::Progress;
use crate::timestamp::Timestamp;
use answer::Answer;
use auth::TokenKeeper;
use rate::RateGuard;

/// What a request needs. Cheap to clone.
#[derive(Clone)]
pub struct Endpoint {
    /// Where results become durable.
    pub intake: Arc<Intake>,
    /// Who may post.
    pub tokens: Arc<TokenKeeper>,
    /// How often one repository may.
    pub rate: Arc<RateGuard>,
    /// How many callbacks may be read and stored at once: each holds up to a body in memory.
    pub in_flight: Arc<Semaphore>,
    /// How far the replicator in this process is.
    pub progress: Arc<Progress>,
    /// What was counted.
    pub metrics: Arc<Metrics>,
}

/// The paths of the endpoint.
pub fn router(endpoint: Endpoint) -> Router {
    Router::new()
        .route("/api/oot/results", any(results::handle))
        .route("/api/crcr/results", any(results::handle))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .fallback(not_found)
        .with_state(endpoint)
}

/// Alive: never touches a dependency.
async fn livez() -> &'static str {
    "ok\n"
}

/// Ready while a result could be kept now.
async fn readyz(State(endpoint): State<Endpoint>) -> Response {
    let level = endpoint.intake.level();
    let waiting = match level.oldest {
        Some(oldest) => format!(
            "spool: {} results, {} bytes, the oldest of {oldest}\n",
            level.results, level.bytes
        ),
        None => String::new(),
    };
    match endpoint.intake.ready().await {
        Ok(()) => format!("ok\n{waiting}").into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n{waiting}")).into_response(),
    }
}

async fn metrics(State(endpoint): State<Endpoint>) -> Response {
    endpoint
        .metrics
        .observe_spool(&endpoint.intake.level(), Timestamp::now());
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        endpoint.metrics.text(),
    )
        .into_response()
}

async fn not_found(State(endpoint): State<Endpoint>, method: Method, request: axum::extract::Request) -> Response {
    body::discard(request.into_body()).await;
    tracing::info!(%method, "no such path");
    endpoint.metrics.count(&Answer::NotFound);
    Answer::NotFound.into_response()
}
