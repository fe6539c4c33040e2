//! A line while it is typed: a filter, which rows or help follow, or where to go.

use crossterm::event::{Event, KeyCode, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler as _;

use super::go::go_to;
use super::{help, palette, rearrange, recall};
use crate::data::text::printable;
use crate::keys::action::Action;
use crate::keys::key::Key;
use crate::screen::effect::Effect;
use crate::screen::model::{Model, Typing, TypingKind};
use crate::screen::prompt;

/// What a key does also while text is typed: it closes the line, or suspends. Letters are text, whatever they do otherwise.
pub(super) fn leaves(model: &Model, key: KeyEvent) -> Option<Action> {
    let action = model.keymap.of(key, model.screen().place.on());
    action.filter(|action| matches!(action, Action::Quit | Action::Suspend) && !Key::of(key).is_text())
}

/// Gives what is to be done outside.
pub(super) fn type_key(model: &mut Model, key: KeyEvent) -> Option<Effect> {
    let leaves = leaves(model, key);
    let mut typing = model.typing.take()?;
    // What quits closes what is open first.
    let code = if leaves == Some(Action::Quit) {
        KeyCode::Esc
    } else {
        key.code
    };
    match (code, typing.kind) {
        (KeyCode::Enter, TypingKind::Filter | TypingKind::Help) => {}
        (KeyCode::Esc, TypingKind::Filter) => {
            let moment = model.moment();
            let screen = model.screen_mut();
            screen.filter = typing.before;
            // What it hid was not left.
            match typing.selected {
                Some(selected) => screen.arrange_with(&selected, moment),
                None => rearrange(screen, moment),
            }
        }
        (KeyCode::Esc, TypingKind::Help) => help::narrow(model, typing.before),
        (KeyCode::Esc, TypingKind::Go) => {}
        // An empty line goes nowhere.
        (KeyCode::Enter, TypingKind::Go) if typing.input.value().trim().is_empty() => {}
        (KeyCode::Enter, TypingKind::Go) => match follow(model, typing.input.value()) {
            Ok(aside) => return aside,
            Err(error) => {
                typing.error = Some(error);
                model.typing = Some(typing);
            }
        },
        (KeyCode::Up | KeyCode::Down, TypingKind::Go) => {
            recall::recall(model, &mut typing, if key.code == KeyCode::Up { 1 } else { -1 });
            model.typing = Some(typing);
        }
        (KeyCode::Tab, TypingKind::Go) => {
            recall::complete(model, &mut typing);
            model.typing = Some(typing);
        }
        _ if leaves == Some(Action::Suspend) => {
            model.typing = Some(typing);
            return Some(Effect::Suspend);
        }
        // What was wrong is left for another line; but a time of day has colons of its own.
        (KeyCode::Char(':'), TypingKind::Go)
            if typing.error.is_some() && !typing.input.value().trim_start().starts_with("as") =>
        {
            typing.error = None;
            typing.input = Input::default();
            model.typing = Some(typing);
        }
        _ => {
            typing.input.handle_event(&Event::Key(key));
            typed(model, typing);
        }
    }
    None
}

/// Goes where a line says. Gives what is to be done outside.
fn follow(model: &mut Model, line: &str) -> Result<Option<Effect>, String> {
    let aside = go_to(model, prompt::parse(line, model.now)?)?;
    recall::remember(model, line.trim());
    Ok(aside)
}

pub(super) fn paste(model: &mut Model, text: &str) {
    if let Some(open) = &mut model.palette {
        palette::paste(open, text);
        model.dirty = true;
        return;
    }
    let Some(mut typing) = model.typing.take() else { return };
    insert(&mut typing.input, text);
    typed(model, typing);
    model.dirty = true;
}

/// Puts pasted text where the cursor is. It is one line: what was copied often ends with a break, which terminals send as `\r`.
pub(super) fn insert(input: &mut Input, text: &str) {
    let parts = text.split(['\r', '\n', '\t']).map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let text = printable(&parts.join(" ")).into_owned();
    let at = input.cursor();
    let before: String = input.value().chars().take(at).collect();
    let behind: String = input.value().chars().skip(at).collect();
    let cursor = at + text.chars().count();
    *input = Input::new(format!("{before}{text}{behind}")).with_cursor(cursor);
}

/// Rows and help follow a filter while it is typed.
fn typed(model: &mut Model, mut typing: Typing) {
    typing.error = None;
    match typing.kind {
        TypingKind::Filter => {
            let moment = model.moment();
            model.screen_mut().filter = typing.input.value().to_owned();
            rearrange(model.screen_mut(), moment);
            let screen = model.screen();
            typing.error = screen.place.no_such_column(&screen.filter);
        }
        TypingKind::Help => help::narrow(model, typing.input.value().to_owned()),
        TypingKind::Go => {}
    }
    model.typing = Some(typing);
}
