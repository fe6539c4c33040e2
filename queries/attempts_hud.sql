-- Attempts in the layout of the HUD's own table, one row per record. Absent is NULL. All queries stand on these columns.
-- It knows no creation time; when a row was inserted comes nearest.
WITH attempts AS
(
    SELECT
        dynamoKey, status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url,
        workflow_name, job_name, check_run_id, run_id, run_attempt, conclusion, event_type, downstream_repo_level, queue_time,
        execution_time, total_tests, passed_tests, failed_tests, skipped_tests, failed_tests_json, artifact_url, environment,
        '' AS triage_verdict,
        nullIf(toUnixTimestamp64Nano(started_at), 0) AS started,
        nullIf(toUnixTimestamp64Nano(completed_at), 0) AS completed,
        CAST(NULL, 'Nullable(Int64)') AS created,
        toInt64(toUnixTimestamp(_inserted_at)) * 1000000000 AS inserted,
        inserted AS heard,
        -- What of our own table is found out on insertion: schema/0005 says why.
        if(
            match(pytorch_head_sha, '^[0-9a-fA-F]{40}$'),
            lower(pytorch_head_sha),
            replaceRegexpAll(
                delivery_id,
                '[\\p{Cc}\\x{00ad}\\x{034f}\\x{061c}\\x{115f}\\x{1160}\\x{17b4}\\x{17b5}\\x{180e}\\x{200b}-\\x{200f}\\x{2028}-\\x{202e}\\x{2060}-\\x{206f}\\x{3164}\\x{feff}\\x{ffa0}\\x{fff0}-\\x{fffb}\\x{1bca0}-\\x{1bca3}\\x{1d173}-\\x{1d17a}\\x{e0000}-\\x{e00ff}\\x{e01f0}-\\x{e0fff}]',
                '�')) AS commit,
        cityHash64(commit) AS commit_id,
        cityHash64(workflow_name, job_name) AS job_id,
        assumeNotNull(coalesce(started, completed, heard)) AS belongs,
        multiIf(
            status != 'completed', NULL,
            started IS NOT NULL AND completed IS NOT NULL, if(completed >= started, (completed - started) / 1e9, NULL),
            execution_time >= 0, execution_time,
            NULL) AS took,
        CAST(
            multiIf(
                status != 'completed', 'running',
                conclusion = 'success', 'success',
                lower(downstream_repo) = 'pytorch/crcr-test' AND (
                    (conclusion = 'failure' AND job_name LIKE '%xfail%')
                    OR (conclusion = 'cancelled' AND job_name LIKE '%xcancel%')
                    OR (conclusion = 'timed_out' AND job_name LIKE '%xtimeout%')), 'success',
                conclusion IN ('failure', 'timed_out', 'cancelled'), conclusion,
                'other'),
            'Enum8(\'running\' = 0, \'success\' = 1, \'failure\' = 2, \'timed_out\' = 3, \'cancelled\' = 4, \'other\' = 5)') AS outcome
    FROM {database:Identifier}.{table:Identifier} FINAL
    WHERE belongs >= {since:Int64} * 1000000
        AND (empty({repos:Array(String)}) OR lower(downstream_repo) IN {repos:Array(String)})
)
