-- How often did each backend pass on each day (UTC)? A day without results has no row.
SELECT
    downstream_repo AS repo,
    toUInt32(intDiv(belongs, 86400000000000)) AS day,
    countIf(verdict = 'success') AS success,
    countIf(verdict = 'failure') AS failure,
    countIf(verdict = 'timed_out') AS timed_out
FROM current
GROUP BY repo, day
ORDER BY repo, day
