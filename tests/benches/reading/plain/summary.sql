SELECT
    downstream_repo,
    argMax(downstream_repo_level, started_at) AS level,
    countIf(conclusion = 'success') AS success,
    countIf(conclusion = 'failure') AS failure,
    countIf(conclusion = 'timed_out') AS timed_out,
    countIf(conclusion = 'cancelled') AS cancelled,
    countIf(status = 'completed' AND conclusion NOT IN ('success', 'failure', 'timed_out', 'cancelled')) AS other,
    countIf(status != 'completed') AS running,
    quantileExactIf(0.5)(duration_seconds, status = 'completed') AS duration_p50,
    quantileExactIf(0.95)(duration_seconds, status = 'completed') AS duration_p95,
    quantileExact(0.5)(queue_time) AS queue_p50,
    uniqExact(pr_number) AS pull_requests,
    max(started_at) AS last_run
FROM
(
    SELECT
        *,
        duration_seconds,
        row_number() OVER (PARTITION BY downstream_repo, pytorch_head_sha, workflow_name, job_name ORDER BY run_attempt DESC, started_at DESC) AS place
    FROM bench_reference FINAL
    WHERE started_at >= fromUnixTimestamp({since}) AND pr_number > 0
)
WHERE place = 1
GROUP BY downstream_repo
