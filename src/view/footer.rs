//! One line: the keys that work here, or the filter while it is typed, or what went wrong and when it is tried again.
//!
//! ```text
//!  Enter open · Esc back · / filter · s sort · Tab view · t range · r refresh · p pause · ? help · q quit
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::style;
use crate::action::{self, Action};
use crate::figures::duration;
use crate::glyph::Tone;
use crate::model::{Model, Place, Typing, TypingKind};
use crate::prompt;
use crate::text::fit;

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    if let Some(typing) = &model.typing {
        return draw_typing(model, typing, frame, area);
    }
    let screen = model.screen();
    let line = match (screen.slot.error(), &model.notice) {
        (Some((error, next)), _) => {
            let again = next.map_or(String::new(), |next| {
                let seconds = (next - model.now).max(0) as f64 / 1e9;
                format!(" · again in {}", duration(Some(seconds.ceil())))
            });
            let room = usize::from(area.width).saturating_sub(again.chars().count() + 2);
            Line::styled(format!(" {}{again}", fit(error, room)), style::of(Tone::Bad, model))
        }
        (None, Some(notice)) => Line::styled(format!(" {notice}"), style::of(Tone::Warning, model)),
        (None, None) => keys(model, area.width),
    };
    frame.render_widget(line, area);
}

/// The line with its cursor; behind it why it was not understood, else what may be typed.
fn draw_typing(model: &Model, typing: &Typing, frame: &mut Frame<'_>, area: Rect) {
    let prompt = match typing.kind {
        TypingKind::Filter => " / ",
        TypingKind::Go => " : ",
    };
    let room = usize::from(area.width).saturating_sub(prompt.len() + 1);
    let scroll = typing.input.visual_scroll(room);
    let visible: String = typing.input.value().chars().skip(scroll).collect();
    let mut spans = vec![Span::styled(prompt, style::bold()), Span::raw(visible)];
    match (&typing.error, typing.kind) {
        (Some(error), _) => spans.push(Span::styled(format!("   {error}"), style::of(Tone::Bad, model))),
        (None, TypingKind::Go) => {
            let hint = prompt::hint(typing.input.value());
            spans.extend(hint.map(|hint| Span::styled(format!("   {hint}"), style::dim())));
        }
        (None, TypingKind::Filter) => {}
    }
    frame.render_widget(style::fitted(Line::from(spans), usize::from(area.width)), area);
    let cursor = prompt.len() + typing.input.visual_cursor().saturating_sub(scroll);
    frame.set_cursor_position(Position::new(area.x + cursor as u16, area.y));
}

/// As many as fit, in the table's order; help is always among them.
fn keys(model: &Model, width: u16) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    if !model.screen().filter.is_empty() {
        spans.push(Span::styled(
            format!("/ {} ", model.screen().filter),
            style::of(Tone::Warning, model),
        ));
        spans.push(Span::styled("· ", style::dim()));
    }
    let mut used: usize = spans.iter().map(Span::width).sum();
    let has_back =
        model.screens.len() > 1 || model.screen().place != Place::Summary || !model.screen().filter.is_empty();
    // Who knows this one key can find the others.
    let help = " · ? help".len();
    let entries: Vec<_> = action::on(model.screen().place.on())
        .filter(|entry| entry.footer.is_some() && (entry.action != Action::Back || has_back))
        .collect();
    for (number, entry) in entries.iter().enumerate() {
        let text = format!(" {}", entry.footer.unwrap_or_default());
        let separator = if number == 0 { "" } else { " · " };
        let length = separator.chars().count() + entry.keys[0].name.chars().count() + text.chars().count();
        let reserved = if entry.action == Action::Help { 0 } else { help };
        if used + length + reserved > usize::from(width) {
            continue;
        }
        used += length;
        spans.push(Span::styled(separator, style::dim()));
        spans.push(Span::styled(entry.keys[0].name, style::bold()));
        spans.push(Span::styled(text, style::dim()));
    }
    Line::from(spans)
}
