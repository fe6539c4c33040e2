//! Results as a screen holds them: what of `pr`, `commit` and `backend --format json` the model knows, under the same names.
//!
//! A backend's screen knows a mark of each: what only that has (`commit`, `result`, `newest_start`) has names of its own.

use serde::Serialize;

use crate::data::attempts::before_in_words;
use crate::data::figures::{age, moment};
use crate::data::glyph;
use crate::data::matrix::Matrix;
use crate::data::repo::same_repo;
use crate::data::text::{fit, printable};
use crate::printed::export::{ResultCells, Tabular};
use crate::source::{Cell, PROBE};

/// The longest text in a table, in columns.
const TEXT: usize = 100;

/// One current result. Absent is null.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(non_snake_case, reason = "the column's name is the reference's")]
pub(super) struct ShownResult {
    dynamoKey: String,
    status: &'static str,
    conclusion: Option<String>,
    verdict: String,
    downstream_repo: String,
    repository_full_name: String,
    downstream_repo_level: Option<String>,
    probe: bool,
    event_type: Option<String>,
    pr_number: Option<u64>,
    pytorch_head_sha: Option<String>,
    delivery_id: String,
    workflow_name: String,
    job_name: String,
    run_attempt: u32,
    attempts: u64,
    flaky: bool,
    passed_before: u64,
    failed_before: u64,
    overdue: bool,
    check_run_id: String,
    run_id: Option<String>,
    /// Seconds.
    queue_time: Option<f64>,
    /// Seconds.
    duration_seconds: Option<f64>,
    #[serde(serialize_with = "moment")]
    started_at: Option<i64>,
    #[serde(serialize_with = "moment")]
    completed_at: Option<i64>,
    total_tests: u64,
    passed_tests: u64,
    failed_tests: u64,
    skipped_tests: u64,
    workflow_run_url: Option<String>,
    artifact_url: Option<String>,
    /// As the screen says it.
    #[serde(skip)]
    words: String,
    #[serde(skip)]
    belongs: i64,
}

impl From<&Cell> for ShownResult {
    fn from(cell: &Cell) -> Self {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Self {
            words: match before_in_words(cell.passed_before, cell.failed_before) {
                Some(before) if !cell.flaky => format!("{}, {before}", glyph::words(cell)),
                _ => glyph::words(cell),
            },
            belongs: cell.belongs,
            dynamoKey: cell.dynamoKey.clone(),
            status: if cell.ended { "completed" } else { "in_progress" },
            conclusion: given(&cell.conclusion),
            verdict: cell.verdict.clone(),
            downstream_repo: cell.downstream_repo.clone(),
            repository_full_name: cell.downstream_repo.clone(),
            downstream_repo_level: given(&cell.downstream_repo_level),
            probe: same_repo(&cell.downstream_repo, PROBE),
            event_type: given(&cell.event_type),
            pr_number: Some(cell.pr_number).filter(|number| *number > 0),
            pytorch_head_sha: given(&cell.pytorch_head_sha),
            delivery_id: cell.delivery_id.clone(),
            workflow_name: cell.workflow_name.clone(),
            job_name: cell.job_name.clone(),
            run_attempt: cell.run_attempt,
            attempts: cell.attempts,
            flaky: cell.flaky,
            passed_before: cell.passed_before,
            failed_before: cell.failed_before,
            overdue: cell.overdue,
            check_run_id: cell.check_run_id.clone(),
            run_id: given(&cell.run_id),
            queue_time: cell.queue_time,
            duration_seconds: cell.duration,
            started_at: cell.started,
            completed_at: cell.completed,
            total_tests: cell.total_tests,
            passed_tests: cell.passed_tests,
            failed_tests: cell.failed_tests,
            skipped_tests: cell.skipped_tests,
            workflow_run_url: given(&cell.workflow_run_url),
            artifact_url: given(&cell.artifact_url),
        }
    }
}

impl Tabular for ShownResult {
    const HEADS: &'static [(&'static str, bool)] = ResultCells::HEADS;

    fn cells(&self, now: i64) -> Vec<String> {
        let cells = ResultCells {
            result: fit(&printable(&self.words), TEXT).into_owned(),
            backend: &self.downstream_repo,
            pr: self.pr_number,
            commit: self.pytorch_head_sha.as_deref(),
            workflow: &self.workflow_name,
            job: &self.job_name,
            attempt: self.run_attempt,
            ran: self.duration_seconds,
            queued: self.queue_time,
            failed_tests: self.failed_tests,
            since: self.belongs,
        };
        cells.texts(TEXT, now)
    }
}

/// A result of a matrix, which holds no more of it. `downstream_repo`, `pr_number`, `workflow_name` and `job_name` are those of the commands.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct MarkedResult {
    downstream_repo: String,
    pr_number: Option<u64>,
    /// The SHA, or the delivery that stands for it.
    commit: String,
    workflow_name: String,
    job_name: String,
    /// What it counts as.
    verdict: &'static str,
    /// In a word or two.
    result: &'static str,
    /// The newest start on this commit.
    #[serde(serialize_with = "moment")]
    newest_start: Option<i64>,
}

impl MarkedResult {
    /// None where nothing was reported.
    pub(super) fn of(repo: &str, matrix: &Matrix, row: usize, column: usize) -> Option<Self> {
        let mark = matrix.mark(row, column)?;
        let (row, column) = (matrix.rows.get(row)?, matrix.columns.get(column)?);
        Some(Self {
            downstream_repo: repo.to_owned(),
            pr_number: Some(row.pr).filter(|number| *number > 0),
            commit: row.commit.clone(),
            workflow_name: column.workflow.clone(),
            job_name: column.job.clone(),
            verdict: mark.verdict().word(),
            result: mark.word(),
            newest_start: Some(row.newest),
        })
    }
}

impl Tabular for MarkedResult {
    const HEADS: &'static [(&'static str, bool)] = &[
        ("RESULT", false),
        ("PR", true),
        ("COMMIT", false),
        ("WORKFLOW", false),
        ("JOB", false),
        ("AGE", true),
    ];

    fn cells(&self, now: i64) -> Vec<String> {
        let text = |text: &str| fit(&printable(text), TEXT).into_owned();
        vec![
            self.result.to_owned(),
            self.pr_number.map_or("–".to_owned(), |number| number.to_string()),
            text(self.commit.get(..8).unwrap_or(&self.commit)),
            text(&self.workflow_name),
            text(&self.job_name),
            self.newest_start.map_or("–".to_owned(), |at| age(at, now)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::result::JobResult;

    /// Who reads one can read the other.
    #[test]
    fn the_columns_are_those_of_the_commands() {
        let keys = |value: serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let all = keys(serde_json::to_value(JobResult::default()).unwrap());
        for key in keys(serde_json::to_value(ShownResult::default()).unwrap()) {
            assert!(all.contains(&key), "{key}");
        }
    }
}
