//! (Model, Message) → effects. Pure: no clock, no I/O, no chance.

mod aside;
mod asking;
mod detail;
mod failures;
mod go;
mod help;
mod mouse;
mod palette;
mod readiness;
mod recall;
mod scroll;
mod typing;
mod unfold;

use clap::ValueEnum as _;
use crossterm::event::{KeyEvent, KeyEventKind};

use crate::data::Data;
use crate::data::chosen::{Commit, EventView};
use crate::data::matrix::Matrix;
use crate::data::pull_request::PullRequest;
use crate::data::text::is_sha;
use crate::keys::action::Action;
use crate::keys::key::Key;
use crate::screen::effect::Effect;
use crate::screen::message::Message;
use crate::screen::model::{Cover, Model, Place, Screen, Typing};
use crate::screen::view;
use aside::aside_of;
use asking::{Change, answered, ask_anew, ask_if_due};
use failures::Way;
use typing::{paste, type_key};

const SECOND: i64 = 1_000_000_000;

/// What happens because of a message.
pub fn update(model: &mut Model, message: Message) -> Vec<Effect> {
    let mut aside = None;
    match message {
        Message::Tick(now) => {
            // Ages are shown in seconds: a frame is due when one of them changes, and something is there to age.
            let shown = (model.now / SECOND, model.spinner());
            model.now = now;
            model.dirty |= shown != (now / SECOND, model.spinner());
        }
        Message::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.dirty = true;
        }
        // One that is older than its interval is asked for below.
        Message::Focus(has_focus) => model.has_focus = has_focus,
        Message::Stop => model.quit = true,
        Message::Done(said) => {
            model.notice = Some(said.unwrap_or_else(|why| why));
            model.dirty = true;
        }
        Message::Noticed(what) => {
            model.notice = Some(what);
            model.dirty = true;
        }
        Message::Answered { generation, answer } => {
            answered(model, generation, answer);
            aside = aside::postponed(model);
        }
        Message::Paste(text) => paste(model, &text),
        Message::Mouse(event) => aside = mouse::mouse(model, event),
        Message::Key(key) if key.kind == KeyEventKind::Release => {}
        Message::Key(key) => {
            // Some terminals tell only when it is lost.
            model.has_focus = true;
            model.dirty = true;
            model.notice = None;
            model.screen_mut().then = None;
            if model.palette.is_some() {
                aside = palette::key(model, key);
            } else if model.typing.is_some() {
                aside = type_key(model, key);
            } else {
                let action = model.keymap.of(key, model.screen().place.on());
                match action.filter(|action| model.cover().is_none_or(|cover| cover.takes(*action))) {
                    Some(action) => aside = perform(model, action),
                    None => model.notice = not_here(model, key),
                }
            }
        }
    }
    model.screen_mut().look_back();
    let mut effects = ask_if_due(model);
    effects.extend(aside);
    effects
}

/// What to say of a key that does something elsewhere.
fn not_here(model: &Model, key: KeyEvent) -> Option<String> {
    let key = Key::of(key);
    let mut entries = model.keymap.entries();
    let (entry, _) = entries.find(|(_, keys)| keys.contains(&key))?;
    Some(format!("{key} ({}) does nothing here", entry.action.name()))
}

/// Does an action, whichever way it was asked for.
fn perform(model: &mut Model, action: Action) -> Option<Effect> {
    let aside = aside_of(model, action);
    match model.cover() {
        Some(Cover::Help) => help::act(model, action),
        Some(Cover::Detail) => detail::act_in(model, action),
        Some(Cover::Readiness) => readiness::act_in(model, action),
        None => act(model, action),
    }
    aside
}

fn act(model: &mut Model, action: Action) {
    let (page, moment) = (view::page(model) as isize, model.moment());
    let now = model.now;
    let screen = model.screen_mut();
    if matches!(action, Action::Down | Action::PageDown | Action::Last) {
        screen.search.goes_on = screen.list.is_at_end();
    }
    if moves(action) && screen.list.selected().is_some() {
        screen.wanted = None;
        screen.wanted_job = None;
    }
    match action {
        Action::Quit => model.quit = true,
        Action::Help => model.help = true,
        Action::Pause => model.paused = !model.paused,
        Action::Refresh => {
            screen.anew = true;
            screen.slot.hurry(now);
            model.pipeline.hurry(now);
        }
        Action::Trends => {
            let of = match &screen.place {
                Place::Backend(repo) => Some(repo.clone()),
                Place::Trends(_) => return back(model),
                _ => None,
            };
            go::enter(model, Screen::new(Place::Trends(of)));
        }
        Action::Pipeline if screen.place == Place::Pipeline => back(model),
        Action::Pipeline => go::enter(model, Screen::new(Place::Pipeline)),
        Action::Up => screen.list.step(-1),
        Action::Down => screen.list.step(1),
        Action::PageUp => screen.list.step(-page),
        Action::PageDown => screen.list.step(page),
        Action::First => screen.list.first(),
        Action::Last => screen.list.last(),
        Action::NextFailure => failures::seek(model, Way::Down),
        Action::PreviousFailure => failures::seek(model, Way::Up),
        Action::Left => choose_column(model, -1),
        Action::Right => choose_column(model, 1),
        Action::Unfold => model.notice = unfold::rows(model),
        Action::Detail => detail::open(model),
        Action::Readiness => readiness::open(model),
        Action::UnfoldShards => model.notice = unfold::shards(screen, moment),
        Action::OnlyFailures => {
            screen.only.failures = !screen.only.failures;
            rearrange(screen, moment);
        }
        Action::OnlyChanges => {
            screen.only.changes = !screen.only.changes;
            rearrange(screen, moment);
        }
        // Done outside.
        Action::OpenLink
        | Action::OpenArtifacts
        | Action::CopyLink
        | Action::CopyMarkdown
        | Action::Mouse
        | Action::Suspend => {}
        Action::Filter => model.typing = Some(Typing::filter(screen)),
        Action::Go => model.typing = Some(Typing::go()),
        Action::Export => model.typing = Some(Typing::export()),
        Action::Palette => palette::open(model),
        Action::Sort => {
            let columns = view::sortable(model);
            let screen = model.screen_mut();
            screen.sort = screen.sort.next(&columns);
            rearrange(screen, moment);
        }
        Action::SortReverse => {
            screen.sort = screen.sort.reverse();
            rearrange(screen, moment);
        }
        Action::NextRange => {
            model.range = model.range.next();
            ask_anew(model, Change::Range);
        }
        Action::NextView => {
            model.event = model.event.next();
            ask_anew(model, Change::Event);
        }
        Action::PreviousView => {
            let mut views = EventView::value_variants().iter();
            model.event = views
                .find(|view| view.next() == model.event)
                .copied()
                .unwrap_or(model.event);
            ask_anew(model, Change::Event);
        }
        Action::OlderCommit => model.notice = choose_commit(screen, 1, moment),
        Action::NewerCommit => model.notice = choose_commit(screen, -1, moment),
        Action::PullRequest => match pull_request_of(screen) {
            Some(inner) => go::enter(model, inner),
            None => model.notice = Some("this is a commit of no pull request".to_owned()),
        },
        Action::Backend => match backend_of(screen) {
            // Also where it lies behind the screen: back to this result is one Esc away.
            Some(inner) => model.screens.push(inner),
            None => model.notice = Some("no result is selected".to_owned()),
        },
        Action::Back if !screen.filter.is_empty() => {
            screen.filter.clear();
            rearrange(screen, moment);
        }
        Action::Back => back(model),
        // The innermost of a result is what is known of it.
        Action::Open if matches!(screen.place, Place::PullRequest(_) | Place::Commit(_)) => detail::open(model),
        Action::Open => match inside(screen) {
            Some(inner) => go::enter(model, inner),
            None => model.notice = Some("nothing to open here".to_owned()),
        },
    }
}

/// Goes to a column of the matrix. Those that are seen stay until it is none of them.
fn choose_column(model: &mut Model, by: isize) {
    let seen_from = view::seen_from(model);
    let screen = model.screen_mut();
    screen.columns_from = seen_from.unwrap_or(screen.columns_from);
    let column = screen.column.saturating_add_signed(by);
    screen.column = column.min(screen.heads.len().saturating_sub(1));
}

/// Does it choose another row or column?
fn moves(action: Action) -> bool {
    matches!(
        action,
        Action::Up
            | Action::Down
            | Action::Left
            | Action::Right
            | Action::PageUp
            | Action::PageDown
            | Action::First
            | Action::Last
            | Action::NextFailure
            | Action::PreviousFailure
    )
}

fn back(model: &mut Model) {
    if model.screens.len() > 1 {
        model.screens.pop();
    } else if model.screen().place != Place::Summary {
        // Opened by name: the summary lies behind it all the same.
        model.screens = vec![Screen::new(Place::Summary)];
    }
}

/// What lies in the selected row. Of a matrix it is the row's commit, of a job its backend's matrix, with the cursor on the job.
fn inside(screen: &Screen) -> Option<Screen> {
    let row = screen.list.selected()?;
    match screen.slot.value()? {
        Data::Summary { rows, .. } => Some(Screen::new(Place::Backend(rows.get(row)?.repo.clone()))),
        Data::Backend(backend) => {
            let matrix = &backend.matrix;
            let commit = matrix.rows.get(row)?;
            let mut inner = match commit.pr {
                // A nightly's commit, in all backends; a run without one leads nowhere.
                0 if is_sha(&commit.commit) => Screen::new(Place::Commit(commit.commit.clone())),
                0 => return None,
                pr => Screen::new(Place::PullRequest(pr)),
            };
            if commit.pr > 0 {
                inner.commit = Commit::Sha(commit.commit.clone());
                // Of this backend. Others may have reported on a newer one: that is known with the answer.
                inner.is_newest = commit.is_newest();
            }
            let selected = screen.heads.get(screen.column).and_then(|head| matrix.worst(row, head));
            if let (Some((_, column)), Place::Backend(repo)) = (selected, &screen.place) {
                let job = &matrix.columns[column];
                inner.wanted = Some(PullRequest::key_of(&commit.commit, repo, &job.workflow, &job.job));
            }
            Some(inner)
        }
        Data::Trends(trends) => {
            let job = trends.jobs.get(row)?;
            let mut inner = Screen::new(Place::Backend(job.repo.clone()));
            inner.wanted_job = Some((job.workflow.clone(), job.job.clone()));
            Some(inner)
        }
        Data::PullRequest(_) | Data::Pipeline(_) => None,
    }
}

/// The pull request of the commit that was opened by name, on that commit, with the same result selected; none where there is none.
fn pull_request_of(screen: &Screen) -> Option<Screen> {
    let (Place::Commit(_), Data::PullRequest(pull_request)) = (&screen.place, screen.slot.value()?) else {
        return None;
    };
    let selected = screen.list.selected().and_then(|row| screen.shown(row));
    let of_selected = selected.map(|it| (it.result.pr_number, it.result.commit.as_str()));
    let of_first = || {
        pull_request
            .cells
            .iter()
            .map(|cell| (cell.pr_number, cell.commit.as_str()))
    };
    let (number, commit) = of_selected
        .into_iter()
        .chain(of_first())
        .find(|(number, _)| *number > 0)?;
    let mut inner = Screen::new(Place::PullRequest(number));
    inner.commit = Commit::Sha(commit.to_owned());
    inner.wanted = screen.selected_key();
    Some(inner)
}

/// The matrix of the selected result's backend, with the cursor on its job.
fn backend_of(screen: &Screen) -> Option<Screen> {
    let result = screen.shown(screen.list.selected()?)?.result;
    let mut inner = Screen::new(Place::Backend(result.downstream_repo.clone()));
    inner.wanted_job = Some((result.workflow_name.clone(), result.job_name.clone()));
    inner.wanted = Some(Matrix::key_of(result.pr_number, &result.commit));
    Some(inner)
}

fn rearrange(screen: &mut Screen, moment: i64) {
    let selected = screen.selected_key();
    screen.arrange(selected.as_deref(), moment);
}

/// From several commits, or none, to the newest. Gives a sentence where there is no other.
fn choose_commit(screen: &mut Screen, by: isize, moment: i64) -> Option<String> {
    let Some(Data::PullRequest(pull_request)) = screen.slot.value() else {
        return None;
    };
    let at = match screen.shown_commit() {
        Some(at) => at.checked_add_signed(by),
        None => Some(0),
    };
    let Some((at, commit)) = at.and_then(|at| Some((at, pull_request.commits.get(at)?))) else {
        return Some(match by {
            1 => "there is no older commit".to_owned(),
            _ => "there is no newer commit".to_owned(),
        });
    };
    // The newest stays the newest when another is pushed; any other stays itself.
    screen.commit = if at == 0 {
        Commit::Latest
    } else {
        Commit::Sha(commit.clone())
    };
    rearrange(screen, moment);
    // Other rows than before: what failed among them is seen.
    screen.list.show_heading();
    None
}

#[cfg(test)]
mod tests;
