//! What can be done here, and what the letters mean: made of the tables of actions and glyphs.
//!
//! ```text
//! ┌ help ──────────────────────────────────────────────┐
//! │ Enter        open what is selected                 │
//! └────────────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::style;
use crate::action::{self, Entry};
use crate::glyph::GLYPHS;
use crate::model::{Model, Place};

const KEYS_WIDTH: usize = 13;
const BESIDE_WIDTH: usize = 22;

fn keys(entry: &Entry) -> String {
    let names: Vec<&str> = entry.keys.iter().map(|key| key.name).collect();
    names.join(" ")
}

/// How far it can be scrolled in an area.
pub(super) fn scroll_max(model: &Model, area: Rect) -> usize {
    (lines(model).len() + 2).saturating_sub(usize::from(area.height))
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let lines = lines(model);
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let popup = area.centered(Constraint::Length(74.min(area.width)), Constraint::Length(height));
    let scroll = model.help_scroll.min(scroll_max(model, area));
    let more = if scroll < scroll_max(model, area) {
        "↓ for more, "
    } else {
        ""
    };
    frame.render_widget(Clear, popup);
    frame.render_widget(
        Paragraph::new(lines)
            .scroll((u16::try_from(scroll).unwrap_or(u16::MAX), 0))
            .block(
                Block::bordered()
                    .title(" help ")
                    .title_bottom(format!(" {more}q or Esc closes ")),
            ),
        popup,
    );
}

fn lines(model: &Model) -> Vec<Line<'static>> {
    let (main, beside): (Vec<_>, Vec<_>) =
        action::on(model.screen().place.on()).partition(|entry| entry.footer.is_some());
    let mut lines: Vec<Line<'static>> = main
        .into_iter()
        .map(|entry| {
            Line::from(vec![
                Span::styled(format!(" {}", style::left(&keys(entry), KEYS_WIDTH)), style::bold()),
                Span::raw(entry.help),
            ])
        })
        .collect();
    lines.push(Line::default());
    // What moves is known to most, and takes less room.
    for pair in beside.chunks(2) {
        let mut line = vec![Span::raw(" ")];
        for entry in pair {
            line.push(Span::styled(style::left(&keys(entry), KEYS_WIDTH), style::bold()));
            line.push(Span::raw(style::left(entry.help, BESIDE_WIDTH)));
        }
        lines.push(Line::from(line));
    }
    let mut letters = vec![Span::raw(" ")];
    for (letter, tone, meaning) in GLYPHS {
        let meaning = meaning.split(" (").next().unwrap_or(meaning);
        let meaning = if *letter == 'F' { "flaky" } else { meaning };
        letters.push(Span::styled(letter.to_string(), style::of(*tone, model)));
        letters.push(Span::styled(format!(" {meaning}  "), style::dim()));
    }
    if model.screen().place == Place::Summary {
        let marks = " before a backend: O 95 % or more pass, ! 80 %, X less, – no rate";
        lines.insert(0, Line::styled(marks, style::dim()));
    }
    // The letters matter most, and stand where the room never ends.
    lines.insert(0, Line::default());
    for chunk in letters[1..].chunks(12).rev() {
        let mut line = vec![Span::raw(" ")];
        line.extend(chunk.iter().cloned());
        lines.insert(0, Line::from(line));
    }
    lines
}
