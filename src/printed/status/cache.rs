//! One answer for all panes: a file that all of one user share who ask the same servers for the same table.
//!
//! Whoever finds it too old asks anew, one at a time. A cache that can't be read or written is none, and no error.

use std::fs::{File, TryLockError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Health, Relay, RelayFailing, State};
use crate::files::cache_file::CacheFile;
use crate::files::private_file;
use crate::settings::config::Config;

/// An answer, and when it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Nanoseconds since 1970.
    pub asked_at: i64,
    pub health: Health,
}

impl Kept {
    /// Was it asked for less than so long ago, or after this moment?
    pub fn is_young(&self, now: i64, shared_for: Duration) -> bool {
        let shared_for = i64::try_from(shared_for.as_nanos()).unwrap_or(i64::MAX);
        // One of the far future is of a clock that was set back since.
        self.asked_at > now.saturating_sub(shared_for) && self.asked_at < now.saturating_add(shared_for)
    }

    /// Seconds since it was asked for; none of a later moment, which a clock that was set back leaves behind.
    pub fn age(&self, now: i64) -> Option<f64> {
        let age = now.checked_sub(self.asked_at).filter(|age| *age >= 0)?;
        Some(age as f64 / 1e9)
    }
}

/// Where it is kept.
pub struct Cache(CacheFile);

/// A longer answer is not kept.
const MAX_BYTES: usize = 1 << 20;

/// Who may ask.
pub enum Turn {
    /// We, for as long as this is held.
    Ours(Option<File>),
    /// Somebody else asks at the moment.
    Others,
}

impl Cache {
    pub fn new(config: &Config) -> Self {
        let place = &config.clickhouse;
        let of = format!(
            "{} {} {}.{} {}",
            place.url,
            place.user.as_deref().unwrap_or_default(),
            place.database,
            place.table,
            config.ingest.join(",")
        );
        Self(CacheFile::new("status", &of, MAX_BYTES))
    }

    /// What is kept, if it is of the same.
    pub fn read(&self) -> Option<Kept> {
        self.0.read::<KeptFile>().map(Kept::from)
    }

    /// Keeps an answer. Whoever reads meanwhile finds the one before, or this one.
    pub fn write(&self, kept: &Kept) {
        self.0.write(&KeptFile::from(kept));
    }

    /// Whose turn it is to ask.
    pub fn turn(&self) -> Turn {
        let lock = self.0.path().and_then(|path| {
            private_file::make_directory(path.parent()?).ok()?;
            File::create(path.with_extension("lock")).ok()
        });
        match lock {
            None => Turn::Ours(None),
            Some(file) => match file.try_lock() {
                Err(TryLockError::WouldBlock) => Turn::Others,
                // A file system without locks: everybody asks.
                Ok(()) | Err(TryLockError::Error(_)) => Turn::Ours(Some(file)),
            },
        }
    }
}

/// As it stands in the file: moments as numbers.
#[derive(Serialize, Deserialize)]
struct KeptFile {
    asked_at: i64,
    state: State,
    reasons: Vec<String>,
    pass_rate: Option<f64>,
    backends: u64,
    red: Vec<String>,
    running: u64,
    overdue: u64,
    relay: Option<Relay>,
    relay_failing: Vec<RelayFailing>,
    newest_result_at: Option<i64>,
    lag_seconds: Option<f64>,
    spooled: u64,
}

impl From<&Kept> for KeptFile {
    fn from(kept: &Kept) -> Self {
        let health = kept.health.clone();
        Self {
            asked_at: kept.asked_at,
            state: health.state,
            reasons: health.reasons,
            pass_rate: health.pass_rate,
            backends: health.backends,
            red: health.red,
            running: health.running,
            overdue: health.overdue,
            relay: health.relay,
            relay_failing: health.relay_failing,
            newest_result_at: health.newest_result_at,
            lag_seconds: health.lag_seconds,
            spooled: health.spooled,
        }
    }
}

impl From<KeptFile> for Kept {
    fn from(file: KeptFile) -> Self {
        Self {
            asked_at: file.asked_at,
            health: Health {
                state: file.state,
                reasons: file.reasons,
                pass_rate: file.pass_rate,
                backends: file.backends,
                red: file.red,
                running: file.running,
                overdue: file.overdue,
                relay: file.relay,
                relay_failing: file.relay_failing,
                newest_result_at: file.newest_result_at,
                age_seconds: None,
                lag_seconds: file.lag_seconds,
                spooled: file.spooled,
                stale_seconds: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn cache(directory: &std::path::Path, of: &str) -> Cache {
        let directory = Some(directory.to_owned());
        Cache(CacheFile::in_home(directory, "status", of, MAX_BYTES))
    }

    #[test]
    fn an_answer_is_read_back_by_those_who_ask_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept {
            asked_at: 5_000_000_000,
            health: Health {
                relay: Some(Relay::NoData),
                newest_result_at: Some(7),
                spooled: 3,
                ..Health::unknown("why".to_owned())
            },
        };
        let one = cache(dir.path(), "one");
        assert_eq!(one.read(), None);
        let Turn::Ours(lock) = one.turn() else {
            panic!("nobody else is there")
        };
        one.write(&kept);
        assert_eq!(one.read(), Some(kept.clone()));
        assert_eq!(cache(dir.path(), "other").read(), None);
        assert!(matches!(one.turn(), Turn::Others), "one asks at a time");
        drop(lock);
        assert!(matches!(one.turn(), Turn::Ours(Some(_))));
        assert_eq!((kept.age(6_500_000_000), kept.age(0)), (Some(1.5), None));
        let young = |now: i64| kept.is_young(now * 1_000_000_000, Duration::from_secs(2));
        assert_eq!([2, 4, 5, 6, 7].map(young), [false, true, true, true, false]);
    }

    #[test]
    fn a_damaged_file_or_no_place_at_all_is_no_cache() {
        let dir = tempfile::tempdir().unwrap();
        let damaged = cache(dir.path(), "one");
        fs::create_dir(dir.path().join("oot-hud")).unwrap();
        fs::write(damaged.0.path().unwrap(), b"{\"of\":\"one\",").unwrap();
        assert_eq!(damaged.read(), None);
        let nowhere = cache(std::path::Path::new("/dev/null"), "one");
        assert!(matches!(nowhere.turn(), Turn::Ours(None)));
        nowhere.write(&Kept {
            asked_at: 0,
            health: Health::unknown(String::new()),
        });
        assert_eq!(nowhere.read(), None);
    }
}
