//! libchdb, the ClickHouse engine as a library, behind ClickHouse's own HTTP interface on loopback.
//!
//! So that one machine needs no server and there is still only one dialect: readers and the replicator come over HTTP with the
//! official client, whether this engine answers or a cluster does.
//!
//! ```text
//! http (guard, answers) ─► request (URL, multipart, encodings) ─► statement (what is it?) ─► engine ─► ffi ─► libchdb.so
//! ```

mod access;
mod encoding;
mod engine;
mod exception;
mod execute;
mod ffi;
mod format;
mod http;
mod job;
mod library;
mod request;
mod session;
mod statement;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::http::server::Server;
pub use engine::{Engine, EngineError};
pub use http::router;
pub use library::LibraryError;

/// The engine, listening.
pub struct Embedded {
    url: String,
    engine: Arc<Engine>,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Embedded {
    /// Opens the engine on a directory and its HTTP interface on a loopback address; port 0 takes a free one.
    ///
    /// # Errors
    /// When libchdb isn't there, the directory is in use, or the address is.
    pub async fn start(directory: &Path, listen: SocketAddr, libchdb: Option<&Path>) -> anyhow::Result<Self> {
        anyhow::ensure!(
            listen.ip().is_loopback(),
            "{listen} is not a loopback address: the embedded ClickHouse has no users, and whoever reaches it may read and change all that is in it"
        );
        engine::refuse_if_in_use(directory)?;
        let listener = TcpListener::bind(listen).await.with_context(|| {
            format!("the embedded ClickHouse can't listen on {listen}; --clickhouse-listen names another address")
        })?;
        let url = format!("http://{}", listener.local_addr()?);
        let (directory, libchdb) = (directory.to_owned(), libchdb.map(Path::to_owned));
        let engine = tokio::task::spawn_blocking(move || Engine::open(libchdb.as_deref(), &directory)).await??;
        let engine = Arc::new(engine);
        let stop = CancellationToken::new();
        let serving = {
            let (router, stop) = (router(Arc::clone(&engine)), stop.clone());
            tokio::spawn(async move { Server::plain().serve(listener, router, stop.cancelled()).await })
        };
        Ok(Self {
            url,
            engine,
            stop,
            serving,
        })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Lets queries under way finish, and closes the engine so that its data is at rest.
    pub async fn close(self) {
        self.stop.cancel();
        let _ = self.serving.await;
        self.engine.close().await;
    }
}
