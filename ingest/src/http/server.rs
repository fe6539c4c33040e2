//! The accept loop: a router on a listener, with or without TLS, with limits on slow, idle and many clients.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::IntoResponse as _;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{Answer, Unavailable};
use super::body;
use super::handshakes;
use super::tls::TlsKeeper;
use crate::http::pace::{Pace, Paced, Patience};
use crate::metrics::Metrics;

/// For how long a client may keep silent.
const PATIENCE: Patience = Patience {
    head: Duration::from_secs(5),
    between: Duration::from_secs(100),
    unread: Duration::from_secs(10),
};
/// The TLS handshake must be done by then.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// Requests under way when the server is told to stop may take so long to end.
const FINISH_WITHIN: Duration = Duration::from_secs(10);
/// Connections that are being made when it is told to stop come within this of each other,
const MADE_WITHIN: Duration = Duration::from_millis(100);
/// and all within this, where new ones can't be turned away.
const ALL_MADE_WITHIN: Duration = Duration::from_secs(2);
/// A client between two requests may begin another so long after.
const LAST_CALL: Duration = Duration::from_millis(100);

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

    /// Serves until `stop` resolves; then takes no more, answers whoever has a connection, and returns.
    ///
    /// A connection that is closed without an answer is a result lost, one that is refused is tried again: section 1 of the relay
    /// contract.
    pub async fn serve(self, listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
        let door = Door {
            listener,
            served: Arc::new(Semaphore::new(self.connections_max)),
            refused: Arc::new(Semaphore::new(self.connections_max)),
            refusal: refusal(Arc::clone(&self.metrics)),
            router,
            server: self,
            stopping: CancellationToken::new(),
            open: TaskTracker::new(),
        };
        tokio::select! {
            () = door.take_all() => {}
            () = stop => {}
        }
        door.stopping.cancel();
        handshakes::begin_no_more(&door.listener);
        let _ = tokio::time::timeout(ALL_MADE_WITHIN, door.take_those_being_made()).await;
        let open = door.open.clone();
        drop(door);
        open.close();
        let _ = tokio::time::timeout(FINISH_WITHIN, open.wait()).await;
    }
}

/// Where connections come in.
struct Door {
    listener: TcpListener,
    server: Server,
    router: Router,
    refusal: Router,
    /// A permit for each connection that may still be served,
    served: Arc<Semaphore>,
    /// and for each that may be told to come back.
    refused: Arc<Semaphore>,
    stopping: CancellationToken,
    open: TaskTracker,
}

impl Door {
    async fn take_all(&self) {
        loop {
            self.take().await;
        }
    }

    async fn take_those_being_made(&self) {
        while tokio::time::timeout(MADE_WITHIN, self.take()).await.is_ok() {}
    }

    /// Takes the next connection. None is that can't be answered.
    async fn take(&self) {
        let spare = Arc::clone(&self.refused).acquire_owned().await;
        match self.listener.accept().await {
            Ok((stream, _)) => match Arc::clone(&self.served).try_acquire_owned() {
                Ok(permit) => self.serve(stream, self.router.clone(), Some(permit)),
                Err(_) => self.serve(stream, self.refusal.clone(), spare.ok()),
            },
            Err(error) => {
                // Out of file descriptors, most likely: accepting at once again would spin.
                tracing::error!(%error, "could not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    fn serve(&self, stream: TcpStream, router: Router, permit: Option<OwnedSemaphorePermit>) {
        let (served, most) = (Arc::clone(&self.served), self.server.connections_max);
        let connection = Connection {
            tls: self.server.tls.clone(),
            router,
            stopping: self.stopping.clone(),
            pace: Pace::new(PATIENCE, move || served.available_permits() < most / 2),
        };
        let open = self.server.metrics.connections.clone();
        open.inc();
        self.open.spawn(async move {
            connection.serve(stream).await;
            open.dec();
            drop(permit);
        });
    }
}

/// Tells everyone to come back.
fn refusal(metrics: Arc<Metrics>) -> Router {
    Router::new().fallback(move |request: axum::extract::Request| async move {
        body::discard(request.into_body()).await;
        let answer = Answer::Unavailable(Unavailable::Connections);
        metrics.count(&answer);
        let close = [(CONNECTION, "close")];
        (close, answer).into_response()
    })
}

struct Connection {
    tls: Option<Arc<TlsKeeper>>,
    router: Router,
    stopping: CancellationToken,
    pace: Pace,
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
        self.pace.opened();
        let stream = TokioIo::new(Paced::new(stream, self.pace.clone()));
        let router = TowerToHyperService::new(self.router);
        let (pace, stopping) = (self.pace.clone(), self.stopping.clone());
        let service = service_fn(move |request| {
            pace.answering();
            let answer = router.call(request);
            let (pace, stopping) = (pace.clone(), stopping.clone());
            async move {
                let mut answer = answer.await;
                if let (true, Ok(answer)) = (stopping.is_cancelled(), &mut answer) {
                    answer
                        .headers_mut()
                        .insert(CONNECTION, HeaderValue::from_static("close"));
                }
                pace.answered();
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
        let mut connection = std::pin::pin!(connection);
        let last_call = async {
            self.stopping.cancelled().await;
            self.pace.last_call(LAST_CALL).await;
        };
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = last_call => {
                // Between two requests it is closed.
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}
