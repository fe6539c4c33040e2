-- How does a backend do by the measures of level 3? One row. A run that is still going has no end yet.
SELECT
    sum(jobs) AS total,
    sum(passed) AS success,
    sum(failed) AS failure,
    sum(late) AS timed_out,
    sum(long) AS overran,
    ifNull(sum(queues), 0) / sum(queued) AS queue_mean,
    quantileExactIf(0.5)(assumeNotNull(queue + took), queue IS NOT NULL AND took IS NOT NULL) AS end_to_end_p50
FROM
(
    SELECT
        countIf(ended) AS jobs,
        countIf(verdict = 'success') AS passed,
        countIf(verdict = 'failure') AS failed,
        countIf(verdict = 'timed_out') AS late,
        countIf(verdict != 'timed_out' AND duration > {long_job:Int64}) AS long,
        sum(queue_time) AS queues,
        count(queue_time) AS queued,
        max(queue_time) AS queue,
        if(countIf(NOT ended) = 0 AND max(finished) >= min(started), (max(finished) - min(started)) / 1e9, NULL) AS took
    FROM current
    GROUP BY delivery_id, run_id
)
