//! How a backend stands towards level 3, while it is open: it takes what scrolls and closes.

use super::scroll::scrolled;
use super::view;
use crate::data::Data;
use crate::data::readiness::OF_PROBE;
use crate::keys::action::Action;
use crate::screen::model::Model;

/// Opens it; where it isn't known, it is said.
pub(super) fn open(model: &mut Model) {
    let screen = model.screen_mut();
    if screen.has_readiness() {
        screen.readiness = Some(0);
        return;
    }
    model.notice = Some(match screen.slot.value() {
        _ if screen.is_of_probe() => OF_PROBE.to_owned(),
        Some(Data::Backend(backend)) => format!("L3 readiness: {}", backend.without_readiness()),
        _ => "the backend isn't loaded yet".to_owned(),
    });
}

pub(super) fn act_in(model: &mut Model, action: Action) {
    if let Some(lines) = model.screen().readiness
        && let Some(lines) = scrolled(action, lines, view::scroll_max(model))
    {
        model.screen_mut().readiness = Some(lines);
        return;
    }
    match action {
        Action::Help => model.help = true,
        Action::Quit | Action::Back | Action::Readiness => model.screen_mut().readiness = None,
        _ => {}
    }
}
