-- Which level did a backend have, and since which record? The same as levels.sql, of what backends said day by day (schema/0006): no
-- result is read.
SELECT since, level
FROM
(
    SELECT since, level, lagInFrame(level) OVER (ORDER BY since) AS before
    FROM
    (
        SELECT day, level, minIf(first, downstream_repo_level = level) AS since
        FROM
        (
            SELECT
                first,
                downstream_repo_level,
                day,
                argMax(downstream_repo_level, (last, downstream_repo_level)) OVER (PARTITION BY day) AS level
            FROM {database:Identifier}.{backends:Identifier}
            WHERE last >= {since:Int64} * 1000000
                AND lower(downstream_repo) = lower({repo:String})
                AND downstream_repo_level != ''
        )
        GROUP BY day, level
    )
)
WHERE level != before
ORDER BY since
