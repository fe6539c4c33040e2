//! Jobs as rows: what `trends --jobs` prints, and what is exported of the trends' screen.

use serde::Serialize;

use crate::data::figures::{count, duration, percent};
use crate::data::text::{fit, printable};
use crate::data::trend::Job;
use crate::printed::export::{TEXT, Tabular};

/// How a job did over some days. Its names are those of results.
#[derive(Default, Serialize)]
pub(crate) struct JobRow {
    downstream_repo: String,
    workflow_name: String,
    job_name: String,
    success: u64,
    /// Failed or timed out.
    failure_or_timed_out: u64,
    /// Passed after failing on the same commit.
    flaky: u64,
    /// 0 to 1; none when nothing passed, failed or timed out.
    pass_rate: Option<f64>,
    /// Of those that have a pass rate the share that is flaky, 0 to 1.
    flake_rate: Option<f64>,
    /// Of what passed, in seconds.
    duration_p50: Option<f64>,
}

impl From<&Job> for JobRow {
    fn from(job: &Job) -> Self {
        Self {
            downstream_repo: job.repo.clone(),
            workflow_name: job.workflow.clone(),
            job_name: job.job.clone(),
            success: job.success,
            failure_or_timed_out: job.failure,
            flaky: job.flaky,
            pass_rate: job.pass_rate(),
            flake_rate: job.flake_rate(),
            duration_p50: job.duration,
        }
    }
}

impl Tabular for JobRow {
    const HEADS: &'static [(&'static str, bool)] = &[
        ("BACKEND", false),
        ("WORKFLOW", false),
        ("JOB", false),
        ("FAIL+TIME", true),
        ("FLAKY", true),
        ("FLAKE%", true),
        ("OK", true),
        ("PASS", true),
        ("P50", true),
    ];

    fn cells(&self, _now: i64) -> Vec<String> {
        let text = |text: &str| fit(&printable(text), TEXT).into_owned();
        vec![
            text(&self.downstream_repo),
            text(&self.workflow_name),
            text(&self.job_name),
            count(self.failure_or_timed_out),
            count(self.flaky),
            percent(self.flake_rate),
            count(self.success),
            percent(self.pass_rate),
            duration(self.duration_p50),
        ]
    }
}
