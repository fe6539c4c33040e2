//! Keeps a task on every shard whose lease this process holds, and sees to it that nothing was missed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinSet};

use super::Shared;
use super::progress::{CLICKHOUSE, OWNERS, REPLICATION, SCHEMA, ShardCounts};
use super::shards::{self, Watch};
use super::sink::Undelivered;
use super::tail::{Ended, Tail};
use crate::migrate::{self, MigrateError};
use crate::store::{Checkpoint, Lease, Listing, StoreError};
use crate::timestamp::Timestamp;

/// How a destination was left.
pub(super) enum Left {
    /// Told to stop.
    Stopped,
    /// The table is another one now: its leases are others too.
    DestinationChanged,
}

/// For so long the table is asked for its identity.
const CONFIRM_WITHIN: Duration = Duration::from_secs(5);
/// It is noted so many times, while a change is kept, that somebody has looked.
const LOOKS: u32 = 24;

/// When somebody last looked at the stream, in milliseconds since 1970.
fn looked_at(leases: &shards::Leases<'_>) -> Option<i64> {
    match leases.get(shards::LOOKED)?.checkpoint.as_ref()? {
        Checkpoint::After(millis) => millis.parse().ok(),
        Checkpoint::End => None,
    }
}

fn elapsed_since(millis: i64) -> Duration {
    let elapsed = Timestamp::now().millis() - millis;
    Duration::from_millis(elapsed.try_into().unwrap_or(0))
}

/// Follows the shards of one destination.
pub(super) struct Follower {
    shared: Arc<Shared>,
    watch: Watch,
    tasks: JoinSet<Result<Ended, StoreError>>,
    /// What each task follows.
    running: HashMap<Id, String>,
}

/// What is no longer followed is no longer told of.
impl Drop for Follower {
    fn drop(&mut self) {
        for shard in self.running.values() {
            self.shared.progress.forget(shard);
        }
    }
}

impl Follower {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            watch: Watch::new(shared.lease_time),
            shared,
            tasks: JoinSet::new(),
            running: HashMap::new(),
        }
    }

    /// Runs until it is told to stop, or the destination has changed.
    ///
    /// # Errors
    /// [`StoreError::Unusable`]: someone has to act.
    pub(super) async fn run(mut self) -> anyhow::Result<Left> {
        loop {
            // A table that takes what is inserted says nothing of being another one. While it is still being made, it waits.
            if self.has_another_destination().await {
                return Ok(Left::DestinationChanged);
            }
            self.look_at_schema().await;
            match self.look().await {
                Ok(()) => self.shared.progress.mended(REPLICATION),
                Err(error @ StoreError::Unusable(_)) => return Err(error.into()),
                Err(error) => {
                    tracing::warn!(%error, "could not list the shards");
                    self.shared.progress.trouble(REPLICATION, &error);
                }
            }
            tokio::select! {
                Some(ended) = self.tasks.join_next_with_id() => {
                    let (task, ended) = ended?;
                    let shard = self.running.remove(&task).unwrap_or_default();
                    self.shared.progress.forget(&shard);
                    match ended? {
                        Ended::DestinationChanged => return Ok(Left::DestinationChanged),
                        Ended::LeaseLost => {
                            self.shared.metrics.leases_lost.inc();
                            if self.running.is_empty() {
                                // What was in the way is another's now.
                                self.shared.progress.mended(CLICKHOUSE);
                            }
                            tracing::info!(shard, "another replicator has the shard now");
                        }
                        Ended::Done => tracing::info!(shard, "read to the end"),
                        Ended::Missed => self.missed_in(&shard).await,
                        Ended::Stopped => {}
                    }
                }
                () = tokio::time::sleep(self.shared.look_interval()) => {}
                () = self.shared.stop.cancelled() => {
                    while let Some(ended) = self.tasks.join_next().await {
                        ended??;
                    }
                    return Ok(Left::Stopped);
                }
            }
        }
    }

    /// Whether the table is another one now, and complete. One that can't be asked in time counts as the same.
    async fn has_another_destination(&self) -> bool {
        let sink = &self.shared.sink;
        let ask = async {
            let confirmed = sink.confirm_destination().await;
            confirmed == Err(Undelivered::DestinationChanged) && migrate::check(sink.server()).await.is_ok()
        };
        tokio::select! {
            asked = tokio::time::timeout(CONFIRM_WITHIN, ask) => asked.unwrap_or(false),
            () = self.shared.stop.cancelled() => false,
        }
    }

    /// Tells of a table or a view that is gone: where it is none that rows are inserted into, all else goes on without it. What can't be
    /// asked in time is left as it was said last.
    async fn look_at_schema(&self) {
        let check = tokio::time::timeout(CONFIRM_WITHIN, migrate::check(self.shared.sink.server()));
        let checked = tokio::select! {
            checked = check => checked,
            () = self.shared.stop.cancelled() => return,
        };
        match checked {
            Ok(Ok(())) => self.shared.progress.mended(SCHEMA),
            Err(_) | Ok(Err(MigrateError::ClickHouse(_))) => {}
            Ok(Err(error)) => {
                if self.shared.progress.trouble(SCHEMA, &error) {
                    tracing::warn!(%error, "the schema is not as it should be");
                }
            }
        }
    }

    /// Looks at shards and leases, mends what was missed, and takes what there is to take.
    async fn look(&mut self) -> Result<(), StoreError> {
        let listing = self.shared.changes.shards().await?;
        let mut leases = self.leases().await?;
        if let Some(reason) = self.why_scan(&listing, &leases) {
            self.scan_all(&listing, &leases, &reason).await?;
            leases = self.leases().await?;
        }
        self.looked(&leases).await?;
        let now = Instant::now();
        self.watch.observe(&leases, now);
        let found = shards::Leases::new(&leases);
        let mine: HashSet<String> = self.running.values().cloned().collect();
        let workable = shards::workable(&listing.shards, &found);
        let expired = |lease: &Lease| self.watch.expired(lease, now);
        let others = |name: &&String| {
            let live = found.get(name).filter(|lease| !expired(lease));
            live.and_then(|lease| lease.owner.as_deref())
                .is_some_and(|owner| owner != self.shared.owner)
        };
        let others = workable.iter().filter(others).count();
        for name in shards::to_take(&self.shared.owner, &workable, &found, &mine, expired) {
            self.take(found.of(&name)).await?;
        }
        for lease in shards::outlived(&listing.shards, &leases) {
            self.shared.leases.forget(&self.shared.destination, lease).await?;
        }
        match workable.len().saturating_sub(self.running.len() + others) {
            0 => self.shared.progress.mended(OWNERS),
            some => {
                self.shared
                    .progress
                    .trouble(OWNERS, &format_args!("{some} shards wait for an owner"));
            }
        }
        self.shared.progress.count_shards(ShardCounts {
            listed: listing.shards.len(),
            workable: workable.len(),
            followed: self.running.len(),
            others,
        });
        Ok(())
    }

    async fn leases(&self) -> Result<Vec<Lease>, StoreError> {
        self.shared.leases.list(&self.shared.destination).await
    }

    async fn take(&mut self, seen: Lease) -> Result<(), StoreError> {
        let Shared {
            leases,
            destination,
            owner,
            ..
        } = &*self.shared;
        let taken = leases.replace(destination, &seen, Some(owner), seen.checkpoint.as_ref());
        // Somebody else was faster.
        let Some(lease) = taken.await? else { return Ok(()) };
        if let Some(before) = seen.owner.filter(|before| before != owner) {
            tracing::info!(shard = lease.shard, before, "took the shard over");
        }
        let shard = lease.shard.clone();
        let tail = Tail::new(Arc::clone(&self.shared), lease);
        let task = self.tasks.spawn(tail.follow());
        self.running.insert(task.id(), shard);
        Ok(())
    }

    /// Why all records have to be looked at, if they have.
    fn why_scan(&self, listing: &Listing, leases: &[Lease]) -> Option<String> {
        let found = shards::Leases::new(leases);
        match found.get(shards::STREAM).map(|lease| &lease.checkpoint) {
            Some(Some(Checkpoint::After(stream))) if *stream == listing.stream => {}
            Some(Some(Checkpoint::After(stream))) => {
                self.shared.metrics.gaps.inc();
                let now = &listing.stream;
                tracing::error!(
                    now,
                    before = stream,
                    "the stream was made anew; what was written meanwhile is in neither"
                );
                return Some(format!("the stream is another one ({now}, was {stream})"));
            }
            _ => return Some("the destination is new".to_owned()),
        }
        let mut missed = shards::missed(&listing.shards, &found);
        if self.was_looked_at_late(&found) {
            missed.extend(shards::unread(&listing.shards, &found));
        }
        if missed.is_empty() {
            return None;
        }
        self.shared.metrics.gaps.inc();
        tracing::error!(?missed, "changes were missed");
        Some(format!("changes were missed, in {}", missed.join(", ")))
    }

    /// Whether nobody has looked for about as long as changes are kept. Where that is not known, somebody has.
    fn was_looked_at_late(&self, leases: &shards::Leases<'_>) -> bool {
        let (Some(kept), Some(at)) = (self.shared.changes.kept_for(), looked_at(leases)) else {
            return false;
        };
        elapsed_since(at) > kept - kept / LOOKS
    }

    /// Notes that somebody has looked.
    async fn looked(&self, leases: &[Lease]) -> Result<(), StoreError> {
        let Some(kept) = self.shared.changes.kept_for() else {
            return Ok(());
        };
        let found = shards::Leases::new(leases);
        if looked_at(&found).is_some_and(|at| elapsed_since(at) < kept / LOOKS) {
            return Ok(());
        }
        let now = Checkpoint::After(Timestamp::now().millis().to_string());
        let (table, seen) = (&self.shared.leases, found.of(shards::LOOKED));
        // Where somebody was faster, they have looked.
        table.replace(&self.shared.destination, &seen, None, Some(&now)).await?;
        Ok(())
    }

    /// Has every part of the store scanned from its start. What was missed is then in what is stored.
    async fn scan_all(&self, listing: &Listing, leases: &[Lease], reason: &str) -> Result<(), StoreError> {
        tracing::info!(reason, "scanning all records");
        let Shared {
            leases: table,
            destination,
            changes,
            ..
        } = &*self.shared;
        let found = shards::Leases::new(leases);
        for segment in 0..changes.segments() {
            let name = shards::scan_name(segment);
            let mut seen = found.of(&name);
            // Whoever scans it loses the lease by this, and it begins anew. Until it does: they write it too.
            while table.replace(destination, &seen, None, None).await?.is_none() {
                seen = shards::Leases::new(&self.leases().await?).of(&name);
            }
        }
        let listed = |name: &str| listing.shards.iter().any(|shard| shard.id == name);
        for name in shards::missed(&listing.shards, &found) {
            if let Some(lease) = found.get(&name) {
                table.forget(destination, lease).await?;
            }
        }
        for shard in &listing.shards {
            let is_root = shard.parent.as_deref().is_none_or(|parent| !listed(parent));
            if is_root && found.get(&shard.id).is_none() {
                // Known from now on: the parent is missed once, not at every look.
                table
                    .replace(destination, &Lease::unwritten(&shard.id), None, None)
                    .await?;
            }
        }
        let stream = Checkpoint::After(listing.stream.clone());
        table
            .replace(destination, &found.of(shards::STREAM), None, Some(&stream))
            .await?;
        Ok(())
    }

    /// A shard's position is no longer kept: it goes on from the oldest that is, and a scan brings what lies between.
    async fn missed_in(&self, shard: &str) {
        self.shared.metrics.gaps.inc();
        tracing::error!(shard, "changes were missed");
        let mend = async {
            let listing = self.shared.changes.shards().await?;
            let leases = self.leases().await?;
            let reason = format!("changes were missed, in {shard}");
            self.scan_all(&listing, &leases, &reason).await?;
            let seen = shards::Leases::new(&leases).of(shard);
            self.shared
                .leases
                .replace(&self.shared.destination, &seen, None, None)
                .await
        };
        // Else the next one who follows the shard finds the same.
        if let Err(error) = mend.await {
            tracing::warn!(%error, shard, "a gap is still to be mended");
        }
    }
}
