-- Which level does each repository have by its newest record, and when did it last run, in each event view? One row per repository.
-- Of all attempts: which of them are current results is no matter here.
SELECT
    argMax(downstream_repo, named(seen, downstream_repo)) AS repo,
    argMax(downstream_repo_level, levelled(seen, downstream_repo_level)) AS level,
    argMaxIf(downstream_repo_level, levelled(seen, downstream_repo_level), downstream_repo_level != '') AS level_before,
    max(seen) AS last_run,
    maxIf(seen, pr_number > 0) AS last_pr,
    maxIf(seen, event_type = 'push') AS last_push,
    maxIf(seen, event_type = 'nightly') AS last_nightly,
    maxIf(seen, event_type = 'periodic') AS last_periodic
FROM chosen
GROUP BY lower(downstream_repo)
