//! (Model, Message) → effects. Pure: no clock, no I/O, no chance.

mod go;
mod typing;

use crossterm::event::KeyEventKind;

use crate::action::{self, Action};
use crate::args::Commit;
use crate::effect::Effect;
use crate::links;
use crate::message::Message;
use crate::model::{Data, Model, Place, Screen, Typing};
use crate::outside::Errand;
use crate::pull_request::PullRequest;
use crate::slot::Slot;
use crate::source::Question;
use crate::view;
use typing::{paste, type_key};

/// What happens because of a message.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut aside = None;
    match message {
        Message::Tick(now) => {
            // Ages are shown in seconds: a frame is due when one of them changes, and something is there to age.
            model.dirty |= now / SECOND != model.now / SECOND;
            model.now = now;
        }
        Message::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.dirty = true;
        }
        Message::Stop => model.quit = true,
        Message::Done(said) => {
            model.notice = Some(said.unwrap_or_else(|why| why));
            model.dirty = true;
        }
        Message::Answered { generation, answer } => answered(model, generation, answer),
        Message::Paste(text) => paste(model, &text),
        Message::Key(key) if key.kind == KeyEventKind::Release => {}
        Message::Key(key) => {
            model.dirty = true;
            model.notice = None;
            if model.typing.is_some() {
                type_key(model, key);
            } else if let Some(action) = action::of(key, model.screen().place.on()) {
                aside = aside_of(model, action);
                act(model, action);
            }
        }
    }
    let mut effects = ask_if_due(model);
    effects.extend(aside);
    effects
}

/// What an action wants done outside, with what is selected.
fn aside_of(model: &mut Model, action: Action) -> Option<Effect> {
    let screen = model.screen();
    let errand = match action {
        Action::Suspend => return Some(Effect::Suspend),
        _ if model.help => return None,
        Action::OpenLink => screen.link().map(Errand::Open),
        Action::OpenArtifacts => screen.selected_cell().and_then(links::of_artifacts).map(Errand::Open),
        Action::CopyLink => screen.link().map(Errand::Copy),
        Action::CopyMarkdown => screen.selected_cell().map(links::markdown).map(Errand::Copy),
        _ => return None,
    };
    if errand.is_none() {
        model.notice = Some("what is selected has no link".to_owned());
    }
    errand.map(Effect::Do)
}

/// Lines that a page of the help goes by.
const HELP_PAGE: usize = 10;
const SECOND: i64 = 1_000_000_000;

fn answered(model: &mut Model, generation: u64, answer: Result<Data, String>) {
    let (now, moment, interval) = (model.now, model.moment(), interval(model, generation));
    if model.pipeline.awaits(generation) {
        take_pipeline(model, answer, interval);
        return;
    }
    let Some(screen) = model.screens.iter_mut().find(|screen| screen.slot.awaits(generation)) else {
        return;
    };
    let said = match &answer {
        Ok(Data::Pipeline(pipeline)) => Some(pipeline.clone()),
        _ => None,
    };
    let wanted = answer.is_ok().then(|| screen.wanted.take()).flatten();
    let selected = screen.selected_key().or(wanted);
    screen.slot.answered(answer, now, interval);
    screen.arrange(selected.as_deref(), moment);
    if let Some(pipeline) = said {
        take_pipeline(model, Ok(Data::Pipeline(pipeline)), interval);
    }
    model.dirty = true;
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

/// Asks for what is seen when it is time, or when nothing is there yet.
fn ask_if_due(model: &mut Model) -> Vec<Effect> {
    if model.quit {
        return Vec::new();
    }
    let (now, paused) = (model.now, model.paused);
    let place = model.screen().place.clone();
    // The pipeline's screen asks for the header, too.
    let asks_daemons = model.has_daemons && place != Place::Pipeline;
    let mut effects = Vec::new();
    if is_due(&model.screen().slot, now, paused) {
        let (generation, question) = (next_generation(model), question(model, &place));
        model.screen_mut().slot.asked(now, generation);
        effects.push(Effect::Ask {
            generation,
            place,
            question,
        });
    }
    if asks_daemons && is_due(&model.pipeline, now, paused) {
        let (generation, place) = (next_generation(model), Place::Pipeline);
        model.pipeline.asked(now, generation);
        let question = question(model, &place);
        effects.push(Effect::Ask {
            generation,
            place,
            question,
        });
    }
    effects
}

fn is_due<T>(slot: &Slot<T>, now: i64, paused: bool) -> bool {
    let first = slot.value().is_none() && slot.error().is_none() && slot.waiting(now).is_none();
    // By hand also while paused.
    first || slot.is_due(now) && (!paused || slot.is_hurried())
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

fn act(model: &mut Model, action: Action) {
    // A popup takes what moves and closes; the screen behind it stands still.
    if model.help {
        let scroll = model.help_scroll;
        model.help_scroll = match action {
            Action::Down => scroll + 1,
            Action::Up => scroll.saturating_sub(1),
            Action::PageDown | Action::Last => scroll + HELP_PAGE,
            Action::PageUp | Action::First => scroll.saturating_sub(HELP_PAGE),
            _ => scroll,
        }
        .min(view::help_scroll_max(model));
        if matches!(action, Action::Quit | Action::Back | Action::Help) {
            (model.help, model.help_scroll) = (false, 0);
        }
        return;
    }
    let (page, moment) = (view::page(model) as isize, model.moment());
    let now = model.now;
    let screen = model.screen_mut();
    match action {
        Action::Quit => model.quit = true,
        Action::Help => model.help = true,
        Action::Pause => model.paused = !model.paused,
        Action::Refresh => {
            screen.slot.hurry(now);
            model.pipeline.hurry(now);
        }
        Action::Trends => {
            let of = match &screen.place {
                Place::Backend(repo) => Some(repo.clone()),
                Place::Trends(_) => return back(model),
                _ => None,
            };
            model.screens.push(Screen::new(Place::Trends(of)));
        }
        Action::Pipeline if screen.place == Place::Pipeline => back(model),
        Action::Pipeline => model.screens.push(Screen::new(Place::Pipeline)),
        Action::Up => screen.list.step(-1),
        Action::Down => screen.list.step(1),
        Action::PageUp => screen.list.step(-page),
        Action::PageDown => screen.list.step(page),
        Action::First => screen.list.first(),
        Action::Last => screen.list.last(),
        Action::Left => screen.column = screen.column.saturating_sub(1),
        Action::Right => {
            screen.column = (screen.column + 1).min(screen.heads.len().saturating_sub(1));
        }
        Action::Unfold => unfold(screen, moment),
        Action::OnlyFailures => {
            screen.only.failures = !screen.only.failures;
            rearrange(screen, moment);
        }
        Action::OnlyChanges => {
            screen.only.changes = !screen.only.changes;
            rearrange(screen, moment);
        }
        // Done outside.
        Action::OpenLink | Action::OpenArtifacts | Action::CopyLink | Action::CopyMarkdown | Action::Suspend => {}
        Action::Filter => model.typing = Some(Typing::filter(&screen.filter)),
        Action::Go => model.typing = Some(Typing::go()),
        Action::Sort => {
            screen.sort = screen.sort.next();
            rearrange(screen, moment);
        }
        Action::SortReverse => {
            screen.sort = screen.sort.reverse();
            rearrange(screen, moment);
        }
        Action::NextRange => {
            model.range = model.range.next();
            ask_anew(model);
        }
        Action::NextView => {
            model.event = model.event.next();
            ask_anew(model);
        }
        Action::PreviousView => {
            // The circle has five stations: four forward is one back.
            model.event = model.event.next().next().next().next();
            ask_anew(model);
        }
        Action::OlderCommit => choose_commit(screen, 1, moment),
        Action::NewerCommit => choose_commit(screen, -1, moment),
        Action::Back if !screen.filter.is_empty() => {
            screen.filter.clear();
            rearrange(screen, moment);
        }
        Action::Back => back(model),
        Action::Open => {
            if let Some(inner) = inside(screen) {
                model.screens.push(inner);
            }
        }
    }
}

fn back(model: &mut Model) {
    if model.screens.len() > 1 {
        model.screens.pop();
    } else if model.screen().place != Place::Summary {
        // Opened by name: the summary lies behind it all the same.
        model.screens = vec![Screen::new(Place::Summary)];
    }
}

/// What lies in the selected row. Of a matrix it is the row's commit, with the cursor on the selected job.
fn inside(screen: &Screen) -> Option<Screen> {
    let row = screen.list.selected()?;
    match screen.slot.value()? {
        Data::Summary { rows, .. } => Some(Screen::new(Place::Backend(rows.get(row)?.repo.clone()))),
        Data::Backend(matrix) => {
            let commit = matrix.rows.get(row)?;
            let is_sha = commit.commit.len() == 40 && commit.commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            let mut inner = match commit.pr {
                // A nightly's commit, in all backends; a run without one leads nowhere.
                0 if is_sha => Screen::new(Place::Commit(commit.commit.clone())),
                0 => return None,
                pr => Screen::new(Place::PullRequest(pr)),
            };
            if commit.pr > 0 {
                inner.commit = Commit::Sha(commit.commit.clone());
            }
            inner.wanted = screen.selected_cell().map(PullRequest::key);
            Some(inner)
        }
        Data::Trends(trends) => Some(Screen::new(Place::Backend(trends.jobs.get(row)?.repo.clone()))),
        Data::PullRequest(_) | Data::Pipeline(_) => None,
    }
}

/// The shards of the selected group, or the group again.
fn unfold(screen: &mut Screen, moment: i64) {
    let Some(group) = screen.heads.get(screen.column).and_then(|head| head.group()) else {
        return;
    };
    let group = group.to_owned();
    let first = screen.heads.iter().position(|head| head.group() == Some(&group));
    if !screen.unfolded.remove(&group) {
        screen.unfolded.insert(group);
    }
    screen.column = first.unwrap_or(screen.column);
    // The head that was selected is no more; where it began the others begin.
    let column = screen.column;
    rearrange(screen, moment);
    screen.column = column.min(screen.heads.len().saturating_sub(1));
}

fn rearrange(screen: &mut Screen, moment: i64) {
    let selected = screen.selected_key();
    screen.arrange(selected.as_deref(), moment);
}

/// View, range or moment are others: what is there answers another question.
fn ask_anew(model: &mut Model) {
    let now = model.now;
    for screen in &mut model.screens {
        screen.slot.ask_another(now);
    }
}

/// From several commits, or none, to the newest.
fn choose_commit(screen: &mut Screen, by: isize, moment: i64) {
    let Some(Data::PullRequest(pull_request)) = screen.slot.value() else {
        return;
    };
    let at = match screen.shown_commit() {
        Some(at) => at.checked_add_signed(by),
        None => Some(0),
    };
    if let Some((at, commit)) = at.and_then(|at| Some((at, pull_request.commits.get(at)?))) {
        // The newest stays the newest when another is pushed; any other stays itself.
        screen.commit = if at == 0 {
            Commit::Latest
        } else {
            Commit::Sha(commit.clone())
        };
        rearrange(screen, moment);
    }
}

#[cfg(test)]
mod tests;
