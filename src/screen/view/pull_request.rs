//! One pull request on one of its commits: backend by backend, what failed first.
//!
//! ```text
//!  commit 89e6c98d, newest of 3 · 6 backends: 2 failed, 1 running, 3 passed
//!  to merge (L4)  X apple/mps-backend   O NVIDIA/pytorch-windows-ci
//!  likely this PR (usually passes): apple/mps-backend   likely the backend (often fails): Ascend/pytorch
//!
//!  X apple/mps-backend  L4   1 failed · 3 passed ──────────────────────────
//! ▌  X ops-shard-3                     mps            41m  queue 3m   2 of 8452 failed · attempt 2, failed before
//!      T attempt 1                                    38m  queue 2m   ended 2h10 ago
//! ```

mod failing;
mod overview;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{detail, style};
use crate::data::Data;
use crate::data::attempts::before_in_words;
use crate::data::chosen::{EventView, Range};
use crate::data::figures::{age, duration};
use crate::data::glyph::{self, Mark, Tone};
use crate::data::list;
use crate::data::pull_request::{Box, PullRequest};
use crate::data::slot::Slot;
use crate::data::text::width;
use crate::data::usual::{LOOKED_BACK, Usual};
use crate::keys::action::Action;
use crate::screen::model::{Model, Screen};
use crate::source::{Cell, Verdict};

/// Overview, rows, rule, detail.
type Regions = [Rect; 4];

fn split(area: Rect, detail: u16) -> Regions {
    Layout::vertical([
        Constraint::Length(4),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(detail),
    ])
    .areas(area)
}

/// Where things stand. What the detail doesn't need are rows, if there are any more.
fn regions(model: &Model, area: Rect) -> Regions {
    let most = detail::height(area.height);
    let regions = split(area, most);
    let is_cut = model.screen().list.lines().len() > usize::from(regions[1].height);
    match model.screen().slot.value() {
        Some(Data::PullRequest(pull_request)) if is_cut => {
            let selected = selected(model, pull_request).unwrap_or_default();
            split(area, detail::needed(model, &selected, area.width, most))
        }
        _ => regions,
    }
}

/// Where the list stands, and the lines of it that are seen there. With which they begin doesn't depend on what the detail takes: rows
/// stay where they are while one moves along them.
pub(super) fn rows(model: &Model, area: Rect) -> (Rect, std::ops::Range<usize>) {
    let list = &model.screen().list;
    let least = split(area, detail::height(area.height))[1];
    let body = regions(model, area)[1];
    // Under the mouse it may be lower than that.
    let held = list
        .held_at()
        .map_or(0, |place| (place + 1).min(usize::from(body.height)));
    let start = list.window(usize::from(least.height).max(held)).start;
    let end = (start + usize::from(body.height)).min(list.lines().len());
    (body, start..end)
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let [top, body, rule, below] = regions(model, area);
    let screen = model.screen();
    let Some(Data::PullRequest(pull_request)) = screen.slot.value() else {
        style::draw_nothing(model, "", frame, body);
        return;
    };
    // What is not in a view may be in another.
    let only = match screen.event {
        EventView::All => String::new(),
        event => format!(" ({})", event.title()),
    };
    if pull_request.cells.is_empty() {
        let key = model.keymap.shown(Action::Go);
        let text = match model.as_of {
            None => format!("no backend has reported on this{only}"),
            Some(_) => {
                format!("no backend had reported by then{only}; `as-of now` behind {key} shows it as it stands")
            }
        };
        style::draw_nothing(model, &text, frame, body);
        return;
    }
    if pull_request.chosen(&screen.commit).is_empty() {
        let key = model.keymap.shown(Action::NewerCommit);
        let text = format!(" no result on such a commit{only}; {key} shows the newest");
        frame.render_widget(Line::styled(text, style::dim()), style::row(top, 0));
    } else {
        let mut lines = vec![overview::commit(model, pull_request)];
        lines.extend(overview::to_merge(model, pull_request));
        lines.extend(failing::lines(model, pull_request, usize::from(top.width)));
        for (place, line) in lines.into_iter().enumerate() {
            frame.render_widget(style::fitted(line, usize::from(top.width)), style::row(top, place));
        }
    }
    let list = &screen.list;
    if list.rows() == 0 {
        style::draw_nothing(model, "", frame, body);
        return;
    }
    let widths = widths(screen, pull_request, body.width);
    let (_, window) = rows(model, area);
    let over = list.heading_gone_by(&window);
    for (place, at) in window.enumerate() {
        let over = over.filter(|_| place == 0);
        let line = match over.map_or(list.lines()[at], |(number, _)| list::Line::Heading(number)) {
            list::Line::Heading(number) => {
                let unseen = over.map_or(0, |(_, unseen)| unseen);
                heading(model, &screen.boxes[number as usize], unseen, body.width)
            }
            list::Line::Row(row) => {
                let Some(it) = screen.shown(row as usize) else { continue };
                let line = match it.place {
                    None => {
                        let usual = pull_request.usual[it.number];
                        let said = |over| job(model, it.cell, usual, over, widths);
                        let line = said(Some(LOOKED_BACK));
                        // Over how long that is usual goes before anything is cut.
                        match style::width(&line) < usize::from(body.width) {
                            true => line,
                            false => said(None),
                        }
                    }
                    Some(_) => attempt(model, it.result, it.cell, widths),
                };
                marked(line, at == list.selected_line())
            }
        };
        frame.render_widget(style::fitted(line, usize::from(body.width)), style::row(body, place));
    }
    frame.render_widget(style::ruled(Vec::new(), rule.width), rule);
    let selected = selected(model, pull_request).unwrap_or_default();
    detail::draw(model, &selected, frame, below);
}

pub(super) fn selected<'a>(model: &'a Model, pull_request: &'a PullRequest) -> Option<detail::Selected<'a>> {
    let screen = model.screen();
    let it = screen.shown(screen.list.selected()?)?;
    Some(detail::Selected {
        job: &it.result.job_name,
        workflow: &it.result.workflow_name,
        backend: Some((&it.result.downstream_repo, &it.result.level)),
        mark: Some(Mark::of(it.cell)),
        cell: Some(it.cell),
        attempts: screen.attempts(),
        usual: pull_request.usual[it.number],
        usual_over: Some(LOOKED_BACK),
        earlier: it.place.map(|place| (place, it.result.run_attempt)),
        ..detail::Selected::default()
    })
}

fn state(it: &Box) -> (char, Tone) {
    match it.verdict() {
        Verdict::Failure => ('X', Tone::Bad),
        Verdict::Running => ('?', Tone::Running),
        Verdict::Success => ('O', Tone::Good),
        _ => ('–', Tone::Dim),
    }
}

/// A backend, how it did, and how many of its rows have gone by.
fn heading(model: &Model, it: &Box, unseen: usize, width: u16) -> Line<'static> {
    let (letter, tone) = state(it);
    let counts: Vec<String> = [
        (it.failed, "failed"),
        (it.running, "running"),
        (it.passed, "passed"),
        (it.other, "other"),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    let mut spans = vec![
        Span::styled(format!(" {letter} "), style::of(tone, model)),
        Span::styled(it.repo.clone(), style::bold()),
    ];
    if model.screen().shown_commit().is_none() {
        let commit = it.commit.get(..8).unwrap_or(&it.commit);
        spans.push(Span::raw(format!("  {commit}")));
    }
    let what = if it.probe { "relay probe" } else { &it.level };
    spans.push(Span::styled(format!("  {what}   {}", counts.join(" · ")), style::dim()));
    if unseen > 0 {
        spans.push(Span::styled(format!("   ↑ {unseen} above"), style::bold()));
    }
    style::ruled(spans, width)
}

/// Columns of a job's name and of its workflow's: no more than the longest that is shown takes, so that there is room for what is noted behind.
fn widths(screen: &Screen, pull_request: &PullRequest, columns: u16) -> [usize; 2] {
    // Where room is short the workflow stands in the detail alone.
    let room = usize::from(columns).saturating_sub(55);
    let workflow = if room < 48 { 0 } else { (room * 2 / 5).min(28) };
    let name = (room - workflow).min(44);
    let longest = |text: fn(&Cell) -> &str| {
        let shown = screen.boxes.iter().flat_map(|it| &it.cells);
        let cells = shown.map(|cell| &pull_request.cells[*cell as usize]);
        cells.map(|cell| width(text(cell))).max().unwrap_or_default()
    };
    // Attempts that are unfolded stand among the names.
    let rows = pull_request.cells.len()..pull_request.cells.len() + screen.attempt_rows.len();
    let numbers = rows.filter_map(|row| screen.shown(row)).map(|it| it.cell.run_attempt);
    let attempt = numbers.max().map_or(0, |number| INDENT + attempt_name(number).len());
    [
        name.min(longest(|cell| &cell.job_name).max(attempt)),
        workflow.min(longest(|cell| &cell.workflow_name)),
    ]
}

/// Columns by which attempts stand in under their result.
const INDENT: usize = 2;

fn attempt_name(number: u32) -> String {
    format!("attempt {number}")
}

fn job(model: &Model, cell: &Cell, usual: Usual, over: Option<Range>, widths: [usize; 2]) -> Line<'static> {
    let mut notes = Vec::new();
    notes.extend(usual.times_as_long(cell.duration));
    notes.extend(failed_tests(cell));
    if cell.has_failed()
        && let Some(usually) = usual.in_words(over)
    {
        notes.push(usually);
    }
    let mut ran = Vec::new();
    if cell.run_attempt > 1 {
        ran.push(attempt_name(cell.run_attempt));
    }
    // More than its number tells: it was dispatched again.
    if cell.attempts > u64::from(cell.run_attempt.max(1)) {
        ran.push(format!("ran {} times", cell.attempts));
    }
    // Whether it is a flake is seen without unfolding.
    let before = before_in_words(cell.passed_before, cell.failed_before);
    if let (Some(last), Some(before)) = (ran.last_mut(), before) {
        *last = format!("{last}, {before}");
    }
    notes.extend(ran);
    notes.extend(unfolding(model, cell).map(str::to_owned));
    if cell.overdue {
        notes.push("overdue".to_owned());
    }
    let plain = match glyph::of(cell).1 {
        Tone::Bad | Tone::Running => Style::new(),
        Tone::Warning | Tone::Good | Tone::Dim => style::dim(),
    };
    let [name_width, workflow_width] = widths;
    let name = style::left(&style::squeeze(&cell.job_name, name_width), name_width);
    let workflow = style::left(&cell.workflow_name, workflow_width);
    figures(model, cell, [String::new(), name, workflow], &notes, plain)
}

/// An attempt before the one that counts, under its result.
fn attempt(model: &Model, result: &Cell, cell: &Cell, [name_width, workflow_width]: [usize; 2]) -> Line<'static> {
    let attempts = model.screen().looked.unfolded(result).and_then(Slot::value);
    let start = attempts.and_then(|attempts| attempts.told_by_start(cell));
    let started = start.map(|start| format!("started {start}"));
    let ended = cell
        .completed
        .map(|completed| format!("ended {} ago", age(completed, model.moment())));
    let notes = started.into_iter().chain(ended).chain(failed_tests(cell));
    let notes: Vec<String> = notes.collect();
    let name = style::left(&attempt_name(cell.run_attempt), name_width.saturating_sub(INDENT));
    let names = [" ".repeat(INDENT), name, " ".repeat(workflow_width)];
    figures(model, cell, names, &notes, style::dim())
}

/// What a row has in its columns: an indent and names, as wide as they are, the figures, and what is noted behind them.
fn figures(
    model: &Model,
    cell: &Cell,
    [indent, name, workflow]: [String; 3],
    notes: &[String],
    plain: Style,
) -> Line<'static> {
    let (letter, tone) = glyph::of(cell);
    let ran = match (cell.verdict(), cell.started) {
        (Verdict::Running, Some(started)) => age(started, model.moment()),
        _ => duration(cell.duration),
    };
    Line::from(vec![
        Span::styled(format!("   {indent}{letter} "), style::of(tone, model)),
        Span::styled(name, plain),
        Span::styled(format!("  {workflow}"), style::dim()),
        Span::styled(style::right(&ran, 7), plain),
        Span::styled(
            format!("  queue {}", style::left(&duration(cell.queue_time), 5)),
            style::dim(),
        ),
        Span::styled(format!("  {}", notes.join(" · ")), plain),
    ])
}

/// A row with the mark of the selected one before it.
fn marked(mut line: Line<'static>, selected: bool) -> Line<'static> {
    line.spans.insert(0, Span::raw(if selected { "▌" } else { " " }));
    if selected { line.style(style::selected()) } else { line }
}

fn failed_tests(cell: &Cell) -> Option<String> {
    (cell.failed_tests > 0).then(|| format!("{} of {} failed", cell.failed_tests, cell.total_tests))
}

/// How it stands with attempts that are to be unfolded, while they are not known.
fn unfolding(model: &Model, cell: &Cell) -> Option<&'static str> {
    let slot = model.screen().looked.unfolded(cell)?;
    match (slot.value(), slot.error()) {
        (Some(_), _) if !slot.is_outdated() => None,
        (_, Some(_)) if slot.waiting(model.now).is_none() => Some("no answer"),
        _ => Some("loading …"),
    }
}
