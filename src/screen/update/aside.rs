//! What is wanted outside of the screen, with what is selected on it.

use crate::data::links;
use crate::keys::action::Action;
use crate::screen::effect::Effect;
use crate::screen::model::{Cover, Model, Screen};
use crate::screen::outside::Errand;

/// What an action wants done outside, with what is selected.
pub(super) fn aside_of(model: &mut Model, action: Action) -> Option<Effect> {
    let is_covered = matches!(model.cover(), Some(Cover::Help | Cover::Readiness));
    if wants_result(action) && !is_covered && is_awaited(model.screen()) {
        let screen = model.screen_mut();
        screen.then = screen.selected_execution().map(|execution| (action, execution));
        return None;
    }
    let screen = model.screen();
    let errand = match action {
        Action::Suspend => return Some(Effect::Suspend),
        Action::Mouse => {
            model.mouse = !model.mouse;
            model.notice = Some(match model.mouse {
                true => "the mouse selects and opens; most terminals select text with Shift meanwhile".to_owned(),
                false => "the mouse is the terminal's again".to_owned(),
            });
            return Some(Effect::Mouse(model.mouse));
        }
        _ if is_covered => return None,
        Action::OpenLink => screen.link().map(Errand::Open),
        Action::OpenArtifacts => screen.selected_cell().and_then(links::of_artifacts).map(Errand::Open),
        Action::CopyLink => screen.link().map(Errand::Copy),
        Action::CopyMarkdown => screen.selected_cell().map(links::markdown).map(Errand::Copy),
        _ => return None,
    };
    if errand.is_none() {
        let what = match action {
            Action::OpenArtifacts if screen.selected_cell().is_some() => "what is selected has no artifacts",
            Action::OpenArtifacts | Action::CopyMarkdown => "no result here",
            _ => "what is selected has no link",
        };
        model.notice = Some(what.to_owned());
    }
    errand.map(Effect::Do)
}

/// What was wanted of the selected result before it was known.
pub(super) fn postponed(model: &mut Model) -> Option<Effect> {
    if is_awaited(model.screen()) {
        return None;
    }
    let screen = model.screen_mut();
    let (action, execution) = screen.then.take()?;
    // A refresh may have put another in its place.
    let is_selected = screen
        .selected_execution()
        .is_some_and(|selected| selected == execution);
    is_selected.then(|| aside_of(model, action)).flatten()
}

fn wants_result(action: Action) -> bool {
    matches!(
        action,
        Action::OpenLink | Action::OpenArtifacts | Action::CopyLink | Action::CopyMarkdown
    )
}

/// A result is selected, and what is known of it on its way.
fn is_awaited(screen: &Screen) -> bool {
    let is_there = |screen: &Screen| {
        screen
            .attempts()
            .is_some_and(|it| it.value().is_some() || it.error().is_some())
    };
    screen.selected_cell().is_none() && screen.selected_execution().is_some() && !is_there(screen)
}
