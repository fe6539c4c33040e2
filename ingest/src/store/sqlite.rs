//! The embedded store: SQLite, one file, no configuration.
//!
//! Records and the change log are written in one transaction, by one thread, which takes what has gathered while the last
//! transaction was synced to disk (group commit): `apply` returns only after the sync.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use rusqlite::{Connection, OptionalExtension as _, params};
use tokio::sync::{Mutex, Notify, mpsc, oneshot};

use super::{Applied, Change, ChangeKind, Changes, Checkpoint, Page, Shard, Store, StoreError, Then};
use crate::record::{Record, Stored};
use crate::timestamp::Timestamp;

/// SQLite's change log is one shard.
pub const SHARD: &str = "changes";

/// Results taken into one transaction.
const BATCH_MAX: usize = 64;
/// Results that may wait for the writer; more are refused.
const QUEUE_MAX: usize = 4096;
/// Changes in one page.
const PAGE_MAX: usize = 4096;
/// How often another process's writes are looked for.
const POLL: Duration = Duration::from_millis(200);

/// Marks the file as ours: "OOTH" in ASCII.
const APPLICATION_ID: i32 = 0x4f4f_5448;
/// The layout of the tables below.
const USER_VERSION: i32 = 1;
const SCHEMA: &str = include_str!("sqlite.sql");

/// The store, and its changes. Cheap to clone.
#[derive(Clone)]
pub struct Sqlite {
    writer: mpsc::Sender<Write>,
    reader: Arc<Mutex<Connection>>,
    written: Arc<Notify>,
}

/// One piece of work for the writer thread.
enum Write {
    Apply {
        record: Box<Record>,
        now: Timestamp,
        done: oneshot::Sender<Result<Applied, StoreError>>,
    },
    Checkpoint {
        destination: String,
        shard: String,
        position: String,
        done: oneshot::Sender<Result<(), StoreError>>,
    },
}

impl Sqlite {
    /// Opens the store's file, and makes it when it isn't there. Blocks.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the file can't be opened or is not a store of this version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = connect(path).map_err(|error| unusable(path, &error))?;
        prepare(&connection, path)?;
        let reader = connect(path).map_err(|error| unusable(path, &error))?;
        let (writer, queue) = mpsc::channel(QUEUE_MAX);
        let written = Arc::new(Notify::new());
        let notify = Arc::clone(&written);
        std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_loop(connection, queue, &notify))
            .map_err(|error| StoreError::Unusable(format!("can't start the store's writer thread: {error}")))?;
        Ok(Self {
            writer,
            reader: Arc::new(Mutex::new(reader)),
            written,
        })
    }

    async fn write<T>(
        &self,
        work: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Write,
    ) -> Result<T, StoreError> {
        let (done, answer) = oneshot::channel();
        self.writer.try_send(work(done)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Unavailable(format!("{QUEUE_MAX} results wait already")),
            mpsc::error::TrySendError::Closed(_) => writer_gone(),
        })?;
        answer.await.unwrap_or_else(|_| Err(writer_gone()))
    }

    async fn read_rows<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = Arc::clone(&self.reader).lock_owned().await;
        tokio::task::spawn_blocking(move || read(&connection))
            .await
            .map_err(|error| StoreError::Unavailable(format!("a read was cut short: {error}")))?
    }
}

impl Store for Sqlite {
    fn apply(&self, record: Record, now: Timestamp) -> BoxFuture<'_, Result<Applied, StoreError>> {
        self.write(move |done| Write::Apply {
            record: Box::new(record),
            now,
            done,
        })
        .boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        let key = key.to_owned();
        self.read_rows(move |connection| load(connection, &key).map_err(unavailable)?.transpose())
            .boxed()
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        let ready = match () {
            () if self.writer.is_closed() => Err(writer_gone()),
            () if self.writer.capacity() == 0 => {
                Err(StoreError::Unavailable(format!("{QUEUE_MAX} results wait already")))
            }
            () => Ok(()),
        };
        std::future::ready(ready).boxed()
    }
}

impl Changes for Sqlite {
    fn shards(&self) -> BoxFuture<'_, Result<Vec<Shard>, StoreError>> {
        std::future::ready(Ok(vec![Shard {
            id: SHARD.to_owned(),
            parent: None,
        }]))
        .boxed()
    }

    fn read<'a>(&'a self, _shard: &'a str, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        let after = after.map_or(Ok(0), str::parse::<i64>);
        async move {
            let after =
                after.map_err(|_| StoreError::Unusable("the checkpoint is not a position of this log".to_owned()))?;
            self.read_rows(move |connection| read_log(connection, after)).await
        }
        .boxed()
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        async {
            // Another process may write to the same file: don't wait for our own writer alone.
            let _ = tokio::time::timeout(POLL, self.written.notified()).await;
        }
        .boxed()
    }

    fn checkpoint<'a>(
        &'a self,
        destination: &'a str,
        shard: &'a str,
    ) -> BoxFuture<'a, Result<Option<Checkpoint>, StoreError>> {
        let (destination, shard) = (destination.to_owned(), shard.to_owned());
        self.read_rows(move |connection| {
            connection
                .prepare_cached("SELECT position FROM checkpoint WHERE destination = ?1 AND shard = ?2")
                .and_then(|mut query| query.query_row([&destination, &shard], |row| row.get(0)).optional())
                .map(|position| position.map(Checkpoint::After))
                .map_err(unavailable)
        })
        .boxed()
    }

    fn set_checkpoint<'a>(
        &'a self,
        destination: &'a str,
        shard: &'a str,
        checkpoint: &'a Checkpoint,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let (destination, shard) = (destination.to_owned(), shard.to_owned());
        match checkpoint {
            // The log never closes.
            Checkpoint::End => std::future::ready(Ok(())).boxed(),
            Checkpoint::After(position) => {
                let position = position.clone();
                self.write(move |done| Write::Checkpoint {
                    destination,
                    shard,
                    position,
                    done,
                })
                .boxed()
            }
        }
    }
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

fn prepare(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let pragma = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i32>(0))
            .map_err(|e| unusable(path, &e))
    };
    match (pragma("application_id")?, pragma("user_version")?) {
        (APPLICATION_ID, USER_VERSION) => Ok(()),
        (0, 0) => connection
            .execute_batch(&format!(
                "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {USER_VERSION}; COMMIT;"
            ))
            .map_err(|error| unusable(path, &error)),
        (APPLICATION_ID, version) => Err(StoreError::Unusable(format!(
            "{} is a store of layout {version}, this program knows layout {USER_VERSION}: use the program that made it",
            path.display()
        ))),
        _ => Err(StoreError::Unusable(format!("{} is a SQLite file of another program", path.display()))),
    }
}

/// Takes work until every sender is gone. A transaction that fails answers all its work with the failure.
fn write_loop(mut connection: Connection, mut queue: mpsc::Receiver<Write>, written: &Notify) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        match commit(&mut connection, &batch) {
            Ok(answers) => {
                written.notify_one();
                for (work, answer) in batch.drain(..).zip(answers) {
                    // Whoever asked may have given up; the write stands all the same.
                    match work {
                        Write::Apply { done, .. } => drop(done.send(answer)),
                        Write::Checkpoint { done, .. } => drop(done.send(answer.map(drop))),
                    }
                }
            }
            Err(error) => {
                for work in batch.drain(..) {
                    let error = unavailable(&error);
                    match work {
                        Write::Apply { done, .. } => drop(done.send(Err(error))),
                        Write::Checkpoint { done, .. } => drop(done.send(Err(error))),
                    }
                }
            }
        }
    }
}

/// One transaction. The inner results are of single records that can't be read: those alone fail.
fn commit(connection: &mut Connection, batch: &[Write]) -> rusqlite::Result<Vec<Result<Applied, StoreError>>> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let mut answers = Vec::with_capacity(batch.len());
    for work in batch {
        answers.push(match work {
            Write::Apply { record, now, .. } => apply(&transaction, record, *now)?,
            Write::Checkpoint {
                destination,
                shard,
                position,
                ..
            } => {
                transaction
                    .prepare_cached("REPLACE INTO checkpoint (destination, shard, position) VALUES (?1, ?2, ?3)")?
                    .execute([destination, shard, position])?;
                Ok(Applied {
                    version: 0,
                    changed: true,
                })
            }
        });
    }
    transaction.commit()?;
    Ok(answers)
}

fn apply(connection: &Connection, record: &Record, now: Timestamp) -> rusqlite::Result<Result<Applied, StoreError>> {
    let old = match load(connection, &record.key)?.transpose() {
        Ok(old) => old,
        Err(unreadable) => return Ok(Err(unreadable)),
    };
    let stored = match old {
        None => {
            let version = now.millis() as u64 + 1;
            Stored {
                record: record.clone(),
                created_at: now.to_millis(),
                version,
            }
        }
        Some(old) => {
            let joined = old.record.clone().join(record.clone());
            if joined == old.record {
                return Ok(Ok(Applied {
                    version: old.version,
                    changed: false,
                }));
            }
            Stored {
                record: joined,
                created_at: old.created_at,
                version: old.version + 1,
            }
        }
    };
    let text = serde_json::to_string(&stored).expect("a record is texts and numbers");
    connection
        .prepare_cached("REPLACE INTO record (key, record) VALUES (?1, ?2)")?
        .execute([&stored.record.key, &text])?;
    connection
        .prepare_cached("INSERT INTO change (record) VALUES (?1)")?
        .execute([&text])?;
    Ok(Ok(Applied {
        version: stored.version,
        changed: true,
    }))
}

/// The outer error is SQLite's, the inner one of this record alone.
fn load(connection: &Connection, key: &str) -> rusqlite::Result<Option<Result<Stored, StoreError>>> {
    let text: Option<String> = connection
        .prepare_cached("SELECT record FROM record WHERE key = ?1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| {
        serde_json::from_str(&text).map_err(|error| StoreError::Unreadable {
            key: key.to_owned(),
            reason: error.to_string(),
        })
    }))
}

fn read_log(connection: &Connection, after: i64) -> Result<Page, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT position, record FROM change WHERE position > ?1 ORDER BY position LIMIT ?2")
        .map_err(unavailable)?;
    let changes = query
        .query_map(params![after, PAGE_MAX as i64], |row| {
            let (position, text): (i64, String) = (row.get(0)?, row.get(1)?);
            let kind = match serde_json::from_str(&text) {
                Ok(stored) => ChangeKind::Written(Box::new(stored)),
                Err(error) => ChangeKind::Unreadable {
                    reason: error.to_string(),
                    image: text,
                },
            };
            Ok(Change {
                position: position.to_string(),
                kind,
            })
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(unavailable)?;
    let then = if changes.len() < PAGE_MAX {
        Then::Wait
    } else {
        Then::ReadOn
    };
    Ok(Page { changes, then })
}

fn unavailable(error: impl std::borrow::Borrow<rusqlite::Error>) -> StoreError {
    StoreError::Unavailable(format!("SQLite: {}", error.borrow()))
}

fn unusable(path: &Path, error: &rusqlite::Error) -> StoreError {
    StoreError::Unusable(format!("can't open the store {}: {error}", path.display()))
}

fn writer_gone() -> StoreError {
    StoreError::Unavailable("the store's writer has stopped".to_owned())
}
