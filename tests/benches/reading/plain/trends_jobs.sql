SELECT
    downstream_repo,
    workflow_name,
    job_name,
    countIf(status = 'completed') AS total,
    countIf(conclusion = 'success') AS success,
    countIf(conclusion IN ('failure', 'timed_out')) AS failure,
    countIf(conclusion = 'success' AND failed_before > 0) AS flaky_jobs,
    quantileExactIf(0.5)(duration_seconds, conclusion = 'success') AS duration_p50
FROM
(
    SELECT
        *,
        duration_seconds,
        row_number() OVER execution AS place,
        countIf(conclusion IN ('failure', 'timed_out')) OVER (PARTITION BY downstream_repo, pytorch_head_sha, workflow_name, job_name) AS failed_before
    FROM bench_reference FINAL
    WHERE started_at >= fromUnixTimestamp({since}) AND pr_number > 0
    WINDOW execution AS (PARTITION BY downstream_repo, pytorch_head_sha, workflow_name, job_name ORDER BY run_attempt DESC, started_at DESC)
)
WHERE place = 1
GROUP BY downstream_repo, workflow_name, job_name
