//! Day by day, and job by job: is it getting better, and which job to mend first?
//!
//! ```text
//!  pass 88.6% (6473 of 7306) · 833 failed or timed out · 214 flaky (2.9%)
//!
//!  pass rate, 71.4% today             failed or timed out, 38 today      median duration, 36m today
//!  …
//!
//!    job                                     fail+time▾ flaky  flake%     ok    pass    p50
//! ▌  ops-shard-3 · mps · apple/mps-backend          122     4    2.5%     38   23.7%    45m
//! ```

mod charts;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::style;
use super::tier::Tier;
use crate::data::Data;
use crate::data::figures::{percent, share};
use crate::data::list;
use crate::data::text::{fit, width};
use crate::data::trend::jobs::COLUMNS;
use crate::data::trend::{Job, Trends};
use crate::screen::model::{Model, Place};
use charts::{CHART, CHARTS};

/// Before the names.
const MARGIN: usize = 4;
/// Between the parts of a name.
const SEPARATOR: &str = " · ";

/// Overview, charts, heads, rows.
pub(super) fn regions(area: Rect) -> [Rect; 4] {
    Layout::vertical([
        Constraint::Length(2),
        Constraint::Length(CHART + 1),
        Constraint::Length(1),
        Constraint::Fill(1),
    ])
    .areas(area)
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let [top, charts, head, rows] = regions(area);
    let screen = model.screen();
    let Some(Data::Trends(trends)) = screen.slot.value() else {
        style::draw_nothing(model, "", frame, rows);
        return;
    };
    frame.render_widget(overview(model, trends), style::row(top, 0));
    let shown = match Tier::of(area.width) {
        Tier::Narrow => 2,
        Tier::Wide | Tier::Widest => CHARTS.len(),
    };
    let areas = Layout::horizontal(vec![Constraint::Fill(1); shown]).split(charts);
    for (chart, area) in CHARTS.iter().zip(areas.iter()) {
        charts::draw(model, trends, chart, frame, *area);
    }
    let is_one = matches!(screen.place, Place::Trends(Some(_)));
    let list = &screen.list;
    frame.render_widget(heads(model, head.width), head);
    if list.rows() == 0 {
        style::draw_nothing(model, &style::no_results(model), frame, rows);
    }
    for (place, at) in list.window(usize::from(rows.height)).enumerate() {
        if let list::Line::Row(number) = list.lines()[at] {
            let line = job(
                model,
                &trends.jobs[number as usize],
                is_one,
                at == list.selected_line(),
                rows.width,
            );
            frame.render_widget(line, style::row(rows, place));
        }
    }
}

fn overview(model: &Model, trends: &Trends) -> Line<'static> {
    let (success, failed, flaky, _) = trends.totals();
    let judged = success + failed;
    let (rate, flakes) = (share(success, judged), share(flaky, judged));
    Line::from(vec![
        Span::styled(" pass ", style::dim()),
        Span::styled(percent(rate), style::of(style::tone_of_rate(rate), model)),
        Span::styled(
            format!(
                " ({success} of {}) · {failed} failed or timed out · {flaky} flaky ({})",
                judged,
                percent(flakes)
            ),
            style::dim(),
        ),
    ])
}

/// Marker, name and figures; behind them a blank.
fn name_width(width: u16) -> usize {
    let figures: usize = COLUMNS.iter().map(|column| column.width).sum();
    usize::from(width).saturating_sub(figures + MARGIN + 1).min(90)
}

/// The number of the column whose head stands at a column of the screen; that of the names is one beyond all figures.
pub(super) fn head_at(width: u16, x: u16) -> Option<usize> {
    let mut end = MARGIN + name_width(width);
    if usize::from(x) < end {
        return Some(COLUMNS.len());
    }
    COLUMNS.iter().position(|column| {
        end += column.width;
        usize::from(x) < end
    })
}

fn heads(model: &Model, width: u16) -> Line<'static> {
    let sort = model.screen().sort;
    let name = sort.marked(COLUMNS, "job", COLUMNS.len());
    let mut text = format!("    {}", style::left(&name, name_width(width)));
    for (number, column) in COLUMNS.iter().enumerate() {
        text.push_str(&style::right(&sort.marked(COLUMNS, column.head, number), column.width));
    }
    Line::styled(text, style::dim())
}

/// Job, workflow and backend in so many columns. Where they don't fit the workflow goes first, and the job is cut in its own middle: what
/// tells its shards apart stands at its end.
fn name(job: &Job, is_one: bool, columns: usize) -> String {
    let Job {
        repo, workflow, job, ..
    } = job;
    let (whole, behind) = match is_one {
        true => ([job.as_str(), workflow].join(SEPARATOR), workflow),
        false => ([job.as_str(), workflow, repo].join(SEPARATOR), repo),
    };
    if width(&whole) <= columns {
        return whole;
    }
    // What stands behind has what the job leaves, but a third in any case.
    let least = width(behind).min(columns / 3);
    let job = style::squeeze(job, columns.saturating_sub(least + width(SEPARATOR)));
    let behind = fit(behind, columns.saturating_sub(width(&job) + width(SEPARATOR)));
    format!("{job}{SEPARATOR}{behind}")
}

fn job(model: &Model, job: &Job, is_one: bool, selected: bool, width: u16) -> Line<'static> {
    let name_width = name_width(width);
    let name = name(job, is_one, name_width.saturating_sub(1));
    let mut spans = vec![
        Span::raw(if selected { "▌   " } else { "    " }),
        Span::raw(style::left(&name, name_width)),
    ];
    for column in COLUMNS {
        let text = (column.text)(job, model.moment());
        let how = match column.head {
            "pass" => style::of(style::tone_of_rate(job.pass_rate()), model),
            _ if text == "·" || text == "–" => style::dim(),
            _ => Style::new(),
        };
        spans.push(Span::styled(style::right(&text, column.width), how));
    }
    let line = Line::from(spans);
    if selected { line.style(style::selected()) } else { line }
}
