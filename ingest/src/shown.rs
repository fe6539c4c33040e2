//! What is shown to people: texts that came from outside, made fit for a terminal; what is behind an error; and readers that go away.

use std::error::Error;
use std::fmt::Write as _;
use std::io::{self, Write};

use crate::clickhouse::why_nobody_is_trusted;

/// Writes for those who read as long as they do: one who has seen enough ends nothing.
pub(crate) struct ForReaders<W>(pub(crate) W);

impl<W: Write> Write for ForReaders<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            flushed => flushed,
        }
    }
}

/// The text with what could move a cursor or turn a line around written as an escape. Quotes stay as they are.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => shown.push(character),
            _ => shown.extend(character.escape_debug()),
        }
    }
    shown
}

/// The same of JSON, which stays JSON of the same texts.
pub(crate) fn shown_json(json: &str) -> String {
    let mut shown = String::with_capacity(json.len());
    for character in json.chars() {
        // What JSON escapes by itself is escaped already; the line ends between its lines are its own.
        if character == '\n' || character.escape_debug().len() == 1 || matches!(character, '"' | '\'' | '\\') {
            shown.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
    }
    shown
}

/// The cause at the end of an error's chain, which mostly says the most.
pub(crate) fn deepest(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let mut cause = deepest.to_string();
    if cause.contains("UnknownIssuer") {
        cause.push_str(". ");
        cause.push_str(
            &why_nobody_is_trusted().unwrap_or_else(|| "SSL_CERT_FILE names a file of other authorities".to_owned()),
        );
    }
    cause
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes nothing: nobody reads any more.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_went_away_ends_nothing() {
        let mut out = ForReaders(Closed);
        writeln!(out, "line").unwrap();
        out.flush().unwrap();
    }

    #[test]
    fn nothing_that_acts_on_a_terminal_is_left() {
        assert_eq!(shown("it's \"a\\b\" – 測試"), "it's \"a\\b\" – 測試");
        let hostile = serde_json::json!({"a": "\u{1b}[2J\r\n\u{7f}\u{9b}31m\u{202e}\u{e0041}\"'\\ 測"});
        for json in [hostile.to_string(), format!("{hostile:#}")] {
            let shown = shown_json(&json);
            assert!(
                !shown.contains(['\u{7f}', '\u{9b}', '\u{202e}', '\u{e0041}']),
                "{shown}"
            );
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), hostile);
        }
        assert_eq!(
            shown("\u{1b}[2J\r\n\u{9b}31m\u{202e}x\u{2066}y"),
            "\\u{1b}[2J\\r\\n\\u{9b}31m\\u{202e}x\\u{2066}y"
        );
    }
}
