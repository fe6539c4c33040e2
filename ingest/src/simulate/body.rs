//! A report as the JSON that the relay posts, in the variants that really occur.

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde::Serialize;
use serde_json::{Value, json};

use super::backends::Ids;
use super::job::{Job, Trigger};
use crate::timestamp::Timestamp;

/// What a callback says: enough to compute what the store must hold of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Report {
    pub(super) repo: &'static str,
    pub(super) level: &'static str,
    pub(super) event_type: &'static str,
    pub(super) delivery_id: String,
    pub(super) workflow_name: &'static str,
    pub(super) job_name: String,
    pub(super) check_run_id: String,
    pub(super) run_attempt: u32,
    pub(super) pr_number: u64,
    pub(super) commit: String,
    pub(super) status: &'static str,
    pub(super) conclusion: Option<&'static str>,
    pub(super) queue_time: Option<f64>,
    pub(super) execution_time: Option<f64>,
    pub(super) started_at: Option<Timestamp>,
    pub(super) completed_at: Option<Timestamp>,
    /// Of tests: passed, failed, skipped.
    pub(super) tests: Option<[u64; 3]>,
}

/// A webhook as GitHub sends it: 20 KB and more that nobody reads.
const WEBHOOK: &str = include_str!("../../../assets/payloads/03-completed-success-full-webhook.json");

impl Report {
    pub(super) fn new(rng: &mut StdRng, job: &Job, started_at: i64, completed: bool, at: i64) -> Self {
        let (event_type, pr_number, commit) = match &job.trigger {
            Trigger::PullRequest { number, commit } => ("pull_request", *number, commit),
            Trigger::Push { git_ref, commit } => {
                let number = git_ref
                    .strip_prefix("refs/tags/ciflow/trunk/")
                    .and_then(|number| number.parse().ok());
                ("push", number.unwrap_or(0), commit)
            }
            Trigger::Nightly { commit } => ("nightly", 0, commit),
            Trigger::Periodic { commit } => ("periodic", 0, commit),
        };
        let scheduled = matches!(event_type, "nightly" | "periodic");
        let end = started_at + (job.duration * 1_000.0) as i64;
        // Scheduled runs report once, without metrics, and their start is their end.
        let started = if scheduled { end } else { started_at };
        let says_start = !completed || scheduled || rng.random_bool(0.5);
        let failed = job.conclusion == Some("failure");
        let counts_tests = completed && !scheduled && job.name.contains(['-', '(']) && rng.random_bool(0.8);
        Self {
            repo: job.backend().repo,
            level: job.backend().level,
            event_type,
            delivery_id: job.delivery_id.clone(),
            workflow_name: job.workflow,
            job_name: job.name.clone(),
            check_run_id: job.check_run_id.clone(),
            run_attempt: job.attempt,
            pr_number,
            commit: commit.clone(),
            status: if completed { "completed" } else { "in_progress" },
            conclusion: job.conclusion.filter(|_| completed),
            queue_time: (!completed && !scheduled).then_some(job.queue),
            execution_time: (completed && !scheduled).then_some(job.duration),
            started_at: Timestamp::from_millis(started.min(at)).filter(|_| says_start),
            completed_at: Timestamp::from_millis(end.min(at)).filter(|_| completed),
            tests: counts_tests.then(|| {
                [
                    rng.random_range(500..9_000),
                    if failed { rng.random_range(1..6) } else { 0 },
                    rng.random_range(0..80),
                ]
            }),
        }
    }

    /// The record's key, as the contract has it.
    pub(super) fn key(&self) -> String {
        format!(
            "{}/{}/{}/{}/{}",
            self.repo, self.delivery_id, self.workflow_name, self.job_name, self.check_run_id
        )
    }
}

/// The body of the POST.
pub(super) fn render(rng: &mut StdRng, job: &Job, report: &Report) -> String {
    let run_url = match job.backend().ids {
        Ids::GitHub => format!("https://github.com/{}/actions/runs/{}", report.repo, job.run_id),
        Ids::Buildkite => format!("https://buildkite.example.org/{}/builds/{}", report.repo, job.run_id),
    };
    let mut workflow = json!({
        "schema_version": "1",
        "status": report.status,
        "conclusion": report.conclusion,
        "name": report.workflow_name,
        "url": run_url,
        "job_name": report.job_name,
        "check_run_id": report.check_run_id,
        "run_id": job.run_id,
    });
    // As text, as a number, or not at all where it is 1.
    match rng.random_range(0..3) {
        0 => workflow["run_attempt"] = json!(report.run_attempt),
        1 if report.run_attempt == 1 => {}
        _ => workflow["run_attempt"] = json!(report.run_attempt.to_string()),
    }
    if job.backend().ids == Ids::GitHub && rng.random_bool(0.3) {
        workflow["run_id"] = job.run_id.parse::<u64>().map_or(Value::Null, Value::from);
    }
    if report.started_at.is_some() || rng.random_bool(0.5) {
        workflow["started_at"] = json!(report.started_at);
    }
    if let Some(completed_at) = report.completed_at {
        workflow["completed_at"] = json!(completed_at);
        if rng.random_bool(0.3) {
            workflow["artifact_url"] = json!(format!(
                "https://artifacts.example.org/{}/{}/",
                report.repo, report.check_run_id
            ));
        }
        if rng.random_bool(0.2) {
            workflow["environment"] = json!({ "driver": "25.2.1", "image": "ubuntu-24.04", "python": "3.12" });
        }
    }
    if let Some([passed, failed, skipped]) = report.tests {
        let spelled = if rng.random_bool(0.2) {
            "test-results"
        } else {
            "test_results"
        };
        workflow[spelled] = json!({ "passed": passed, "failed": failed, "skipped": skipped });
        if failed > 0 && rng.random_bool(0.7) {
            workflow["failed_tests_detail"] = (0..failed).map(failed_test).collect();
        }
    }
    let callback = json!({
        "event_type": report.event_type,
        "delivery_id": report.delivery_id,
        "payload": webhook(rng, job),
        "workflow": workflow,
    });
    json!({
        "trusted": {
            "verified_repo": report.repo,
            "downstream_repo_level": report.level,
            "ci_metrics": { "queue_time": report.queue_time, "execution_time": report.execution_time },
        },
        "untrusted": { "callback_payload": callback },
    })
    .to_string()
}

fn failed_test(number: u64) -> Value {
    json!({
        "name": format!("test_add_out_bfloat16_{number}"),
        "classname": "TestBinaryUfuncs",
        "message": "AssertionError: Tensor-likes are not close!",
        "stacktrace": "Traceback (most recent call last):\n  File \"test_binary_ufuncs.py\", line 412, in test_add_out",
    })
}

/// The webhook that set the job off, sometimes whole.
fn webhook(rng: &mut StdRng, job: &Job) -> Value {
    let repository = json!({ "full_name": "pytorch/pytorch" });
    match &job.trigger {
        Trigger::PullRequest { number, commit } if rng.random_bool(0.05) => {
            let sample: Value = serde_json::from_str(WEBHOOK).unwrap_or_default();
            let mut payload = sample["untrusted"]["callback_payload"]["payload"].clone();
            payload["pull_request"]["number"] = json!(number);
            payload["pull_request"]["head"]["sha"] = json!(commit);
            payload
        }
        Trigger::PullRequest { number, commit } => json!({
            "action": "synchronize",
            "pull_request": { "number": number, "head": { "sha": commit, "ref": "feature" }, "labels": [] },
            "repository": repository,
        }),
        Trigger::Push { git_ref, commit } => json!({ "ref": git_ref, "after": commit, "repository": repository }),
        Trigger::Nightly { commit } | Trigger::Periodic { commit } => {
            json!({ "repository": repository, "head_sha": commit })
        }
    }
}
