-- The same as repositories.sql, of what was said day by day (schema/0006): nothing but the days of the range is read.
SELECT
    argMax(downstream_repo, (last, CRC32(downstream_repo))) AS repo,
    argMax(downstream_repo_level, (last, downstream_repo_level)) AS level,
    argMaxIf(downstream_repo_level, (last, downstream_repo_level), downstream_repo_level != '') AS level_before,
    max(last) AS last_run,
    maxIf(last, has_pr) AS last_pr,
    maxIf(last, event_type = 'push') AS last_push,
    maxIf(last, event_type = 'nightly') AS last_nightly,
    maxIf(last, event_type = 'periodic') AS last_periodic
FROM {database:Identifier}.{backends:Identifier}
WHERE day >= toDate(fromUnixTimestamp64Milli({since:Int64}, 'UTC')) AND last >= {since:Int64} * 1000000
GROUP BY lower(downstream_repo)
