//! Why there is no answer: in one line, with what to do about it.

use clickhouse::error::Error;

use crate::data::text::{fit, printable};

/// Of what a server says went wrong.
const ERROR_COLUMNS: usize = 600;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("ClickHouse at {url}: {error}{hint}")]
    ClickHouse {
        url: String,
        error: String,
        hint: &'static str,
    },
    #[error("ClickHouse at {url} didn't answer within {seconds} s")]
    Late { url: String, seconds: u64 },
    #[error(
        "{url} has no table {table}: name it with --table, or make it with `oot-ingest migrate --clickhouse {url}`"
    )]
    NoTable { url: String, table: String },
    #[error("{table} is not a table of results: it has no column {column}")]
    Foreign { table: String, column: &'static str },
}

impl SourceError {
    /// Of an error of ClickHouse at an address, which is shown as it is. The cause stands in front: a line has an end.
    pub(super) fn of(url: String, error: &Error) -> Self {
        let text = match error {
            Error::BadResponse(said) => said.clone(),
            error => deepest(error),
        };
        let hint = if text.contains("onnection refused") {
            ". Is `oot-ingest serve` running, or another address meant (--clickhouse)?"
        } else if text.contains("InvalidContentType") {
            ". It answers, but not by TLS: is http:// meant?"
        } else if matches!(error, Error::BadResponse(said) if !said.contains("DB::Exception")) {
            ". Is that a ClickHouse? --clickhouse names another address"
        } else {
            ""
        };
        Self::ClickHouse {
            url,
            error: in_one_line(&text),
            hint,
        }
    }
}

/// What a server says, which may be a page, or a query with all its names: no longer than somebody reads.
fn in_one_line(said: &str) -> String {
    let words: Vec<&str> = said.split_whitespace().collect();
    fit(&printable(&words.join(" ")), ERROR_COLUMNS).into_owned()
}

/// The cause behind an error, which says more than "network error".
pub(crate) fn deepest(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let mut cause = deepest.to_string();
    if cause.contains("UnknownIssuer") {
        cause.push_str(". SSL_CERT_FILE names a file of other authorities");
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        SourceError::of("http://h".to_owned(), &Error::BadResponse(text.to_owned())).to_string()
    }

    #[test]
    fn a_page_of_a_proxy_is_one_line_and_no_clickhouse() {
        let page = "<html>\r\n<h1>502 Bad\u{1b} Gateway</h1>\r\n</html>";
        assert_eq!(
            said(page),
            "ClickHouse at http://h: <html> <h1>502 Bad\u{fffd} Gateway</h1> </html>. Is that a ClickHouse? \
             --clickhouse names another address"
        );
    }

    #[test]
    fn what_a_server_says_has_an_end() {
        let long = format!("Code: 241. DB::Exception: {}", "memory ".repeat(9_000));
        let shown = said(&long);
        assert!(
            shown.contains("Code: 241. DB::Exception: memory") && shown.ends_with('…'),
            "{shown}"
        );
        assert!(shown.chars().count() < 700, "{shown}");
    }
}
