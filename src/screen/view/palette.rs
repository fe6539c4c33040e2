//! Everything by a few letters, over the screen.
//!
//! ```text
//! ┌ go or do ──────────────────────────────── 2 of 61 ┐
//! │ xpu                                               │
//! │▌intel/torch-xpu-ops                       backend │
//! │ next-view: pull requests, nightly, …          Tab │
//! └ Enter does it, Esc closes ────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

use super::style;
use crate::keys::action::Action;
use crate::screen::model::Model;
use crate::screen::palette::{Found, Offer, Palette};

/// Rows and columns at most.
const HIGHEST: u16 = 20;
const WIDEST: u16 = 90;

pub(super) fn draw(model: &Model, palette: &Palette, frame: &mut Frame<'_>, area: Rect) {
    let popup = area.centered(
        Constraint::Length(WIDEST.min(area.width)),
        Constraint::Length(HIGHEST.min(area.height)),
    );
    let (fit, all) = palette.counts();
    let block = Block::bordered()
        .title(" go or do ")
        .title_top(Line::from(format!(" {fit} of {all} ")).right_aligned())
        .title_bottom(" Enter does it, Esc closes ");
    let [typed, list] = Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(block.inner(popup));
    frame.render_widget(Clear, popup);
    frame.render_widget(block, popup);

    let room = usize::from(typed.width).saturating_sub(2);
    let (visible, cursor) = style::typed_line(&palette.input, room);
    let line = Line::from(vec![Span::raw(" "), Span::styled(visible, style::bold())]);
    frame.render_widget(style::fitted(line, usize::from(typed.width)), typed);
    frame.set_cursor_position(Position::new(typed.x + 1 + cursor as u16, typed.y));

    if fit == 0 {
        let text = format!(
            " nothing has these letters; {} goes by name",
            model.keymap.shown(Action::Go)
        );
        frame.render_widget(Line::styled(text, style::dim()), style::row(list, 0));
    }
    for (place, at) in palette.list.window(usize::from(list.height)).enumerate() {
        if let Some((offer, found)) = palette.row(at) {
            let selected = at == palette.list.selected_line();
            frame.render_widget(
                row(offer, found, selected, usize::from(list.width)),
                style::row(list, place),
            );
        }
    }
}

/// The text with what was found emphasised; the keys, or the kind, at the right.
fn row(offer: &Offer, found: &Found, selected: bool, columns: usize) -> Line<'static> {
    let mark = if selected { "▌" } else { " " };
    let how = if selected { style::bold() } else { Style::new() };
    let kind_at = offer.text.chars().count() as u32 + 1;
    let mut right = Line::from(Span::styled(offer.keys.clone(), style::bold()));
    right.spans.extend(emphasised(offer.kind, kind_at, found, style::dim()));
    let room = columns.saturating_sub(style::width(&right) + 3);
    let mut line = Line::from(Span::raw(mark));
    line.spans
        .extend(style::fitted(Line::from(emphasised(&offer.text, 0, found, how)), room).spans);
    let blanks = columns.saturating_sub(style::width(&line) + style::width(&right) + 1);
    line.push_span(Span::raw(" ".repeat(blanks)));
    line.spans.extend(right.spans);
    line
}

/// A text whose first character has this number. Underlined, since bold alone is what is selected.
fn emphasised(text: &str, first: u32, found: &Found, how: Style) -> Vec<Span<'static>> {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut at = first;
    for grapheme in text.graphemes(true) {
        let next = at + grapheme.chars().count() as u32;
        let is_found = found.matched.iter().any(|matched| (at..next).contains(matched));
        let how = if is_found {
            how.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        } else {
            how
        };
        match spans.last_mut().filter(|span| span.style == how) {
            Some(span) => span.content.to_mut().push_str(grapheme),
            None => spans.push(Span::styled(grapheme.to_owned(), how)),
        }
        at = next;
    }
    spans
}
