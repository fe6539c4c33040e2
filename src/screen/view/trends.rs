//! Day by day, and job by job: is it getting better, and which job to mend first?
//!
//! ```text
//!  pass 88.6% (6473 of 7306) · 833 failed · 214 flaky (2.9%)
//!
//!  pass rate                          failures                           median duration
//!  100%▕▇▇▆▇▅▃▂                         41▕  ▂ ▅█▇                         38m▕▅▅▆▅▅▆▇
//!      ▕███████                          ▕ ▄█▇███                            ▕███████
//!       11-18   11-24
//!
//!    job                                          pass    ok  fail flaky    p50
//! ▌  ops-shard-3 · mps · apple/mps-backend       23.7%    38   122     4    45m
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::style;
use super::tier::Tier;
use crate::data::Data;
use crate::data::figures::{duration, pass_rate, percent, rfc3339};
use crate::data::glyph::Tone;
use crate::data::list;
use crate::data::trend::jobs::COLUMNS;
use crate::data::trend::{DAY, Job, Stretch, Trends};
use crate::screen::model::{Model, Place};

/// Rows of a chart, its head and its foot among them.
const CHART: u16 = 8;
/// Columns for the largest figure beside a chart.
const SCALE: usize = 6;
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What is drawn of each day, or of some together.
struct Chart {
    title: &'static str,
    /// Where a bar is of several days.
    title_of_several: &'static str,
    figure: fn(&Stretch) -> Option<f64>,
    /// How the largest figure is written.
    scale: fn(f64) -> String,
    /// Where the scale ends; none is at the largest figure.
    most: Option<f64>,
    tone: Tone,
}

const CHARTS: [Chart; 4] = [
    Chart {
        title: "pass rate",
        title_of_several: "pass rate",
        figure: |days| pass_rate(days.success, days.failure, days.timed_out),
        scale: |rate| format!("{:.0}%", rate * 100.0),
        most: Some(1.0),
        tone: Tone::Good,
    },
    Chart {
        title: "failures",
        title_of_several: "failures a day",
        figure: |days| Some(days.daily(days.failure + days.timed_out)),
        scale: |number| format!("{number:.0}"),
        most: None,
        tone: Tone::Bad,
    },
    Chart {
        title: "runs",
        title_of_several: "runs a day",
        figure: |days| Some(days.daily(days.total)),
        scale: |number| format!("{number:.0}"),
        most: None,
        tone: Tone::Running,
    },
    Chart {
        title: "median duration",
        title_of_several: "median duration",
        figure: |days| days.duration,
        scale: |seconds| duration(Some(seconds)),
        most: None,
        tone: Tone::Warning,
    },
];

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
        draw_chart(model, trends, chart, frame, *area);
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
    let rate = pass_rate(success, failed, 0);
    let flakes = pass_rate(flaky, (success + failed).saturating_sub(flaky), 0);
    Line::from(vec![
        Span::styled(" pass ", style::dim()),
        Span::styled(percent(rate), style::of(style::tone_of_rate(rate), model)),
        Span::styled(
            format!(
                " ({success} of {}) · {failed} failed · {flaky} flaky ({})",
                success + failed,
                percent(flakes)
            ),
            style::dim(),
        ),
    ])
}

fn draw_chart(model: &Model, trends: &Trends, chart: &Chart, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width).saturating_sub(SCALE + 3);
    if trends.days.is_empty() || columns == 0 {
        return;
    }
    // Where there are more days than columns a bar is of several: all of the range is shown.
    let each = trends.days.len().div_ceil(columns);
    let series = trends.series(each, chart.figure);
    let wide = (columns / series.len()).clamp(1, 4);
    let most = chart
        .most
        .unwrap_or_else(|| series.iter().flatten().copied().fold(0.0, f64::max));
    let height = usize::from(CHART) - 2;
    let tone = style::of(chart.tone, model).remove_modifier(ratatui::style::Modifier::BOLD);
    let title = match each {
        1 => chart.title.to_owned(),
        days => format!("{}, {days} days a bar", chart.title_of_several),
    };
    frame.render_widget(Line::styled(format!(" {title}"), style::dim()), style::row(area, 0));
    for row in 0..height {
        let scale = if row == 0 { (chart.scale)(most) } else { String::new() };
        let below = (height - 1 - row) * 8;
        let bars: String = series
            .iter()
            .map(|figure| bar(*figure, most, height, below).to_string().repeat(wide))
            .collect();
        let line = Line::from(vec![
            Span::styled(format!("{}▕", style::right(&scale, SCALE)), style::dim()),
            Span::styled(bars, tone),
        ]);
        frame.render_widget(line, style::row(area, row + 1));
    }
    let day = |at: i64| rfc3339(at * DAY).get(5..10).unwrap_or_default().to_owned();
    let (first, last) = (trends.first, trends.first + trends.days.len() as i64 - 1);
    let gap = (series.len() * wide).saturating_sub(10);
    let foot = if gap > 0 {
        format!(
            "{}{}{}{}",
            " ".repeat(SCALE + 1),
            day(first),
            " ".repeat(gap),
            day(last)
        )
    } else {
        format!("{}{}", " ".repeat(SCALE + 1), day(last))
    };
    frame.render_widget(Line::styled(foot, style::dim()), style::row(area, height + 1));
}

/// The part of a bar that lies in one row, above so many eighths. A day with a figure has a bar, however small; one without has none.
fn bar(figure: Option<f64>, most: f64, height: usize, below: usize) -> char {
    let Some(figure) = figure else { return ' ' };
    let all = if most > 0.0 {
        figure / most * (height * 8) as f64
    } else {
        0.0
    };
    let eighths = (all.round() as usize).max(1);
    EIGHTHS[eighths.saturating_sub(below).min(8)]
}

/// Marker, name and figures; behind them a blank.
fn name_width(width: u16) -> usize {
    let figures: usize = COLUMNS.iter().map(|column| column.width).sum();
    usize::from(width).saturating_sub(figures + 5).min(90)
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

fn job(model: &Model, job: &Job, is_one: bool, selected: bool, width: u16) -> Line<'static> {
    let name = match is_one {
        true => format!("{} · {}", job.job, job.workflow),
        false => format!("{} · {} · {}", job.job, job.workflow, job.repo),
    };
    let name_width = name_width(width);
    let mut spans = vec![
        Span::raw(if selected { "▌   " } else { "    " }),
        Span::raw(style::left(
            &style::squeeze(&name, name_width.saturating_sub(1)),
            name_width,
        )),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_high_as_its_figure_and_a_gap_is_none() {
        let column = |figure: Option<f64>| {
            [16, 8, 0]
                .map(|below| bar(figure, 12.0, 3, below))
                .iter()
                .collect::<String>()
        };
        assert_eq!(column(Some(12.0)), "███");
        assert_eq!(column(Some(6.0)), " ▄█");
        assert_eq!(column(Some(0.0)), "  ▁");
        assert_eq!(column(None), "   ");
        assert_eq!(bar(Some(0.0), 0.0, 3, 0), '▁');
    }
}
