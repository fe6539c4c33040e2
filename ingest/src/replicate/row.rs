//! A stored record as a row of `schema/0001_oot_workflow_job.sql`, and the row that takes one away.

use clickhouse::Row;
use serde::Serialize;

use crate::record::{DEFAULT_UPSTREAM_REPO, Stored};
use crate::timestamp::Timestamp;

/// The event of a callback that named none.
const DEFAULT_EVENT_TYPE: &str = "pull_request";

/// One row. Times are nanoseconds (`created_at`: milliseconds) since 1970, where 0 means absent.
#[derive(Debug, Row, Serialize)]
pub struct JobRow<'a> {
    #[serde(rename = "dynamoKey")]
    key: &'a str,
    status: &'a str,
    downstream_repo: &'a str,
    upstream_repo: &'a str,
    pr_number: u64,
    pytorch_head_sha: &'a str,
    delivery_id: &'a str,
    workflow_run_url: &'a str,
    workflow_name: &'a str,
    job_name: &'a str,
    check_run_id: &'a str,
    run_id: &'a str,
    run_attempt: u32,
    conclusion: &'a str,
    event_type: &'a str,
    downstream_repo_level: &'a str,
    queue_time: Option<f64>,
    execution_time: Option<f64>,
    started_at: i64,
    completed_at: i64,
    total_tests: u64,
    passed_tests: u64,
    failed_tests: u64,
    skipped_tests: u64,
    failed_tests_json: &'a str,
    artifact_url: &'a str,
    environment: &'a str,
    triage_verdict: &'a str,
    created_at: i64,
    _version: u64,
    _deleted: u8,
}

impl<'a> JobRow<'a> {
    /// The row of a record as it stands.
    pub fn written(stored: &'a Stored) -> Self {
        let Stored {
            record,
            created_at,
            version,
        } = stored;
        let details = &record.details;
        let completion = &record.completion;
        let text = |value: &'a Option<String>| value.as_deref().unwrap_or_default();
        let nanos = |time: Option<Timestamp>| time.map_or(0, Timestamp::nanos);
        Self {
            key: &record.key,
            status: record.status.as_str(),
            downstream_repo: &record.downstream_repo,
            upstream_repo: details.upstream_repo.as_deref().unwrap_or(DEFAULT_UPSTREAM_REPO),
            pr_number: details.pr_number.unwrap_or_default(),
            pytorch_head_sha: text(&details.pytorch_head_sha),
            delivery_id: &record.delivery_id,
            workflow_run_url: text(&details.workflow_run_url),
            workflow_name: &record.workflow_name,
            job_name: &record.job_name,
            check_run_id: &record.check_run_id,
            run_id: text(&details.run_id),
            run_attempt: record.run_attempt,
            conclusion: text(&completion.conclusion),
            event_type: details.event_type.as_deref().unwrap_or(DEFAULT_EVENT_TYPE),
            downstream_repo_level: text(&details.downstream_repo_level),
            queue_time: details.queue_time,
            execution_time: completion.execution_time,
            started_at: nanos(details.started_at),
            completed_at: nanos(completion.completed_at),
            total_tests: completion.total_tests.unwrap_or_default(),
            passed_tests: completion.passed_tests.unwrap_or_default(),
            failed_tests: completion.failed_tests.unwrap_or_default(),
            skipped_tests: completion.skipped_tests.unwrap_or_default(),
            failed_tests_json: text(&completion.failed_tests_json),
            artifact_url: text(&details.artifact_url),
            environment: text(&details.environment),
            triage_verdict: text(&details.triage_verdict),
            created_at: created_at.millis(),
            _version: *version,
            _deleted: 0,
        }
    }

    /// The tombstone of a record that was removed: newer than every version that was.
    pub fn removed(stored: &'a Stored) -> Self {
        Self {
            _version: stored.version + 1,
            _deleted: 1,
            ..Self::written(stored)
        }
    }
}
