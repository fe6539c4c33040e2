//! Texts that came from outside, made fit for a terminal or a log.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_is_left() {
        assert_eq!(shown("it's \"a\\b\" – 測試"), "it's \"a\\b\" – 測試");
        assert_eq!(
            shown("\u{1b}[2J\r\n\u{9b}31m\u{202e}x\u{2066}y"),
            "\\u{1b}[2J\\r\\n\\u{9b}31m\\u{202e}x\\u{2066}y"
        );
    }
}
