//! Where a line behind `:` leads.

use super::asking::{Change, ask_anew};
use crate::data::list::Filter;
use crate::screen::effect::Effect;
use crate::screen::export::{Export, of_screen};
use crate::screen::known;
use crate::screen::model::{Model, Place, Screen};
use crate::screen::outside::Errand;
use crate::screen::prompt::{Go, Order};

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
        Go::AsOf(moment) => {
            stand_as_of(model, moment);
            return Ok(None);
        }
        Go::Export(order) => return export(model, order).map(Some),
        Go::Summary => Place::Summary,
        Go::Trends => Place::Trends(None),
        Go::Pipeline => Place::Pipeline,
        Go::PullRequest(number) => Place::PullRequest(number),
        Go::Commit(sha) => Place::Commit(sha),
        Go::Repo(words) => Place::Backend(repository(model, &words)?),
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
    let filter = Filter::new(words);
    let mut found: Vec<&str> = known::repositories(model)
        .into_iter()
        .filter(|repo| filter.passes(&[repo]))
        .collect();
    if let Some(same) = found.iter().position(|repo| repo.eq_ignore_ascii_case(words)) {
        found = vec![found[same]];
    }
    match found.as_slice() {
        [one] => Ok((*one).to_owned()),
        [] if words.split('/').filter(|part| !part.is_empty()).count() == 2 && !words.contains(' ') => {
            Ok(words.to_owned())
        }
        [] => Err(match (model.repositories.value(), model.repositories.error()) {
            (Some(_), _) => format!("no backend has {words:?} in its name"),
            (None, Some((error, _))) => format!("the backends' names aren't loaded: {error}"),
            (None, None) => "the backends' names aren't loaded yet; one that is complete will do".to_owned(),
        }),
        [one, other] => Err(format!("{one} or {other}?")),
        [one, other, ..] => Err(format!("{one}, {other} or another of {}?", found.len())),
    }
}
