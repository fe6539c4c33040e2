//! The replicator: the store's changes → ClickHouse.
//!
//! One task per shard reads, delivers, and then moves the checkpoint: a crash at any step repeats a batch at most, and the rows'
//! versions make a repetition invisible. Parents are read to their end before their children. Any number of processes share the
//! shards by leases; each write of a lease says which one it replaces, so that one who was only slow can write nothing any more.
//!
//! What the streams don't reach back to is scanned: for a new destination, a stream that was made anew, and after a gap. A scan is
//! followed like a shard, with leases and checkpoints of its own.

mod follow;
pub mod owner;
pub mod progress;
pub mod row;
mod shards;
pub mod sink;
mod tail;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clickhouse::{ErrorKind, Server, back_off, kind};
use crate::dead_letters::DeadLetters;
use crate::metrics::Metrics;
use crate::migrate::{self, MigrateError};
use crate::store::{Changes, Leases, Listing};
use follow::{Follower, Left};
use owner::Owner;
use progress::Progress;
use sink::Sink;

/// A lease that nobody renewed for so long is anybody's.
pub const LEASE_TIME: Duration = Duration::from_secs(15);

/// Moves the changes of a store into a table until it is told to stop.
pub struct Replicator {
    pub changes: Arc<dyn Changes>,
    pub leases: Arc<dyn Leases>,
    pub owner: Owner,
    pub lease_time: Duration,
    pub server: Server,
    pub dead_letters: Arc<DeadLetters>,
    pub progress: Arc<Progress>,
    pub metrics: Arc<Metrics>,
}

impl Replicator {
    /// Runs until `stop`. Outages of the store and of ClickHouse are waited out.
    ///
    /// # Errors
    /// When someone has to act: a schema that is not ours, a store that is not what it should be.
    pub async fn run(&self, stop: CancellationToken) -> anyhow::Result<()> {
        while !stop.is_cancelled() {
            let Some(destination) = self.destination(&stop).await? else {
                return Ok(());
            };
            tracing::info!(destination, table = self.server.table, "replicating");
            let sink = Sink::new(
                &self.server,
                Arc::clone(&self.dead_letters),
                Arc::clone(&self.metrics),
                destination.clone(),
            );
            let shared = Arc::new(Shared {
                changes: Arc::clone(&self.changes),
                leases: Arc::clone(&self.leases),
                owner: self.owner.name().to_owned(),
                lease_time: self.lease_time,
                sink,
                destination,
                progress: Arc::clone(&self.progress),
                metrics: Arc::clone(&self.metrics),
                stop: stop.clone(),
            });
            match Follower::new(shared).run().await? {
                Left::Stopped => return Ok(()),
                Left::DestinationChanged => tracing::warn!("the destination is another one now"),
            }
        }
        Ok(())
    }

    /// The destination's identity, once it can be asked and has our schema; `None` when told to stop.
    async fn destination(&self, stop: &CancellationToken) -> Result<Option<String>, MigrateError> {
        for attempt in 0.. {
            let ready = async {
                migrate::check(&self.server).await?;
                Ok(migrate::destination(&self.server).await?)
            };
            match ready.await {
                Ok(destination) => return Ok(Some(destination)),
                Err(MigrateError::ClickHouse(error)) if kind(&error) == ErrorKind::Passing => {
                    tracing::warn!(%error, "ClickHouse doesn't answer; results wait in the store");
                }
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = tokio::time::sleep(back_off(attempt)) => {}
                () = stop.cancelled() => return Ok(None),
            }
        }
        unreachable!("the attempts are without end")
    }
}

/// What the tasks of one destination share.
struct Shared {
    changes: Arc<dyn Changes>,
    leases: Arc<dyn Leases>,
    owner: String,
    lease_time: Duration,
    sink: Sink,
    destination: String,
    progress: Arc<Progress>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
}

impl Shared {
    /// Often enough to notice in time who has died, and seldom enough for what listing costs.
    fn look_interval(&self) -> Duration {
        self.lease_time / 3
    }

    fn observe(&self, listing: &Listing, leases: &shards::Leases<'_>, followed: usize) {
        self.metrics.observe_shards(
            listing.shards.len(),
            shards::workable(&listing.shards, leases).len(),
            followed,
        );
    }
}
