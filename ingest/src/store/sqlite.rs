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
use super::{
    Applied, Change, ChangeKind, Changes, Checkpoint, Lease, Leases, Listing, Page, Shard, Store, StoreError, Then,
};
use crate::record::{Record, Stored};
use crate::timestamp::Timestamp;

/// SQLite's change log is one shard.
pub const SHARD: &str = "changes";

/// Changes in one page,
const PAGE_MAX: usize = 4096;
/// and bytes of them: large records are read, held and delivered in smaller numbers.
const PAGE_BYTES: usize = 4 << 20;
/// Changes that are kept although they have been replicated: another replica that is a little behind needs no scan.
const KEPT: i64 = 100_000;
/// Changes removed in one transaction.
const PRUNED_AT_ONCE: usize = 2048;
/// How often another process's writes are looked for.
const POLL: Duration = Duration::from_millis(200);

/// The file: "OOTH" in ASCII, and the tables beside this.
const LAYOUT: Layout = Layout {
    kind: "store",
    application_id: 0x4f4f_5448,
    version: 3,
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
    fn shards(&self) -> BoxFuture<'_, Result<Listing, StoreError>> {
        let shard = Shard {
            id: SHARD.to_owned(),
            parent: None,
        };
        std::future::ready(Ok(Listing {
            stream: SHARD.to_owned(),
            shards: vec![shard],
        }))
        .boxed()
    }

    fn read<'a>(&'a self, _shard: &'a str, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        let after = after.map(position).transpose();
        async move {
            let after = after?;
            self.read_rows(move |connection| read_log(connection, after)).await
        }
        .boxed()
    }

    fn before<'a>(&'a self, _shard: &'a str, at: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        let before = position(at).map(|at| at - KEPT);
        async move {
            let before = before?;
            self.read_rows(move |connection| {
                let oldest = oldest(connection).map_err(unavailable)?;
                Ok(oldest.filter(|oldest| *oldest <= before).map(|_| before.to_string()))
            })
            .await
        }
        .boxed()
    }

    fn kept_for(&self) -> Option<Duration> {
        None
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        async {
            // Another process may write to the same file: don't wait for our own writer alone.
            let _ = tokio::time::timeout(POLL, self.writer.committed()).await;
        }
        .boxed()
    }

    fn estimate(&self) -> BoxFuture<'_, Result<Option<u64>, StoreError>> {
        self.read_rows(|connection| {
            connection
                .query_row("SELECT count(*) FROM record", [], |row| row.get::<_, i64>(0))
                .map(|count| Some(count.unsigned_abs()))
                .map_err(unavailable)
        })
        .boxed()
    }

    fn segments(&self) -> u32 {
        1
    }

    fn scan<'a>(&'a self, _segment: u32, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        let after = after.unwrap_or_default().to_owned();
        self.read_rows(move |connection| scan(connection, &after)).boxed()
    }

    fn prune<'a>(&'a self, _shard: &'a str, up_to: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        let up_to = position(up_to);
        async move {
            let up_to = up_to? - KEPT;
            // A little at a time: results wait meanwhile.
            while self.writer.write(move |connection| prune(connection, up_to)).await? {}
            Ok(())
        }
        .boxed()
    }
}

impl Leases for Sqlite {
    fn list<'a>(&'a self, destination: &'a str) -> BoxFuture<'a, Result<Vec<Lease>, StoreError>> {
        let destination = destination.to_owned();
        self.read_rows(move |connection| leases(connection, &destination).map_err(unavailable))
            .boxed()
    }

    fn replace<'a>(
        &'a self,
        destination: &'a str,
        seen: &'a Lease,
        owner: Option<&'a str>,
        checkpoint: Option<&'a Checkpoint>,
    ) -> BoxFuture<'a, Result<Option<Lease>, StoreError>> {
        let lease = seen.next(owner, checkpoint);
        let (destination, seen) = (destination.to_owned(), seen.counter);
        self.writer
            .write(move |connection| Ok(Ok(replace(connection, &destination, seen, &lease)?.then_some(lease))))
            .boxed()
    }

    fn forget<'a>(&'a self, destination: &'a str, seen: &'a Lease) -> BoxFuture<'a, Result<(), StoreError>> {
        let (destination, seen) = (destination.to_owned(), seen.clone());
        self.writer
            .write(move |connection| {
                connection
                    .prepare_cached("DELETE FROM lease WHERE destination = ?1 AND shard = ?2 AND counter = ?3")?
                    .execute(params![destination, seen.shard, seen.counter as i64])?;
                Ok(Ok(()))
            })
            .boxed()
    }
}

fn position(text: &str) -> Result<i64, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Unusable(format!("the checkpoint {text:?} is not a position of this log")))
}

fn apply(connection: &Connection, record: Record, now: Timestamp) -> rusqlite::Result<Result<Applied, StoreError>> {
    let old = match load(connection, &record.key)?.transpose() {
        Ok(old) => old,
        Err(unreadable) => return Ok(Err(unreadable)),
    };
    let stored = match &old {
        None => Stored::first(record, now),
        Some(old) => match old.after(record, now) {
            Some(stored) => stored,
            None => {
                return Ok(Ok(Applied {
                    version: old.version,
                    changed: false,
                    conflicts: 0,
                }));
            }
        },
    };
    let json = |stored: &Stored| serde_json::to_string(stored).expect("a record is texts and numbers");
    let log = |text: &str, removed: bool| {
        connection
            .prepare_cached("INSERT INTO change (at, record, removed) VALUES (?1, ?2, ?3)")?
            .execute(params![Timestamp::now().nanos(), text, removed])
    };
    let text = json(&stored);
    connection
        .prepare_cached("REPLACE INTO record (key, record) VALUES (?1, ?2)")?
        .execute([&stored.record.key, &text])?;
    if let Some(old) = old.filter(|old| old.row_key() != stored.row_key()) {
        log(&json(&old), true)?;
    }
    log(&text, false)?;
    Ok(Ok(Applied {
        version: stored.version,
        changed: true,
        conflicts: 0,
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

fn read_log(connection: &Connection, after: Option<i64>) -> Result<Page, StoreError> {
    if let Some(after) = after {
        let oldest = oldest(connection).map_err(unavailable)?;
        if oldest.is_some_and(|oldest| after + 1 < oldest) {
            return Err(StoreError::Trimmed {
                shard: SHARD.to_owned(),
                position: after.to_string(),
            });
        }
    }
    let read = || {
        let mut query = connection.prepare_cached(
            "SELECT position, at, record, removed FROM change WHERE position > ?1 ORDER BY position LIMIT ?2",
        )?;
        let rows = query.query_map(params![after.unwrap_or(0), PAGE_MAX as i64], |row| {
            let position = row.get::<_, i64>(0)?.to_string();
            Ok(change(position, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
        page(rows, Then::Wait)
    };
    read().map_err(unavailable)
}

/// As many of the rows as make a page; what comes then when that was all of them.
fn page(rows: impl Iterator<Item = rusqlite::Result<Change>>, at_the_end: Then) -> rusqlite::Result<Page> {
    let (mut changes, mut bytes) = (Vec::new(), 0);
    for change in rows {
        let change = change?;
        bytes += change.size();
        changes.push(change);
        if changes.len() == PAGE_MAX || bytes >= PAGE_BYTES {
            return Ok(Page {
                changes,
                then: Then::ReadOn,
            });
        }
    }
    Ok(Page {
        changes,
        then: at_the_end,
    })
}

/// The position of the oldest change that is kept.
fn oldest(connection: &Connection) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_cached("SELECT min(position) FROM change")?
        .query_row([], |row| row.get(0))
}

fn scan(connection: &Connection, after: &str) -> Result<Page, StoreError> {
    let read = || {
        let mut query =
            connection.prepare_cached("SELECT key, record FROM record WHERE key > ?1 ORDER BY key LIMIT ?2")?;
        let rows = query.query_map(params![after, PAGE_MAX as i64], |row| {
            Ok(change(row.get(0)?, None, row.get(1)?, false))
        })?;
        page(rows, Then::End)
    };
    read().map_err(unavailable)
}

fn change(position: String, at: Option<i64>, text: String, removed: bool) -> Change {
    let kind = match serde_json::from_str(&text) {
        Ok(stored) if removed => ChangeKind::Removed(Box::new(stored)),
        Ok(stored) => ChangeKind::Written(Box::new(stored)),
        Err(error) => ChangeKind::Unreadable {
            reason: error.to_string(),
            image: text,
        },
    };
    Change {
        position,
        at: at.and_then(Timestamp::from_nanos),
        kind,
    }
}

/// Removes some of what is old; whether there is more.
fn prune(connection: &Connection, up_to: i64) -> rusqlite::Result<Result<bool, StoreError>> {
    let removed = connection
        .prepare_cached(
            "DELETE FROM change WHERE position IN (SELECT position FROM change WHERE position <= ?1 ORDER BY position LIMIT ?2)",
        )?
        .execute(params![up_to, PRUNED_AT_ONCE as i64])?;
    Ok(Ok(removed == PRUNED_AT_ONCE))
}

fn leases(connection: &Connection, destination: &str) -> rusqlite::Result<Vec<Lease>> {
    connection
        .prepare_cached("SELECT shard, owner, counter, position, ended FROM lease WHERE destination = ?1")?
        .query_map([destination], |row| {
            let (position, ended): (Option<String>, bool) = (row.get(3)?, row.get(4)?);
            Ok(Lease {
                shard: row.get(0)?,
                owner: row.get(1)?,
                counter: row.get::<_, i64>(2)?.unsigned_abs(),
                checkpoint: if ended {
                    Some(Checkpoint::End)
                } else {
                    position.map(Checkpoint::After)
                },
            })
        })?
        .collect()
}

/// Whether the lease was as it was seen, and is now another.
fn replace(connection: &Connection, destination: &str, seen: u64, lease: &Lease) -> rusqlite::Result<bool> {
    let found: Option<i64> = connection
        .prepare_cached("SELECT counter FROM lease WHERE destination = ?1 AND shard = ?2")?
        .query_row([destination, &lease.shard], |row| row.get(0))
        .optional()?;
    if found.unwrap_or(0).unsigned_abs() != seen {
        return Ok(false);
    }
    let (position, ended) = match &lease.checkpoint {
        None => (None, false),
        Some(Checkpoint::After(position)) => (Some(position), false),
        Some(Checkpoint::End) => (None, true),
    };
    connection
        .prepare_cached(
            "REPLACE INTO lease (destination, shard, owner, counter, position, ended) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            destination,
            lease.shard,
            lease.owner,
            lease.counter as i64,
            position,
            ended
        ])?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_pruned_is_missed_by_who_is_behind_and_by_nobody_else() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(LAYOUT.schema).unwrap();
        for _ in 0..5 {
            connection
                .execute("INSERT INTO change (at, record) VALUES (1, '{}')", [])
                .unwrap();
        }
        assert!(!prune(&connection, 3).unwrap().unwrap());
        let behind = read_log(&connection, Some(2)).unwrap_err();
        assert!(matches!(behind, StoreError::Trimmed { position, .. } if position == "2"));
        for (after, positions) in [(Some(3), vec!["4", "5"]), (Some(5), vec![]), (None, vec!["4", "5"])] {
            let page = read_log(&connection, after).unwrap();
            let seen: Vec<&str> = page.changes.iter().map(|change| change.position.as_str()).collect();
            assert_eq!(seen, positions);
        }
    }
}
