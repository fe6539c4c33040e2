//! One backend: a row per commit, a column per job, and the selected result in words.
//!
//! ```text
//!  pass 79.8% (310 of 389) · 48 rows · 5 running
//!   when   commit    PR       build  lint  unit  ops-sha…-1
//! ▌ 13:40  89e6c98d  179600   O      O     X     ?
//!  ───────────────────────────────────────────────────────
//!  unit · rhel9 matrix                 X failure · attempt 2 (of 2 records)
//!  ran 41m · queued 3m · 8430 passed, 2 failed, 20 skipped
//!  https://…
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::style;
use crate::figures::{age, clock, counted, duration, pass_rate, percent};
use crate::glyph::{self, Tone};
use crate::list;
use crate::matrix::{Head, Matrix, Row, Streak};
use crate::model::{Data, Model};
use crate::source::{Cell, Verdict};
use crate::text::width;
use crate::usual::Usual;

/// Columns of when, commit and PR, with their blanks.
const PINNED: usize = 28;
const LABEL_WIDTH: std::ops::RangeInclusive<usize> = 8..=40;

/// Overview, heads, rows, detail.
pub(super) fn regions(area: Rect) -> [Rect; 4] {
    let lengths = [
        Constraint::Length(2),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(4),
    ];
    Layout::vertical(lengths).areas(area)
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let [top, heads, body, detail] = regions(area);
    let screen = model.screen();
    let Some(Data::Backend(matrix)) = screen.slot.value() else {
        frame.render_widget(style::nothing(model, ""), body);
        return;
    };
    frame.render_widget(overview(model, matrix), style::row(top, 0));
    let list = &screen.list;
    if list.rows() == 0 {
        frame.render_widget(
            style::nothing(
                model,
                match (screen.only.failures, screen.only.changes) {
                    (false, false) => "no results in this view and range; Tab and t choose others",
                    (true, _) => "nothing failed; f shows all",
                    (_, true) => "nothing changed from one row to the next; c shows all",
                },
            ),
            body,
        );
        return;
    }
    let columns = visible(
        &screen.heads,
        usize::from(area.width).saturating_sub(PINNED),
        screen.column,
    );
    frame.render_widget(head(&screen.heads, &columns, screen.column), heads);
    for (place, at) in list.window(usize::from(body.height)).enumerate() {
        if let list::Line::Row(row) = list.lines()[at] {
            let line = commit(model, matrix, row as usize, at == list.selected_line(), &columns);
            frame.render_widget(line, style::row(body, place));
        }
    }
    let selected = list.selected().zip(screen.heads.get(screen.column));
    let selected = selected.map(|(row, head)| {
        let cell = matrix.worst(row, head);
        // Of shards, that of the one which is shown.
        let column = head.members.iter().find(|column| matrix.cell(row, **column) == cell);
        Selected {
            name: name_of(matrix, head),
            cell,
            usual: column.map_or(Usual::default(), |column| matrix.usual[*column]),
            streak: matrix.streak(row, head),
            failed: failed_of(matrix, row, head),
        }
    });
    draw_detail(model, &selected.unwrap_or_default(), frame, detail);
}

/// A visible column: its number and its width.
type Visible = (usize, usize);

/// Labels shrink until all fit; where they never do, the window follows the selected column.
fn visible(heads: &[Head], room: usize, selected: usize) -> Vec<Visible> {
    let widths = |longest: usize| -> Vec<usize> {
        // Under a group stands how many of its shards failed.
        let shortest = |head: &Head| if head.members.len() > 1 { 5 } else { 1 };
        let width = |head: &Head| width(&head.label).min(longest).max(shortest(head)) + 2;
        heads.iter().map(width).collect()
    };
    let longest = LABEL_WIDTH
        .rev()
        .find(|longest| widths(*longest).iter().sum::<usize>() <= room)
        .unwrap_or(*LABEL_WIDTH.start());
    let widths = widths(longest);
    let mut start = 0;
    while start < selected && widths[start..=selected].iter().sum::<usize>() > room {
        start += 1;
    }
    let mut used = 0;
    widths
        .iter()
        .copied()
        .enumerate()
        .skip(start)
        .take_while(|(_, width)| {
            used += width;
            used <= room
        })
        .collect()
}

fn head(heads: &[Head], columns: &[Visible], selected: usize) -> Line<'static> {
    let mut spans = vec![Span::styled(
        format!(
            "  {}  {}  {}   ",
            style::left("when", 5),
            style::left("commit", 8),
            style::right("PR", 6)
        ),
        style::dim(),
    )];
    for (number, width) in columns {
        let text = style::left(&style::squeeze(&heads[*number].label, width - 2), width - 2);
        let how = if *number == selected {
            style::bold().add_modifier(Modifier::UNDERLINED)
        } else {
            style::dim()
        };
        spans.push(Span::styled(text, how));
        spans.push(Span::raw("  "));
    }
    // There are more than these.
    if columns.first().is_some_and(|(number, _)| *number > 0) {
        spans[0].content = format!("{}‹ ", spans[0].content.trim_end_matches("  ")).into();
    }
    if columns.last().is_some_and(|(number, _)| number + 1 < heads.len()) {
        spans.pop();
        spans.push(Span::styled(" ›", style::dim()));
    }
    Line::from(spans)
}

fn commit(model: &Model, matrix: &Matrix, number: usize, selected: bool, columns: &[Visible]) -> Line<'static> {
    let row: &Row = &matrix.rows[number];
    let pr = if row.pr > 0 {
        row.pr.to_string()
    } else {
        "–".to_owned()
    };
    let pinned = format!(
        "{} {}  {}  {}   ",
        if selected { "▌" } else { " " },
        style::left(&clock(row.newest, model.moment()), 5),
        style::left(row.commit.get(..8).unwrap_or(&row.commit), 8),
        style::right(&pr, 6),
    );
    let mut spans = vec![Span::styled(
        pinned,
        if selected { style::bold() } else { Style::new() },
    )];
    for (column, width) in columns {
        let head = &model.screen().heads[*column];
        let (letter, tone) = matrix.worst(number, head).map_or(('–', Tone::Dim), glyph::of);
        let text = match matrix.failed(number, head).count() {
            failed @ 1.. if head.members.len() > 1 => format!("{letter} {failed}/{}", head.members.len()),
            _ => letter.to_string(),
        };
        let mut how = style::of(tone, model);
        if selected && *column == model.screen().column {
            how = how.add_modifier(Modifier::REVERSED | Modifier::BOLD);
        }
        let blanks = width.saturating_sub(text.chars().count());
        spans.push(Span::styled(text, how));
        spans.push(Span::raw(" ".repeat(blanks)));
    }
    Line::from(spans)
}

/// A job with its workflow; of shards, how many there are.
fn name_of(matrix: &Matrix, head: &Head) -> String {
    let first = &matrix.columns[head.members[0]];
    match head.members.len() {
        1 => format!(" {} · {}", first.job, first.workflow),
        shards => format!(" {} · {} · {shards} shards", head.label, first.workflow),
    }
}

/// Which of a job's shards failed.
fn failed_of(matrix: &Matrix, row: usize, head: &Head) -> Option<String> {
    let failed: Vec<&str> = matrix.failed(row, head).map(|cell| cell.job_name.as_str()).collect();
    let shards = head.members.len();
    (shards > 1 && !failed.is_empty()).then(|| format!("{} of {shards} failed: {}", failed.len(), failed.join(", ")))
}

fn overview(model: &Model, matrix: &Matrix) -> Line<'static> {
    let count = |verdict: Verdict| matrix.count(verdict);
    let (success, failure, timed_out) = (
        count(Verdict::Success),
        count(Verdict::Failure),
        count(Verdict::TimedOut),
    );
    let rate = pass_rate(success, failure, timed_out);
    let level = matrix.cells.iter().find(|cell| !cell.downstream_repo_level.is_empty());
    let mut spans = vec![
        Span::styled(
            format!(" {} ", level.map_or("", |cell| cell.downstream_repo_level.as_str())),
            style::bold(),
        ),
        Span::styled(" pass ", style::dim()),
        Span::styled(percent(rate), style::of(style::tone_of_rate(rate), model)),
        Span::styled(
            format!(" ({success} of {})", success + failure + timed_out),
            style::dim(),
        ),
        Span::styled(
            format!(
                " · {} · {}",
                counted(matrix.rows.len(), "commit"),
                counted(matrix.columns.len(), "job")
            ),
            style::dim(),
        ),
    ];
    let only = model.screen().only;
    for (hides, what) in [(only.failures, "failures"), (only.changes, "changes")] {
        if hides {
            spans.push(Span::styled(format!(" · only {what}"), style::of(Tone::Warning, model)));
        }
    }
    let running = count(Verdict::Running);
    if running > 0 {
        spans.push(Span::styled(
            format!(" · {running} running"),
            style::of(Tone::Running, model),
        ));
    }
    Line::from(spans)
}

/// What is selected, and what is to be said of it.
#[derive(Default)]
pub(super) struct Selected<'a> {
    pub(super) name: String,
    pub(super) cell: Option<&'a Cell>,
    pub(super) usual: Usual,
    pub(super) streak: Option<Streak>,
    /// Which of its shards failed.
    pub(super) failed: Option<String>,
}

/// A result in words, under a rule.
pub(super) fn draw_detail(model: &Model, selected: &Selected<'_>, frame: &mut Frame<'_>, area: Rect) {
    let Selected {
        name,
        cell,
        usual,
        streak,
        failed,
    } = selected;
    frame.render_widget(style::ruled(Vec::new(), area.width), style::row(area, 0));
    let Some(cell) = cell else {
        frame.render_widget(
            Line::from(vec![
                Span::raw(name.to_owned()),
                Span::styled("   – no result here", style::dim()),
            ]),
            style::row(area, 1),
        );
        return;
    };
    let (letter, tone) = glyph::of(cell);
    let attempts = if cell.attempts > 1 || cell.run_attempt > 1 {
        format!(" · attempt {}, {} recorded", cell.run_attempt, cell.attempts)
    } else {
        String::new()
    };
    let mut what = Line::from(vec![
        Span::styled(format!(" {}", cell.job_name), style::bold()),
        Span::styled(format!(" · {}   ", cell.workflow_name), style::dim()),
        Span::styled(format!("{letter} {}", glyph::words(cell)), style::of(tone, model)),
        Span::styled(attempts, style::dim()),
    ]);
    if cell.has_failed() {
        let streak = streak.filter(|streak| streak.rows > 1);
        let streak = streak.map(|it| {
            format!(
                "failed on {} rows in a row, since {}",
                it.rows,
                clock(it.since, model.moment())
            )
        });
        for text in usual.rate_in_words().into_iter().chain(streak) {
            what.push_span(Span::styled(format!(" · {text}"), style::dim()));
        }
    }
    frame.render_widget(what, style::row(area, 1));
    let mut facts = Vec::new();
    match (cell.verdict(), cell.started) {
        (Verdict::Running, Some(started)) => facts.push(format!(
            "running for {}{}",
            age(started, model.moment()),
            usual.duration_in_words()
        )),
        _ => facts.push(format!("ran {}{}", duration(cell.duration), usual.duration_in_words())),
    }
    if cell.queue_time.is_some() {
        facts.push(format!("queued {}", duration(cell.queue_time)));
    }
    if cell.total_tests > 0 {
        facts.push(format!(
            "{} passed, {} failed, {} skipped",
            cell.passed_tests, cell.failed_tests, cell.skipped_tests
        ));
    }
    if let Some(completed) = cell.completed {
        facts.push(format!("ended {} ago", age(completed, model.moment())));
    }
    frame.render_widget(
        Line::styled(format!(" {}", facts.join(" · ")), style::dim()),
        style::row(area, 2),
    );
    let last = failed.as_ref().unwrap_or(&cell.workflow_run_url);
    frame.render_widget(Line::styled(format!(" {last}"), style::dim()), style::row(area, 3));
}
