SELECT
    downstream_repo, downstream_repo_level, pytorch_head_sha, workflow_name, job_name, run_attempt, status, conclusion, started_at,
    completed_at, duration_seconds, queue_time, total_tests, passed_tests, failed_tests, skipped_tests, workflow_run_url, run_id,
    check_run_id, artifact_url
FROM
(
    SELECT
        *,
        duration_seconds,
        row_number() OVER (PARTITION BY downstream_repo, pytorch_head_sha, workflow_name, job_name ORDER BY run_attempt DESC, started_at DESC) AS place
    FROM bench_reference FINAL
    WHERE pr_number = {pr}
)
WHERE place = 1
ORDER BY downstream_repo, workflow_name, job_name
