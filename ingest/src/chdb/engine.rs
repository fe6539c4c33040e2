//! The engine: opened once on a directory; each statement runs on a connection of its own, on a thread that may block.

use std::ffi::CString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::access;
use super::exception::{Exception, Raised};
use super::execute::{Begun, execute, taken_back};
use super::ffi::{self, Connection, Library, Parameters};
use super::job::{Answer, Job, Work};
use super::library::{LibraryError, locate};
use super::session::Sessions;

/// Statements that run at once; more wait for their turn.
const STATEMENTS_AT_ONCE: usize = 16;
/// Of these, queries: their readers may be slow, and inserts must not wait for them.
const QUERIES_AT_ONCE: usize = 12;
/// What all statements together may hold in memory.
const MEMORY_BYTES: u64 = 2 << 30;
/// Statements under way at the end may take so long: whoever sent them has been waited for already.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Why the engine didn't open.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    #[error(transparent)]
    Library(#[from] LibraryError),
    #[error(
        "{path} is in use by another process: the embedded ClickHouse serves one process at a time. Stop that one, or name another --data"
    )]
    InUse { path: PathBuf },
    #[error("can't use {path} for the embedded ClickHouse: {reason}")]
    Directory { path: PathBuf, reason: String },
    #[error("the embedded ClickHouse did not start on {path}; it says why above")]
    Start { path: PathBuf },
    #[error("the embedded ClickHouse in this process already has another directory")]
    AlreadyOpen,
}

/// ClickHouse in this process. One directory for the life of the process: that is libchdb's limit.
pub struct Engine {
    library: &'static Library,
    arguments: Vec<CString>,
    /// Keeps the engine alive between statements.
    keeper: Mutex<Option<Connection>>,
    permits: Arc<Semaphore>,
    queries: Arc<Semaphore>,
    sessions: Sessions,
    time_zone: String,
}

impl Engine {
    /// Loads libchdb and opens a directory with it, which is made when it isn't there.
    ///
    /// # Errors
    /// When the library is missing or another version, or the directory can't be used or is in use.
    pub fn open(libchdb: Option<&Path>, directory: &Path) -> Result<Self, EngineError> {
        static OPENED: Mutex<Option<(&'static Library, PathBuf)>> = Mutex::new(None);
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        let unusable = |reason: String| EngineError::Directory {
            path: directory.to_owned(),
            reason,
        };
        std::fs::create_dir_all(directory).map_err(|error| unusable(error.to_string()))?;
        let directory = directory.canonicalize().map_err(|error| unusable(error.to_string()))?;
        if is_locked(&directory) {
            return Err(EngineError::InUse { path: directory });
        }
        let library = match &*opened {
            Some((library, path)) if *path == directory => library,
            Some(_) => return Err(EngineError::AlreadyOpen),
            None => Library::load(&locate(libchdb)?)?,
        };
        let path = directory
            .to_str()
            .ok_or_else(|| unusable("its name is not UTF-8".to_owned()))?;
        let access = access::write(&directory).map_err(|error| unusable(error.to_string()))?;
        let arguments = arguments(path, &access).map_err(|_| unusable("its name holds a NUL".to_owned()))?;
        let mut keeper = library.connect(&arguments).ok_or_else(|| EngineError::Start {
            path: directory.clone(),
        })?;
        *opened = Some((library, directory));
        let time_zone = keeper
            .query(b"SELECT timezone()", "TabSeparatedRaw", &Parameters::default())
            .map_or_else(
                |_| "UTC".to_owned(),
                |output| String::from_utf8_lossy(output.bytes()).trim().to_owned(),
            );
        ffi::end_without_destructors();
        Ok(Self {
            library,
            arguments,
            keeper: Mutex::new(Some(keeper)),
            permits: Arc::new(Semaphore::new(STATEMENTS_AT_ONCE)),
            queries: Arc::new(Semaphore::new(QUERIES_AT_ONCE)),
            sessions: Sessions::default(),
            time_zone,
        })
    }

    /// Waits for what runs, and brings the engine's data to rest. Statements that come later are refused.
    pub async fn close(self: Arc<Self>) {
        let all = self.permits.acquire_many(STATEMENTS_AT_ONCE as u32);
        let idle = tokio::time::timeout(CLOSE_WITHIN, all)
            .await
            .is_ok_and(|permits| permits.is_ok());
        self.permits.close();
        self.queries.close();
        self.sessions.clear();
        let keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner).take();
        let library = self.library;
        let joined = tokio::task::spawn_blocking(move || {
            drop(keeper);
            library.shut_down()
        });
        // With MergeTree tables libchdb declines to join its threads: they end with the process, and what was acknowledged is
        // on disk already.
        let joined = joined.await.unwrap_or(false);
        ffi::end_without_destructors();
        tracing::debug!(idle, joined, "the embedded ClickHouse is closed");
    }

    /// The server's time zone.
    pub(super) fn time_zone(&self) -> &str {
        &self.time_zone
    }

    /// Runs a statement, and returns when its result begins.
    pub(super) async fn run(self: &Arc<Self>, job: Job) -> Result<Answer, Exception> {
        let closed = || Raised::SupportIsDisabled.because("the embedded ClickHouse is shutting down");
        let acquire = async |permits: &Arc<Semaphore>| Arc::clone(permits).acquire_owned().await.map_err(|_| closed());
        let query = match job.work {
            Work::Query { .. } => Some(acquire(&self.queries).await?),
            Work::Insert { .. } => None,
        };
        let permits = (query, acquire(&self.permits).await?);
        let engine = Arc::clone(self);
        let (begun, answer) = oneshot::channel();
        tokio::task::spawn_blocking(move || engine.run_blocking(job, begun, permits));
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    fn run_blocking(&self, job: Job, begun: Begun, _permits: Permits) {
        let session = match job
            .session
            .as_ref()
            .map(|wanted| self.sessions.take(wanted))
            .transpose()
        {
            Ok(session) => session,
            Err(exception) => return drop(begun.send(Err(exception))),
        };
        let connection = match session.as_ref() {
            Some(taken) => taken.connection.lock().unwrap_or_else(PoisonError::into_inner).take(),
            None => None,
        };
        let Some(mut connection) = connection.or_else(|| self.library.connect(&self.arguments)) else {
            return drop(begun.send(Err(
                Raised::SupportIsDisabled.because("no further connection could be opened"),
            )));
        };
        let in_session = session.is_some();
        let taken_back = match in_session {
            true => taken_back(&mut connection, &job),
            false => Vec::new(),
        };
        execute(&mut connection, job, in_session, begun);
        if let Some(taken) = session {
            for statement in taken_back {
                let _ = connection.query(statement.as_bytes(), "Null", &Parameters::default());
            }
            *taken.connection.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        }
    }
}

/// Of a query, and of a statement; held while it runs.
type Permits = (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit);

fn arguments(path: &str, access: &Path) -> Result<Vec<CString>, std::ffi::NulError> {
    let access = access.display();
    [
        "clickhouse".to_owned(),
        format!("--path={path}"),
        format!("--config-file={access}"),
        format!("--users_config={access}"),
        "--logger.console=false".to_owned(),
        format!("--max_server_memory_usage={MEMORY_BYTES}"),
    ]
    .into_iter()
    .map(CString::new)
    .collect()
}

/// Refuses a directory that another process has open, before anything else is tried: a port that is taken would hide the reason.
pub(super) fn refuse_if_in_use(directory: &Path) -> Result<(), EngineError> {
    match directory.canonicalize() {
        Ok(path) if is_locked(&path) => Err(EngineError::InUse { path }),
        _ => Ok(()),
    }
}

/// Does another process have the directory open? The engine itself would only say so on stderr.
fn is_locked(directory: &Path) -> bool {
    let Ok(file) = std::fs::File::options().write(true).open(directory.join("status")) else {
        return false;
    };
    matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock))
}
