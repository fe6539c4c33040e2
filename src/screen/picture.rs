//! A screen as a picture, and as plain text: for a README, and for who saves what is seen.

mod print;
mod svg;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget as _;

use crate::data::glyph::Tone;
use crate::data::health::{Health, State};
use crate::data::text::printable;
use crate::screen::model::Model;
use crate::screen::view;
use crate::settings::theme::Look;

pub use print::print;

/// The screen that is seen as an SVG document, with the colours of its theme.
pub fn svg(model: &mut Model) -> String {
    let title = format!("oot-hud {}", model.screen().place.command());
    let look = model.look;
    model.look = look.of_picture();
    let buffer = drawn(model);
    model.look = look;
    svg::svg(&buffer, &title, look.theme.ground())
}

/// The screen that is seen as lines of text.
pub fn text(model: &Model) -> String {
    svg::text(&drawn(model))
}

/// A health line as it stands in a pane.
pub fn health(health: &Health, look: Look, now: i64) -> String {
    let tone = match health.state {
        State::Healthy => Tone::Good,
        State::Degraded => Tone::Bad,
        State::Unknown => Tone::Warning,
    };
    let (state, figures) = health.short(now);
    let style = look
        .of_picture()
        .colour(tone)
        .map_or(Style::new(), |colour| Style::new().fg(colour));
    let line = Line::from(vec![
        Span::raw(" "),
        Span::styled(printable(&state).into_owned(), style),
        Span::raw(format!("{} ", printable(&figures))),
    ]);
    let area = Rect::new(0, 0, u16::try_from(line.width()).unwrap_or(u16::MAX), 1);
    let mut buffer = Buffer::empty(area);
    line.render(area, &mut buffer);
    svg::svg(&buffer, "oot-hud status", look.theme.ground())
}

fn drawn(model: &Model) -> Buffer {
    let (columns, rows) = model.size;
    let Ok(mut terminal) = Terminal::new(TestBackend::new(columns, rows));
    let Ok(frame) = terminal.draw(|frame| view::draw(model, frame));
    frame.buffer.clone()
}
