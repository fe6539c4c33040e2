    -- What was heard of since. A job is heard of when it starts: a week of slack is for clocks that are wrong and for jobs that report
    -- only their end. Each line is one that a key or an index knows.
    WHERE toStartOfDay(created_at) >= toStartOfDay(fromUnixTimestamp64Milli(greatest({since:Int64} - 604800000, 0), 'UTC'))
        AND created_at >= fromUnixTimestamp64Milli({since:Int64} - 604800000, 'UTC')
        AND _belongs >= {since:Int64} * 1000000
        AND (empty({repos:Array(String)}) OR lower(downstream_repo) IN {repos:Array(String)})
)
