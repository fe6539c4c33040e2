-- In which version are some records there, tombstones among them?
SELECT
    reinterpretAsUInt64(substring(SHA256(`dynamoKey`), 1, 8)) AS `hash`,
    toUnixTimestamp64Milli(`created_at`) AS `created`,
    max(`_version`) AS `version`
FROM {table:Identifier}
WHERE `created_at` >= fromUnixTimestamp64Milli({first:Int64}, 'UTC')
    AND `created_at` <= fromUnixTimestamp64Milli({last:Int64}, 'UTC')
    AND `hash` IN {hashes:Array(UInt64)}
GROUP BY `hash`, `created`
