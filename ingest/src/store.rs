//! The record store: where a result becomes durable, and the stream of what changed in it.
//!
//! Two traits, two implementations each: DynamoDB with its Streams, and SQLite with a change log. Both stores call the one pure
//! join of [`crate::record`], and one suite of contract tests runs over both. Nothing else knows which is in use.

pub mod dynamodb;
mod group_commit;
pub mod spool;
pub mod sqlite;

use futures_util::future::BoxFuture;

use crate::record::{Record, Stored};
use crate::timestamp::Timestamp;

/// What became of a result that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The record's version now. When the event said nothing new, nothing was written and it is the old one.
    pub version: u64,
    /// Whether the record changed.
    pub changed: bool,
}

/// Why a store did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// It can't be reached, is overloaded or refuses for now: the same call may succeed later.
    #[error("the record store is unavailable: {0}")]
    Unavailable(String),
    /// It is not what it should be (no table, no stream, a file of another program): someone has to act.
    #[error("{0}")]
    Unusable(String),
    /// It can never take this record, or what it has under its key can't be read: the same call ends the same.
    #[error("the record {key:?}: {reason}")]
    Refused { key: String, reason: String },
}

/// Keeps one record per job execution.
pub trait Store: Send + Sync + 'static {
    /// Joins a record with what is stored under its key. Returns when it is durable.
    ///
    /// `now` becomes `created_at` of a record seen for the first time, and its milliseconds + 1 the first version.
    fn apply(&self, record: Record, now: Timestamp) -> BoxFuture<'_, Result<Applied, StoreError>>;

    /// What is stored under a key.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>>;

    /// Whether it can store just now: cheap, and asked often.
    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// The ordered streams of changes of a store, split into shards, and how far they have been replicated.
pub trait Changes: Send + Sync + 'static {
    /// All shards listed now, parents before or after their children.
    fn shards(&self) -> BoxFuture<'_, Result<Vec<Shard>, StoreError>>;

    /// The changes of a shard after a position, oldest first; from the oldest kept when there is no position.
    fn read<'a>(&'a self, shard: &'a str, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>>;

    /// Resolves when there may be something new to read.
    fn changed(&self) -> BoxFuture<'_, ()>;

    /// How far a destination has each shard: shard and position.
    fn checkpoint<'a>(
        &'a self,
        destination: &'a str,
        shard: &'a str,
    ) -> BoxFuture<'a, Result<Option<Checkpoint>, StoreError>>;

    /// Moves a checkpoint. Call it after the destination has acknowledged everything up to it.
    fn set_checkpoint<'a>(
        &'a self,
        destination: &'a str,
        shard: &'a str,
        checkpoint: &'a Checkpoint,
    ) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// A shard of the change stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    pub id: String,
    /// Must be read to its end before this one, while it is listed.
    pub parent: Option<String>,
}

/// How far a shard has been replicated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checkpoint {
    /// Everything up to and including this position.
    After(String),
    /// The shard was closed and has been read to its end.
    End,
}

/// One read of a shard.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub changes: Vec<Change>,
    pub then: Then,
}

/// What to do after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// There may be more already.
    ReadOn,
    /// That was all for now.
    Wait,
    /// The shard is closed: nothing will ever follow.
    End,
}

/// One change of one record.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Where it stands in its shard.
    pub position: String,
    pub kind: ChangeKind,
}

/// What happened to the record.
#[derive(Clone, Debug, PartialEq)]
pub enum ChangeKind {
    /// It was written: this is how it stands.
    Written(Box<Stored>),
    /// It was removed: this is how it stood.
    Removed(Box<Stored>),
    /// It can't be read: why, and the raw image as text.
    Unreadable { reason: String, image: String },
}
