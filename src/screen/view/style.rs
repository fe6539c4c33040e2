//! How loud a thing is drawn, and the pieces that all screens are made of.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span, Text};
use tui_input::Input;

use crate::data::figures::Grade;
use crate::data::glyph::Tone;
use crate::data::text::{self, beginning, ending, fit};
use crate::keys::action::Action;
use crate::screen::known;
use crate::screen::model::Model;

/// Columns in which sentences are read well.
const WORDS_WIDTH: u16 = 76;

/// A tone's style. Without colours what is bad is bold, and what is dim is dim.
pub(super) fn of(tone: Tone, model: &Model) -> Style {
    let style = model
        .look
        .colour(tone)
        .map_or(Style::new(), |colour| Style::new().fg(colour));
    match tone {
        Tone::Bad => style.add_modifier(Modifier::BOLD),
        Tone::Dim => style.add_modifier(Modifier::DIM),
        Tone::Warning | Tone::Good | Tone::Running => style,
    }
}

pub(super) fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

pub(super) fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

/// The selected row.
pub(super) fn selected() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

/// The tone of a pass rate; none never reads as well.
pub(super) fn tone_of_rate(rate: Option<f64>) -> Tone {
    match rate.map(Grade::of) {
        None => Tone::Dim,
        Some(Grade::Red) => Tone::Bad,
        Some(Grade::Yellow) => Tone::Warning,
        Some(Grade::Green) => Tone::Good,
    }
}

/// Text in a width: cut with `…`, or filled with blanks.
pub(super) fn left(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let blanks = columns.saturating_sub(text::width(&text));
    format!("{text}{}", " ".repeat(blanks))
}

/// Cut in the middle: what tells shards apart stands at the end.
pub(super) fn squeeze(text: &str, columns: usize) -> String {
    if text::width(text) <= columns || columns < 4 {
        return text.to_owned();
    }
    let tail = columns / 2;
    format!("{}…{}", beginning(text, columns - tail - 1), ending(text, tail))
}

/// Text in a width, at the right.
pub(super) fn right(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    format!("{}{text}", " ".repeat(columns.saturating_sub(text::width(&text))))
}

/// The columns that a line takes.
pub(super) fn width(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| text::width(&span.content)).sum()
}

/// A line that ends in `…` where it is too long, in its style: what is selected stays so.
pub(super) fn fitted(mut line: Line<'static>, columns: usize) -> Line<'static> {
    if width(&line) <= columns {
        return line;
    }
    let whole: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    // Blanks are not missed.
    let mark = if text::width(whole.trim_end()) > columns {
        "…"
    } else {
        ""
    };
    let mut room = columns.saturating_sub(text::width(mark));
    let mut spans = Vec::with_capacity(line.spans.len());
    for span in std::mem::take(&mut line.spans) {
        let taken = text::width(&span.content);
        if taken > room {
            let cut = format!("{}{mark}", beginning(&span.content, room));
            spans.push(Span::styled(fit(&cut, columns).into_owned(), span.style));
            break;
        }
        room -= taken;
        spans.push(span);
    }
    line.spans = spans;
    line
}

/// What is seen of a line that is typed, in so many columns and one for the cursor; and the column of the cursor. What stands before the
/// cursor matters most.
pub(super) fn typed_line(input: &Input, columns: usize) -> (String, usize) {
    let value = input.value();
    let cursor = value.char_indices().nth(input.cursor());
    let (before, behind) = value.split_at(cursor.map_or(value.len(), |(at, _)| at));
    let before = ending(before, columns);
    let at = text::width(before);
    (format!("{before}{}", beginning(behind, columns + 1 - at)), at)
}

/// The n-th row of an area; empty below its end.
pub(super) fn row(area: Rect, number: usize) -> Rect {
    let number = u16::try_from(number).unwrap_or(u16::MAX);
    if number >= area.height {
        return Rect::ZERO;
    }
    Rect {
        y: area.y + number,
        height: 1,
        ..area
    }
}

/// An area without its first rows.
pub(super) fn below(area: Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..area
    }
}

/// A heading with a light rule to the end of the line.
pub(super) fn ruled(spans: Vec<Span<'static>>, area_width: u16) -> Line<'static> {
    let mut line = Line::from(spans);
    let rest = usize::from(area_width).saturating_sub(width(&line) + 1);
    line.spans.push(Span::styled(format!(" {}", "─".repeat(rest)), dim()));
    line
}

/// Why a view of a range has no rows.
pub(super) fn no_results(model: &Model) -> String {
    if let Some(nobody) = known::nobody(model) {
        return nobody;
    }
    let (view, range) = (
        model.keymap.shown(Action::NextView),
        model.keymap.shown(Action::NextRange),
    );
    format!("no results in this view and range; {view} and {range} choose others")
}

/// What stands where rows would: the outline of some while they are awaited, or that there are none.
pub(super) fn draw_nothing(model: &Model, what: &str, frame: &mut Frame<'_>, area: Rect) {
    match (model.screen().slot.value(), model.screen().slot.error()) {
        (None, None) => draw_outline(frame, area),
        (None, Some((error, _))) => draw_no_answer(model, error, frame, area),
        (Some(_), _) => {
            for (number, line) in why_nothing(model, what, area.width).into_iter().enumerate() {
                frame.render_widget(line, row(area, number));
            }
        }
    }
}

/// Why an answer shows no rows, in lines of so many columns.
pub(super) fn why_nothing(model: &Model, what: &str, columns: u16) -> Vec<Line<'static>> {
    let screen = model.screen();
    let text = match screen.filter.is_empty() {
        true => what.to_owned(),
        false => {
            let clears = model.keymap.shown(Action::Back);
            let why = screen.place.no_such_column(&screen.filter);
            let why = why.unwrap_or_else(|| format!("nothing passes the filter {:?}", screen.filter));
            format!("{why}; {clears} clears it")
        }
    };
    let lines = text::wrap(&text, usize::from(columns.saturating_sub(6)));
    let dimmed = |line| Line::styled(format!("   {line}"), dim());
    lines.into_iter().map(dimmed).collect()
}

/// Why there is nothing yet, and what to do, all of it: below there is room for its beginning alone.
fn draw_no_answer(model: &Model, error: &str, frame: &mut Frame<'_>, area: Rect) {
    let lines = text::wrap(
        &text::printable(error),
        usize::from(area.width.saturating_sub(6).min(WORDS_WIDTH)),
    );
    let widest = lines.iter().map(|line| text::width(line)).max().unwrap_or_default();
    let lines: Vec<Line<'_>> = std::iter::once(Line::styled("no answer yet", dim()))
        .chain([Line::default()])
        .chain(lines.into_iter().map(|line| Line::styled(line, of(Tone::Bad, model))))
        .collect();
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let columns = u16::try_from(widest).unwrap_or(u16::MAX);
    // Where there is too little room its beginning is seen.
    let middle = area.centered(
        Constraint::Length(columns.min(area.width)),
        Constraint::Length(height.min(area.height)),
    );
    frame.render_widget(Text::from(lines), middle);
}

/// Where rows will be.
fn draw_outline(frame: &mut Frame<'_>, area: Rect) {
    const WORDS: [usize; 7] = [24, 6, 6, 4, 4, 6, 10];
    for number in 0..usize::from(area.height).min(12) {
        let mut line = String::from("   ");
        for (place, word) in WORDS.into_iter().enumerate() {
            // Of different lengths, as words are.
            let length = word - (number * 5 + place * 3) % (word / 2);
            line.push_str(&"─".repeat(length));
            line.push_str(&" ".repeat(word - length + 3));
        }
        let line = Line::styled(fit(line.trim_end(), usize::from(area.width)).into_owned(), dim());
        frame.render_widget(line, row(area, number));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wide_characters_are_scrolled_by_the_columns_that_they_take() {
        let typed = |text: &str, cursor: usize, columns| {
            let input = Input::new(text.to_owned()).with_cursor(cursor);
            typed_line(&input, columns)
        };
        assert_eq!(typed("abc", 3, 8), ("abc".to_owned(), 3));
        assert_eq!(typed("日本語の行", 5, 5), ("の行".to_owned(), 4));
        assert_eq!(typed("日本語の行", 1, 5), ("日本語".to_owned(), 2));
        assert_eq!(typed("abcdef", 0, 3), ("abcd".to_owned(), 0));
    }

    #[test]
    fn a_line_that_is_cut_says_so_and_keeps_its_style() {
        let cut = |columns| {
            let line = Line::from(vec![Span::raw("one"), Span::raw(" · "), Span::raw("日本  ")]);
            let line = fitted(line.style(selected()), columns);
            assert_eq!(line.style, selected());
            line.spans.iter().map(|span| span.content.as_ref()).collect::<String>()
        };
        let seen = [12, 11, 10, 9, 8, 6, 3, 1, 0].map(cut);
        let expected = [
            "one · 日本  ",
            "one · 日本 ",
            "one · 日本",
            "one · 日…",
            "one · …",
            "one ·…",
            "on…",
            "…",
            "",
        ];
        assert_eq!(seen, expected);
    }

    proptest! {
        #[test]
        fn the_cursor_stands_behind_what_is_before_it(text in "[a日e\u{301}]{0,20}", at in 0_usize..20, columns in 2_usize..12) {
            let input = Input::new(text.clone()).with_cursor(at.min(text.chars().count()));
            let before: String = text.chars().take(input.cursor()).collect();
            let (seen, cursor) = typed_line(&input, columns);
            prop_assert!(cursor <= columns && text::width(&seen) <= columns + 1);
            let mut ends = before.char_indices().map(|(at, _)| &before[at..]).chain([""]);
            prop_assert!(ends.any(|end| seen.starts_with(end) && text::width(end) == cursor));
        }
    }
}
