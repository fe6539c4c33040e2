    -- Every attempt at a job on a commit, the one that counts first. It is flaky by what came before it, not after.
    verdict = 'success' AND failed_before > 0 AS flaky,
    countIf(verdict = 'success') OVER before AS passed_before,
    countIf(verdict IN ('failure', 'timed_out')) OVER before AS failed_before,
    if(told, failed_tests_json, '') AS failed_tests_json, environment
FROM judged
WHERE commit = {whole_commit:String}
WINDOW before AS (ORDER BY place ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
ORDER BY place
