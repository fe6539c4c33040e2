//! The selected result in words: what, how it ended, what is usual, which tests failed, where to look.
//!
//! ```text
//!  unit · rhel9 matrix · X failure · attempt 2 (1: X) · usually passes 98.1% in 14 days · failed on the last 9 here, since 11-20 09:12
//!  ran 41m, usually 12m · queued 3m · 8430 passed, 2 failed, 20 skipped · ended 4m ago
//!    TestBinaryUfuncs::test_add_out_bfloat16   AssertionError: Tensor-likes are not close!
//!  attempt 1   X failure · ran 38m · 2h10 ago
//!  https://…
//! ```

pub(super) mod whole;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::style;
use crate::data::attempts::{Attempts, FailedTest, before_in_words};
use crate::data::chosen::Range;
use crate::data::figures::{age, day_and_minute, duration};
use crate::data::glyph::{self, Mark, Tone};
use crate::data::links;
use crate::data::matrix::Streak;
use crate::data::slot::Slot;
use crate::data::text;
use crate::data::usual::Usual;
use crate::screen::model::{Model, SLOW};
use crate::source::{Cell, Verdict};

/// Where fewer columns than this are, a test's message stands below its name.
const NARROW: usize = 80;

/// Lines in a low terminal: what, how it did, and one for what failed.
const FEW: usize = 3;

/// Attempts before the one that counts that have a line each.
const SHOWN: usize = 3;

/// What is selected, and what is to be said of it.
#[derive(Default)]
pub(super) struct Selected<'a> {
    pub(super) job: &'a str,
    pub(super) workflow: &'a str,
    /// The backend and its level, where the screen has several.
    pub(super) backend: Option<(&'a str, &'a str)>,
    /// None where nothing was reported.
    pub(super) mark: Option<Mark>,
    /// As much as the screen itself knows of it.
    pub(super) cell: Option<&'a Cell>,
    /// What was asked about it.
    pub(super) attempts: Option<&'a Slot<Attempts>>,
    pub(super) usual: Usual,
    /// Over how long that is usual.
    pub(super) usual_over: Option<Range>,
    pub(super) streak: Option<Streak>,
    /// Where an attempt before the one that counts is selected: its place, and the number of the one that counts.
    pub(super) earlier: Option<(usize, u32)>,
    /// Of how many shards it is the worst, and which of them failed.
    pub(super) shards: Option<String>,
}

impl<'a> Selected<'a> {
    fn answered(&self) -> Option<&'a Attempts> {
        self.attempts.and_then(Slot::value)
    }

    /// The place of the attempt that is selected; that of the result is the first.
    fn place(&self) -> usize {
        self.earlier.map_or(0, |(place, _)| place)
    }

    /// The most that is known of it.
    fn known(&self) -> Option<&'a Cell> {
        let answered = self.answered();
        answered
            .and_then(|attempts| attempts.cells.get(self.place()))
            .or(self.cell)
    }

    /// The attempts before it, of a result. Beside an attempt that is unfolded the others stand in rows of their own.
    fn others(&self) -> &'a [Cell] {
        let attempts = self.answered().filter(|_| self.earlier.is_none());
        attempts.map_or(&[][..], |attempts| attempts.cells.get(1..).unwrap_or_default())
    }

    /// The number of an attempt; where another has it, too, with when it started: `1 at 11-24 13:05`.
    fn number_of(&self, attempt: &Cell) -> String {
        let number = attempt.run_attempt;
        match self.answered().and_then(|attempts| attempts.told_by_start(attempt)) {
            Some(start) => format!("{number} at {start}"),
            None => number.to_string(),
        }
    }

    /// The tests that failed in the attempt at a place.
    fn failed_tests(&self, place: usize) -> &'a [FailedTest] {
        self.answered().map_or(&[], |attempts| attempts.failed_tests(place))
    }

    /// That tests failed of which the report names none; nothing while it isn't known.
    fn unnamed(&self) -> Option<Line<'static>> {
        let place = self.place();
        let answered = self.answered().and_then(|attempts| attempts.cells.get(place))?;
        let is_unnamed = answered.failed_tests > 0 && self.failed_tests(place).is_empty();
        is_unnamed.then(|| plain("no names of failed tests were reported".to_owned()))
    }
}

/// Lines that it has below a screen's rows, in an area of so many.
pub(super) fn height(rows: u16) -> u16 {
    match rows {
        ..28 => FEW as u16,
        28..44 => 7,
        _ => 11,
    }
}

/// Lines that a result needs, up to so many: known before its attempts are, so that nothing moves when they come.
pub(super) fn needed(model: &Model, selected: &Selected<'_>, width: u16, most: u16) -> u16 {
    let awaited = match selected.cell {
        // Tests and their stacks take whatever there is.
        Some(cell) if cell.failed_tests > 0 => return most,
        Some(cell) if selected.answered().is_none() && selected.earlier.is_none() => {
            cell.attempts.saturating_sub(1).min(SHOWN as u64 + 1) as usize
        }
        _ => 0,
    };
    let lines = lines(model, selected, width.into(), most.into()).len() + awaited;
    u16::try_from(lines.max(FEW)).unwrap_or(most).min(most)
}

/// Draws as many lines of it as an area has; the first ones matter most.
pub(super) fn draw(model: &Model, selected: &Selected<'_>, frame: &mut Frame<'_>, area: Rect) {
    let lines = lines(model, selected, usize::from(area.width), usize::from(area.height));
    for (number, line) in lines.into_iter().enumerate() {
        frame.render_widget(line, style::row(area, number));
    }
}

fn lines(model: &Model, selected: &Selected<'_>, width: usize, height: usize) -> Vec<Line<'static>> {
    let (cell, others) = (selected.known(), selected.others());
    let pieces = heading(model, selected, cell, others);
    let mut lines = flow(pieces.clone(), width);
    if let Some((repo, level)) = selected.backend {
        let mut pieces = pieces;
        let backend = format!("{repo} {level}");
        pieces.insert(2, Span::styled(backend.trim_end().to_owned(), style::dim()));
        let with_backend = flow(pieces, width);
        // It stands over the rows, too: where there are few lines it takes none of its own.
        if with_backend.len() == lines.len() || height > FEW {
            lines = with_backend;
        }
    }
    if let Some(cell) = cell {
        lines.extend(flow(facts(model, cell, selected.usual), width));
    }
    if let (Some(_), Some(slot)) = (selected.mark, selected.attempts) {
        lines.extend(match is_said_below(model, slot) {
            true => Some(plain("no answer".to_owned())),
            false => awaited(model, slot),
        });
    }
    lines.extend(selected.unnamed());
    lines.extend(selected.shards.iter().map(|text| plain(text.clone())));
    let tests = selected.failed_tests(selected.place());
    let links: Vec<String> = cell.map_or_else(Vec::new, addresses);
    // The tests that failed take what the rest leaves, but one line at least.
    let kept = others.len().min(SHOWN) + links.len();
    let room = height.saturating_sub(lines.len() + kept).max(1);
    lines.extend(failed(model, tests, width, room));
    let (shown, more) = others.split_at(others.len().min(SHOWN));
    lines.extend(shown.iter().map(|cell| attempt(model, selected, cell)));
    if !more.is_empty() {
        lines.push(plain(format!("and {} attempts before", more.len())));
    }
    lines.extend(whole_or_cut(links, width, height.saturating_sub(lines.len())));
    lines.truncate(height);
    lines.into_iter().map(|line| style::fitted(line, width)).collect()
}

/// What it is and how it ended.
fn heading(model: &Model, selected: &Selected<'_>, cell: Option<&Cell>, others: &[Cell]) -> Vec<Span<'static>> {
    let mut pieces = vec![
        Span::styled(selected.job.to_owned(), style::bold()),
        Span::styled(selected.workflow.to_owned(), style::dim()),
    ];
    let Some(mark) = cell.map(Mark::of).or(selected.mark) else {
        pieces.push(Span::styled("– no result here", style::dim()));
        return pieces;
    };
    let (letter, tone) = mark.glyph();
    let words = cell.map_or_else(|| mark.word().to_owned(), glyph::words);
    pieces.push(Span::styled(format!("{letter} {words}"), style::of(tone, model)));
    if let Some(cell) = cell.filter(|cell| cell.attempts > 1 || cell.run_attempt > 1) {
        let others: Vec<String> = others
            .iter()
            .map(|other| format!("{}: {}", selected.number_of(other), glyph::of(other).0))
            .collect();
        let others = match (selected.earlier, others.is_empty(), cell.attempts) {
            (Some((_, counts)), ..) => {
                let current = selected.answered().and_then(Attempts::current);
                let counts = current.map_or_else(|| counts.to_string(), |current| selected.number_of(current));
                format!(", attempt {counts} counts")
            }
            (None, false, _) => format!(" ({})", others.join(", ")),
            (None, true, 2..) => {
                let before = before_in_words(cell.passed_before, cell.failed_before);
                let before = before.map_or(String::new(), |before| format!(", {before}"));
                format!(", {} recorded{before}", cell.attempts)
            }
            (None, true, _) => String::new(),
        };
        pieces.push(Span::styled(
            format!("attempt {}{others}", selected.number_of(cell)),
            style::dim(),
        ));
    }
    if mark.has_failed() {
        let streak = selected.streak.filter(|streak| streak.rows > 1);
        // A streak is of the column: of folded shards each failure may be another one's.
        let whose = if selected.shards.is_some() {
            "one of these shards "
        } else {
            ""
        };
        let streak = streak.map(|it| {
            let since = day_and_minute(it.since);
            format!("{whose}failed on the last {} here, since {since}", it.rows)
        });
        let usually = selected.usual.in_words(selected.usual_over);
        let texts = usually.into_iter().chain(streak);
        pieces.extend(texts.map(|text| Span::styled(text, style::dim())));
    }
    pieces
}

fn facts(model: &Model, cell: &Cell, usual: Usual) -> Vec<Span<'static>> {
    let mut facts = Vec::new();
    facts.push(match (cell.verdict(), cell.started) {
        (Verdict::Running, Some(started)) => format!(
            "running for {}{}",
            age(started, model.moment()),
            usual.duration_in_words()
        ),
        _ => format!("ran {}{}", duration(cell.duration), usual.duration_in_words()),
    });
    if cell.queue_time.is_some() {
        facts.push(format!("queued {}", duration(cell.queue_time)));
    }
    if cell.total_tests > 0 {
        facts.push(format!(
            "{} passed, {} failed, {} skipped",
            cell.passed_tests, cell.failed_tests, cell.skipped_tests
        ));
    }
    if let Some(completed) = cell.completed {
        facts.push(format!("ended {} ago", age(completed, model.moment())));
    }
    facts.into_iter().map(|fact| Span::styled(fact, style::dim())).collect()
}

/// The answer is on its way, or there is none; what was known before stays.
fn awaited(model: &Model, slot: &Slot<Attempts>) -> Option<Line<'static>> {
    if let Some((error, _)) = slot.error() {
        return Some(Line::styled(format!(" {error}"), style::of(Tone::Bad, model)));
    }
    let is_slow = slot.waiting(model.now).is_some_and(|waiting| waiting > SLOW);
    (is_slow && slot.value().is_none()).then(|| plain("loading …".to_owned()))
}

/// Does the footer say why there is no answer? The screen has none for the same reason.
fn is_said_below(model: &Model, slot: &Slot<Attempts>) -> bool {
    let of_screen = model.screen().slot.error().filter(|_| model.notice.is_none());
    matches!((slot.error(), of_screen), (Some((error, _)), Some((said, _))) if error == said)
}

/// A line for each test; where there is room the stack of the first.
fn failed(model: &Model, tests: &[FailedTest], width: usize, room: usize) -> Vec<Line<'static>> {
    let Some(first) = tests.first() else { return Vec::new() };
    // In a narrow place the name matters more than its message.
    let name_width = if width < NARROW { width } else { width / 2 };
    let of_test = |test: &FailedTest, with_message: bool| {
        let name = style::squeeze(&test.name, name_width.saturating_sub(3));
        let message = if with_message { test.message.as_str() } else { "" };
        Line::from(vec![
            Span::styled(format!("   {name}"), style::of(Tone::Bad, model)),
            Span::raw(format!("   {message}")),
        ])
    };
    if tests.len() > room {
        let mut lines: Vec<Line<'static>> = tests.iter().take(room - 1).map(|test| of_test(test, true)).collect();
        let more = tests.len() - lines.len();
        lines.push(match lines.is_empty() {
            // One line for all of them: the first, and that there are more.
            true => {
                let mut line = of_test(first, true);
                line.spans
                    .insert(0, Span::styled(format!(" {more} failed:"), style::dim()));
                line
            }
            false => plain(format!("  and {more} more")),
        });
        return lines;
    }
    let mut rest = room - tests.len();
    let mut lines = Vec::new();
    for test in tests {
        let is_below = width < NARROW && rest > 0 && !test.message.is_empty();
        lines.push(of_test(test, !is_below));
        if is_below {
            rest -= 1;
            lines.push(Line::raw(format!("     {}", test.message)));
        }
        if std::ptr::eq(test, first) {
            // What the other messages take is not the stack's.
            let kept = if width < NARROW { tests.len() - 1 } else { 0 };
            let stack = first.stack.iter().take(rest.saturating_sub(kept));
            let before = lines.len();
            lines.extend(stack.map(|line| Line::styled(format!("     {line}"), style::dim())));
            rest -= lines.len() - before;
        }
    }
    lines
}

/// An attempt that counts no more.
fn attempt(model: &Model, selected: &Selected<'_>, cell: &Cell) -> Line<'static> {
    let (letter, tone) = glyph::of(cell);
    let mut facts = format!(" · ran {}", duration(cell.duration));
    if let Some(completed) = cell.completed {
        facts.push_str(&format!(" · {} ago", age(completed, model.moment())));
    }
    Line::from(vec![
        Span::styled(format!(" attempt {}   ", selected.number_of(cell)), style::dim()),
        Span::styled(format!("{letter} {}", glyph::words(cell)), style::of(tone, model)),
        Span::styled(facts, style::dim()),
    ])
}

fn addresses(cell: &Cell) -> Vec<String> {
    let run = links::of_job(cell).into_iter();
    let links = run.chain(links::of_artifacts(cell).map(|url| format!("artifacts {url}")));
    links.collect()
}

/// Addresses in so many lines: whole ones where there is room for the rest of them.
fn whole_or_cut(addresses: Vec<String>, width: usize, room: usize) -> Vec<Line<'static>> {
    let whole: Vec<Line<'static>> = addresses
        .iter()
        .flat_map(|address| whole::wrapped(address, 1, width, style::dim()))
        .collect();
    match whole.len() <= room {
        true => whole,
        false => addresses.into_iter().map(plain).collect(),
    }
}

fn plain(text: String) -> Line<'static> {
    Line::styled(format!(" {text}"), style::dim())
}

/// Pieces with dots between them, in as many lines as they take.
fn flow(pieces: Vec<Span<'static>>, width: usize) -> Vec<Line<'static>> {
    const SEPARATOR: &str = " · ";
    let mut lines = Vec::new();
    let mut line = Line::raw(" ");
    let mut used = 1;
    for piece in pieces.into_iter().filter(|piece| !piece.content.is_empty()) {
        let takes = text::width(&piece.content);
        if used > 1 && used + 3 + takes > width {
            lines.push(std::mem::replace(&mut line, Line::raw(" ")));
            used = 1;
        }
        if used > 1 {
            line.push_span(Span::styled(SEPARATOR, style::dim()));
            used += 3;
        }
        line.push_span(piece);
        used += takes;
    }
    lines.push(line);
    lines
}
