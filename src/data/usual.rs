//! What is usual for a job: whether a failure is news, and whether it took long.

use crate::data::chosen::Range;
use crate::data::figures::{duration, percent_beside, share};
use crate::source::{Cell, UsualRow};

/// Over so long a pull request's jobs are looked back at.
pub const LOOKED_BACK: Range = Range::Fortnight;
/// With fewer results than this a rate says nothing.
const FEWEST: u64 = 10;
/// A job that passes as often as this usually passes.
const PASSES: f64 = 0.90;
/// One that passes less often than this often fails.
const FAILS: f64 = 0.80;
/// A job that failed in as many pull requests since it passed last fails whatever they change.
const STREAK: u64 = 3;
/// What took so many times as long as usual is worth a word.
const LONG: f64 = 1.5;

/// How a job did over some days.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usual {
    pub success: u64,
    /// Failed or timed out.
    pub failure: u64,
    /// Median of what passed, in seconds.
    pub duration: Option<f64>,
    /// Pull requests that it failed in since it passed last, where the result that this is said of is one of these.
    pub failing_prs: u64,
}

impl From<&UsualRow> for Usual {
    fn from(row: &UsualRow) -> Self {
        Self {
            success: row.success,
            failure: row.failure,
            duration: Some(row.duration_p50).filter(|seconds| seconds.is_finite()),
            failing_prs: 0,
        }
    }
}

impl Usual {
    /// None while there are too few results to tell.
    pub fn pass_rate(self) -> Option<f64> {
        share(self.success, self.success + self.failure).filter(|_| self.success + self.failure >= FEWEST)
    }

    /// The same, said of a result.
    pub fn of(row: &UsualRow, result: &Cell) -> Self {
        let is_of_these = result.has_failed() && row.failing_since > 0 && result.seen >= row.failing_since;
        Self {
            failing_prs: if is_of_these { row.failing_prs } else { 0 },
            ..Self::from(row)
        }
    }

    /// It fails in other pull requests as well, one after the other.
    pub fn fails_anywhere(self) -> bool {
        self.failing_prs >= STREAK
    }

    /// A failure is news.
    pub fn passes(self) -> bool {
        !self.fails_anywhere() && self.pass_rate().is_some_and(|rate| rate >= PASSES)
    }

    /// A failure is nothing new.
    pub fn fails(self) -> bool {
        self.fails_anywhere() || self.pass_rate().is_some_and(|rate| rate < FAILS)
    }

    /// `, usually 12m`; nothing where that isn't known.
    pub fn duration_in_words(self) -> String {
        let words = |seconds| format!(", usually {}", duration(Some(seconds)));
        self.duration.map_or(String::new(), words)
    }

    /// `usually passes 98.1% in 14 days`, or `fails in the last 9 PRs`, for a job that failed.
    pub fn in_words(self, over: Option<Range>) -> Option<String> {
        if self.fails_anywhere() {
            return Some(format!("fails in the last {} PRs", self.failing_prs));
        }
        let over = over.map_or(String::new(), |range| format!(" in {}", range.title()));
        let word = match (self.passes(), self.fails()) {
            (true, _) => "usually passes",
            (_, true) => "often fails, passes",
            _ => "passes",
        };
        let means = |rate| (rate >= 1.0, rate >= PASSES, rate < FAILS);
        self.pass_rate()
            .map(|rate| format!("{word} {}{over}", percent_beside(rate, means)))
    }

    /// How many times as long as usual, where that is worth a word: `↑3.4×`.
    pub fn times_as_long(self, seconds: Option<f64>) -> Option<String> {
        let usual = self.duration.filter(|usual| *usual > 0.0)?;
        let times = seconds? / usual;
        (times >= LONG).then(|| format!("↑{times:.1}×"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::matrix::tests::{cell, usual};

    #[test]
    fn a_failure_is_news_where_a_job_usually_passes() {
        let of = |success, failure| Usual {
            success,
            failure,
            ..Usual::default()
        };
        assert!(of(19, 1).passes() && !of(19, 1).fails());
        assert!(of(7, 3).fails() && !of(7, 3).passes());
        assert!(!of(17, 3).passes() && !of(17, 3).fails());
        assert_eq!(of(9, 0).pass_rate(), None, "too few to tell");
        assert_eq!(of(19, 1).in_words(None).unwrap(), "usually passes 95.0%");
        assert_eq!(
            of(224, 25).in_words(None).unwrap(),
            "passes 89.9%",
            "and not the 90 % of what usually does"
        );
        assert_eq!(
            of(19, 1).in_words(Some(LOOKED_BACK)).unwrap(),
            "usually passes 95.0% in 14 days"
        );
        assert_eq!(of(78, 22).in_words(None).unwrap(), "often fails, passes 78.0%");
    }

    /// A backend that is down fails for everybody, however well it did before.
    #[test]
    fn a_failure_is_nothing_new_where_the_last_pull_requests_fail() {
        let row = |failing_prs| UsualRow {
            failing_since: 6,
            failing_prs,
            ..usual("a/b", "j", 99, 3)
        };
        let result = |verdict, seen| Cell {
            seen,
            ..cell(7, "c", "w", "j", verdict, 9)
        };
        let down = Usual::of(&row(3), &result("failure", 6));
        assert!(down.fails() && !down.passes());
        assert_eq!(down.in_words(Some(LOOKED_BACK)).unwrap(), "fails in the last 3 PRs");
        for (what, row, result) in [
            ("two may have broken it, each by itself", row(2), result("failure", 6)),
            (
                "it passed after this one, or nobody looked so far back",
                row(3),
                result("failure", 5),
            ),
            ("this one passed", row(3), result("success", 6)),
        ] {
            assert!(Usual::of(&row, &result).passes(), "{what}");
        }
    }

    #[test]
    fn what_took_half_as_long_again_is_worth_a_word() {
        let usual = Usual {
            duration: Some(720.0),
            ..Usual::default()
        };
        assert_eq!(usual.times_as_long(Some(2_448.0)).as_deref(), Some("↑3.4×"));
        assert_eq!(
            (usual.times_as_long(Some(800.0)), usual.times_as_long(None)),
            (None, None)
        );
        assert_eq!(Usual::default().duration_in_words(), "");
    }
}
