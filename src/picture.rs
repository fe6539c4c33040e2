//! A screen as a picture, and as plain text: for a README, and for who saves what is seen.

mod svg;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::model::Model;
use crate::view;

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

fn drawn(model: &Model) -> Buffer {
    let (columns, rows) = model.size;
    let Ok(mut terminal) = Terminal::new(TestBackend::new(columns, rows));
    let Ok(frame) = terminal.draw(|frame| view::draw(model, frame));
    frame.buffer.clone()
}
