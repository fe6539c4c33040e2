-- What came since a moment of the server's clock? That clock; and of each backend how many rows came, and when the last of them did.
SELECT toUnixTimestamp(now()) AS clock, groupArray((repo, rows, last)) AS backends
FROM
(
    SELECT lower(downstream_repo) AS repo, count() AS rows, toUnixTimestamp(max(_inserted_at)) AS last
    FROM arrivals
    WHERE _inserted_at >= fromUnixTimestamp({arrived_since:Int64})
        AND (empty({repos:Array(String)}) OR lower(downstream_repo) IN {repos:Array(String)})
        AND ({pr:UInt64} = 0 OR pr_number = {pr:UInt64})
        -- Of what has no commit it isn't told here whose it is.
        AND ({commit:String} = '' OR startsWith(lower(pytorch_head_sha), lower({commit:String})) OR NOT match(pytorch_head_sha, '^[0-9a-fA-F]{40}$'))
    GROUP BY repo
)
