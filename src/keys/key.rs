//! A key as it is pressed, and as it is written: `a`, `A`, `Ctrl-P`, `Alt-x`, `Shift-Tab`, `Space`, `F5`, `PgUp`, `↑`.
//!
//! What no terminal can send is no key: without that, a line of the configuration would do nothing and nobody would know why.

use std::fmt::{self, Display};
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::data::text::is_unsafe;

/// A key with what is held with it. A letter is itself in upper case: `A`, never `Shift-a`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// Keys with names, each with the name that is shown first.
const NAMED: &[(KeyCode, &[&str])] = &[
    (KeyCode::Enter, &["Enter", "Return"]),
    (KeyCode::Esc, &["Esc", "Escape"]),
    (KeyCode::Tab, &["Tab"]),
    (KeyCode::Char(' '), &["Space"]),
    (KeyCode::Backspace, &["Backspace"]),
    (KeyCode::Delete, &["Del", "Delete"]),
    (KeyCode::Insert, &["Ins", "Insert"]),
    (KeyCode::Home, &["Home"]),
    (KeyCode::End, &["End"]),
    (KeyCode::PageUp, &["PgUp", "PageUp"]),
    (KeyCode::PageDown, &["PgDn", "PageDown"]),
    (KeyCode::Up, &["↑", "Up"]),
    (KeyCode::Down, &["↓", "Down"]),
    (KeyCode::Left, &["←", "Left"]),
    (KeyCode::Right, &["→", "Right"]),
];

/// What can be held with a key, in the order in which it is written.
const HELD: [(KeyModifiers, &str); 3] = [
    (KeyModifiers::CONTROL, "Ctrl"),
    (KeyModifiers::ALT, "Alt"),
    (KeyModifiers::SHIFT, "Shift"),
];

/// Terminals send the one as the other.
const SAME: &[(KeyModifiers, char, &str)] = &[
    (KeyModifiers::CONTROL, 'i', "Tab"),
    (KeyModifiers::CONTROL, 'm', "Enter"),
    (KeyModifiers::ALT, '[', "the beginning of other keys"),
    (KeyModifiers::ALT, 'O', "the beginning of other keys"),
];

/// What can be held with a key for which terminals have a character, and no sequence; all can be with the others.
const HELD_WITH: &[(KeyCode, &[KeyModifiers])] = &[
    (KeyCode::Enter, &[KeyModifiers::ALT]),
    (KeyCode::Backspace, &[KeyModifiers::ALT]),
    (KeyCode::Tab, &[KeyModifiers::SHIFT, KeyModifiers::ALT]),
    (KeyCode::Esc, &[]),
];

/// Function keys that terminals have sequences for.
const FUNCTION_KEYS: std::ops::RangeInclusive<u8> = 1..=12;

impl Key {
    /// A key by itself.
    pub const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: KeyModifiers::NONE,
        }
    }

    /// A letter in lower case with Ctrl.
    pub const fn control(letter: char) -> Self {
        Self {
            code: KeyCode::Char(letter),
            modifiers: KeyModifiers::CONTROL,
        }
    }

    /// A key with a name, with Shift.
    pub const fn shift(code: KeyCode) -> Self {
        Self {
            code,
            modifiers: KeyModifiers::SHIFT,
        }
    }

    /// The key of an event.
    pub fn of(event: KeyEvent) -> Self {
        let held = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
        let (code, modifiers) = match event.code {
            // A letter says by itself whether Shift was held; with Ctrl none does.
            KeyCode::Char(letter) if held.contains(KeyModifiers::CONTROL) => {
                (KeyCode::Char(letter.to_ascii_lowercase()), held - KeyModifiers::SHIFT)
            }
            KeyCode::Char(letter) => (KeyCode::Char(letter), held - KeyModifiers::SHIFT),
            KeyCode::BackTab => (KeyCode::Tab, held | KeyModifiers::SHIFT),
            code => (code, held),
        };
        Self { code, modifiers }
    }

    /// Does it write something where text is typed?
    pub fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }
}

/// With the name that [`Key::from_str`] reads again.
impl Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in HELD {
            if self.modifiers.contains(held) {
                write!(f, "{name}-")?;
            }
        }
        if let Some((_, names)) = NAMED.iter().find(|(code, _)| *code == self.code) {
            return f.write_str(names[0]);
        }
        match self.code {
            KeyCode::Char(letter) if self.modifiers.contains(KeyModifiers::CONTROL) => {
                write!(f, "{}", letter.to_ascii_uppercase())
            }
            KeyCode::Char(letter) => write!(f, "{letter}"),
            KeyCode::F(number) => write!(f, "F{number}"),
            // No table and no configuration holds any other.
            _ => Ok(()),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    /// Names and modifiers in any case; a letter by itself is that letter.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut rest = text;
        let mut modifiers = KeyModifiers::NONE;
        // `-` is a key as well: what stands behind the last one is never empty.
        while let Some((before, behind)) = rest.split_once('-')
            && !before.is_empty()
            && !behind.is_empty()
        {
            let held = HELD.iter().find(|(_, name)| name.eq_ignore_ascii_case(before));
            let Some((held, _)) = held else {
                return Err(format!(
                    "{before:?} is not held with a key: that are Ctrl, Alt and Shift"
                ));
            };
            modifiers |= *held;
            rest = behind;
        }
        let code = code(rest).ok_or_else(|| unknown(text))?;
        let KeyCode::Char(letter) = code else {
            let with = HELD_WITH.iter().find(|(it, _)| *it == code);
            return match with {
                Some((_, with)) if !modifiers.is_empty() && !with.contains(&modifiers) => Err(cannot(text, code, with)),
                _ => Ok(Self { code, modifiers }),
            };
        };
        let letter = if modifiers.contains(KeyModifiers::CONTROL) {
            letter.to_ascii_lowercase()
        } else {
            letter
        };
        if modifiers.contains(KeyModifiers::SHIFT) {
            return Err(match letter {
                'a'..='z' => format!("write {} for {text}", letter.to_ascii_uppercase()),
                _ => format!("terminals don't tell {text} from the key without Shift"),
            });
        }
        if modifiers.contains(KeyModifiers::CONTROL) && !matches!(letter, 'a'..='z' | ' ') {
            return Err(format!("terminals don't send {text}: Ctrl goes with a letter"));
        }
        let same = SAME
            .iter()
            .find(|(held, same, _)| modifiers.contains(*held) && *same == letter);
        if let Some((_, _, other)) = same {
            return Err(format!("terminals send {text} as {other}"));
        }
        Ok(Self {
            code: KeyCode::Char(letter),
            modifiers,
        })
    }
}

/// The key with this name; a character names itself.
fn code(name: &str) -> Option<KeyCode> {
    let mut characters = name.chars();
    if let (Some(one), None) = (characters.next(), characters.next())
        && !NAMED.iter().any(|(_, names)| names.contains(&name))
    {
        return (!is_unsafe(one) && !one.is_whitespace()).then_some(KeyCode::Char(one));
    }
    let named = NAMED
        .iter()
        .find(|(_, names)| names.iter().any(|known| known.eq_ignore_ascii_case(name)));
    let function = || {
        let number = name.strip_prefix(['F', 'f'])?.parse().ok()?;
        FUNCTION_KEYS.contains(&number).then_some(KeyCode::F(number))
    };
    named.map(|(code, _)| *code).or_else(function)
}

fn cannot(text: &str, code: KeyCode, with: &[KeyModifiers]) -> String {
    let names: Vec<&str> = HELD
        .iter()
        .filter(|(held, _)| with.contains(held))
        .map(|(_, name)| *name)
        .collect();
    let with = match names.is_empty() {
        true => "nothing".to_owned(),
        false => names.join(" or "),
    };
    format!("terminals don't send {text}: with {} goes {with}", Key::plain(code))
}

fn unknown(text: &str) -> String {
    let names: Vec<&str> = NAMED.iter().map(|(_, names)| *names.last().unwrap_or(&"")).collect();
    format!(
        "no key is called {text:?}; a key is a character, F1 to F12, {}, perhaps behind Ctrl-, Alt- or Shift-",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every event that a terminal can send for a key.
    fn events() -> impl Strategy<Value = KeyEvent> {
        let named = prop::sample::select(NAMED.iter().map(|(code, _)| *code).collect::<Vec<_>>());
        let character = any::<char>().prop_filter("text", |one| !is_unsafe(*one) && !one.is_whitespace());
        prop_oneof![
            (named, 0_u8..8).prop_map(|(code, held)| KeyEvent::new(code, KeyModifiers::from_bits_truncate(held))),
            (1_u8..=12, 0_u8..8).prop_map(|(number, held)| {
                KeyEvent::new(KeyCode::F(number), KeyModifiers::from_bits_truncate(held))
            }),
            prop::char::range('a', 'z').prop_map(|one| KeyEvent::new(KeyCode::Char(one), KeyModifiers::CONTROL)),
            character.prop_map(|one| KeyEvent::new(KeyCode::Char(one), KeyModifiers::NONE)),
            Just(KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT)),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_as_the_same_key(event in events()) {
            let key = Key::of(event);
            match key.to_string().parse::<Key>() {
                Ok(read) => prop_assert_eq!(read, key),
                // What no terminal can tell from another key is refused, and nothing else.
                Err(error) => prop_assert!(error.starts_with("terminals"), "{}: {}", key, error),
            }
        }

        #[test]
        fn whatever_is_written_is_a_key_that_prints_as_itself_or_an_error(text in "((Ctrl|alt|Shift)-){0,2}\\PC{0,3}") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
        }
    }

    #[test]
    fn a_key_is_read_from_its_name_and_known_by_its_event() {
        let event = |code, held| Key::of(KeyEvent::new(code, held));
        for (text, key) in [
            ("a", event(KeyCode::Char('a'), KeyModifiers::NONE)),
            ("A", event(KeyCode::Char('A'), KeyModifiers::SHIFT)),
            ("-", event(KeyCode::Char('-'), KeyModifiers::NONE)),
            ("Alt--", event(KeyCode::Char('-'), KeyModifiers::ALT)),
            ("Ctrl-P", event(KeyCode::Char('p'), KeyModifiers::CONTROL)),
            (
                "ctrl-p",
                event(KeyCode::Char('P'), KeyModifiers::CONTROL | KeyModifiers::SHIFT),
            ),
            (
                "Alt-X",
                event(KeyCode::Char('X'), KeyModifiers::ALT | KeyModifiers::SHIFT),
            ),
            ("Shift-Tab", event(KeyCode::BackTab, KeyModifiers::SHIFT)),
            ("Alt-Enter", event(KeyCode::Enter, KeyModifiers::ALT)),
            (
                "Ctrl-Shift-F5",
                event(KeyCode::F(5), KeyModifiers::CONTROL | KeyModifiers::SHIFT),
            ),
            ("space", event(KeyCode::Char(' '), KeyModifiers::NONE)),
            ("F5", event(KeyCode::F(5), KeyModifiers::NONE)),
            ("PageUp", event(KeyCode::PageUp, KeyModifiers::NONE)),
            ("Up", event(KeyCode::Up, KeyModifiers::NONE)),
            ("↑", event(KeyCode::Up, KeyModifiers::NONE)),
            (
                "Ctrl-Alt-Del",
                event(KeyCode::Delete, KeyModifiers::CONTROL | KeyModifiers::ALT),
            ),
        ] {
            assert_eq!(text.parse::<Key>(), Ok(key), "{text}");
        }
        assert_ne!(
            event(KeyCode::Char('c'), KeyModifiers::CONTROL),
            event(KeyCode::Char('c'), KeyModifiers::NONE)
        );
    }

    #[test]
    fn what_no_terminal_sends_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "no key is called \"\"; a key is a character, F1"),
            ("ab", "no key is called \"ab\""),
            ("F13", "no key is called \"F13\""),
            ("\u{1b}", "no key is called \"\\u{1b}\""),
            ("Meta-a", "\"Meta\" is not held with a key"),
            ("Shift-a", "write A for Shift-a"),
            ("Ctrl-1", "terminals don't send Ctrl-1"),
            ("Ctrl-I", "terminals send Ctrl-I as Tab"),
            ("Shift-Enter", "terminals don't send Shift-Enter: with Enter goes Alt"),
            ("ctrl-return", "terminals don't send ctrl-return: with Enter goes Alt"),
            ("Ctrl-Alt-Enter", "terminals don't send Ctrl-Alt-Enter"),
            ("Ctrl-Backspace", "terminals don't send Ctrl-Backspace"),
            ("Ctrl-Tab", "terminals don't send Ctrl-Tab: with Tab goes Alt or Shift"),
            ("Alt-Shift-Tab", "terminals don't send Alt-Shift-Tab"),
            ("Shift-Esc", "terminals don't send Shift-Esc: with Esc goes nothing"),
        ] {
            let error = text.parse::<Key>().unwrap_err();
            assert!(error.starts_with(reason), "{text}: {error}");
        }
    }
}
