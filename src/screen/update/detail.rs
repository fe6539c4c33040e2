//! The detail of the selected result while it is open: it takes what moves and closes; the screen behind it stands still.

use super::scroll::scrolled;
use super::{act, view};
use crate::keys::action::Action;
use crate::screen::model::Model;

/// Opens it; where there is no result, it is said.
pub(super) fn open(model: &mut Model) {
    match model.screen().selected_execution() {
        Some(_) => model.detail = Some(0),
        None => model.notice = Some("no result here".to_owned()),
    }
}

pub(super) fn act_in(model: &mut Model, action: Action) {
    if let Some(lines) = model.detail
        && let Some(lines) = scrolled(action, lines, view::scroll_max(model))
    {
        model.detail = Some(lines);
        return;
    }
    match action {
        Action::Quit | Action::Back | Action::Detail | Action::Open => model.detail = None,
        Action::Help => model.help = true,
        Action::Refresh | Action::Pause => act(model, action),
        _ => {}
    }
}
