-- How often did each backend pass on each day (UTC)? A day without results has no row. What begins later than now is of today, as in
-- days.sql.
SELECT
    downstream_repo AS repo,
    toUInt32(intDiv(least(belongs, {now:Int64} * 1000000), 86400000000000)) AS day,
    countIf(verdict = 'success') AS success,
    countIf(verdict = 'failure') AS failure,
    countIf(verdict = 'timed_out') AS timed_out
FROM current
GROUP BY repo, day
ORDER BY repo, day
