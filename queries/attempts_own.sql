-- Attempts in our own layout, one row per record in its newest version. Absent is NULL. All queries stand on these columns.
WITH attempts AS
(
    SELECT
        dynamoKey, status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url,
        workflow_name, job_name, check_run_id, run_id, run_attempt, conclusion, event_type, downstream_repo_level, queue_time,
        execution_time, total_tests, passed_tests, failed_tests, skipped_tests, failed_tests_json, artifact_url, environment,
        triage_verdict,
        nullIf(toUnixTimestamp64Nano(started_at), 0) AS started,
        nullIf(toUnixTimestamp64Nano(completed_at), 0) AS completed,
        toNullable(toUnixTimestamp64Nano(toDateTime64(created_at, 9, 'UTC'))) AS created,
        toInt64(toUnixTimestamp(_inserted_at)) * 1000000000 AS inserted,
        assumeNotNull(coalesce(started, completed, created)) AS belongs
    FROM {database:Identifier}.{table:Identifier} FINAL
