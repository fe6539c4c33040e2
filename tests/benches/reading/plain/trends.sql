SELECT
    toDate(started_at) AS day,
    countIf(conclusion = 'success') AS success,
    countIf(conclusion = 'failure') AS failure,
    countIf(conclusion = 'timed_out') AS timed_out,
    countIf(status = 'completed') AS total,
    quantileExactIf(0.5)(duration_seconds, status = 'completed') AS duration_p50,
    quantileExact(0.5)(queue_time) AS queue_p50
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
GROUP BY day
ORDER BY day
