-- How did each backend do on each day (UTC)? A day without results has no row.
SELECT
    downstream_repo AS repo,
    toUInt32(intDiv(belongs, 86400000000000)) AS day,
    countIf(verdict = 'success') AS success,
    countIf(verdict = 'failure') AS failure,
    countIf(verdict = 'timed_out') AS timed_out,
    countIf(ended) AS total,
    countIf(flaky) AS flaky_jobs,
    quantileExactIf(0.5)(assumeNotNull(duration), duration IS NOT NULL) AS duration_p50
FROM current
GROUP BY repo, day
ORDER BY repo, day
