//! Reading one raw JSON value: its type, its range, and what to say when it is neither.

use serde_json::value::RawValue;

use super::fields::{Bytes, Field, Kind};
use super::{Problem, Status};
use crate::timestamp::{Timestamp, TimestampError};

/// Free texts of an optional field are at most this long; a DynamoDB item holds 400 KB in all.
const TEXT_MAX_BYTES: usize = 4096;
/// `environment` and `triage_verdict`.
const OBJECT_MAX_BYTES: usize = 16 * 1024;
/// The greatest count: what JavaScript and Float64 hold exactly.
pub const COUNT_MAX: u64 = 1 << 53;
/// Seconds; some 31 years.
const SECONDS_MAX: f64 = 1e9;

const TEXT: &str = "a string of at most 4096 bytes";
const REQUIRED_TEXT: &str = "a string that is not empty";
const ID: &str = "a string or a number";
const REPOSITORY: &str = "\"owner/repo\"";
const STATUS: &str = "\"in_progress\" or \"completed\"";
const COUNT: &str = "a whole number from 0 to 2^53";
const ATTEMPT: &str = "a whole number from 1 to 2^32 - 1";
const SECONDS: &str = "a number of seconds from 0 to 1e9";
const TIMESTAMP: &str = "an RFC 3339 date and time within 1970–2261";
const OBJECT: &str = "an object of at most 16 KB";

/// What a required field should have been, for the message when it isn't there.
pub(super) fn expected_when_missing(field: Field) -> &'static str {
    match field {
        Field::VerifiedRepo => REPOSITORY,
        Field::Status => STATUS,
        Field::CheckRunId => ID,
        _ => REQUIRED_TEXT,
    }
}

/// A text, or `None` when empty.
pub(super) fn text(raw: &RawValue) -> Result<Option<String>, Problem> {
    let text = string(raw, TEXT)?;
    if text.len() > TEXT_MAX_BYTES {
        return Err(Problem {
            expected: TEXT,
            got: format!("{} bytes", text.len()),
        });
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A text that must say something. Its length is bounded with the key's.
pub(super) fn required_text(raw: &RawValue) -> Result<String, Problem> {
    let text = string(raw, REQUIRED_TEXT)?;
    if text.is_empty() {
        Err(Problem {
            expected: REQUIRED_TEXT,
            got: "\"\"".to_owned(),
        })
    } else {
        Ok(text)
    }
}

/// An id as text, whether it came as a string or as a number; `None` when empty.
pub(super) fn id(raw: &RawValue) -> Result<Option<String>, Problem> {
    match Kind::of(raw) {
        Kind::Number if raw.get().len() <= TEXT_MAX_BYTES => Ok(Some(raw.get().to_owned())),
        Kind::String => text(raw),
        _ => Err(wrong(raw, ID)),
    }
}

/// An id that must be there.
pub(super) fn required_id(raw: &RawValue) -> Result<String, Problem> {
    id(raw)?.ok_or(Problem {
        expected: ID,
        got: "\"\"".to_owned(),
    })
}

/// `owner/repo`: two parts, neither empty, without blanks or control characters.
pub(super) fn repository(raw: &RawValue) -> Result<String, Problem> {
    let text = string(raw, REPOSITORY)?;
    let well_formed = text.split_once('/').is_some_and(|(owner, repo)| {
        !owner.is_empty()
            && !repo.is_empty()
            && !repo.contains('/')
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
    });
    if well_formed {
        Ok(text)
    } else {
        Err(Problem {
            expected: REPOSITORY,
            got: quoted(&text),
        })
    }
}

/// `in_progress` or `completed`.
pub(super) fn status(raw: &RawValue) -> Result<Status, Problem> {
    match string(raw, STATUS)?.as_str() {
        "in_progress" => Ok(Status::InProgress),
        "completed" => Ok(Status::Completed),
        other => Err(Problem {
            expected: STATUS,
            got: quoted(other),
        }),
    }
}

/// A whole number from 0 to 2^53; `8430.0` is whole too.
pub(super) fn count(raw: &RawValue) -> Result<u64, Problem> {
    whole(raw, COUNT_MAX).ok_or_else(|| wrong(raw, COUNT))
}

/// An attempt, as a number or as text. 0, empty and what is not a number mean 1 (contract, section 2).
pub(super) fn attempt(raw: &RawValue) -> Result<u32, Problem> {
    let number = match Kind::of(raw) {
        Kind::Number => whole(raw, u64::from(u32::MAX)).ok_or_else(|| wrong(raw, ATTEMPT))?,
        Kind::String => {
            let text = string(raw, ATTEMPT)?;
            let digits = text.trim().trim_start_matches(['-', '+']);
            if digits.is_empty() || digits.bytes().any(|byte| !byte.is_ascii_digit()) {
                1
            } else {
                text.trim().parse().map_err(|_| Problem {
                    expected: ATTEMPT,
                    got: quoted(&text),
                })?
            }
        }
        _ => return Err(wrong(raw, ATTEMPT)),
    };
    u32::try_from(number.max(1)).map_err(|_| wrong(raw, ATTEMPT))
}

/// Seconds, finite, 0 to 1e9. Below a nanosecond is 0: DynamoDB's numbers don't go as low as a float's.
pub(super) fn seconds(raw: &RawValue) -> Result<f64, Problem> {
    let seconds: f64 = serde_json::from_str(raw.get()).map_err(|_| wrong(raw, SECONDS))?;
    match seconds {
        s if !(0.0..=SECONDS_MAX).contains(&s) => Err(wrong(raw, SECONDS)),
        s if s < 1e-9 => Ok(0.0),
        s => Ok(s),
    }
}

/// An RFC 3339 moment, or `None` when empty. The first of 1970 means absent wherever it is stored (contract, section 6), so here too.
pub(super) fn timestamp(raw: &RawValue) -> Result<Option<Timestamp>, Problem> {
    let text = string(raw, TIMESTAMP)?;
    if text.is_empty() {
        return Ok(None);
    }
    match Timestamp::parse(&text) {
        Ok(moment) => Ok(Some(moment).filter(|moment| moment.nanos() > 0)),
        Err(TimestampError::Syntax | TimestampError::Range) => Err(Problem {
            expected: TIMESTAMP,
            got: quoted(&text),
        }),
    }
}

/// An object kept as JSON text, or `None` for `{}`: it says nothing, and by bytes it would beat one that does.
pub(super) fn object_text(raw: &RawValue) -> Result<Option<String>, Problem> {
    let text = raw.get();
    match Kind::of(raw) {
        Kind::Object if text.len() > OBJECT_MAX_BYTES => Err(Problem {
            expected: OBJECT,
            got: format!("{} bytes", text.len()),
        }),
        Kind::Object if text[1..text.len() - 1].trim().is_empty() => Ok(None),
        Kind::Object => Ok(Some(text.to_owned())),
        _ => Err(wrong(raw, OBJECT)),
    }
}

/// A JSON string. A lone surrogate, which Python and JavaScript write without a second thought, becomes U+FFFD.
fn string(raw: &RawValue, expected: &'static str) -> Result<String, Problem> {
    if Kind::of(raw) != Kind::String {
        return Err(wrong(raw, expected));
    }
    lossy(raw).ok_or_else(|| wrong(raw, expected))
}

/// The content of a JSON string, each lone surrogate replaced; `None` for anything else.
pub(super) fn lossy(raw: &RawValue) -> Option<String> {
    let Bytes(bytes) = serde_json::from_str(raw.get()).ok()?;
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // A surrogate's three bytes are three invalid chunks; its first alone is not a continuation.
        if chunk.invalid().first().is_some_and(|byte| !(0x80..0xc0).contains(byte)) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    Some(text)
}

fn whole(raw: &RawValue, max: u64) -> Option<u64> {
    if Kind::of(raw) != Kind::Number {
        return None;
    }
    let number: serde_json::Number = serde_json::from_str(raw.get()).ok()?;
    let whole = number.as_u64().or_else(|| {
        let float = number
            .as_f64()
            .filter(|f| f.fract() == 0.0 && (0.0..=COUNT_MAX as f64).contains(f))?;
        Some(float as u64)
    })?;
    (whole <= max).then_some(whole)
}

/// A scalar is shown, anything else is named by its type.
fn wrong(raw: &RawValue, expected: &'static str) -> Problem {
    let got = match Kind::of(raw) {
        kind @ (Kind::Array | Kind::Object) => kind.to_string(),
        _ => shortened(raw.get()),
    };
    Problem { expected, got }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", shortened(text))
}

/// Enough to recognise it by; the text is the sender's and may be long.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
