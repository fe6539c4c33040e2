-- 5,000 pull requests of one backend, each with one commit and 300 jobs, a minute between two.
INSERT INTO oot_workflow_job
(
    dynamoKey, status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url, workflow_name, job_name,
    check_run_id, run_id, conclusion, downstream_repo_level, queue_time, started_at, completed_at, created_at, _version
)
SELECT
    concat('vendor/torch-backend/', delivery_id, '/', workflow_name, '/', job_name, '/', toString(number)) AS dynamoKey,
    'completed',
    'vendor/torch-backend',
    'pytorch/pytorch',
    180000 + place,
    lower(hex(SHA1(toString(place)))),
    toString(place) AS delivery_id,
    concat('https://github.com/vendor/torch-backend/actions/runs/', toString(place)),
    'linux' AS workflow_name,
    -- Numbers that don't follow each other: else they were shards of one job.
    concat('job-', char(97 + number % 300 % 26), toString(7 * (number % 300))) AS job_name,
    toString(number),
    toString(place),
    ['success', 'failure', 'timed_out', 'cancelled', 'skipped'][1 + least(intDiv(cityHash64(number) % 100, 6), 20) % 5] AS conclusion,
    'L3',
    cityHash64(number, 'queue') % 600,
    toDateTime64({now} - 60 * (5000 - place) - number % 40, 9, 'UTC') AS start,
    start + toIntervalSecond(20 + cityHash64(number) % 60),
    toDateTime64(start, 3, 'UTC'),
    1
FROM (SELECT number, intDiv(number, 300) AS place FROM numbers(1500000))
