//! The destination: how ClickHouse is reached, and what its errors mean for a retry.

mod client;

use std::time::Duration;

use clickhouse::Client;
use clickhouse::error::Error;

use crate::shown::deepest;
use crate::timestamp::Timestamp;
pub(crate) use client::why_nobody_is_trusted;

const DAY_MILLIS: i64 = 86_400_000;

/// Where the replica is, as whom we come, and how rows are kept there.
#[derive(Clone, PartialEq, Eq)]
pub struct Server {
    /// `http://` or `https://`, host and port.
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: String,
    pub table: String,
    /// Where the tables are made on a cluster of replicas.
    pub cluster: Option<String>,
    /// Rows are kept for so many days after they were inserted; forever without.
    pub retention_days: Option<u32>,
}

impl Server {
    /// One server without users, on which rows stay.
    pub fn plain(url: &str, database: &str, table: &str) -> Self {
        Self {
            url: url.to_owned(),
            user: None,
            password: None,
            database: database.to_owned(),
            table: table.to_owned(),
            cluster: None,
            retention_days: None,
        }
    }

    /// Records that were heard of before need not be there any more.
    pub fn keeps_since(&self, now: Timestamp) -> Timestamp {
        let days = self
            .retention_days
            .map_or(now.millis(), |days| i64::from(days) * DAY_MILLIS);
        Timestamp::from_millis((now.millis() - days).max(0)).unwrap_or(now)
    }

    /// The table of dead letters beside the replica's.
    pub fn dead_letters(&self) -> String {
        format!("{}_dead_letter", self.table)
    }

    /// The table beside the replica's that tells on which days a pull request or a commit was heard of.
    pub fn days(&self) -> String {
        format!("{}_days", self.table)
    }

    /// The table beside the replica's that tells what each backend said on each day.
    pub fn backends(&self) -> String {
        format!("{}_backends", self.table)
    }

    /// A client that sends queries to the replica's database.
    pub fn client(&self) -> Client {
        let mut client = client::client(&self.url).with_database(&self.database);
        if let Some(user) = &self.user {
            client = client.with_user(user);
        }
        if let Some(password) = &self.password {
            client = client.with_password(password);
        }
        client
    }
}

/// The password is masked.
impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("url", &masked(&self.url))
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("database", &self.database)
            .field("table", &self.table)
            .field("cluster", &self.cluster)
            .field("retention_days", &self.retention_days)
            .finish()
    }
}

/// Whether an address says who comes: its user would be dropped on the way.
pub fn names_a_user(url: &str) -> bool {
    reqwest::Url::parse(url).is_ok_and(|url| !url.username().is_empty() || url.password().is_some())
}

/// Whether it is an address that HTTP is spoken at.
pub fn is_http(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    ["http", "https"].iter().any(|http| scheme.eq_ignore_ascii_case(http))
}

/// An address as it may be shown: without what stands before an `@`, and without parameters, where secrets are.
pub fn masked(url: &str) -> String {
    let Ok(mut url) = reqwest::Url::parse(url) else {
        return "***".to_owned();
    };
    let shown = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_password(None);
        let _ = url.set_username("***");
    }
    if url.query().is_some() {
        url.set_query(Some("***"));
    }
    if url.fragment().is_some() {
        url.set_fragment(Some("***"));
    }
    // A bare address is shown as it was written.
    if url == shown {
        url.as_str().trim_end_matches('/').to_owned()
    } else {
        url.to_string()
    }
}

/// What an error of ClickHouse means for what was being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The rows themselves can't be taken: sending them again ends the same.
    Rows,
    /// The server, the network, the table or the user: the same rows may be taken later.
    Passing,
}

const INCORRECT_DATA: u32 = 117;

/// Codes of ClickHouse's `ErrorCodes.cpp` that speak of values in rows. Everything else is the server's affair.
const ROW_CODES: [u32; 15] = [
    6,  // CANNOT_PARSE_TEXT
    26, // CANNOT_PARSE_QUOTED_STRING
    27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
    38, // CANNOT_PARSE_DATE
    41, // CANNOT_PARSE_DATETIME
    53, // TYPE_MISMATCH
    69, // ARGUMENT_OUT_OF_BOUND
    70, // CANNOT_CONVERT_TYPE
    72, // CANNOT_PARSE_NUMBER
    INCORRECT_DATA,
    131, // TOO_LARGE_STRING_SIZE
    321, // VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    469, // VIOLATED_CONSTRAINT
    636, // CANNOT_EXTRACT_TABLE_STRUCTURE
];

/// Tells what an error means.
pub fn kind(error: &Error) -> ErrorKind {
    match (error, code(error)) {
        // Of the columns, which are not those that the client saw when it began.
        (Error::BadResponse(text), Some(INCORRECT_DATA)) if text.contains("while reading header") => ErrorKind::Passing,
        (_, Some(code)) if ROW_CODES.contains(&code) => ErrorKind::Rows,
        _ => ErrorKind::Passing,
    }
}

/// The exception's number in `Code: 60. DB::Exception: …`.
pub fn code(error: &Error) -> Option<u32> {
    let Error::BadResponse(text) = error else {
        return None;
    };
    let digits = text.split_once("Code: ")?.1;
    digits[..digits.find(|c: char| !c.is_ascii_digit())?].parse().ok()
}

/// The error in one breath: the server's own words, else the cause behind "network error".
pub fn describe(error: &Error) -> String {
    if let Error::BadResponse(text) = error {
        return text.trim_end().to_owned();
    }
    deepest(error)
}

/// How long to wait before attempt `attempt` (from 0): doubling from 200 ms to 10 s, of which a random half is taken off.
pub fn back_off(attempt: u32) -> Duration {
    use rand::TryRng as _;
    let full = Duration::from_millis(200 * (1 << attempt.min(6))).min(Duration::from_secs(10));
    let random = rand::rngs::SysRng.try_next_u32().unwrap_or(u32::MAX / 2);
    full.mul_f64(0.5 + 0.5 * f64::from(random) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn only_errors_of_values_are_the_rows_fault() {
        let bad = |text: &str| Error::BadResponse(text.to_owned());
        assert_eq!(
            kind(&bad(
                "Code: 469. DB::Exception: Constraint `c` is violated (VIOLATED_CONSTRAINT)"
            )),
            ErrorKind::Rows
        );
        assert_eq!(
            kind(&bad(
                "Code: 60. DB::Exception: Table default.x does not exist (UNKNOWN_TABLE)"
            )),
            ErrorKind::Passing
        );
        let of_columns = "Code: 117. DB::Exception: Type of 'a' must be UInt32, not UInt64: (while reading header)";
        assert_eq!(kind(&bad(of_columns)), ErrorKind::Passing);
        assert_eq!(kind(&bad("502 Bad Gateway")), ErrorKind::Passing);
        assert_eq!(kind(&Error::TimedOut), ErrorKind::Passing);
    }

    #[test]
    fn waits_grow_and_stay_bounded() {
        assert!(back_off(0) <= Duration::from_millis(200) && back_off(0) >= Duration::from_millis(100));
        assert!(back_off(60) <= Duration::from_secs(10) && back_off(60) >= Duration::from_secs(5));
    }
}
