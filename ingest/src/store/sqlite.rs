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
use tokio::sync::Mutex;

use super::group_commit::{Layout, Writer, connect, unavailable};
use super::{Applied, Change, ChangeKind, Changes, Checkpoint, Page, Shard, Store, StoreError, Then};
use crate::record::{Record, Stored};
use crate::timestamp::Timestamp;

/// SQLite's change log is one shard.
pub const SHARD: &str = "changes";

/// Changes in one page.
const PAGE_MAX: usize = 4096;
/// How often another process's writes are looked for.
const POLL: Duration = Duration::from_millis(200);

/// The file: "OOTH" in ASCII, and the tables beside this.
const LAYOUT: Layout = Layout {
    kind: "store",
    application_id: 0x4f4f_5448,
    version: 1,
    schema: include_str!("sqlite.sql"),
};

/// The store, and its changes. Cheap to clone.
#[derive(Clone)]
pub struct Sqlite {
    writer: Writer,
    reader: Arc<Mutex<Connection>>,
}

impl Sqlite {
    /// Opens the store's file, and makes it when it isn't there. Blocks.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the file can't be opened or is not a store of this version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            writer: Writer::open(path, LAYOUT)?,
            reader: Arc::new(Mutex::new(connect(path, LAYOUT)?)),
        })
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
        self.writer
            .write(move |connection| apply(connection, record, now))
            .boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        let key = key.to_owned();
        self.read_rows(move |connection| load(connection, &key).map_err(unavailable)?.transpose())
            .boxed()
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        std::future::ready(self.writer.ready()).boxed()
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
            let _ = tokio::time::timeout(POLL, self.writer.committed()).await;
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
                self.writer
                    .write(move |connection| {
                        connection
                            .prepare_cached(
                                "REPLACE INTO checkpoint (destination, shard, position) VALUES (?1, ?2, ?3)",
                            )?
                            .execute([&destination, &shard, &position])?;
                        Ok(Ok(()))
                    })
                    .boxed()
            }
        }
    }
}

fn apply(connection: &Connection, record: Record, now: Timestamp) -> rusqlite::Result<Result<Applied, StoreError>> {
    let old = match load(connection, &record.key)?.transpose() {
        Ok(old) => old,
        Err(unreadable) => return Ok(Err(unreadable)),
    };
    let stored = match old {
        None => {
            let version = now.millis() as u64 + 1;
            Stored {
                record,
                created_at: now.to_millis(),
                version,
            }
        }
        Some(old) => {
            let joined = old.record.clone().join(record);
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
        serde_json::from_str(&text).map_err(|error| StoreError::Refused {
            key: key.to_owned(),
            reason: format!("what is stored can't be read: {error}"),
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
