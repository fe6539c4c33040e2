//! What can be done here, and what the letters mean: made of the tables of actions and glyphs.
//!
//! ```text
//! ┌ help ─────────────────────────────────────────────────────────────────┐
//! │ Enter        open what is selected                               open │
//! └ / narrows, q closes ──────────────────────────────────────────────────┘
//! ```

use crossterm::event::KeyCode;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::popup::{self, Popup};
use super::style;
use crate::data::filter::Filter;
use crate::data::glyph::GLYPHS;
use crate::data::text::width;
use crate::keys::action::Action;
use crate::keys::key::Key;
use crate::screen::model::{Model, Place};

/// Columns at most; names have room in them.
const WIDEST: u16 = 100;
/// Of the keys of an action, with the blanks behind them.
const KEYS: std::ops::RangeInclusive<usize> = 13..=26;
/// Of the longest help, with two blanks behind it, so that names stand in a column.
const HELP: usize = 60;
/// Of the longest name.
const NAME: usize = 15;
/// The letters are said in so few words that these many stand in a line.
const LETTERS: usize = 6;

/// How far it can be scrolled in an area.
pub(super) fn scroll_max(model: &Model, area: Rect) -> usize {
    let lines = lines(model, popup::inner_width(WIDEST, area));
    popup::scroll_max(lines.len(), area)
}

pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let title = match model.help_filter.as_str() {
        "" => "help".to_owned(),
        filter => format!("help / {filter}"),
    };
    let (narrows, closes) = (model.keymap.shown(Action::Filter), model.keymap.shown(Action::Quit));
    let popup = Popup {
        widest: WIDEST,
        title,
        keys: &format!("{narrows} narrows, {closes} closes"),
        lines: lines(model, popup::inner_width(WIDEST, area)),
        scroll: model.help_scroll,
    };
    popup::draw(popup, frame, area);
}

/// What is looked for in the help.
enum Wanted {
    /// The name of a key that works here, or a letter that is explained: that line alone, for `t` is a part of most of them.
    Key(Key),
    Words(Filter),
}

impl Wanted {
    fn new<'a>(typed: &str, mut keys: impl Iterator<Item = &'a Key>) -> Self {
        match typed.trim().parse::<Key>() {
            Ok(key) if is_letter(key) || keys.any(|it| *it == key) => Self::Key(key),
            Ok(_) | Err(_) => Self::Words(Filter::new(typed)),
        }
    }

    fn is_all(&self) -> bool {
        matches!(self, Self::Words(filter) if filter.is_empty())
    }
}

/// Is it one of the letters that stand for results?
fn is_letter(key: Key) -> bool {
    GLYPHS.iter().any(|(letter, ..)| key == of_letter(*letter))
}

fn of_letter(letter: char) -> Key {
    Key::plain(KeyCode::Char(letter))
}

/// Actions with their keys, then the letters; with a filter those that have its words, or are its key.
fn lines(model: &Model, columns: usize) -> Vec<Line<'static>> {
    let on = model.screen().place.on();
    let entries = model.keymap.entries().filter(|(entry, _)| entry.on.covers(on));
    let entries: Vec<_> = entries.collect();
    let wanted = Wanted::new(&model.help_filter, entries.iter().flat_map(|(_, keys)| keys.iter()));
    let widest = entries
        .iter()
        .map(|(_, keys)| width(&names(keys)) + 2)
        .max()
        .unwrap_or(0);
    let keys_width = widest.clamp(*KEYS.start(), *KEYS.end());
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (entry, keys) in entries {
        let (name, bound) = (entry.action.name(), keys);
        let keys = names(bound);
        let is_wanted = match &wanted {
            Wanted::Key(key) => bound.contains(key),
            Wanted::Words(filter) => filter.passes(&[&keys, &name, entry.help]),
        };
        if !is_wanted {
            continue;
        }
        let mut line = Line::from(vec![
            Span::styled(format!(" {}", style::left(&keys, keys_width)), style::bold()),
            Span::raw(style::left(entry.help, HELP)),
        ]);
        // What it is called in the configuration, where there is room for all names.
        if style::width(&line) + NAME <= columns {
            line.push_span(Span::styled(name, style::dim()));
        }
        lines.push(line);
    }
    if wanted.is_all() {
        lines.push(Line::default());
    }
    lines.extend(letters(model, &wanted));
    let notes = notes(&model.screen().place).iter().filter(|_| wanted.is_all());
    lines.extend(notes.map(|note| Line::styled(format!(" {note}"), style::dim())));
    if lines.is_empty() {
        lines.push(Line::styled(" nothing here has these words", style::dim()));
    }
    lines
}

/// What words of a screen mean that don't say it themselves.
fn notes(place: &Place) -> &'static [&'static str] {
    match place {
        Place::Summary => &[
            "before a backend: O 95 % or more pass, ! 80 %, X less, – no rate",
            "time: timed out; other: skipped, neutral, unknown; queue: the median wait",
        ],
        Place::Backend(_) => &[
            "when: the time of day within 24 hours, else the day; in UTC",
            "end to end: a run's longest queue, and from its first start to its last end",
        ],
        Place::Trends(_) => &["fail+time: failed or timed out; flaky: passed after it had failed"],
        Place::PullRequest(_) | Place::Commit(_) => &[
            "likely this PR, or commit: a job failed that usually passes, 90 % or more in 14 days",
            "likely the backend: only jobs failed that often fail, less than 80 % passed, or failed in the last 3 PRs and more",
            "unclear: neither, or fewer than 10 results, too few to tell",
        ],
        Place::Pipeline => &[],
    }
}

fn names(keys: &[Key]) -> String {
    let names: Vec<String> = keys.iter().map(Key::to_string).collect();
    match names.as_slice() {
        // The palette does it all the same.
        [] => "–".to_owned(),
        names => names.join(" "),
    }
}

fn letters(model: &Model, wanted: &Wanted) -> Vec<Line<'static>> {
    let mut letters = Vec::new();
    for (letter, tone, meaning) in GLYPHS {
        let meaning = meaning.split(" (").next().unwrap_or(meaning);
        let meaning = if *letter == 'F' { "flaky" } else { meaning };
        let is_wanted = match wanted {
            Wanted::Key(key) => *key == of_letter(*letter),
            Wanted::Words(filter) => filter.passes(&[&letter.to_string(), meaning]),
        };
        if is_wanted {
            letters.push([
                Span::styled(letter.to_string(), style::of(*tone, model)),
                Span::styled(format!(" {meaning}  "), style::dim()),
            ]);
        }
    }
    let lines = letters.chunks(LETTERS).map(|letters| {
        let mut line = Line::from(Span::raw(" "));
        line.spans.extend(letters.iter().flatten().cloned());
        line
    });
    lines.collect()
}
