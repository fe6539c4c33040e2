-- What stands in each job of a backend's newest pull requests, commit by commit? A letter for each result, the HUD's; '!' is overdue.
-- A pull request comes with all of its commits. What belongs to none is a row by itself.
SELECT pr_number, commit, newest, cells
FROM
(
    SELECT *, dense_rank() OVER (ORDER BY active DESC, pr_number DESC, if(pr_number = 0, commit, '') DESC) AS place
    FROM
    (
        SELECT
            pr_number,
            commit,
            max(seen) AS newest,
            max(newest) OVER (PARTITION BY pr_number, if(pr_number = 0, commit, '')) AS active,
            groupArray((
                job_id,
                reinterpretAsUInt8(multiIf(
                    flaky, 'F',
                    overdue, '!',
                    verdict = 'success', 'O',
                    verdict = 'failure', 'X',
                    verdict = 'timed_out', 'T',
                    verdict = 'cancelled', 'C',
                    verdict = 'running', '?',
                    conclusion = 'skipped', 'S',
                    conclusion = 'neutral', 'N',
                    conclusion = 'queued', 'Q',
                    'U')))) AS cells
        FROM current
        GROUP BY pr_number, commit
    )
)
WHERE place <= {pull_requests:UInt64}
-- Of two commits of one moment, the one that the pull request's screen takes for the newest.
ORDER BY place, newest DESC, commit DESC
