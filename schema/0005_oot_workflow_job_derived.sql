-- What follows from a row alone, told once as it is inserted: each query would else find it out again for every row it reads. Where a row
-- is read that was inserted before, it is found out then. `queries/attempts_hud.sql` says the same of the HUD's own table.
ALTER TABLE {table:Identifier} /* ON CLUSTER */
    -- Where the commit is not 40 hexadecimal digits, the delivery stands for it.
    -- It is text that a terminal may be shown, as `is_unsafe` in src/data/text.rs says: what is asked for by its commit is found.
    -- Joiners (200c, 200d) are replaced wherever they stand: a delivery is no prose.
    ADD COLUMN IF NOT EXISTS `_commit` String MATERIALIZED
        if(
            match(pytorch_head_sha, '^[0-9a-fA-F]{40}$'),
            lower(pytorch_head_sha),
            replaceRegexpAll(
                delivery_id,
                '[\\p{Cc}\\x{00ad}\\x{034f}\\x{061c}\\x{115f}\\x{1160}\\x{17b4}\\x{17b5}\\x{180e}\\x{200b}-\\x{200f}\\x{2028}-\\x{202e}\\x{2060}-\\x{206f}\\x{3164}\\x{feff}\\x{ffa0}\\x{fff0}-\\x{fffb}\\x{1bca0}-\\x{1bca3}\\x{1d173}-\\x{1d17a}\\x{e0000}-\\x{e00ff}\\x{e01f0}-\\x{e0fff}]',
                '�')),
    -- Hashes stand for long texts: they are compared faster.
    ADD COLUMN IF NOT EXISTS `_commit_id` UInt64 MATERIALIZED cityHash64(_commit),
    ADD COLUMN IF NOT EXISTS `_job_id` UInt64 MATERIALIZED cityHash64(workflow_name, job_name) COMMENT 'a job, in one workflow',
    ADD COLUMN IF NOT EXISTS `_belongs` Int64 MATERIALIZED
        toUnixTimestamp64Nano(multiIf(
            started_at != 0, started_at,
            completed_at != 0, completed_at,
            toDateTime64(created_at, 9, 'UTC'))) COMMENT 'nanoseconds since 1970: by when it belongs to a range'
        CODEC(Delta, LZ4),
    ADD COLUMN IF NOT EXISTS `_took` Nullable(Float64) MATERIALIZED
        multiIf(
            status != 'completed', NULL,
            started_at != 0 AND completed_at != 0,
            if(completed_at >= started_at, (toUnixTimestamp64Nano(completed_at) - toUnixTimestamp64Nano(started_at)) / 1e9, NULL),
            execution_time >= 0, execution_time,
            NULL) COMMENT 'seconds',
    -- The jobs of the relay's health probe fail, hang and are cancelled on purpose.
    ADD COLUMN IF NOT EXISTS `_outcome`
        Enum8('running' = 0, 'success' = 1, 'failure' = 2, 'timed_out' = 3, 'cancelled' = 4, 'other' = 5) MATERIALIZED
        multiIf(
            status != 'completed', 'running',
            conclusion = 'success', 'success',
            lower(downstream_repo) = 'pytorch/crcr-test' AND (
                (conclusion = 'failure' AND job_name LIKE '%xfail%')
                OR (conclusion = 'cancelled' AND job_name LIKE '%xcancel%')
                OR (conclusion = 'timed_out' AND job_name LIKE '%xtimeout%')), 'success',
            conclusion IN ('failure', 'timed_out', 'cancelled'), conclusion,
            'other'),
    -- Moments come in order, nearly: their differences take half the room, and are read faster.
    MODIFY COLUMN `started_at` CODEC(Delta, LZ4),
    MODIFY COLUMN `completed_at` CODEC(Delta, LZ4),
    MODIFY COLUMN `created_at` CODEC(Delta, LZ4),
    ADD INDEX IF NOT EXISTS belongs_idx _belongs TYPE minmax GRANULARITY 1,
    DROP INDEX IF EXISTS heard_of_idx
