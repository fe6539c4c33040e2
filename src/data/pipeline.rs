//! How results get here: what each daemon says of itself (`GET /status` of oot-ingest), and what of it is a reason to worry.

mod rows;

use serde::{Deserialize, Deserializer, Serialize};

use crate::data::figures::{counted, duration, share};
use crate::data::text::make_printable;

pub use rows::Row;

/// Lag beyond this is a reason to worry, in seconds.
pub const LAG_SECONDS: f64 = 60.0;

/// Why there is nothing to see.
pub const NO_DAEMON: &str = "no daemon is configured: name one with --ingest URL, or as hud.ingest";

/// All daemons that were asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pipeline {
    pub daemons: Vec<Daemon>,
}

/// One daemon, and what it said; or why it said nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Daemon {
    pub url: String,
    pub answer: Result<Status, String>,
}

/// The document of `GET /status`, as far as it is shown. What a process doesn't do is absent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    pub version: String,
    pub uptime_seconds: f64,
    /// For how long the oldest accepted result has waited that is not in ClickHouse yet; absent where that isn't known.
    pub lag_seconds: Option<f64>,
    pub dead_letters: Option<u64>,
    pub troubles: Vec<Trouble>,
    pub intake: Option<Intake>,
    pub replication: Option<Replication>,
}

/// Something that keeps results from moving on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Trouble {
    pub source: String,
    pub seconds: f64,
    pub what: String,
}

/// How results come in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intake {
    pub store_away: bool,
    pub spool: Spool,
    pub last_hour: Answers,
    pub repositories: Vec<Repository>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spool {
    pub results: u64,
    pub bytes: u64,
    pub max_bytes: u64,
    pub oldest_seconds: Option<f64>,
    /// Why it takes no more.
    pub full: Option<String>,
}

/// Callbacks by what was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answers {
    pub accepted: u64,
    pub refused: u64,
    pub unavailable: u64,
}

impl Answers {
    /// The share that was not accepted, 0 to 1; none without callbacks.
    pub fn error_rate(self) -> Option<f64> {
        let failed = self.refused.saturating_add(self.unavailable);
        let all = self.accepted.saturating_add(failed);
        share(failed, all)
    }
}

/// A repository's callbacks of the last hour.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Repository {
    pub repo: String,
    #[serde(flatten)]
    pub answers: Answers,
    pub with_warnings: u64,
    pub last_seconds: Option<f64>,
}

/// How results go on.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Replication {
    pub lag_seconds: Option<f64>,
    pub sink_answers: bool,
    pub rows_inserted: u64,
    pub gaps: u64,
    pub shards: Shards,
    pub positions: Vec<Position>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shards {
    pub listed: u64,
    pub workable: u64,
    pub followed: u64,
    pub others: u64,
}

/// How far a shard is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Position {
    pub shard: String,
    #[serde(deserialize_with = "text_or_none")]
    pub position: Option<String>,
    pub behind_seconds: f64,
    pub poll_age_seconds: Option<f64>,
    pub checkpoint_age_seconds: Option<f64>,
}

/// Stores write positions as texts; a number is shown as well.
fn text_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    Ok(value.map(|value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }))
}

impl Status {
    /// Makes every text fit for a terminal.
    pub fn make_printable(&mut self) {
        make_printable(&mut self.version);
        for trouble in &mut self.troubles {
            make_printable(&mut trouble.source);
            make_printable(&mut trouble.what);
        }
        if let Some(intake) = &mut self.intake {
            intake.spool.full.as_mut().map(make_printable);
            intake
                .repositories
                .iter_mut()
                .for_each(|it| make_printable(&mut it.repo));
        }
        for position in self.replication.iter_mut().flat_map(|it| &mut it.positions) {
            make_printable(&mut position.shard);
            position.position.as_mut().map(make_printable);
        }
    }
}

impl Status {
    /// What stands in the way of results here, in words.
    pub fn in_the_way(&self) -> Vec<String> {
        let mut words = Vec::new();
        let intake = self.intake.as_ref();
        if let Some(full) = intake.and_then(|intake| intake.spool.full.as_ref()) {
            words.push(format!("the spool is full: {full}"));
        } else if intake.is_some_and(|intake| intake.store_away) {
            words.push("the store is away".to_owned());
        }
        words.extend(self.troubles.iter().map(|trouble| {
            let seconds = duration(Some(trouble.seconds));
            format!("{} for {seconds}: {}", trouble.source, trouble.what)
        }));
        // One that nothing is sent to is in nobody's way yet.
        let told = self.troubles.iter().any(|trouble| trouble.source == "ClickHouse");
        if !told && self.replication.as_ref().is_some_and(|it| !it.sink_answers) {
            words.push("ClickHouse doesn't answer".to_owned());
        }
        words.extend(self.dead_letters.and_then(dead_letters));
        words
    }
}

fn dead_letters(letters: u64) -> Option<String> {
    (letters > 0).then(|| counted(usize::try_from(letters).unwrap_or(usize::MAX), "dead letter"))
}

impl Pipeline {
    /// The longest lag of those that answer and know; none when none does.
    pub fn lag_seconds(&self) -> Option<f64> {
        self.statuses().filter_map(|status| status.lag_seconds).reduce(f64::max)
    }

    /// Daemons that don't answer, each with the reason.
    pub fn silent(&self) -> impl Iterator<Item = (&str, &str)> {
        self.daemons
            .iter()
            .filter_map(|daemon| Some((daemon.url.as_str(), daemon.answer.as_ref().err()?.as_str())))
    }

    /// What is wrong with it: lag, a full spool, dead letters (relay contract, section 7).
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        if let Some(lag) = self.lag_seconds().filter(|lag| *lag > LAG_SECONDS) {
            reasons.push(format!("the pipeline lags {lag:.0} s"));
        }
        for spool in self
            .statuses()
            .filter_map(|status| Some(&status.intake.as_ref()?.spool))
        {
            if spool.full.is_some() {
                reasons.push(format!("a spool is full, with {} results", spool.results));
            }
        }
        // Several daemons tell of one table.
        let letters = self.statuses().filter_map(|status| status.dead_letters).max();
        reasons.extend(letters.and_then(dead_letters));
        reasons
    }

    /// What is in the way for the longest time.
    pub fn oldest_trouble(&self) -> Option<&Trouble> {
        let troubles = self.statuses().flat_map(|status| &status.troubles);
        troubles.max_by(|one, other| one.seconds.total_cmp(&other.seconds))
    }

    /// Results that wait in spools.
    pub fn spooled(&self) -> u64 {
        self.statuses()
            .filter_map(|status| Some(status.intake.as_ref()?.spool.results))
            .fold(0, u64::saturating_add)
    }

    fn statuses(&self) -> impl Iterator<Item = &Status> {
        self.daemons.iter().filter_map(|daemon| daemon.answer.as_ref().ok())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::data::filter::Filter;

    pub(crate) fn daemon(answer: serde_json::Value) -> Daemon {
        Daemon {
            url: "http://127.0.0.1:8054".to_owned(),
            answer: Ok(serde_json::from_value(answer).unwrap()),
        }
    }

    pub(super) fn pipeline(answers: &[serde_json::Value]) -> Pipeline {
        Pipeline {
            daemons: answers.iter().cloned().map(daemon).collect(),
        }
    }

    #[test]
    fn each_trouble_of_a_pipeline_is_a_reason() {
        let well = serde_json::json!({"lag_seconds": 0.6, "dead_letters": 0, "intake": {"spool": {"results": 3}}});
        assert_eq!(pipeline(std::slice::from_ref(&well)).reasons(), [""; 0]);
        let bad = serde_json::json!({"lag_seconds": 61.2, "dead_letters": 2,
            "intake": {"spool": {"results": 9, "full": "the disk"}}});
        let both = pipeline(&[well, bad]);
        assert_eq!(
            both.reasons(),
            [
                "the pipeline lags 61 s",
                "a spool is full, with 9 results",
                "2 dead letters"
            ]
        );
        assert_eq!((both.lag_seconds(), both.spooled()), (Some(61.2), 12));
    }

    #[test]
    fn what_is_in_the_way_is_said_in_words() {
        let status: Status = serde_json::from_value(serde_json::json!({"dead_letters": 1,
            "troubles": [{"source": "ClickHouse", "seconds": 75.0, "what": "no answer"}],
            "intake": {"store_away": true}, "replication": {"sink_answers": false}}))
        .unwrap();
        assert_eq!(
            status.in_the_way(),
            ["the store is away", "ClickHouse for 1m: no answer", "1 dead letter"]
        );
        let idle: Status = serde_json::from_value(serde_json::json!({"replication": {}})).unwrap();
        assert_eq!(idle.in_the_way(), ["ClickHouse doesn't answer"]);
        assert_eq!(Status::default().in_the_way(), [""; 0]);
    }

    #[test]
    fn one_that_is_silent_hides_no_other() {
        let mut it = pipeline(&[serde_json::json!({"lag_seconds": 1.0})]);
        it.daemons.push(Daemon {
            url: "http://other".to_owned(),
            answer: Err("refused".to_owned()),
        });
        assert_eq!(it.silent().collect::<Vec<_>>(), [("http://other", "refused")]);
        assert_eq!(it.lag_seconds(), Some(1.0));
        assert_eq!(
            it.rows(&Filter::default()),
            [Row::Daemon(0), Row::Blank, Row::Daemon(1), Row::Silent(1)]
        );
    }

    #[test]
    fn a_later_daemons_unknown_fields_are_passed_over() {
        let it = daemon(
            serde_json::json!({"lag_seconds": 0, "new": [1], "replication": {"positions":
            [{"shard": "s", "position": 7, "newer": {}}]}}),
        );
        let replication = it.answer.unwrap().replication.unwrap();
        assert_eq!(replication.positions[0].position.as_deref(), Some("7"));
    }
}
