-- How did it go on each day (UTC), over all backends or the one that is asked for? A day without results has no row. What begins later
-- than now has a wrong clock, and is of today.
SELECT
    toUInt32(intDiv(least(belongs, {now:Int64} * 1000000), 86400000000000)) AS day,
    countIf(verdict = 'success') AS success,
    countIf(verdict = 'failure') AS failure,
    countIf(verdict = 'timed_out') AS timed_out,
    countIf(ended) AS total,
    countIf(flaky) AS flaky_jobs,
    quantileExactIf(0.5)(assumeNotNull(duration), duration IS NOT NULL) AS duration_p50,
    quantileExactIf(0.5)(assumeNotNull(queue_time), queue_time IS NOT NULL) AS queue_p50
FROM current
WHERE {repo:String} != '' OR NOT probe
GROUP BY day
ORDER BY day
