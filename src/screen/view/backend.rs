//! One backend: a row per commit, a column per job, and the selected result in words.
//!
//! ```text
//!  L2  pass 79.8% · on call alice, bob · 310 of 389 passed · 48 pull requests · 75 failed · 4 timed out, 1.0% · queue 4m · ran 18m, p95 31m
//!  L3 readiness 5 of 6, not ready: time at L2 12 d (30 days or more) · L2 since 2026-11-12
//!   when   commit        PR       build  lint  unit  ops 1…8
//! ▌ 13:40  89e6c98d +2  179600    O      O     X     X 3/8
//!  ───────────────────────────────────────────────────────
//!  unit · rhel9 matrix · X failure · attempt 2, 2 recorded
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::detail::{self, Selected};
use super::grid::{self, Grid};
use super::{readiness, style};
use crate::data::Data;
use crate::data::backend::Backend;
use crate::data::chosen::EventView;
use crate::data::figures::{counted, duration, percent, share};
use crate::data::glyph::Tone;
use crate::data::list;
use crate::data::matrix::{Head, Matrix};
use crate::data::text;
use crate::data::usual::{LOOKED_BACK, Usual};
use crate::keys::action::Action;
use crate::screen::known;
use crate::screen::model::Model;

/// From so many columns on the detail stands beside the matrix, in so many: where all jobs have room all the same.
const WIDE: u16 = 160;
const BESIDE: u16 = 56;

/// Where things stand.
struct Regions {
    overview: Rect,
    matrix: Rect,
    rule: Rect,
    detail: Rect,
}

fn regions(model: &Model, area: Rect) -> Regions {
    let [overview, rest] = Layout::vertical([Constraint::Length(2), Constraint::Fill(1)]).areas(area);
    let is_beside = area.width >= WIDE
        && match model.screen().slot.value() {
            Some(Data::Backend(backend)) => grid::is_room(model, &backend.matrix, area.width - BESIDE - 1),
            _ => true,
        };
    let [matrix, rule, detail] = if is_beside {
        let widths = [Constraint::Fill(1), Constraint::Length(1), Constraint::Length(BESIDE)];
        Layout::horizontal(widths).areas(rest)
    } else {
        let lines = detail::height(area.height);
        let heights = [Constraint::Fill(1), Constraint::Length(1), Constraint::Length(lines)];
        Layout::vertical(heights).areas(rest)
    };
    Regions {
        overview,
        matrix,
        rule,
        detail,
    }
}

/// Where the rows stand, under their heads; and above how far they were looked for.
pub(super) fn list_area(model: &Model, area: Rect) -> Rect {
    match grid(model, area) {
        Some((grid, area)) => rows_area(model, &grid, area),
        None => regions(model, area).matrix,
    }
}

fn rows_area(model: &Model, grid: &Grid<'_>, area: Rect) -> Rect {
    let area = style::below(area, u16::try_from(grid.heads_height()).unwrap_or(u16::MAX));
    let kept = u16::from(model.screen().may_find_more());
    Rect {
        height: area.height.saturating_sub(kept),
        ..area
    }
}

/// The number of the head over a column of the screen, and of the first that is seen; none where the row is named.
pub(super) fn head_at(model: &Model, area: Rect, x: u16) -> Option<(usize, usize)> {
    let (grid, area) = grid(model, area)?;
    Some((grid.head_at(x.checked_sub(area.x)?.into())?, grid.seen_from()?))
}

/// The number of the first head that is seen.
pub(super) fn seen_from(model: &Model, area: Rect) -> Option<usize> {
    grid(model, area)?.0.seen_from()
}

/// The matrix, and where it stands.
fn grid(model: &Model, area: Rect) -> Option<(Grid<'_>, Rect)> {
    let Data::Backend(backend) = model.screen().slot.value()? else {
        return None;
    };
    let area = regions(model, area).matrix;
    Some((Grid::new(model, &backend.matrix, area), area))
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let regions = regions(model, area);
    let screen = model.screen();
    let Some(Data::Backend(backend)) = screen.slot.value() else {
        style::draw_nothing(model, "", frame, style::below(regions.matrix, 1));
        return;
    };
    if backend.matrix.rows.is_empty() && known::nobody(model).is_some() {
        // Nothing can be said of it.
        draw_rest(model, backend, frame, &regions);
        return;
    }
    let columns = usize::from(regions.overview.width);
    let line = style::fitted(overview(model, backend, columns), columns);
    frame.render_widget(line, style::row(regions.overview, 0));
    let line = style::fitted(readiness::line(model, backend, columns), columns);
    frame.render_widget(line, style::row(regions.overview, 1));
    draw_rest(model, backend, frame, &regions);
    if let Some(scroll) = screen.readiness {
        readiness::draw(model, backend, scroll, frame, area);
    }
}

fn draw_rest(model: &Model, backend: &Backend, frame: &mut Frame<'_>, regions: &Regions) {
    let screen = model.screen();
    if screen.list.selected().is_none() {
        let shows = |action| model.keymap.shown(action);
        let text = match (screen.only.failures, screen.only.changes) {
            (false, false) => style::no_results(model),
            (true, _) => format!("nothing failed; {} shows all", shows(Action::OnlyFailures)),
            (_, true) => {
                let key = shows(Action::OnlyChanges);
                format!("nothing changed from one row to the next; {key} shows all")
            }
        };
        let lines = style::why_nothing(model, &text, regions.matrix.width);
        let lines = lines.into_iter().chain(searched(model, &backend.matrix));
        for (number, line) in (1..).zip(lines) {
            frame.render_widget(line, style::row(regions.matrix, number));
        }
        return;
    }
    let grid = Grid::new(model, &backend.matrix, regions.matrix);
    draw_matrix(model, &grid, frame, regions.matrix);
    draw_rule(frame, regions.rule, untold_title(model, &grid));
    detail::draw(
        model,
        &selected(model, &backend.matrix).unwrap_or_default(),
        frame,
        regions.detail,
    );
}

fn draw_matrix(model: &Model, grid: &Grid<'_>, frame: &mut Frame<'_>, area: Rect) {
    let list = &model.screen().list;
    let heads = grid.heads();
    for (number, line) in heads.into_iter().enumerate() {
        frame.render_widget(line, style::row(area, number));
    }
    let rows_area = rows_area(model, grid, area);
    let window = list.window(usize::from(rows_area.height));
    // The list's end, or that of what is seen of it.
    let end = Rect {
        y: rows_area.y + u16::try_from(window.len()).unwrap_or(u16::MAX),
        height: 1,
        ..rows_area
    };
    frame.render_widget(searched(model, grid.matrix()), end.intersection(area));
    for (place, at) in window.enumerate() {
        if let list::Line::Row(row) = list.lines()[at] {
            let rows = &grid.matrix().rows;
            let above = at.checked_sub(1).map(|above| list.lines()[above]);
            let is_below_own =
                matches!(above, Some(list::Line::Row(above)) if rows[above as usize].pr == rows[row as usize].pr);
            let (is_selected, area) = (at == list.selected_line(), style::row(rows_area, place));
            grid.draw_row(row as usize, is_selected, is_below_own, frame.buffer_mut(), area);
        }
    }
}

/// How far rows were looked for, where there is more to look through.
fn searched(model: &Model, matrix: &Matrix) -> Option<Line<'static>> {
    let screen = model.screen();
    if !screen.may_find_more() {
        return None;
    }
    let what = match model.event {
        EventView::Pr | EventView::All => "pull requests",
        _ => "commits",
    };
    let text = match screen.pull_requests > matrix.pull_requests {
        true => format!("searching the newest {} {what} …", screen.pull_requests),
        false => {
            let key = model.keymap.shown(Action::Down);
            format!(
                "searched the newest {} {what}; {key} looks further",
                matrix.pull_requests
            )
        }
    };
    Some(Line::styled(format!("   {text}"), style::dim()))
}

/// With what the rows have no room to say.
fn draw_rule(frame: &mut Frame<'_>, area: Rect, said: Option<String>) {
    if area.width > 1 {
        let said = said.map(|said| format!(" {}", text::fit(&said, usize::from(area.width).saturating_sub(4))));
        let spans = said.map(|said| Span::styled(said, style::dim()));
        frame.render_widget(style::ruled(spans.into_iter().collect(), area.width), area);
        return;
    }
    for line in 0..area.height {
        frame.render_widget(Span::styled("│", style::dim()), style::row(area, usize::from(line)));
    }
}

/// Title and author of the selected pull request, where its row doesn't say them.
fn untold_title(model: &Model, grid: &Grid<'_>) -> Option<String> {
    let row = model.screen().list.selected().filter(|_| !grid.says_titles())?;
    let matrix = grid.matrix();
    let it = matrix.titles.get(&matrix.rows[row].pr)?;
    Some(match it.author.as_str() {
        "" => it.title.clone(),
        author => format!("{} · {author}", it.title),
    })
}

pub(super) fn selected<'a>(model: &'a Model, matrix: &'a Matrix) -> Option<Selected<'a>> {
    let screen = model.screen();
    let (row, head) = screen.list.selected().zip(screen.heads.get(screen.column))?;
    let worst = matrix.worst(row, head);
    // Of shards, that of the one which is shown.
    let column = worst.map_or(head.members[0], |(_, column)| column);
    Some(Selected {
        job: &matrix.columns[column].job,
        workflow: &matrix.columns[column].workflow,
        backend: None,
        mark: worst.map(|(mark, _)| mark),
        cell: None,
        attempts: screen.attempts(),
        usual: worst.map_or(Usual::default(), |(_, column)| matrix.usual[column]),
        usual_over: Some(LOOKED_BACK),
        streak: screen.streak(),
        earlier: None,
        shards: shards(matrix, row, head),
    })
}

/// Which of a job's shards failed.
fn shards(matrix: &Matrix, row: usize, head: &Head) -> Option<String> {
    let shards = head.members.len();
    let failed: Vec<&str> = matrix
        .failed(row, head)
        .map(|column| matrix.columns[column].job.as_str())
        .collect();
    match failed.len() {
        _ if shards < 2 => None,
        0 => Some(format!("the worst of {shards} shards of {}", head.label)),
        failures => Some(format!("{failures} of {shards} shards failed: {}", failed.join(", "))),
    }
}

/// How the backend stands in the range, what of it is shown, and whom to call.
fn overview(model: &Model, backend: &Backend, columns: usize) -> Line<'static> {
    let Some(summary) = &backend.summary else {
        return Line::default();
    };
    let judged = summary.success + summary.failure + summary.timed_out;
    let mut spans = vec![
        Span::styled(
            format!(" {} ", summary.level.as_deref().unwrap_or_default()),
            style::bold(),
        ),
        Span::styled(" pass ", style::dim()),
        Span::styled(
            percent(summary.pass_rate),
            style::of(style::tone_of_rate(summary.pass_rate), model),
        ),
    ];
    if judged > 0 {
        spans.push(Span::styled(
            format!(" ({} of {judged})", summary.success),
            style::dim(),
        ));
    }
    let mut say = |text: String, tone: Tone| {
        spans.push(Span::styled(" · ", style::dim()));
        spans.push(Span::styled(text, style::of(tone, model)));
    };
    let only = model.screen().only;
    for (hides, what) in [(only.failures, "failures"), (only.changes, "changes")] {
        if hides {
            say(format!("only {what}"), Tone::Warning);
        }
    }
    if !summary.oncalls.is_empty() {
        // A third is theirs: what is wrong has room beside them.
        let names = summary.on_call();
        say(format!("on call {}", text::fit(&names, columns / 3)), Tone::Dim);
    }
    if summary.overdue > 0 {
        say(format!("{} overdue", summary.overdue), Tone::Bad);
    }
    if summary.running > 0 {
        say(format!("{} running", summary.running), Tone::Running);
    }
    if summary.pull_requests > 0 {
        say(counted(summary.pull_requests as usize, "PR"), Tone::Dim);
    }
    if summary.queue_p50.is_some() {
        say(format!("queue {}", duration(summary.queue_p50)), Tone::Dim);
    }
    if summary.duration_p50.is_some() {
        let (half, most) = (duration(summary.duration_p50), duration(summary.duration_p95));
        say(format!("ran {half}, p95 {most}"), Tone::Dim);
    }
    if summary.timed_out > 0 {
        let share = percent(share(summary.timed_out, summary.total));
        say(format!("{} timed out, {share}", summary.timed_out), Tone::Dim);
    }
    if summary.failure > 0 {
        say(format!("{} failed", summary.failure), Tone::Dim);
    }
    Line::from(spans)
}
