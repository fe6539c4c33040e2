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

/// Every letter, with what it stands for: the HUD's, and `!` for what it has no letter for.
pub const GLYPHS: &[(char, Tone, &str)] = &[
    ('O', Tone::Good, "success"),
    ('X', Tone::Bad, "failure"),
    ('T', Tone::Bad, "timed out"),
    ('F', Tone::Warning, "passed after failing on the same commit (flaky)"),
    ('C', Tone::Warning, "cancelled"),
    ('?', Tone::Running, "running"),
    ('!', Tone::Bad, "overdue (running for more than 6 h 25 min)"),
    ('S', Tone::Dim, "skipped"),
    ('N', Tone::Dim, "neutral"),
    ('Q', Tone::Dim, "queued"),
    ('U', Tone::Warning, "unknown"),
    ('–', Tone::Dim, "none"),
];

/// A result at a glance: all that a matrix knows of it. The worst comes first; what was not meant to run says least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    Failure,
    TimedOut,
    Overdue,
    Running,
    Cancelled,
    Unknown,
    Queued,
    Flaky,
    Success,
    Skipped,
    Neutral,
}

impl Mark {
    pub fn of(cell: &Cell) -> Self {
        match (cell.verdict(), cell.conclusion.as_str()) {
            (Verdict::Success, _) if cell.flaky => Self::Flaky,
            (Verdict::Success, _) => Self::Success,
            (Verdict::Failure, _) => Self::Failure,
            (Verdict::TimedOut, _) => Self::TimedOut,
            (Verdict::Cancelled, _) => Self::Cancelled,
            (Verdict::Running, _) if cell.overdue => Self::Overdue,
            (Verdict::Running, _) => Self::Running,
            (Verdict::Other, "skipped") => Self::Skipped,
            (Verdict::Other, "neutral") => Self::Neutral,
            (Verdict::Other, "queued") => Self::Queued,
            (Verdict::Other, _) => Self::Unknown,
        }
    }

    /// Of a letter in `queries/rows.sql`: those on the screen.
    pub fn of_letter(letter: u8) -> Self {
        match letter {
            b'O' => Self::Success,
            b'F' => Self::Flaky,
            b'X' => Self::Failure,
            b'T' => Self::TimedOut,
            b'C' => Self::Cancelled,
            b'!' => Self::Overdue,
            b'?' => Self::Running,
            b'S' => Self::Skipped,
            b'N' => Self::Neutral,
            b'Q' => Self::Queued,
            _ => Self::Unknown,
        }
    }

    /// The letter on the screen.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Success => "O",
            Self::Flaky => "F",
            Self::Failure => "X",
            Self::TimedOut => "T",
            Self::Cancelled => "C",
            Self::Overdue => "!",
            Self::Running => "?",
            Self::Skipped => "S",
            Self::Neutral => "N",
            Self::Queued => "Q",
            Self::Unknown => "U",
        }
    }

    /// The letter on the screen, and how loud it is.
    pub fn glyph(self) -> (char, Tone) {
        let letter = char::from(self.letter().as_bytes()[0]);
        (letter, tone(letter))
    }

    /// What it counts as.
    pub fn verdict(self) -> Verdict {
        match self {
            Self::Success | Self::Flaky => Verdict::Success,
            Self::Failure => Verdict::Failure,
            Self::TimedOut => Verdict::TimedOut,
            Self::Cancelled => Verdict::Cancelled,
            Self::Overdue | Self::Running => Verdict::Running,
            Self::Skipped | Self::Neutral | Self::Queued | Self::Unknown => Verdict::Other,
        }
    }

    pub fn has_failed(self) -> bool {
        matches!(self, Self::Failure | Self::TimedOut)
    }

    /// The result in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Flaky => "success, flaky",
            Self::Failure => "failure",
            Self::TimedOut => "timed out",
            Self::Cancelled => "cancelled",
            Self::Overdue => "overdue",
            Self::Running => "running",
            Self::Skipped => "skipped",
            Self::Neutral => "neutral",
            Self::Queued => "queued",
            Self::Unknown => "unknown",
        }
    }
}

/// The letter of a result.
pub fn of(cell: &Cell) -> (char, Tone) {
    Mark::of(cell).glyph()
}

fn tone(glyph: char) -> Tone {
    GLYPHS
        .iter()
        .find(|(letter, ..)| *letter == glyph)
        .map_or(Tone::Dim, |(_, tone, _)| *tone)
}

/// The result in words, with what is to be known beside.
pub fn words(cell: &Cell) -> String {
    format!("{}{}", word(cell), expected(cell.verdict(), &cell.conclusion))
}

/// What to say behind a conclusion that counts as a success though it is another word.
pub fn expected(verdict: Verdict, conclusion: &str) -> &'static str {
    match (verdict, conclusion) {
        (Verdict::Success, "success" | "") => "",
        (Verdict::Success, _) => ", as expected",
        _ => "",
    }
}

/// The result in a word: what the record says, where that is more than its mark.
pub fn word(cell: &Cell) -> &str {
    match (Mark::of(cell), cell.conclusion.as_str()) {
        // The probe's jobs succeed by failing.
        (Mark::Success, word) if !word.is_empty() => word,
        (Mark::Unknown, word) if !word.is_empty() => word,
        (mark, _) => mark.word(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Mark; 11] = [
        Mark::Failure,
        Mark::TimedOut,
        Mark::Overdue,
        Mark::Running,
        Mark::Cancelled,
        Mark::Unknown,
        Mark::Queued,
        Mark::Flaky,
        Mark::Success,
        Mark::Skipped,
        Mark::Neutral,
    ];

    #[test]
    fn each_mark_has_a_letter_of_its_own_that_is_explained_and_read_back() {
        let mut letters: Vec<char> = ALL.map(|mark| mark.glyph().0).to_vec();
        for (mark, letter) in ALL.iter().zip(&letters) {
            assert!(GLYPHS.iter().any(|(known, ..)| known == letter), "{mark:?}");
            assert_eq!(Mark::of_letter(u8::try_from(*letter).unwrap()), *mark);
        }
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), ALL.len());
    }
}
