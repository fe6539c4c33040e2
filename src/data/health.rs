//! How all of it does, and the one line that says so in tmux panes and scripts (relay contract, section 7).

use serde::{Deserialize, Serialize};

use crate::data::figures::{DAY, Grade, age, duration, lag, moment, pass_rate, percent};
use crate::data::pipeline::{LAG_SECONDS, Pipeline};
use crate::data::relay::{Relay, RelayFailing};
use crate::data::summary::Summary;
use crate::data::text::printable;
use crate::source::RelayRow;

/// An answer that is older says nothing of now.
pub const TOO_OLD_SECONDS: u32 = 300;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Results that wait in spools: for the line, JSON has the contract's fields alone.
    #[serde(skip)]
    pub spooled: u64,
    /// How old the answer is, where a newer one is still awaited.
    #[serde(skip)]
    pub stale_seconds: Option<f64>,
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
        // A record of the future is in every range: it tells of nothing that came since it was heard of.
        let is_recent = newest.is_some_and(|newest| now.saturating_sub(newest) <= DAY);
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
        if !is_recent {
            reasons.push("no result in 24 hours".to_owned());
        }
        let mut state = if reasons.is_empty() {
            State::Healthy
        } else {
            State::Degraded
        };
        let silent = silent(pipeline);
        // It may be well or not: that couldn't be found out.
        if state == State::Healthy && !silent.is_empty() {
            state = State::Unknown;
        }
        reasons.extend(silent);
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
            spooled: pipeline.spooled(),
            stale_seconds: None,
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
            spooled: 0,
            stale_seconds: None,
        }
    }

    /// With what the daemons say nevertheless.
    #[must_use]
    pub fn with(mut self, pipeline: &Pipeline) -> Self {
        self.reasons.extend(pipeline.reasons());
        self.reasons.extend(silent(pipeline));
        self.lag_seconds = pipeline.lag_seconds();
        self.spooled = pipeline.spooled();
        self
    }

    /// An answer of some time ago, at this moment. One that is too old is none.
    #[must_use]
    pub fn at(self, now: i64, age: f64, stale: bool) -> Self {
        let since = |at: i64| now.saturating_sub(at).max(0) as f64 / 1e9;
        let is_too_old = stale && age > f64::from(TOO_OLD_SECONDS);
        let too_old = is_too_old.then(|| format!("the last answer is {} old", duration(Some(age))));
        Self {
            state: if is_too_old { State::Unknown } else { self.state },
            reasons: too_old.into_iter().chain(self.reasons).collect(),
            age_seconds: self.newest_result_at.map(since),
            // The figures are as old, whatever is made of them.
            stale_seconds: stale.then_some(age),
            ..self
        }
    }

    /// One line of text.
    pub fn plain(&self, now: i64) -> String {
        let state = self.state.as_str();
        if !self.has_figures() {
            // What is a reason is told as one.
            let lag_seconds = self.lag_seconds.filter(|seconds| *seconds <= LAG_SECONDS);
            let pipeline = match (lag_seconds, self.spooled) {
                (Some(seconds), 0) => format!(" · lag {}", lag(seconds)),
                (Some(seconds), results) => format!(" · lag {} · {results} spooled", lag(seconds)),
                (None, 0) => String::new(),
                (None, results) => format!(" · {results} spooled"),
            };
            return one_line(&format!("oot {state}: {}{pipeline}", self.reasons.join("; ")));
        }
        let mut line = format!("oot {state}");
        if !self.reasons.is_empty() {
            line.push_str(": ");
            line.push_str(&self.reasons.join("; "));
        }
        // Unlike a pane it has room to say what the age is of.
        one_line(&format!(
            "{line} · {}",
            self.figures(now, |newest| format!("newest {newest} ago"))
        ))
    }

    /// One line with tmux's colour marks. Text can't add any: each `#` of it is doubled.
    pub fn tmux(&self, now: i64, is_coloured: bool) -> String {
        let colour = match self.state {
            State::Healthy => "green",
            State::Degraded => "red",
            State::Unknown => "yellow",
        };
        let (state, figures) = self.short(now);
        let (state, figures) = (for_tmux(&state), for_tmux(&figures));
        match is_coloured {
            true => format!("#[fg={colour}]{state}#[default]{figures}"),
            false => format!("{state}{figures}"),
        }
    }

    /// What stands in a pane: how it is, in colour; and the figures behind it, if there are any.
    pub fn short(&self, now: i64) -> (String, String) {
        let glyph = match self.state {
            State::Healthy => 'O',
            State::Degraded => 'X',
            State::Unknown => 'U',
        };
        let what = match self.state {
            State::Unknown => " unknown".to_owned(),
            _ if !self.red.is_empty() => format!(" {} red", self.red.len()),
            State::Degraded if self.relay == Some(Relay::Degraded) => " relay".to_owned(),
            State::Degraded => format!(" {}", self.reasons.first().map_or("", String::as_str)),
            State::Healthy => String::new(),
        };
        let figures = match self.has_figures() {
            true => format!(" {}", self.figures(now, |newest| newest)),
            false => String::new(),
        };
        (format!("oot {glyph}{what}"), figures)
    }

    /// Whether the results could be read.
    fn has_figures(&self) -> bool {
        self.relay.is_some()
    }

    /// With the age of the newest result as `said`.
    fn figures(&self, now: i64, said: impl Fn(String) -> String) -> String {
        let rate = self.pass_rate.map_or("–".to_owned(), |rate| percent(Some(rate)));
        let relay = self.relay.map_or("unknown", Relay::as_str);
        let relay = if relay == "healthy" { "ok" } else { relay };
        let newest = self.newest_result_at.map_or("–".to_owned(), |at| said(age(at, now)));
        let spooled = match self.spooled {
            0 => String::new(),
            results => format!(" · {results} spooled"),
        };
        let old = match self.stale_seconds {
            None => String::new(),
            Some(seconds) => format!(" ({} old)", duration(Some(seconds))),
        };
        format!("{rate} · relay {relay} · {} run · {newest}{spooled}{old}", self.running)
    }
}

/// Daemons that don't answer, each as a reason.
fn silent(pipeline: &Pipeline) -> Vec<String> {
    let silent = pipeline.silent();
    silent
        .map(|(url, why)| format!("oot-ingest at {url} is silent: {why}"))
        .collect()
}

fn one_line(text: &str) -> String {
    printable(text).into_owned()
}

fn for_tmux(text: &str) -> String {
    printable(text).replace('#', "##")
}

#[cfg(test)]
mod tests;
