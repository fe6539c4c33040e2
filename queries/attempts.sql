-- Every attempt at a job on a commit, the one that counts first.
SELECT
    dynamoKey, downstream_repo, pr_number, commit, pytorch_head_sha, delivery_id, workflow_name, job_name,
    cityHash64(workflow_name, job_name) AS job_id, run_attempt,
    if(ended, conclusion, '') AS conclusion, toBool(ended) AS ended, verdict, attempts,
    -- Of what came before it, not after.
    verdict = 'success' AND countIf(verdict IN ('failure', 'timed_out')) OVER before > 0 AS flaky,
    toBool(overdue) AS overdue, event_type, downstream_repo_level, started, finished AS completed, belongs, duration, queue_time,
    if(told, total_tests, 0) AS total_tests, if(told, passed_tests, 0) AS passed_tests,
    if(told, failed_tests, 0) AS failed_tests, if(told, skipped_tests, 0) AS skipped_tests, workflow_run_url, run_id, check_run_id,
    if(told, artifact_url, '') AS artifact_url, if(told, failed_tests_json, '') AS failed_tests_json, environment
FROM judged
WHERE commit = {whole_commit:String}
WINDOW before AS (ORDER BY place ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
ORDER BY place
