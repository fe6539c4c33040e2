//! Every backend, by level; what is wrong first.
//!
//! ```text
//!  relay O healthy, last 5 PRs   running 14 · overdue 1   pass 93.1% ▲1.2   backends 8: 2 L4 · 1 L3 · 5 L2
//!
//!     backend                      pass▴     ok  fail  time  canc other   run   p50   p95  queue   last
//!  L4 merge-gating ────────────────────────────────────────────────────────────────────────────────────
//! ▌X apple/mps-backend           71.4%      50    18     2     3     ·     4   41m   1h12    2m     4m
//! ```

mod cards;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::style;
use super::tier::Tier;
use crate::data::Data;
use crate::data::glyph::Tone;
use crate::data::list;
use crate::data::rows::Summary;
use crate::data::summary::{COLUMNS, LEVELS};
use crate::data::table::Column;
use crate::data::trend;
use crate::screen::model::Model;

/// Columns that go first when room is short.
const EXPENDABLE: [&str; 5] = ["total", "other", "p95", "queue", "canc"];
/// The longest name that has room of its own.
const NAME_WIDTH: usize = 44;
/// `red for`, with its blanks.
const RED_WIDTH: usize = 9;
/// A week, and two blanks.
const FEWEST_BARS: usize = 9;
const MARGIN: usize = 4;

/// Cards, heads, rows.
pub(super) fn regions(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Length(2), Constraint::Length(1), Constraint::Fill(1)]).areas(area)
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let [cards, heads, body] = regions(area);
    let Some(Data::Summary {
        rows,
        relay,
        relay_nightly,
        before,
        ..
    }) = model.screen().slot.value()
    else {
        style::draw_nothing(model, "", frame, body);
        return;
    };
    let room = usize::from(cards.width);
    let [relay, nightly] = [relay, relay_nightly].map(Option::as_deref);
    let line = cards::overview(model, rows, [relay, nightly], *before, room);
    frame.render_widget(style::fitted(line, room), style::row(cards, 0));
    frame.render_widget(
        cards::trouble(model, relay.unwrap_or_default(), nightly.unwrap_or_default(), room),
        style::row(cards, 1),
    );

    let columns = columns(area.width);
    let bars = bars_width(area.width, &columns);
    let sort = model.screen().sort;
    let number = |head: &str| COLUMNS.iter().position(|column| column.head == head);
    let columns: Vec<Drawn> = columns
        .into_iter()
        .map(|column| {
            let number = number(column.head).unwrap_or_default();
            Drawn {
                column,
                head: sort.marked(COLUMNS, column.head, number),
                width: sort.width(column, number),
            }
        })
        .collect();
    let taken: usize = columns.iter().map(|drawn| drawn.width).sum::<usize>() + bars + red_width(area.width);
    let name_width = usize::from(area.width)
        .saturating_sub(taken + MARGIN + 1)
        .min(NAME_WIDTH);
    let mut head = vec![Span::raw(" ".repeat(MARGIN))];
    let name = sort.marked(COLUMNS, "backend", COLUMNS.len());
    head.push(Span::styled(style::left(&name, name_width), style::dim()));
    for drawn in &columns {
        head.push(Span::styled(style::right(&drawn.head, drawn.width), style::dim()));
    }
    if bars > 0 {
        let text = format!("  {} days", bars - 2);
        head.push(Span::styled(style::left(&text, bars), style::dim()));
    }
    if red_width(area.width) > 0 {
        head.push(Span::styled(style::right("red for", RED_WIDTH), style::dim()));
    }
    if Tier::of(area.width) == Tier::Widest {
        head.push(Span::styled("  on call", style::dim()));
    }
    frame.render_widget(Line::from(head), heads);

    let list = &model.screen().list;
    if list.rows() == 0 {
        style::draw_nothing(model, &style::no_results(model), frame, body);
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
                bars,
                body.width,
            ),
        };
        let line = style::fitted(line, usize::from(body.width));
        frame.render_widget(line, style::row(body, place));
    }
}

/// The numbers of the columns that are drawn in so many columns of the screen.
pub(super) fn drawn(width: u16) -> Vec<usize> {
    let drawn = columns(width);
    let is_drawn = |number: &usize| drawn.iter().any(|column| column.head == COLUMNS[*number].head);
    (0..COLUMNS.len()).filter(is_drawn).collect()
}

/// A column as it is drawn, with the mark of the one that it is sorted by.
struct Drawn {
    column: &'static Column<Summary>,
    head: String,
    width: usize,
}

fn columns(width: u16) -> Vec<&'static Column<Summary>> {
    let mut columns: Vec<&Column<Summary>> = COLUMNS.iter().collect();
    let bars = if Tier::of(width) < Tier::Wide { 0 } else { FEWEST_BARS };
    for name in EXPENDABLE {
        let taken: usize = columns.iter().map(|column| column.width).sum();
        if taken + MARGIN + shortest_name(width) + bars + red_width(width) < usize::from(width) {
            break;
        }
        columns.retain(|column| column.head != name);
    }
    columns
}

/// Where names have room, for how long one has been red is worth more than the first columns that go.
fn red_width(width: u16) -> usize {
    if Tier::of(width) < Tier::Wide { 0 } else { RED_WIDTH }
}

fn shortest_name(width: u16) -> usize {
    if Tier::of(width) < Tier::Wide { 26 } else { 36 }
}

/// Two blanks and a column for each day; none where names would suffer.
fn bars_width(width: u16, columns: &[&Column<Summary>]) -> usize {
    let taken: usize = columns.iter().map(|column| column.width).sum();
    match usize::from(width).saturating_sub(taken + MARGIN + shortest_name(width) + red_width(width) + 1) {
        0..FEWEST_BARS => 0,
        room => room.min(trend::SHOWN + 2),
    }
}

fn backend(
    model: &Model,
    row: &Summary,
    selected: bool,
    name_width: usize,
    columns: &[Drawn],
    bars: usize,
    width: u16,
) -> Line<'static> {
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
    for drawn in columns {
        let column = drawn.column;
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
        spans.push(Span::styled(style::right(&text, drawn.width), style));
    }
    if bars > 0 {
        let text = trend::bars(&row.daily, bars - 2);
        let text = style::left(&format!("  {text}"), bars);
        spans.push(Span::styled(text, style::of(tone, model)));
    }
    if red_width(width) > 0 {
        // Some days can be red where the range as a whole is not: that it is red would contradict the mark before it.
        let red_for = trend::red_for(&row.daily).filter(|_| tone == Tone::Bad);
        let red = red_for.map_or(String::new(), |days| match days == row.daily.len() {
            true => format!("{days}d+"),
            false => format!("{days}d"),
        });
        spans.push(Span::styled(style::right(&red, RED_WIDTH), style::of(Tone::Bad, model)));
    }
    if Tier::of(width) == Tier::Widest {
        spans.push(Span::styled(format!("  {}", row.oncalls.join(", ")), style::dim()));
    }
    let line = Line::from(spans);
    if selected { line.style(style::selected()) } else { line }
}
