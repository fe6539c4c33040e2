//! What stands at a place of the screen, for the mouse: the same regions as are drawn.

use ratatui::layout::{Position, Rect};

use super::{SMALLEST, backend, footer, list_area, pull_request, regions, summary, trends};
use crate::data::list;
use crate::keys::action::Action;
use crate::screen::model::{Model, Place};

/// Something that can be clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A row of the list.
    Row {
        /// The number of its line in the list,
        line: usize,
        /// and in what is seen of it.
        place: usize,
        /// The column of a matrix, and the first that is seen of it.
        head: Option<(usize, usize)>,
    },
    /// The head of a column that the rows can be sorted by, by its number.
    Head(usize),
    /// A key of the footer.
    Key(Action),
}

/// What is there; none under a popup, and where nothing can be done.
pub fn target(model: &Model, position: Position) -> Option<Target> {
    let (columns, rows) = model.size;
    let is_typed = model.palette.is_some() || model.typing.is_some();
    let is_covered = is_typed || model.cover().is_some();
    if is_covered || columns < SMALLEST.0 || rows < SMALLEST.1 {
        return None;
    }
    let [_, body, bottom] = regions(Rect::new(0, 0, columns, rows));
    if bottom.contains(position) {
        return footer::action_at(model, bottom.width, position.x - bottom.x).map(Target::Key);
    }
    if let Some(number) = head_at(model, body, position) {
        return Some(Target::Head(number));
    }
    let area = list_area(model);
    if !area.contains(position) {
        return None;
    }
    let list = &model.screen().list;
    let place = usize::from(position.y - area.y);
    let mut window = match model.screen().place {
        Place::PullRequest(_) | Place::Commit(_) => {
            let (_, window) = pull_request::rows(model, body);
            if place == 0 && list.heading_gone_by(&window).is_some() {
                return None;
            }
            window
        }
        _ => list.window(usize::from(area.height)),
    };
    let line = window.nth(place)?;
    let list::Line::Row(_) = list.lines().get(line)? else {
        return None;
    };
    let head = match model.screen().place {
        Place::Backend(_) => backend::head_at(model, body, position.x),
        _ => None,
    };
    Some(Target::Row { line, place, head })
}

/// The column of a table whose head stands there.
fn head_at(model: &Model, body: Rect, position: Position) -> Option<usize> {
    let place = &model.screen().place;
    let heads = match place {
        Place::Summary => summary::regions(body)[1],
        Place::Trends(_) => trends::regions(body)[2],
        Place::Backend(_) | Place::PullRequest(_) | Place::Commit(_) | Place::Pipeline => return None,
    };
    if !heads.contains(position) {
        return None;
    }
    let x = position.x - heads.x;
    match place {
        Place::Summary => summary::head_at(model, heads.width, x),
        _ => trends::head_at(heads.width, x),
    }
}
