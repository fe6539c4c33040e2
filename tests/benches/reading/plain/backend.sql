SELECT
    pr_number, pytorch_head_sha, workflow_name, job_name, run_attempt, status, conclusion, started_at, completed_at, duration_seconds,
    queue_time, total_tests, passed_tests, failed_tests, skipped_tests, workflow_run_url, run_id, check_run_id, artifact_url
FROM bench_reference FINAL
WHERE downstream_repo = '{repo}' AND started_at >= fromUnixTimestamp({since}) AND pr_number > 0
ORDER BY started_at DESC
