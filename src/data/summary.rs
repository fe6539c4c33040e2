//! How every repository stands: the reader's rows, joined with the allowlist and in the order of the relay contract, section 7.

pub mod columns;

use std::collections::HashSet;

use serde::Serialize;

use crate::data::chosen::EventView;
use crate::data::figures::{moment, pass_rate};
use crate::data::levels::Levels;
use crate::data::repo::{repo_key, same_repo};
use crate::data::text::make_printable;
use crate::data::trend::{Daily, RedSince};
use crate::source::{PROBE, SummaryRow};
use crate::web::allowlist::Allowlist;

/// The levels, highest first, each with what it means. The last is for who has none.
pub const LEVELS: [(&str, &str); 5] = [
    ("L4", "merge-gating"),
    ("L3", "check run on request"),
    ("L2", "results on the HUD"),
    ("L1", "webhook only"),
    ("", "no level that is known"),
];

/// Which of [`LEVELS`] it is, from 0 for the highest; the last for what is none of them.
pub fn place_of(level: Option<&str>) -> usize {
    let known = LEVELS.iter().position(|(known, _)| level == Some(*known));
    known.unwrap_or(LEVELS.len() - 1)
}

/// How one repository stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    pub repo: String,
    /// The health probe of the relay, which is no backend.
    pub probe: bool,
    /// `L1` to `L4`; none when nobody says it.
    pub level: Option<String>,
    pub success: u64,
    pub failure: u64,
    pub timed_out: u64,
    pub cancelled: u64,
    pub other: u64,
    pub running: u64,
    pub overdue: u64,
    /// Completed current results.
    pub total: u64,
    /// 0 to 1; none when nothing passed, failed or timed out.
    pub pass_rate: Option<f64>,
    /// Seconds.
    pub duration_p50: Option<f64>,
    /// Seconds.
    pub duration_p95: Option<f64>,
    /// Seconds.
    pub queue_p50: Option<f64>,
    /// How many have results here.
    #[serde(skip)]
    pub pull_requests: u64,
    /// In the event view; of who has no results in the range, the last of the weeks before.
    #[serde(serialize_with = "moment")]
    pub last_run: Option<i64>,
    /// Who looks after it, as the allowlist says.
    #[serde(rename = "on_call", serialize_with = "names")]
    pub oncalls: Vec<String>,
    /// When anything was last reported of; none without results in the range.
    #[serde(skip)]
    pub newest: Option<i64>,
    /// Since when it has been red, of who is; none where the days aren't known.
    pub red_since: Option<RedSince>,
    /// Pass rates of the last days, the oldest first ([`crate::data::trend`]).
    #[serde(skip)]
    pub daily: Daily,
}

/// Between the names of those who are on call.
pub const BETWEEN_NAMES: &str = ", ";

impl Summary {
    /// Who looks after it, in one text.
    pub fn on_call(&self) -> String {
        self.oncalls.join(BETWEEN_NAMES)
    }

    /// Makes every text fit for a terminal, once.
    pub fn make_printable(&mut self) {
        self.oncalls.iter_mut().for_each(make_printable);
        make_printable(&mut self.repo);
        self.level.as_mut().map(make_printable);
    }
}

/// Every repository of the data and of the allowlist: highest level first, then worst pass rate, none last. Behind all backends the probe.
pub fn summaries(rows: Vec<SummaryRow>, levels: &Levels, event: EventView, allowlist: &Allowlist) -> Vec<Summary> {
    let finite = |number: f64| Some(number).filter(|number| number.is_finite());
    let mut summaries: Vec<Summary> = rows
        .into_iter()
        .map(|row| Summary {
            probe: same_repo(&row.repo, PROBE),
            level: levels.of(&row.repo, allowlist, &row.level),
            total: row.success + row.failure + row.timed_out + row.cancelled + row.other,
            pass_rate: pass_rate(row.success, row.failure, row.timed_out),
            success: row.success,
            failure: row.failure,
            timed_out: row.timed_out,
            cancelled: row.cancelled,
            other: row.other,
            running: row.running,
            overdue: row.overdue_jobs,
            duration_p50: finite(row.duration_p50),
            duration_p95: finite(row.duration_p95),
            queue_p50: finite(row.queue_p50),
            oncalls: allowlist
                .find(&row.repo)
                .map_or(Vec::new(), |listed| listed.oncalls.clone()),
            pull_requests: row.pull_requests,
            last_run: Some(row.last_run),
            newest: Some(row.newest),
            red_since: None,
            daily: Daily::default(),
            repo: row.repo,
        })
        .collect();
    let reported: HashSet<String> = summaries.iter().map(|summary| repo_key(&summary.repo)).collect();
    for listed in &allowlist.repos {
        if !reported.contains(&repo_key(&listed.repo)) {
            summaries.push(Summary {
                repo: listed.repo.clone(),
                probe: same_repo(&listed.repo, PROBE),
                level: levels.of(&listed.repo, allowlist, ""),
                oncalls: listed.oncalls.clone(),
                last_run: levels.last_run(&listed.repo, event),
                ..Summary::default()
            });
        }
    }
    summaries.sort_by(|one, other| {
        let rate = |summary: &Summary| summary.pass_rate.unwrap_or(f64::INFINITY);
        let place = |summary: &Summary| (summary.probe, place_of(summary.level.as_deref()));
        place(one)
            .cmp(&place(other))
            .then(rate(one).total_cmp(&rate(other)))
            .then_with(|| one.repo.cmp(&other.repo))
    });
    summaries
}

/// Of all backends together; the probe is none.
pub fn overall_pass_rate(rows: &[Summary]) -> Option<f64> {
    let sum = |number: fn(&Summary) -> u64| rows.iter().filter(|row| !row.probe).map(number).sum::<u64>();
    pass_rate(sum(|row| row.success), sum(|row| row.failure), sum(|row| row.timed_out))
}

/// The same, of rows as they come.
pub fn pass_rate_of(rows: &[SummaryRow]) -> Option<f64> {
    let backends = || rows.iter().filter(|row| !same_repo(&row.repo, PROBE));
    let sum = |number: fn(&SummaryRow) -> u64| backends().map(number).sum::<u64>();
    pass_rate(sum(|row| row.success), sum(|row| row.failure), sum(|row| row.timed_out))
}

/// One after the other, or null: a column has one text.
fn names<S: serde::Serializer>(names: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    match names {
        [] => serializer.serialize_none(),
        names => serializer.serialize_str(&names.join(BETWEEN_NAMES)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::RepositoryRow;

    fn row(repo: &str, level: &str, success: u64, failure: u64) -> SummaryRow {
        SummaryRow {
            repo: repo.to_owned(),
            level: level.to_owned(),
            success,
            failure,
            timed_out: 0,
            cancelled: 2,
            other: 1,
            running: 1,
            overdue_jobs: 0,
            duration_p50: f64::NAN,
            duration_p95: 5.0,
            queue_p50: 0.0,
            pull_requests: 1,
            last_run: 1,
            newest: 2,
        }
    }

    #[test]
    fn the_probe_stands_behind_all_backends() {
        let rows = vec![
            row(PROBE, "L4", 0, 1),
            row("a/well", "L4", 1, 0),
            row("b/unlisted", "", 1, 0),
        ];
        let summaries = summaries(rows, &Levels::default(), EventView::Pr, &Allowlist::default());
        let order: Vec<_> = summaries.iter().map(|summary| summary.repo.as_str()).collect();
        assert_eq!(order, ["a/well", "b/unlisted", PROBE]);
    }

    #[test]
    fn the_list_adds_who_never_reported_and_hides_nobody() {
        let allowlist = Allowlist::parse("L4: [a/silent, B/Listed]\nL1: [a/quiet]").unwrap();
        let rows = vec![
            row("b/listed", "", 3, 1),
            row("c/unlisted", "", 1, 0),
            row("f/strange", "Z9", 0, 1),
            row("d/worse", "L2", 0, 1),
            row("e/better", "L2", 1, 0),
        ];
        let silent = RepositoryRow {
            repo: "a/Silent".to_owned(),
            last_run: 9,
            last_pr: 7,
            ..RepositoryRow::default()
        };
        let levels = Levels::from(vec![silent]);
        let summaries = summaries(rows, &levels, EventView::Pr, &allowlist);
        let order: Vec<_> = summaries
            .iter()
            .map(|summary| (summary.repo.as_str(), summary.level.as_deref()))
            .collect();
        assert_eq!(
            order,
            [
                ("b/listed", Some("L4")),
                ("a/silent", Some("L4")),
                ("d/worse", Some("L2")),
                ("e/better", Some("L2")),
                ("a/quiet", Some("L1")),
                ("f/strange", Some("Z9")),
                ("c/unlisted", None),
            ]
        );
        assert_eq!(
            (summaries[0].total, summaries[0].pass_rate, summaries[0].duration_p50),
            (7, Some(0.75), None)
        );
        assert_eq!(
            (summaries[1].total, summaries[1].pass_rate, summaries[1].newest),
            (0, None, None)
        );
        assert_eq!(summaries[1].last_run, Some(7), "before the range, in this view");
    }
}
