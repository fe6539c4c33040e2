//! Is a backend ready for level 3, or does it stay there? The measures of the relay contract, section 7, over windows of their own.

use crate::data::figures::{DAY, duration, pass_rate, percent, percent_beside, share};
use crate::data::text::make_printable;
use crate::source::{LevelRow, ReadinessRow};

/// Said in place of it where a backend is the relay's probe.
pub const OF_PROBE: &str = "the relay's probe, which fails on purpose: how the relay does stands on the summary";
/// The windows, in days.
pub const PROMOTION_DAYS: i64 = 14;
pub const DEMOTION_DAYS: i64 = 7;
/// A job that runs longer than this overruns: 3 h, in seconds.
pub const LONG_JOB_SECONDS: i64 = 3 * 3_600;

const DAYS_AT_L2: i64 = 30;
const END_TO_END_SECONDS: f64 = 3.0 * 3_600.0;
const QUEUE_SECONDS: f64 = 30.0 * 60.0;
const OVERRUN: f64 = 0.01;
const TIMEOUTS: f64 = 0.01;
const PASS_RATE: f64 = 0.90;

/// Something that is asked of a backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    pub name: &'static str,
    pub wanted: &'static str,
    /// What it is; `–` without data.
    pub is: String,
    /// None without data.
    pub holds: Option<bool>,
}

/// A level, and the moment (nanoseconds since 1970) since which the records say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    pub level: String,
    pub at: i64,
}

/// How a backend stands towards level 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Readiness {
    /// Asked of one that wants to get there.
    pub promotion: Vec<Measure>,
    /// Asked of one that is there.
    pub demotion: Vec<Measure>,
    /// The oldest first.
    pub levels: Vec<Since>,
}

impl Readiness {
    /// At a moment in nanoseconds since 1970, of the two windows' figures.
    pub fn new(promotion: &ReadinessRow, demotion: &ReadinessRow, levels: Vec<LevelRow>, now: i64) -> Self {
        let levels: Vec<Since> = levels
            .into_iter()
            .map(|mut row| {
                make_printable(&mut row.level);
                Since {
                    level: row.level,
                    at: row.since,
                }
            })
            .collect();
        Self {
            promotion: [at_level_2(&levels, now)]
                .into_iter()
                .chain([
                    end_to_end(promotion),
                    overrun(promotion),
                    queue(promotion),
                    timeouts(promotion),
                    passes(promotion),
                ])
                .collect(),
            demotion: vec![end_to_end(demotion), timeouts(demotion), passes(demotion)],
            levels,
        }
    }

    /// What is asked of a backend of this level: to stay, or to get there.
    pub fn asked_at(&self, level: Option<&str>) -> &[Measure] {
        match level {
            Some("L3" | "L4") => &self.demotion,
            _ => &self.promotion,
        }
    }
}

/// Do all of them hold? None where that can't be told.
pub fn holds(measures: &[Measure]) -> Option<bool> {
    if measures.iter().any(|measure| measure.holds == Some(false)) {
        return Some(false);
    }
    measures
        .iter()
        .map(|measure| measure.holds)
        .collect::<Option<Vec<_>>>()
        .map(|_| true)
}

fn at_level_2(levels: &[Since], now: i64) -> Measure {
    let last = levels.last();
    let days = last
        .filter(|last| last.level == "L2")
        .map(|last| (now - last.at).max(0) / DAY);
    Measure {
        name: "time at L2",
        wanted: "30 days or more",
        is: match (days, last) {
            (Some(days), _) => format!("{days} d"),
            (None, Some(last)) => format!("at {}", last.level),
            (None, None) => "–".to_owned(),
        },
        holds: last.map(|_| days.is_some_and(|days| days >= DAYS_AT_L2)),
    }
}

fn end_to_end(row: &ReadinessRow) -> Measure {
    of_seconds("end to end, median", "under 3h", row.end_to_end_p50, END_TO_END_SECONDS)
}

fn queue(row: &ReadinessRow) -> Measure {
    of_seconds("queue, mean", "under 30m", row.queue_mean, QUEUE_SECONDS)
}

fn of_seconds(name: &'static str, wanted: &'static str, seconds: f64, limit: f64) -> Measure {
    let known = Some(seconds).filter(|seconds| seconds.is_finite());
    let holds = |seconds: f64| seconds < limit;
    Measure {
        name,
        wanted,
        is: duration(known.map(|seconds| match holds(seconds) {
            // Almost the limit is not the limit.
            true => seconds.floor(),
            false => seconds,
        })),
        holds: known.map(holds),
    }
}

/// What timed out has a measure of its own.
fn overrun(row: &ReadinessRow) -> Measure {
    let share = share(row.overran, row.total - row.timed_out);
    of_share("ran over 3h", "under 1 %", share, |share| share < OVERRUN)
}

fn timeouts(row: &ReadinessRow) -> Measure {
    let share = share(row.timed_out, row.total);
    of_share("timed out", "under 1 %", share, |share| share < TIMEOUTS)
}

fn passes(row: &ReadinessRow) -> Measure {
    let rate = pass_rate(row.success, row.failure, row.timed_out);
    of_share("pass rate", "90 % or more", rate, |rate| rate >= PASS_RATE)
}

fn of_share(name: &'static str, wanted: &'static str, share: Option<f64>, holds: impl Fn(f64) -> bool) -> Measure {
    Measure {
        name,
        wanted,
        is: share.map_or_else(|| percent(None), |share| percent_beside(share, &holds)),
        holds: share.map(holds),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn row() -> ReadinessRow {
        ReadinessRow {
            total: 1_000,
            success: 900,
            failure: 91,
            timed_out: 9,
            overran: 9,
            queue_mean: 600.0,
            end_to_end_p50: 7_200.0,
        }
    }

    fn level(level: &str, day: i64) -> LevelRow {
        LevelRow {
            level: level.to_owned(),
            since: day * DAY + DAY / 2,
        }
    }

    fn names(measures: &[Measure], holds: Option<bool>) -> Vec<&'static str> {
        let those = measures.iter().filter(|measure| measure.holds == holds);
        those.map(|measure| measure.name).collect()
    }

    #[test]
    fn ready_is_who_meets_all() {
        let levels = vec![level("L1", 10), level("L2", 70)];
        let it = Readiness::new(&row(), &row(), levels.clone(), 100 * DAY + DAY / 2);
        assert_eq!((it.promotion.len(), holds(&it.promotion)), (6, Some(true)));
        let early = Readiness::new(&row(), &row(), levels.clone(), 100 * DAY + DAY / 2 - 1);
        assert_eq!(names(&early.promotion, Some(false)), ["time at L2"]);
        assert_eq!(early.promotion[0].is, "29 d", "days of 24 hours");
        let worse = ReadinessRow {
            overran: 10,
            success: 890,
            failure: 100,
            timed_out: 10,
            queue_mean: 1_800.0,
            end_to_end_p50: 10_800.0,
            ..row()
        };
        let it = Readiness::new(&worse, &worse, levels, 200 * DAY);
        assert_eq!(
            names(&it.promotion, Some(false)),
            [
                "end to end, median",
                "ran over 3h",
                "queue, mean",
                "timed out",
                "pass rate"
            ]
        );
        assert_eq!(
            names(it.asked_at(Some("L3")), Some(false)),
            ["end to end, median", "timed out", "pass rate"]
        );
    }

    /// What is shown never contradicts what is said of it.
    #[test]
    fn almost_the_limit_is_not_the_limit() {
        let of = |timed_out, success| ReadinessRow {
            total: 10_000,
            timed_out,
            success,
            failure: 10_000 - success - timed_out,
            end_to_end_p50: 10_799.7,
            ..row()
        };
        let shown = |row: &ReadinessRow| {
            let measures = [end_to_end(row), timeouts(row), passes(row)];
            measures.map(|measure| (measure.is, measure.holds))
        };
        let [below, above] = [of(96, 8_996), of(104, 9_004)].map(|row| shown(&row));
        let said = |is: &str, holds| (is.to_owned(), Some(holds));
        assert_eq!(below, [said("2h59", true), said("0.9%", true), said("89.9%", false)]);
        assert_eq!(above, [said("2h59", true), said("1.0%", false), said("90.0%", true)]);
    }

    #[test]
    fn no_data_is_neither_ready_nor_not() {
        let nothing = ReadinessRow {
            total: 0,
            success: 0,
            failure: 0,
            timed_out: 0,
            overran: 0,
            queue_mean: f64::NAN,
            end_to_end_p50: f64::NAN,
        };
        let it = Readiness::new(&nothing, &nothing, Vec::new(), 100 * DAY);
        assert_eq!((holds(&it.promotion), holds(&it.demotion)), (None, None));
        let one = ReadinessRow {
            total: 5,
            failure: 5,
            ..nothing
        };
        assert_eq!(holds(&Readiness::new(&one, &one, Vec::new(), 0).demotion), Some(false));
    }
}
