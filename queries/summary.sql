-- How does each backend stand? One row per repository that reported in the range, under its newest name.
SELECT
    argMax(downstream_repo, named(seen, downstream_repo)) AS repo,
    argMaxIf(downstream_repo_level, levelled(seen, downstream_repo_level), downstream_repo_level != '') AS level,
    countIf(verdict = 'success') AS success,
    countIf(verdict = 'failure') AS failure,
    countIf(verdict = 'timed_out') AS timed_out,
    countIf(verdict = 'cancelled') AS cancelled,
    countIf(verdict = 'other') AS other,
    countIf(verdict = 'running') AS running,
    countIf(overdue) AS overdue_jobs,
    quantileExactIf(0.5)(assumeNotNull(duration), ended AND duration IS NOT NULL) AS duration_p50,
    quantileExactIf(0.95)(assumeNotNull(duration), ended AND duration IS NOT NULL) AS duration_p95,
    quantileExactIf(0.5)(assumeNotNull(queue_time), queue_time IS NOT NULL) AS queue_p50,
    uniqExactIf(pr_number, pr_number > 0) AS pull_requests,
    max(seen) AS last_run,
    -- An end in the future tells nothing.
    max(greatest(seen, if(finished <= ({now:Int64} + 300000) * 1000000, assumeNotNull(finished), 0))) AS newest
FROM current
GROUP BY lower(downstream_repo)
