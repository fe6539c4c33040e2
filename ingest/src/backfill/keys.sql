-- The rows behind some hashes.
SELECT `dynamoKey` AS `key`, `_version` AS `version`, toUnixTimestamp64Milli(`created_at`) AS `created`
FROM {table:Identifier} FINAL
WHERE reinterpretAsUInt64(substring(SHA256(`dynamoKey`), 1, 8)) IN {hashes:Array(UInt64)}
