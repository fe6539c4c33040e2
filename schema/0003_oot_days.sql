-- On which days (UTC, of created_at) records of a pull request and a commit were heard of: where to look for them, since the results are
-- ordered by time. A day stays when its records go.
CREATE TABLE IF NOT EXISTS {days:Identifier} /* ON CLUSTER */
(
    `pr_number`    UInt64 COMMENT '0 means none',
    `commit`       String COMMENT '40 hexadecimal digits in lower case, else the delivery',
    `day`          DateTime('UTC'),
    `_inserted_at` DateTime('UTC') DEFAULT now('UTC')
)
ENGINE = ReplacingMergeTree(_inserted_at)
ORDER BY (`pr_number`, `commit`, `day`)
