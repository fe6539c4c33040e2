//! One shard, or one part of a scan: read, gather, deliver, and then move the checkpoint.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::shards;
use super::sink::{Batch, Undelivered};
use super::{Shared, progress::ShardProgress};
use crate::clickhouse::back_off;
use crate::store::{Change, Checkpoint, Lease, Page, StoreError, Then};
use crate::timestamp::Timestamp;

/// A batch is delivered when it has so many rows,
const BATCH_ROWS: usize = 8192;
/// or so many bytes,
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// or when its first change has waited so long.
const BATCH_AGE: Duration = Duration::from_millis(400);
/// After a change has been seen, others are waited for so long: a part of ClickHouse for each would be one too many.
const GATHER: Duration = Duration::from_millis(100);
/// How often what was replicated is pruned.
const PRUNE_INTERVAL: Duration = Duration::from_secs(60);

/// Why a shard is no longer followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Told to stop.
    Stopped,
    /// It is closed, and was read to its end.
    Done,
    /// Somebody else follows it now.
    LeaseLost,
    /// Changes after the checkpoint are no longer kept.
    Missed,
    /// The table is another one now.
    DestinationChanged,
}

/// A shard that is followed.
pub(super) struct Tail {
    pub(super) shared: Arc<Shared>,
    pub(super) shard: String,
    /// As it was written last. Whoever writes it holds it: renewals and checkpoints come from two tasks.
    lease: Mutex<Lease>,
}

/// What was read and is not delivered yet.
#[derive(Default)]
struct Pending {
    changes: Vec<Change>,
    bytes: usize,
    since: Option<Instant>,
}

impl Pending {
    fn add(&mut self, changes: Vec<Change>) {
        if !changes.is_empty() {
            self.since.get_or_insert_with(Instant::now);
        }
        self.bytes += changes.iter().map(Change::size).sum::<usize>();
        self.changes.extend(changes);
    }

    fn is_full(&self) -> bool {
        self.changes.len() >= BATCH_ROWS
            || self.bytes >= BATCH_BYTES
            || self.since.is_some_and(|since| since.elapsed() >= BATCH_AGE)
    }
}

impl Tail {
    pub(super) fn new(shared: Arc<Shared>, lease: Lease) -> Self {
        Self {
            shared,
            shard: lease.shard.clone(),
            lease: Mutex::new(lease),
        }
    }

    /// Follows the shard for as long as its lease is held.
    pub(super) async fn follow(self) -> Result<Ended, StoreError> {
        let done = CancellationToken::new();
        let mut renewing = std::pin::pin!(self.keep_lease(&done));
        let ended = tokio::select! {
            ended = self.tail() => {
                // A renewal that is under way is awaited: the lease as it stands then is the one to give back.
                done.cancel();
                let lost = renewing.await;
                lost.map_or(ended, Ok)?
            }
            lost = renewing.as_mut() => lost.unwrap_or(Ended::LeaseLost),
        };
        if matches!(ended, Ended::Stopped | Ended::DestinationChanged | Ended::Missed) {
            self.give_back().await;
        }
        Ok(ended)
    }

    async fn tail(&self) -> Result<Ended, StoreError> {
        let mut position = match self.lease.lock().await.checkpoint.clone() {
            Some(Checkpoint::End) => return Ok(Ended::Done),
            Some(Checkpoint::After(position)) => Some(position),
            None => None,
        };
        self.note(|progress| progress.position.clone_from(&position));
        if let Some(position) = position.as_deref().filter(|_| self.shared.confirms)
            && let Some(ended) = self.confirmed(position).await?
        {
            return Ok(ended);
        }
        let mut pending = Pending::default();
        let mut pruned = Instant::now();
        loop {
            // Before the read: what was stored before the stop is in the page that follows it.
            let finishing = self.shared.stop.is_cancelled();
            let mut page = match self.patiently(|| self.read(position.as_deref())).await {
                Ok(Some(page)) => page,
                Ok(None) => return Ok(Ended::Stopped),
                Err(StoreError::Trimmed { .. }) => return Ok(Ended::Missed),
                Err(error) => return Err(error),
            };
            self.read_at(&page, pending.changes.is_empty());
            if let Some(last) = page.changes.last() {
                position = Some(last.position.clone());
            }
            if shards::segment(&self.shard).is_some() {
                // A scan goes through all there ever was; what would not be kept is not copied.
                let since = self.shared.sink.server().keeps_since(Timestamp::now());
                page.changes.retain(|change| change.is_kept_since(since));
            }
            pending.add(page.changes);
            if !pending.changes.is_empty() && (pending.is_full() || page.then != Then::ReadOn || finishing) {
                // What is read next is not older than the last of these.
                let last = pending.changes.last().and_then(|change| change.at);
                let behind_since = (page.then == Then::ReadOn).then(|| last.unwrap_or_else(Timestamp::now));
                let batch = Batch::new(&self.shard, std::mem::take(&mut pending).changes);
                self.note(|progress| progress.polled_at = None);
                tokio::select! {
                    delivered = self.shared.sink.deliver(batch) => match delivered {
                        Ok(()) => {}
                        Err(Undelivered::DestinationChanged) => return Ok(Ended::DestinationChanged),
                    },
                    () = self.shared.now.cancelled() => return Ok(Ended::Stopped),
                }
                self.note(|progress| progress.polled_at = Some(Timestamp::now()));
                // Delivered is delivered: the checkpoint moves even when we are being stopped.
                let reached = position.clone().map(Checkpoint::After);
                if let Some(ended) = self.checkpoint(reached, behind_since).await? {
                    return Ok(ended);
                }
            }
            match page.then {
                // A scan would not end in time; it goes on where it was.
                Then::ReadOn
                    if self.shared.now.is_cancelled() || (finishing && shards::segment(&self.shard).is_some()) =>
                {
                    return Ok(Ended::Stopped);
                }
                Then::Wait if finishing => return Ok(Ended::Stopped),
                Then::ReadOn => {}
                Then::Wait => {
                    if let Some(position) = position.as_deref().filter(|_| pruned.elapsed() > PRUNE_INTERVAL) {
                        pruned = Instant::now();
                        tokio::select! {
                            done = self.shared.changes.prune(&self.shard, position) => if let Err(error) = done {
                                tracing::warn!(%error, "could not prune what has been replicated");
                            },
                            () = self.shared.stop.cancelled() => {}
                        }
                    }
                    tokio::select! {
                        () = async { self.shared.changes.changed().await; tokio::time::sleep(GATHER).await } => {}
                        // And then reads once more: what was stored until then is brought home.
                        () = self.shared.stop.cancelled() => {}
                    }
                }
                Then::End => {
                    let ended = self.checkpoint(Some(Checkpoint::End), None).await?;
                    return Ok(ended.unwrap_or(Ended::Done));
                }
            }
        }
    }

    /// Holds the checkpoint against the data, until the store answers; gives why that is the end, if it is.
    async fn confirmed(&self, position: &str) -> Result<Option<Ended>, StoreError> {
        if shards::segment(&self.shard).is_some() {
            return Ok(None);
        }
        match self.patiently(|| self.confirm(position).boxed()).await {
            Ok(Some(Ok(()))) => Ok(None),
            Ok(Some(Err(Undelivered::DestinationChanged))) => Ok(Some(Ended::DestinationChanged)),
            Ok(None) => Ok(Some(Ended::Stopped)),
            // The changes themselves say so a moment later.
            Err(StoreError::Trimmed { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read<'a>(&'a self, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        match shards::segment(&self.shard) {
            Some(segment) => self.shared.changes.scan(segment, after),
            None => self.shared.changes.read(&self.shard, after),
        }
    }

    /// Moves the checkpoint, behind which changes wait since a moment, or none; gives why that is the end, if it is.
    async fn checkpoint(
        &self,
        checkpoint: Option<Checkpoint>,
        behind_since: Option<Timestamp>,
    ) -> Result<Option<Ended>, StoreError> {
        for attempt in 0.. {
            match self.write(Some(&self.shared.owner), checkpoint.as_ref()).await {
                Ok(true) => break,
                Ok(false) => return Ok(Some(Ended::LeaseLost)),
                Err(error @ StoreError::Unusable(_)) => return Err(error),
                Err(error) => tracing::warn!(%error, "could not write a checkpoint"),
            }
            tokio::select! {
                () = tokio::time::sleep(back_off(attempt)) => {}
                () = self.shared.now.cancelled() => return Ok(Some(Ended::Stopped)),
            }
        }
        self.note(|progress| {
            progress.checkpoint_at = Some(Timestamp::now());
            progress.behind_since = behind_since;
            if let Some(Checkpoint::After(position)) = checkpoint {
                progress.position = Some(position);
            }
        });
        Ok(None)
    }

    /// Renews the lease until it is lost, or nothing is left to be done under it.
    async fn keep_lease(&self, done: &CancellationToken) -> Option<Ended> {
        loop {
            tokio::select! {
                () = tokio::time::sleep(self.shared.lease_time / 3) => {}
                () = done.cancelled() => return None,
            }
            match self.write_again(Some(&self.shared.owner)).await {
                Ok(true) => {}
                Ok(false) => return Some(Ended::LeaseLost),
                // It may be that the lease runs out; then the next write that reaches the store says so.
                Err(error) => tracing::warn!(%error, shard = self.shard, "could not renew a lease"),
            }
        }
    }

    async fn give_back(&self) {
        if let Err(error) = self.write_again(None).await {
            tracing::warn!(%error, shard = self.shard, "could not give a lease back; it runs out by itself");
        }
    }

    /// Writes the lease with another checkpoint; whether it was still ours.
    async fn write(&self, owner: Option<&str>, checkpoint: Option<&Checkpoint>) -> Result<bool, StoreError> {
        let mut lease = self.lease.lock().await;
        self.replace(&mut lease, owner, checkpoint).await
    }

    /// Writes it with the checkpoint that it has. That is read while nobody else writes: an older one would undo a newer.
    async fn write_again(&self, owner: Option<&str>) -> Result<bool, StoreError> {
        let mut lease = self.lease.lock().await;
        let checkpoint = lease.checkpoint.clone();
        self.replace(&mut lease, owner, checkpoint.as_ref()).await
    }

    async fn replace(
        &self,
        lease: &mut Lease,
        owner: Option<&str>,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<bool, StoreError> {
        let Shared {
            leases, destination, ..
        } = &*self.shared;
        match leases.replace(destination, lease, owner, checkpoint).await? {
            Some(written) => {
                *lease = written;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn read_at(&self, page: &Page, caught_up: bool) {
        let now = Timestamp::now();
        self.note(|progress| {
            progress.polled_at = Some(now);
            match page.changes.first() {
                Some(first) if caught_up => progress.behind_since = Some(first.at.unwrap_or(now)),
                None if caught_up && page.then != Then::ReadOn => progress.behind_since = None,
                Some(_) | None => {}
            }
        });
    }

    fn note(&self, change: impl FnOnce(&mut ShardProgress)) {
        self.shared.progress.change(&self.shard, change);
    }

    /// Asks the store until it answers; `None` when told to stop meanwhile.
    async fn patiently<'a, T>(
        &self,
        ask: impl Fn() -> BoxFuture<'a, Result<T, StoreError>>,
    ) -> Result<Option<T>, StoreError> {
        for attempt in 0.. {
            match ask().await {
                Ok(answer) => {
                    self.shared.progress.mended(&self.shard);
                    return Ok(Some(answer));
                }
                Err(error @ (StoreError::Unusable(_) | StoreError::Trimmed { .. })) => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "the change stream is interrupted");
                    self.shared.progress.trouble(&self.shard, &error);
                }
            }
            tokio::select! {
                () = tokio::time::sleep(back_off(attempt)) => {}
                () = self.shared.stop.cancelled() => return Ok(None),
            }
        }
        unreachable!("the attempts are without end")
    }
}
