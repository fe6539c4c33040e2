//! `[keys]` of the configuration file: an action, and the keys that do it in place of the usual ones.
//!
//! ```toml
//! [keys]
//! refresh = "F5"
//! filter = ["/", "Ctrl-F"]
//! pause = []
//! ```

use std::collections::BTreeMap;

use toml::Spanned;

use super::one_or_more::OneOrMore;
use crate::keys::key::Key;
use crate::keys::keymap::{Keymap, action_of};

/// As it is written.
pub(super) type KeysSection = BTreeMap<Spanned<String>, OneOrMore>;

/// What is wrong with a line.
pub(super) struct Wrong {
    /// Where the line begins, in bytes.
    pub(super) at: usize,
    pub(super) action: String,
    pub(super) reason: String,
}

/// What is meant.
///
/// # Errors
/// The first line with an action or a key that there is not, or with a key that does something else already.
pub(super) fn keymap(section: &KeysSection) -> Result<Keymap, Wrong> {
    let wrong = |name: &Spanned<String>, reason: String| Wrong {
        at: name.span().start,
        action: name.get_ref().clone(),
        reason,
    };
    let mut changes = Vec::new();
    let mut lines: Vec<_> = section.iter().collect();
    lines.sort_by_key(|(name, _)| name.span().start);
    for (name, texts) in lines {
        let action = action_of(name.get_ref()).map_err(|reason| wrong(name, reason))?;
        let mut keys: Vec<Key> = Vec::new();
        for text in texts.clone().into_list() {
            let key = text.parse().map_err(|reason| wrong(name, reason))?;
            // Written twice, it is still one key.
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        changes.push((action, keys));
    }
    Keymap::new(&changes).map_err(|refused| {
        let action = refused.action.name();
        let name = section.keys().find(|name| *name.get_ref() == action);
        Wrong {
            at: name.map_or(0, |name| name.span().start),
            action,
            reason: refused.reason,
        }
    })
}

/// A section that gives the same.
pub(super) fn section(keymap: &Keymap) -> BTreeMap<String, OneOrMore> {
    let lines = keymap.entries().map(|(entry, keys)| {
        let keys = match keys {
            [one] => OneOrMore::One(one.to_string()),
            keys => OneOrMore::More(keys.iter().map(Key::to_string).collect()),
        };
        (entry.action.name(), keys)
    });
    lines.collect()
}
