    -- What was heard of on the days of a pull request or a commit.
    WHERE toStartOfDay(created_at) IN
    (
        SELECT day
        FROM {database:Identifier}.{days:Identifier}
        WHERE ({pr:UInt64} = 0 OR pr_number = {pr:UInt64})
            AND ({commit:String} = '' OR startsWith(commit, lower({commit:String})))
    )
        AND _belongs >= {since:Int64} * 1000000
        AND (empty({repos:Array(String)}) OR lower(downstream_repo) IN {repos:Array(String)})
)
