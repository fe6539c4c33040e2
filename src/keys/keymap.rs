//! Which keys do what: the table of actions, with what the configuration says otherwise.

use clap::ValueEnum as _;
use crossterm::event::KeyEvent;

use crate::keys::action::{Action, Entry, On, SCREENS, TABLE};
use crate::keys::key::Key;

/// The keys of every action. Sound: on no screen does a key do two things, and something quits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    /// For each line of [`TABLE`].
    keys: Vec<Vec<Key>>,
}

/// Why keys can't be bound so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Whose keys are to be changed.
    pub action: Action,
    pub reason: String,
}

impl Default for Keymap {
    fn default() -> Self {
        Self {
            keys: TABLE.iter().map(|entry| entry.keys.to_vec()).collect(),
        }
    }
}

impl Keymap {
    /// The table, but for these actions; no keys unbind one.
    ///
    /// # Errors
    /// [`Refused`] for the first of them that takes a key from another action, or the last key from `quit`.
    pub fn new(changes: &[(Action, Vec<Key>)]) -> Result<Self, Refused> {
        let mut keymap = Self::default();
        for (action, keys) in changes {
            for (entry, bound) in TABLE.iter().zip(&mut keymap.keys) {
                if entry.action == *action {
                    bound.clone_from(keys);
                }
            }
        }
        for (action, keys) in changes {
            if *action == Action::Quit && keys.is_empty() {
                return Err(Refused {
                    action: *action,
                    reason: "nothing would quit any more: expected a key".to_owned(),
                });
            }
            for key in keys {
                if let Some((other, screen)) = keymap.conflict(*action, *key) {
                    return Err(Refused {
                        action: *action,
                        reason: format!(
                            "{key} is {} already, on the {screen} screen: give one of them another key, or none",
                            other.name()
                        ),
                    });
                }
            }
        }
        Ok(keymap)
    }

    /// What else a key of an action does, and on which screen.
    fn conflict(&self, action: Action, key: Key) -> Option<(Action, &'static str)> {
        let on = self.entries().find(|(entry, _)| entry.action == action)?.0.on;
        let mut others = self
            .entries()
            .filter(|(other, keys)| other.action != action && keys.contains(&key));
        others.find_map(|(other, _)| {
            let both = |screen: On| on.covers(screen) && other.on.covers(screen);
            let (_, title) = SCREENS.iter().find(|(screen, _)| both(*screen))?;
            Some((other.action, *title))
        })
    }

    /// What a key does on a screen.
    pub fn of(&self, event: KeyEvent, screen: On) -> Option<Action> {
        let key = Key::of(event);
        self.entries()
            .find(|(entry, keys)| entry.on.covers(screen) && keys.contains(&key))
            .map(|(entry, _)| entry.action)
    }

    /// The keys of an action; none where it is unbound.
    pub fn keys(&self, action: Action) -> &[Key] {
        self.entries()
            .find(|(entry, _)| entry.action == action)
            .map_or(&[], |(_, keys)| keys)
    }

    /// The key that is shown for an action; its name where it has none.
    pub fn shown(&self, action: Action) -> String {
        self.keys(action).first().map_or_else(|| action.name(), Key::to_string)
    }

    /// The lines of the table, with their keys.
    pub fn entries(&self) -> impl Iterator<Item = (&'static Entry, &[Key])> {
        TABLE.iter().zip(self.keys.iter().map(Vec::as_slice))
    }
}

/// The action of a name in kebab case.
///
/// # Errors
/// A sentence with the names that are like it, or all of them.
pub fn action_of(name: &str) -> Result<Action, String> {
    /// Below it words have little in common.
    const ALIKE: f64 = 0.8;
    if let Ok(action) = Action::from_str(name, false) {
        return Ok(action);
    }
    let mut names: Vec<(f64, String)> = Action::value_variants()
        .iter()
        .map(|action| (strsim::jaro_winkler(name, &action.name()), action.name()))
        .collect();
    if names.iter().any(|(alike, _)| *alike >= ALIKE) {
        names.retain(|(alike, _)| *alike >= ALIKE);
        names.sort_by(|one, other| other.0.total_cmp(&one.0));
        let names: Vec<String> = names.into_iter().take(3).map(|(_, name)| name).collect();
        return Err(format!("no action is called so; is it {}?", names.join(" or ")));
    }
    let names: Vec<String> = names.into_iter().map(|(_, name)| name).collect();
    Err(format!("no action is called so; there are {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};

    fn key(name: &str) -> Key {
        name.parse().unwrap()
    }

    fn pressed(letter: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE)
    }

    #[test]
    fn every_action_has_one_line_and_no_key_does_two_things_on_one_screen() {
        let keymap = Keymap::default();
        for action in Action::value_variants() {
            let lines: Vec<_> = keymap.entries().filter(|(entry, _)| entry.action == *action).collect();
            let [(_, keys)] = lines.as_slice() else {
                panic!("{action:?} has {} lines", lines.len())
            };
            for key in *keys {
                assert_eq!(keymap.conflict(*action, *key), None, "{key} of {action:?}");
            }
        }
    }

    #[test]
    fn a_key_of_the_configuration_takes_the_place_of_the_tables() {
        let keymap = Keymap::new(&[(Action::Refresh, vec![key("F5")]), (Action::Pause, Vec::new())]).unwrap();
        let f5 = KeyEvent::new(KeyCode::F(5), KeyModifiers::NONE);
        assert_eq!(keymap.of(f5, On::Summary), Some(Action::Refresh));
        assert_eq!(keymap.of(pressed('r'), On::Summary), None);
        assert_eq!(keymap.of(pressed('p'), On::Summary), None);
        assert_eq!(keymap.of(pressed('q'), On::Summary), Some(Action::Quit));
        assert_eq!(
            (keymap.shown(Action::Refresh), keymap.shown(Action::Pause)),
            ("F5".into(), "pause".into())
        );
    }

    #[test]
    fn a_key_that_does_two_things_on_one_screen_is_refused_with_both_and_the_screen() {
        let refused = Keymap::new(&[(Action::Sort, vec![key("x"), key("t")])]).unwrap_err();
        assert_eq!(
            (refused.action, refused.reason.as_str()),
            (
                Action::Sort,
                "t is next-range already, on the summary screen: give one of them another key, or none"
            )
        );
        let swapped = [(Action::Sort, vec![key("t")]), (Action::NextRange, vec![key("s")])];
        assert!(Keymap::new(&swapped).is_ok());
    }

    #[test]
    fn one_key_may_do_two_things_where_no_screen_has_both() {
        let keymap = Keymap::new(&[(Action::Sort, vec![key("f")])]).unwrap();
        assert_eq!(keymap.of(pressed('f'), On::Summary), Some(Action::Sort));
        assert_eq!(keymap.of(pressed('f'), On::Backend), Some(Action::OnlyFailures));
    }

    /// It is one: there is none before and none after it.
    #[test]
    fn other_commits_are_offered_where_there_are_some() {
        let keymap = Keymap::default();
        assert_eq!(keymap.of(pressed('['), On::PullRequest), Some(Action::OlderCommit));
        assert_eq!(keymap.of(pressed('['), On::Commit), None);
        assert_eq!(keymap.of(pressed('Y'), On::Commit), Some(Action::CopyMarkdown));
    }

    #[test]
    fn something_quits_whatever_is_configured() {
        let refused = Keymap::new(&[(Action::Quit, Vec::new())]).unwrap_err();
        assert_eq!(refused.action, Action::Quit);
        assert!(Keymap::new(&[(Action::Quit, vec![key("Q")])]).is_ok());
    }

    #[test]
    fn a_wrong_name_is_answered_with_those_that_are_like_it() {
        assert_eq!(action_of("open-link"), Ok(Action::OpenLink));
        let error = action_of("open-lnk").unwrap_err();
        assert!(
            error.starts_with("no action is called so; is it open-link or open"),
            "{error}"
        );
        let error = action_of("zzz").unwrap_err();
        assert!(error.contains("there are open, back, up"), "{error}");
    }
}
