-- The rows behind some hashes.
SELECT
    `dynamoKey` AS `key`,
    `downstream_repo` AS `repo`,
    toUnixTimestamp64Milli(`created_at`) AS `created`,
    `_version` AS `version`
FROM {table:Identifier} FINAL
WHERE reinterpretAsUInt64(substring(SHA256(`dynamoKey`), 1, 8)) IN {hashes:Array(UInt64)}
