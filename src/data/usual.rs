//! What is usual for a job: whether a failure is news, and whether it took long.

use crate::data::figures::{duration, percent_beside, share};
use crate::settings::args::Range;
use crate::source::UsualRow;

/// Over so long a pull request's jobs are looked back at.
pub const LOOKED_BACK: Range = Range::Fortnight;
/// With fewer results than this a rate says nothing.
const FEWEST: u64 = 10;
/// A job that passes as often as this usually passes.
const PASSES: f64 = 0.90;
/// One that passes less often than this often fails.
const FAILS: f64 = 0.80;
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
}

impl From<&UsualRow> for Usual {
    fn from(row: &UsualRow) -> Self {
        Self {
            success: row.success,
            failure: row.failure,
            duration: Some(row.duration_p50).filter(|seconds| seconds.is_finite()),
        }
    }
}

impl Usual {
    /// None while there are too few results to tell.
    pub fn pass_rate(self) -> Option<f64> {
        share(self.success, self.success + self.failure).filter(|_| self.success + self.failure >= FEWEST)
    }

    /// A failure is news.
    pub fn passes(self) -> bool {
        self.pass_rate().is_some_and(|rate| rate >= PASSES)
    }

    /// A failure is nothing new.
    pub fn fails(self) -> bool {
        self.pass_rate().is_some_and(|rate| rate < FAILS)
    }

    /// `, usually 12m`; nothing where that isn't known.
    pub fn duration_in_words(self) -> String {
        let words = |seconds| format!(", usually {}", duration(Some(seconds)));
        self.duration.map_or(String::new(), words)
    }

    /// `usually passes 98.1%`, for a job that failed.
    pub fn rate_in_words(self) -> Option<String> {
        let word = match (self.passes(), self.fails()) {
            (true, _) => "usually passes",
            (_, true) => "often fails, passes",
            _ => "passes",
        };
        let means = |rate| (rate >= 1.0, rate >= PASSES, rate < FAILS);
        self.pass_rate()
            .map(|rate| format!("{word} {}", percent_beside(rate, means)))
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

    #[test]
    fn a_failure_is_news_where_a_job_usually_passes() {
        let of = |success, failure| Usual {
            success,
            failure,
            duration: None,
        };
        assert!(of(19, 1).passes() && !of(19, 1).fails());
        assert!(of(7, 3).fails() && !of(7, 3).passes());
        assert!(!of(17, 3).passes() && !of(17, 3).fails());
        assert_eq!(of(9, 0).pass_rate(), None, "too few to tell");
        assert_eq!(of(19, 1).rate_in_words().unwrap(), "usually passes 95.0%");
        assert_eq!(
            of(224, 25).rate_in_words().unwrap(),
            "passes 89.9%",
            "and not the 90 % of what usually does"
        );
        assert_eq!(of(78, 22).rate_in_words().unwrap(), "often fails, passes 78.0%");
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
