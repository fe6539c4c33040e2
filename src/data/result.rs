//! A current result: a row of the reader's as commands print it.

use serde::Serialize;

use crate::data::chosen::Commit;
use crate::data::figures::moment;
use crate::data::repo::same_repo;
use crate::source::{PROBE, ResultRow};

/// One current result, with the column names of the contract. Absent is null.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[expect(non_snake_case, reason = "the column's name is the reference's")]
pub struct JobResult {
    pub dynamoKey: String,
    pub status: String,
    pub conclusion: Option<String>,
    /// What it counts as: `success`, `failure`, `timed_out`, `cancelled`, `other` or `running`. It differs from the conclusion where the
    /// relay's probe fails on purpose.
    pub verdict: String,
    pub downstream_repo: String,
    /// The same, under the alias of the reference.
    pub repository_full_name: String,
    pub downstream_repo_level: Option<String>,
    pub probe: bool,
    pub upstream_repo: Option<String>,
    pub event_type: Option<String>,
    pub pr_number: Option<u64>,
    pub pytorch_head_sha: Option<String>,
    pub delivery_id: String,
    pub workflow_name: String,
    pub job_name: String,
    pub run_attempt: u32,
    /// Records of this job on this commit.
    pub attempts: u64,
    /// Passed after failing on the same commit.
    pub flaky: bool,
    /// Attempts before it that passed,
    pub passed_before: u64,
    /// and those that failed or timed out.
    pub failed_before: u64,
    pub overdue: bool,
    pub check_run_id: String,
    pub run_id: Option<String>,
    /// Seconds.
    pub queue_time: Option<f64>,
    /// Seconds.
    pub execution_time: Option<f64>,
    /// Completion minus start, else the execution time.
    pub duration_seconds: Option<f64>,
    #[serde(serialize_with = "moment")]
    pub started_at: Option<i64>,
    #[serde(serialize_with = "moment")]
    pub completed_at: Option<i64>,
    #[serde(serialize_with = "moment")]
    pub created_at: Option<i64>,
    #[serde(serialize_with = "moment")]
    pub _inserted_at: Option<i64>,
    pub total_tests: u64,
    pub passed_tests: u64,
    pub failed_tests: u64,
    pub skipped_tests: u64,
    pub failed_tests_json: Option<String>,
    pub workflow_run_url: Option<String>,
    pub artifact_url: Option<String>,
    pub environment: Option<String>,
    pub triage_verdict: Option<String>,
    /// By when it belongs to a range.
    #[serde(skip)]
    pub belongs: i64,
}

impl From<ResultRow> for JobResult {
    fn from(row: ResultRow) -> Self {
        let given = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            probe: same_repo(&row.downstream_repo, PROBE),
            dynamoKey: row.dynamoKey,
            status: row.status,
            conclusion: given(row.conclusion),
            verdict: row.verdict,
            repository_full_name: row.downstream_repo.clone(),
            downstream_repo: row.downstream_repo,
            downstream_repo_level: given(row.downstream_repo_level),
            upstream_repo: given(row.upstream_repo),
            event_type: given(row.event_type),
            pr_number: Some(row.pr_number).filter(|number| *number > 0),
            pytorch_head_sha: given(row.pytorch_head_sha),
            delivery_id: row.delivery_id,
            workflow_name: row.workflow_name,
            job_name: row.job_name,
            run_attempt: row.run_attempt,
            attempts: row.attempts,
            flaky: row.flaky,
            passed_before: row.passed_before,
            failed_before: row.failed_before,
            overdue: row.overdue,
            check_run_id: row.check_run_id,
            run_id: given(row.run_id),
            queue_time: row.queue_time,
            execution_time: row.execution_time,
            duration_seconds: row.duration,
            started_at: row.started,
            completed_at: row.completed,
            created_at: row.created,
            _inserted_at: Some(row.inserted),
            total_tests: row.total_tests,
            passed_tests: row.passed_tests,
            failed_tests: row.failed_tests,
            skipped_tests: row.skipped_tests,
            failed_tests_json: given(row.failed_tests_json),
            workflow_run_url: given(row.workflow_run_url),
            artifact_url: given(row.artifact_url),
            environment: given(row.environment),
            triage_verdict: given(row.triage_verdict),
            belongs: row.belongs,
        }
    }
}

/// The results on the chosen commits. They come newest first, so the first of them is on the newest commit.
pub fn on_commit(rows: Vec<ResultRow>, commit: &Commit) -> Vec<JobResult> {
    let newest = rows.first().map(|row| row.commit.clone()).unwrap_or_default();
    rows.into_iter()
        .filter(|row| commit.covers(&row.commit, &newest))
        .map(JobResult::from)
        .collect()
}
