//! A popup over the screen; its lines scroll where there is no room for all.
//!
//! ```text
//! ┌ title ──────────────────────────────┐
//! │ lines                               │
//! └ ↓ for more, what keys do ───────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

/// Columns that lines have, in a popup of so many at most.
pub(super) fn inner_width(widest: u16, area: Rect) -> usize {
    usize::from(widest.min(area.width).saturating_sub(2))
}

/// How far so many lines can be scrolled in an area.
pub(super) fn scroll_max(lines: usize, area: Rect) -> usize {
    (lines + 2).saturating_sub(usize::from(area.height))
}

/// What a popup shows.
pub(super) struct Popup<'a> {
    /// Columns at most, its frame among them.
    pub(super) widest: u16,
    pub(super) title: String,
    /// What its keys do.
    pub(super) keys: &'a str,
    pub(super) lines: Vec<Line<'static>>,
    /// Lines that have gone by.
    pub(super) scroll: usize,
}

/// Draws it in the middle of an area.
pub(super) fn draw(popup: Popup<'_>, frame: &mut Frame<'_>, area: Rect) {
    let most = scroll_max(popup.lines.len(), area);
    let scroll = popup.scroll.min(most);
    let more = if scroll < most { "↓ for more, " } else { "" };
    let height = u16::try_from(popup.lines.len() + 2)
        .unwrap_or(u16::MAX)
        .min(area.height);
    let over = area.centered(
        Constraint::Length(popup.widest.min(area.width)),
        Constraint::Length(height),
    );
    let block = Block::bordered()
        .title(format!(" {} ", popup.title))
        .title_bottom(format!(" {more}{} ", popup.keys));
    // Only what is seen: there may be more lines than a paragraph can scroll.
    let seen: Vec<Line<'static>> = popup.lines.into_iter().skip(scroll).take(height.into()).collect();
    frame.render_widget(Clear, over);
    frame.render_widget(Paragraph::new(seen).block(block), over);
}
