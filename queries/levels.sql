-- Which level did a backend have, and since which record? One row for each change, as the records say it. The last word of a day (UTC)
-- is the day's.
SELECT since, level
FROM
(
    SELECT since, level, lagInFrame(level) OVER (ORDER BY since) AS before
    FROM
    (
        SELECT day, level, minIf(seen, downstream_repo_level = level) AS since
        FROM
        (
            SELECT
                seen,
                downstream_repo_level,
                intDiv(seen, 86400000000000) AS day,
                argMax(downstream_repo_level, levelled(seen, downstream_repo_level)) OVER (PARTITION BY intDiv(seen, 86400000000000)) AS level
            FROM chosen
            WHERE downstream_repo_level != ''
        )
        GROUP BY day, level
    )
)
WHERE level != before
ORDER BY since
