-- Which migrations has this table had?
SELECT `table`, `number`, `name`, `checksum`
FROM oot_schema_migration
WHERE `table` = {table:String}
ORDER BY `number`
