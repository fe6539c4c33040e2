//! The replicator: the store's changes → ClickHouse.
//!
//! One task per shard reads, delivers, and then moves the checkpoint: a crash at any step repeats a batch at most, and the rows'
//! versions make a repetition invisible. Parents are read to their end before their children. Any number of processes share the
//! shards by leases; each write of a lease says which one it replaces, so that one who was only slow can write nothing any more.
//!
//! What the streams don't reach back to is scanned: for a new destination, a stream that was made anew, and after a gap. A scan is
//! followed like a shard, with leases and checkpoints of its own.

mod confirm;
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

use crate::clickhouse::{ErrorKind, Server, back_off, describe, kind, masked};
use crate::metrics::Metrics;
use crate::migrate::{self, MigrateError};
use crate::observe::Told;
use crate::store::{Changes, Leases};
use follow::{Follower, Left};
use owner::Owner;
use progress::{CLICKHOUSE, Progress};
use sink::Sink;

/// A lease that nobody renewed for so long is anybody's.
pub const LEASE_TIME: Duration = Duration::from_secs(15);

/// When it is told to stop, the replicator brings home what there is, for so long at most.
pub const FINISH_WITHIN: Duration = Duration::from_secs(5);

/// Moves the changes of a store into a table until it is told to stop.
pub struct Replicator {
    pub changes: Arc<dyn Changes>,
    pub leases: Arc<dyn Leases>,
    pub owner: Owner,
    pub lease_time: Duration,
    pub server: Server,
    /// Whether the destination may have lost what it acknowledged, so that the checkpoints are held against it at the start.
    pub confirms: bool,
    pub told: Told,
}

impl Replicator {
    /// Runs until `stop`; then what the store holds by then is brought into ClickHouse, if that can be done within [`FINISH_WITHIN`]
    /// (a scan goes on at the next start). Outages of the store and of ClickHouse are waited out.
    ///
    /// # Errors
    /// When someone has to act: a schema that is not ours, a store that is not what it should be.
    pub async fn run(&self, stop: CancellationToken) -> anyhow::Result<()> {
        let now = CancellationToken::new();
        let _ends_with_this = now.clone().drop_guard();
        tokio::spawn({
            let (stop, now) = (stop.clone(), now.clone());
            async move {
                tokio::select! {
                    () = async { stop.cancelled().await; tokio::time::sleep(FINISH_WITHIN).await } => now.cancel(),
                    () = now.cancelled() => {}
                }
            }
        });
        while !stop.is_cancelled() {
            let Some(destination) = self.destination(&stop).await? else {
                return Ok(());
            };
            let url = masked(&self.server.url);
            tracing::info!(destination, url, table = self.server.table, "replicating");
            let sink = Sink::new(&self.server, self.told.clone(), destination.clone());
            let shared = Arc::new(Shared {
                changes: Arc::clone(&self.changes),
                leases: Arc::clone(&self.leases),
                owner: self.owner.name().to_owned(),
                lease_time: self.lease_time,
                confirms: self.confirms,
                sink,
                destination,
                progress: Arc::clone(&self.told.progress),
                metrics: Arc::clone(&self.told.metrics),
                stop: stop.clone(),
                now: now.clone(),
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
            let ready = tokio::select! {
                ready = ready => ready,
                () = stop.cancelled() => return Ok(None),
            };
            match ready {
                Ok(destination) => {
                    self.told.progress.mended(CLICKHOUSE);
                    return Ok(Some(destination));
                }
                Err(MigrateError::ClickHouse(error)) if kind(&error) == ErrorKind::Passing => {
                    let error = describe(&error);
                    tracing::warn!(error, "ClickHouse doesn't answer; results wait in the store");
                    self.told.progress.trouble(CLICKHOUSE, &error);
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
    confirms: bool,
    sink: Sink,
    destination: String,
    progress: Arc<Progress>,
    metrics: Arc<Metrics>,
    /// Bring home what there is, and end.
    stop: CancellationToken,
    /// End, whatever there is.
    now: CancellationToken,
}

impl Shared {
    /// Often enough to notice in time who has died, and seldom enough for what listing costs.
    fn look_interval(&self) -> Duration {
        self.lease_time / 3
    }
}
