//! What reaches outside the data directory, and the engine does not ask whether it may: the rest is in `access.xml`.

use super::lexer::{Kind, Token, Tokens};

/// Functions and table functions, compared without regard to case.
const OUTSIDE: &[&str] = &[
    // A disk of one's own, anywhere.
    "disk",
    "executable",
    "file",
    // Reads a request's data behind a SELECT, where the engine would cut it.
    "input",
];
/// Engines of tables and databases that keep to their own. The engine asks only about those that it knows to reach outside.
const ENGINES: &[&str] = &[
    "alias",
    "atomic",
    "buffer",
    "join",
    "log",
    "memory",
    "merge",
    "null",
    "ordinary",
    "set",
    "stripelog",
    "tinylog",
];
const ENGINE_FAMILY: &str = "mergetree";
/// What stands behind a column of the name `engine`.
const BEHIND_COLUMNS: &[&str] = &[
    "and",
    "as",
    "asc",
    "desc",
    "else",
    "end",
    "except",
    "format",
    "from",
    "group",
    "having",
    "ilike",
    "in",
    "intersect",
    "is",
    "like",
    "limit",
    "not",
    "or",
    "order",
    "settings",
    "then",
    "union",
    "when",
    "where",
];

/// The first thing in a statement that reaches outside: a function, an engine, or a clause that reads or writes a file.
pub(in crate::chdb) fn outside(sql: &[u8]) -> Option<String> {
    let statement = Tokens::new(sql).next()?.word();
    if ["attach", "backup", "restore"].contains(&statement.as_str()) {
        return Some(statement);
    }
    let (mut last, mut last_but_one): (Option<Token<'_>>, Option<Token<'_>>) = (None, None);
    let mut creates = false;
    for token in Tokens::new(sql) {
        // Beyond ASCII there are only the engine's other quotes, which are not told apart here.
        if token.is("outfile") || token.is("infile") || token.first_byte() >= 0x80 {
            return Some(token.word());
        }
        if let Some(called) = last.filter(|called| token.kind == Kind::Open && is_outside(called)) {
            return Some(called.word());
        }
        // With nothing between, or what may stand there.
        let follows = |keyword: &str, between: u8| {
            last.is_some_and(|last| last.is(keyword) || last.first_byte() == between)
                && [last, last_but_one].iter().flatten().any(|before| before.is(keyword))
        };
        let is_off =
            follows("apply", b'(') && is_outside(&token) || creates && follows("engine", b'=') && !stays_inside(&token);
        if is_off {
            return Some(token.word());
        }
        creates |= token.is("create") || token.is("replace");
        (last_but_one, last) = (last, Some(token));
    }
    None
}

/// A name in quotes may hold escapes, which hide what it is. A string literal is no name.
fn is_outside(name: &Token<'_>) -> bool {
    match name.kind {
        Kind::Quoted if name.text().contains('\\') => true,
        Kind::Word | Kind::Quoted => OUTSIDE.contains(&name.word().as_str()),
        Kind::Literal | Kind::Open | Kind::Close | Kind::Semicolon | Kind::Other => false,
    }
}

/// Or is no engine's name.
fn stays_inside(engine: &Token<'_>) -> bool {
    let name = engine.word();
    let is_known = name.ends_with(ENGINE_FAMILY) || ENGINES.contains(&name.as_str());
    match engine.kind {
        Kind::Word => is_known || BEHIND_COLUMNS.contains(&name.as_str()),
        Kind::Quoted => is_known,
        Kind::Literal | Kind::Open | Kind::Close | Kind::Semicolon | Kind::Other => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_does_not_ask_about_is_found_however_it_is_written() {
        for sql in [
            "SELECT (SELECT file('/etc/passwd'))",
            "SELECT `FILE` /* x */ ('/etc/passwd')",
            "SELECT `\\x66ile`('/etc/passwd')",
            "SELECT file\u{a0}('/etc/passwd')",
            "SELECT ‘'’, file('/etc/passwd') -- '",
            "SELECT * APPLY file FROM (SELECT '/etc/passwd')",
            "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
            "SELECT * APPLY(\"\\x66ile\") FROM (SELECT '/etc/passwd')",
            "SELECT * FROM executable('x', 'TSV', 'a Int8')",
            "INSERT INTO t SELECT * FROM input('a Int8') FORMAT TSV",
            "SELECT 1 INTO OUTFILE 'x'",
            "INSERT INTO t FROM INFILE 'x' FORMAT CSV",
            "CREATE TABLE t (a Int8) ENGINE = EmbeddedRocksDB(0, '/x') PRIMARY KEY a",
            "CREATE TABLE t (a Int8) ENGINE `QueryRunne\\x72`",
            "CREATE OR REPLACE TABLE t (a Int8) engine=FileLog('/etc', 'LineAsString')",
            "CREATE DATABASE d ENGINE = `Overlay`",
            "CREATE DATABASE d ENGINE = Atomic SETTINGS disk = disk(type = 'local', path = '/x')",
            "BACKUP DATABASE default TO File('x')",
            "ATTACH TABLE t FROM '/x' (a Int8) ENGINE = MergeTree ORDER BY a",
        ] {
            assert!(outside(sql.as_bytes()).is_some(), "{sql}");
        }
        for sql in [
            "SELECT 'file(x)', file, disk FROM t",
            "SELECT 1 -- file('x')",
            "SELECT \"a\" (1), `a\\tb` FROM t",
            "SHOW TABLES",
            "CREATE TABLE t (a Int8) ENGINE = ReplacingMergeTree(a) ORDER BY a",
            "CREATE TABLE t ENGINE Memory AS SELECT engine FROM system.tables WHERE engine LIKE '%View' ORDER BY engine",
            "SELECT name FROM system.tables WHERE engine = other",
            "SELECT overlay('Spark', 'x', 2), 'größe' AS `größe` FROM {d:Identifier}.{t:Identifier} FINAL",
        ] {
            assert_eq!(outside(sql.as_bytes()), None, "{sql}");
        }
    }
}
