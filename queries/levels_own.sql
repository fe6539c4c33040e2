-- The same as levels.sql, of what was said day by day (schema/0006): the table of results grows, this one hardly.
SELECT since, level
FROM
(
    SELECT since, level, lagInFrame(level) OVER (ORDER BY since) AS before
    FROM
    (
        SELECT
            day,
            argMax(downstream_repo_level, (last, downstream_repo_level)) AS level,
            ...
