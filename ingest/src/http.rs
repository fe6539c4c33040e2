//! The results endpoint, and what is asked about its health.
//!
//! The relay takes a 4xx as final, retries a 5xx and follows a redirect into nothing. So: a result that can be stored is stored
//! before 200; what can't be stored now is 503; what can never be stored is 400 and says why; there is never a redirect.
//! Source: the relay contract, sections 1, 2 and 5.

mod answer;
pub mod auth;
mod body;
pub mod counters;
mod results;
pub mod server;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};

use crate::store::Store;
use answer::Answer;
use auth::Tokens;
use counters::Counters;

/// What a request needs.
#[derive(Clone)]
pub struct Endpoint {
    /// Where results become durable.
    pub store: Arc<dyn Store>,
    /// Who may post.
    pub tokens: Arc<Tokens>,
    /// What was counted.
    pub counters: Arc<Counters>,
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

/// Ready while a result could be stored now.
async fn readyz(State(endpoint): State<Endpoint>) -> Response {
    match endpoint.store.ready().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

async fn metrics(State(endpoint): State<Endpoint>) -> Response {
    (
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4")],
        endpoint.counters.text(),
    )
        .into_response()
}

async fn not_found(method: Method, request: axum::extract::Request) -> Response {
    let path = request.uri().path().to_owned();
    body::discard(request.into_body()).await;
    tracing::info!(%method, path, "no such path");
    Answer::NotFound.into_response()
}
