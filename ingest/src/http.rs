//! The results endpoint, and what is asked about its health.
//!
//! The relay takes a 4xx as final, retries a 5xx and follows a redirect into nothing. So: a result that can be kept is on disk
//! before 200; what can't be kept now is 503; what can never be stored is 400 and says why; there is never a redirect.
//! Source: the relay contract, sections 1, 2 and 5.

mod answer;
pub mod auth;
mod body;
mod handshakes;
pub mod observation;
mod pace;
pub mod rate;
mod results;
pub mod server;
pub mod tls;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use axum::routing::any;
use tokio::sync::Semaphore;

use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::observe::Observer;
use crate::observe::recent::Recent;
use answer::Answer;
use auth::TokenKeeper;
use rate::RateGuard;

/// What a callback needs. Cheap to clone.
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
    /// What came lately.
    pub recent: Arc<Recent>,
    /// What was counted.
    pub metrics: Arc<Metrics>,
}

/// The paths of the endpoint; `/livez`, `/readyz`, `/metrics` and `/status` among them.
pub fn router(endpoint: Endpoint, observer: Arc<Observer>) -> Router {
    Router::new()
        .route("/api/oot/results", any(results::handle))
        .route("/api/crcr/results", any(results::handle))
        .fallback(not_found)
        .with_state(endpoint)
        .merge(observation::router(observer))
}

async fn not_found(State(endpoint): State<Endpoint>, method: Method, request: axum::extract::Request) -> Response {
    body::discard(request.into_body()).await;
    tracing::info!(%method, "no such path");
    endpoint.metrics.count(&Answer::NotFound);
    Answer::NotFound.into_response()
}
