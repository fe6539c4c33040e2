-- The HUD's own table, section 6 of the relay contract; but rows stay for longer than 100 days.
CREATE TABLE bench_reference
(
    dynamoKey String,
    status String,
    downstream_repo String,
    upstream_repo String,
    pr_number UInt64,
    pytorch_head_sha String,
    delivery_id String,
    workflow_run_url String,
    workflow_name String,
    job_name String DEFAULT '',
    check_run_id String DEFAULT '',
    run_id String DEFAULT '',
    run_attempt UInt32 DEFAULT 1,
    conclusion String,
    event_type String DEFAULT 'pull_request',
    downstream_repo_level String DEFAULT '',
    queue_time Nullable(Float64),
    execution_time Nullable(Float64),
    started_at DateTime64(9),
    completed_at DateTime64(9),
    total_tests UInt64 DEFAULT 0,
    passed_tests UInt64 DEFAULT 0,
    failed_tests UInt64 DEFAULT 0,
    skipped_tests UInt64 DEFAULT 0,
    failed_tests_json String DEFAULT '',
    artifact_url String DEFAULT '',
    environment String DEFAULT '',
    -- When it was put in can be said.
    _inserted_at DateTime DEFAULT now(),
    repository_full_name String ALIAS downstream_repo,
    duration_seconds Float64 ALIAS if(status = 'completed' AND toUnixTimestamp(started_at) > 0 AND completed_at > started_at, dateDiff('millisecond', started_at, completed_at) / 1000, 0),
    INDEX status_idx status TYPE bloom_filter GRANULARITY 1,
    INDEX pr_number_idx pr_number TYPE bloom_filter GRANULARITY 1,
    INDEX downstream_repo_idx downstream_repo TYPE bloom_filter GRANULARITY 1,
    INDEX started_at_idx started_at TYPE minmax GRANULARITY 1,
    INDEX completed_at_idx completed_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (downstream_repo, delivery_id, dynamoKey)
