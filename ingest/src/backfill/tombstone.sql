-- Takes a row away that the store does not have.
INSERT INTO {table:Identifier}
SELECT * REPLACE (`_version` + 1 AS `_version`, 1 AS `_deleted`)
FROM {table:Identifier} FINAL
WHERE `dynamoKey` = {key:String} AND `created_at` = fromUnixTimestamp64Milli({created:Int64}, 'UTC')
