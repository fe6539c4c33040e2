-- By these the newest name and the newest level are found: of one moment either name, but always the same, and the greater level, by its
-- first eight bytes. Numbers, since of pairs argMax takes ten times as long.
, (moment, repo) -> bitShiftLeft(toInt128(moment), 32) + CRC32(repo) AS named,
(moment, level) -> bitShiftLeft(toInt128(moment), 64) + reinterpretAsUInt64(reverse(rightPad(level, 8))) AS levelled
