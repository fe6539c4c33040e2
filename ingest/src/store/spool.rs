//! What waits while the store is away: accepted results on disk, until the store has them.
//!
//! The order in which they leave makes no difference, because records are joined: the oldest go first so that none waits forever.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::{Connection, OptionalExtension as _, params, params_from_iter};

use super::StoreError;
use super::group_commit::{Layout, Writer, connect, unavailable};
use crate::record::Record;
use crate::timestamp::Timestamp;

/// The file: "OOTS" in ASCII, and the table beside this.
const LAYOUT: Layout = Layout {
    kind: "spool",
    application_id: 0x4f4f_5453,
    version: 1,
    schema: include_str!("spool.sql"),
};

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of records.
    pub max_bytes: u64,
    /// Bytes that must stay free on the disk.
    pub min_free_bytes: u64,
}

/// Results on disk. Cheap to clone.
#[derive(Clone)]
pub struct Spool {
    writer: Writer,
    reader: Arc<Mutex<Connection>>,
    directory: PathBuf,
    limits: Limits,
    level: Arc<Mutex<Level>>,
    /// Bytes of the last result that there was no room for; 0 since one has been taken.
    wanted: Arc<AtomicU64>,
    /// Held as long as the spool is: what waits is counted in this process alone.
    _lock: Arc<File>,
}

/// How much waits, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Level {
    pub results: u64,
    /// Of records, as text.
    pub bytes: u64,
    /// When the one that waits longest came.
    pub oldest: Option<Timestamp>,
}

/// A result that waits.
#[derive(Debug, PartialEq)]
pub struct Waiting {
    pub position: i64,
    /// When it came.
    pub heard_at: Timestamp,
    /// The record; or why its text can't be read, and that text.
    pub record: Result<Box<Record>, (String, String)>,
    bytes: u64,
}

impl Spool {
    /// Opens the spool's file, and makes it when it isn't there. Blocks.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when the file can't be opened, is not a spool of this version, or is another process's.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, StoreError> {
        let held = claim(path)?;
        let writer = Writer::open(path, LAYOUT)?;
        let reader = connect(path, LAYOUT)?;
        let level = measure(&reader).map_err(unavailable)?;
        Ok(Self {
            writer,
            reader: Arc::new(Mutex::new(reader)),
            directory: path.parent().map(Path::to_owned).unwrap_or_default(),
            limits,
            level: Arc::new(Mutex::new(level)),
            wanted: Arc::default(),
            _lock: Arc::new(held),
        })
    }

    /// Keeps a result. Returns when it is on disk.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the spool is full, or the disk doesn't take it.
    pub async fn keep(&self, record: &Record, heard_at: Timestamp) -> Result<(), StoreError> {
        let text = serde_json::to_string(record).expect("a record is texts and numbers");
        let bytes = text.len() as u64;
        let kept = self.keep_text(text, bytes, heard_at).await;
        let wanted = if kept.is_ok() {
            0
        } else {
            bytes.min(self.limits.max_bytes)
        };
        self.wanted.store(wanted, Ordering::Relaxed);
        kept
    }

    async fn keep_text(&self, text: String, bytes: u64, heard_at: Timestamp) -> Result<(), StoreError> {
        self.reserve(bytes, heard_at)?;
        let spool = self.clone();
        let written = async move {
            let of_writer = spool.clone();
            let insert = move |connection: &Connection| {
                if let Err(full) = of_writer.disk_has_room_for(bytes) {
                    return Ok(Err(full));
                }
                connection
                    .prepare_cached("INSERT INTO waiting (heard_at, record) VALUES (?1, ?2)")?
                    .execute(params![heard_at.nanos(), text])?;
                Ok(Ok(()))
            };
            let written = spool.writer.write(insert).await;
            if written.is_err() {
                lock(&spool.level).remove(1, bytes);
            }
            written
        };
        // Whoever waits may give up; what was counted in is still counted out where it was not written.
        let ended = tokio::spawn(written).await;
        ended.unwrap_or_else(|error| Err(StoreError::Unavailable(format!("a write was cut short: {error}"))))
    }

    /// The results that wait longest, of those after a position; the first has 1.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the file can't be read.
    pub async fn oldest(&self, after: i64, at_most: usize) -> Result<Vec<Waiting>, StoreError> {
        let reader = Arc::clone(&self.reader);
        tokio::task::spawn_blocking(move || oldest(&lock(&reader), after, at_most).map_err(unavailable))
            .await
            .map_err(|error| StoreError::Unavailable(format!("a read was cut short: {error}")))?
    }

    /// Forgets results that are elsewhere now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the disk doesn't take it: they come again.
    pub async fn forget(&self, done: &[Waiting]) -> Result<(), StoreError> {
        let positions: Vec<i64> = done.iter().map(|waiting| waiting.position).collect();
        let oldest = self
            .writer
            .write(move |connection| {
                let places = vec!["?"; positions.len()].join(", ");
                connection.execute(
                    &format!("DELETE FROM waiting WHERE position IN ({places})"),
                    params_from_iter(positions),
                )?;
                Ok(Ok(first(connection)?))
            })
            .await?;
        let mut level = lock(&self.level);
        level.remove(done.len() as u64, done.iter().map(|waiting| waiting.bytes).sum());
        // One that is just being written is not among those that were read.
        level.oldest = oldest.or(level.oldest).filter(|_| level.results > 0);
        Ok(())
    }

    /// How much waits, and since when.
    pub fn level(&self) -> Level {
        *lock(&self.level)
    }

    /// How much may wait.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Whether a result would be taken now.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], which says what is short.
    pub fn ready(&self) -> Result<(), StoreError> {
        self.writer.ready()?;
        let bytes = self.wanted.load(Ordering::Relaxed).max(1);
        self.level_has_room_for(&self.level(), bytes)?;
        self.disk_has_room_for(bytes)
    }

    /// Counts a result in before it is written, so that no two are let in where there is room for one.
    fn reserve(&self, bytes: u64, heard_at: Timestamp) -> Result<(), StoreError> {
        let mut level = lock(&self.level);
        self.level_has_room_for(&level, bytes)?;
        level.results += 1;
        level.bytes += bytes;
        level.oldest = Some(level.oldest.map_or(heard_at, |oldest| oldest.min(heard_at)));
        Ok(())
    }

    fn level_has_room_for(&self, level: &Level, bytes: u64) -> Result<(), StoreError> {
        let max = self.limits.max_bytes;
        if level.bytes + bytes > max {
            return Err(StoreError::Unavailable(format!(
                "the spool is full: {} of {max} bytes are taken",
                level.bytes
            )));
        }
        Ok(())
    }

    fn disk_has_room_for(&self, bytes: u64) -> Result<(), StoreError> {
        let min = self.limits.min_free_bytes;
        match rustix::fs::statvfs(&self.directory).map(|disk| disk.f_bavail * disk.f_frsize) {
            Ok(free) if free < min + bytes => Err(StoreError::Unavailable(format!(
                "the spool's disk is full: {free} bytes are free, {min} must stay so"
            ))),
            // What can't be asked is left to the write itself.
            _ => Ok(()),
        }
    }
}

impl Level {
    fn remove(&mut self, results: u64, bytes: u64) {
        self.results = self.results.saturating_sub(results);
        self.bytes = self.bytes.saturating_sub(bytes);
        if self.results == 0 {
            self.oldest = None;
        }
    }
}

/// Holds a spool's data directory for this process, whether or not the spool is opened. Blocks.
///
/// # Errors
/// [`StoreError::Unusable`] where another process has it, or the lock beside the spool can't be made.
pub fn claim(spool: &Path) -> Result<File, StoreError> {
    let path = &spool.with_extension("lock");
    let open = || File::options().create(true).append(true).open(path);
    let failed =
        |error: &dyn std::fmt::Display| StoreError::Unusable(format!("can't lock {}: {error}", path.display()));
    let file = open().map_err(|error| failed(&error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Unusable(format!(
            "another oot-ingest uses {}: give each its own --data",
            path.parent().unwrap_or(path).display()
        ))),
        Err(TryLockError::Error(error)) => Err(failed(&error)),
    }
}

fn measure(connection: &Connection) -> rusqlite::Result<Level> {
    let (results, bytes) = connection.query_row(
        "SELECT count(*), coalesce(sum(length(CAST(record AS BLOB))), 0) FROM waiting",
        [],
        |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
    )?;
    Ok(Level {
        results: results.unsigned_abs(),
        bytes: bytes.unsigned_abs(),
        oldest: first(connection)?,
    })
}

fn first(connection: &Connection) -> rusqlite::Result<Option<Timestamp>> {
    connection
        .prepare_cached("SELECT heard_at FROM waiting ORDER BY position LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()
        .map(|nanos| nanos.and_then(Timestamp::from_nanos))
}

fn oldest(connection: &Connection, after: i64, at_most: usize) -> rusqlite::Result<Vec<Waiting>> {
    connection
        .prepare_cached(
            "SELECT position, heard_at, record FROM waiting WHERE position > ?1 ORDER BY position LIMIT ?2",
        )?
        .query_map([after, at_most as i64], |row| {
            let (position, heard_at, text): (_, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let bytes = text.len() as u64;
            Ok(Waiting {
                position,
                heard_at: Timestamp::from_nanos(heard_at).unwrap_or_else(Timestamp::now),
                record: serde_json::from_str(&text).map_err(|error| (error.to_string(), text)),
                bytes,
            })
        })?
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it holds this lock")
}
