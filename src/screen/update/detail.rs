//! The detail of the selected result while it is open: it takes what moves and closes; the screen behind it stands still.
//! It is of one result: where that is no more selected after an answer, it closes rather than tell of another under the same title.

use super::scroll::scrolled;
use super::{act, view};
use crate::keys::action::Action;
use crate::screen::model::Model;
use crate::source::Execution;

/// Opens it; where there is no result, it is said.
pub(super) fn open(model: &mut Model) {
    match model.screen().selected_execution() {
        Some(_) => model.detail = Some(0),
        None => model.notice = Some("no result here".to_owned()),
    }
}

/// What it is of.
pub(super) fn subject(model: &Model) -> Option<Execution> {
    model.detail?;
    model.screen().selected_execution()
}

/// Closes it, and says so, where it was of something else before an answer came.
pub(super) fn close_unless_of(model: &mut Model, before: Option<&Execution>) {
    if model.detail.is_some() && model.screen().selected_execution().as_ref() != before {
        model.detail = None;
        model.notice = Some("the result whose detail was open is no more the selected one".to_owned());
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
