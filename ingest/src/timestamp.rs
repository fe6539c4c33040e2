//! One instant, in the one form that is stored, compared and shown: nanoseconds since 1970, UTC.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Nanoseconds since 1970-01-01T00:00:00Z, within the years 1970 to 2261: what ClickHouse's `DateTime64(9)` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// Why a text is not a [`Timestamp`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// Not a date and time of RFC 3339 with `Z` or an offset.
    #[error("not an RFC 3339 date and time")]
    Syntax,
    /// Before 1970 or after 2261.
    #[error("outside 1970–2261")]
    Range,
}

impl Timestamp {
    /// The first instant that can't be held: 2262-01-01T00:00:00Z.
    const END: i64 = 9_214_646_400_000_000_000;

    /// Reads RFC 3339; digits after the ninth of the fraction are dropped.
    ///
    /// # Errors
    /// [`TimestampError`] for anything else, or a year outside 1970–2261.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| TimestampError::Syntax)?;
        Self::try_from(moment)
    }

    /// From whole nanoseconds since 1970; `None` outside 1970–2261.
    pub fn from_nanos(nanos: i64) -> Option<Self> {
        (0..Self::END).contains(&nanos).then_some(Self(nanos))
    }

    /// From whole milliseconds since 1970; `None` outside 1970–2261.
    pub fn from_millis(millis: i64) -> Option<Self> {
        Self::from_nanos(millis.checked_mul(1_000_000)?)
    }

    /// What the clock says. A clock set outside 1970–2261 reads as the nearest end.
    pub fn now() -> Self {
        let nanos = OffsetDateTime::now_utc().unix_timestamp_nanos();
        Self(nanos.clamp(0, i128::from(Self::END - 1)) as i64)
    }

    /// Nanoseconds since 1970.
    pub fn nanos(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since 1970, rounded down.
    pub fn millis(self) -> i64 {
        self.0 / 1_000_000
    }

    /// RFC 3339 with three digits of the fraction: as text these order as the instants do.
    pub fn to_sortable(self) -> String {
        let text = Self(self.0 - self.0 % 1_000_000_000).to_string();
        format!("{}.{:03}Z", text.trim_end_matches('Z'), self.millis() % 1000)
    }

    /// The same instant, to the millisecond.
    #[must_use]
    pub fn to_millis(self) -> Self {
        Self(self.0 - self.0 % 1_000_000)
    }
}

impl TryFrom<OffsetDateTime> for Timestamp {
    type Error = TimestampError;

    fn try_from(moment: OffsetDateTime) -> Result<Self, TimestampError> {
        let nanos = i64::try_from(moment.unix_timestamp_nanos()).map_err(|_| TimestampError::Range)?;
        Self::from_nanos(nanos).ok_or(TimestampError::Range)
    }
}

/// RFC 3339 in UTC, with as many digits of the fraction as are needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0)).map_err(|_| fmt::Error)?;
        f.write_str(&moment.format(&Rfc3339).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(|error| de::Error::custom(format_args!("{error}: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn offsets_and_fractions_name_the_same_instant() {
        let plain = Timestamp::parse("2026-04-28T10:15:30Z").unwrap();
        assert_eq!(Timestamp::parse("2026-04-28T12:15:30.000+02:00").unwrap(), plain);
        assert_eq!(Timestamp::parse("2026-04-28T10:15:30.0000000009Z").unwrap(), plain);
        assert_eq!(plain.to_string(), "2026-04-28T10:15:30Z");
        assert_eq!(
            Timestamp::parse("2026-04-28T10:15:30.5Z").unwrap().to_string(),
            "2026-04-28T10:15:30.5Z"
        );
    }

    #[test]
    fn the_range_is_1970_to_2261() {
        for text in ["1970-01-01T00:00:00Z", "2261-12-31T23:59:59.999999999Z"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "1969-12-31T23:59:59Z",
            "2262-01-01T00:00:00Z",
            "1970-01-01T00:30:00+01:00",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError::Range), "{text}");
        }
    }

    #[test]
    fn what_is_not_rfc_3339_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-04-28",
            "2026-04-28T10:15:30",
            "1777371330",
            "2026-13-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), Err(TimestampError::Syntax), "{text}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back_is_the_same_instant(nanos in 0..Timestamp::END) {
            let moment = Timestamp::from_nanos(nanos).unwrap();
            prop_assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
        }
    }
}
