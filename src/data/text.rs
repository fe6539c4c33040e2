//! Text from payloads is hostile: what it can't be is anything but text.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What is never fit for a terminal: control and C1 characters, what changes the direction of what stands around it, and what isn't seen
/// (`Default_Ignorable_Code_Point` of Unicode's `DerivedCoreProperties.txt`).
///
/// Two kinds of those may be part of what is seen: joiners where they join ([`judged`]), and variation selectors.
pub fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}'
                | '\u{034f}'
                | '\u{061c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
                | '\u{e01f0}'..='\u{e0fff}'
        )
}

/// Keeps letters apart that else are written joined.
const NON_JOINER: char = '\u{200c}';
/// Makes one picture of two.
const JOINER: char = '\u{200d}';

/// A text's characters, each with whether it is fit for a terminal where it stands.
pub fn judged(text: &str) -> impl Iterator<Item = (char, bool)> + '_ {
    use unicode_segmentation::UnicodeSegmentation as _;
    text.graphemes(true).flat_map(|grapheme| {
        let (parts, joins) = (parts(grapheme), joins(grapheme));
        grapheme.chars().map(move |character| {
            let is_fit = match character {
                NON_JOINER => parts,
                JOINER => joins,
                other => !is_unsafe(other),
            };
            (character, is_fit)
        })
    })
}

/// Whether a non-joiner ends a letter that else is joined to the next one. Of a text that is cut it may be the end.
fn parts(grapheme: &str) -> bool {
    // The scripts from Arabic to Myanmar.
    let is_joined = |character: char| matches!(character, '\u{0600}'..='\u{109f}');
    let letter = grapheme.strip_suffix(NON_JOINER).unwrap_or_default();
    letter.chars().all(is_joined) && !letter.is_empty()
}

/// Whether each joiner has a picture behind it that takes no room of its own: where a terminal merges what is joined, as tmux does, the rest
/// of the line stands where it is expected.
fn joins(grapheme: &str) -> bool {
    let mut pictures = grapheme.split(JOINER);
    let first = pictures.next().unwrap_or_default();
    let is_seen = |picture: &str| picture.chars().next().and_then(UnicodeWidthChar::width) > Some(0);
    is_seen(first) && pictures.all(is_seen) && grapheme.width() == first.width() && !grapheme.contains(NON_JOINER)
}

/// The text with each character that isn't fit for a terminal replaced by `�`, on one line.
pub fn printable(text: &str) -> Cow<'_, str> {
    let may_be_unfit = |character| matches!(character, NON_JOINER | JOINER) || is_unsafe(character);
    if text.chars().any(may_be_unfit) {
        let shown = |(character, is_fit)| if is_fit { character } else { char::REPLACEMENT_CHARACTER };
        Cow::Owned(judged(text).map(shown).collect())
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

/// Is it a commit's whole SHA? What stands for a commit may be a delivery, or the beginning of one.
pub fn is_sha(text: &str) -> bool {
    const DIGITS: usize = 40;
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The columns that a text takes, counted as it is drawn: grapheme by grapheme.
pub fn width(text: &str) -> usize {
    use unicode_segmentation::UnicodeSegmentation as _;
    if text.is_ascii() {
        return text.len();
    }
    text.graphemes(true).map(grapheme_width).sum()
}

/// Terminals give a sound mark of halfwidth katakana a column of its own, though it extends the letter before it; ratatui counts it too.
fn grapheme_width(grapheme: &str) -> usize {
    let marks = grapheme
        .chars()
        .filter(|letter| matches!(letter, '\u{ff9e}' | '\u{ff9f}'));
    grapheme.width() + marks.count()
}

/// At most so many columns wide, ending in `…` where something was left out.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    if columns == 0 {
        return Cow::Borrowed("");
    }
    Cow::Owned(format!("{}…", beginning(text, columns - 1)))
}

/// The longest beginning that takes at most so many columns.
pub fn beginning(text: &str, columns: usize) -> &str {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut used = 0;
    let end = text.grapheme_indices(true).find(|(_, grapheme)| {
        used += grapheme_width(grapheme);
        used > columns
    });
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// The longest end that takes at most so many columns.
pub fn ending(text: &str, columns: usize) -> &str {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut used = 0;
    let start = text
        .grapheme_indices(true)
        .rev()
        .take_while(|(_, grapheme)| {
            used += grapheme_width(grapheme);
            used <= columns
        })
        .last();
    start.map_or("", |(at, _)| &text[at..])
}

/// A text in lines of at most so many columns, between words where they fit.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for mut word in text.split_whitespace() {
        if let Some(line) = lines.last_mut()
            && width(line) + 1 + width(word) <= columns
        {
            line.push(' ');
            line.push_str(word);
            continue;
        }
        // An address may be longer than a line.
        while !word.is_empty() {
            let part = match beginning(word, columns) {
                // Not even one character has room.
                "" => word,
                part => part,
            };
            lines.push(part.to_owned());
            word = &word[part.len()..];
        }
    }
    lines
}

/// Sorts `shard-2` before `shard-10`: runs of digits by their number.
pub fn natural(text: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character.to_digit(10) {
            Some(digit) => {
                let mut number = u64::from(digit);
                while let Some(digit) = characters.peek().and_then(|next| next.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(digit.into());
                    characters.next();
                }
                parts.push((0, std::mem::take(&mut word)));
                parts.push((number, String::new()));
            }
            None => word.extend(character.to_lowercase()),
        }
    }
    parts.push((0, word));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_wrapped_between_words_and_nothing_of_it_is_lost() {
        assert_eq!(wrap("no answer  from there", 10), ["no answer", "from there"]);
        assert_eq!(
            wrap("at http://127.0.0.1:8154 now", 12),
            ["at", "http://127.0", ".0.1:8154", "now"]
        );
        assert_eq!(wrap("日本", 1), ["日本"]);
        assert!(wrap(" ", 5).is_empty());
    }
    use proptest::prelude::*;

    #[test]
    fn escapes_and_overrides_become_visible() {
        assert_eq!(printable("a\u{1b}[31mb\u{202e}c\u{9b}d\n"), "a�[31mb�c�d�");
        assert!(matches!(printable("job 😀 #[fg=red] é"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_is_not_seen_becomes_visible() {
        for unseen in [
            '\u{200b}',
            '\u{2060}',
            '\u{2064}',
            '\u{feff}',
            '\u{200c}',
            '\u{200d}',
            '\u{ad}',
            '\u{34f}',
            '\u{3164}',
            '\u{e0061}',
        ] {
            assert_eq!(printable(&unseen.to_string()), "�", "{unseen:?}");
            assert_eq!(printable(&format!("a{unseen}b")), "a�b", "{unseen:?}");
        }
    }

    /// tmux takes what is joined for one character, as wide as the first.
    #[test]
    fn a_joiner_stays_where_it_joins_and_takes_no_room() {
        for joined in [
            "👩\u{200d}🔬 lab",
            "👩🏽\u{200d}🔬",
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "می\u{200c}خواهم",
        ] {
            assert_eq!(printable(joined), joined);
        }
        for (stray, shown) in [
            ("👩\u{200d}", "👩�"),
            ("👩\u{200d}a", "👩�a"),
            ("\u{200d}🔬", "�🔬"),
            ("👩\u{200d}\u{200d}🔬", "👩��🔬"),
            ("©\u{200d}©", "©�©"),
            ("क\u{94d}\u{200d}ष", "क\u{94d}�ष"),
            ("👩\u{200c}🔬", "👩�🔬"),
            ("⚠\u{200c}🏽\u{200d}👩", "⚠�🏽�👩"),
            ("ی\u{200c}\u{200c}", "ی��"),
        ] {
            assert_eq!(printable(stray), shown, "{stray:?}");
        }
    }

    #[test]
    fn wide_characters_count_twice() {
        assert_eq!(fit("日本語", 6), "日本語");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("abc", 0), "");
    }

    /// Where the width of a text is not the sum of its characters' widths: presentation selectors, joiners, marks, ligatures.
    fn odd_text() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            '⚠',
            '❤',
            '\u{fe0f}',
            '\u{200c}',
            '\u{200d}',
            '👩',
            '©',
            'ی',
            '\u{1f3fd}',
            '日',
            'é',
            '\u{301}',
            'ل',
            'ا',
            'a',
        ]);
        prop_oneof![prop::collection::vec(odd, 0..30).prop_map(String::from_iter), "\\PC*"]
    }

    proptest! {
        #[test]
        fn nothing_unfit_is_left(text in prop_oneof![odd_text(), ".*"]) {
            prop_assert!(judged(&printable(&text)).all(|(_, is_fit)| is_fit));
        }

        #[test]
        fn what_is_fitted_fits(text in odd_text(), columns in 0_usize..20) {
            prop_assert!(width(&fit(&text, columns)) <= columns);
            prop_assert!(width(beginning(&text, columns)) <= columns);
            prop_assert!(width(ending(&text, columns)) <= columns);
        }
    }
}
