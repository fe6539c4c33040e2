//! The clock, which is read at the rim alone: what goes by the time is told the moment.

/// Now, in nanoseconds since 1970.
pub fn now() -> i64 {
    time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64
}
