//! One line: where am I, what is chosen, how fresh.
//!
//! ```text
//!  oot-hud  Summary ▸ intel/torch-xpu-ops         pull requests · 7 days   fresh 4s · lag 0.6s
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

use super::style;
use crate::data::Data;
use crate::data::chosen::Range;
use crate::data::figures::{age, duration, lag, minute};
use crate::data::glyph::Tone;
use crate::data::text::{fit, printable, width};
use crate::screen::model::{Model, Place};
use crate::web::titles::Title;

/// It turns while an answer is slow.
const SPINNER: [char; 8] = ['⣷', '⣯', '⣟', '⡿', '⢿', '⣻', '⣽', '⣾'];

/// Where we are, and through where we came, at most.
const PLACES: usize = 3;
/// Columns that are worth more to a title than where we came through.
const TITLE_WIDTH: usize = 32;
/// Columns of it that are worth more than its author, and more than long words at the right.
const TITLE_WIDTH_MIN: usize = 24;
/// Columns of where we are, its title among them, for which words at the right are shortened.
const PLACE_WIDTH: usize = 48;
/// Columns that what is wrong with the pipeline has at least.
const PIPELINE_WIDTH: usize = 12;

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width);
    let trail = trail(model);
    let title = title(model);
    let title_width = title.map_or(0, |title| 2 + width(&title.title));
    let last = style::width(&from_last(&trail, 2)) + 2;
    let place = (last + title_width.min(TITLE_WIDTH_MIN)).min(PLACE_WIDTH);
    let right = right(model, columns.saturating_sub(place), columns.saturating_sub(last));
    let right_width = style::width(&right).min(columns);
    let left = columns.saturating_sub(right_width + 2);
    // Where we are is worth more than through where we came.
    let mut trail = if style::width(&trail) + title_width.min(TITLE_WIDTH) <= left {
        trail
    } else if last <= left + 2 {
        from_last(&trail, 2)
    } else {
        from_last(&trail, 1)
    };
    if let Some(title) = title {
        let room = left.saturating_sub(style::width(&trail) + 2);
        trail
            .spans
            .push(Span::styled(format!("  {}", called(title, room)), style::dim()));
    }
    let [at_left, at_right] = Layout::horizontal([
        Constraint::Fill(1),
        Constraint::Length(u16::try_from(right_width).unwrap_or(area.width)),
    ])
    .areas(area);
    frame.render_widget(style::fitted(trail, left), at_left);
    frame.render_widget(style::fitted(right, right_width), at_right);
}

/// Where we are, and through where we came.
fn trail(model: &Model) -> Line<'static> {
    let names = model.screens.iter().filter_map(|screen| {
        Some(match &screen.place {
            Place::Summary => return None,
            Place::Backend(repo) => printable(repo).into_owned(),
            Place::PullRequest(number) => format!("PR #{number}"),
            Place::Commit(sha) => format!("commit {}", sha.get(..8).unwrap_or(sha)),
            Place::Trends(None) => "trends of all backends".to_owned(),
            Place::Trends(Some(repo)) => format!("trends of {}", printable(repo)),
            Place::Pipeline => "pipeline".to_owned(),
        })
    });
    let names: Vec<String> = std::iter::once("Summary".to_owned()).chain(names).collect();
    let shown = &names[names.len().saturating_sub(PLACES)..];
    let mut trail = vec![Span::styled(" oot-hud  ", style::bold())];
    if shown.len() < names.len() {
        trail.push(Span::styled("… ▸ ", style::dim()));
    }
    for (number, name) in shown.iter().enumerate() {
        if number > 0 {
            trail.push(Span::styled(" ▸ ", style::dim()));
        }
        trail.push(Span::raw(name.clone()));
    }
    Line::from(trail)
}

/// The end of a trail: the program and where we are, in one part where we are alone.
fn from_last(trail: &Line<'static>, parts: usize) -> Line<'static> {
    match (trail.spans.as_slice(), parts) {
        ([.., last], 1) => Line::from(vec![Span::raw(" "), last.clone()]),
        ([.., separator, last], _) if trail.spans.len() > 2 => {
            let program = Span::styled(" oot-hud", style::bold());
            Line::from(vec![program, separator.clone(), last.clone()])
        }
        _ => trail.clone(),
    }
}

/// How short what stands at the right is said. Each step leaves out what can be missed most easily of what is left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Said {
    InFull,
    /// The moment of the screens without explanations.
    Moment,
    /// How fresh it is, in a word.
    Fresh,
    /// View and range as they are typed.
    Chosen,
    /// The moment as a clock says it.
    Clock,
    /// The pipeline, and that it is paused, in a word.
    Tightest,
}

const SHORTER: [Said; 6] = [
    Said::InFull,
    Said::Moment,
    Said::Fresh,
    Said::Chosen,
    Said::Clock,
    Said::Tightest,
];

/// What is chosen, how fresh it is, and the pipeline, as much as there is room for; view and range in any case. What doesn't fit into so
/// many columns may take these many at most.
fn right(model: &Model, columns: usize, most: usize) -> Line<'static> {
    let pipeline = pipeline(model);
    let said = |said| said_so(model, said, pipeline.clone());
    let fits = SHORTER.into_iter().map(said).find(|line| style::width(line) <= columns);
    fits.unwrap_or_else(|| {
        let rest = style::width(&said_so(model, Said::Tightest, None));
        let room = most.saturating_sub(rest + 3).max(PIPELINE_WIDTH);
        let pipeline = pipeline.map(|(text, tone)| (fit(short(&text), room).into_owned(), tone));
        said_so(model, Said::Tightest, pipeline)
    })
}

fn said_so(model: &Model, said: Said, pipeline: Option<(String, Tone)>) -> Line<'static> {
    let gap = if said == Said::Tightest { "  " } else { "   " };
    let mut spans = Vec::new();
    if model.screen().place.on().is_ranged() {
        let (range, name) = said_range(model, model.range);
        let chosen = match said < Said::Chosen {
            true => format!("{} · {range}{gap}", model.event.title()),
            false => format!("{} · {name}{gap}", model.event.as_str()),
        };
        spans.push(Span::styled(chosen, style::dim()));
    }
    if let (Some(_), Place::Pipeline) = (model.as_of, &model.screen().place) {
        // What daemons say of themselves they say of now alone.
        spans.push(Span::styled(format!("now{gap}"), style::dim()));
    } else if let Some(at) = model.as_of {
        let moment = minute(at);
        let year = minute(model.now).get(..5).map(str::to_owned).unwrap_or_default();
        let text = match said {
            Said::InFull => format!("as of {moment} UTC, later values where replaced"),
            Said::Clock | Said::Tightest => format!("as of {} UTC", moment.strip_prefix(&year).unwrap_or(&moment)),
            _ => format!("as of {moment} UTC"),
        };
        spans.push(Span::styled(format!("{text}{gap}"), style::of(Tone::Warning, model)));
    }
    let (fresh, tone) = fresh(model, said >= Said::Fresh);
    match (model.paused, said) {
        (true, Said::Tightest) => {
            let age = model
                .screen()
                .slot
                .fresh_at()
                .map_or(String::new(), |at| age(at, model.now));
            spans.push(Span::styled(format!("paused {age}"), style::of(tone, model)));
        }
        (true, _) => {
            spans.push(Span::styled("paused · ", style::of(Tone::Warning, model)));
            spans.push(Span::styled(fresh, style::of(tone, model)));
        }
        (false, _) => spans.push(Span::styled(fresh, style::of(tone, model))),
    }
    if let Some((text, tone)) = pipeline {
        let text = if said == Said::Tightest {
            short(&text).to_owned()
        } else {
            text
        };
        spans.push(Span::styled(" · ", style::dim()));
        spans.push(Span::styled(text, style::of(tone, model)));
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// A range as the screen means it, and the same in short: trends are of whole days.
fn said_range(model: &Model, range: Range) -> (&'static str, &'static str) {
    match model.screen().place {
        Place::Trends(_) => (range.title_in_days(), range.name_in_days()),
        _ => (range.title(), range.name()),
    }
}

/// How old what is shown is, and what it is of where that is no more what is chosen.
fn fresh(model: &Model, is_short: bool) -> (String, Tone) {
    let screen = model.screen();
    let outdated = screen.slot.is_outdated();
    let instead = || match shown_instead(model) {
        Some(shown) if !is_short => format!(", showing {shown}"),
        _ => String::new(),
    };
    let (text, tone) = match (screen.slot.fresh_at(), screen.slot.error()) {
        (Some(_), None) if outdated => (format!("loading{}", instead()), Tone::Warning),
        (Some(_), Some(_)) if outdated => (format!("no answer{}", instead()), Tone::Bad),
        (None, None) => ("loading".to_owned(), Tone::Dim),
        (None, Some(_)) => ("no data".to_owned(), Tone::Bad),
        (Some(at), Some(_)) => (format!("stale {}", age(at, model.now)), Tone::Bad),
        (Some(at), None) => (format!("fresh {}", age(at, model.now)), Tone::Good),
    };
    match model.spinner() {
        Some(turn) => (format!("{} {text}", SPINNER[turn % SPINNER.len()]), tone),
        None => (text, tone),
    }
}

/// What is on screen, as far as it is another than what is chosen.
fn shown_instead(model: &Model) -> Option<String> {
    let (screen, chosen) = (model.screen(), model.chosen());
    let shown = screen.chosen?;
    let is_ranged = screen.place.on().is_ranged();
    let mut said = Vec::new();
    if is_ranged && shown.event != chosen.event {
        said.push(shown.event.title().to_owned());
    }
    if is_ranged && shown.range != chosen.range {
        said.push(said_range(model, shown.range).0.to_owned());
    }
    if shown.as_of != chosen.as_of && screen.place != Place::Pipeline {
        said.push(
            shown
                .as_of
                .map_or("now".to_owned(), |at| format!("as of {} UTC", minute(at))),
        );
    }
    (!said.is_empty()).then(|| said.join(" · "))
}

/// What is wrong with the pipeline, where it is clear that it is the pipeline.
fn short(text: &str) -> &str {
    text.strip_prefix("the pipeline ").unwrap_or(text)
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
