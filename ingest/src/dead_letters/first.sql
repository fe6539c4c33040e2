-- When was this letter set aside first?
SELECT toUnixTimestamp64Milli(`at`)
FROM {dead_letters:Identifier} FINAL
WHERE `id` = {id:String}
