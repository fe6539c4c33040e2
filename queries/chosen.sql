-- The filters choose attempts. All of it as of {until}: what began later is not there, and what ended later still ran.
, chosen AS
(
    SELECT
        *,
        outcome != 'running' AND coalesce(completed, belongs) <= {until:Int64} * 1000000 AS ended,
        if(ended, completed, NULL) AS finished,
        -- What came with an end that was not yet there is not yet known.
        ended OR outcome = 'running' AS told,
        if(ended, took, NULL) AS duration,
        -- 'running' is the first outcome, which is that of none.
        if(ended, outcome, defaultValueOfArgumentType(outcome)) AS verdict,
        -- By when it is newer than others. What began later than it was heard of has a wrong clock: else one such record would hide for
        -- ever that nothing comes any more. Five minutes are for clocks that differ.
        if(belongs > heard + 300000000000, heard, belongs) AS seen,
        lower(downstream_repo) = 'pytorch/crcr-test' AS probe
    FROM attempts
    WHERE belongs <= {until:Int64} * 1000000
        AND ({pr:UInt64} = 0 OR pr_number = {pr:UInt64})
        AND ({commit:String} = '' OR startsWith(commit, lower({commit:String})))
        AND ({job:UInt64} = 0 OR job_id = {job:UInt64})
        AND if({event:String} = 'pr', pr_number > 0, {event:String} = 'all' OR event_type = {event:String})
)
