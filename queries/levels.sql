-- Which level did a backend have, and since which day (UTC)? One row for each change, as the records say it.
SELECT day, level
FROM
(
    SELECT day, level, lagInFrame(level) OVER (ORDER BY day) AS before
    FROM
    (
        SELECT toUInt32(intDiv(belongs, 86400000000000)) AS day, argMax(downstream_repo_level, (belongs, dynamoKey)) AS level
        FROM chosen
        WHERE downstream_repo_level != ''
        GROUP BY day
    )
)
WHERE level != before
ORDER BY day
