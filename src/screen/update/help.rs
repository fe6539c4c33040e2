//! The help while it is open: it takes what moves, narrows and closes; the screen behind it stands still.

use crate::keys::action::Action;
use crate::screen::model::{Model, Typing};
use crate::screen::view;

/// Lines that a page goes by.
const PAGE: usize = 10;

pub(super) fn act(model: &mut Model, action: Action) {
    let scroll = model.help_scroll;
    match action {
        Action::Down => scroll_to(model, scroll + 1),
        Action::Up => scroll_to(model, scroll.saturating_sub(1)),
        Action::PageDown => scroll_to(model, scroll + PAGE),
        Action::PageUp => scroll_to(model, scroll.saturating_sub(PAGE)),
        Action::Last => scroll_to(model, usize::MAX),
        Action::First => scroll_to(model, 0),
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

fn scroll_to(model: &mut Model, line: usize) {
    model.help_scroll = line.min(view::help_scroll_max(model));
}
