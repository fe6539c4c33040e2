//! The help while it is open: it takes what moves, narrows and closes; the screen behind it stands still.

use super::scroll::scrolled;
use crate::keys::action::Action;
use crate::screen::model::{Model, Typing};
use crate::screen::view;

pub(super) fn act(model: &mut Model, action: Action) {
    if let Some(lines) = scrolled(action, model.help_scroll, view::scroll_max(model)) {
        model.help_scroll = lines;
        return;
    }
    match action {
        Action::Filter => model.typing = Some(Typing::help(&model.help_filter)),
        Action::Back if !model.help_filter.is_empty() => narrow(model, String::new()),
        Action::Quit | Action::Back | Action::Help => {
            narrow(model, String::new());
            model.help = false;
        }
        _ => {}
    }
}

/// Shows the lines with these words alone.
pub(super) fn narrow(model: &mut Model, filter: String) {
    model.help_filter = filter;
    model.help_scroll = 0;
}
