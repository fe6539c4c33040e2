//! What reaches outside the data directory: functions and engines by their names, and names of files where a table's is expected.
//!
//! The engine takes a name that is no table's for that of a file, as `clickhouse-local` does.

use std::path::Path;

use super::lexer::{Kind, Token, Tokens};

/// Functions, table functions and engines that reach outside the data directory, or to a table by a name in a string, which may be a
/// file's. Compared without regard to case.
const OUTSIDE: &[&str] = &[
    "arrowflight",
    "azureblobstorage",
    "azureblobstoragecluster",
    "azurequeue",
    "buffer",
    "cassandra",
    "clickhouse",
    "cluster",
    "clusterallreplicas",
    "datalakecatalog",
    "deltalake",
    "deltalakeazure",
    "deltalakecluster",
    "deltalakelocal",
    "deltalakes3",
    "distributed",
    "executable",
    "executablepool",
    "file",
    "filecluster",
    "filelog",
    "gcs",
    "hdfs",
    "hdfscluster",
    "hive",
    "http",
    "hudi",
    "hudicluster",
    "iceberg",
    "icebergazure",
    "icebergcluster",
    "iceberghdfs",
    "iceberglocal",
    "icebergs3",
    // Reads a request's data behind a SELECT, where the engine would cut it.
    "input",
    "jdbc",
    "kafka",
    "loop",
    "materializedpostgresql",
    "mongodb",
    "mysql",
    "nats",
    "odbc",
    "oss",
    "paimon",
    "paimonlocal",
    "postgresql",
    "python",
    "rabbitmq",
    "redis",
    "remote",
    "remotesecure",
    "s3",
    "s3cluster",
    "s3queue",
    "sqlite",
    "url",
    "urlcluster",
    "ytsaurus",
];

/// Engines alone: these words stand elsewhere, too.
const OUTSIDE_ENGINES: &[&str] = &["alias", "filesystem", "overlay"];

/// What stands before a table's name.
const BEFORE_TABLES: &[&str] = &[
    "desc",
    "describe",
    "dictionary",
    "exists",
    "from",
    "in",
    "into",
    "join",
    "table",
    "truncate",
    "view",
];
/// Functions whose second argument may be a table.
const SETS: &[&str] = &[
    "globalin",
    "globalnotin",
    "globalnotnullin",
    "globalnullin",
    "in",
    "notin",
    "notnullin",
    "nullin",
];
/// What may stand between.
const BETWEEN: &[&str] = &["function", "if", "not", "temporary"];
/// What ends a list of tables.
const BEHIND_TABLES: &[&str] = &[
    "except",
    "format",
    "group",
    "having",
    "intersect",
    "limit",
    "order",
    "prewhere",
    "qualify",
    "select",
    "settings",
    "union",
    "where",
    "window",
];

/// The first thing in a statement that reaches outside: a function, an engine, a file, or a clause that reads or writes one. Blocks: it
/// looks whether there is a file.
pub(in crate::chdb) fn outside(sql: &[u8]) -> Option<String> {
    let mut places = Places::new();
    let mut before: Option<Token<'_>> = None;
    for token in Tokens::new(sql) {
        // Beyond ASCII there are only the engine's other quotes, which are not told apart here.
        if token.is("outfile") || token.is("infile") || token.first_byte() >= 0x80 {
            return Some(token.word());
        }
        let is_name = matches!(token.kind, Kind::Word | Kind::Quoted);
        let place = places.of(&token);
        let is_off = match place {
            Place::Table => is_file(&token),
            Place::Engine => is_name && (is_outside(&token) || OUTSIDE_ENGINES.contains(&token.word().as_str())),
            Place::Set | Place::Anything => false,
        };
        if is_off {
            return Some(token.word());
        }
        if let Some(before) = before.filter(|before| token.kind == Kind::Open && is_outside(before)) {
            return Some(before.word());
        }
        // The engine takes the name in quotes too. A string literal is no name.
        before = is_name.then_some(token);
    }
    let first = Tokens::new(sql).next()?;
    ["attach", "backup", "restore"]
        .contains(&first.word().as_str())
        .then(|| first.word())
}

fn is_outside(name: &Token<'_>) -> bool {
    OUTSIDE.contains(&name.word().as_str())
}

/// The parameters of a statement that stand for names of tables and the like: `{name:Identifier}`.
pub(in crate::chdb) fn identifiers(sql: &[u8]) -> Vec<String> {
    let tokens: Vec<Token<'_>> = Tokens::new(sql).collect();
    let names = tokens.windows(4).filter_map(|window| match window {
        [open, name, colon, kind]
            if (open.first_byte(), colon.first_byte()) == (b'{', b':') && kind.is("identifier") =>
        {
            Some(name.text().into_owned())
        }
        _ => None,
    });
    names.collect()
}

/// Whether the engine would look for a file of this name, where no table has it. Blocks.
pub(in crate::chdb) fn names_a_file(text: &str) -> bool {
    text.contains(['/', '*', '?', '{', '\\']) || Path::new(text).is_file()
}

/// Whether the engine would look for a file of this name. Where a table is expected a string can be nothing else.
fn is_file(name: &Token<'_>) -> bool {
    match name.kind {
        Kind::Literal => true,
        Kind::Quoted | Kind::Word => names_a_file(name.text().trim_matches(['"', '`'])),
        Kind::Open | Kind::Close | Kind::Semicolon | Kind::Other => false,
    }
}

/// What is expected where a token stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Table,
    /// A table, of which a string is none.
    Set,
    Engine,
    Anything,
}

/// Walks through a statement.
struct Places {
    /// One for each bracket that is open, and one for the statement.
    levels: Vec<Level>,
    next: Place,
    /// The last token, where it was part of a table's name.
    named: bool,
    last_word: String,
    /// The last token's first byte.
    last_byte: u8,
}

#[derive(Clone, Copy, Default)]
struct Level {
    /// Something was there already.
    begun: bool,
    is_query: bool,
    lists_tables: bool,
    /// The arguments of one of [`SETS`].
    lists_sets: bool,
    /// What is substituted for a table's name, or a part of it.
    names_table: bool,
}

impl Places {
    fn new() -> Self {
        let statement = Level {
            is_query: true,
            ..Level::default()
        };
        Self {
            levels: vec![statement],
            next: Place::Anything,
            named: false,
            last_word: String::new(),
            last_byte: b' ',
        }
    }

    /// Where the next token stands.
    fn of(&mut self, token: &Token<'_>) -> Place {
        let place = std::mem::replace(&mut self.next, Place::Anything);
        let named = std::mem::replace(&mut self.named, place == Place::Table);
        let last_byte = std::mem::replace(&mut self.last_byte, token.first_byte());
        let mut level = self.levels.last().copied().unwrap_or_default();
        match (token.kind, token.first_byte()) {
            (Kind::Open, _) | (Kind::Other, b'[' | b'{') => {
                self.set(Level { begun: true, ..level });
                self.levels.push(Level {
                    lists_sets: last_byte != b'(' && SETS.contains(&self.last_word.as_str()),
                    names_table: matches!(place, Place::Table | Place::Set),
                    ..Level::default()
                });
                return Place::Anything;
            }
            (Kind::Close, _) | (Kind::Other, b']' | b'}') => {
                self.named = token.first_byte() == b'}' && level.names_table;
                if self.levels.len() > 1 {
                    self.levels.pop();
                }
                return Place::Anything;
            }
            (Kind::Other, b',') if level.lists_tables => self.next = Place::Table,
            (Kind::Other, b',') if level.lists_sets => self.next = Place::Set,
            (Kind::Other, b'.') if named => self.next = Place::Table,
            (Kind::Other, b'=') if place == Place::Engine => self.next = Place::Engine,
            (Kind::Word, _) => {
                let word = token.word();
                let word = word.as_str();
                if word == "select" || word == "with" || word == "from" && !level.begun {
                    level.is_query = true;
                }
                let is_table = match word {
                    // Of functions, of an order, or of a comparison.
                    "from" => level.is_query && !matches!(self.last_word.as_str(), "fill" | "distinct"),
                    word => BEFORE_TABLES.contains(&word),
                };
                if word == "engine" {
                    self.next = Place::Engine;
                } else if word == "in" || word == "to" {
                    self.next = Place::Set;
                } else if is_table {
                    self.next = Place::Table;
                    level.lists_tables |= matches!(word, "from" | "join");
                } else if BEHIND_TABLES.contains(&word)
                    && place != Place::Table
                    && self.last_word != "as"
                    && last_byte != b'.'
                {
                    // Else it is a name.
                    level.lists_tables = false;
                } else if place == Place::Table && BETWEEN.contains(&word) {
                    self.next = Place::Table;
                }
                self.last_word = word.to_owned();
            }
            _ => {}
        }
        self.set(Level { begun: true, ..level });
        match place {
            Place::Set if token.kind == Kind::Literal => Place::Anything,
            Place::Set => Place::Table,
            place => place,
        }
    }

    fn set(&mut self, level: Level) {
        if let Some(last) = self.levels.last_mut() {
            *last = level;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_outside_is_found_however_it_is_written() {
        for sql in [
            "SELECT * FROM file('/etc/passwd', 'LineAsString')",
            "SELECT * FROM `URL` /* x */ ('http://x')",
            "INSERT INTO FUNCTION S3('x') SELECT 1",
            "SELECT 1 INTO OUTFILE 'x'",
            "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
            "CREATE TABLE t (a Int8) ENGINE = File (CSV)",
            "CREATE DATABASE d ENGINE = MySQL('h', 'd', 'u', 'p')",
            "SELECT (SELECT file('/etc/passwd'))",
            "BACKUP DATABASE default TO File('x')",
            "ATTACH TABLE t FROM '/x' (a Int8) ENGINE = MergeTree ORDER BY a",
            "SELECT * FROM file\u{a0}('/etc/passwd', 'LineAsString')",
            "CREATE DATABASE d ENGINE = Filesystem",
            "CREATE DATABASE d ENGINE = `Overlay`",
            "SELECT * FROM “/etc/passwd”",
            "SELECT ‘'’, * FROM file('/etc/passwd', 'LineAsString') -- '",
            "SELECT * FROM {d:Identifier}.`/etc/passwd`",
            "SELECT in(1, `/etc/passwd`), notIn(1, 2)",
            "SELECT globalNotIn(1, `/etc/passwd`)",
            "CREATE MATERIALIZED VIEW v TO `/tmp/x` AS SELECT 1",
            "SELECT * FROM '/etc/passwd'",
            "SELECT * FROM `/etc/passwd`",
            "SELECT * FROM default.`/etc/pass*`",
            "SELECT * FROM \"\\x2fetc\\x2fpasswd\"",
            "SELECT * FROM numbers(1) AS n, '/etc/passwd'",
            "SELECT * FROM t ANY LEFT JOIN '/etc/passwd' USING a",
            "SELECT (FROM '/etc/passwd' SELECT 1)",
            "SELECT trim(BOTH (SELECT * FROM '/etc/passwd') FROM 'x')",
            "SELECT 1 IN `/etc/passwd`",
            "SELECT * FROM t AS limit, '/etc/passwd'",
            "SELECT * FROM db.where, '/etc/passwd'",
            "SELECT * FROM limit, '/etc/passwd'",
            "SELECT * FROM a JOIN b ON a.x = b.x, '/etc/passwd'",
            "SELECT * FROM loop('default', '/etc/passwd')",
            "CREATE TABLE t AS x ENGINE = Buffer('default', '/etc/passwd', 1, 1, 1, 1, 1, 1, 1)",
            "CREATE TABLE t ENGINE = Alias(default, '/etc/passwd')",
            "DESCRIBE TABLE '/etc/passwd'",
            "INSERT INTO '/tmp/x' VALUES (1)",
            // Of this package: its file of that name.
            "SELECT * FROM `Cargo.toml`",
        ] {
            assert!(outside(sql.as_bytes()).is_some(), "{sql}");
        }
        for sql in [
            "SELECT 'file(x)', file, url FROM t",
            "SELECT 1 -- file('x')",
            "SELECT \"a\" (1)",
            "SHOW TABLES",
            "SELECT overlay('Spark', 'x', 2), 'größe' AS `größe` FROM {d:Identifier}.{t:Identifier} FINAL",
            "SELECT d FROM t ORDER BY d WITH FILL FROM '/x' TO '/y'",
            "SELECT '/etc/passwd', `a/b`, 'x' IN ('/a', '/b') FROM t WHERE url LIKE '%/x' ORDER BY 1, '/y'",
            "SELECT trim(BOTH '/' FROM '/x'), a IS DISTINCT FROM '/x' FROM t ARRAY JOIN ['/a', '/b'] AS x",
            "INSERT INTO `db`.\"t\" (a) VALUES ('/x', '/y')",
            "SELECT * FROM (SELECT 1 AS a) AS x, (SELECT 2) AS y",
            "WITH x AS (SELECT 1) SELECT *, '/a' FROM x FINAL, db.y UNION ALL SELECT 'a', '/b'",
        ] {
            assert_eq!(outside(sql.as_bytes()), None, "{sql}");
        }
    }
}
