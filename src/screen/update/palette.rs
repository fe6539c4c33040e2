//! The palette while it is open, and what is picked in it.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use tui_input::backend::crossterm::EventHandler as _;

use super::asking::{Change, ask_anew};
use super::go::{self, stand_as_of, visit};
use super::perform;
use super::scroll::PAGE;
use super::typing::{insert, leaves};
use crate::keys::action::Action;
use crate::screen::effect::Effect;
use crate::screen::model::{Model, Typing};
use crate::screen::palette::{Palette, Pick, offers};

pub(super) fn open(model: &mut Model) {
    model.palette = Some(Palette::new(offers(model)));
}

/// What is known by now, while it is open.
pub(super) fn offer_anew(model: &mut Model) {
    if model.palette.is_some() {
        let offers = offers(model);
        if let Some(palette) = &mut model.palette {
            palette.offer(offers);
        }
    }
}

pub(super) fn key(model: &mut Model, key: KeyEvent) -> Option<Effect> {
    let leaves = leaves(model, key);
    let palette = model.palette.as_mut()?;
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Esc => model.palette = None,
        _ if leaves == Some(Action::Quit) => model.palette = None,
        KeyCode::Enter => {
            let pick = palette.selected().cloned()?;
            model.palette = None;
            return take(model, pick);
        }
        KeyCode::Up => palette.list.step(-1),
        KeyCode::Down => palette.list.step(1),
        KeyCode::Char('p') if control => palette.list.step(-1),
        KeyCode::Char('n') if control => palette.list.step(1),
        KeyCode::PageUp => palette.list.step(-(PAGE as isize)),
        KeyCode::PageDown => palette.list.step(PAGE as isize),
        _ if leaves == Some(Action::Suspend) => return Some(Effect::Suspend),
        _ => {
            if palette
                .input
                .handle_event(&Event::Key(key))
                .is_some_and(|change| change.value)
            {
                palette.search();
            }
        }
    }
    None
}

pub(super) fn paste(palette: &mut Palette, text: &str) {
    insert(&mut palette.input, text);
    palette.search();
}

fn take(model: &mut Model, pick: Pick) -> Option<Effect> {
    match pick {
        Pick::Do(action) => return perform(model, action),
        Pick::Go(place) => visit(model, place),
        Pick::View(event) => {
            model.event = event;
            ask_anew(model, Change::Event);
        }
        Pick::Range(range) => {
            model.range = range;
            ask_anew(model, Change::Range);
        }
        Pick::Theme(theme) => go::wear(model, theme),
        Pick::AsOf => model.typing = Some(Typing::as_of()),
        Pick::Now => stand_as_of(model, None),
    }
    None
}
