//! Daemons as rows: what `pipeline` prints.

use serde::Serialize;

use crate::data::figures::{count, lag};
use crate::data::pipeline::{Daemon, Status};
use crate::data::text::printable;
use crate::printed::export::Tabular;

/// One daemon. What it doesn't do, or doesn't say, is null.
#[derive(Default, Serialize)]
pub(crate) struct DaemonRow {
    url: String,
    /// Why it doesn't answer.
    pub(crate) error: Option<String>,
    version: Option<String>,
    uptime_seconds: Option<f64>,
    lag_seconds: Option<f64>,
    spooled: Option<u64>,
    spool_full: Option<String>,
    store_away: Option<bool>,
    dead_letters: Option<u64>,
    /// Of the last hour.
    accepted: Option<u64>,
    refused: Option<u64>,
    unavailable: Option<u64>,
    sink_answers: Option<bool>,
    gaps: Option<u64>,
    /// Shards that may be followed now, by anyone,
    shards_workable: Option<u64>,
    /// by this process,
    shards_followed: Option<u64>,
    /// and by others.
    shards_elsewhere: Option<u64>,
    /// What stands in the way of results; null when nothing does.
    trouble: Option<String>,
}

impl From<Daemon> for DaemonRow {
    fn from(daemon: Daemon) -> Self {
        let (status, error) = match daemon.answer {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        let row = Self {
            url: daemon.url,
            error,
            ..Self::default()
        };
        let in_the_way = status.as_ref().map_or(Vec::new(), Status::in_the_way);
        let Some(Status {
            version,
            uptime_seconds,
            lag_seconds,
            dead_letters,
            intake,
            replication,
            ..
        }) = status
        else {
            return row;
        };
        let answers = intake.as_ref().map(|intake| intake.last_hour);
        let replication = replication.as_ref();
        Self {
            version: Some(version),
            uptime_seconds: Some(uptime_seconds),
            lag_seconds,
            dead_letters,
            spooled: intake.as_ref().map(|intake| intake.spool.results),
            store_away: intake.as_ref().map(|intake| intake.store_away),
            spool_full: intake.and_then(|intake| intake.spool.full),
            accepted: answers.map(|answers| answers.accepted),
            refused: answers.map(|answers| answers.refused),
            unavailable: answers.map(|answers| answers.unavailable),
            sink_answers: replication.map(|it| it.sink_answers),
            gaps: replication.map(|it| it.gaps),
            shards_workable: replication.map(|it| it.shards.workable),
            shards_followed: replication.map(|it| it.shards.followed),
            shards_elsewhere: replication.map(|it| it.shards.others),
            trouble: (!in_the_way.is_empty()).then(|| in_the_way.join("; ")),
            ..row
        }
    }
}

impl Tabular for DaemonRow {
    const HEADS: &'static [(&'static str, bool)] = &[
        ("DAEMON", false),
        ("LAG", true),
        ("SPOOLED", true),
        ("LETTERS", true),
        ("ACCEPTED 1H", true),
        ("REFUSED 1H", true),
        ("UNAVAIL. 1H", true),
        ("SHARDS", true),
        ("ELSEWHERE", true),
        ("TROUBLE", false),
    ];

    fn cells(&self, _now: i64) -> Vec<String> {
        let number = |number: Option<u64>| number.map_or("–".to_owned(), count);
        let trouble = match &self.error {
            Some(error) => format!("silent: {error}"),
            None => self.trouble.clone().unwrap_or_default(),
        };
        vec![
            printable(&self.url).into_owned(),
            self.lag_seconds.map_or("–".to_owned(), lag),
            number(self.spooled),
            number(self.dead_letters),
            number(self.accepted),
            number(self.refused),
            number(self.unavailable),
            match (self.shards_followed, self.shards_workable) {
                (Some(followed), Some(workable)) => format!("{followed} of {workable}"),
                _ => "–".to_owned(),
            },
            number(self.shards_elsewhere),
            trouble,
        ]
    }
}
