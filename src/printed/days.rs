//! Days as rows: what `trends` prints.

use serde::Serialize;

use crate::data::figures::{DAY, count, duration, pass_rate, percent, rfc3339};
use crate::printed::export::Tabular;
use crate::source::TrendRow;

/// One day (UTC). One without results has zeros, and no rate.
#[derive(Default, Serialize)]
pub(crate) struct DayRow {
    /// `2026-11-20`
    day: String,
    success: u64,
    failure: u64,
    timed_out: u64,
    pub(crate) total: u64,
    flaky: u64,
    pass_rate: Option<f64>,
    /// Seconds.
    duration_p50: Option<f64>,
    /// Seconds.
    queue_p50: Option<f64>,
}

impl DayRow {
    pub(crate) fn new(day: i64, row: Option<TrendRow>) -> Self {
        let day = rfc3339(day * DAY).get(..10).unwrap_or_default().to_owned();
        let finite = |seconds: f64| Some(seconds).filter(|seconds| seconds.is_finite());
        match row {
            None => Self { day, ..Self::default() },
            Some(row) => Self {
                day,
                success: row.success,
                failure: row.failure,
                timed_out: row.timed_out,
                total: row.total,
                flaky: row.flaky_jobs,
                pass_rate: pass_rate(row.success, row.failure, row.timed_out),
                duration_p50: finite(row.duration_p50),
                queue_p50: finite(row.queue_p50),
            },
        }
    }
}

impl Tabular for DayRow {
    const HEADS: &'static [(&'static str, bool)] = &[
        ("DAY", false),
        ("PASS", true),
        ("OK", true),
        ("FAIL", true),
        ("TIME", true),
        ("TOTAL", true),
        ("FLAKY", true),
        ("P50", true),
        ("QUEUE", true),
    ];

    fn cells(&self, _now: i64) -> Vec<String> {
        vec![
            self.day.clone(),
            percent(self.pass_rate),
            count(self.success),
            count(self.failure),
            count(self.timed_out),
            count(self.total),
            count(self.flaky),
            duration(self.duration_p50),
            duration(self.queue_p50),
        ]
    }
}
