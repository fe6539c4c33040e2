//! What kind of statement is this? Enough of ClickHouse's lexer to tell an insert's data from its statement.
//!
//! Data inlined into a query is cut at the first empty line by libchdb and reported as success: so the data of every insert goes
//! another way, and for that its statement must be taken apart here.

mod lexer;
mod outside;

use lexer::{Kind, Tokens};
pub(super) use outside::outside;

/// What to do with a statement.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Statement<'a> {
    /// Run it as it is.
    Query {
        /// Its own FORMAT clause, if it has one.
        format: Option<&'a str>,
        /// It reads rows: only of such a statement does the engine send the result in pieces.
        select: bool,
    },
    /// Send data into it.
    Insert {
        /// The statement without FORMAT clause and data.
        head: &'a [u8],
        /// The data's format, when the statement names one.
        format: Option<&'a str>,
        /// Data that stands behind the statement.
        data: &'a [u8],
    },
}

/// Tells a query from an insert with data.
pub(super) fn analyse(sql: &[u8]) -> Statement<'_> {
    let mut tokens = Tokens::new(sql);
    let first = tokens.next();
    if !first.as_ref().is_some_and(|token| token.is("insert")) {
        let select = first.is_some_and(|token| token.is("select") || token.is("with") || token.kind == Kind::Open);
        return Statement::Query {
            format: trailing_format(sql),
            select,
        };
    }
    let mut depth = 0_usize;
    while let Some(token) = tokens.next() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if token.is("select") || token.is("with") || token.is("watch") => {
                return Statement::Query {
                    format: trailing_format(sql),
                    select: false,
                };
            }
            _ if token.is("values") => {
                return Statement::Insert {
                    head: &sql[..token.start],
                    format: Some("Values"),
                    data: &sql[token.end..],
                };
            }
            _ if token.is("format") => {
                let Some(name) = tokens.next() else { break };
                let format = std::str::from_utf8(&sql[name.start..name.end]).ok();
                return Statement::Insert {
                    head: &sql[..token.start],
                    format,
                    data: after_format(&sql[name.end..]),
                };
            }
            Kind::Semicolon => {
                return Statement::Insert {
                    head: &sql[..token.start],
                    format: None,
                    data: &[],
                };
            }
            _ => {}
        }
    }
    Statement::Insert {
        head: sql,
        format: None,
        data: &[],
    }
}

/// Whether another one stands behind it.
pub(super) fn is_followed(sql: &[u8]) -> bool {
    let mut tokens = Tokens::new(sql).skip_while(|token| token.kind != Kind::Semicolon);
    tokens.any(|token| token.kind != Kind::Semicolon)
}

/// Whether it changes a session and nothing else.
pub(super) fn is_of_the_session(sql: &[u8]) -> bool {
    let first = Tokens::new(sql).next();
    first.is_some_and(|first| first.is("set") || first.is("use"))
}

/// The format that a query asks for itself.
fn trailing_format(sql: &[u8]) -> Option<&str> {
    let mut depth = 0_usize;
    let mut tokens = Tokens::new(sql).peekable();
    let mut format = None;
    while let Some(token) = tokens.next() {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            // `format(…)` is a function, and `format` may be a column: behind a format there is nothing, or settings.
            _ if depth == 0 && token.is("format") => {
                let name = tokens.peek().filter(|name| name.kind == Kind::Word);
                let ends = |end: usize| match Tokens::new(&sql[end..]).next() {
                    None => true,
                    Some(next) => next.kind == Kind::Semicolon || next.is("settings"),
                };
                if let Some(name) = name.filter(|name| ends(name.end)) {
                    format = std::str::from_utf8(&sql[name.start..name.end]).ok();
                }
            }
            _ => {}
        }
    }
    format
}

/// Data begins behind the format's name, blanks and one line break.
fn after_format(rest: &[u8]) -> &[u8] {
    let blanks = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | 0x0c))
        .count();
    let rest = &rest[blanks..];
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    rest.strip_prefix(b"\n").unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn insert(sql: &str) -> (String, Option<String>, String) {
        match analyse(sql.as_bytes()) {
            Statement::Insert { head, format, data } => {
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                (text(head).trim().to_owned(), format.map(str::to_owned), text(data))
            }
            query => panic!("{query:?}"),
        }
    }

    fn parts(head: &str, format: &str, data: &str) -> (String, Option<String>, String) {
        (head.to_owned(), Some(format.to_owned()), data.to_owned())
    }

    #[test]
    fn an_inserts_data_is_told_from_its_statement() {
        assert_eq!(
            insert("INSERT INTO t FORMAT CSV\n1,2\n\n3,4"),
            parts("INSERT INTO t", "CSV", "1,2\n\n3,4")
        );
        assert_eq!(
            insert("insert into t (a, `format`) values (1, 'x\n\ny')"),
            parts("insert into t (a, `format`)", "Values", " (1, 'x\n\ny')")
        );
        assert_eq!(
            insert("/* FORMAT x */ INSERT INTO db.t SETTINGS async_insert = 0 FORMAT RowBinary \r\n\nx"),
            parts(
                "/* FORMAT x */ INSERT INTO db.t SETTINGS async_insert = 0",
                "RowBinary",
                "\nx"
            )
        );
        assert_eq!(
            insert("INSERT INTO t (a)"),
            ("INSERT INTO t (a)".to_owned(), None, String::new())
        );
        assert_eq!(
            insert("INSERT INTO t; "),
            ("INSERT INTO t".to_owned(), None, String::new())
        );
        assert_eq!(
            insert("INSERT INTO `values` -- format\nFORMAT TSV\n1"),
            parts("INSERT INTO `values` -- format", "TSV", "1")
        );
    }

    #[test]
    fn an_insert_from_a_query_is_a_query() {
        for sql in [
            "INSERT INTO t SELECT 1",
            "INSERT INTO t (a) WITH 1 AS x SELECT x",
            "INSERT INTO t /* ( */ SELECT 'values'",
        ] {
            let query = Statement::Query {
                format: None,
                select: false,
            };
            assert_eq!(analyse(sql.as_bytes()), query, "{sql}");
        }
    }

    #[test]
    fn a_querys_own_format_is_found() {
        let format = |sql: &'static str| match analyse(sql.as_bytes()) {
            Statement::Query { format, .. } => format,
            insert => panic!("{insert:?}"),
        };
        assert_eq!(format("SELECT 1 FORMAT Native"), Some("Native"));
        assert_eq!(
            format("SELECT 1 format JSONEachRow SETTINGS max_threads = 1"),
            Some("JSONEachRow")
        );
        assert_eq!(format("SELECT format('{}', 'FORMAT x') -- FORMAT y"), None);
        assert_eq!(format("SELECT number AS format FROM numbers(1)"), None);
        assert_eq!(
            format("SELECT 'FORMAT CSV', \"FORMAT TSV\", $x$ FORMAT JSON $x$ FROM (SELECT 1)"),
            None
        );
    }

    #[test]
    fn what_stands_behind_a_statement_is_found() {
        for sql in [
            "SELECT 1; SELECT 2",
            "SELECT ';' -- ;\n; /* */ x",
            "SELECT 1;; DROP TABLE t;",
        ] {
            assert!(is_followed(sql.as_bytes()), "{sql}");
        }
        for sql in ["SELECT 1", "SELECT ';', \";\"; ;\n-- ; x", "SELECT $x$; y$x$;"] {
            assert!(!is_followed(sql.as_bytes()), "{sql}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(sql in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (analyse(&sql), outside(&sql));
        }

        #[test]
        fn nested_noise_never_ends_in_a_loop(sql in "(/\\*|\\*/|--|\\$a?\\$|'|\"|`|\\\\|\\(|\\)|insert |format |;|\n){0,40}") {
            let _ = (analyse(sql.as_bytes()), outside(sql.as_bytes()));
        }
    }
}
