//! One line: the keys that work here, or the filter while it is typed, or what went wrong and when it is tried again.
//!
//! ```text
//!  Enter open · Esc back · / filter · s sort · Tab view · t range · r refresh · p pause · ? help · q quit
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use super::style;
use crate::data::figures::duration;
use crate::data::glyph::Tone;
use crate::data::text::{fit, width, wrap};
use crate::keys::action::{Action, Entry, On};
use crate::screen::model::{Cover, Model, Place, Typing, TypingKind};
use crate::screen::prompt;

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    if let Some(typing) = &model.typing {
        return draw_typing(model, typing, frame, area);
    }
    let screen = model.screen();
    // What the last key did is seen until the next one, or until something goes wrong: the header goes on to say that.
    let line = match (&model.notice, screen.slot.error()) {
        (None, Some((error, next))) => {
            let again = match next {
                _ if screen.slot.waiting(model.now).is_some() => " · asking again".to_owned(),
                _ if model.paused && !screen.slot.is_hurried() => {
                    format!(" · paused, {} asks again", model.keymap.shown(Action::Refresh))
                }
                Some(next) => {
                    let seconds = (next - model.now).max(0) as f64 / 1e9;
                    format!(" · again in {}", duration(Some(seconds.ceil())))
                }
                None => String::new(),
            };
            let mut spans = before_keys(model, area.width.into());
            let taken: usize = spans.iter().map(Span::width).sum();
            let room = usize::from(area.width).saturating_sub(taken + again.chars().count() + 1);
            spans.push(Span::styled(
                format!("{}{again}", fit(error, room)),
                style::of(Tone::Bad, model),
            ));
            Line::from(spans)
        }
        (Some(notice), _) => {
            let notice = fit(notice, usize::from(area.width).saturating_sub(2));
            Line::styled(format!(" {notice}"), style::of(Tone::Warning, model))
        }
        (None, None) => keys(model, area.width),
    };
    frame.render_widget(line, area);
}

/// The line with its cursor; behind it, or above where it is too long for that, why it was not understood, else what may be typed.
fn draw_typing(model: &Model, typing: &Typing, frame: &mut Frame<'_>, area: Rect) {
    let prompt = match typing.kind {
        TypingKind::Filter | TypingKind::Help => " / ",
        TypingKind::Go => " : ",
    };
    let room = usize::from(area.width).saturating_sub(prompt.len() + 1);
    // Why it was not understood is read beside it, however long it is.
    let most = room.saturating_sub(width(typing.input.value())).max(room * 2 / 3);
    let error = typing.error.as_deref().map(|error| format!("   {error}"));
    let (error, above) = match error {
        Some(error) if width(&error) > most => (None, Some(error)),
        error => (error, None),
    };
    if let Some(error) = above {
        draw_above(model, &error, frame, area);
    }
    let kept = error.as_deref().map_or(0, width);
    let (visible, cursor) = style::typed_line(&typing.input, room - kept);
    let mut spans = vec![Span::styled(prompt, style::bold()), Span::raw(visible)];
    match (error, typing.kind) {
        (Some(error), _) => spans.push(Span::styled(error, style::of(Tone::Bad, model))),
        (None, TypingKind::Go) if typing.error.is_none() => {
            let hint = prompt::hint(typing.input.value());
            spans.extend(hint.map(|hint| Span::styled(format!("   {hint}"), style::dim())));
        }
        (None, _) => {}
    }
    frame.render_widget(style::fitted(Line::from(spans), usize::from(area.width)), area);
    frame.set_cursor_position(Position::new(area.x + (prompt.len() + cursor) as u16, area.y));
}

/// What is wrong with the line, over as much of the screen as it takes.
fn draw_above(model: &Model, error: &str, frame: &mut Frame<'_>, area: Rect) {
    let lines = wrap(error, usize::from(area.width).saturating_sub(4));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.y);
    let over = Rect {
        y: area.y - height,
        height,
        ..area
    };
    frame.render_widget(Clear, over);
    for (number, line) in lines.into_iter().enumerate() {
        let line = Line::styled(format!("   {line}"), style::of(Tone::Bad, model));
        frame.render_widget(line, style::row(over, number));
    }
}

/// A key in the line.
struct Shown {
    entry: &'static Entry,
    key: String,
    word: &'static str,
    /// Where it begins, behind what separates it from the one before,
    from: usize,
    /// and where its word ends.
    to: usize,
}

const SEPARATOR: &str = " · ";
const SEPARATOR_WIDTH: usize = 3;

/// What stands before the keys, in a line of so many columns: the filter, while there is one. A third of them is enough for it, and what
/// is wrong and how one leaves are said all the same.
fn before_keys(model: &Model, columns: usize) -> Vec<Span<'static>> {
    let mut spans = vec![Span::raw(" ")];
    if !model.screen().filter.is_empty() {
        let filter = fit(&model.screen().filter, columns / 3);
        spans.push(Span::styled(format!("/ {filter} "), style::of(Tone::Warning, model)));
        spans.push(Span::styled("· ", style::dim()));
    }
    spans
}

/// The word of an action, where it is worth one now.
fn word(model: &Model, entry: &Entry) -> Option<&'static str> {
    let screen = model.screen();
    if let Some(cover) = model.cover() {
        return match entry.action {
            // What opened it closes it, too, as its own frame says.
            Action::Open | Action::Detail | Action::Readiness => None,
            Action::Help if cover == Cover::Help => None,
            Action::Quit => Some("close"),
            action if cover.takes(action) => entry.footer,
            _ => None,
        };
    }
    match (entry.action, screen.place.on()) {
        (Action::Back, _) if model.screens.len() == 1 && screen.place == Place::Summary && screen.filter.is_empty() => {
            None
        }
        (Action::Unfold, On::PullRequest | On::Commit) => {
            let it = screen.shown(screen.list.selected()?)?;
            (it.result.attempts > 1).then_some("attempts")
        }
        _ => entry.footer,
    }
}

/// As many as fit, in the table's order; help is always among them, and quit where there is room for both.
fn shown(model: &Model, columns: usize) -> Vec<Shown> {
    if model.palette.is_some() {
        // There all of them are text.
        return Vec::new();
    }
    let on = model.screen().place.on();
    let entries: Vec<_> = model
        .keymap
        .entries()
        .filter(|(entry, keys)| entry.on.covers(on) && !keys.is_empty())
        .filter_map(|(entry, keys)| Some((entry, keys, word(model, entry)?)))
        .collect();
    let length = |key: &str, word: &str| width(key) + 1 + width(word);
    // Who knows the key of the help can find the others; and who wants to leave is not to search for it.
    let is_kept = |entry: &Entry| matches!(entry.action, Action::Help | Action::Quit);
    let kept = entries.iter().filter(|(entry, ..)| is_kept(entry));
    let kept = kept.map(|(_, keys, word)| SEPARATOR_WIDTH + length(&keys[0].to_string(), word));
    let kept: usize = kept.sum();
    let mut used: usize = before_keys(model, columns).iter().map(Span::width).sum();
    let mut shown: Vec<Shown> = Vec::new();
    for (entry, keys, word) in entries {
        let key = keys[0].to_string();
        let from = used + if shown.is_empty() { 0 } else { SEPARATOR_WIDTH };
        let to = from + length(&key, word);
        let reserved = if is_kept(entry) { 0 } else { kept };
        if to + reserved <= columns {
            used = to;
            shown.push(Shown {
                entry,
                key,
                word,
                from,
                to,
            });
        }
    }
    shown
}

fn keys(model: &Model, columns: u16) -> Line<'static> {
    let mut spans = before_keys(model, columns.into());
    for (number, it) in shown(model, usize::from(columns)).into_iter().enumerate() {
        if number > 0 {
            spans.push(Span::styled(SEPARATOR, style::dim()));
        }
        spans.push(Span::styled(it.key, style::bold()));
        spans.push(Span::styled(format!(" {}", it.word), style::dim()));
    }
    Line::from(spans)
}

/// What the key at a column of the line does, while it shows keys.
pub(super) fn action_at(model: &Model, columns: u16, x: u16) -> Option<Action> {
    if model.notice.is_some() || model.screen().slot.error().is_some() {
        return None;
    }
    let shown = shown(model, usize::from(columns));
    let it = shown.iter().find(|it| (it.from..it.to).contains(&usize::from(x)))?;
    Some(it.entry.action)
}
