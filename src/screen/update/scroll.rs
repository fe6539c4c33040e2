//! What scrolls a popup.

use crate::keys::action::Action;

/// Lines that a page of a popup goes by.
pub(super) const PAGE: usize = 10;

/// How many lines have gone by after an action, of so many at most; none where it doesn't scroll.
pub(super) fn scrolled(action: Action, lines: usize, most: usize) -> Option<usize> {
    let lines = match action {
        Action::Down => lines + 1,
        Action::Up => lines.saturating_sub(1),
        Action::PageDown => lines + PAGE,
        Action::PageUp => lines.saturating_sub(PAGE),
        Action::Last => most,
        Action::First => 0,
        _ => return None,
    };
    Some(lines.min(most))
}
