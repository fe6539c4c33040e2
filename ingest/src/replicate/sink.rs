//! Delivery into ClickHouse: a frozen batch is inserted until it is acknowledged, and a row that can't be taken is set aside.
//!
//! A retry sends the same rows under the same deduplication token. A batch that is refused for its values is halved until the
//! row at fault stands alone.

use std::sync::Arc;
use std::time::Duration;

use clickhouse::Client;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::dead_letters::{DeadLetter, DeadLetters};
use super::row::JobRow;
use crate::clickhouse::{ErrorKind, Server, back_off, kind};
use crate::metrics::Metrics;
use crate::migrate;
use crate::store::{Change, ChangeKind};
use crate::timestamp::Timestamp;

const SEND_WITHIN: Duration = Duration::from_secs(30);
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(120);

/// Changes of one shard in order, as they are delivered and, if need be, delivered again.
pub struct Batch {
    shard: String,
    changes: Vec<Change>,
}

impl Batch {
    /// Freezes a page of changes.
    pub fn new(shard: &str, changes: Vec<Change>) -> Self {
        Self {
            shard: shard.to_owned(),
            changes,
        }
    }
}

/// Why a batch was given back.
#[derive(Debug, PartialEq, Eq)]
pub enum Undelivered {
    /// The table is not the one it was: its checkpoint has to be looked up anew.
    DestinationChanged,
}

/// The table that rows go into.
pub struct Sink {
    client: Client,
    server: Server,
    destination: String,
    dead_letters: Arc<DeadLetters>,
    metrics: Arc<Metrics>,
}

impl Sink {
    /// A sink into the table that has this identity.
    pub fn new(server: &Server, dead_letters: Arc<DeadLetters>, metrics: Arc<Metrics>, destination: String) -> Self {
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
            dead_letters,
            metrics,
        }
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
                    self.set_aside(&batch.shard, &change.position, reason, image).await;
                }
                ChangeKind::Written(_) | ChangeKind::Removed(_) => rows.push(change),
            }
        }
        self.deliver_rows(&batch.shard, &rows).await
    }

    fn deliver_rows<'a>(&'a self, shard: &'a str, changes: &'a [&'a Change]) -> BoxFuture<'a, Result<(), Undelivered>> {
        async move {
            if changes.is_empty() {
                return Ok(());
            }
            for attempt in 0.. {
                let Err(error) = self.insert(shard, changes).await else {
                    self.metrics.rows_inserted.inc_by(changes.len() as u64);
                    let bytes = changes.iter().map(|change| change.size() as u64).sum();
                    self.metrics.bytes_inserted.inc_by(bytes);
                    return Ok(());
                };
                self.metrics.count_insert_error(kind(&error));
                match (kind(&error), changes) {
                    (ErrorKind::Rows, [change]) => {
                        self.set_aside(shard, &change.position, &error.to_string(), &image(change)).await;
                        return Ok(());
                    }
                    (ErrorKind::Rows, _) => {
                        let (first, second) = changes.split_at(changes.len() / 2);
                        self.deliver_rows(shard, first).await?;
                        return self.deliver_rows(shard, second).await;
                    }
                    (ErrorKind::Passing, _) => {
                        tracing::warn!(%error, rows = changes.len(), attempt, "could not insert; the batch is sent again");
                        tokio::time::sleep(back_off(attempt)).await;
                        self.confirm_destination().await?;
                    }
                }
            }
            unreachable!("the attempts are without end")
        }
        .boxed()
    }

    async fn insert(&self, shard: &str, changes: &[&Change]) -> Result<(), clickhouse::error::Error> {
        let mut insert = self
            .client
            .insert::<JobRow<'_>>(&self.server.table)
            .await?
            .with_setting("insert_deduplication_token", token(shard, changes))
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

    /// After an error: is it still the same table? One that can't be asked counts as the same.
    async fn confirm_destination(&self) -> Result<(), Undelivered> {
        match migrate::destination(&self.server).await {
            Ok(destination) if destination != self.destination => Err(Undelivered::DestinationChanged),
            _ => Ok(()),
        }
    }

    /// Until the letter is kept: passing over a change is the one thing that must not happen.
    async fn set_aside(&self, shard: &str, position: &str, reason: &str, image: &str) {
        for attempt in 0.. {
            let letter = DeadLetter {
                at: Timestamp::now(),
                reason,
                shard,
                position,
                image,
            };
            match self.dead_letters.keep(&letter) {
                Ok(()) => return self.metrics.dead_letters.inc(),
                Err(error) => tracing::error!(%error, "could not keep a dead letter"),
            }
            tokio::time::sleep(back_off(attempt)).await;
        }
    }
}

/// The same rows have the same token, however often they are sent.
fn token(shard: &str, changes: &[&Change]) -> String {
    let end = |change: Option<&&Change>| change.map_or(String::new(), |change| change.position.clone());
    format!("{shard}/{}/{}", end(changes.first()), end(changes.last()))
}

fn image(change: &Change) -> String {
    match &change.kind {
        ChangeKind::Written(stored) | ChangeKind::Removed(stored) => serde_json::to_string(stored).unwrap_or_default(),
        ChangeKind::Unreadable { image, .. } => image.clone(),
    }
}
