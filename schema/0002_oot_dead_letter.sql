-- Changes that could not become rows: why, where each stood, and its body. A letter that was replayed or purged has a tombstone.
CREATE TABLE IF NOT EXISTS {dead_letters:Identifier} /* ON CLUSTER */
(
    `id`           String COMMENT 'follows from the record, else from source and position: set aside again it is the same letter',
    `at`           DateTime64(3, 'UTC') COMMENT 'when it was set aside',
    `reason`       String,
    `source`       String COMMENT 'the shard, the part of a scan, or the spool',
    `position`     String,
    `image`        String COMMENT 'JSON',
    `_version`     UInt64,
    `_deleted`     UInt8 DEFAULT 0,
    `_inserted_at` DateTime('UTC') MATERIALIZED now('UTC')
)
ENGINE = ReplacingMergeTree(_version, _deleted)
ORDER BY `id`
