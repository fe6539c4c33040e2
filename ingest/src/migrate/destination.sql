-- Which table is this: does it still hold what was replicated into it?
SELECT concat(
    assumeNotNull((SELECT toString(`uuid`) FROM system.tables WHERE `database` = currentDatabase() AND `name` = {table:String})),
    '/',
    -- Of the first migration: the later ones come when it has been replicated into for long.
    assumeNotNull((SELECT toString(min(`id`)) FROM oot_schema_migration WHERE `table` = {table:String} AND `number` = 1)),
    -- The embedded engine's tables all have the same uuid: that one was dropped and made again is seen by what was begun and applied once
    -- more. The days are filled by what is inserted, and so only with the results.
    assumeNotNull((
        SELECT if(again > 0, concat('/', toString(again)), '')
        FROM (SELECT count() - uniqExact(`number`) AS again FROM oot_schema_migration WHERE `table` = {table:String} AND `number` IN (1, 3, 4))
    ))
)
