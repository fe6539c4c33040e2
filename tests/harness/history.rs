//! Random histories: what backends may report in some weeks, on few enough repositories, commits and jobs that it meets.
//!
//! Moments lie on a grid around the moment of asking, which is 0 here, so that none is within [`GRID`] / 4 of where a range begins or
//! a job becomes overdue; but now and then one lies at such a moment exactly when it is asked as of a moment of the grid.

use std::fmt;

use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::reference::{DAY, Layout, MINUTE, PROBE, Record, View};

/// Between two moments of the grid.
pub const GRID: i64 = 10 * MINUTE;
/// What is neither a range's beginning nor the moment from which a job is overdue.
const BESIDE: i64 = -GRID / 4;

const REPOS: &[&str] = &["a/one", "a/one", "b/two", PROBE, PROBE, "A/One", "PyTorch/CRCR-Test"];
/// The probe's health is told from five.
const PRS: &[u64] = &[1, 1, 2, 3, 4, 5, 6, 7, 0, 0];
const SHAS: &[&str] = &[
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "aaaabbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    "cccccccccccccccccccccccccccccccccccccccc",
    "",
    // One digit short, and one that is none.
    "ccccccccccccccccccccccccccccccccccccccc",
    "ccccccccccccccccccccccccccccccccccccccc!",
];
/// A nightly run's is a commit; others begin as one might.
const DELIVERIES: &[&str] = &["d1", "d2", "aaaa0000-guid", "cccccccccccccccccccccccccccccccccccccccc"];
const COMMITS: &[&str] = &["aaaa", "AAAAAAA", "aaaab", "cccc", "dddd"];
const WORKFLOWS: &[&str] = &["w", "w", "v"];
const JOBS: &[&str] = &["build", "build", "ops-1", "l2-xfail", "l2-xcancel", "l2-xtimeout"];
const ATTEMPTS: &[u32] = &[1, 1, 1, 2, 2, 3];
const EVENTS: &[&str] = &[
    "pull_request",
    "pull_request",
    "push",
    "nightly",
    "periodic",
    "odd",
    "",
    "pr",
    "all",
];
const LEVELS: &[&str] = &["", "L2", "L1", "L3", "L4"];
/// None is of what runs.
const CONCLUSIONS: &[Option<&str>] = &[
    Some("success"),
    Some("success"),
    Some("success"),
    Some("failure"),
    Some("failure"),
    Some("timed_out"),
    Some("cancelled"),
    Some("skipped"),
    Some("neutral"),
    Some("action_required"),
    Some("a word"),
    Some(""),
    None,
    None,
    None,
];

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    pub view: View,
    /// In days.
    pub range: i64,
    pub as_of: Option<i64>,
    pub repo: &'static str,
    pub pr: u64,
    pub commit: &'static str,
}

/// Some records, and what is asked about them.
#[derive(Clone)]
pub struct History {
    pub records: Vec<Record>,
    pub ask: Ask,
}

/// Histories of so many records at most.
pub fn histories(records: usize) -> impl Strategy<Value = History> {
    (vec(record(), 0..=records), ask()).prop_map(|(mut records, ask)| {
        for (number, record) in records.iter_mut().enumerate() {
            // Another order than that of arrival.
            let check_run = number * 37 % 101;
            let Record {
                repo,
                delivery,
                workflow,
                job,
                ..
            } = &record;
            record.key = format!("{repo}/{delivery}/{workflow}/{job}/{check_run}-{number}");
        }
        History { records, ask }
    })
}

fn ask() -> impl Strategy<Value = Ask> {
    let view = select(&[View::Pr, View::All, View::Push, View::Nightly, View::Periodic][..]);
    // A job that began on the grid may be overdue at that very moment. One that is still to come is refused.
    let as_of = weighted(
        0.5,
        (moment(), select(&[0, 0, GRID / 2][..])).prop_map(|(moment, more)| (moment + more).min(0)),
    );
    let which = (select(REPOS), select(&PRS[..8]), select(COMMITS));
    (view, select(&[7_i64, 1, 14, 30, 90][..]), as_of, which).prop_map(|(view, range, as_of, (repo, pr, commit))| Ask {
        view,
        range,
        as_of,
        repo,
        pr,
        commit,
    })
}

/// A moment on the grid: mostly of today, seldom of the weeks before, hardly ever of the future.
fn moment() -> impl Strategy<Value = i64> {
    let steps = prop_oneof![
        6 => 0..5_i64,
        6 => 0..60_i64,
        3 => 0..300_i64,
        3 => 0..3_000_i64,
        1 => -12..0_i64,
    ];
    steps.prop_map(|steps| -steps * GRID + BESIDE)
}

fn record() -> impl Strategy<Value = Record> {
    let job = (
        select(REPOS),
        select(PRS),
        select(SHAS),
        select(DELIVERIES),
        select(WORKFLOWS),
        select(JOBS),
    );
    let said = (select(ATTEMPTS), select(EVENTS), select(LEVELS), select(CONCLUSIONS));
    let times = (
        moment(),
        prop::bool::weighted(0.85),
        weighted(0.9, -2..60_i64),
        (-18..36_i64, 0..12_i64),
        // A part of a second, in nanoseconds.
        select(&[0_i64, 0, 0, 123_456_789][..]),
    );
    let figures = (
        weighted(0.7, (0..40_u32).prop_map(|quarters| f64::from(quarters) / 4.0)),
        weighted(0.5, (-4..400_i32).prop_map(|halves| f64::from(halves) / 2.0)),
        0..4_u64,
    );
    (job, said, times, figures).prop_map(|(job, said, times, figures)| {
        let (repo, pr, sha, delivery, workflow, name) = job;
        let (attempt, event, level, conclusion) = said;
        let (start, says_start, took, (heard_after, inserted_after), fraction) = times;
        let (queue_time, execution_time, failed_tests) = figures;
        let completed = conclusion.is_some();
        // We hear of a job within a week of when it is, by clocks that differ.
        let created = start + heard_after * GRID;
        Record {
            key: String::new(),
            completed,
            conclusion: conclusion.unwrap_or_default().to_owned(),
            repo: repo.to_owned(),
            pr,
            sha: sha.to_owned(),
            delivery: delivery.to_owned(),
            workflow: workflow.to_owned(),
            job: name.to_owned(),
            attempt,
            event: event.to_owned(),
            level: level.to_owned(),
            started: says_start.then_some(start + fraction),
            ended: took.filter(|_| completed).map(|steps| start + steps * GRID),
            created,
            inserted: created + inserted_after * GRID,
            queue_time,
            execution_time: execution_time.filter(|_| completed),
            failed_tests: if completed { failed_tests } else { 0 },
        }
    })
}

impl Record {
    /// The same so much later.
    pub fn later(&self, by: i64) -> Self {
        Self {
            started: self.started.map(|at| at + by),
            ended: self.ended.map(|at| at + by),
            created: self.created + by,
            inserted: self.inserted + by,
            ..self.clone()
        }
    }

    /// As it was while it ran.
    pub fn while_it_ran(&self) -> Self {
        Self {
            completed: false,
            conclusion: String::new(),
            ended: None,
            execution_time: None,
            failed_tests: 0,
            ..self.clone()
        }
    }

    /// Its row in a table, in this version.
    pub fn row(&self, layout: Layout, version: u64) -> Value {
        let moment = |at: Option<i64>| at.map_or("1970-01-01T00:00:00Z".to_owned(), rfc3339);
        let mut row = json!({
            "dynamoKey": self.key,
            "status": if self.completed { "completed" } else { "in_progress" },
            "conclusion": self.conclusion,
            "downstream_repo": self.repo,
            "upstream_repo": "pytorch/pytorch",
            "pr_number": self.pr,
            "pytorch_head_sha": self.sha,
            "delivery_id": self.delivery,
            "workflow_run_url": "",
            "workflow_name": self.workflow,
            "job_name": self.job,
            "run_attempt": self.attempt,
            "event_type": self.event,
            "downstream_repo_level": self.level,
            "queue_time": self.queue_time,
            "execution_time": self.execution_time,
            "started_at": moment(self.started),
            "completed_at": moment(self.ended),
            "failed_tests": self.failed_tests,
        });
        match layout {
            Layout::Own => {
                row["created_at"] = rfc3339(self.created).into();
                row["_version"] = version.into();
            }
            Layout::Hud => row["_inserted_at"] = rfc3339(self.inserted).into(),
        }
        row
    }
}

/// In UTC.
pub fn rfc3339(nanos: i64) -> String {
    let moment = time::OffsetDateTime::from_unix_timestamp_nanos(nanos.into()).expect("of these years");
    moment
        .format(&time::format_description::well_known::Rfc3339)
        .expect("four digits are enough")
}

/// A line for each record, with moments as they lie before the moment of asking.
impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = |nanos: Option<i64>| {
            nanos.map_or("never".to_owned(), |nanos| {
                format!("{:.1}m", nanos as f64 / MINUTE as f64)
            })
        };
        let Ask {
            view,
            range,
            as_of,
            repo,
            pr,
            commit,
        } = &self.ask;
        writeln!(
            f,
            "asked for {view:?} of {range} days as of {}, for {repo}, PR {pr}, commit {commit}; {} records:",
            as_of.map_or("now".to_owned(), |as_of| at(Some(as_of))),
            self.records.len()
        )?;
        for it in &self.records {
            let status = if it.completed { &it.conclusion } else { "running" };
            writeln!(
                f,
                "  {} {status:?} attempt {} PR {} sha {:?} event {:?} level {:?} started {} ended {} created {} inserted {} queue {:?} ran {:?} failed {}",
                it.key,
                it.attempt,
                it.pr,
                it.sha,
                it.event,
                it.level,
                at(it.started),
                at(it.ended),
                at(Some(it.created)),
                at(Some(it.inserted)),
                it.queue_time,
                it.execution_time,
                it.failed_tests,
            )?;
        }
        Ok(())
    }
}

const _: () = assert!(DAY % GRID == 0, "ranges begin beside the grid's moments");
