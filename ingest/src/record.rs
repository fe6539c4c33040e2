//! One record per job execution: what a callback says of it, and how what several callbacks say is joined.
//!
//! A callback is flattened into a [`Record`], and records of the same key are joined. The join is commutative, associative and
//! idempotent: what a record ends as depends on the set of events, never on their order or number. Pure: no clock, no I/O.
//! Source: the relay contract, sections 3 and 4.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::payload::{COUNT_MAX, Callback, Status};
use crate::timestamp::Timestamp;

/// The upstream repository when nobody named one. Never stored: it is the default, not a value.
pub const DEFAULT_UPSTREAM_REPO: &str = "pytorch/pytorch";

/// The longest key, which is DynamoDB's limit for a hash key.
pub const KEY_MAX_BYTES: usize = 2048;

/// What is known of one job execution. The names of the serialised fields are the attribute names of the store; a field
/// without a value is absent there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// `{downstream_repo}/{delivery_id}/{workflow_name}/{job_name}/{check_run_id}`.
    #[serde(rename = "dynamoKey")]
    pub key: String,
    pub status: Status,
    pub downstream_repo: String,
    pub delivery_id: String,
    pub workflow_name: String,
    pub job_name: String,
    pub check_run_id: String,
    /// At least 1.
    pub run_attempt: u32,
    #[serde(flatten)]
    pub details: Details,
    #[serde(flatten)]
    pub completion: Completion,
}

/// Attributes that may be absent: a value beats none.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub upstream_repo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pr_number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pytorch_head_sha: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow_run_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub downstream_repo_level: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_url: Option<String>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub triage_verdict: Option<String>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
}

/// How a job ended: taken whole from one event, never mixed from two.
///
/// A job that still runs has none, but for an `execution_time` that came too early.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Completion {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conclusion: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_tests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub passed_tests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_tests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped_tests: Option<u64>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_tests_json: Option<String>,
}

/// A record in a store, with what stands outside the join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    #[serde(flatten)]
    pub record: Record,
    /// When we first heard of the job, by the server's clock, to the millisecond: the earliest wins, whatever comes last.
    pub created_at: Timestamp,
    /// One more with every write that changed something; the first is the clock's milliseconds + 1.
    pub version: u64,
}

impl Stored {
    /// A job that is heard of for the first time.
    pub fn first(record: Record, heard_at: Timestamp) -> Self {
        Self {
            record,
            created_at: heard_at.to_millis(),
            version: heard_at.millis() as u64 + 1,
        }
    }

    /// What stands after an event that was heard of at this moment; `None` when it says nothing new.
    pub fn after(&self, event: Record, heard_at: Timestamp) -> Option<Self> {
        let record = self.record.clone().join(event);
        let created_at = self.created_at.min(heard_at.to_millis());
        let changed = record != self.record || created_at != self.created_at;
        changed.then_some(Self {
            record,
            created_at,
            version: self.version + 1,
        })
    }

    /// What its row is sorted by: a row with another key is another row.
    pub fn row_key(&self) -> (Timestamp, &str, &str) {
        (self.created_at, &self.record.downstream_repo, &self.record.key)
    }
}

/// The first eight bytes of a key's SHA-256, as ClickHouse reads them: `reinterpretAsUInt64(substring(SHA256(dynamoKey), 1, 8))`.
pub fn key_hash(key: &str) -> u64 {
    let digest = Sha256::digest(key);
    u64::from_le_bytes(std::array::from_fn(|at| digest[at]))
}

/// The key is longer than [`KEY_MAX_BYTES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "untrusted.callback_payload: expected a key (verified_repo/delivery_id/workflow.name/job_name/check_run_id) of at most 2048 bytes, got {0}"
)]
pub struct KeyTooLong(usize);

impl Record {
    /// Flattens a callback into what it says of its job.
    ///
    /// # Errors
    /// [`KeyTooLong`].
    pub fn from_callback(callback: Callback) -> Result<Self, KeyTooLong> {
        let upstream = upstream_event(&callback);
        let Callback {
            verified_repo,
            delivery_id,
            workflow,
            ..
        } = callback;
        let key = format!(
            "{verified_repo}/{delivery_id}/{}/{}/{}",
            workflow.name, workflow.job_name, workflow.check_run_id
        );
        if key.len() > KEY_MAX_BYTES {
            return Err(KeyTooLong(key.len()));
        }
        let execution_time = callback.execution_time;
        let completion = match workflow.status {
            Status::InProgress => Completion {
                execution_time,
                ..Completion::default()
            },
            Status::Completed => {
                let tests = workflow.test_results;
                let counts = [tests.passed, tests.failed, tests.skipped];
                let sum = counts
                    .iter()
                    .any(Option::is_some)
                    .then(|| counts.iter().flatten().sum())
                    .filter(|sum| *sum <= COUNT_MAX);
                Completion {
                    conclusion: workflow.conclusion,
                    completed_at: workflow.completed_at,
                    execution_time,
                    total_tests: tests.total.or(sum),
                    passed_tests: tests.passed,
                    failed_tests: tests.failed,
                    skipped_tests: tests.skipped,
                    failed_tests_json: workflow.failed_tests_json,
                }
            }
        };
        Ok(Self {
            key,
            status: workflow.status,
            downstream_repo: verified_repo,
            delivery_id,
            workflow_name: workflow.name,
            job_name: workflow.job_name,
            check_run_id: workflow.check_run_id,
            run_attempt: workflow.run_attempt,
            details: Details {
                upstream_repo: callback
                    .webhook
                    .repository_full_name
                    .filter(|repo| repo != DEFAULT_UPSTREAM_REPO),
                pr_number: upstream.pr_number,
                pytorch_head_sha: upstream.commit,
                workflow_run_url: workflow.url,
                run_id: workflow.run_id,
                downstream_repo_level: callback.downstream_repo_level,
                event_type: callback.event_type,
                artifact_url: workflow.artifact_url,
                environment: workflow.environment,
                triage_verdict: workflow.triage_verdict,
                queue_time: callback.queue_time,
                started_at: workflow.started_at,
            },
            completion,
        })
    }

    /// The least record that holds what both say. Both must have the same key.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        debug_assert_eq!(self.key, other.key, "records of different jobs are never joined");
        let (status, completion) = match self
            .status
            .cmp(&other.status)
            .then_with(|| self.completion.cmp(&other.completion))
        {
            Ordering::Less => (other.status, other.completion),
            _ => (self.status, self.completion),
        };
        Self {
            status,
            // Parts of the key, and yet not always equal: `a/b` + `c` and `a` + `b/c` make the same key.
            downstream_repo: self.downstream_repo.max(other.downstream_repo),
            delivery_id: self.delivery_id.max(other.delivery_id),
            workflow_name: self.workflow_name.max(other.workflow_name),
            job_name: self.job_name.max(other.job_name),
            check_run_id: self.check_run_id.max(other.check_run_id),
            run_attempt: self.run_attempt.max(other.run_attempt),
            details: self.details.join(other.details),
            completion,
            key: self.key,
        }
    }
}

impl Details {
    /// A value beats none; of two the greater, but the earliest start and the smallest queue time.
    fn join(self, other: Self) -> Self {
        Self {
            upstream_repo: self.upstream_repo.max(other.upstream_repo),
            pr_number: self.pr_number.max(other.pr_number),
            pytorch_head_sha: self.pytorch_head_sha.max(other.pytorch_head_sha),
            workflow_run_url: self.workflow_run_url.max(other.workflow_run_url),
            run_id: self.run_id.max(other.run_id),
            downstream_repo_level: self.downstream_repo_level.max(other.downstream_repo_level),
            event_type: self.event_type.max(other.event_type),
            artifact_url: self.artifact_url.max(other.artifact_url),
            environment: self.environment.max(other.environment),
            triage_verdict: self.triage_verdict.max(other.triage_verdict),
            queue_time: least(self.queue_time, other.queue_time, f64::total_cmp),
            started_at: least(self.started_at, other.started_at, Timestamp::cmp),
        }
    }
}

fn least<T>(a: Option<T>, b: Option<T>, order: fn(&T, &T) -> Ordering) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if order(&b, &a).is_lt() { b } else { a }),
        (a, b) => a.or(b),
    }
}

impl Completion {
    /// A real conclusion beats `timed_out`, which the relay's sweeper reports of jobs that may still end; `timed_out` beats none.
    fn weight(&self) -> u8 {
        match self.conclusion.as_deref() {
            None => 0,
            Some("timed_out") => 1,
            Some(_) => 2,
        }
    }

    /// Which of two completions stands: the weightier, then the later, then by the values themselves so that the order is total.
    fn cmp(&self, other: &Self) -> Ordering {
        let seconds = |time: Option<f64>| time.map(f64::to_bits);
        self.weight()
            .cmp(&other.weight())
            .then_with(|| self.completed_at.cmp(&other.completed_at))
            .then_with(|| self.conclusion.cmp(&other.conclusion))
            // Not negative, so the bits order as the numbers do.
            .then_with(|| seconds(self.execution_time).cmp(&seconds(other.execution_time)))
            .then_with(|| self.total_tests.cmp(&other.total_tests))
            .then_with(|| self.passed_tests.cmp(&other.passed_tests))
            .then_with(|| self.failed_tests.cmp(&other.failed_tests))
            .then_with(|| self.skipped_tests.cmp(&other.skipped_tests))
            .then_with(|| self.failed_tests_json.cmp(&other.failed_tests_json))
    }
}

/// What the callback is about upstream.
struct UpstreamEvent {
    pr_number: Option<u64>,
    commit: Option<String>,
}

/// Where PR number and commit come from depends on the kind of event (contract, section 2).
fn upstream_event(callback: &Callback) -> UpstreamEvent {
    let webhook = &callback.webhook;
    match callback.event_type.as_deref() {
        Some("push") => UpstreamEvent {
            pr_number: webhook.git_ref.as_deref().and_then(ciflow_pull_request),
            commit: webhook.after.clone(),
        },
        Some("nightly" | "periodic") => UpstreamEvent {
            pr_number: None,
            commit: webhook.head_sha.clone().or_else(|| Some(callback.delivery_id.clone())),
        },
        _ => UpstreamEvent {
            pr_number: webhook.pull_request_number,
            commit: webhook.pull_request_head_sha.clone(),
        },
    }
}

/// The pull request that a `ciflow/trunk/<pr>` branch or tag was pushed for.
fn ciflow_pull_request(git_ref: &str) -> Option<u64> {
    let name = git_ref
        .strip_prefix("refs/heads/")
        .or_else(|| git_ref.strip_prefix("refs/tags/"))?;
    let digits = name.strip_prefix("ciflow/trunk/")?;
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse().ok().filter(|pr| (1..=COUNT_MAX).contains(pr))
}

#[cfg(test)]
mod tests;
