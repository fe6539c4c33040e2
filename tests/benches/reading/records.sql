-- Results from number {from} up to {to}; 0 is the newest. Round after round of all jobs, one commit a round, every {round_seconds} seconds.
-- With {completed} = 0 it is what was said of them first, with 1 what was said last.
INSERT INTO {table} ({columns})
SELECT {columns}
FROM
(
    SELECT
        intDiv(records.number, {jobs}) AS round,
        cityHash64(records.number, attempt) AS dice,
        -- A third of a round apart at most, jobs of a backend within half an hour.
        {now} - toInt64(round * {round_seconds}) - cityHash64(round, backend) % greatest(1, toUInt64({round_seconds} / 3))
            - dice % 1800 + (attempt - 1) * 2700 AS start,
        30 + dice % 5000 AS seconds,
        {completed} AND start + seconds <= {now} AS ended,
        cityHash64(round, 'event') % 20 AS event,
        concat(repo, '/', delivery_id, '/', workflow, '/', job_name, '/', toString(records.number), '-', toString(attempt)) AS dynamoKey,
        if(ended, 'completed', 'in_progress') AS status,
        repo AS downstream_repo,
        'pytorch/pytorch' AS upstream_repo,
        if(event < 3, 0, 400000 - intDiv(round, 2)) AS pr_number,
        lower(hex(SHA1(toString(round)))) AS pytorch_head_sha,
        toString(reinterpretAsUUID(MD5(toString(round)))) AS delivery_id,
        concat('https://github.com/', repo, '/actions/runs/', run_id) AS workflow_run_url,
        workflow AS workflow_name,
        toString(17000000000 + records.number) AS check_run_id,
        toString(16000000000 + round * 40 + backend) AS run_id,
        toUInt32(attempt) AS run_attempt,
        multiIf(
            NOT ended, '',
            attempt < attempts, 'failure',
            dice % 100 < 2 + backend % 10, 'failure',
            dice % 100 = 97, 'timed_out',
            dice % 100 = 98, 'cancelled',
            dice % 100 = 99, 'skipped',
            'success') AS conclusion,
        ['nightly', 'periodic', 'push', 'pull_request'][1 + least(event, 3)] AS event_type,
        level AS downstream_repo_level,
        toNullable(toFloat64(dice % 900)) AS queue_time,
        CAST(NULL, 'Nullable(Float64)') AS execution_time,
        -- Of one in 200 nobody heard that it started.
        dice % 200 = 7 AND ended AS is_late,
        toDateTime64(if(is_late, 0, start), 9, 'UTC') AS started_at,
        toDateTime64(if(ended, start + seconds, 0), 9, 'UTC') AS completed_at,
        toUInt64(ended ? 4000 + dice % 4000 : 0) AS total_tests,
        toUInt64(conclusion = 'failure' ? 1 + dice % 3 : 0) AS failed_tests,
        toUInt64(ended ? dice % 40 : 0) AS skipped_tests,
        total_tests - failed_tests - skipped_tests AS passed_tests,
        if(failed_tests > 0, concat('[{"name":"TestBinaryUfuncs::test_add_out_bfloat16_', toString(dice % 1000), '","message":"', repeat('AssertionError: Tensor-likes are not close! ', 6), '"}]'), '') AS failed_tests_json,
        if(ended, concat('https://artifacts.example.org/', repo, '/', run_id, '/'), '') AS artifact_url,
        concat('{"runner":"', repo, '-', toString(dice % 50), '","image":"ubuntu-24.04"}') AS environment,
        toDateTime64(if(is_late, start + seconds, start) + 1, 3, 'UTC') AS created_at,
        toUInt64(1 + ended) AS _version,
        toDateTime(if(ended, start + seconds, start) + 2, 'UTC') AS _inserted_at,
        job_name
    FROM
    (
        SELECT number, if(cityHash64(number, 'attempts') % 33 = 0, 2, 1) AS attempts, arrayJoin(range(1, attempts + 1)) AS attempt
        FROM numbers({from}, {to} - {from})
    ) AS records
    INNER JOIN bench_jobs ON bench_jobs.number = records.number % {jobs}
    WHERE start <= {now}
)
