//! One answer for all panes: a file that all of one user share who ask the same servers for the same table.
//!
//! Whoever finds it too old asks anew, one at a time. A cache that can't be read or written, or not in time, is none, and no error.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::data::health::{Health, State};
use crate::data::relay::{Relay, RelayFailing};
use crate::files::cache_file::CacheFile;
use crate::files::private_file;
use crate::files::timely::Timely;
use crate::settings::config::Config;
use crate::source::Layout;

/// An answer, and when it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    /// Nanoseconds since 1970.
    pub(super) asked_at: i64,
    pub(super) health: Health,
    pub(super) layout: Option<Found>,
}

/// How the table is laid out, and when that was found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found {
    pub(super) layout: Layout,
    /// Nanoseconds since 1970.
    pub(super) found_at: i64,
}

impl Found {
    /// It holds for an hour: a table of the same name may be another one some day, and not all queries fail by that.
    pub(super) fn holds(self, now: i64) -> bool {
        const HOUR: i64 = 3_600_000_000_000;
        (0..HOUR).contains(&now.saturating_sub(self.found_at))
    }
}

impl Kept {
    /// Was it asked for less than so long ago, or after this moment?
    pub(super) fn is_young(&self, now: i64, shared_for: Duration) -> bool {
        let shared_for = i64::try_from(shared_for.as_nanos()).unwrap_or(i64::MAX);
        // One of the far future is of a clock that was set back since.
        self.asked_at > now.saturating_sub(shared_for) && self.asked_at < now.saturating_add(shared_for)
    }

    /// Seconds since it was asked for; none of a later moment, which a clock that was set back leaves behind.
    pub(super) fn age(&self, now: i64) -> Option<f64> {
        let age = now.checked_sub(self.asked_at).filter(|age| *age >= 0)?;
        Some(age as f64 / 1e9)
    }
}

/// Where it is kept.
pub(super) struct Cache(Timely);

/// The disk is not waited for any longer.
const DISK_WITHIN: Duration = Duration::from_millis(300);
/// Nobody asks for longer who isn't stopped, or stuck.
const TURN_MAX: Duration = Duration::from_secs(10);

/// A longer answer is not kept.
const MAX_BYTES: usize = 1 << 20;

/// Who may ask.
pub(super) enum Turn {
    /// We, for as long as this is held.
    Ours(Option<File>),
    /// Somebody else asks at the moment.
    Others,
}

impl Cache {
    pub(super) fn new(config: &Config) -> Self {
        let place = &config.clickhouse;
        let of = format!(
            "{} {} {}.{} {}",
            place.url,
            place.user.as_deref().unwrap_or_default(),
            place.database,
            place.table,
            config.ingest.join(",")
        );
        Self(Timely::new(CacheFile::new("status", &of, MAX_BYTES), DISK_WITHIN))
    }

    /// What is kept, if it is of the same.
    pub(super) async fn read(&self) -> Option<Kept> {
        self.0.read::<KeptFile>().await.map(Kept::from)
    }

    /// Keeps an answer. Whoever reads meanwhile finds the one before, or this one.
    pub(super) async fn write(&self, kept: &Kept) {
        self.0.write(KeptFile::from(kept)).await;
    }

    /// Whose turn it is to ask, at a moment in nanoseconds since 1970.
    pub(super) async fn turn(&self, now: i64) -> Turn {
        let turn = self.0.with(move |file| turn(file.path()?, now));
        turn.await.flatten().unwrap_or(Turn::Ours(None))
    }
}

/// None without a place for locks.
fn turn(path: &Path, now: i64) -> Option<Turn> {
    private_file::make_directory(path.parent()?).ok()?;
    let path = path.with_extension("lock");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(&path).ok()?;
    let now = UNIX_EPOCH + Duration::from_nanos(u64::try_from(now).ok()?);
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let since = file.metadata().and_then(|file| file.modified()).ok()?;
            let held = now.duration_since(since).unwrap_or_else(|error| error.duration());
            if held > TURN_MAX {
                // The next who looks finds another file. (Two may do so at once: then two ask.)
                let _ = fs::remove_file(&path);
            }
            Some(Turn::Others)
        }
        // On a file system without locks everybody asks.
        Ok(()) | Err(TryLockError::Error(_)) => {
            let _ = file.set_modified(now);
            Some(Turn::Ours(Some(file)))
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
    layout: Option<Found>,
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
            layout: kept.layout,
        }
    }
}

impl From<KeptFile> for Kept {
    fn from(file: KeptFile) -> Self {
        Self {
            asked_at: file.asked_at,
            layout: file.layout,
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
        let file = CacheFile::in_home(directory, "status", of, MAX_BYTES);
        Cache(Timely::new(file, Duration::from_secs(30)))
    }

    const NOW: i64 = 1_790_000_000_000_000_000;

    fn path(directory: &std::path::Path) -> std::path::PathBuf {
        let entries = fs::read_dir(directory.join("oot-hud")).unwrap();
        let mut locks = entries.map(|entry| entry.unwrap().path());
        locks
            .find(|path| path.extension().is_some_and(|it| it == "lock"))
            .unwrap()
    }

    #[tokio::test]
    async fn an_answer_is_read_back_by_those_who_ask_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let kept = Kept {
            asked_at: 5_000_000_000,
            health: Health {
                relay: Some(Relay::NoData),
                newest_result_at: Some(7),
                spooled: 3,
                ..Health::unknown("why".to_owned())
            },
            layout: Some(Found {
                layout: Layout::Hud,
                found_at: 4,
            }),
        };
        let one = cache(dir.path(), "one");
        assert_eq!(one.read().await, None);
        one.write(&kept).await;
        assert_eq!(one.read().await, Some(kept.clone()));
        assert_eq!(cache(dir.path(), "other").read().await, None);
        assert_eq!((kept.age(6_500_000_000), kept.age(0)), (Some(1.5), None));
        let young = |now: i64| kept.is_young(now * 1_000_000_000, Duration::from_secs(2));
        assert_eq!([2, 4, 5, 6, 7].map(young), [false, true, true, true, false]);
    }

    #[tokio::test]
    async fn one_asks_at_a_time_and_nobody_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        let one = cache(dir.path(), "one");
        let Turn::Ours(Some(lock)) = one.turn(NOW).await else {
            panic!("nobody else is there")
        };
        let after = |seconds: i64| NOW + seconds * 1_000_000_000;
        assert!(matches!(one.turn(after(10)).await, Turn::Others));
        assert!(
            path(dir.path()).exists(),
            "whoever asks has the time that a question takes"
        );
        assert!(matches!(one.turn(after(11)).await, Turn::Others));
        let Turn::Ours(Some(other)) = one.turn(after(11)).await else {
            panic!("whoever had the turn is stuck")
        };
        drop(lock);
        assert!(matches!(one.turn(after(12)).await, Turn::Others));
        drop(other);
        assert!(matches!(one.turn(after(12)).await, Turn::Ours(Some(_))));
    }

    #[tokio::test]
    async fn a_damaged_file_or_no_place_at_all_is_no_cache() {
        let dir = tempfile::tempdir().unwrap();
        let damaged = cache(dir.path(), "one");
        let Turn::Ours(_) = damaged.turn(NOW).await else {
            panic!("nobody else is there")
        };
        fs::write(path(dir.path()).with_extension("json"), b"{\"of\":\"one\",").unwrap();
        assert_eq!(damaged.read().await, None);
        let nowhere = cache(std::path::Path::new("/dev/null"), "one");
        assert!(matches!(nowhere.turn(NOW).await, Turn::Ours(None)));
        nowhere
            .write(&Kept {
                asked_at: 0,
                health: Health::unknown(String::new()),
                layout: None,
            })
            .await;
        assert_eq!(nowhere.read().await, None);
    }

    #[test]
    fn a_layout_holds_for_an_hour() {
        let found = Found {
            layout: Layout::Hud,
            found_at: NOW,
        };
        let holds = |seconds: i64| found.holds(NOW + seconds * 1_000_000_000);
        assert_eq!([-1, 0, 3_599, 3_600].map(holds), [false, true, true, false]);
    }
}
