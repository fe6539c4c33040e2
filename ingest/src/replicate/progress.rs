//! How far each shard is, and what is in the way: for metrics, the status, and the health line.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use serde::Serialize;

use crate::timestamp::Timestamp;

/// The source of troubles that are the destination's.
pub(super) const CLICKHOUSE: &str = "ClickHouse";
/// The source of troubles with tables and views: one is gone, or older than this program.
pub(super) const SCHEMA: &str = "schema";
/// The source of troubles with shards that nobody follows.
pub(super) const OWNERS: &str = "leases";
/// The source of troubles with the whole of it: shards and leases can't be listed, or someone has to act.
pub const REPLICATION: &str = "replication";

/// What this process follows. Shared between the shards' tasks and those who look.
#[derive(Default)]
pub struct Progress(Mutex<State>);

#[derive(Default)]
struct State {
    shards: BTreeMap<String, ShardProgress>,
    counts: ShardCounts,
    /// Shards and leases have been looked at.
    looked: bool,
    /// By source.
    troubles: BTreeMap<String, Trouble>,
}

/// One shard, or one part of a scan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShardProgress {
    /// Everything up to here is in ClickHouse.
    pub position: Option<String>,
    /// When the oldest change that is not there yet was made, or read, where that isn't known.
    pub behind_since: Option<Timestamp>,
    /// When the stream answered last; none while rows wait for ClickHouse, and the stream is not asked.
    pub polled_at: Option<Timestamp>,
    /// When the checkpoint was written last.
    pub checkpoint_at: Option<Timestamp>,
}

/// The shards of the stream and the parts of scans, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ShardCounts {
    /// Shards that the store lists.
    pub listed: usize,
    /// What may be followed now, by anyone.
    pub workable: usize,
    /// What is followed by this process,
    pub followed: usize,
    /// and what by others. The rest waits for an owner.
    pub others: usize,
}

/// Something that keeps changes from moving on.
#[derive(Clone, Debug, PartialEq)]
pub struct Trouble {
    /// ClickHouse, or a shard.
    pub source: String,
    pub since: Timestamp,
    /// As it was said last.
    pub what: String,
}

impl Progress {
    /// Every shard that is followed.
    pub fn shards(&self) -> BTreeMap<String, ShardProgress> {
        self.lock().shards.clone()
    }

    /// How many shards there are, and who follows them.
    pub fn shard_counts(&self) -> ShardCounts {
        self.lock().counts
    }

    /// What is in the way, the oldest first.
    pub fn troubles(&self) -> Vec<Trouble> {
        let mut troubles: Vec<Trouble> = self.lock().troubles.values().cloned().collect();
        troubles.sort_by_key(|trouble| trouble.since);
        troubles
    }

    /// Seconds since the oldest change that is not in ClickHouse yet; 0 when there is none. While something is in the way it can't be
    /// told what waits behind it, and then it counts from there. `None` at the start, before all that is followed was read once.
    pub fn lag_seconds(&self, now: Timestamp) -> Option<f64> {
        let state = self.lock();
        let behind = state.shards.values().filter_map(|shard| shard.behind_since);
        let oldest = behind.chain(state.troubles.values().map(|trouble| trouble.since)).min();
        let was_read = |shard: &ShardProgress| shard.polled_at.is_some() || shard.behind_since.is_some();
        match oldest {
            Some(oldest) => Some(seconds_between(oldest, now)),
            None => (state.looked && state.shards.values().all(was_read)).then_some(0.0),
        }
    }

    /// Seconds since the stream answered, for the shard where that is longest ago; `None` when nothing is followed.
    pub fn poll_age_seconds(&self, now: Timestamp) -> Option<f64> {
        let oldest = self.lock().shards.values().filter_map(|shard| shard.polled_at).min();
        oldest.map(|at| seconds_between(at, now))
    }

    /// Seconds since a checkpoint was written, for the shard with changes to write one for where that is longest ago; `None` when all
    /// is written. What came after the last one is waited for since it came.
    pub fn checkpoint_age_seconds(&self, now: Timestamp) -> Option<f64> {
        let state = self.lock();
        let due = state.shards.values().filter(|shard| shard.behind_since.is_some());
        let oldest = due
            .filter_map(|shard| shard.checkpoint_at.max(shard.behind_since))
            .min();
        oldest.map(|at| seconds_between(at, now))
    }

    pub(super) fn change(&self, shard: &str, change: impl FnOnce(&mut ShardProgress)) {
        let shards = &mut self.lock().shards;
        match shards.get_mut(shard) {
            Some(progress) => change(progress),
            None => change(shards.entry(shard.to_owned()).or_default()),
        }
    }

    pub(super) fn forget(&self, shard: &str) {
        let mut state = self.lock();
        state.shards.remove(shard);
        state.troubles.remove(shard);
    }

    pub(super) fn count_shards(&self, counts: ShardCounts) {
        let mut state = self.lock();
        (state.counts, state.looked) = (counts, true);
    }

    /// Something is in the way, and stays so until it is [`Self::mended`]. Gives whether that is news.
    pub fn trouble(&self, source: &str, what: &dyn std::fmt::Display) -> bool {
        let (mut state, what) = (self.lock(), what.to_string());
        match state.troubles.get_mut(source) {
            Some(trouble) => std::mem::replace(&mut trouble.what, what.clone()) != what,
            None => {
                let trouble = Trouble {
                    source: source.to_owned(),
                    since: Timestamp::now(),
                    what,
                };
                state.troubles.insert(source.to_owned(), trouble).is_none()
            }
        }
    }

    /// It is in the way no longer.
    pub fn mended(&self, source: &str) {
        let mended = self.lock().troubles.remove(source);
        if let Some(trouble) = mended {
            let seconds = seconds_between(trouble.since, Timestamp::now()).round();
            tracing::info!(source, seconds, "all is well again");
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}

/// Never negative: clocks differ.
pub fn seconds_between(before: Timestamp, after: Timestamp) -> f64 {
    (after.nanos() - before.nanos()).max(0) as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_way_counts_as_lag_until_it_is_mended() {
        let progress = Progress::default();
        let later = |seconds: i64| Timestamp::from_nanos(Timestamp::now().nanos() + seconds * 1_000_000_000).unwrap();
        assert_eq!(progress.lag_seconds(later(60)), None, "nothing was read yet");
        progress.change("shard", |_| ());
        progress.count_shards(ShardCounts::default());
        assert_eq!(progress.lag_seconds(later(60)), None);
        progress.change("shard", |shard| shard.polled_at = Some(Timestamp::now()));
        assert_eq!(progress.lag_seconds(later(60)), Some(0.0));
        progress.trouble(CLICKHOUSE, &"no answer");
        progress.trouble(CLICKHOUSE, &"still none");
        assert!(progress.lag_seconds(later(60)) > Some(59.0));
        assert_eq!(progress.troubles()[0].what, "still none");
        progress.mended(CLICKHOUSE);
        assert_eq!(
            (progress.lag_seconds(later(60)), progress.troubles().len()),
            (Some(0.0), 0)
        );
    }

    #[test]
    fn an_idle_shard_has_no_checkpoint_to_write() {
        let progress = Progress::default();
        let at = |seconds: i64| Timestamp::from_millis(1_790_000_000_000 + seconds * 1000);
        let age = |seconds| progress.checkpoint_age_seconds(at(seconds).unwrap());
        progress.change("shard", |shard| shard.checkpoint_at = at(0));
        assert_eq!(age(500), None);
        progress.change("shard", |shard| shard.behind_since = at(490));
        assert_eq!(age(500), Some(10.0));
        progress.change("shard", |shard| shard.checkpoint_at = at(493));
        assert_eq!(age(500), Some(7.0));
        progress.change("new", |shard| shard.behind_since = at(495));
        progress.change("shard", |shard| shard.behind_since = None);
        assert_eq!(age(500), Some(5.0));
    }

    #[test]
    fn a_shard_that_is_no_longer_followed_is_nobodys_trouble() {
        let progress = Progress::default();
        progress.change("shard", |shard| shard.behind_since = Some(Timestamp::now()));
        progress.trouble("shard", &"interrupted");
        progress.forget("shard");
        assert_eq!((progress.shards().len(), progress.troubles().len()), (0, 0));
    }
}
