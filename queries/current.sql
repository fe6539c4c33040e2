-- From attempts to current results: of those of one job on one commit the newest counts.
, judged AS
(
    SELECT
        *,
        row_number() OVER execution AS place,
        count() OVER execution AS attempts,
        -- Of the others: those before, where it is the one that counts.
        countIf(verdict = 'success') OVER execution - (verdict = 'success') AS others_passed,
        countIf(verdict IN ('failure', 'timed_out')) OVER execution - (verdict IN ('failure', 'timed_out')) AS others_failed,
        -- Passed after failing on the same commit.
        verdict = 'success' AND others_failed > 0 AS flaky,
        NOT ended AND belongs < ({now:Int64} - {overdue:Int64}) * 1000000 AS overdue
    FROM chosen
    WINDOW execution AS
    (
        PARTITION BY lower(downstream_repo), commit_id, job_id
        ORDER BY run_attempt DESC, ended DESC, started DESC NULLS LAST, dynamoKey DESC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
),
current AS
(
    SELECT *
    FROM judged
    WHERE place = 1
)
