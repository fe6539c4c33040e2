//! The one thread that writes to a SQLite file: what gathers while a transaction is synced to disk is the next transaction.
//!
//! A write returns after the sync of its transaction, so that many at once cost one sync.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::{Notify, mpsc, oneshot};

use super::StoreError;

/// Writes taken into one transaction.
const BATCH_MAX: usize = 64;
/// Writes that may wait for the thread; more are refused.
const QUEUE_MAX: usize = 4096;
/// Another process may hold the file's lock for so long.
const BUSY_WITHIN: Duration = Duration::from_secs(5);

/// What marks a file as ours, and what is in it.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// What kind of file it is, in an error.
    pub(super) kind: &'static str,
    /// SQLite's `application_id`.
    pub(super) application_id: i32,
    /// SQLite's `user_version`.
    pub(super) version: i32,
    /// The tables, for a file that is new.
    pub(super) schema: &'static str,
}

/// The writing thread's door. Cheap to clone.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Box<dyn Work>>,
    committed: Arc<Notify>,
}

impl Writer {
    /// Opens a file, makes it when it isn't there, and starts the thread. Blocks.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the file can't be opened or is not of this layout.
    pub(super) fn open(path: &Path, layout: Layout) -> Result<Self, StoreError> {
        let connection = connect(path, layout)?;
        prepare(&connection, path, layout)?;
        let (queue, work) = mpsc::channel(QUEUE_MAX);
        let committed = Arc::new(Notify::new());
        let notify = Arc::clone(&committed);
        std::thread::Builder::new()
            .name(format!("{}-writer", layout.kind))
            .spawn(move || write_loop(connection, work, &notify))
            .map_err(|error| {
                StoreError::Unusable(format!("can't start the {}'s writer thread: {error}", layout.kind))
            })?;
        Ok(Self { queue, committed })
    }

    /// Runs a piece of work in the next transaction; returns when that is on disk.
    ///
    /// Its outer error ends the whole transaction, its inner one is its own.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when too many wait or the transaction fails; else the work's own.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        run: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, answer) = oneshot::channel();
        let task = Task {
            run: Some(run),
            outcome: None,
            done,
        };
        self.queue.try_send(Box::new(task)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => too_many(),
            mpsc::error::TrySendError::Closed(_) => gone(),
        })?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Whether it would take work now.
    pub(super) fn ready(&self) -> Result<(), StoreError> {
        match self.queue.capacity() {
            _ if self.queue.is_closed() => Err(gone()),
            0 => Err(too_many()),
            _ => Ok(()),
        }
    }

    /// Resolves after a transaction, for one who waits.
    pub(super) async fn committed(&self) {
        self.committed.notified().await;
    }
}

/// A connection for reading beside the writer.
pub(super) fn connect(path: &Path, layout: Layout) -> Result<Connection, StoreError> {
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_WITHIN)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    };
    open().map_err(|error| unusable(path, layout, &error))
}

/// What SQLite said, as a reason to come again.
pub(super) fn unavailable(error: impl std::borrow::Borrow<rusqlite::Error>) -> StoreError {
    StoreError::Unavailable(format!("SQLite: {}", error.borrow()))
}

fn prepare(connection: &Connection, path: &Path, layout: Layout) -> Result<(), StoreError> {
    let Layout {
        kind,
        application_id,
        version,
        schema,
    } = layout;
    let pragma = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i32>(0))
            .map_err(|error| unusable(path, layout, &error))
    };
    match (pragma("application_id")?, pragma("user_version")?) {
        (id, found) if (id, found) == (application_id, version) => Ok(()),
        (0, 0) => connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {schema} PRAGMA application_id = {application_id}; PRAGMA user_version = {version}; COMMIT;"
            ))
            .map_err(|error| unusable(path, layout, &error)),
        (id, found) if id == application_id => Err(StoreError::Unusable(format!(
            "{} is a {kind} of layout {found}, this program knows layout {version}: use the program that made it",
            path.display()
        ))),
        _ => Err(StoreError::Unusable(format!(
            "{} is a SQLite file of another program, not a {kind}",
            path.display()
        ))),
    }
}

fn unusable(path: &Path, layout: Layout, error: &rusqlite::Error) -> StoreError {
    StoreError::Unusable(format!("can't open the {} {}: {error}", layout.kind, path.display()))
}

/// A piece of work, whatever it answers.
trait Work: Send {
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// Tells whoever waits; whether the transaction was committed comes first.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
}

struct Task<T, F> {
    run: Option<F>,
    outcome: Option<Result<T, StoreError>>,
    done: oneshot::Sender<Result<T, StoreError>>,
}

impl<T, F> Work for Task<T, F>
where
    T: Send,
    F: FnOnce(&Connection) -> rusqlite::Result<Result<T, StoreError>> + Send,
{
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        if let Some(run) = self.run.take() {
            self.outcome = Some(run(connection)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let outcome = match failure {
            Some(error) => Err(error),
            None => self.outcome.unwrap_or_else(|| Err(gone())),
        };
        // Whoever asked may have given up; the write stands all the same.
        drop(self.done.send(outcome));
    }
}

/// Takes work until every sender is gone. A transaction that fails answers all its work with the failure.
fn write_loop(mut connection: Connection, mut queue: mpsc::Receiver<Box<dyn Work>>, committed: &Notify) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        let failure = commit(&mut connection, &mut batch).err().map(unavailable);
        if failure.is_none() {
            committed.notify_one();
        }
        for work in batch.drain(..) {
            work.answer(failure.clone());
        }
    }
}

fn commit(connection: &mut Connection, batch: &mut [Box<dyn Work>]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for work in batch {
        work.run(&transaction)?;
    }
    transaction.commit()
}

fn too_many() -> StoreError {
    StoreError::Unavailable(format!("{QUEUE_MAX} writes wait already"))
}

fn gone() -> StoreError {
    StoreError::Unavailable("the writer thread has stopped".to_owned())
}
