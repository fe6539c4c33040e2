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

    /// What changed in each row in the jobs of these heads alone. It looks at every result of them.
    pub fn changes(&self, heads: &[Head]) -> Vec<Changed> {
        let columns: Vec<usize> = heads.iter().flat_map(|head| &head.members).copied().collect();
        let before = columns.iter().map(|column| self.before[*column]).collect();
        changes(&self.rows, before, |row, verdicts| {
            for (verdict, column) in verdicts.iter_mut().zip(&columns) {
                *verdict = self.mark(row, *column).and_then(has_passed);
            }
        })
    }
}

/// Does something in a row say otherwise than what went before? What has no verdict changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Than the last verdict of the pull requests before: those are the row below while older commits are folded away.
    pub since_pull_requests: bool,
    /// The same, where its pull request's older commits stand between: their last verdict goes before.
    pub since_older: bool,
}

/// Notes what failed and what changed in each row; and which columns fail at all. `before` is each column's last verdict before these
/// rows: did it pass?
pub(super) fn with_verdicts(rows: &mut [Row], marks: &[Option<Mark>], before: &[Option<bool>]) -> Vec<bool> {
    let columns = before.len();
    let mut has_failed = vec![false; rows.len()];
    let mut fails = vec![false; columns];
    let changes = changes(rows, before.to_vec(), |row, verdicts| {
        let marks = &marks[row * columns..][..columns];
        for ((verdict, mark), fails) in verdicts.iter_mut().zip(marks).zip(&mut fails) {
            *verdict = mark.and_then(has_passed);
            let failed = *verdict == Some(false);
            has_failed[row] |= failed;
            *fails |= failed;
        }
    });
    for ((row, changed), has_failed) in rows.iter_mut().zip(changes).zip(has_failed) {
        (row.changed, row.has_failed) = (changed, has_failed);
    }
    fails
}

/// What changed in each row in some columns, from the oldest row on. `before` is the last verdict of each of these before the rows;
/// `read` puts those of a row in their places: did it pass?
fn changes(
    rows: &[Row],
    mut before: Vec<Option<bool>>,
    mut read: impl FnMut(usize, &mut [Option<bool>]),
) -> Vec<Changed> {
    let mut changes = vec![Changed::default(); rows.len()];
    let mut verdicts = vec![None; before.len()];
    // Of this pull request's commits so far.
    let mut own: Vec<Option<bool>> = vec![None; before.len()];
    for (number, row) in rows.iter().enumerate().rev() {
        if row.older == 0 {
            own.fill(None);
        }
        read(number, &mut verdicts);
        let changed = &mut changes[number];
        for ((verdict, before), own) in verdicts.iter().zip(&before).zip(&mut own) {
            let Some(passed) = *verdict else { continue };
            let differs = |last: Option<bool>| last.is_some_and(|last| last != passed);
            changed.since_pull_requests |= differs(*before);
            changed.since_older |= differs(own.or(*before));
            *own = Some(passed);
        }
        if row.is_newest() {
            for (before, own) in before.iter_mut().zip(&own) {
                *before = own.or(*before);
            }
        }
    }
    changes
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
