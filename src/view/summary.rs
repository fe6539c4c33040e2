//! Every backend, by level; what is wrong first.
//!
//! ```text
//!  relay  O healthy, last 5 PRs    backends 8: 2 L4 · 1 L3 · 5 L2    running 14 · overdue 1    pass 93.1%
//!
//!     backend                      pass ▾    ok  fail  time  canc other   run   p50   p95  queue   last
//!  L4 merge-gating ────────────────────────────────────────────────────────────────────────────────────
//! ▌X apple/mps-backend           71.4%      50    18     2     3     ·     4   41m   1h12    2m     4m
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::style;
use crate::figures::{age, count, duration, pass_rate, percent};
use crate::glyph::Tone;
use crate::list;
use crate::model::{Data, LEVELS, Model, Sort};
use crate::rows::Summary;
use crate::source::RelayRow;
use crate::status::Relay;
use crate::text::fit;

/// A column of numbers: head, width, sort order, and what stands in it. The first ones stay longest when room is short.
struct Column {
    head: &'static str,
    width: usize,
    sort: Option<Sort>,
    text: fn(&Summary, i64) -> String,
}

const fn column(head: &'static str, width: usize, sort: Option<Sort>, text: fn(&Summary, i64) -> String) -> Column {
    Column {
        head,
        width,
        sort,
        text,
    }
}

const COLUMNS: &[Column] = &[
    column("pass", 7, Some(Sort::Pass), |row, _| percent(row.pass_rate)),
    column("ok", 6, None, |row, _| count(row.success)),
    column("fail", 6, Some(Sort::Failures), |row, _| count(row.failure)),
    column("time", 5, None, |row, _| count(row.timed_out)),
    column("canc", 5, None, |row, _| count(row.cancelled)),
    column("other", 6, None, |row, _| count(row.other)),
    column("run", 5, Some(Sort::Running), |row, _| count(row.running)),
    column("p50", 6, None, |row, _| duration(row.duration_p50)),
    column("p95", 6, None, |row, _| duration(row.duration_p95)),
    column("queue", 6, None, |row, _| duration(row.queue_p50)),
    column("last", 6, Some(Sort::Last), |row, now| {
        row.last_run.map_or("–".to_owned(), |at| age(at, now))
    }),
];

/// Columns that go first when room is short.
const EXPENDABLE: [&str; 4] = ["other", "p95", "queue", "canc"];
const NAME_WIDTH: std::ops::RangeInclusive<usize> = 26..=44;
const MARGIN: usize = 4;

/// Cards, heads, rows.
pub(super) fn regions(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Length(2), Constraint::Length(1), Constraint::Fill(1)]).areas(area)
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let [cards, heads, body] = regions(area);
    let Some(Data::Summary { rows, relay }) = model.screen().slot.value() else {
        frame.render_widget(style::nothing(model, ""), body);
        return;
    };
    frame.render_widget(overview(model, rows, relay, cards.width), style::row(cards, 0));
    frame.render_widget(trouble(model, relay, cards.width), style::row(cards, 1));

    let columns = columns(area.width);
    let taken: usize = columns.iter().map(|column| column.width).sum();
    let name_width = usize::from(area.width)
        .saturating_sub(taken + MARGIN + 1)
        .min(*NAME_WIDTH.end());
    let sort = model.screen().sort;
    let mut head = vec![Span::raw(" ".repeat(MARGIN))];
    let name = if sort == Sort::Name { "backend ▾" } else { "backend" };
    head.push(Span::styled(style::left(name, name_width), style::dim()));
    for column in &columns {
        let text = if column.sort == Some(sort) {
            format!("{}▾", column.head)
        } else {
            column.head.to_owned()
        };
        head.push(Span::styled(style::right(&text, column.width), style::dim()));
    }
    frame.render_widget(Line::from(head), heads);

    let list = &model.screen().list;
    if list.rows() == 0 {
        frame.render_widget(
            style::nothing(model, "no results in this view and range; Tab and t choose others"),
            body,
        );
    }
    for (place, at) in list.window(usize::from(body.height)).enumerate() {
        let line = match list.lines()[at] {
            list::Line::Heading(level) => {
                let (level, meaning) = LEVELS[level as usize];
                let name = if level.is_empty() {
                    String::new()
                } else {
                    format!("{level} ")
                };
                let spans = vec![
                    Span::styled(format!(" {name}"), style::bold()),
                    Span::styled(meaning, style::dim()),
                ];
                style::ruled(spans, body.width)
            }
            list::Line::Row(row) => backend(
                model,
                &rows[row as usize],
                at == list.selected_line(),
                name_width,
                &columns,
            ),
        };
        frame.render_widget(line, style::row(body, place));
    }
}

fn columns(width: u16) -> Vec<&'static Column> {
    let mut columns: Vec<&Column> = COLUMNS.iter().collect();
    for name in EXPENDABLE {
        let taken: usize = columns.iter().map(|column| column.width).sum();
        if taken + MARGIN + NAME_WIDTH.start() < usize::from(width) {
            break;
        }
        columns.retain(|column| column.head != name);
    }
    columns
}

fn backend(model: &Model, row: &Summary, selected: bool, name_width: usize, columns: &[&Column]) -> Line<'static> {
    let tone = style::tone_of_rate(row.pass_rate);
    let state = match tone {
        Tone::Bad => 'X',
        Tone::Warning => '!',
        Tone::Good => 'O',
        Tone::Running | Tone::Dim => '–',
    };
    let mut spans = vec![
        Span::raw(if selected { "▌" } else { " " }),
        Span::styled(format!(" {state} "), style::of(tone, model)),
        Span::styled(
            style::left(&row.repo, name_width),
            if tone == Tone::Bad {
                style::bold()
            } else {
                ratatui::style::Style::new()
            },
        ),
    ];
    for column in columns {
        let text = (column.text)(row, model.moment());
        let style = match column.head {
            "pass" => style::of(tone, model),
            "fail" | "time" if text != "·" => {
                style::of(Tone::Bad, model).remove_modifier(ratatui::style::Modifier::BOLD)
            }
            "run" if row.overdue > 0 => style::of(Tone::Bad, model),
            "run" if text != "·" => style::of(Tone::Running, model),
            _ if text == "·" || text == "–" => style::dim(),
            _ => ratatui::style::Style::new(),
        };
        spans.push(Span::styled(style::right(&text, column.width), style));
    }
    let line = Line::from(spans);
    if selected { line.style(style::selected()) } else { line }
}

/// The whole in one line.
fn overview(model: &Model, rows: &[Summary], relay: &[RelayRow], width: u16) -> Line<'static> {
    let backends: Vec<&Summary> = rows.iter().filter(|row| !row.probe).collect();
    let sum = |number: fn(&Summary) -> u64| backends.iter().map(|row| number(row)).sum::<u64>();
    let (glyph, tone) = match Relay::of(relay) {
        Relay::Healthy => ('O', Tone::Good),
        Relay::Degraded => ('X', Tone::Bad),
        Relay::NoData => ('–', Tone::Dim),
    };
    let prs = match relay.len() {
        0 => String::new(),
        1 => ", last PR".to_owned(),
        some => format!(", last {some} PRs"),
    };
    let levels: Vec<String> = LEVELS
        .iter()
        .filter_map(|(level, _)| {
            let there = backends
                .iter()
                .filter(|row| row.level.as_deref().unwrap_or_default() == *level)
                .count();
            (there > 0 && !level.is_empty()).then(|| format!("{there} {level}"))
        })
        .collect();
    let rate = pass_rate(sum(|row| row.success), sum(|row| row.failure), sum(|row| row.timed_out));
    let overdue = sum(|row| row.overdue);
    let gap = if width >= 110 { "    " } else { "  " };
    let mut spans = vec![
        Span::styled(" relay ", style::dim()),
        Span::styled(format!("{glyph} {}", Relay::of(relay).as_str()), style::of(tone, model)),
        Span::styled(format!("{prs}{gap}backends "), style::dim()),
        Span::raw(backends.len().to_string()),
    ];
    if width >= 110 && !levels.is_empty() {
        spans.push(Span::styled(format!(": {}", levels.join(" · ")), style::dim()));
    }
    spans.push(Span::styled(format!("{gap}running "), style::dim()));
    spans.push(Span::styled(
        sum(|row| row.running).to_string(),
        style::of(Tone::Running, model),
    ));
    if overdue > 0 {
        spans.push(Span::styled(
            format!(" · overdue {overdue}"),
            style::of(Tone::Bad, model),
        ));
    }
    spans.push(Span::styled(format!("{gap}pass "), style::dim()));
    spans.push(Span::styled(percent(rate), style::of(style::tone_of_rate(rate), model)));
    Line::from(spans)
}

/// What of the relay failed, by name.
fn trouble(model: &Model, relay: &[RelayRow], width: u16) -> Line<'static> {
    let failing: Vec<String> = relay
        .iter()
        .filter(|row| !row.failing.is_empty())
        .map(|row| format!("PR {}: {}", row.pr_number, row.failing.join(", ")))
        .collect();
    if failing.is_empty() {
        return Line::default();
    }
    let text = format!(" relay failed on {}", failing.join("; "));
    Line::styled(fit(&text, usize::from(width)).into_owned(), style::of(Tone::Bad, model))
}
