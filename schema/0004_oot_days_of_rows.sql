-- Each row of results tells its day.
CREATE MATERIALIZED VIEW IF NOT EXISTS {days_of_rows:Identifier} /* ON CLUSTER */ TO {days:Identifier} AS
SELECT DISTINCT
    pr_number,
    if(match(pytorch_head_sha, '^[0-9a-fA-F]{40}$'), lower(pytorch_head_sha), delivery_id) AS commit,
    toStartOfDay(created_at) AS day
FROM {table:Identifier}
