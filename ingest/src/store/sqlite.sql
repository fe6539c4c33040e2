-- Each record as it stands: its attributes as JSON.
CREATE TABLE record (
    key    TEXT NOT NULL PRIMARY KEY,
    record TEXT NOT NULL
);

-- Each write that changed something, oldest first. AUTOINCREMENT: a position is never used twice, even after pruning.
CREATE TABLE change (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    at       INTEGER NOT NULL, -- nanoseconds since 1970
    record   TEXT NOT NULL,
    removed  INTEGER NOT NULL DEFAULT 0 -- 1 when this is how it stood, and its row is to go
);

-- Who follows the change log, and the scans of all records, into which destination, and how far.
CREATE TABLE lease (
    destination TEXT NOT NULL,
    shard       TEXT NOT NULL,
    owner       TEXT,
    counter     INTEGER NOT NULL,
    position    TEXT,
    ended       INTEGER NOT NULL, -- 1 when it was read to its end
    PRIMARY KEY (destination, shard)
) WITHOUT ROWID;
