//! How far each shard is, for those who look: metrics, the status, and the health line.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use serde::Serialize;

use crate::timestamp::Timestamp;

/// What this process follows. Shared between the shards' tasks and those who look.
#[derive(Default)]
pub struct Progress(Mutex<BTreeMap<String, ShardProgress>>);

/// One shard, or one part of a scan.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShardProgress {
    /// Everything up to here is in ClickHouse.
    pub position: Option<String>,
    /// When the oldest change that is not there yet was made, or read, where that isn't known.
    pub behind_since: Option<Timestamp>,
    /// When the stream answered last.
    pub polled_at: Option<Timestamp>,
    /// When the checkpoint was written last.
    pub checkpoint_at: Option<Timestamp>,
}

impl Progress {
    /// Every shard that is followed.
    pub fn shards(&self) -> BTreeMap<String, ShardProgress> {
        self.lock().clone()
    }

    /// Seconds since the oldest change that is not in ClickHouse yet; 0 when there is none.
    pub fn lag_seconds(&self, now: Timestamp) -> f64 {
        let oldest = self.lock().values().filter_map(|shard| shard.behind_since).min();
        oldest.map_or(0.0, |oldest| seconds_between(oldest, now))
    }

    /// Seconds since the stream answered, for the shard where that is longest ago; `None` when nothing is followed.
    pub fn poll_age_seconds(&self, now: Timestamp) -> Option<f64> {
        let oldest = self.lock().values().filter_map(|shard| shard.polled_at).min();
        oldest.map(|at| seconds_between(at, now))
    }

    /// Seconds since a checkpoint was written, for the shard that is behind and where that is longest ago.
    pub fn checkpoint_age_seconds(&self, now: Timestamp) -> Option<f64> {
        let oldest = self.lock().values().filter_map(|shard| shard.checkpoint_at).min();
        oldest.map(|at| seconds_between(at, now))
    }

    pub(super) fn change(&self, shard: &str, change: impl FnOnce(&mut ShardProgress)) {
        let mut shards = self.lock();
        match shards.get_mut(shard) {
            Some(progress) => change(progress),
            None => change(shards.entry(shard.to_owned()).or_default()),
        }
    }

    pub(super) fn forget(&self, shard: &str) {
        self.lock().remove(shard);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, ShardProgress>> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}

fn seconds_between(before: Timestamp, after: Timestamp) -> f64 {
    (after.nanos() - before.nanos()).max(0) as f64 / 1e9
}
