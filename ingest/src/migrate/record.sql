-- What was applied to which table, and when; and what is to be applied again, because it is gone. Nothing is ever changed in it.
CREATE TABLE IF NOT EXISTS {migrations:Identifier} /* ON CLUSTER */
(
    `table`      String,
    `number`     UInt32,
    `name`       String,
    `checksum`   String COMMENT 'SHA-256 of the file, in hexadecimal',
    `id`         UUID DEFAULT generateUUIDv4(),
    `applied_at` DateTime('UTC') DEFAULT now('UTC')
)
ENGINE = MergeTree
ORDER BY (`table`, `number`)
