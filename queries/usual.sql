-- How does each job usually do, and has it failed ever since it passed last? One row per job.
, maxIf(seen, verdict = 'success') AS last_passed,
arrayFilter(failed -> failed.1 > last_passed, groupArrayIf((seen, pr_number), verdict IN ('failure', 'timed_out'))) AS failing
SELECT
    argMax(downstream_repo, named(seen, downstream_repo)) AS repo,
    workflow_name AS workflow,
    job_name AS job,
    job_id AS id,
    countIf(ended) AS total,
    countIf(verdict = 'success') AS success,
    countIf(verdict IN ('failure', 'timed_out')) AS failure,
    countIf(flaky) AS flaky_jobs,
    quantileExactIf(0.5)(assumeNotNull(duration), verdict = 'success' AND duration IS NOT NULL) AS duration_p50,
    -- Since when, 0 where it passed last, and in how many pull requests.
    arrayMin(failing.1) AS failing_since,
    toUInt64(arrayUniq(failing.2)) AS failing_prs
FROM current
GROUP BY lower(downstream_repo), workflow, job, id
