-- Everything about each current result.
SELECT
    dynamoKey, if(ended, status, 'in_progress') AS status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url, workflow_name,
    job_name, check_run_id, run_id, run_attempt, if(ended, conclusion, '') AS conclusion, event_type, downstream_repo_level, queue_time, execution_time,
    started, finished AS completed, total_tests, passed_tests, failed_tests, skipped_tests, failed_tests_json, artifact_url, environment,
    triage_verdict, created, inserted, duration, verdict, attempts, toBool(flaky) AS flaky, toBool(overdue) AS overdue, commit, belongs
FROM current
ORDER BY belongs DESC, dynamoKey DESC
