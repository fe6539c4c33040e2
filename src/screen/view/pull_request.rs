//! One pull request on one of its commits: backend by backend, what failed first.
//!
//! ```text
//!  commit 89e6c98d, newest of 3 · 6 backends: 2 failed, 1 running, 3 passed
//!  to merge (L4)  X apple/mps-backend   O NVIDIA/pytorch-windows-ci
//!
//!  X apple/mps-backend  L4   1 failed · 3 passed ──────────────────────────
//! ▌  X ops-shard-3                     mps            41m  queue 3m   2 of 8452 failed
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{detail, style};
use crate::data::Data;
use crate::data::GATING;
use crate::data::figures::{age, counted, duration};
use crate::data::glyph::{self, Mark, Tone};
use crate::data::list;
use crate::data::pull_request::{Box, PullRequest};
use crate::data::text::width;
use crate::data::usual::Usual;
use crate::keys::action::Action;
use crate::screen::model::Model;
use crate::source::{Cell, Verdict};

/// Overview, rows, rule, detail.
pub(super) fn regions(area: Rect) -> [Rect; 4] {
    let lines = match area.height {
        ..28 => 3,
        28..44 => 7,
        _ => 11,
    };
    Layout::vertical([
        Constraint::Length(4),
        Constraint::Fill(1),
        Constraint::Length(1),
        Constraint::Length(lines),
    ])
    .areas(area)
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let [top, body, rule, below] = regions(area);
    let screen = model.screen();
    let Some(Data::PullRequest(pull_request)) = screen.slot.value() else {
        style::draw_nothing(model, "", frame, body);
        return;
    };
    if pull_request.cells.is_empty() {
        let text = match model.as_of {
            None => "no backend has reported on this",
            Some(_) => "no backend had reported on this by then; :as-of now shows it as it stands",
        };
        style::draw_nothing(model, text, frame, body);
        return;
    }
    if pull_request.chosen(&screen.commit).is_empty() {
        let key = model.keymap.shown(Action::NewerCommit);
        let text = format!(" no result on such a commit; {key} shows the newest");
        frame.render_widget(Line::styled(text, style::dim()), style::row(top, 0));
    } else {
        let lines = [
            overview(model, pull_request),
            to_merge(model, pull_request),
            news(model, pull_request),
        ];
        for (place, line) in lines.into_iter().enumerate() {
            frame.render_widget(style::fitted(line, usize::from(top.width)), style::row(top, place));
        }
    }
    let list = &screen.list;
    if list.rows() == 0 {
        style::draw_nothing(model, "", frame, body);
        return;
    }
    let widths = widths(pull_request, body.width);
    for (place, at) in list.window(usize::from(body.height)).enumerate() {
        let line = match list.lines()[at] {
            list::Line::Heading(number) => heading(model, &screen.boxes[number as usize], body.width),
            list::Line::Row(row) => job(
                model,
                &pull_request.cells[row as usize],
                pull_request.usual[row as usize],
                at == list.selected_line(),
                widths,
            ),
        };
        frame.render_widget(style::fitted(line, usize::from(body.width)), style::row(body, place));
    }
    let selected = list.selected().and_then(|row| {
        let cell = pull_request.cells.get(row)?;
        Some(detail::Selected {
            job: &cell.job_name,
            workflow: &cell.workflow_name,
            mark: Some(Mark::of(cell)),
            cell: Some(cell),
            attempts: screen.attempts(),
            usual: pull_request.usual[row],
            ..detail::Selected::default()
        })
    });
    frame.render_widget(style::ruled(Vec::new(), rule.width), rule);
    detail::draw(model, &selected.unwrap_or_default(), frame, below);
}

fn overview(model: &Model, pull_request: &PullRequest) -> Line<'static> {
    let screen = model.screen();
    let commits = pull_request.commits.len();
    let mut spans = match screen.shown_commit() {
        Some(at) => {
            let commit = pull_request.commits[at].as_str();
            let place = match (at, commits) {
                (_, 1) => ", the only one".to_owned(),
                (0, commits) => format!(", newest of {commits}"),
                (at, commits) => format!(", {} of {commits}, older", at + 1),
            };
            vec![
                Span::styled(" commit ", style::dim()),
                Span::styled(commit.get(..8).unwrap_or(commit).to_owned(), style::bold()),
                Span::styled(place, style::dim()),
            ]
        }
        None => {
            let shown = pull_request.chosen(&screen.commit).len();
            vec![Span::styled(format!(" {shown} of {commits} commits"), style::dim())]
        }
    };
    let boxes: Vec<&Box> = screen.boxes.iter().filter(|it| !it.probe).collect();
    let count = |verdict: Verdict| boxes.iter().filter(|it| it.verdict() == verdict).count();
    spans.push(Span::styled(
        format!(" · {}", counted(boxes.len(), "backend")),
        style::dim(),
    ));
    for (verdict, word, tone) in [
        (Verdict::Failure, "failed", Tone::Bad),
        (Verdict::Running, "running", Tone::Running),
        (Verdict::Success, "passed", Tone::Good),
    ] {
        if count(verdict) > 0 {
            spans.push(Span::styled(" · ", style::dim()));
            spans.push(Span::styled(
                format!("{} {word}", count(verdict)),
                style::of(tone, model),
            ));
        }
    }
    Line::from(spans)
}

/// Backends that a merge waits for: those that reported as gating, and those of the allowlist that did not report at all.
fn to_merge(model: &Model, pull_request: &PullRequest) -> Line<'static> {
    let mut spans = vec![Span::styled(format!(" to merge ({GATING})"), style::dim())];
    let boxes = &model.screen().boxes;
    let reported = boxes.iter().filter(|it| it.level == GATING && !it.probe);
    let mut gating: Vec<(char, Tone, &str)> = reported
        .map(|it| {
            let (letter, tone) = state(it);
            (letter, tone, it.repo.as_str())
        })
        .collect();
    let silent = pull_request.gating.iter();
    let silent = silent.filter(|repo| !boxes.iter().any(|it| it.repo.eq_ignore_ascii_case(repo)));
    gating.extend(silent.map(|repo| ('–', Tone::Dim, repo.as_str())));
    if gating.is_empty() {
        spans.push(Span::styled("  no gating backend is known", style::dim()));
    }
    for (letter, tone, repo) in gating {
        spans.push(Span::styled(format!("  {letter}"), style::of(tone, model)));
        spans.push(Span::raw(format!(" {repo}")));
    }
    Line::from(spans)
}

/// Is it this pull request, or do they fail anyway?
fn news(model: &Model, pull_request: &PullRequest) -> Line<'static> {
    let (news, old) = pull_request.news(&model.screen().boxes);
    let mut spans = Vec::new();
    if !news.is_empty() {
        spans.push(Span::styled(
            format!(" fails what usually passes: {}", news.join(", ")),
            style::of(Tone::Bad, model),
        ));
    }
    if !old.is_empty() {
        let gap = if spans.is_empty() { " " } else { "   " };
        spans.push(Span::styled(
            format!("{gap}fails what often fails: {}", old.join(", ")),
            style::dim(),
        ));
    }
    Line::from(spans)
}

fn state(it: &Box) -> (char, Tone) {
    match it.verdict() {
        Verdict::Failure => ('X', Tone::Bad),
        Verdict::Running => ('?', Tone::Running),
        Verdict::Success => ('O', Tone::Good),
        _ => ('–', Tone::Dim),
    }
}

fn heading(model: &Model, it: &Box, width: u16) -> Line<'static> {
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
    style::ruled(spans, width)
}

/// Columns of a job's name and of its workflow's: no more than the longest takes, so that there is room for what is noted behind.
fn widths(pull_request: &PullRequest, columns: u16) -> [usize; 2] {
    // Where room is short the workflow stands in the detail alone.
    let room = usize::from(columns).saturating_sub(55);
    let workflow = if room < 48 { 0 } else { (room * 2 / 5).min(28) };
    let name = (room - workflow).min(44);
    let longest = |text: fn(&Cell) -> &str| {
        let cells = pull_request.cells.iter();
        cells.map(|cell| width(text(cell))).max().unwrap_or_default()
    };
    [
        name.min(longest(|cell| &cell.job_name)),
        workflow.min(longest(|cell| &cell.workflow_name)),
    ]
}

fn job(
    model: &Model,
    cell: &Cell,
    usual: Usual,
    selected: bool,
    [name_width, workflow_width]: [usize; 2],
) -> Line<'static> {
    let (letter, tone) = glyph::of(cell);
    let ran = match (cell.verdict(), cell.started) {
        (Verdict::Running, Some(started)) => age(started, model.moment()),
        _ => duration(cell.duration),
    };
    let mut notes = Vec::new();
    notes.extend(usual.times_as_long(cell.duration));
    if cell.failed_tests > 0 {
        notes.push(format!("{} of {} failed", cell.failed_tests, cell.total_tests));
    }
    if cell.has_failed()
        && let Some(rate) = usual.rate_in_words()
    {
        notes.push(rate);
    }
    if cell.run_attempt > 1 {
        notes.push(format!("attempt {}", cell.run_attempt));
    }
    if cell.overdue {
        notes.push("overdue".to_owned());
    }
    let plain = if matches!(tone, Tone::Bad | Tone::Running) {
        Style::new()
    } else {
        style::dim()
    };
    let line = Line::from(vec![
        Span::raw(if selected { "▌" } else { " " }),
        Span::styled(format!("   {letter} "), style::of(tone, model)),
        Span::styled(
            style::left(&style::squeeze(&cell.job_name, name_width), name_width),
            plain,
        ),
        Span::styled(
            format!("  {}", style::left(&cell.workflow_name, workflow_width)),
            style::dim(),
        ),
        Span::styled(style::right(&ran, 7), plain),
        Span::styled(
            format!("  queue {}", style::left(&duration(cell.queue_time), 5)),
            style::dim(),
        ),
        Span::styled(format!("  {}", notes.join(" · ")), plain),
    ]);
    if selected { line.style(style::selected()) } else { line }
}
