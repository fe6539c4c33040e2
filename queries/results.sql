-- Everything about each current result.
SELECT
    dynamoKey, if(ended, status, 'in_progress') AS status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url, workflow_name,
    job_name, check_run_id, run_id, run_attempt, if(ended, conclusion, '') AS conclusion, event_type, downstream_repo_level, queue_time, if(told, execution_time, NULL) AS execution_time,
    started, finished AS completed, if(told, total_tests, 0) AS total_tests,
    if(told, passed_tests, 0) AS passed_tests, if(told, failed_tests, 0) AS failed_tests, if(told, skipped_tests, 0) AS skipped_tests,
    if(told, failed_tests_json, '') AS failed_tests_json, if(told, artifact_url, '') AS artifact_url, environment,
    if(told, triage_verdict, '') AS triage_verdict, created, inserted, duration, toString(verdict) AS verdict, attempts, toBool(flaky) AS flaky,
    toUInt64(others_passed) AS passed_before, toUInt64(others_failed) AS failed_before, toBool(overdue) AS overdue, commit, belongs
FROM current
ORDER BY seen DESC, commit DESC, dynamoKey DESC
