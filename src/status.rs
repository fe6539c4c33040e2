//! One line of health, for tmux panes and scripts (relay contract, section 7).

use serde::Serialize;

use crate::figures::{Grade, age, pass_rate, percent};
use crate::pipeline::Pipeline;
use crate::rows::{Summary, moment};
use crate::source::RelayRow;
use crate::text::printable;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Healthy,
    Degraded,
    /// It couldn't be found out.
    Unknown,
}

impl State {
    /// The program's exit status.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Healthy => 0,
            Self::Degraded => 1,
            Self::Unknown => 2,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
        }
    }
}

/// How the line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFormat {
    Plain,
    /// With tmux's colour marks.
    Tmux,
    Json,
}

/// How the relay itself does, by its probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Relay {
    #[serde(rename = "healthy")]
    Healthy,
    #[serde(rename = "degraded")]
    Degraded,
    #[serde(rename = "no data")]
    NoData,
}

impl Relay {
    /// Healthy when nothing failed on any of the probe's last pull requests.
    pub fn of(rows: &[RelayRow]) -> Self {
        match rows {
            [] => Self::NoData,
            rows if rows.iter().all(|row| row.failing.is_empty()) => Self::Healthy,
            _ => Self::Degraded,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::NoData => "no data",
        }
    }
}

/// What failed on one of the probe's pull requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RelayFailing {
    pub pr: u64,
    pub jobs: Vec<String>,
}

/// Everything that the line says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    pub state: State,
    pub reasons: Vec<String>,
    /// Over all backends, the probe aside.
    pub pass_rate: Option<f64>,
    /// Those that reported, the probe aside.
    pub backends: u64,
    /// Those whose pass rate is red.
    pub red: Vec<String>,
    pub running: u64,
    pub overdue: u64,
    pub relay: Option<Relay>,
    pub relay_failing: Vec<RelayFailing>,
    #[serde(serialize_with = "moment")]
    pub newest_result_at: Option<i64>,
    pub age_seconds: Option<f64>,
    /// The daemon's; null when none is configured, or it doesn't say.
    pub lag_seconds: Option<f64>,
}

impl Health {
    /// From 24 hours of the pull request view. `now` is in nanoseconds since 1970.
    pub fn of(summaries: &[Summary], relay_rows: &[RelayRow], pipeline: &Pipeline, now: i64) -> Self {
        let backends: Vec<&Summary> = summaries
            .iter()
            .filter(|summary| !summary.probe && summary.last_run.is_some())
            .collect();
        let sum = |number: fn(&Summary) -> u64| backends.iter().map(|summary| number(summary)).sum::<u64>();
        let red: Vec<&&Summary> = backends
            .iter()
            .filter(|summary| summary.pass_rate.is_some_and(|rate| Grade::of(rate) == Grade::Red))
            .collect();
        let relay = Relay::of(relay_rows);
        let relay_failing: Vec<RelayFailing> = relay_rows
            .iter()
            .filter(|row| !row.failing.is_empty())
            .map(|row| RelayFailing {
                pr: row.pr_number,
                jobs: row.failing.clone(),
            })
            .collect();
        let newest = summaries.iter().filter_map(|summary| summary.newest).max();
        // The probe's, too: it hangs when the relay does.
        let overdue = summaries.iter().map(|summary| summary.overdue).sum();

        let mut reasons: Vec<String> = red
            .iter()
            .map(|summary| format!("{} passes {}", summary.repo, percent(summary.pass_rate)))
            .collect();
        reasons.extend(
            relay_failing
                .iter()
                .map(|failing| format!("relay: PR {} failed {}", failing.pr, failing.jobs.join(", "))),
        );
        reasons.extend(pipeline.reasons());
        if overdue > 0 {
            reasons.push(format!("{overdue} overdue"));
        }
        if newest.is_none() {
            reasons.push("no result in 24 hours".to_owned());
        }
        let mut state = if reasons.is_empty() {
            State::Healthy
        } else {
            State::Degraded
        };
        for (url, why) in pipeline.silent() {
            // It may be well or not: that couldn't be found out.
            if state == State::Healthy {
                state = State::Unknown;
            }
            reasons.push(format!("oot-ingest at {url} is silent: {why}"));
        }
        Self {
            state,
            reasons,
            pass_rate: pass_rate(
                sum(|summary| summary.success),
                sum(|summary| summary.failure),
                sum(|summary| summary.timed_out),
            ),
            backends: backends.len() as u64,
            red: red.iter().map(|summary| summary.repo.clone()).collect(),
            running: sum(|summary| summary.running),
            overdue,
            relay: Some(relay),
            relay_failing,
            newest_result_at: newest,
            age_seconds: newest.map(|newest| now.saturating_sub(newest).max(0) as f64 / 1e9),
            lag_seconds: pipeline.lag_seconds(),
        }
    }

    /// When it couldn't be found out, and why.
    pub fn unknown(reason: String) -> Self {
        Self {
            state: State::Unknown,
            reasons: vec![reason],
            pass_rate: None,
            backends: 0,
            red: Vec::new(),
            running: 0,
            overdue: 0,
            relay: None,
            relay_failing: Vec::new(),
            newest_result_at: None,
            age_seconds: None,
            lag_seconds: None,
        }
    }

    /// With what the daemons say nevertheless.
    #[must_use]
    pub fn with(mut self, pipeline: &Pipeline) -> Self {
        self.reasons.extend(pipeline.reasons());
        self.lag_seconds = pipeline.lag_seconds();
        self
    }

    /// One line of text.
    pub fn plain(&self, now: i64) -> String {
        let state = self.state.as_str();
        if !self.has_figures() {
            return one_line(&format!("oot {state}: {}", self.reasons.join("; ")));
        }
        let mut line = format!("oot {state}");
        if !self.reasons.is_empty() {
            line.push_str(": ");
            line.push_str(&self.reasons.join("; "));
        }
        one_line(&format!("{line} · {}", self.figures(now)))
    }

    /// One line with tmux's colour marks. Text can't add any: each `#` of it is doubled.
    pub fn tmux(&self, now: i64) -> String {
        let (colour, glyph) = match self.state {
            State::Healthy => ("green", 'O'),
            State::Degraded => ("red", 'X'),
            State::Unknown => ("yellow", 'U'),
        };
        let what = match self.state {
            State::Unknown => " unknown".to_owned(),
            _ if !self.red.is_empty() => format!(" {} red", self.red.len()),
            State::Degraded if self.relay == Some(Relay::Degraded) => " relay".to_owned(),
            State::Degraded => format!(" {}", self.reasons.first().map_or("", String::as_str)),
            State::Healthy => String::new(),
        };
        let figures = match self.has_figures() {
            true => format!(" {}", self.figures(now)),
            false => String::new(),
        };
        format!(
            "#[fg={colour}]{}#[default]{}",
            for_tmux(&format!("oot {glyph}{what}")),
            for_tmux(&figures)
        )
    }

    /// Whether the results could be read.
    fn has_figures(&self) -> bool {
        self.relay.is_some()
    }

    fn figures(&self, now: i64) -> String {
        let rate = self.pass_rate.map_or("–".to_owned(), |rate| percent(Some(rate)));
        let relay = self.relay.map_or("unknown", Relay::as_str);
        let relay = if relay == "healthy" { "ok" } else { relay };
        let newest = self.newest_result_at.map_or("–".to_owned(), |at| age(at, now));
        format!("{rate} · relay {relay} · {} run · {newest}", self.running)
    }
}

fn one_line(text: &str) -> String {
    printable(text).into_owned()
}

fn for_tmux(text: &str) -> String {
    printable(text).replace('#', "##")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Daemon, tests::daemon};

    const NOW: i64 = 1_790_000_000_000_000_000;

    fn backend(repo: &str, success: u64, failure: u64) -> Summary {
        Summary {
            repo: repo.to_owned(),
            probe: false,
            level: None,
            success,
            failure,
            timed_out: 0,
            cancelled: 0,
            other: 0,
            running: 3,
            overdue: 0,
            total: success + failure,
            pass_rate: pass_rate(success, failure, 0),
            duration_p50: None,
            duration_p95: None,
            queue_p50: None,
            last_run: Some(NOW - 9_000_000_000),
            newest: Some(NOW - 4_000_000_000),
        }
    }

    fn lag(seconds: f64) -> Pipeline {
        Pipeline {
            daemons: vec![daemon(serde_json::json!({ "lag_seconds": seconds }))],
        }
    }

    #[test]
    fn a_silent_daemon_makes_what_seems_well_unknown_and_what_is_bad_no_better() {
        let silent = Pipeline {
            daemons: vec![Daemon {
                url: "http://h".to_owned(),
                answer: Err("refused".to_owned()),
            }],
        };
        let well = Health::of(&[backend("a/b", 1, 0)], &relay(&[]), &silent, NOW);
        assert_eq!(
            (well.state, well.reasons.as_slice(), well.lag_seconds),
            (
                State::Unknown,
                ["oot-ingest at http://h is silent: refused".to_owned()].as_slice(),
                None
            )
        );
        let bad = Health::of(&[backend("a/b", 0, 1)], &relay(&[]), &silent, NOW);
        assert_eq!((bad.state, bad.reasons.len()), (State::Degraded, 2));
    }

    fn relay(failing: &[&str]) -> Vec<RelayRow> {
        vec![RelayRow {
            pr_number: 7,
            failing: failing.iter().map(|job| (*job).to_owned()).collect(),
        }]
    }

    #[test]
    fn all_well_is_healthy() {
        let health = Health::of(&[backend("a/b", 98, 2)], &relay(&[]), &lag(0.6), NOW);
        assert_eq!(
            (health.state, health.state.exit_code(), health.reasons.len()),
            (State::Healthy, 0, 0)
        );
        assert_eq!(health.plain(NOW), "oot healthy · 98.0% · relay ok · 3 run · 4s");
        assert_eq!(
            health.tmux(NOW),
            "#[fg=green]oot O#[default] 98.0% · relay ok · 3 run · 4s"
        );
    }

    #[test]
    fn each_trouble_is_a_reason() {
        let red = Health::of(&[backend("a/b", 7, 3)], &relay(&[]), &Pipeline::default(), NOW);
        assert_eq!(
            (red.state, red.reasons, red.red),
            (
                State::Degraded,
                vec!["a/b passes 70.0%".to_owned()],
                vec!["a/b".to_owned()]
            )
        );
        let relay_down = Health::of(&[backend("a/b", 1, 0)], &relay(&["w / j"]), &Pipeline::default(), NOW);
        assert_eq!(relay_down.reasons, ["relay: PR 7 failed w / j"]);
        let lagging = Health::of(&[backend("a/b", 1, 0)], &[], &lag(61.0), NOW);
        assert_eq!(lagging.reasons, ["the pipeline lags 61 s"]);
        let overdue = Health::of(
            &[Summary {
                overdue: 2,
                ..backend("a/b", 1, 0)
            }],
            &[],
            &Pipeline::default(),
            NOW,
        );
        assert_eq!(overdue.reasons, ["2 overdue"]);
        let silent = Health::of(&[], &[], &Pipeline::default(), NOW);
        assert_eq!(
            (silent.state.exit_code(), silent.reasons),
            (1, vec!["no result in 24 hours".to_owned()])
        );
    }

    #[test]
    fn no_rate_is_neither_red_nor_counted() {
        let health = Health::of(
            &[
                backend("a/b", 0, 0),
                Summary {
                    probe: true,
                    ..backend("p/p", 0, 9)
                },
            ],
            &[],
            &Pipeline::default(),
            NOW,
        );
        assert_eq!(
            (health.state, health.pass_rate, health.backends, health.running),
            (State::Healthy, None, 1, 3)
        );
    }

    #[test]
    fn hostile_text_stays_text() {
        let health = Health::of(
            &[backend("a/#[fg=red]\u{1b}[2J", 1, 9)],
            &relay(&["#(id)"]),
            &Pipeline::default(),
            NOW,
        );
        let line = health.plain(NOW);
        assert!(!line.contains('\u{1b}') && line.lines().count() == 1);
        let health = Health {
            red: Vec::new(),
            relay: Some(Relay::Healthy),
            ..health
        };
        assert!(health.tmux(NOW).contains("a/##[fg=red]�[2J"), "{}", health.tmux(NOW));
    }

    #[test]
    fn unknown_is_one_line_too() {
        let health = Health::unknown("ClickHouse:\nno".to_owned());
        assert_eq!(
            (health.plain(NOW).as_str(), health.state.exit_code()),
            ("oot unknown: ClickHouse:�no", 2)
        );
        assert_eq!(health.tmux(NOW), "#[fg=yellow]oot U unknown#[default]");
    }
}
