//! One line: where am I, what is chosen, how fresh.
//!
//! ```text
//!  oot-hud  Summary ▸ intel/torch-xpu-ops         pull requests · 7 days   fresh 4s · lag 0.6s
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::style;
use crate::data::Data;
use crate::data::figures::{age, duration, lag, minute};
use crate::data::glyph::Tone;
use crate::data::text::{fit, printable, width};
use crate::screen::model::{Model, Place};
use crate::web::titles::Title;

/// It turns while an answer is slow.
const SPINNER: [char; 8] = ['⣷', '⣯', '⣟', '⡿', '⢿', '⣻', '⣽', '⣾'];

/// Columns that are kept for where we are.
const PLACE_WIDTH: usize = 24;
/// Columns that are worth more to a title than where we came through.
const TITLE_WIDTH: usize = 32;
/// Columns of it that are worth more than its author.
const TITLE_WIDTH_MIN: usize = 24;

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let mut trail = vec![Span::styled(" oot-hud  ", style::bold()), Span::raw("Summary")];
    for place in model.screens.iter().map(|screen| &screen.place) {
        let name = match place {
            Place::Summary => continue,
            Place::Backend(repo) => printable(repo).into_owned(),
            Place::PullRequest(number) => format!("PR #{number}"),
            Place::Commit(sha) => format!("commit {}", sha.get(..8).unwrap_or(sha)),
            Place::Trends(None) => "trends".to_owned(),
            Place::Trends(Some(repo)) => format!("trends of {}", printable(repo)),
            Place::Pipeline => "pipeline".to_owned(),
        };
        trail.push(Span::styled(" ▸ ", style::dim()));
        trail.push(Span::raw(name));
    }
    let screen = model.screen();
    let chosen = match screen.place {
        Place::PullRequest(_) | Place::Commit(_) | Place::Pipeline => String::new(),
        _ => format!("{} · {}   ", model.event.title(), model.range.title()),
    };
    let as_of = model.as_of.map(|at| format!("as of {}   ", minute(at)));
    let outdated = screen.slot.is_outdated();
    let (fresh, tone) = match (screen.slot.fresh_at(), screen.slot.error()) {
        // What is on screen is of another range or view.
        (Some(_), None) if outdated => ("loading, shown is the last one".to_owned(), Tone::Warning),
        (Some(_), Some(_)) if outdated => ("no answer, shown is the last one".to_owned(), Tone::Bad),
        (None, None) => ("loading".to_owned(), Tone::Dim),
        (None, Some(_)) => ("no data".to_owned(), Tone::Bad),
        (Some(at), Some(_)) => (format!("stale {}", age(at, model.now)), Tone::Bad),
        (Some(at), None) => (format!("fresh {}", age(at, model.now)), Tone::Good),
    };
    let fresh = match model.spinner() {
        Some(turn) => format!("{} {fresh}", SPINNER[turn % SPINNER.len()]),
        None => fresh,
    };
    let mut right = vec![Span::styled(chosen, style::dim())];
    if let Some(as_of) = as_of {
        right.push(Span::styled(as_of, style::of(Tone::Warning, model)));
    }
    if model.paused {
        right.push(Span::styled("paused · ", style::of(Tone::Warning, model)));
    }
    right.push(Span::styled(fresh, style::of(tone, model)));
    if let Some((text, tone)) = pipeline(model) {
        right.push(Span::styled(" · ", style::dim()));
        right.push(Span::styled(text, style::of(tone, model)));
    }
    right.push(Span::raw(" "));
    let (trail, mut right) = (Line::from(trail), Line::from(right));
    if style::width(&right) + PLACE_WIDTH > usize::from(area.width) {
        // What is chosen can be seen elsewhere; where we are, and what is wrong, can't.
        right.spans.remove(0);
    }
    let right_width = u16::try_from(style::width(&right))
        .unwrap_or(area.width)
        .min(area.width);
    let room = Rect {
        width: area.width - right_width,
        ..area
    };
    let columns = usize::from(room.width).saturating_sub(2);
    let title = title(model);
    let wanted = title.map_or(0, |title| (2 + width(&title.title)).min(TITLE_WIDTH));
    // Where we are is worth more than through where we came.
    let mut trail = match (style::width(&trail) + wanted <= columns, trail.spans.len()) {
        (false, spans @ 4..) => {
            let last = trail.spans[spans - 1].clone();
            Line::from(vec![
                Span::styled(" oot-hud", style::bold()),
                trail.spans[spans - 2].clone(),
                last,
            ])
        }
        _ => trail,
    };
    if let Some(title) = title {
        let left = columns.saturating_sub(style::width(&trail) + 2);
        trail
            .spans
            .push(Span::styled(format!("  {}", called(title, left)), style::dim()));
    }
    frame.render_widget(style::fitted(trail, columns), room);
    frame.render_widget(
        style::fitted(right, usize::from(right_width)),
        Rect {
            x: area.x + room.width,
            width: right_width,
            ..area
        },
    );
}

/// Of the pull request that is looked at.
fn title(model: &Model) -> Option<&Title> {
    let screen = model.screen();
    match (&screen.place, screen.slot.value()?) {
        (Place::PullRequest(number), Data::PullRequest(pull_request)) => pull_request.titles.get(number),
        _ => None,
    }
}

/// `Title — author` in so many columns. Where there is too little room, the title is cut, and the author goes first.
fn called(title: &Title, columns: usize) -> String {
    let author = match title.author.as_str() {
        "" => String::new(),
        author => format!(" — {author}"),
    };
    let left = columns.saturating_sub(width(&author));
    if left >= width(&title.title).min(TITLE_WIDTH_MIN) {
        format!("{}{author}", fit(&title.title, left))
    } else {
        fit(&title.title, columns).into_owned()
    }
}

/// What the daemons say, in a word: what is wrong, else how far they are behind.
fn pipeline(model: &Model) -> Option<(String, Tone)> {
    let pipeline = model.pipeline.value()?;
    let mut reasons = pipeline.reasons().into_iter();
    if let Some(worst) = reasons.next() {
        return match reasons.count() {
            0 => Some((worst, Tone::Bad)),
            more => Some((format!("{worst} +{more}"), Tone::Bad)),
        };
    }
    let text = match (pipeline.silent().count(), pipeline.daemons.len()) {
        (0, _) => None,
        (silent, all) if silent == all => Some("the pipeline is silent".to_owned()),
        (silent, all) => Some(format!("{silent} of {all} daemons silent")),
    };
    if let Some(text) = text {
        return Some((text, Tone::Bad));
    }
    if let Some(trouble) = pipeline.oldest_trouble() {
        let text = format!("{} in trouble {}", trouble.source, duration(Some(trouble.seconds)));
        return Some((text, Tone::Warning));
    }
    match (pipeline.spooled(), pipeline.lag_seconds()?) {
        (0, seconds) => Some((format!("lag {}", lag(seconds)), Tone::Dim)),
        (results, _) => Some((format!("{results} spooled"), Tone::Warning)),
    }
}
