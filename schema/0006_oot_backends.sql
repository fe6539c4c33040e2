-- What each backend said on each day (UTC): under which name, of which level, of what, and from when to when. A few rows a day tell which
-- backends there are, when they last ran and since when they have their level, however many results there were. What was said once
-- stays, also when its record says otherwise later.
CREATE TABLE IF NOT EXISTS {backends:Identifier} /* ON CLUSTER */
(
    `day`                   Date,
    `downstream_repo`       LowCardinality(String),
    `downstream_repo_level` LowCardinality(String),
    `event_type`            LowCardinality(String),
    `has_pr`                Bool,
    `first`                 SimpleAggregateFunction(min, Int64) COMMENT 'nanoseconds since 1970',
    `last`                  SimpleAggregateFunction(max, Int64) COMMENT 'nanoseconds since 1970'
)
ENGINE = AggregatingMergeTree
ORDER BY (`day`, `downstream_repo`, `downstream_repo_level`, `event_type`, `has_pr`)
