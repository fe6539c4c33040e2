//! Days: how a backend did on each of them, as numbers and as a row of bars. Days are UTC's; one without results is a gap, no zero.

use std::collections::HashMap;

use crate::figures::pass_rate;
use crate::rows::Summary;
use crate::source::DayRow;

/// Nanoseconds in a day.
pub const DAY: i64 = 86_400_000_000_000;
/// Days that the summary shows.
pub const SHOWN: usize = 14;

/// The number of the day that a moment is in, since 1970.
pub fn day_of(nanos: i64) -> i64 {
    nanos.div_euclid(DAY)
}

/// Gives each backend its pass rates of the last [`SHOWN`] days up to a moment, the oldest first.
pub fn attach(rows: &mut [Summary], days: &[DayRow], moment: i64) {
    let first = day_of(moment) - SHOWN as i64 + 1;
    let mut rates: HashMap<String, Vec<Option<f64>>> = HashMap::new();
    for day in days {
        let Some(at) = usize::try_from(i64::from(day.day) - first)
            .ok()
            .filter(|at| *at < SHOWN)
        else {
            continue;
        };
        let of_repo = rates
            .entry(day.repo.to_lowercase())
            .or_insert_with(|| vec![None; SHOWN]);
        of_repo[at] = pass_rate(day.success, day.failure, day.timed_out);
    }
    for row in rows {
        row.daily = rates.remove(&row.repo.to_lowercase()).unwrap_or_default();
    }
}

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The last days as a row of bars, one column each; blank where there is no rate. The lowest bar is half or less: what matters lies
/// above.
pub fn bars(rates: &[Option<f64>], columns: usize) -> String {
    let shown = &rates[rates.len().saturating_sub(columns)..];
    let bar = |rate: &Option<f64>| match rate {
        None => ' ',
        Some(rate) => {
            let step = (rate.clamp(0.5, 1.0) - 0.5) * 2.0 * (BARS.len() - 1) as f64;
            BARS[(step.round() as usize).min(BARS.len() - 1)]
        }
    };
    shown.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(repo: &str, day: u32, success: u64, failure: u64) -> DayRow {
        DayRow {
            repo: repo.to_owned(),
            day,
            success,
            failure,
            timed_out: 0,
            total: success + failure,
            flaky_jobs: 0,
            duration_p50: 0.0,
        }
    }

    #[test]
    fn a_day_without_runs_is_a_gap() {
        let mut rows = [Summary {
            repo: "A/b".to_owned(),
            ..Summary::default()
        }];
        let days = [
            day("a/B", 86, 1, 0),
            day("a/B", 87, 1, 1),
            // Cancelled alone: runs, but no rate.
            day("a/B", 99, 0, 0),
            day("a/B", 100, 9, 1),
            day("other/one", 100, 1, 0),
        ];
        attach(&mut rows, &days, 100 * DAY + 5);
        let mut expected = vec![None; SHOWN];
        (expected[0], expected[13]) = (Some(0.5), Some(0.9));
        assert_eq!(rows[0].daily, expected);
        assert_eq!(bars(&rows[0].daily, SHOWN), "▁            ▇");
        assert_eq!(bars(&rows[0].daily, 3), "  ▇");
        assert_eq!(bars(&[], 3), "");
    }

    proptest! {
        #[test]
        fn a_bar_for_each_day_and_a_higher_one_for_a_higher_rate(rates in prop::collection::vec(prop::option::of(0.0..=1.0_f64), 0..30)) {
            let bars: Vec<char> = bars(&rates, 30).chars().collect();
            prop_assert_eq!(bars.len(), rates.len());
            for (one, other) in rates.iter().zip(&bars).zip(rates.iter().zip(&bars).skip(1)) {
                if let ((Some(a), bar_a), (Some(b), bar_b)) = (one, other) {
                    prop_assert!(a.total_cmp(b) == std::cmp::Ordering::Equal || (a < b) == (bar_a < bar_b) || bar_a == bar_b);
                }
            }
        }
    }
}
