-- Each record as it stands: its attributes as JSON.
CREATE TABLE record (
    key    TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL
);

-- Each write that changed something, oldest first. AUTOINCREMENT: a position is never used twice, even after pruning.
CREATE TABLE change (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    record   TEXT NOT NULL
);

-- How far each destination has the change log.
CREATE TABLE checkpoint (
    destination TEXT NOT NULL,
    shard       TEXT NOT NULL,
    position    TEXT NOT NULL,
    PRIMARY KEY (destination, shard)
) WITHOUT ROWID;
