//! What a row says against the rows before it: what changed, and since when a job fails.

use super::{Head, Matrix, Row};
use crate::data::glyph::Mark;
use crate::source::Verdict;

/// Failures without a success between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    /// Pull requests, or commits without one.
    pub rows: usize,
    /// When the first of them started, in nanoseconds since 1970.
    pub since: i64,
}

impl Matrix {
    /// For each row, for how many pull requests a head's jobs have failed up to it; none where the last of them that has a verdict passed.
    ///
    /// It looks at every result of these jobs: whoever draws keeps it.
    pub fn streaks(&self, head: &Head) -> Vec<Option<Streak>> {
        let mut streaks = vec![None; self.rows.len()];
        // Of the newest commits of the pull requests before.
        let mut before: Option<Streak> = None;
        for (number, row) in self.rows.iter().enumerate().rev() {
            let streak = match self.worst(number, head) {
                Some((mark, _)) if mark.has_failed() => Some(Streak {
                    rows: before.map_or(0, |before| before.rows) + 1,
                    since: before.map_or(row.newest, |before| before.since),
                }),
                Some((mark, _)) if mark.verdict() == Verdict::Success => None,
                // What has no verdict ends nothing.
                Some(_) | None => before,
            };
            streaks[number] = streak;
            if row.is_newest() {
                before = streak;
            }
        }
        streaks
    }
}

/// Notes what failed and what changed in each row, from the oldest on; and which columns fail at all. `before` is each column's last verdict
/// before these rows: did it pass?
pub(super) fn with_verdicts(rows: &mut [Row], marks: &[Option<Mark>], mut before: Vec<Option<bool>>) -> Vec<bool> {
    let columns = before.len();
    let mut fails = vec![false; columns];
    // Of this pull request's commits so far.
    let mut own: Vec<Option<bool>> = vec![None; columns];
    for (number, row) in rows.iter_mut().enumerate().rev() {
        if row.older == 0 {
            own.fill(None);
        }
        for column in 0..columns {
            let Some(passed) = marks[number * columns + column].and_then(has_passed) else {
                continue;
            };
            row.has_failed |= !passed;
            fails[column] |= !passed;
            let differs = |last: Option<bool>| last.is_some_and(|last| last != passed);
            row.has_changed |= differs(before[column]);
            row.has_changed_since_older |= differs(own[column].or(before[column]));
            own[column] = Some(passed);
        }
        if row.is_newest() {
            for (before, own) in before.iter_mut().zip(&own) {
                *before = own.or(*before);
            }
        }
    }
    fails
}

/// Each column's last verdict in the marks of rows that come newest first.
pub(super) fn last_verdicts(marks: &[Option<Mark>], columns: usize) -> Vec<Option<bool>> {
    let last_in = |column: usize| {
        let of_column = marks.iter().skip(column).step_by(columns);
        of_column.copied().flatten().find_map(has_passed)
    };
    (0..columns).map(last_in).collect()
}

/// None where it is no verdict.
fn has_passed(mark: Mark) -> Option<bool> {
    match mark.verdict() {
        Verdict::Success => Some(true),
        Verdict::Failure | Verdict::TimedOut => Some(false),
        Verdict::Cancelled | Verdict::Running | Verdict::Other => None,
    }
}
