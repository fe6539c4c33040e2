-- What has come, in either layout: each row as it was inserted, also where a newer one has taken its place.
WITH arrivals AS
(
    SELECT downstream_repo, pr_number, pytorch_head_sha, _inserted_at
    FROM {database:Identifier}.{table:Identifier}
