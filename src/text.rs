//! Text from payloads is hostile: what it can't be is anything but text.

use std::borrow::Cow;

/// Control and C1 characters, and what changes the direction of what stands around it.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with each unsafe character replaced by `�`, on one line: fit for a terminal.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_unsafe) {
        Cow::Owned(
            text.chars()
                .map(|character| if is_unsafe(character) { '\u{fffd}' } else { character })
                .collect(),
        )
    } else {
        Cow::Borrowed(text)
    }
}

/// The same, in place.
pub fn make_printable(text: &mut String) {
    if let Cow::Owned(changed) = printable(text) {
        *text = changed;
    }
}

/// At most so many columns wide, ending in `…` where something was left out.
pub fn fit(text: &str, width: usize) -> Cow<'_, str> {
    use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    if width == 0 {
        return Cow::Borrowed("");
    }
    let mut used = 0;
    let end = text.char_indices().find(|(_, character)| {
        used += character.width().unwrap_or(0);
        used > width - 1
    });
    Cow::Owned(format!("{}…", &text[..end.map_or(text.len(), |(at, _)| at)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    #[test]
    fn escapes_and_overrides_become_visible() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\u{9b}d\n"), "a�[31mb�c�d�");
        assert!(matches!(printable("job 😀 #[fg=red] é"), Cow::Borrowed(_)));
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("abc", 0), "");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left(text in ".*") {
            prop_assert!(!printable(&text).chars().any(is_unsafe));
        }

        #[test]
        fn what_is_fitted_fits(text in "\\PC*", width in 0_usize..20) {
            prop_assert!(fit(&text, width).width() <= width);
        }
    }
}
