-- Attempts in our own layout, one row per record in its newest version. Absent is NULL. All queries stand on these columns.
-- What begins with an underscore was found out when the row was inserted (schema/0005).
WITH attempts AS
(
    SELECT
        dynamoKey, status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url,
        workflow_name, job_name, check_run_id, run_id, run_attempt, conclusion, event_type, downstream_repo_level, queue_time,
        execution_time, total_tests, passed_tests, failed_tests, skipped_tests, failed_tests_json, artifact_url, environment,
        triage_verdict,
        _commit AS commit, _commit_id AS commit_id, _job_id AS job_id, _belongs AS belongs, _took AS took, _outcome AS outcome,
        nullIf(toUnixTimestamp64Nano(started_at), 0) AS started,
        nullIf(toUnixTimestamp64Nano(completed_at), 0) AS completed,
        toNullable(toUnixTimestamp64Milli(created_at) * 1000000) AS created,
        toInt64(toUnixTimestamp(_inserted_at)) * 1000000000 AS inserted,
        assumeNotNull(created) AS heard
    FROM {database:Identifier}.{table:Identifier} FINAL
