//! What stands for a character where there is ASCII alone, on screens and in lines.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::data::text::width;

/// What stands for a character that has no other in ASCII.
const OTHER: char = '?';

/// A text in ASCII, in as many columns as it had.
pub fn in_ascii(text: &str) -> String {
    let mut ascii = String::with_capacity(text.len());
    for symbol in text.graphemes(true) {
        match (is_plain(symbol), width(symbol)) {
            (true, _) => ascii.push_str(symbol),
            (false, 0) => {}
            (false, columns) => {
                ascii.push(instead_of(symbol));
                ascii.push_str(&" ".repeat(columns - 1));
            }
        }
    }
    ascii
}

/// Is it a character of ASCII that can be seen, a blank, or nothing, which is drawn as a blank?
pub fn is_plain(symbol: &str) -> bool {
    matches!(symbol.as_bytes(), [] | [b' '..=b'~'])
}

/// One character for a symbol. What says nothing (`·`, `–`) stays apart from what does, and a bar's height can be read: 1 to 7, `#` for all.
pub fn instead_of(symbol: &str) -> char {
    let mut characters = symbol.chars();
    let (Some(character), None) = (characters.next(), characters.next()) else {
        return OTHER;
    };
    match character {
        '─' | '━' | '–' | '—' | '−' | '▼' => '-',
        '│' | '┃' | '▕' | '▏' => '|',
        '┌' | '┐' | '└' | '┘' | '╭' | '╮' | '╯' | '╰' | '├' | '┤' | '┬' | '┴' | '┼' | '▲' => {
            '+'
        }
        '▌' | '▸' | '›' | '→' => '>',
        '‹' | '←' => '<',
        '↑' | '▴' => '^',
        '↓' | '▾' => 'v',
        '·' | '•' => '.',
        '…' => '~',
        '×' => 'x',
        // A spinner that turns.
        '⣷' | '⢿' => '|',
        '⣯' | '⣻' => '/',
        '⣟' | '⣽' => '-',
        '⡿' | '⣾' => '\\',
        '\u{2800}'..='\u{28ff}' => '*',
        '▁' => '1',
        '▂' => '2',
        '▃' => '3',
        '▄' => '4',
        '▅' => '5',
        '▆' => '6',
        '▇' => '7',
        '█' => '#',
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_keeps_its_columns() {
        assert_eq!(in_ascii("pass – · run 14 · 日本…  x"), "pass - . run 14 . ? ? ~  x");
    }

    proptest! {
        #[test]
        fn nothing_but_ascii_is_left_in_as_many_columns(text in "\\PC*") {
            let ascii = in_ascii(&text);
            prop_assert!(ascii.is_ascii(), "{ascii}");
            prop_assert_eq!(ascii.len(), width(&text));
        }
    }
}
