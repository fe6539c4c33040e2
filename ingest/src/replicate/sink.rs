//! Delivery into ClickHouse: a frozen batch is inserted until it is acknowledged, and a row that can't be taken is set aside.
//!
//! A retry sends the same rows under the same deduplication token. A batch that is refused for its values is halved until the
//! row at fault stands alone.

use std::time::Duration;

use clickhouse::Client;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::progress::CLICKHOUSE;
use super::row::JobRow;
use crate::clickhouse::{ErrorKind, Server, back_off, describe, kind};
use crate::dead_letters::DeadLetter;
use crate::migrate;
use crate::observe::Told;
use crate::record::Stored;
use crate::store::{Change, ChangeKind};

/// The mark of a removal, in a dead letter's body.
pub const REMOVED: &str = "_deleted";

const SEND_WITHIN: Duration = Duration::from_secs(30);
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(120);

/// Changes of one shard in order, as they are delivered and, if need be, delivered again.
pub struct Batch {
    /// Names this batch to ClickHouse, and no other ever: it remembers the names of inserts whose rows it may have lost since.
    token: String,
    shard: String,
    changes: Vec<Change>,
}

impl Batch {
    /// Freezes a page of changes.
    pub fn new(shard: &str, changes: Vec<Change>) -> Self {
        Self {
            token: format!("{:032x}", rand::random::<u128>()),
            shard: shard.to_owned(),
            changes,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }
}

/// Why a batch was given back.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// The table is not the one it was: its checkpoint has to be looked up anew.
    #[error("the destination is another one now: start again")]
    DestinationChanged,
}

/// The table that rows go into.
pub struct Sink {
    client: Client,
    server: Server,
    destination: String,
    told: Told,
}

impl Sink {
    /// A sink into the table that has this identity.
    pub fn new(server: &Server, told: Told, destination: String) -> Self {
        let client = server
            .client()
            // Pinned, because a server's default profile may say otherwise: acknowledged must mean inserted.
            .with_setting("async_insert", "0")
            // A scan goes through all months.
            .with_setting("max_partitions_per_insert_block", "0");
        Self {
            client,
            server: server.clone(),
            destination,
            told,
        }
    }

    /// Where its table is.
    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    /// Returns when every change has been acknowledged by ClickHouse or kept as a dead letter.
    ///
    /// # Errors
    /// [`Undelivered`].
    pub async fn deliver(&self, batch: Batch) -> Result<(), Undelivered> {
        let mut rows = Vec::with_capacity(batch.changes.len());
        for change in &batch.changes {
            match &change.kind {
                ChangeKind::Unreadable { reason, image } => {
                    let letter = DeadLetter::new(reason, &batch.shard, &change.position, None, image.clone());
                    self.set_aside(&letter).await;
                }
                ChangeKind::Written(_) | ChangeKind::Removed(_) => rows.push(change),
            }
        }
        self.deliver_rows(&batch, 0, &rows).await
    }

    fn deliver_rows<'a>(
        &'a self,
        batch: &'a Batch,
        offset: usize,
        changes: &'a [&'a Change],
    ) -> BoxFuture<'a, Result<(), Undelivered>> {
        async move {
            if changes.is_empty() {
                return Ok(());
            }
            for attempt in 0.. {
                let Err(error) = self.insert(batch, offset, changes).await else {
                    let bytes = changes.iter().map(|change| change.size() as u64).sum();
                    self.told.metrics.rows_inserted.inc_by(changes.len() as u64);
                    self.told.metrics.bytes_inserted.inc_by(bytes);
                    self.told.progress.mended(CLICKHOUSE);
                    return Ok(());
                };
                self.told.metrics.count_insert_error(kind(&error));
                match (kind(&error), changes) {
                    (ErrorKind::Rows, [change]) => {
                        self.set_aside(&letter(&batch.shard, change, &describe(&error))).await;
                        return Ok(());
                    }
                    (ErrorKind::Rows, _) => {
                        let (first, second) = changes.split_at(changes.len() / 2);
                        self.deliver_rows(batch, offset, first).await?;
                        return self.deliver_rows(batch, offset + first.len(), second).await;
                    }
                    (ErrorKind::Passing, _) => {
                        let error = describe(&error);
                        tracing::warn!(
                            error,
                            rows = changes.len(),
                            attempt,
                            "could not insert; the batch is sent again"
                        );
                        self.told.progress.trouble(CLICKHOUSE, &error);
                        // The columns may be others by now.
                        self.client.clear_cached_metadata().await;
                        tokio::time::sleep(back_off(attempt)).await;
                        self.confirm_destination().await?;
                    }
                }
            }
            unreachable!("the attempts are without end")
        }
        .boxed()
    }

    async fn insert(&self, batch: &Batch, offset: usize, changes: &[&Change]) -> Result<(), clickhouse::error::Error> {
        // A part of the batch has a token of its own, the same at each attempt. Positions would not do: two changes may share one.
        let token = format!("{}/{offset}/{}", batch.token, changes.len());
        let mut insert = self
            .client
            .insert::<JobRow<'_>>(&self.server.table)
            .await?
            .with_setting("insert_deduplication_token", token)
            .with_timeouts(Some(SEND_WITHIN), Some(ACKNOWLEDGED_WITHIN));
        for change in changes {
            match &change.kind {
                ChangeKind::Written(stored) => insert.write(&JobRow::written(stored)).await?,
                ChangeKind::Removed(stored) => insert.write(&JobRow::removed(stored)).await?,
                ChangeKind::Unreadable { .. } => {}
            }
        }
        insert.end().await
    }

    /// Is it still the same table? One that can't be asked counts as the same.
    pub(super) async fn confirm_destination(&self) -> Result<(), Undelivered> {
        match migrate::destination(&self.server).await {
            Ok(destination) if destination != self.destination => Err(Undelivered::DestinationChanged),
            _ => Ok(()),
        }
    }

    /// Until the letter is kept: passing over a change is the one thing that must not happen.
    async fn set_aside(&self, letter: &DeadLetter) {
        for attempt in 0.. {
            match self.told.dead_letters.keep(letter).await {
                Ok(()) => return self.told.metrics.dead_letters.inc(),
                Err(error) => tracing::error!(%error, "could not keep a dead letter"),
            }
            tokio::time::sleep(back_off(attempt)).await;
        }
    }
}

/// Inserts one row, once, for one who waits for what comes of it.
///
/// # Errors
/// Those of ClickHouse.
pub async fn insert_one(server: &Server, row: &JobRow<'_>) -> Result<(), clickhouse::error::Error> {
    let client = server.client().with_setting("async_insert", "0");
    let mut insert = client.insert::<JobRow<'_>>(&server.table).await?;
    insert.write(row).await?;
    insert.end().await
}

fn letter(shard: &str, change: &Change, reason: &str) -> DeadLetter {
    let (row, image) = match &change.kind {
        ChangeKind::Written(stored) => (Some(row_name(stored, "written")), json(stored, false)),
        ChangeKind::Removed(stored) => (Some(row_name(stored, "removed")), json(stored, true)),
        ChangeKind::Unreadable { image, .. } => (None, image.clone()),
    };
    DeadLetter::new(reason, shard, &change.position, row.as_deref(), image)
}

/// What tells the row of a letter from all others. A record whose creation time has changed has two: one to write, one to take away.
fn row_name(stored: &Stored, what: &str) -> String {
    let (created_at, repo, key) = stored.row_key();
    format!("{what}\n{}\n{repo}\n{key}", created_at.millis())
}

/// A record as a letter's body; [`REMOVED`] marks one that is to be taken away.
fn json(stored: &Stored, removed: bool) -> String {
    let mut image = serde_json::to_value(stored).expect("a record is texts and numbers");
    if removed {
        image[REMOVED] = true.into();
    }
    image.to_string()
}
