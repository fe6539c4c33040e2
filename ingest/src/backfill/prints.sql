-- Each row, as far as it is compared with the store at first.
SELECT
    reinterpretAsUInt64(substring(SHA256(`dynamoKey`), 1, 8)) AS `hash`,
    `_version` AS `version`,
    toUnixTimestamp64Milli(`created_at`) AS `created`
FROM {table:Identifier} FINAL
WHERE `created_at` >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
