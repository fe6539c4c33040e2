//! What each query answers with: a struct per file of `queries/`. Moments are nanoseconds since 1970.

use clickhouse::Row;
use serde::Deserialize;

use crate::data::text::make_printable;

/// `queries/summary.sql`
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
pub struct SummaryRow {
    pub repo: String,
    /// The newest that any record here says: what stands where [`RepositoryRow`] and the allowlist say nothing.
    pub level: String,
    pub success: u64,
    pub failure: u64,
    pub timed_out: u64,
    pub cancelled: u64,
    pub other: u64,
    pub running: u64,
    pub overdue_jobs: u64,
    /// Seconds; NaN for none.
    pub duration_p50: f64,
    /// Seconds; NaN for none.
    pub duration_p95: f64,
    /// Seconds; NaN for none.
    pub queue_p50: f64,
    pub pull_requests: u64,
    pub last_run: i64,
    /// The latest moment that anything was reported of; not in the future.
    pub newest: i64,
}

/// `queries/repositories.sql`
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Deserialize)]
pub struct RepositoryRow {
    pub repo: String,
    /// The newest record's; empty when that says nothing.
    pub level: String,
    /// The newest that any record says.
    pub level_before: String,
    pub last_run: i64,
    /// 0 for none, as the others.
    pub last_pr: i64,
    pub last_push: i64,
    pub last_nightly: i64,
    pub last_periodic: i64,
}

/// `queries/daily.sql`
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
pub struct DayRow {
    pub repo: String,
    /// Since 1970, in UTC.
    pub day: u32,
    pub success: u64,
    pub failure: u64,
    pub timed_out: u64,
}

/// `queries/days.sql`
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
pub struct TrendRow {
    /// Since 1970, in UTC.
    pub day: u32,
    pub success: u64,
    pub failure: u64,
    pub timed_out: u64,
    /// Completed current results.
    pub total: u64,
    pub flaky_jobs: u64,
    /// Seconds; NaN for none.
    pub duration_p50: f64,
    /// Seconds; NaN for none.
    pub queue_p50: f64,
}

/// `queries/arrived.sql`
#[derive(Clone, Debug, Default, PartialEq, Eq, Row, Deserialize)]
pub struct ArrivedRow {
    /// Of the server, in seconds since 1970.
    pub clock: u32,
    /// Backends in lower case, with how many rows came of each, and when the last one did, in seconds since 1970.
    pub backends: Vec<(String, u64, u32)>,
}

/// `queries/jobs.sql`
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct JobRow {
    pub workflow: String,
    pub job: String,
    /// Stands for workflow and job in `queries/rows.sql`, and in a question.
    pub id: u64,
}

impl JobRow {
    /// Makes every text fit for a terminal, once.
    pub fn make_printable(&mut self) {
        for text in [&mut self.workflow, &mut self.job] {
            make_printable(text);
        }
    }
}

/// `queries/usual.sql`
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
pub struct UsualRow {
    pub repo: String,
    pub workflow: String,
    pub job: String,
    /// [`JobRow::id`]
    pub id: u64,
    /// Completed current results.
    pub total: u64,
    pub success: u64,
    /// Failed or timed out.
    pub failure: u64,
    /// Passed after failing on the same commit.
    pub flaky_jobs: u64,
    /// Of what passed, in seconds; NaN for none.
    pub duration_p50: f64,
    /// The first failure after it passed last, in nanoseconds since 1970 ([`Cell::seen`]); 0 where it passed last.
    pub failing_since: i64,
    /// In so many pull requests it failed or timed out since then.
    pub failing_prs: u64,
}

impl UsualRow {
    /// Makes every text fit for a terminal, once.
    pub fn make_printable(&mut self) {
        for text in [&mut self.repo, &mut self.workflow, &mut self.job] {
            make_printable(text);
        }
    }
}

/// `queries/rows.sql`
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct MatrixRow {
    /// 0 for none.
    pub pr_number: u64,
    /// The SHA in lower case, or the delivery that stands for it.
    pub commit: String,
    /// Its newest start, as far as clocks are right: `seen` of `queries/chosen.sql`.
    pub newest: i64,
    /// Of each job its id, and a letter for [`crate::data::glyph::Mark::of_letter`].
    pub cells: Vec<(u64, u8)>,
}

/// `queries/readiness.sql`
#[derive(Clone, Debug, Default, PartialEq, Row, Deserialize)]
pub struct ReadinessRow {
    /// Completed current results.
    pub total: u64,
    pub success: u64,
    pub failure: u64,
    pub timed_out: u64,
    /// Of those that did not time out.
    pub overran: u64,
    /// Seconds; NaN for none.
    pub queue_mean: f64,
    /// Seconds; NaN for none.
    pub end_to_end_p50: f64,
}

/// `queries/levels.sql`
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct LevelRow {
    /// The first record of it.
    pub since: i64,
    pub level: String,
}

/// `queries/relay_health.sql`
#[derive(Clone, Debug, PartialEq, Eq, Row, Deserialize)]
pub struct RelayRow {
    /// 0 for none.
    pub pr_number: u64,
    /// Its newest one.
    pub commit: String,
    /// Workflow and job of what failed.
    pub failing: Vec<String>,
    /// In nanoseconds since 1970.
    pub last_run: i64,
}

/// What a current result counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Failure,
    TimedOut,
    Running,
    Cancelled,
    Other,
    Success,
}

impl Verdict {
    /// The word in queries.
    pub fn of(word: &str) -> Self {
        match word {
            "success" => Self::Success,
            "failure" => Self::Failure,
            "timed_out" => Self::TimedOut,
            "cancelled" => Self::Cancelled,
            "running" => Self::Running,
            _ => Self::Other,
        }
    }

    /// The same word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Running => "running",
            Self::Other => "other",
        }
    }
}

/// `queries/cell.sql` with `cells.sql` or `attempts.sql`
#[derive(Clone, Debug, Default, PartialEq, Row, Deserialize)]
#[expect(non_snake_case, reason = "the column's name is the reference's")]
pub struct Cell {
    pub dynamoKey: String,
    pub downstream_repo: String,
    pub upstream_repo: String,
    pub pr_number: u64,
    /// The SHA in lower case, or the delivery that stands for it.
    pub commit: String,
    pub pytorch_head_sha: String,
    pub delivery_id: String,
    pub workflow_name: String,
    pub job_name: String,
    /// [`UsualRow::id`]
    pub job_id: u64,
    pub run_attempt: u32,
    pub conclusion: String,
    pub ended: bool,
    pub verdict: String,
    pub attempts: u64,
    pub flaky: bool,
    pub overdue: bool,
    pub event_type: String,
    pub downstream_repo_level: String,
    pub started: Option<i64>,
    pub completed: Option<i64>,
    pub belongs: i64,
    /// By when it is newer than others (`queries/chosen.sql`), in nanoseconds since 1970.
    pub seen: i64,
    /// Seconds.
    pub duration: Option<f64>,
    /// Seconds.
    pub queue_time: Option<f64>,
    pub total_tests: u64,
    pub passed_tests: u64,
    pub failed_tests: u64,
    pub skipped_tests: u64,
    pub workflow_run_url: String,
    pub run_id: String,
    pub check_run_id: String,
    pub artifact_url: String,
    /// Attempts before it that passed,
    pub passed_before: u64,
    /// and those that failed or timed out.
    pub failed_before: u64,
    /// JSON as the backend sent it; empty in `queries/cells.sql`, as is the environment.
    pub failed_tests_json: String,
    pub environment: String,
    /// Its repository's level now, whatever this record said ([`crate::data::levels`]).
    #[serde(skip_deserializing)]
    pub level: String,
}

impl Cell {
    /// What the result counts as.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.verdict)
    }

    pub fn has_failed(&self) -> bool {
        matches!(self.verdict(), Verdict::Failure | Verdict::TimedOut)
    }

    /// Makes the texts that a screen shows fit for a terminal, once. The key and the JSON of tests and environment stay as they came: no
    /// screen shows them as they are.
    pub fn make_printable(&mut self) {
        for text in [
            &mut self.level,
            &mut self.downstream_repo,
            &mut self.upstream_repo,
            &mut self.commit,
            &mut self.pytorch_head_sha,
            &mut self.delivery_id,
            &mut self.workflow_name,
            &mut self.job_name,
            &mut self.conclusion,
            &mut self.event_type,
            &mut self.downstream_repo_level,
            &mut self.workflow_run_url,
            &mut self.run_id,
            &mut self.check_run_id,
            &mut self.artifact_url,
        ] {
            make_printable(text);
        }
    }
}

/// `queries/results.sql`
#[derive(Clone, Debug, PartialEq, Row, Deserialize)]
#[expect(non_snake_case, reason = "the column's name is the reference's")]
pub struct ResultRow {
    pub dynamoKey: String,
    pub status: String,
    pub downstream_repo: String,
    pub upstream_repo: String,
    pub pr_number: u64,
    pub pytorch_head_sha: String,
    pub delivery_id: String,
    pub workflow_run_url: String,
    pub workflow_name: String,
    pub job_name: String,
    pub check_run_id: String,
    pub run_id: String,
    pub run_attempt: u32,
    pub conclusion: String,
    pub event_type: String,
    pub downstream_repo_level: String,
    pub queue_time: Option<f64>,
    pub execution_time: Option<f64>,
    pub started: Option<i64>,
    pub completed: Option<i64>,
    pub total_tests: u64,
    pub passed_tests: u64,
    pub failed_tests: u64,
    pub skipped_tests: u64,
    pub failed_tests_json: String,
    pub artifact_url: String,
    pub environment: String,
    pub triage_verdict: String,
    pub created: Option<i64>,
    pub inserted: i64,
    /// Seconds.
    pub duration: Option<f64>,
    pub verdict: String,
    pub attempts: u64,
    pub flaky: bool,
    pub passed_before: u64,
    pub failed_before: u64,
    pub overdue: bool,
    pub commit: String,
    pub belongs: i64,
}
