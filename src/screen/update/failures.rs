//! From one failed result to the next.

use crate::data::Data;
use crate::screen::model::{Model, Screen};

/// Which way one goes along the rows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Down,
    Up,
}

/// Selects the next row in which a result failed; in a matrix, of the selected job. Says where there is none.
pub(super) fn seek(model: &mut Model, way: Way) {
    let screen = model.screen_mut();
    let found = screen.list.find(way == Way::Down, |row| has_failed(screen, row));
    match found {
        Some(line) => screen.list.select(line),
        None => {
            let what = match screen.slot.value() {
                Some(Data::Backend(_)) => "this job failed in no row",
                _ => "nothing failed",
            };
            let way = if way == Way::Down { "below" } else { "above" };
            model.notice = Some(format!("{what} {way}"));
        }
    }
}

fn has_failed(screen: &Screen, row: usize) -> bool {
    match screen.slot.value() {
        Some(Data::Backend(backend)) => {
            let worst = screen
                .heads
                .get(screen.column)
                .and_then(|head| backend.matrix.worst(row, head));
            worst.is_some_and(|(mark, _)| mark.has_failed())
        }
        // Attempts before the one that counts are passed over.
        Some(Data::PullRequest(_)) => {
            let shown = screen.shown(row);
            shown.is_some_and(|it| it.place.is_none() && it.cell.has_failed())
        }
        _ => false,
    }
}
