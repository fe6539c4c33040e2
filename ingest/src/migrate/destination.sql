-- Which table is this: does it still hold what was replicated into it?
SELECT concat(
    assumeNotNull((SELECT toString(`uuid`) FROM system.tables WHERE `database` = currentDatabase() AND `name` = {table:String})),
    '/',
    -- Of the first migration: the later ones come when it has been replicated into for long.
    assumeNotNull((SELECT toString(min(`id`)) FROM oot_schema_migration WHERE `table` = {table:String} AND `number` = 1))
)
