//! When what is asked, and what becomes of the answers.

use std::sync::Arc;

use super::{detail, palette};
use crate::data::attempts::Attempts;
use crate::data::basis::Basis;
use crate::data::missing::Missing;
use crate::data::names::Names;
use crate::data::slot::Slot;
use crate::data::text::is_sha;
use crate::data::{Answer, Data};
use crate::screen::effect::Effect;
use crate::screen::model::{FIRST_PULL_REQUESTS, Model, Place, Screen, Search};
use crate::screen::view;
use crate::source::{Execution, Question, Subject};

/// When a part of an answer is still on its way it is asked for again, in nanoseconds.
const SOON: i64 = 5_000_000_000;

pub(super) fn answered(model: &mut Model, generation: u64, answer: Result<Answer, String>) {
    match answer {
        Ok(Answer::Screen { data, basis }) => take(model, generation, Ok((data, basis))),
        Ok(Answer::Same) => confirm(model, generation),
        Ok(Answer::Attempts(attempts)) => take_attempts(model, generation, Ok(attempts)),
        Err(error) if model.screens.iter().any(|screen| screen.looked.awaits(generation)) => {
            take_attempts(model, generation, Err(error));
        }
        Ok(Answer::Repositories(Names { names, again })) if model.repositories.awaits(generation) => {
            // Who comes later is in the summary. Who is listed alone is nobody until there is a list.
            model.repositories.answered(Ok(names), model.now, again);
            palette::offer_anew(model);
            model.dirty = true;
        }
        Ok(Answer::Repositories(_)) => {}
        // Only who asks for one of them is told.
        Err(error) if model.repositories.awaits(generation) => {
            model.repositories.answered(Err(error), model.now, None);
        }
        Err(error) => take(model, generation, Err(error)),
    }
}

/// What is known of the result that is selected, or unfolded.
fn take_attempts(model: &mut Model, generation: u64, answer: Result<Attempts, String>) {
    let (now, moment) = (model.now, model.moment());
    let Some(screen) = model.screens.iter_mut().find(|screen| screen.looked.awaits(generation)) else {
        return;
    };
    let selected = screen.selected_key();
    if screen.looked.answered(generation, answer, now) {
        screen.arrange(selected.as_deref(), moment);
    }
    model.dirty = true;
}

/// What a screen shows, or the headers.
fn take(model: &mut Model, generation: u64, answer: Result<(Data, Option<Arc<Basis>>), String>) {
    let (answer, basis) = match answer {
        Ok((data, basis)) => (Ok(data), basis),
        Err(error) => (Err(error), None),
    };
    // Who chooses another voids the questions before: what is answered is of what is chosen now.
    let chosen = model.chosen();
    let (now, moment, interval) = (model.now, model.moment(), interval(model, generation));
    let interval = match &answer {
        // What is on its way is worth another question, of who doesn't ask by himself, too.
        Ok(data) if data.missing().is_some_and(Missing::is_late) => Some(interval.map_or(SOON, |it| it.min(SOON))),
        _ => interval,
    };
    if model.pipeline.awaits(generation) {
        take_pipeline(model, answer, interval);
        return;
    }
    let is_shown = model.screen().slot.awaits(generation);
    let looked_at = detail::subject(model);
    let Some(screen) = model.screens.iter_mut().find(|screen| screen.slot.awaits(generation)) else {
        return;
    };
    let is_ok = answer.is_ok();
    let said = match &answer {
        Ok(Data::Pipeline(pipeline)) => Some(pipeline.clone()),
        _ => None,
    };
    let goes_wrong = !is_ok && screen.slot.error().is_none();
    let missing = |data: &Data| data.missing().and_then(Missing::in_words);
    let (missed, misses) = (
        screen.slot.value().and_then(missing),
        answer.as_ref().ok().and_then(missing),
    );
    // At first the row that is wanted, or the one that stands for it.
    let selected = screen.selected_key().or_else(|| screen.wanted.clone());
    if answer.is_ok() {
        screen.chosen = Some(chosen);
        screen.basis = basis;
    }
    screen.slot.answered(answer, now, interval);
    screen.follow_newest();
    screen.fold_what_is_gone();
    screen.arrange(selected.as_deref(), moment);
    let missed_job = screen.find_wanted(moment);
    screen.close_readiness_that_is_gone();
    screen.looked.hurry(now);
    if goes_wrong {
        model.notice = None;
    }
    // Said when it begins, and no longer than it is so; a key takes it away.
    if is_ok && is_shown && misses != missed && (misses.is_some() || model.notice == missed) {
        model.notice = misses;
    }
    if is_shown && missed_job.is_some() {
        model.notice = missed_job;
    }
    detail::close_unless_of(model, looked_at.as_ref());
    if let Some(pipeline) = said {
        take_pipeline(model, Ok(Data::Pipeline(pipeline)), interval);
    }
    model.dirty = true;
}

/// What a screen shows stands.
fn confirm(model: &mut Model, generation: u64) {
    let (now, interval) = (model.now, interval(model, generation));
    if let Some(screen) = model.screens.iter_mut().find(|screen| screen.slot.awaits(generation)) {
        screen.slot.confirmed(now, interval);
        model.dirty = true;
    }
}

/// What the daemons say, for the headers.
fn take_pipeline(model: &mut Model, answer: Result<Data, String>, interval: Option<i64>) {
    let answer = answer.and_then(|data| match data {
        Data::Pipeline(pipeline) => Ok(pipeline),
        _ => Err("another answer than was asked for".to_owned()),
    });
    model.pipeline.answered(answer, model.now, interval);
    model.dirty = true;
}

/// A tenth more or less, so that many terminals don't ask at once. From the number, so that it is no matter of chance.
fn interval(model: &Model, generation: u64) -> Option<i64> {
    let refresh = model.refresh?;
    let spread = (generation.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 54) as i64;
    Some(refresh + refresh / 10 * (spread - 512) / 512)
}

/// A terminal without the keyboard is asked for so many times more slowly.
const SLOWER: i64 = 4;

/// Asks for what is seen when it is time, or when nothing is there yet.
pub(super) fn ask_if_due(model: &mut Model) -> Vec<Effect> {
    if model.quit {
        return Vec::new();
    }
    let now = model.now;
    let place = model.screen().place.clone();
    // The pipeline's screen asks for the header, too.
    let asks_daemons = model.has_daemons && place != Place::Pipeline;
    let mut effects = Vec::new();
    ask_for_more(model);
    let asks_screen = is_due(&model.screen().slot, model);
    if asks_screen {
        let question = Question {
            anew: std::mem::take(&mut model.screen_mut().anew),
            ..question(model, &place)
        };
        let generation = next_generation(model);
        model.screen_mut().slot.asked(now, generation);
        effects.push(Effect::Ask {
            generation,
            subject: place.subject(),
            question,
            shown: model.screen().basis.clone(),
        });
    }
    if let Some((execution, question)) = question_of_looked(model, &place) {
        let generation = next_generation(model);
        model.screen_mut().looked.asked(&execution, now, generation);
        effects.push(Effect::Ask {
            generation,
            subject: Subject::Attempts,
            question,
            shown: None,
        });
    }
    // Beside rows that are new stands a lag of the same time.
    let is_behind = asks_screen && model.pipeline.error().is_none() && model.pipeline.waiting(now).is_none();
    if asks_daemons && (is_behind || is_due(&model.pipeline, model)) {
        let question = question(model, &Place::Pipeline);
        let generation = next_generation(model);
        model.pipeline.asked(now, generation);
        effects.push(Effect::Ask {
            generation,
            subject: Subject::Pipeline,
            question,
            shown: None,
        });
    }
    // Nothing that is seen waits for it.
    let slot = &model.screen().slot;
    let is_answered = slot.value().is_some() || slot.error().is_some();
    if is_answered && is_due(&model.repositories, model) {
        let question = question(model, &Place::Summary);
        let generation = next_generation(model);
        model.repositories.asked(now, generation);
        effects.push(Effect::Ask {
            generation,
            subject: Subject::Repositories,
            question,
            shown: None,
        });
    }
    effects
}

/// Twice as many rows when the end of those that are there is near. Where only some are shown the end may always be near: then once for
/// each filter, and for each key that goes beyond it.
fn ask_for_more(model: &mut Model) {
    let now = model.now;
    let slot = &model.screen().slot;
    // What is being typed is not yet what is meant.
    if model.typing.is_some() || slot.is_outdated() || slot.waiting(now).is_some() || slot.error().is_some() {
        return;
    }
    let Some(Data::Backend(backend)) = slot.value() else {
        return;
    };
    let has_more = backend.matrix.has_more;
    let page = view::page(model);
    let screen = model.screen_mut();
    let goes_on = std::mem::take(&mut screen.search.goes_on);
    let is_wanted = match screen.is_narrowed() {
        true => {
            let of = Some((screen.filter.clone(), screen.only));
            let is_new = screen.search.of != of;
            screen.search.of = of;
            is_new || goes_on
        }
        false => {
            if screen.search.of.take().is_some() {
                keep_scrolled(screen, page);
            }
            true
        }
    };
    let rest = screen.list.lines().len().saturating_sub(screen.list.selected_line());
    if has_more && is_wanted && rest <= 2 * page {
        screen.pull_requests = screen.pull_requests.saturating_mul(2);
        screen.slot.hurry(now);
    }
}

/// After a search, as many pull requests as there would be had one only gone to where the selection is.
fn keep_scrolled(screen: &mut Screen, page: usize) {
    let Some(Data::Backend(backend)) = screen.slot.value() else {
        return;
    };
    let selected = screen.list.selected().unwrap_or_default();
    let above = backend.matrix.rows.iter().take(selected + 1);
    let above = above.filter(|row| row.is_newest()).count();
    let needed = (above + 2 * page) as u64;
    let mut pull_requests = FIRST_PULL_REQUESTS;
    while pull_requests < needed {
        pull_requests = pull_requests.saturating_mul(2);
    }
    screen.pull_requests = screen.pull_requests.min(pull_requests);
}

/// What is to be asked about a result that is unfolded or selected.
fn question_of_looked(model: &mut Model, place: &Place) -> Option<(Execution, Question)> {
    let now = model.now;
    // What is there answers another question than the one that is asked now.
    if model.screen().slot.is_outdated() {
        return None;
    }
    let execution = model.screen().selected_execution();
    let execution = model.screen_mut().looked.due(execution, now)?.clone();
    let commit = Some(&execution.commit).filter(|commit| is_sha(commit));
    let question = Question {
        commit: commit.cloned().unwrap_or_default(),
        execution: Some(execution.clone()),
        ..question(model, place)
    };
    Some((execution, question))
}

fn is_due<T>(slot: &Slot<T>, model: &Model) -> bool {
    let now = model.now;
    if slot.is_hurried() {
        // By hand also while paused.
        return slot.is_due(now);
    }
    if slot.value().is_none() && slot.error().is_none() && slot.waiting(now).is_none() {
        return true;
    }
    // After an error it is asked again when the footer says so.
    let longer = match (model.has_focus, slot.error()) {
        (false, None) => (SLOWER - 1) * model.refresh.unwrap_or_default(),
        _ => 0,
    };
    !model.paused && slot.is_due_later_by(longer, now)
}

fn next_generation(model: &mut Model) -> u64 {
    model.generation += 1;
    model.generation
}

fn question(model: &Model, place: &Place) -> Question {
    let all = Question {
        until: model.as_of.map(|nanos| nanos / 1_000_000),
        ..Question::of_all(model.moment() / 1_000_000, model.event)
    };
    let since = all.now - model.range.millis();
    match place {
        Place::Summary | Place::Pipeline => Question { since, ..all },
        Place::Trends(repo) => Question {
            since,
            repo: repo.clone().unwrap_or_default(),
            ..all
        },
        Place::Backend(repo) => Question {
            since,
            repo: repo.clone(),
            pull_requests: model.screen().pull_requests,
            ..all
        },
        // A pull request has no range.
        Place::PullRequest(number) => Question {
            event: model.screen().event,
            pr: *number,
            ..all
        },
        Place::Commit(sha) => Question {
            event: model.screen().event,
            commit: sha.clone(),
            ..all
        },
    }
}

/// What is asked is another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    Range,
    Event,
    Moment,
}

impl Change {
    /// Does it change what is shown in a place?
    fn concerns(self, place: &Place) -> bool {
        match self {
            // A pull request and a commit have no range, and a view of their own.
            Self::Range | Self::Event => place.on().is_ranged(),
            // Daemons tell of now.
            Self::Moment => *place != Place::Pipeline,
        }
    }
}

/// View, range or moment are others: what is there answers another question. Where that isn't seen, it is said.
pub(super) fn ask_anew(model: &mut Model, change: Change) {
    let now = model.now;
    let chosen = match change {
        Change::Range => Some(format!("range {}", model.range.title())),
        Change::Event => Some(format!("view {}", model.event.title())),
        Change::Moment => None,
    };
    if let Some(chosen) = chosen.filter(|_| !change.concerns(&model.screen().place)) {
        model.notice = Some(format!("{chosen}, for summary, backends and trends"));
    }
    for screen in model.screens.iter_mut().filter(|screen| change.concerns(&screen.place)) {
        screen.slot.ask_another(now);
        screen.looked.ask_another(now);
        screen.pull_requests = FIRST_PULL_REQUESTS;
        screen.search = Search::default();
    }
}
