-- Does the relay itself work? Of the probe's pull requests whose newest commit has ended everywhere, the last five: what failed. Of
-- other events its commits stand for pull requests.
SELECT
    max(pr_number) AS pr_number,
    any(commit) AS commit,
    arraySort(groupArrayIf(concat(workflow_name, ' / ', job_name), verdict != 'success')) AS failing,
    max(seen) AS last_run
FROM
(
    SELECT *, max(active) OVER (PARTITION BY unit) AS newest
    FROM
    (
        SELECT
            *,
            if({event:String} = 'pr', toString(pr_number), commit) AS unit,
            -- Of two commits of one moment, the one that a pull request's screen takes for the newest.
            max((seen, commit)) OVER (PARTITION BY unit, commit) AS active
        FROM current
        WHERE probe AND (pr_number > 0 OR {event:String} != 'pr')
    )
)
WHERE active = newest
GROUP BY unit
HAVING countIf(NOT ended) = 0
ORDER BY last_run DESC, pr_number DESC, commit DESC
LIMIT 5
