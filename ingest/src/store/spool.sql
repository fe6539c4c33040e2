-- Results that the store could not take when they came, oldest first.
CREATE TABLE waiting (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    heard_at INTEGER NOT NULL, -- nanoseconds since 1970
    record   TEXT NOT NULL
);
