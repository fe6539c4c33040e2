//! The mouse: the wheel moves, a click selects, a second one opens; on the head of a column it sorts, and then the other way round.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{perform, rearrange};
use crate::keys::action::Action;
use crate::screen::effect::Effect;
use crate::screen::model::Model;
use crate::screen::view::{self, Target};

pub(super) fn mouse(model: &mut Model, event: MouseEvent) -> Option<Effect> {
    let way = match event.kind {
        MouseEventKind::ScrollUp => -1,
        MouseEventKind::ScrollDown => 1,
        MouseEventKind::Down(MouseButton::Left) => return click(model, Position::new(event.column, event.row)),
        _ => return None,
    };
    model.dirty = true;
    // What was wanted of what was selected is not of what is selected now.
    model.screen_mut().then = None;
    // Who moves while a filter is typed means what they move to, whatever becomes of the filter.
    if let Some(typing) = &mut model.typing {
        typing.selected = None;
    }
    match &mut model.palette {
        Some(palette) => {
            palette.list.step(way);
            None
        }
        None => perform(model, if way < 0 { Action::Up } else { Action::Down }),
    }
}

fn click(model: &mut Model, position: Position) -> Option<Effect> {
    let target = view::target(model, position)?;
    model.dirty = true;
    model.notice = None;
    model.screen_mut().then = None;
    match target {
        Target::Key(action) => perform(model, action),
        Target::Head(number) => {
            let moment = model.moment();
            let screen = model.screen_mut();
            screen.sort = screen.sort.by(number);
            rearrange(screen, moment);
            None
        }
        Target::Row { line, place, head } => {
            let screen = model.screen_mut();
            let is_selected = screen.list.selected_line() == line && head.is_none_or(|(head, _)| head == screen.column);
            if is_selected {
                return perform(model, Action::Open);
            }
            screen.list.hold(line, place);
            screen.wanted = None;
            // What is seen stays under the mouse.
            (screen.column, screen.columns_from) = head.unwrap_or((screen.column, screen.columns_from));
            None
        }
    }
}
