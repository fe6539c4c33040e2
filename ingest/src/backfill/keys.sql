-- The rows behind some hashes, with what a tombstone of theirs has to say as they do.
SELECT
    `dynamoKey` AS `key`,
    `downstream_repo` AS `repo`,
    `downstream_repo_level` AS `level`,
    `event_type` AS `event`,
    `pr_number` AS `pr`,
    toUnixTimestamp64Milli(`created_at`) AS `created`,
    `_version` AS `version`
FROM {table:Identifier} FINAL
WHERE reinterpretAsUInt64(substring(SHA256(`dynamoKey`), 1, 8)) IN {hashes:Array(UInt64)}
