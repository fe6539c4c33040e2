//! A moment as it is typed: absolute, or so long before now.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const DAY: i64 = 86_400_000_000_000;
const EXPECTED: &str = "expected 2026-11-20, 2026-11-20T12:00 (UTC), RFC 3339, yesterday, or -2h or -3d";

/// A moment that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// In nanoseconds since 1970.
    At(i64),
    /// A day's last moment, so far as it has passed; its first is so many nanoseconds after 1970.
    Day(i64),
    /// So many nanoseconds before now.
    Ago(i64),
    /// The last moment of the day before (UTC).
    Yesterday,
}

impl Moment {
    /// When it is, in nanoseconds since 1970, where `now` is now.
    ///
    /// # Errors
    /// A sentence about one that is still to come.
    pub fn at(self, now: i64) -> Result<i64, String> {
        /// Of a day there is no later one that could be typed.
        const TO_THE_LAST: i64 = DAY - 1_000_000;
        let at = match self {
            Self::At(at) => at,
            Self::Day(first) if first <= now => first.saturating_add(TO_THE_LAST).min(now),
            Self::Day(first) => first,
            Self::Ago(nanos) => now.saturating_sub(nanos),
            Self::Yesterday => now - now.rem_euclid(DAY) - DAY + TO_THE_LAST,
        };
        match at {
            _ if at > now => Err("that is still to come; expected a moment that has passed".to_owned()),
            1.. => Ok(at),
            _ => Err(EXPECTED.to_owned()),
        }
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

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let moment = match text.strip_prefix('-') {
            Some(ago) => Self::ago(ago),
            None if text.eq_ignore_ascii_case("yesterday") => Some(Self::Yesterday),
            None => Self::absolute(text),
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
