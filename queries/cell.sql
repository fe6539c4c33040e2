-- What is shown of an attempt, whether it counts or not: it goes on in cells.sql and attempts.sql.
SELECT
    dynamoKey, downstream_repo, upstream_repo, pr_number, commit, pytorch_head_sha, delivery_id, workflow_name, job_name,
    job_id, run_attempt,
    if(ended, conclusion, '') AS conclusion, toBool(ended) AS ended, toString(verdict) AS verdict, attempts,
    toBool(overdue) AS overdue, event_type, downstream_repo_level, started, finished AS completed, belongs, seen, duration, queue_time,
    if(told, total_tests, 0) AS total_tests, if(told, passed_tests, 0) AS passed_tests,
    if(told, failed_tests, 0) AS failed_tests, if(told, skipped_tests, 0) AS skipped_tests, workflow_run_url, run_id, check_run_id,
    if(told, artifact_url, '') AS artifact_url,
