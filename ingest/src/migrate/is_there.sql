-- Is there such a table? The answer is an error: which one tells it.
SELECT toUInt8(1)
FROM {table:Identifier}
LIMIT 0
