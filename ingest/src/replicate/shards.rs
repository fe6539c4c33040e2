//! What is to be followed, and by whom: pure decisions over the shards as they are listed and the leases as they stand.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::backfill;
use crate::store::{Checkpoint, Lease, Shard};

/// Marks the leases of a scan of all records: `scan-0`, `scan-1`, …
const SCAN: &str = "scan-";
/// The lease that holds which stream was followed last.
pub(super) const STREAM: &str = "stream";

/// The lease that holds when somebody last looked at the stream, in milliseconds since 1970.
pub(super) const LOOKED: &str = "looked";

/// The lease of a part of a scan.
pub(super) fn scan_name(segment: u32) -> String {
    format!("{SCAN}{segment}")
}

/// The part of a scan that a lease is of; `None` for a shard's.
pub(super) fn segment(name: &str) -> Option<u32> {
    name.strip_prefix(SCAN)?.parse().ok()
}

fn is_shard(lease: &Lease) -> bool {
    lease.shard != STREAM
        && lease.shard != LOOKED
        && segment(&lease.shard).is_none()
        && !lease.shard.starts_with(backfill::LEASE)
}

/// Leases by the name of their shard.
pub(super) struct Leases<'a>(HashMap<&'a str, &'a Lease>);

impl<'a> Leases<'a> {
    pub(super) fn new(leases: &'a [Lease]) -> Self {
        Self(leases.iter().map(|lease| (lease.shard.as_str(), lease)).collect())
    }

    pub(super) fn get(&self, shard: &str) -> Option<&'a Lease> {
        self.0.get(shard).copied()
    }

    /// The lease, or one that was never written.
    pub(super) fn of(&self, shard: &str) -> Lease {
        self.get(shard).cloned().unwrap_or_else(|| Lease::unwritten(shard))
    }

    fn ended(&self, shard: &str) -> bool {
        self.get(shard)
            .is_some_and(|lease| lease.checkpoint == Some(Checkpoint::End))
    }
}

/// What may be followed now: the shards that have not ended and whose parent has, or is no longer listed; and unfinished scans.
pub(super) fn workable(shards: &[Shard], leases: &Leases<'_>) -> Vec<String> {
    let listed: HashSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
    let ready = |shard: &&Shard| {
        !leases.ended(&shard.id)
            && shard
                .parent
                .as_deref()
                .is_none_or(|parent| leases.ended(parent) || !listed.contains(parent))
    };
    let mut names: Vec<String> = shards.iter().filter(ready).map(|shard| shard.id.clone()).collect();
    names.extend(
        leases
            .0
            .values()
            .filter(|lease| segment(&lease.shard).is_some() && lease.checkpoint != Some(Checkpoint::End))
            .map(|lease| lease.shard.clone()),
    );
    names.sort_unstable();
    names
}

/// Shards that were trimmed before they were read to their end, and ancestors that were never seen at all.
pub(super) fn missed(shards: &[Shard], leases: &Leases<'_>) -> Vec<String> {
    let listed: HashSet<&str> = shards.iter().map(|shard| shard.id.as_str()).collect();
    let trimmed = leases
        .0
        .values()
        .filter(|lease| is_shard(lease) && !listed.contains(lease.shard.as_str()) && !leases.ended(&lease.shard))
        .map(|lease| lease.shard.clone());
    let unseen = shards
        .iter()
        .filter(|shard| leases.get(&shard.id).is_none())
        .filter_map(|shard| shard.parent.as_deref())
        .filter(|parent| !listed.contains(parent) && leases.get(parent).is_none())
        .map(str::to_owned);
    let mut names: Vec<String> = trimmed.chain(unseen).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Listed shards that nothing has been read of. That their first changes are gone is not seen by anything else: without a position the
/// oldest that is kept comes first.
pub(super) fn unread(shards: &[Shard], leases: &Leases<'_>) -> Vec<String> {
    let is_unread = |shard: &&Shard| leases.get(&shard.id).is_none_or(|lease| lease.checkpoint.is_none());
    shards.iter().filter(is_unread).map(|shard| shard.id.clone()).collect()
}

/// Ended leases that no listed shard is a child of: they have nothing more to say.
pub(super) fn outlived<'a>(shards: &[Shard], leases: &'a [Lease]) -> impl Iterator<Item = &'a Lease> {
    let named: HashSet<String> = shards
        .iter()
        .flat_map(|shard| std::iter::once(shard.id.clone()).chain(shard.parent.clone()))
        .collect();
    leases
        .iter()
        .filter(|lease| is_shard(lease) && lease.checkpoint == Some(Checkpoint::End))
        .filter(move |lease| !named.contains(&lease.shard))
}

/// Which leases to take now: those that nobody holds, up to a fair share; else one of the richest, when the load is uneven.
pub(super) fn to_take(
    me: &str,
    workable: &[String],
    leases: &Leases<'_>,
    mine: &HashSet<String>,
    expired: impl Fn(&Lease) -> bool,
) -> Vec<String> {
    let mut held = HashMap::<&str, Vec<&String>>::new();
    let mut free = Vec::new();
    for name in workable.iter().filter(|name| !mine.contains(*name)) {
        let live = leases.get(name).filter(|lease| !expired(lease));
        match live.and_then(|lease| lease.owner.as_deref()) {
            Some(owner) if owner != me => held.entry(owner).or_default().push(name),
            _ => free.push(name.clone()),
        }
    }
    let share = workable.len().div_ceil(held.len() + 1);
    let room = share.saturating_sub(mine.len());
    if !free.is_empty() || room == 0 {
        free.truncate(room);
        return free;
    }
    // One at a time: the other may be about to give some back.
    held.into_values()
        .filter(|names| names.len() > mine.len() + 1)
        .max_by_key(Vec::len)
        .and_then(|names| names.last().map(|name| (*name).clone()))
        .into_iter()
        .collect()
}

/// Notices leases that nobody renews. By this process's own clock: those of others may be wrong.
pub(super) struct Watch {
    lease_time: Duration,
    seen: HashMap<String, (u64, Instant)>,
}

impl Watch {
    pub(super) fn new(lease_time: Duration) -> Self {
        Self {
            lease_time,
            seen: HashMap::new(),
        }
    }

    pub(super) fn observe(&mut self, leases: &[Lease], now: Instant) {
        self.seen
            .retain(|shard, _| leases.iter().any(|lease| lease.shard == *shard));
        for lease in leases {
            match self.seen.get_mut(&lease.shard) {
                Some((counter, _)) if *counter == lease.counter => {}
                Some(seen) => *seen = (lease.counter, now),
                None => drop(self.seen.insert(lease.shard.clone(), (lease.counter, now))),
            }
        }
    }

    /// Whether it has stood as it is for as long as a lease lasts.
    pub(super) fn expired(&self, lease: &Lease, now: Instant) -> bool {
        self.seen
            .get(&lease.shard)
            .is_some_and(|(counter, since)| *counter == lease.counter && now.duration_since(*since) >= self.lease_time)
    }
}

#[cfg(test)]
mod tests;
