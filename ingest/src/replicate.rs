//! The replicator: the store's changes → ClickHouse.
//!
//! One task per shard reads a page, delivers it, and then moves the checkpoint: a crash at any step repeats a batch at most, and
//! the rows' versions make a repetition invisible. Parents are read to their end before their children.

pub mod dead_letters;
pub mod row;
pub mod sink;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::clickhouse::{Server, back_off, is_unreachable};
use crate::migrate::{self, MigrateError};
use crate::store::{Change, Changes, Checkpoint, Shard, StoreError, Then};
use dead_letters::DeadLetters;
use sink::{Batch, Sink, Undelivered};

/// How often the shards are listed again.
const LIST_INTERVAL: Duration = Duration::from_secs(10);
/// After a change has been seen, others are waited for so long: a part of ClickHouse for each would be one too many.
const GATHER: Duration = Duration::from_millis(100);

/// Moves the changes of a store into a table until it is told to stop.
pub struct Replicator {
    pub changes: Arc<dyn Changes>,
    pub server: Server,
    pub dead_letters: Arc<DeadLetters>,
}

/// Why a shard's task ended.
enum Ended {
    /// Told to.
    Stopped,
    /// The shard is closed and was read to its end.
    ShardDone,
    /// The table is another one now: its checkpoints are others too.
    DestinationChanged,
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
            let tailer = Arc::new(Tailer {
                changes: Arc::clone(&self.changes),
                sink: Sink::new(&self.server, Arc::clone(&self.dead_letters), destination.clone()),
                destination,
                stop: stop.clone(),
            });
            follow_shards(&tailer, &stop).await?;
        }
        Ok(())
    }

    /// The destination's identity, once it can be reached and has our schema; `None` when told to stop.
    async fn destination(&self, stop: &CancellationToken) -> Result<Option<String>, MigrateError> {
        for attempt in 0.. {
            let ready = async {
                migrate::check(&self.server).await?;
                Ok(migrate::destination(&self.server).await?)
            };
            match ready.await {
                Ok(destination) => return Ok(Some(destination)),
                Err(MigrateError::ClickHouse(error)) if is_unreachable(&error) => {
                    tracing::warn!(%error, "ClickHouse can't be reached; results wait in the store");
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

/// Keeps a task on every shard that is ready. Returns when told to stop, or when the destination has changed.
async fn follow_shards(tailer: &Arc<Tailer>, stop: &CancellationToken) -> anyhow::Result<()> {
    let mut tasks = JoinSet::new();
    let mut running = HashMap::new();
    let mut done = HashSet::new();
    loop {
        match tailer.changes.shards().await {
            Ok(shards) => {
                for id in ready(&shards, &done)
                    .filter(|id| !running.values().any(|other| other == id))
                    .collect::<Vec<_>>()
                {
                    let (tailer, shard) = (Arc::clone(tailer), id.clone());
                    let task = tasks.spawn(async move { tailer.follow(&shard).await });
                    running.insert(task.id(), id);
                }
            }
            Err(error @ StoreError::Unusable(_)) => return Err(error.into()),
            Err(error) => tracing::warn!(%error, "could not list the shards"),
        }
        tokio::select! {
            Some(ended) = tasks.join_next_with_id() => {
                let (task, ended) = ended?;
                let shard = running.remove(&task).expect("every task has its shard");
                match ended? {
                    Ended::ShardDone => drop(done.insert(shard)),
                    Ended::Stopped => {}
                    Ended::DestinationChanged => return Ok(()),
                }
            }
            () = tokio::time::sleep(LIST_INTERVAL) => {}
            () = stop.cancelled() => {
                while let Some(ended) = tasks.join_next().await {
                    ended??;
                }
                return Ok(());
            }
        }
    }
}

/// The shards that may be read now: those whose parent has been read to its end or is no longer listed.
fn ready(shards: &[Shard], done: &HashSet<String>) -> impl Iterator<Item = String> {
    shards
        .iter()
        .filter(|shard| !done.contains(&shard.id))
        .filter(|shard| match &shard.parent {
            Some(parent) => done.contains(parent) || !shards.iter().any(|other| other.id == *parent),
            None => true,
        })
        .map(|shard| shard.id.clone())
}

/// What the shards' tasks share.
struct Tailer {
    changes: Arc<dyn Changes>,
    sink: Sink,
    destination: String,
    stop: CancellationToken,
}

impl Tailer {
    /// Reads a shard from its checkpoint on.
    async fn follow(&self, shard: &str) -> Result<Ended, StoreError> {
        let checkpoint = self
            .patiently(|| self.changes.checkpoint(&self.destination, shard))
            .await?;
        let mut position = match checkpoint {
            None => return Ok(Ended::Stopped),
            Some(Some(Checkpoint::End)) => return Ok(Ended::ShardDone),
            Some(Some(Checkpoint::After(position))) => Some(position),
            Some(None) => None,
        };
        loop {
            let Some(page) = self.patiently(|| self.changes.read(shard, position.as_deref())).await? else {
                return Ok(Ended::Stopped);
            };
            if let Some(last) = page.changes.last().map(|change: &Change| change.position.clone()) {
                let batch = Batch::new(shard, page.changes);
                tokio::select! {
                    delivered = self.sink.deliver(batch) => match delivered {
                        Ok(()) => {}
                        Err(Undelivered::DestinationChanged) => return Ok(Ended::DestinationChanged),
                    },
                    () = self.stop.cancelled() => return Ok(Ended::Stopped),
                }
                // Delivered is delivered: the checkpoint moves even when we are being stopped.
                let checkpoint = Checkpoint::After(last.clone());
                if self
                    .patiently(|| self.changes.set_checkpoint(&self.destination, shard, &checkpoint))
                    .await?
                    .is_none()
                {
                    return Ok(Ended::Stopped);
                }
                position = Some(last);
            }
            match page.then {
                Then::ReadOn => {}
                Then::Wait => tokio::select! {
                    () = async { self.changes.changed().await; tokio::time::sleep(GATHER).await } => {}
                    () = self.stop.cancelled() => return Ok(Ended::Stopped),
                },
                Then::End => {
                    let end = Checkpoint::End;
                    self.patiently(|| self.changes.set_checkpoint(&self.destination, shard, &end))
                        .await?;
                    tracing::info!(shard, "read to the end");
                    return Ok(Ended::ShardDone);
                }
            }
        }
    }

    /// Asks the store until it answers; `None` when told to stop meanwhile.
    async fn patiently<'a, T>(
        &self,
        ask: impl Fn() -> futures_util::future::BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<Option<T>, StoreError> {
        for attempt in 0.. {
            match ask().await {
                Ok(answer) => return Ok(Some(answer)),
                Err(error @ StoreError::Unusable(_)) => return Err(error),
                Err(error) => tracing::warn!(%error, "the change stream is interrupted"),
            }
            tokio::select! {
                () = tokio::time::sleep(back_off(attempt)) => {}
                () = self.stop.cancelled() => return Ok(None),
            }
        }
        unreachable!("the attempts are without end")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shard(id: &str, parent: Option<&str>) -> Shard {
        Shard {
            id: id.to_owned(),
            parent: parent.map(str::to_owned),
        }
    }

    #[test]
    fn a_shard_waits_for_a_parent_that_is_listed_and_not_done() {
        // Listed out of order; `trimmed` is no longer there.
        let shards = [
            shard("c", Some("b")),
            shard("b", Some("a")),
            shard("a", Some("trimmed")),
            shard("x", None),
        ];
        let ready = |done: &[&str]| -> Vec<String> {
            let done = done.iter().map(|id| (*id).to_owned()).collect();
            super::ready(&shards, &done).collect()
        };
        assert_eq!(ready(&[]), ["a", "x"]);
        assert_eq!(ready(&["a"]), ["b", "x"]);
        assert_eq!(ready(&["a", "x", "b"]), ["c"]);
        assert_eq!(ready(&["a", "x", "b", "c"]), Vec::<String>::new());
    }
}
