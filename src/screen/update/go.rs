//! Where a line behind `:` leads.

use super::asking::{Change, ask_anew};
use crate::data::names::{self, Meant};
use crate::screen::effect::Effect;
use crate::screen::export::{Export, of_screen};
use crate::screen::known;
use crate::screen::model::{Model, Place, Screen};
use crate::screen::outside::Errand;
use crate::screen::prompt::{self, Go, Order};
use crate::settings::theme::{Colours, Theme};

/// Goes where a line says. Gives what is to be done outside.
///
/// # Errors
/// A sentence when there is no such place.
pub(super) fn go_to(model: &mut Model, go: Go) -> Result<Option<Effect>, String> {
    let place = match go {
        Go::Quit => {
            model.quit = true;
            return Ok(None);
        }
        Go::Range(range) => {
            model.range = range;
            ask_anew(model, Change::Range);
            return Ok(None);
        }
        Go::Event(event) => {
            model.event = event;
            ask_anew(model, Change::Event);
            return Ok(None);
        }
        Go::Theme(theme) => {
            wear(model, theme);
            return Ok(None);
        }
        Go::AsOf(moment) => {
            stand_as_of(model, moment);
            return Ok(None);
        }
        Go::Export(order) => return export(model, order).map(Some),
        Go::Summary => Place::Summary,
        Go::Trends(words) if words.is_empty() => Place::Trends(None),
        Go::Trends(words) => Place::Trends(Some(repository(model, &words)?)),
        Go::Pipeline => Place::Pipeline,
        Go::PullRequest(number) => Place::PullRequest(number),
        Go::Commit(sha) => Place::Commit(sha),
        Go::Repo(words) => Place::Backend(repository(model, &words)?),
        Go::Name(line) => Place::Backend(named(model, &line)?),
    };
    visit(model, place);
    Ok(None)
}

/// Shows the screens as they stood at a moment, or as they stand now.
pub(super) fn stand_as_of(model: &mut Model, moment: Option<i64>) {
    model.as_of = moment;
    model.caution();
    ask_anew(model, Change::Moment);
}

/// Takes another theme. How many colours there are stays as it is.
pub(super) fn wear(model: &mut Model, theme: Theme) {
    model.look.theme = theme;
    if model.look.colours == Colours::None {
        let said = "this terminal is drawn on without colours: a theme is seen in pictures alone";
        model.notice = Some(said.to_owned());
    }
}

/// The screen's rows or the screen, to be written.
fn export(model: &mut Model, order: Order) -> Result<Effect, String> {
    let Export { name, contents, what } = of_screen(model, order.format)?;
    Ok(Effect::Do(Errand::Write {
        file: order.file.unwrap_or(name),
        overwrite: order.overwrite,
        contents,
        what,
    }))
}

/// Goes into what a key opens: back to it where it lies directly behind the screen, to what of it is wanted. Twice the same, one behind the
/// other, and Esc would seem not to work.
pub(super) fn enter(model: &mut Model, inner: Screen) {
    let behind = model.screens.iter().rev().nth(1);
    if !behind.is_some_and(|behind| behind.place.is_same(&inner.place)) {
        model.screens.push(inner);
        return;
    }
    model.screens.pop();
    let moment = model.moment();
    if let Some(missed) = model.screen_mut().go_on_at(inner, moment) {
        model.notice = Some(missed);
    }
}

/// Goes to a place: back to it where it lies behind the screen. The summary lies behind all others.
pub(super) fn visit(model: &mut Model, place: Place) {
    if let Some(at) = model.screens.iter().position(|screen| screen.place == place) {
        model.screens.truncate(at + 1);
    } else if place == Place::Summary {
        // Another was opened by name, or is as far back as a resumed way goes: nothing lies behind the summary.
        model.screens = vec![Screen::new(Place::Summary)];
    }
    if model.screen().place != place {
        model.screens.push(Screen::new(place));
    }
}

/// The one repository with these words in its name, of those that any screen knows; a full name need not be there.
fn repository(model: &Model, words: &str) -> Result<String, String> {
    match names::meant(&known::repositories(model), words) {
        Meant::One(repo) => Ok(repo.to_owned()),
        Meant::Several(repos) => Err(names::which(&repos)),
        Meant::None if names::is_whole(words) => Ok(words.to_owned()),
        Meant::None => Err(match (model.repositories.value(), model.repositories.error()) {
            (Some(_), _) => format!("no backend has {words:?} in its name"),
            (None, Some((error, _))) => format!("the backends' names aren't loaded: {error}"),
            (None, None) => "the backends' names aren't loaded yet; one that is complete will do".to_owned(),
        }),
    }
}

/// The one repository that is meant by words which are no command.
fn named(model: &Model, line: &str) -> Result<String, String> {
    match names::meant(&known::repositories(model), line) {
        Meant::One(repo) => Ok(repo.to_owned()),
        Meant::Several(repos) => Err(format!("{line} is no command; {}", names::which(&repos))),
        Meant::None => Err(prompt::unknown(line)),
    }
}
