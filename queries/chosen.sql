-- The filters choose attempts. All of it as of {until}: what began later is not there, and what ended later still ran.
, chosen AS
(
    SELECT
        *,
        -- Where the commit is not 40 hexadecimal digits, the delivery stands for it.
        -- It is text that a terminal may be shown, as `is_unsafe` in src/data/text.rs says: what is asked for by its commit is found.
        -- Joiners (200c, 200d) are replaced wherever they stand: a delivery is no prose.
        if(
            match(pytorch_head_sha, '^[0-9a-fA-F]{40}$'),
            lower(pytorch_head_sha),
            replaceRegexpAll(
                delivery_id,
                '[\\p{Cc}\\x{00ad}\\x{034f}\\x{061c}\\x{115f}\\x{1160}\\x{17b4}\\x{17b5}\\x{180e}\\x{200b}-\\x{200f}\\x{2028}-\\x{202e}\\x{2060}-\\x{206f}\\x{3164}\\x{feff}\\x{ffa0}\\x{fff0}-\\x{fffb}\\x{1bca0}-\\x{1bca3}\\x{1d173}-\\x{1d17a}\\x{e0000}-\\x{e00ff}\\x{e01f0}-\\x{e0fff}]',
                '�')) AS commit,
        status = 'completed' AND coalesce(completed, belongs) <= {until:Int64} * 1000000 AS ended,
        if(ended, completed, NULL) AS finished,
        -- What came with an end that was not yet there is not yet known.
        ended OR status != 'completed' AS told,
        multiIf(
            NOT ended, NULL,
            completed IS NOT NULL AND started IS NOT NULL AND completed >= started, (completed - started) / 1e9,
            completed IS NOT NULL AND started IS NOT NULL, NULL,
            if(execution_time >= 0, execution_time, NULL)) AS duration,
        -- By when it is newer than others. What begins in the future has a wrong clock, and is no newer than when it was heard of: else
        -- one such record would hide for ever that nothing comes any more. Five minutes are for clocks that differ.
        ({now:Int64} + 300000) * 1000000 AS future,
        if(belongs > future, least(belongs, assumeNotNull(coalesce(created, inserted))), belongs) AS seen,
        -- By these the newest name and the newest level are found: of one moment either, but always the same. Numbers, since of pairs
        -- argMax takes ten times as long.
        toInt128(belongs) * 4294967296 + CRC32(downstream_repo) AS named,
        toInt128(seen) * 4294967296 + CRC32(downstream_repo_level) AS levelled,
        lower(downstream_repo) = 'pytorch/crcr-test' AS probe,
        -- The probe's jobs fail, hang and are cancelled on purpose.
        multiIf(
            NOT ended, 'running',
            conclusion = 'success', 'success',
            probe AND (
                (conclusion = 'failure' AND job_name LIKE '%xfail%')
                OR (conclusion = 'cancelled' AND job_name LIKE '%xcancel%')
                OR (conclusion = 'timed_out' AND job_name LIKE '%xtimeout%')), 'success',
            conclusion IN ('failure', 'timed_out', 'cancelled'), conclusion,
            'other') AS verdict
    FROM attempts
    WHERE belongs >= {since:Int64} * 1000000
        AND belongs <= {until:Int64} * 1000000
        AND ({repo:String} = '' OR lower(downstream_repo) = lower({repo:String}))
        AND ({pr:UInt64} = 0 OR pr_number = {pr:UInt64})
        AND ({commit:String} = '' OR startsWith(commit, lower({commit:String})))
        AND ({job:UInt64} = 0 OR cityHash64(workflow_name, job_name) = {job:UInt64})
        AND ({event:String} = 'all' OR ({event:String} = 'pr' AND pr_number > 0) OR ({event:String} != 'pr' AND event_type = {event:String}))
)
