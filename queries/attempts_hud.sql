-- Attempts in the layout of the HUD's own table, one row per record. Absent is NULL. All queries stand on these columns.
-- It knows no creation time; when a row was inserted comes nearest.
WITH attempts AS
(
    SELECT
        dynamoKey, status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url,
        workflow_name, job_name, check_run_id, run_id, run_attempt, conclusion, event_type, downstream_repo_level, queue_time,
        execution_time, total_tests, passed_tests, failed_tests, skipped_tests, failed_tests_json, artifact_url, environment,
        '' AS triage_verdict,
        nullIf(toUnixTimestamp64Nano(started_at), 0) AS started,
        nullIf(toUnixTimestamp64Nano(completed_at), 0) AS completed,
        CAST(NULL, 'Nullable(Int64)') AS created,
        toInt64(toUnixTimestamp(_inserted_at)) * 1000000000 AS inserted,
        assumeNotNull(coalesce(started, completed, inserted)) AS belongs
    FROM {database:Identifier}.{table:Identifier} FINAL
)
