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
mod layout;

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};

use super::style;
use crate::data::Data;
use crate::data::figures;
use crate::data::glyph::Tone;
use crate::data::list;
use crate::data::summary::columns::COLUMNS;
use crate::data::summary::{LEVELS, Summary};
use crate::data::trend::{self, RedSince};
use crate::screen::model::Model;
use layout::{Layout, MARGIN};
pub(super) use layout::{drawn, head_at};

/// Cards, heads, rows.
pub(super) fn regions(area: Rect) -> [Rect; 3] {
    ratatui::layout::Layout::vertical([Constraint::Length(2), Constraint::Length(1), Constraint::Fill(1)]).areas(area)
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

    let sort = model.screen().sort;
    let layout = Layout::new(rows, sort, area.width);
    let mut head = vec![Span::raw(" ".repeat(MARGIN))];
    let name = sort.marked(COLUMNS, "backend", COLUMNS.len());
    head.push(Span::styled(style::left(&name, layout.name_width), style::dim()));
    for drawn in &layout.columns {
        head.push(Span::styled(style::right(&drawn.head, drawn.width), style::dim()));
    }
    if layout.bars > 0 {
        let text = format!("  {} days", layout.bars - 2);
        head.push(Span::styled(style::left(&text, layout.bars), style::dim()));
    }
    if layout.red > 0 {
        head.push(Span::styled(style::right("red from", layout.red), style::dim()));
    }
    if layout.says_oncalls {
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
            list::Line::Row(row) => backend(model, &rows[row as usize], at == list.selected_line(), &layout),
        };
        let line = style::fitted(line, usize::from(body.width));
        frame.render_widget(line, style::row(body, place));
    }
}

fn backend(model: &Model, row: &Summary, selected: bool, layout: &Layout) -> Line<'static> {
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
            style::left(&row.repo, layout.name_width),
            if tone == Tone::Bad {
                style::bold()
            } else {
                ratatui::style::Style::new()
            },
        ),
    ];
    for drawn in &layout.columns {
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
    if layout.bars > 0 {
        let text = trend::bars(&row.daily.rates, layout.bars - 2);
        let text = style::left(&format!("  {text}"), layout.bars);
        spans.push(Span::styled(text, style::of(tone, model)));
    }
    if layout.red > 0 {
        let day = |since: RedSince| since.marked(&figures::day(since.day * figures::DAY));
        let red = row.red_since.map_or(String::new(), day);
        spans.push(Span::styled(
            style::right(&red, layout.red),
            style::of(Tone::Bad, model),
        ));
    }
    if layout.says_oncalls {
        spans.push(Span::styled(format!("  {}", row.on_call()), style::dim()));
    }
    let line = Line::from(spans);
    if selected { line.style(style::selected()) } else { line }
}
