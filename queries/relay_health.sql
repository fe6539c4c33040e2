-- Does the relay itself work? Of the probe's pull requests whose newest commit has ended everywhere, the last five: what failed.
SELECT pr_number, arraySort(groupArrayIf(concat(workflow_name, ' / ', job_name), verdict != 'success')) AS failing
FROM
(
    SELECT *, max(active) OVER (PARTITION BY pr_number) AS newest
    FROM
    (
        -- Of two commits of one moment, either; but one of them.
        SELECT *, max((belongs, commit)) OVER (PARTITION BY pr_number, commit) AS active
        FROM current
        WHERE probe AND pr_number > 0
    )
)
WHERE active = newest
GROUP BY pr_number
HAVING countIf(NOT ended) = 0
ORDER BY max(belongs) DESC, pr_number DESC
LIMIT 5
