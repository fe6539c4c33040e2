//! An endpoint over a store that can fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use oot_ingest::dead_letters::DeadLetters;
use oot_ingest::http::auth::{TokenKeeper, Tokens};
use oot_ingest::http::rate::RateGuard;
use oot_ingest::http::{Endpoint, router, server};
use oot_ingest::intake::Intake;
use oot_ingest::metrics::Metrics;
use oot_ingest::observe::Observer;
use oot_ingest::record::{Record, Stored};
use oot_ingest::store::spool::{Limits, Spool};
use oot_ingest::store::sqlite::Sqlite;
use oot_ingest::store::{Applied, Store, StoreError};
use oot_ingest::timestamp::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{PATH, TOKEN};

/// An endpoint on a port of its own, over SQLite in a directory of its own.
pub(crate) struct Server {
    pub(crate) address: std::net::SocketAddr,
    pub(crate) store: Arc<Switchable>,
    pub(crate) intake: Arc<Intake>,
    pub(crate) tokens: Arc<TokenKeeper>,
    pub(crate) in_flight: Arc<Semaphore>,
    pub(crate) dir: tempfile::TempDir,
}

/// What a test wants otherwise.
pub(crate) struct Wishes {
    pub(crate) spool: Limits,
    pub(crate) in_flight: usize,
    pub(crate) connections: usize,
    pub(crate) per_minute: Option<u32>,
}

impl Default for Wishes {
    fn default() -> Self {
        Self {
            spool: Limits {
                max_bytes: 1 << 20,
                min_free_bytes: 0,
            },
            in_flight: 64,
            connections: 64,
            per_minute: None,
        }
    }
}

/// A store that can be switched off.
pub(crate) struct Switchable {
    pub(crate) store: Sqlite,
    pub(crate) off: AtomicBool,
    pub(crate) hangs: AtomicBool,
}

impl Store for Switchable {
    fn apply(&self, record: Record, now: Timestamp) -> BoxFuture<'_, Result<Applied, StoreError>> {
        async move {
            if self.hangs.load(Ordering::Relaxed) {
                std::future::pending::<()>().await;
            }
            if self.off.load(Ordering::Relaxed) {
                return Err(StoreError::Unavailable("switched off".to_owned()));
            }
            self.store.apply(record, now).await
        }
        .boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.store.get(key)
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let off = self.off.load(Ordering::Relaxed);
        async move {
            if off {
                Err(StoreError::Unavailable("switched off".to_owned()))
            } else {
                Ok(())
            }
        }
        .boxed()
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(Wishes::default()).await
    }

    pub(crate) async fn start_with(wishes: Wishes) -> Self {
        // The HTTP client of these tests wants a TLS provider even for plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let token_file = dir.path().join("token");
        std::fs::write(&token_file, TOKEN).unwrap();
        let store = Arc::new(Switchable {
            store: Sqlite::open(&dir.path().join("store.db")).unwrap(),
            off: AtomicBool::new(false),
            hangs: AtomicBool::new(false),
        });
        let metrics = Arc::new(Metrics::new());
        let intake = Arc::new(Intake::new(
            store.clone(),
            Spool::open(&dir.path().join("spool.db"), wishes.spool).unwrap(),
            Arc::new(DeadLetters::new(dir.path(), None)),
            metrics.clone(),
        ));
        let tokens = Arc::new(TokenKeeper::new(move || Tokens::from_file(&token_file)).unwrap());
        let observer = Observer::of_intake(intake.clone(), metrics.clone());
        let in_flight = Arc::new(Semaphore::new(wishes.in_flight));
        let endpoint = Endpoint {
            intake: intake.clone(),
            tokens: tokens.clone(),
            rate: Arc::new(RateGuard::new(wishes.per_minute)),
            in_flight: in_flight.clone(),
            recent: observer.recent.clone(),
            metrics: metrics.clone(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = server::Server {
            tls: None,
            connections_max: wishes.connections,
            metrics,
        };
        tokio::spawn(server.serve(listener, router(endpoint, Arc::new(observer)), std::future::pending()));
        Self {
            address,
            store,
            intake,
            tokens,
            in_flight,
            dir,
        }
    }

    /// Lets the spool flow into the store from now on.
    pub(crate) fn drain(&self) {
        let intake = self.intake.clone();
        tokio::spawn(async move { intake.drain(CancellationToken::new()).await });
    }

    pub(crate) async fn metric(&self, line: &str) -> bool {
        let (_, metrics, _) = self.request(reqwest::Method::GET, "/metrics", None, vec![]).await;
        metrics.as_str().unwrap().lines().any(|it| it == line)
    }

    pub(crate) async fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        token: Option<&str>,
        body: Vec<u8>,
    ) -> (u16, Value, reqwest::header::HeaderMap) {
        let mut request = reqwest::Client::new()
            .request(method, format!("http://{}{path}", self.address))
            .body(body);
        if let Some(token) = token {
            request = request.header("X-OOT-Relay-Token", token);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
            headers,
        )
    }

    pub(crate) async fn post(&self, body: Vec<u8>) -> (u16, Value) {
        let (status, answer, _) = self.request(reqwest::Method::POST, PATH, Some(TOKEN), body).await;
        (status, answer)
    }
}
