//! One letter for a result. Letters carry the meaning; the tone, and a colour made of it, only repeats it.

use crate::source::{Cell, Verdict};

/// How loud a thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Bad,
    Warning,
    Good,
    Running,
    Dim,
}

/// Every letter, with what it stands for: the HUD's.
pub const GLYPHS: &[(char, Tone, &str)] = &[
    ('O', Tone::Good, "success"),
    ('X', Tone::Bad, "failure"),
    ('T', Tone::Bad, "timed out"),
    ('F', Tone::Warning, "passed after failing on the same commit (flaky)"),
    ('C', Tone::Warning, "cancelled"),
    ('?', Tone::Running, "running"),
    ('S', Tone::Dim, "skipped"),
    ('N', Tone::Dim, "neutral"),
    ('Q', Tone::Dim, "queued"),
    ('U', Tone::Warning, "unknown"),
    ('–', Tone::Dim, "none"),
];

/// The letter of a result.
pub fn of(cell: &Cell) -> (char, Tone) {
    let glyph = match (cell.verdict(), cell.conclusion.as_str()) {
        (Verdict::Success, _) if cell.flaky => 'F',
        (Verdict::Success, _) => 'O',
        (Verdict::Failure, _) => 'X',
        (Verdict::TimedOut, _) => 'T',
        (Verdict::Cancelled, _) => 'C',
        (Verdict::Running, _) if cell.overdue => return ('?', Tone::Bad),
        (Verdict::Running, _) => '?',
        (Verdict::Other, "skipped") => 'S',
        (Verdict::Other, "neutral") => 'N',
        (Verdict::Other, "queued") => 'Q',
        (Verdict::Other, _) => 'U',
    };
    (glyph, tone(glyph))
}

fn tone(glyph: char) -> Tone {
    GLYPHS
        .iter()
        .find(|(letter, ..)| *letter == glyph)
        .map_or(Tone::Dim, |(_, tone, _)| *tone)
}

/// The result in words, with what is to be known beside.
pub fn words(cell: &Cell) -> String {
    let expected = cell.verdict() == Verdict::Success && !matches!(cell.conclusion.as_str(), "success" | "");
    let beside = if expected { ", as expected" } else { "" };
    format!("{}{beside}", word(cell))
}

/// The result in a word.
pub fn word(cell: &Cell) -> &str {
    match (cell.verdict(), cell.conclusion.as_str()) {
        (Verdict::Running, _) if cell.overdue => "overdue",
        (Verdict::Running, _) => "running",
        (Verdict::Success, "success") if cell.flaky => "success after a failure",
        (_, "") => "unknown",
        (_, word) => word,
    }
}
