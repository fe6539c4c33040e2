//! The document of `GET /status`: how the pipeline does, in one object that `oot-hud` shows and scripts read.

use serde::Serialize;

use super::Observer;
use super::recent::{Answers, Repository};
use crate::replicate::progress::{Progress, ShardCounts, ShardProgress, Trouble, seconds_between};
use crate::store::spool::Level;
use crate::timestamp::Timestamp;

/// How the pipeline does. Times are RFC 3339 in UTC, durations seconds; null is what this process doesn't do, or can't know.
#[derive(Debug, Serialize)]
pub struct Status {
    pub version: &'static str,
    pub now: Timestamp,
    pub uptime_seconds: f64,
    /// For how long the oldest accepted result has waited that is not in ClickHouse yet, wherever it waits; 0 when none does. A process
    /// that doesn't replicate knows only what waits in its spool.
    pub lag_seconds: Option<f64>,
    /// Dead letters that wait for someone.
    pub dead_letters: Option<u64>,
    /// What someone should look at, the oldest first.
    pub troubles: Vec<TroubleStatus>,
    /// In a process that accepts results.
    pub intake: Option<IntakeStatus>,
    /// In a process that replicates.
    pub replication: Option<ReplicationStatus>,
}

/// Something that keeps results from moving on.
#[derive(Debug, Serialize)]
pub struct TroubleStatus {
    /// ClickHouse, a shard, or the whole replication.
    pub source: String,
    /// For how long.
    pub seconds: f64,
    /// As it was said last.
    pub what: String,
}

/// How results come in.
#[derive(Debug, Serialize)]
pub struct IntakeStatus {
    /// The store takes nothing; results go to the spool.
    pub store_away: bool,
    pub spool: SpoolStatus,
    pub last_hour: Answers,
    /// The last hour's, by name.
    pub repositories: Vec<RepositoryStatus>,
}

#[derive(Debug, Serialize)]
pub struct SpoolStatus {
    pub results: u64,
    pub bytes: u64,
    pub max_bytes: u64,
    pub oldest_seconds: Option<f64>,
    /// Why it takes no more; null while it does.
    pub full: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct RepositoryStatus {
    pub repo: String,
    #[serde(flatten)]
    pub answers: Answers,
    /// Callbacks of which an optional field could not be used.
    pub with_warnings: u64,
    /// Since the last one.
    pub last_seconds: Option<f64>,
}

/// How results go on.
#[derive(Debug, Serialize)]
pub struct ReplicationStatus {
    /// Null at the start, until all that is followed was read once.
    pub lag_seconds: Option<f64>,
    /// Whether ClickHouse answered last.
    pub sink_answers: bool,
    pub rows_inserted: u64,
    pub gaps: u64,
    pub shards: ShardCounts,
    /// Of the shards that this process follows.
    pub positions: Vec<ShardStatus>,
}

#[derive(Debug, Serialize)]
pub struct ShardStatus {
    pub shard: String,
    /// Everything up to here is in ClickHouse.
    pub position: Option<String>,
    pub behind_seconds: f64,
    /// Since the stream answered.
    pub poll_age_seconds: Option<f64>,
    /// Since the checkpoint was written.
    pub checkpoint_age_seconds: Option<f64>,
}

impl Status {
    pub(super) fn of(observer: &Observer, now: Timestamp) -> Self {
        let intake = observer.intake.as_deref().map(|intake| {
            let (last_hour, repositories) = observer.recent.last_hour(now);
            let full = intake.spool_full().map(|error| error.to_string());
            IntakeStatus {
                store_away: intake.store_away(),
                spool: SpoolStatus::of(&intake.level(), intake.spool_max_bytes(), full, now),
                last_hour,
                repositories: repositories
                    .into_iter()
                    .map(|(repo, counted)| RepositoryStatus::of(repo, counted, now))
                    .collect(),
            }
        });
        let replication = observer.progress.as_deref().map(|progress| {
            let sink_answers = observer.probe.as_ref().is_some_and(|probe| probe.ready().is_ok());
            ReplicationStatus::of(observer, progress, sink_answers, now)
        });
        let waits_in_spool = intake.as_ref().and_then(|intake| intake.spool.oldest_seconds);
        let waits_in_store = replication.as_ref().and_then(|replication| replication.lag_seconds);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            now,
            uptime_seconds: seconds_between(observer.started_at, now),
            lag_seconds: [waits_in_spool, waits_in_store].into_iter().flatten().reduce(f64::max),
            dead_letters: observer.probe.as_ref().and_then(|probe| probe.dead_letters()),
            troubles: observer.progress.as_ref().map_or(Vec::new(), |progress| {
                let troubles = progress.troubles().into_iter();
                troubles.map(|trouble| TroubleStatus::of(trouble, now)).collect()
            }),
            intake,
            replication,
        }
    }
}

impl TroubleStatus {
    fn of(trouble: Trouble, now: Timestamp) -> Self {
        Self {
            source: trouble.source,
            seconds: seconds_between(trouble.since, now),
            what: trouble.what,
        }
    }
}

impl RepositoryStatus {
    fn of(repo: String, counted: Repository, now: Timestamp) -> Self {
        Self {
            repo,
            answers: counted.answers,
            with_warnings: counted.with_warnings,
            last_seconds: counted.last_at.map(|at| seconds_between(at, now)),
        }
    }
}

impl SpoolStatus {
    fn of(level: &Level, max_bytes: u64, full: Option<String>, now: Timestamp) -> Self {
        Self {
            results: level.results,
            bytes: level.bytes,
            max_bytes,
            oldest_seconds: level.oldest.map(|oldest| seconds_between(oldest, now)),
            full,
        }
    }
}

impl ReplicationStatus {
    fn of(observer: &Observer, progress: &Progress, sink_answers: bool, now: Timestamp) -> Self {
        Self {
            lag_seconds: progress.lag_seconds(now),
            sink_answers,
            rows_inserted: observer.metrics.rows_inserted.get(),
            gaps: observer.metrics.gaps.get(),
            shards: progress.shard_counts(),
            positions: progress
                .shards()
                .into_iter()
                .map(|(shard, it)| ShardStatus::of(shard, it, now))
                .collect(),
        }
    }
}

impl ShardStatus {
    fn of(shard: String, progress: ShardProgress, now: Timestamp) -> Self {
        let since = |moment: Option<Timestamp>| moment.map(|moment| seconds_between(moment, now));
        Self {
            shard,
            position: progress.position,
            behind_seconds: since(progress.behind_since).unwrap_or_default(),
            poll_age_seconds: since(progress.polled_at),
            checkpoint_age_seconds: since(progress.checkpoint_at),
        }
    }
}
