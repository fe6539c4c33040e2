//! A moment as it is typed: absolute, or so long before now.

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

use crate::data::figures::DAY;

const EXPECTED: &str = "expected 2026-11-20, 11-20, yesterday, each with 12:00 behind it or without, 12:00, RFC 3339 (all in UTC), or -2h or -3d";

/// A moment that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// In nanoseconds since 1970.
    At(i64),
    /// A day's last moment, so far as it has passed; its first is so many nanoseconds after 1970.
    Day(i64),
    /// The last time that the date was that: its last moment, or its clock in nanoseconds after midnight.
    Date { month: Month, day: u8, clock: Option<i64> },
    /// The last time that the clock was that, in nanoseconds after midnight.
    Clock(i64),
    /// So many nanoseconds before now.
    Ago(i64),
    /// The day before: its last moment, or its clock in nanoseconds after midnight.
    Yesterday(Option<i64>),
}

impl Moment {
    /// When it is, in nanoseconds since 1970, where `now` is now.
    ///
    /// # Errors
    /// A sentence about one that is still to come.
    pub fn at(self, now: i64) -> Result<i64, String> {
        /// Of a day there is no later one that could be typed.
        const TO_THE_LAST: i64 = DAY - 1_000_000;
        let midnight = now - now.rem_euclid(DAY);
        let at = match self {
            Self::At(at) => at,
            Self::Day(first) if first <= now => first.saturating_add(TO_THE_LAST).min(now),
            Self::Day(first) => first,
            Self::Ago(nanos) => now.saturating_sub(nanos),
            Self::Yesterday(clock) => midnight - DAY + clock.unwrap_or(TO_THE_LAST),
            Self::Clock(clock) if midnight + clock <= now => midnight + clock,
            Self::Clock(clock) => midnight - DAY + clock,
            Self::Date { month, day, clock } => {
                let first = last_first(month, day, clock.unwrap_or_default(), now).ok_or(EXPECTED)?;
                clock.map_or((first + TO_THE_LAST).min(now), |clock| first + clock)
            }
        };
        match at {
            _ if at > now => Err("that is still to come; expected a moment that has passed".to_owned()),
            1.. => Ok(at),
            _ => Err(EXPECTED.to_owned()),
        }
    }

    /// A date with its year or without, or the day before, and a clock behind it or none; or a clock alone.
    fn of_clock(text: &str) -> Option<Self> {
        const YESTERDAY: &str = "yesterday";
        let (word, behind) = text.split_at_checked(YESTERDAY.len()).unwrap_or((text, ""));
        if word.eq_ignore_ascii_case(YESTERDAY) {
            return match behind.strip_prefix([' ', 'T']) {
                Some(behind) => clock(behind).map(|clock| Self::Yesterday(Some(clock))),
                None => behind.is_empty().then_some(Self::Yesterday(None)),
            };
        }
        let (day, clock) = match text.split_once([' ', 'T']) {
            Some((day, behind)) => (day, Some(clock(behind)?)),
            None => match clock(text) {
                Some(clock) => return Some(Self::Clock(clock)),
                None => (text, None),
            },
        };
        let (month, day) = day.split_once('-')?;
        let month = Month::try_from(month.parse::<u8>().ok()?).ok()?;
        let day = day.parse().ok()?;
        Some(Self::Date { month, day, clock })
    }

    fn ago(text: &str) -> Option<Self> {
        const MINUTE: i64 = 60_000_000_000;
        let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let unit = match unit {
            "m" => MINUTE,
            "h" => 60 * MINUTE,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => return None,
        };
        let number: u32 = number.parse().ok()?;
        i64::from(number).checked_mul(unit).map(Self::Ago)
    }

    fn absolute(text: &str) -> Option<Self> {
        let text = text.replacen(' ', "T", 1);
        let full = match text.len() {
            10 => format!("{text}T00:00:00Z"),
            16 => format!("{text}:00Z"),
            19 => format!("{text}Z"),
            _ => text.clone(),
        };
        let moment = OffsetDateTime::parse(&full, &Rfc3339).ok()?;
        let nanos = i64::try_from(moment.unix_timestamp_nanos()).ok()?;
        match text.len() {
            _ if nanos <= 0 => None,
            10 => Some(Self::Day(nanos)),
            _ => Some(Self::At(nanos)),
        }
    }
}

/// `12:00` in nanoseconds after midnight.
fn clock(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u8, u8) = (hour.parse().ok()?, minute.parse().ok()?);
    let is_one = hour < 24 && minute < 60;
    is_one.then(|| (i64::from(hour) * 60 + i64::from(minute)) * 60_000_000_000)
}

/// The first moment of the last day of this date on which the clock has been that, in nanoseconds since 1970; none where there is no such
/// date.
fn last_first(month: Month, day: u8, clock: i64, now: i64) -> Option<i64> {
    let year = OffsetDateTime::from_unix_timestamp_nanos(now.into()).ok()?.year();
    // The 29th of February is eight years off at most.
    let first = |year| {
        let date = Date::from_calendar_date(year, month, day).ok()?;
        i64::try_from(date.midnight().assume_utc().unix_timestamp_nanos()).ok()
    };
    let mut firsts = (year - 8..=year).rev().filter_map(first);
    firsts.find(|first| first + clock <= now)
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let moment = match text.strip_prefix('-') {
            Some(ago) => Self::ago(ago),
            None => Self::absolute(text).or_else(|| Self::of_clock(text)),
        };
        moment.ok_or_else(|| EXPECTED.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;
    /// 2026-09-21 14:13:20.
    const NOW: i64 = 1_790_000_000;

    /// In seconds since 1970.
    fn at(text: &str) -> Result<i64, String> {
        let moment = text.parse::<Moment>()?.at(NOW * SECOND)?;
        Ok(moment / SECOND)
    }

    #[test]
    fn a_moment_is_a_day_a_minute_or_rfc_3339() {
        assert_eq!(at("2026-09-20"), Ok(1_789_948_799));
        assert_eq!(at("2026-09-21T14:13"), Ok(NOW - 20));
        assert_eq!(at("2026-09-21 14:13:20"), Ok(NOW));
        assert_eq!(at("2026-09-21T16:13:20+02:00"), Ok(NOW));
        assert!(at("last year").is_err() && at("1969-12-31").is_err());
    }

    /// What was the last time: of a clock today or the day before, of a date this year or the one before.
    #[test]
    fn a_moment_is_the_last_one_of_that_clock_or_date() {
        for (text, whole) in [
            ("14:13", "2026-09-21 14:13"),
            ("14:14", "2026-09-20 14:14"),
            ("yesterday 12:00", "2026-09-20 12:00"),
            ("YESTERDAYT12:00", "2026-09-20 12:00"),
            ("09-20", "2026-09-20"),
            ("9-21T00:00", "2026-09-21 00:00"),
            ("09-21 14:14", "2025-09-21 14:14"),
            ("11-24 12:00", "2025-11-24 12:00"),
            ("02-29", "2024-02-29"),
        ] {
            assert_eq!(at(text), at(whole), "{text}");
            assert!(at(text).is_ok(), "{text}");
        }
        for text in [
            "24:00",
            "12:60",
            "02-30",
            "13-01",
            "yesterday noon",
            "12:00 yesterday",
            "é:é",
        ] {
            assert!(at(text).unwrap_err().starts_with("expected 2026-11-20"), "{text}");
        }
    }

    #[test]
    fn a_moment_is_so_long_before_now() {
        for (text, ago) in [
            ("-90m", 5_400),
            ("-2h", 7_200),
            ("-3d", 259_200),
            (" -1w", 604_800),
            ("-0h", 0),
        ] {
            assert_eq!(at(text), Ok(NOW - ago), "{text}");
        }
        assert_eq!(at("Yesterday"), at("2026-09-20"));
        for text in ["-", "-h", "-2", "-2y", "--2h", "-2é", "-4294967295w", "-99999d"] {
            assert!(at(text).unwrap_err().starts_with("expected 2026-11-20"), "{text}");
        }
    }

    /// Today is a day of which the last moment is now.
    #[test]
    fn what_is_still_to_come_is_refused() {
        assert_eq!(at("2026-09-21"), Ok(NOW));
        for text in ["2026-09-22", "2026-09-21 14:14", "2262-01-01"] {
            assert!(at(text).unwrap_err().starts_with("that is still to come"), "{text}");
        }
    }
}
