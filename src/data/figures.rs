//! Numbers as people read them, alike on every screen: `41m`, `1h12`, `3d`, `93.1%`.

/// Below this a pass rate is red, at or above [`GREEN`] it is green.
pub const YELLOW: f64 = 0.80;
pub const GREEN: f64 = 0.95;
/// A job that has run longer than this is overdue: 6 h 25 min, in milliseconds.
pub const OVERDUE_MILLIS: i64 = 385 * 60_000;

/// A day in nanoseconds,
pub const DAY: i64 = 86_400_000_000_000;
/// and in milliseconds.
pub const DAY_MILLIS: i64 = DAY / 1_000_000;

/// How good a pass rate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    Red,
    Yellow,
    Green,
}

impl Grade {
    pub fn of(rate: f64) -> Self {
        match rate {
            rate if rate >= GREEN => Self::Green,
            rate if rate >= YELLOW => Self::Yellow,
            _ => Self::Red,
        }
    }
}

/// Passed ÷ (passed + failed + timed out); none without any of them.
pub fn pass_rate(success: u64, failure: u64, timed_out: u64) -> Option<f64> {
    share(success, success + failure + timed_out)
}

/// A part of a whole, 0 to 1; none of nothing.
pub fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// One decimal, rounded down where rounding up would hide that something failed, or show another grade: `99.9%` is not `100.0%`.
pub fn percent(rate: Option<f64>) -> String {
    let say = |rate| percent_beside(rate, |rate| (rate >= 1.0, Grade::of(rate)));
    rate.map_or_else(|| "–".to_owned(), say)
}

/// One decimal, rounded down where the nearest would mean something else: of a share that has to be under 1 % `0.9%` is, and so is 0.96 %.
/// Limits are whole tenths, so that what lies above one never gets below it.
pub fn percent_beside<T: PartialEq>(share: f64, means: impl Fn(f64) -> T) -> String {
    let nearest = (share * 1_000.0).round();
    let tenths = match means(nearest / 1_000.0) == means(share) {
        true => nearest,
        false => (share * 1_000.0).floor(),
    };
    format!("{:.1}%", tenths / 10.0)
}

/// A difference of rates, in points: `▲1.2`, `▼0.4`; none where it is less than is said.
pub fn change(rate: f64) -> Option<String> {
    let tenths = (rate * 1_000.0).round();
    match tenths {
        tenths if tenths > 0.0 => Some(format!("▲{:.1}", tenths / 10.0)),
        tenths if tenths < 0.0 => Some(format!("▼{:.1}", -tenths / 10.0)),
        _ => None,
    }
}

/// `42s`, `41m`, `1h12`, `3d`.
pub fn duration(seconds: Option<f64>) -> String {
    let Some(seconds) = seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0) else {
        return "–".to_owned();
    };
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole}s"),
        60..3_600 => format!("{}m", whole / 60),
        3_600..172_800 => format!("{}h{:02}", whole / 3_600, whole / 60 % 60),
        _ => format!("{}d", whole / 86_400),
    }
}

/// The time since a moment, both in nanoseconds since 1970.
pub fn age(then: i64, now: i64) -> String {
    duration(Some(now.saturating_sub(then).max(0) as f64 / 1e9))
}

/// How far the pipeline is behind: `0.6s` while it is short, then as any duration.
pub fn lag(seconds: f64) -> String {
    if (0.0..10.0).contains(&seconds) {
        format!("{seconds:.1}s")
    } else {
        duration(Some(seconds))
    }
}

/// `512 B`, `1.5 kB`, `1.0 GB`.
pub fn bytes(number: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if number < 1000 {
        return format!("{number} B");
    }
    let mut scaled = number as f64;
    let mut unit = "B";
    for next in UNITS {
        if scaled < 1000.0 {
            break;
        }
        (scaled, unit) = (scaled / 1000.0, next);
    }
    format!("{scaled:.1} {unit}")
}

/// A count; zero is a dot.
pub fn count(number: u64) -> String {
    if number == 0 {
        "·".to_owned()
    } else {
        number.to_string()
    }
}

/// A count that has four columns: from ten thousand on in thousands, then in millions, rounded down: `9999`, `12k`, `1.4M`.
pub fn short_count(number: u64) -> String {
    match number {
        0..10_000 => count(number),
        10_000..1_000_000 => format!("{}k", number / 1_000),
        1_000_000..10_000_000 => format!("{}.{}M", number / 1_000_000, number / 100_000 % 10),
        _ => format!("{}M", number / 1_000_000),
    }
}

/// `1 commit`, `2 commits`.
pub fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// RFC 3339 in UTC, from nanoseconds since 1970.
pub fn rfc3339(nanos: i64) -> String {
    use time::format_description::well_known::Rfc3339;
    let moment = time::OffsetDateTime::from_unix_timestamp_nanos(nanos.into());
    moment
        .ok()
        .and_then(|moment| moment.format(&Rfc3339).ok())
        .unwrap_or_default()
}

/// The same as a field of a row, or null.
pub(crate) fn moment<S: serde::Serializer>(nanos: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    match nanos {
        Some(nanos) => serializer.serialize_str(&rfc3339(*nanos)),
        None => serializer.serialize_none(),
    }
}

/// `2026-11-20 14:02`, in UTC.
pub fn minute(nanos: i64) -> String {
    rfc3339(nanos).get(..16).unwrap_or_default().replace('T', " ")
}

/// `11-20 14:02`, in UTC.
pub fn day_and_minute(nanos: i64) -> String {
    minute(nanos).get(5..).unwrap_or_default().to_owned()
}

/// `11-20`, in UTC.
pub fn day(nanos: i64) -> String {
    minute(nanos).get(5..10).unwrap_or_default().to_owned()
}

/// `11-20 14:02:07`, in UTC.
pub fn day_and_second(nanos: i64) -> String {
    rfc3339(nanos).get(5..19).unwrap_or_default().replace('T', " ")
}

/// `14:02` less than 24 hours from now, so that it is that of one day alone; `11-22` else, in UTC.
pub fn clock(nanos: i64, now: i64) -> String {
    let part = if now.abs_diff(nanos) < DAY.unsigned_abs() {
        11..16
    } else {
        5..10
    };
    minute(nanos).get(part).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_count_has_four_columns() {
        let counts = [0, 7, 9_999, 10_000, 12_999, 999_999, 1_490_000, 9_999_999, 123_456_789];
        let expected = ["·", "7", "9999", "10k", "12k", "999k", "1.4M", "9.9M", "123M"];
        assert_eq!(counts.map(short_count), expected);
    }

    #[test]
    fn durations_are_short() {
        let shown = [0.4, 59.0, 60.0, 2_460.0, 4_320.0, 172_799.0, 172_800.0].map(|seconds| duration(Some(seconds)));
        assert_eq!(shown, ["0s", "59s", "1m", "41m", "1h12", "47h59", "2d"]);
        assert_eq!((duration(None), duration(Some(-1.0))), ("–".to_owned(), "–".to_owned()));
    }

    #[test]
    fn almost_all_is_not_all() {
        assert_eq!(percent(Some(0.9999)), "99.9%");
        assert_eq!(percent(Some(0.7996)), "79.9%");
        assert_eq!(percent(Some(0.9496)), "94.9%");
        assert_eq!(percent(Some(1.0)), "100.0%");
        assert_eq!(percent(None), "–");
    }

    #[test]
    fn no_denominator_no_rate() {
        assert_eq!(pass_rate(0, 0, 0), None);
        assert_eq!(pass_rate(3, 1, 0), Some(0.75));
        assert_eq!(
            [0.95, 0.9499, 0.80, 0.7999].map(Grade::of),
            [Grade::Green, Grade::Yellow, Grade::Yellow, Grade::Red]
        );
    }

    #[test]
    fn moments_of_the_last_24_hours_show_the_time_of_day() {
        let now = 1_790_000_000_000_000_000;
        assert_eq!(rfc3339(now), "2026-09-21T14:13:20Z");
        assert_eq!(clock(now, now), "14:13");
        assert_eq!(clock(now - DAY + 60_000_000_000, now), "14:14");
        assert_eq!(clock(now - DAY, now), "09-20");
        assert_eq!(day_and_minute(now - DAY), "09-20 14:13");
    }

    proptest! {
        #[test]
        fn a_duration_never_takes_more_than_six_columns(seconds in 0.0..1e9_f64) {
            prop_assert!(duration(Some(seconds)).chars().count() <= 6);
        }
    }
}
