-- One row per job execution: each record of the store, in its newest version.
-- The columns are the HUD's own, plus triage_verdict, created_at and the three with an underscore.
-- Both keys stand on columns that hardly ever change in a record's life, time first: a window reads the window, not the table. Where
-- created_at does become earlier, the old row gets a tombstone. Granules are small: a backend's day has some hundred rows.
CREATE TABLE IF NOT EXISTS {table:Identifier} /* ON CLUSTER */
(
    `dynamoKey`             String,
    `status`                LowCardinality(String),
    `downstream_repo`       LowCardinality(String),
    `upstream_repo`         LowCardinality(String),
    `pr_number`             UInt64,
    `pytorch_head_sha`      String,
    `delivery_id`           String,
    `workflow_run_url`      String,
    `workflow_name`         LowCardinality(String),
    `job_name`              String DEFAULT '',
    `check_run_id`          String DEFAULT '',
    `run_id`                String DEFAULT '',
    `run_attempt`           UInt32 DEFAULT 1,
    `conclusion`            LowCardinality(String),
    `event_type`            LowCardinality(String) DEFAULT 'pull_request',
    `downstream_repo_level` LowCardinality(String) DEFAULT '',
    `queue_time`            Nullable(Float64) COMMENT 'seconds',
    `execution_time`        Nullable(Float64) COMMENT 'seconds',
    `started_at`            DateTime64(9, 'UTC') COMMENT '1970 means absent',
    `completed_at`          DateTime64(9, 'UTC') COMMENT '1970 means absent',
    `total_tests`           UInt64 DEFAULT 0,
    `passed_tests`          UInt64 DEFAULT 0,
    `failed_tests`          UInt64 DEFAULT 0,
    `skipped_tests`         UInt64 DEFAULT 0,
    `failed_tests_json`     String DEFAULT '',
    `artifact_url`          String DEFAULT '',
    `environment`           String DEFAULT '',
    `triage_verdict`        LowCardinality(String) DEFAULT '',
    `created_at`            DateTime64(3, 'UTC') COMMENT 'when we first heard of the job',
    `_version`              UInt64,
    `_deleted`              UInt8 DEFAULT 0,
    `_inserted_at`          DateTime('UTC') MATERIALIZED now('UTC'),
    `repository_full_name`  String ALIAS downstream_repo,
    `duration_seconds`      Float64 ALIAS if(status = 'completed' AND toUnixTimestamp(started_at) > 0 AND completed_at > started_at, dateDiff('millisecond', started_at, completed_at) / 1000, 0),

    INDEX pr_number_idx pr_number TYPE bloom_filter GRANULARITY 1,
    INDEX heard_of_idx greatest(started_at, completed_at, created_at) TYPE minmax GRANULARITY 1,
    INDEX inserted_at_idx _inserted_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(_version, _deleted)
PARTITION BY toYYYYMM(created_at)
ORDER BY (toStartOfDay(created_at), lower(downstream_repo), created_at, dynamoKey)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000
