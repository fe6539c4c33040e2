//! Days: how a backend did on each of them, as numbers and as a row of bars. Days are UTC's; one without results is a gap, no zero.

pub mod jobs;

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::data::figures::{DAY, Grade, pass_rate, rfc3339};
use crate::data::repo::{repo_key, same_repo};
use crate::data::summary::Summary;
use crate::source::{DayRow, PROBE, TrendRow, UsualRow};
pub use jobs::Job;

/// Days that the summary shows.
pub const SHOWN: usize = 14;

/// The number of the day that a moment is in, since 1970.
pub fn day_of(nanos: i64) -> i64 {
    nanos.div_euclid(DAY)
}

/// Gives each backend its pass rates of the last [`SHOWN`] days up to a moment, the oldest first, and since when it has been red.
pub fn attach(rows: &mut [Summary], days: &[DayRow], moment: i64) {
    let first = day_of(moment) - SHOWN as i64 + 1;
    // By every spelling of a name together.
    let mut counts: HashMap<String, [(u64, u64, u64); SHOWN]> = HashMap::new();
    for day in days {
        let Some(at) = usize::try_from(i64::from(day.day) - first)
            .ok()
            .filter(|at| *at < SHOWN)
        else {
            continue;
        };
        let (success, failure, timed_out) = &mut counts.entry(repo_key(&day.repo)).or_default()[at];
        *success += day.success;
        *failure += day.failure;
        *timed_out += day.timed_out;
    }
    for row in rows {
        let days = counts.get(&repo_key(&row.repo));
        let rate = |(success, failure, timed_out): &(u64, u64, u64)| pass_rate(*success, *failure, *timed_out);
        row.daily = Daily {
            first,
            rates: days.map_or(Vec::new(), |days| days.iter().map(rate).collect()),
        };
        // Some days can be red where the range as a whole is not: that it is red would contradict its pass rate.
        let is_red = row.pass_rate.is_some_and(|rate| Grade::of(rate) == Grade::Red);
        row.red_since = row.daily.red_since().filter(|_| is_red);
    }
}

/// Pass rates of days one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Daily {
    /// The number of the first day ([`day_of`]).
    pub first: i64,
    /// None of a day without results.
    pub rates: Vec<Option<f64>>,
}

/// Since when a backend has been red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedSince {
    /// The number of the day ([`day_of`]).
    pub day: i64,
    /// It is the first that is known: it may have been red before.
    pub or_before: bool,
}

impl RedSince {
    /// With a mark where it may have been red before: `<11-18`.
    pub fn marked(self, day: &str) -> String {
        let mark = if self.or_before { "<" } else { "" };
        format!("{mark}{day}")
    }
}

/// `2026-11-18`, or `<2026-11-18`.
impl Serialize for RedSince {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let day = rfc3339(self.day * DAY);
        serializer.serialize_str(&self.marked(&day[..day.find('T').unwrap_or(day.len())]))
    }
}

impl Daily {
    /// Since when a backend has been red, gaps among the days: none when the last day with results isn't. The last day isn't over: that it
    /// began well ends nothing.
    pub fn red_since(&self) -> Option<RedSince> {
        let is_red = |rate: f64| Grade::of(rate) == Grade::Red;
        let (_, over) = self.rates.split_last()?;
        let last_well = over.iter().rposition(|rate| rate.is_some_and(|rate| !is_red(rate)));
        let since = last_well.map_or(0, |at| at + 1);
        let first_red = self.rates[since..].iter().position(|rate| rate.is_some_and(is_red))?;
        Some(RedSince {
            day: self.first + (since + first_red) as i64,
            or_before: since + first_red == 0,
        })
    }
}

/// Some days with results, one after the other, in one: what ended is counted together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// How many of them have results; 1 or more.
    pub days: u32,
    pub success: u64,
    pub failure: u64,
    pub timed_out: u64,
    /// Completed current results.
    pub total: u64,
    /// The mean of the days' medians, in seconds, each as heavy as its results; none without any.
    pub duration: Option<f64>,
}

impl Stretch {
    /// None where no day has results.
    fn of(days: &[Option<TrendRow>]) -> Option<Self> {
        let mut stretch = Self {
            days: 0,
            success: 0,
            failure: 0,
            timed_out: 0,
            total: 0,
            duration: None,
        };
        let (mut seconds, mut weight) = (0.0, 0.0);
        for day in days.iter().flatten() {
            stretch.days += 1;
            stretch.success += day.success;
            stretch.failure += day.failure;
            stretch.timed_out += day.timed_out;
            stretch.total += day.total;
            if day.duration_p50.is_finite() {
                seconds += day.duration_p50 * day.total as f64;
                weight += day.total as f64;
            }
        }
        stretch.duration = (weight > 0.0).then(|| seconds / weight);
        (stretch.days > 0).then_some(stretch)
    }

    /// So many a day, on the mean of the days that have results.
    pub fn daily(&self, number: u64) -> f64 {
        number as f64 / f64::from(self.days)
    }
}

/// A backend's days, or those of all together; and its jobs, by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trends {
    /// The oldest first, one after the other; none is a day without results.
    pub days: Vec<Option<TrendRow>>,
    /// The number of the first, since 1970.
    pub first: i64,
    pub jobs: Vec<Job>,
}

impl Trends {
    /// Of the days since `since` up to `moment`, both in nanoseconds since 1970. Days that are not whole stand as far as they go.
    ///
    /// The probe's jobs fail on purpose: they count where it is asked for alone.
    pub fn new(rows: Vec<TrendRow>, jobs: Vec<UsualRow>, since: i64, moment: i64, of_one: bool) -> Self {
        let first = day_of(since);
        let count = usize::try_from(day_of(moment) - first + 1).unwrap_or(0);
        let mut days: Vec<Option<TrendRow>> = vec![None; count];
        for row in rows {
            let at = usize::try_from(i64::from(row.day) - first).ok();
            if let Some(day) = at.and_then(|at| days.get_mut(at)) {
                *day = Some(row);
            }
        }
        let mut jobs: Vec<Job> = jobs
            .into_iter()
            .filter(|row| row.total > 0 && (of_one || !same_repo(&row.repo, PROBE)))
            .map(Job::from)
            .collect();
        jobs.sort_by_cached_key(Job::name);
        Self { days, first, jobs }
    }

    /// A figure of so many days each, the newest whole; none where there is none of these days, or they have none.
    pub fn series(&self, days: usize, figure: impl Fn(&Stretch) -> Option<f64>) -> Vec<Option<f64>> {
        let finite = |figure: f64| Some(figure).filter(|figure| figure.is_finite());
        let stretches = self.days.rchunks(days.max(1)).map(Stretch::of).rev();
        stretches
            .map(|stretch| stretch.as_ref().and_then(&figure).and_then(finite))
            .collect()
    }

    /// Passed, failed and timed out, flaky, and all that ended.
    pub fn totals(&self) -> (u64, u64, u64, u64) {
        self.days.iter().flatten().fold((0, 0, 0, 0), |sum, day| {
            (
                sum.0 + day.success,
                sum.1 + day.failure + day.timed_out,
                sum.2 + day.flaky_jobs,
                sum.3 + day.total,
            )
        })
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
    use crate::data::matrix::tests::usual;
    use proptest::prelude::*;

    fn day(repo: &str, day: u32, success: u64, failure: u64) -> DayRow {
        DayRow {
            repo: repo.to_owned(),
            day,
            success,
            failure,
            timed_out: 0,
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
        rows[0].pass_rate = Some(0.5);
        attach(&mut rows, &days, 100 * DAY + 5);
        let mut expected = vec![None; SHOWN];
        (expected[0], expected[13]) = (Some(0.5), Some(0.9));
        assert_eq!((rows[0].daily.first, &rows[0].daily.rates), (87, &expected));
        let since = RedSince {
            day: 87,
            or_before: true,
        };
        assert_eq!(rows[0].red_since, Some(since));
        assert_eq!(serde_json::to_value(since).unwrap(), "<1970-03-29");
        rows[0].pass_rate = Some(0.9);
        attach(&mut rows, &days, 100 * DAY + 5);
        assert_eq!(rows[0].red_since, None, "the range as a whole isn't");
        assert_eq!(bars(&rows[0].daily.rates, SHOWN), "▁            ▇");
        assert_eq!(bars(&rows[0].daily.rates, 3), "  ▇");
        assert_eq!(bars(&[], 3), "");
    }

    #[test]
    fn every_day_has_its_place_and_the_probe_is_no_backend() {
        let day = |day: u32, success: u64| TrendRow {
            day,
            success,
            failure: 1,
            timed_out: 1,
            total: success + 3,
            flaky_jobs: 0,
            duration_p50: f64::NAN,
            queue_p50: 60.0,
        };
        let job = |repo: &str, job: &str, failure: u64, flaky: u64| UsualRow {
            flaky_jobs: flaky,
            ..usual(repo, job, 8, failure)
        };
        let jobs = vec![
            job("a/b", "flaky", 2, 4),
            job("pytorch/crcr-test", "xfail", 99, 0),
            job("a/b", "j10", 2, 0),
            job("a/b", "j2", 2, 0),
            job("a/b", "worst", 8, 0),
        ];
        let trends = Trends::new(
            vec![day(10, 3), day(13, 5), day(99, 1)],
            jobs,
            10 * DAY + 5,
            13 * DAY + 7,
            false,
        );
        let passed = trends.series(1, |day| Some(day.success as f64));
        assert_eq!(passed, [Some(3.0), None, None, Some(5.0)]);
        assert_eq!(trends.series(1, |day| day.duration), [None; 4]);
        assert_eq!(trends.totals(), (8, 4, 0, 14));
        let order: Vec<_> = trends.jobs.iter().map(|job| job.job.as_str()).collect();
        assert_eq!(order, ["flaky", "j2", "j10", "worst"]);
        assert_eq!(
            (trends.jobs[3].pass_rate(), trends.jobs[0].flake_rate()),
            (Some(0.5), Some(0.4))
        );
    }

    #[test]
    fn days_together_are_counted_together_and_none_of_them_is_a_gap() {
        let day = |day: u32, success: u64, failure: u64, duration_p50: f64| TrendRow {
            day,
            success,
            failure,
            timed_out: 0,
            total: success + failure,
            flaky_jobs: 0,
            duration_p50,
            queue_p50: f64::NAN,
        };
        let rows = vec![
            day(1, 1, 0, 60.0),
            // The next two have none, and of these the second has no duration.
            day(4, 1, 0, 300.0),
            day(5, 0, 3, f64::NAN),
            day(6, 90, 6, 100.0),
            day(7, 10, 0, 300.0),
        ];
        let trends = Trends::new(rows, Vec::new(), DAY, 7 * DAY + 5, true);
        let rate = |it: &Stretch| pass_rate(it.success, it.failure, it.timed_out);
        // The oldest has one day alone; the rate is that of all results, not the mean of the days' rates.
        assert_eq!(
            trends.series(2, rate),
            [Some(1.0), None, Some(0.25), Some(100.0 / 106.0)]
        );
        let failures = trends.series(2, |it| Some(it.daily(it.failure)));
        assert_eq!(failures, [Some(0.0), None, Some(1.5), Some(3.0)]);
        let durations = trends.series(2, |it| it.duration);
        let weighted = (96.0 * 100.0 + 10.0 * 300.0) / 106.0;
        assert_eq!(durations, [Some(60.0), None, Some(300.0), Some(weighted)]);
        assert_eq!(trends.series(7, rate), [Some(102.0 / 111.0)]);
        assert_eq!(trends.series(99, rate).len(), 1);
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

    #[test]
    fn red_is_counted_from_its_first_day() {
        let red_since = |days: &[f64]| {
            let days: Vec<Option<f64>> = days
                .iter()
                .map(|rate| Some(*rate).filter(|rate| *rate >= 0.0))
                .collect();
            let red = Daily {
                first: 100,
                rates: days,
            }
            .red_since();
            red.map(|since| (since.day, since.or_before))
        };
        let gap = -1.0;
        assert_eq!(red_since(&[0.9, 0.7, gap, 0.5]), Some((101, false)));
        assert_eq!(red_since(&[0.9, gap, 0.7, gap]), Some((102, false)));
        assert_eq!(red_since(&[0.1, 0.7]), Some((100, true)));
        assert_eq!(
            red_since(&[0.9, 0.5, 0.6, 1.0]),
            Some((101, false)),
            "today has only begun"
        );
        for well in [&[0.9, 0.9][..], &[0.1, 0.8, gap], &[gap], &[]] {
            assert_eq!(red_since(well), None);
        }
    }
}
