//! The record store: where a result becomes durable, and the stream of what changed in it.
//!
//! Three traits, two implementations each: DynamoDB with its Streams, and SQLite with a change log. Both stores call the one pure
//! join of [`crate::record`], and one suite of contract tests runs over both. Nothing else knows which is in use.

pub mod dynamodb;
mod group_commit;
pub mod spool;
pub mod sqlite;

use std::time::Duration;

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
    /// How often the record was not as expected, and what it was had to be joined first.
    pub conflicts: u32,
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
    /// The position is older than what is still kept.
    #[error("changes after {position} of {shard} are no longer kept")]
    Trimmed { shard: String, position: String },
    /// It can never take this record, or what it has under its key can't be read: the same call ends the same.
    #[error("the record {key:?}: {reason}")]
    Refused { key: String, reason: String },
    /// Others wrote the same record each time: it takes records, and this one later.
    #[error("other writes of the record {key:?} came first, {times} times")]
    Outrun { key: String, times: u32 },
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

/// The ordered streams of changes of a store, split into shards; and all that is stored, for when the streams don't reach back.
pub trait Changes: Send + Sync + 'static {
    /// Which stream this is, and its shards as they are listed now, in any order.
    fn shards(&self) -> BoxFuture<'_, Result<Listing, StoreError>>;

    /// The changes of a shard after a position, oldest first; from the oldest kept when there is no position.
    ///
    /// [`StoreError::Trimmed`] when changes after the position are no longer kept.
    fn read<'a>(&'a self, shard: &'a str, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>>;

    /// A position well before this one, after which changes are still kept; `None` for the oldest that is.
    fn before<'a>(&'a self, shard: &'a str, position: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>>;

    /// For how long a change is kept, where none is kept for longer.
    fn kept_for(&self) -> Option<Duration>;

    /// Resolves when there may be something new to read.
    fn changed(&self) -> BoxFuture<'_, ()>;

    /// How many records there are, about.
    fn estimate(&self) -> BoxFuture<'_, Result<Option<u64>, StoreError>>;

    /// Into how many parts a scan is split.
    fn segments(&self) -> u32;

    /// The records of a part of the store after a position, in an order of its own; [`Then::End`] after the last.
    fn scan<'a>(&'a self, segment: u32, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>>;

    /// Changes up to this position have been replicated, and need not be kept for that.
    fn prune<'a>(&'a self, shard: &'a str, up_to: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// Who follows which shard, and how far each has come. Any number of processes share them.
pub trait Leases: Send + Sync + 'static {
    /// All leases of a destination.
    fn list<'a>(&'a self, destination: &'a str) -> BoxFuture<'a, Result<Vec<Lease>, StoreError>>;

    /// Puts owner and checkpoint in the place of those of `seen`, if nobody has written that lease since: gives it as it stands
    /// then, `None` when somebody was faster. One who was too slow can write nothing any more.
    fn replace<'a>(
        &'a self,
        destination: &'a str,
        seen: &'a Lease,
        owner: Option<&'a str>,
        checkpoint: Option<&'a Checkpoint>,
    ) -> BoxFuture<'a, Result<Option<Lease>, StoreError>>;

    /// Removes a lease that nobody needs any more.
    fn forget<'a>(&'a self, destination: &'a str, seen: &'a Lease) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// The shards of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The stream: one that was disabled and enabled again is another.
    pub stream: String,
    pub shards: Vec<Shard>,
}

/// A shard of the change stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    pub id: String,
    /// Must be read to its end before this one, while it is listed.
    pub parent: Option<String>,
}

/// Who follows a shard, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub shard: String,
    /// None when nobody does.
    pub owner: Option<String>,
    /// One more with every write; 0 for a lease that was never written.
    pub counter: u64,
    /// None when it is still to be read from its start.
    pub checkpoint: Option<Checkpoint>,
}

impl Lease {
    /// A lease that was never written.
    pub fn unwritten(shard: &str) -> Self {
        Self {
            shard: shard.to_owned(),
            owner: None,
            counter: 0,
            checkpoint: None,
        }
    }

    /// The lease that is to stand in this one's place.
    fn next(&self, owner: Option<&str>, checkpoint: Option<&Checkpoint>) -> Self {
        Self {
            shard: self.shard.clone(),
            owner: owner.map(str::to_owned),
            counter: self.counter + 1,
            checkpoint: checkpoint.cloned(),
        }
    }
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
    /// When it was made, as far as that is known.
    pub at: Option<Timestamp>,
    pub kind: ChangeKind,
}

impl Change {
    /// Whether it is of a record that was heard of since, or can't be told.
    pub fn is_kept_since(&self, since: Timestamp) -> bool {
        match &self.kind {
            ChangeKind::Written(stored) | ChangeKind::Removed(stored) => stored.created_at >= since,
            ChangeKind::Unreadable { .. } => true,
        }
    }

    /// Bytes that it takes in memory and on the wire, about.
    pub fn size(&self) -> usize {
        match &self.kind {
            ChangeKind::Written(stored) | ChangeKind::Removed(stored) => {
                let record = &stored.record;
                let long = [
                    &record.completion.failed_tests_json,
                    &record.details.environment,
                    &record.details.triage_verdict,
                ];
                512 + 2 * record.key.len()
                    + long
                        .iter()
                        .map(|text| text.as_ref().map_or(0, String::len))
                        .sum::<usize>()
            }
            ChangeKind::Unreadable { reason, image } => reason.len() + image.len(),
        }
    }
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
