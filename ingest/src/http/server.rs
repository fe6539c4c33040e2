//! The accept loop: a router on a listener, with or without TLS, with limits on slow, idle and many clients.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::IntoResponse as _;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::answer::{Answer, Unavailable};
use super::body;
use super::tls::TlsKeeper;
use crate::http::pace::{Pace, Paced, Patience};
use crate::metrics::Metrics;

/// For how long a client may keep silent.
const PATIENCE: Patience = Patience {
    head: Duration::from_secs(5),
    between: Duration::from_secs(100),
};
/// The TLS handshake must be done by then.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// Requests under way when the server is told to stop may take so long to end.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// How the listener is served.
pub struct Server {
    /// Plain HTTP without.
    pub tls: Option<Arc<TlsKeeper>>,
    /// Connections that are served at once. As many again are told to come back, and what is beyond waits unaccepted.
    pub connections_max: usize,
    /// What was counted.
    pub metrics: Arc<Metrics>,
}

impl Server {
    /// Plain HTTP on loopback, where nobody looks at the figures.
    pub fn plain() -> Self {
        Self {
            tls: None,
            connections_max: 1024,
            metrics: Arc::default(),
        }
    }

    /// Serves until `stop` resolves; then takes no more, lets what is under way finish, and returns.
    pub async fn serve(self, listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let served = Arc::new(Semaphore::new(self.connections_max));
        let refused = Arc::new(Semaphore::new(self.connections_max));
        let refusal = refusal(Arc::clone(&self.metrics));
        let mut stop = std::pin::pin!(stop);
        loop {
            let accept = async {
                // A connection that is closed without an answer is a result lost: none is taken that can't be answered.
                let spare = Arc::clone(&refused).acquire_owned().await;
                (listener.accept().await, spare)
            };
            let (stream, spare) = tokio::select! {
                (accepted, spare) = accept => match accepted {
                    Ok((stream, _)) => (stream, spare),
                    Err(error) => {
                        // Out of file descriptors, most likely: accepting at once again would spin.
                        tracing::error!(%error, "could not accept a connection");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
                () = &mut stop => break,
            };
            let (router, permit) = match Arc::clone(&served).try_acquire_owned() {
                Ok(permit) => (router.clone(), Ok(permit)),
                Err(_) => (refusal.clone(), spare),
            };
            let connection = Connection {
                tls: self.tls.clone(),
                router,
                watcher: graceful.watcher(),
                served: Arc::clone(&served),
                connections_max: self.connections_max,
            };
            let open = self.metrics.connections.clone();
            open.inc();
            tokio::spawn(async move {
                connection.serve(stream).await;
                open.dec();
                drop(permit);
            });
        }
        drop(listener);
        let _ = tokio::time::timeout(FINISH_WITHIN, graceful.shutdown()).await;
    }
}

/// Tells everyone to come back.
fn refusal(metrics: Arc<Metrics>) -> Router {
    Router::new().fallback(move |request: axum::extract::Request| async move {
        body::discard(request.into_body()).await;
        let answer = Answer::Unavailable(Unavailable::Connections);
        metrics.count(&answer);
        let close = [(axum::http::header::CONNECTION, "close")];
        (close, answer).into_response()
    })
}

struct Connection {
    tls: Option<Arc<TlsKeeper>>,
    router: Router,
    watcher: Watcher,
    /// A permit for each connection that may still come,
    served: Arc<Semaphore>,
    /// of so many.
    connections_max: usize,
}

impl Connection {
    async fn serve(self, stream: TcpStream) {
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.tls else {
            return self.serve_http(stream).await;
        };
        match tokio::time::timeout(HANDSHAKE_WITHIN, tls.acceptor().accept(stream)).await {
            Ok(Ok(stream)) => self.serve_http(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn serve_http(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let pace = Pace::new(PATIENCE);
        let stream = TokioIo::new(Paced::new(stream, pace.clone()));
        let (router, served, most) = (TowerToHyperService::new(self.router), self.served, self.connections_max);
        let service = service_fn(move |request| {
            pace.answering();
            let answer = router.call(request);
            let (pace, served) = (pace.clone(), Arc::clone(&served));
            async move {
                let answer = answer.await;
                pace.answered(served.available_permits() < most / 2);
                answer
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            // The pace is ours.
            .header_read_timeout(None)
            // One who says all and closes that side still wants the answer.
            .half_close(true)
            .serve_connection(stream, service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
