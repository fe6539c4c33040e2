//! From the store to ClickHouse, all of it: `oot-ingest backfill`. Safe while the stream runs, because the newer version wins.
//!
//! The parts of a scan run side by side, each with a checkpoint of its own, so that a backfill that was stopped goes on where it was.

pub mod command;
pub mod difference;
pub mod verify;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::replicate::sink::{Batch, Sink};
use crate::store::{Change, Changes, Checkpoint, Lease, Leases, Then};
use crate::timestamp::Timestamp;

/// A backfill into one destination.
pub struct Backfill {
    pub changes: Arc<dyn Changes>,
    pub leases: Arc<dyn Leases>,
    pub sink: Arc<Sink>,
    pub destination: String,
    /// Records a second, at most; none is as fast as it goes.
    pub rate: Option<u32>,
    /// Records that were heard of before are passed over: they would not be kept.
    pub since: Timestamp,
    /// One that was stopped is not gone on with.
    pub restart: bool,
    /// Records that ClickHouse has acknowledged so far.
    pub done: Arc<AtomicU64>,
}

/// A backfill that did not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// When it wrote its last checkpoint; none of one that didn't say so yet.
    pub stopped_at: Option<Timestamp>,
}

impl Backfill {
    /// The one that is gone on with, if there is one.
    ///
    /// # Errors
    /// When the store doesn't answer.
    pub async fn unfinished(&self) -> anyhow::Result<Option<Unfinished>> {
        let parts = self.parts().await?;
        let begun = parts.iter().filter(|lease| lease.checkpoint.is_some());
        let moments = begun.map(|lease| lease.owner.as_deref().and_then(written_at));
        // None is less than any.
        Ok(moments.max().map(|stopped_at| Unfinished { stopped_at }))
    }

    /// The lease of each part, with the checkpoint that it goes on after. All go from the start where that is asked for, and where an
    /// earlier backfill came to its end and only did not say so any more.
    async fn parts(&self) -> anyhow::Result<Vec<Lease>> {
        let listed = self.leases.list(&self.destination).await?;
        let names = (0..self.changes.segments()).map(lease_name);
        let mut parts: Vec<Lease> = names
            .map(|name| {
                let lease = listed.iter().find(|lease| lease.shard == name).cloned();
                lease.unwrap_or_else(|| Lease::unwritten(&name))
            })
            .collect();
        let is_written = |lease: &Lease| listed.iter().any(|it| it.shard == lease.shard);
        let is_at_its_end = |lease: &Lease| lease.checkpoint == Some(Checkpoint::End);
        // All are written at the start, and forgotten one by one at the end.
        if self.restart || parts.iter().all(|lease| is_at_its_end(lease) || !is_written(lease)) {
            parts.iter_mut().for_each(|lease| lease.checkpoint = None);
        }
        Ok(parts)
    }

    /// Runs to the end, or until `stop`; gives whether it came to the end.
    ///
    /// # Errors
    /// When the store doesn't answer, another backfill takes over, or the destination becomes another.
    pub async fn run(self: Arc<Self>, stop: &CancellationToken) -> anyhow::Result<bool> {
        let parts = self.parts().await?;
        let started = Instant::now();
        let mut segments = JoinSet::new();
        for (segment, lease) in (0_u32..).zip(parts) {
            let (backfill, stop) = (Arc::clone(&self), stop.clone());
            segments.spawn(async move { backfill.segment(segment, lease, started, &stop).await });
        }
        let mut ended = Vec::new();
        while let Some(segment) = segments.join_next().await {
            ended.extend(segment.context("a part of the backfill panicked")??);
        }
        if ended.len() < self.changes.segments() as usize {
            return Ok(false);
        }
        for lease in ended {
            self.leases.forget(&self.destination, &lease).await?;
        }
        Ok(true)
    }

    /// Gives the lease at the end; `None` when it was stopped before.
    async fn segment(
        &self,
        segment: u32,
        seen: Lease,
        started: Instant,
        stop: &CancellationToken,
    ) -> anyhow::Result<Option<Lease>> {
        let mut lease = self.write(&seen, seen.checkpoint.as_ref()).await?;
        let mut after = match &lease.checkpoint {
            Some(Checkpoint::End) => return Ok(Some(lease)),
            Some(Checkpoint::After(position)) => {
                tracing::info!(segment, "goes on where it was stopped");
                Some(position.clone())
            }
            None => None,
        };
        loop {
            if stop.is_cancelled() {
                return Ok(None);
            }
            let mut page = self.changes.scan(segment, after.as_deref()).await?;
            if let Some(last) = page.changes.last() {
                after = Some(last.position.clone());
            }
            page.changes.retain(|change| change.is_kept_since(self.since));
            if !self.deliver(&lease.shard, page.changes, started, stop).await? {
                return Ok(None);
            }
            if page.then == Then::End {
                return Ok(Some(self.write(&lease, Some(&Checkpoint::End)).await?));
            }
            lease = self
                .write(&lease, after.clone().map(Checkpoint::After).as_ref())
                .await?;
        }
    }

    /// At the rate that is asked for; gives whether it came to the end.
    async fn deliver(
        &self,
        shard: &str,
        mut changes: Vec<Change>,
        started: Instant,
        stop: &CancellationToken,
    ) -> anyhow::Result<bool> {
        // A second's worth at once, so that a rate is one also where a page holds more.
        let at_once = self.rate.map_or(usize::MAX, |rate| rate as usize);
        while !changes.is_empty() {
            let rest = changes.split_off(changes.len().min(at_once));
            let batch = Batch::new(shard, std::mem::replace(&mut changes, rest));
            let records = batch.len() as u64;
            tokio::select! {
                delivered = self.sink.deliver(batch) => delivered?,
                () = stop.cancelled() => return Ok(false),
            }
            let done = self.done.fetch_add(records, Ordering::Relaxed) + records;
            if let Some(rate) = self.rate {
                let due = Duration::from_secs_f64(done as f64 / f64::from(rate));
                tokio::select! {
                    () = tokio::time::sleep(due.saturating_sub(started.elapsed())) => {}
                    () = stop.cancelled() => return Ok(changes.is_empty()),
                }
            }
        }
        Ok(true)
    }

    async fn write(&self, seen: &Lease, checkpoint: Option<&Checkpoint>) -> anyhow::Result<Lease> {
        // Nobody waits for these leases: whoever takes one over wants to know when it was written.
        let now = format!("{WRITTEN_AT}{}", Timestamp::now().to_millis());
        let replaced = self.leases.replace(&self.destination, seen, Some(&now), checkpoint);
        match replaced.await? {
            Some(lease) => Ok(lease),
            None => bail!("another backfill into this destination has taken over"),
        }
    }
}

/// Beside the leases of the replicator's own scans.
fn lease_name(segment: u32) -> String {
    format!("{LEASE}{segment}")
}

/// Stands before the moment in the place of a lease's owner.
const WRITTEN_AT: &str = "backfill at ";

fn written_at(owner: &str) -> Option<Timestamp> {
    Timestamp::parse(owner.strip_prefix(WRITTEN_AT)?).ok()
}

/// Marks the leases of a backfill.
pub(crate) const LEASE: &str = "backfill-";
