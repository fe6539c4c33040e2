-- Each row of results tells what its backend said, and when.
CREATE MATERIALIZED VIEW IF NOT EXISTS {backends_of_rows:Identifier} /* ON CLUSTER */ TO {backends:Identifier} AS
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
        -- As queries/chosen.sql has it.
        if(_belongs > heard + 300000000000, heard, _belongs) AS seen
    FROM {table:Identifier}
)
GROUP BY day, downstream_repo, downstream_repo_level, event_type, has_pr
