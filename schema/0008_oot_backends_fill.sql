-- What was said in rows that were there before the view.
INSERT INTO {backends:Identifier} (day, downstream_repo, downstream_repo_level, event_type, has_pr, first, last)
SELECT
    toDate(fromUnixTimestamp64Nano(seen, 'UTC')) AS day,
    downstream_repo,
    downstream_repo_level,
    event_type,
    pr_number > 0 AS has_pr,
    min(seen) AS first,
    max(seen) AS last
FROM
(
    SELECT
        downstream_repo, downstream_repo_level, event_type, pr_number,
        toUnixTimestamp64Milli(created_at) * 1000000 AS heard,
        if(_belongs > heard + 300000000000, heard, _belongs) AS seen
    FROM {table:Identifier}
)
GROUP BY day, downstream_repo, downstream_repo_level, event_type, has_pr
