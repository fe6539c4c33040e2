//! The screen, as plain functions of the model: one file per drawn region.
//!
//! ```text
//!  oot-hud  Summary                             pull requests · 7 days   fresh 4s     header
//!
//!  …                                                                                  the screen's own
//!
//!  Enter open · / filter · …                                                          footer
//! ```

mod backend;
mod detail;
mod footer;
mod grid;
mod header;
mod help;
mod palette;
mod pipeline;
mod pointer;
mod popup;
mod pull_request;
mod readiness;
mod style;
mod summary;
mod tier;
mod trends;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};

use crate::data::Data;
use crate::screen::ascii::make_ascii;
use crate::screen::model::{Cover, Model, Place};
pub use pointer::{Target, target};

/// The smallest terminal that is drawn on. 24 rows less the line that tmux takes.
const SMALLEST: (u16, u16) = (80, 20);

/// Draws everything.
pub fn draw(model: &Model, frame: &mut Frame<'_>) {
    draw_regions(model, frame);
    if model.look.ascii {
        make_ascii(frame.buffer_mut());
    }
}

fn draw_regions(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "oot-hud needs {}×{}, this is {}×{}",
            SMALLEST.0, SMALLEST.1, area.width, area.height
        );
        frame.render_widget(text, area);
        return;
    }
    let [top, body, bottom] = regions(area);
    header::draw(model, frame, top);
    match &model.screen().place {
        Place::Summary => summary::draw(model, frame, body),
        Place::Backend(_) => backend::draw(model, frame, body),
        Place::PullRequest(_) | Place::Commit(_) => pull_request::draw(model, frame, body),
        Place::Trends(_) => trends::draw(model, frame, body),
        Place::Pipeline => pipeline::draw(model, frame, body),
    }
    footer::draw(model, frame, bottom);
    if let (Some(scroll), Some(selected)) = (model.detail, selected(model)) {
        detail::whole::draw(model, &selected, scroll, frame, body);
    }
    if model.help {
        help::draw(model, frame, body);
    }
    if let Some(open) = &model.palette {
        palette::draw(model, open, frame, body);
    }
}

/// Rows that a page has: what the list of the screen shows at once, less one for the eye.
pub fn page(model: &Model) -> usize {
    usize::from(list_area(model).height.saturating_sub(1).max(1))
}

/// Where the list of the screen stands.
fn list_area(model: &Model) -> Rect {
    let body = body(model);
    match &model.screen().place {
        Place::Summary => summary::regions(body)[2],
        Place::Backend(_) => backend::list_area(model, body),
        Place::PullRequest(_) | Place::Commit(_) => pull_request::rows(model, body).0,
        Place::Trends(_) => trends::regions(body)[3],
        Place::Pipeline => pipeline::regions(body)[1],
    }
}

/// The columns that the screen can be sorted by where they are seen, by their numbers; the name is the last. None where there is no table.
pub fn sortable(model: &Model) -> Vec<usize> {
    let place = &model.screen().place;
    let drawn = match place {
        Place::Summary => summary::drawn(model.size.0),
        _ => (0..place.sortable().unwrap_or_default()).collect(),
    };
    drawn.into_iter().chain(place.sortable()).collect()
}

/// The first column that is seen of a matrix.
pub fn seen_from(model: &Model) -> Option<usize> {
    match model.screen().place {
        Place::Backend(_) => backend::seen_from(model, body(model)),
        _ => None,
    }
}

/// How far the popup that is open can be scrolled.
pub fn scroll_max(model: &Model) -> usize {
    let body = body(model);
    let most = match model.cover() {
        None => None,
        Some(Cover::Help) => Some(help::scroll_max(model, body)),
        Some(Cover::Detail) => selected(model).map(|selected| detail::whole::scroll_max(model, &selected, body)),
        Some(Cover::Readiness) => match model.screen().slot.value() {
            Some(Data::Backend(backend)) => readiness::scroll_max(model, backend, body),
            _ => None,
        },
    };
    most.unwrap_or(0)
}

/// The result that is selected.
fn selected(model: &Model) -> Option<detail::Selected<'_>> {
    match model.screen().slot.value()? {
        Data::Backend(backend) => backend::selected(model, &backend.matrix),
        Data::PullRequest(pull_request) => pull_request::selected(model, pull_request),
        Data::Summary { .. } | Data::Trends(_) | Data::Pipeline(_) => None,
    }
}

/// What is the screen's own.
fn body(model: &Model) -> Rect {
    let (columns, rows) = model.size;
    let [_, body, _] = regions(Rect::new(0, 0, columns, rows));
    body
}

fn regions(area: Rect) -> [Rect; 3] {
    Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(area)
}

#[cfg(test)]
mod tests;
