//! The table that holds results, in both layouts.

use crate::ClickHouse;

const OWN: &str = include_str!("../../schema/0001_oot_workflow_job.sql");

/// The reference layout: section 6 of the relay contract; but when a row was inserted can be said.
const HUD: &str = "CREATE TABLE crcr_workflow_job (
    dynamoKey String, status String, downstream_repo String, upstream_repo String, pr_number UInt64, pytorch_head_sha String,
    delivery_id String, workflow_run_url String, workflow_name String, conclusion String, job_name String DEFAULT '',
    check_run_id String DEFAULT '', run_id String DEFAULT '', run_attempt UInt32 DEFAULT 1, failed_tests_json String DEFAULT '',
    artifact_url String DEFAULT '', environment String DEFAULT '', downstream_repo_level String DEFAULT '',
    event_type String DEFAULT 'pull_request', queue_time Nullable(Float64), execution_time Nullable(Float64),
    started_at DateTime64(9), completed_at DateTime64(9), total_tests UInt64 DEFAULT 0, passed_tests UInt64 DEFAULT 0,
    failed_tests UInt64 DEFAULT 0, skipped_tests UInt64 DEFAULT 0, _inserted_at DateTime DEFAULT now(),
    repository_full_name String ALIAS downstream_repo)
    ENGINE = ReplacingMergeTree ORDER BY (downstream_repo, delivery_id, dynamoKey)";

/// Ours, and the reference.
pub const TABLES: [&str; 2] = ["default.oot_workflow_job", "default.crcr_workflow_job"];

/// Makes both, empty.
pub fn make_tables(clickhouse: &ClickHouse) {
    clickhouse.run(&OWN.replace("{table:Identifier}", "oot_workflow_job"));
    clickhouse.run(HUD);
}
