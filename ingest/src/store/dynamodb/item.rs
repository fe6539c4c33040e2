//! A record as a DynamoDB item, and back.
//!
//! The serialised record's field names are the attribute names, so the mapping is: text ↔ `S`, number ↔ `N`, absent ↔ absent. What
//! another program wrote otherwise is read as well.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::types::AttributeValue as StreamValue;
use serde_json::{Map, Value};

use super::attribute::{self, Typed};
use crate::payload::Status;
use crate::record::{Completion, Record, Stored};
use crate::store::ChangeKind;
use crate::timestamp::Timestamp;

/// The hash key's name.
pub(super) const KEY: &str = "dynamoKey";

/// Between these a foreign item's creation time lies: 2024-01-01 to 2040-01-01, in milliseconds since 1970.
const FOREIGN: [i64; 2] = [1_704_067_200_000, 2_208_988_800_000];

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// An item read back. One that another program wrote has neither creation time nor version.
#[derive(Debug, PartialEq)]
pub(super) struct Image {
    pub(super) record: Record,
    pub(super) created_at: Option<Timestamp>,
    pub(super) version: Option<u64>,
    /// The version as it is stored, of whatever type: a write is conditional on it.
    pub(super) version_stored: Option<AttributeValue>,
}

/// A record's attributes; those without a value are left out.
pub(super) fn attributes(record: &Record) -> BTreeMap<String, AttributeValue> {
    let Value::Object(fields) = serde_json::to_value(record).expect("a record is texts and numbers") else {
        unreachable!("a struct is an object")
    };
    fields
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                Value::String(text) => AttributeValue::S(text),
                number => AttributeValue::N(number.to_string()),
            };
            (name, value)
        })
        .collect()
}

/// The attributes of how the job ended.
pub(super) const COMPLETION: [&str; 8] = {
    // A field that is added there must be added here.
    let Completion {
        conclusion: _,
        completed_at: _,
        execution_time: _,
        total_tests: _,
        passed_tests: _,
        failed_tests: _,
        skipped_tests: _,
        failed_tests_json: _,
    };
    [
        "conclusion",
        "completed_at",
        "execution_time",
        "total_tests",
        "passed_tests",
        "failed_tests",
        "skipped_tests",
        "failed_tests_json",
    ]
};

impl Image {
    /// Reads an item.
    ///
    /// # Errors
    /// What is wrong with it, as text.
    pub(super) fn from_item(item: &Item) -> Result<Self, String> {
        let image = from_json(table_fields(item))?;
        Ok(Self {
            version_stored: item.get("version").cloned(),
            ..image
        })
    }

    /// The version, or what an item without one counts as: 1 while running, 2 when completed. Ours start at the clock's milliseconds, so ours win.
    pub(super) fn version(&self) -> u64 {
        self.version.unwrap_or(match self.record.status {
            Status::InProgress => 1,
            Status::Completed => 2,
        })
    }

    /// Whether the job is now known to have been heard of before what is stored.
    pub(super) fn is_later_than(&self, heard_at: Timestamp) -> bool {
        self.created_at
            .is_some_and(|created_at| created_at > heard_at.to_millis())
    }

    /// As a record of ours. The creation time of a foreign item is its first moment within [`FOREIGN`], or the start of that: it is
    /// part of the row's key, so it follows from the item alone, and partitions are bounded whatever the item says.
    pub(super) fn stored(self) -> Stored {
        let version = self.version();
        let bounds = FOREIGN.map(|millis| Timestamp::from_millis(millis).expect("within the range"));
        let moments = [self.record.details.started_at, self.record.completion.completed_at];
        let foreign = || {
            let within = |moment: &Timestamp| (bounds[0]..bounds[1]).contains(moment);
            moments.into_iter().flatten().find(within).unwrap_or(bounds[0])
        };
        Stored {
            created_at: self.created_at.unwrap_or_else(foreign).to_millis(),
            record: self.record,
            version,
        }
    }
}

/// Reads the attributes of an image; what can't be read keeps its text, for the dead letters.
pub(super) fn read(fields: Map<String, Value>) -> Result<Box<Stored>, ChangeKind> {
    match from_json(fields.clone()) {
        Ok(image) => Ok(Box::new(image.stored())),
        Err(reason) => Err(ChangeKind::Unreadable {
            reason,
            image: Value::Object(fields).to_string(),
        }),
    }
}

/// What a stream record says: one change, or two where the row's key has changed and the old row is to go. One without an image says
/// nothing, which doesn't occur in a stream of both images.
pub(super) fn kinds(
    removed: bool,
    old: Option<Result<Box<Stored>, ChangeKind>>,
    new: Option<Result<Box<Stored>, ChangeKind>>,
) -> Vec<ChangeKind> {
    if removed {
        let old = old.map(|old| old.map_or_else(|unreadable| unreadable, ChangeKind::Removed));
        return old.into_iter().collect();
    }
    match (old, new) {
        (_, None) => Vec::new(),
        (Some(Ok(old)), Some(Ok(new))) if old.row_key() != new.row_key() => {
            vec![ChangeKind::Removed(old), ChangeKind::Written(new)]
        }
        (_, Some(Ok(new))) => vec![ChangeKind::Written(new)],
        (_, Some(Err(unreadable))) => vec![unreadable],
    }
}

/// An item's attributes, as far as they are values of ours.
pub(super) fn table_fields(item: &Item) -> Map<String, Value> {
    fields(item)
}

/// The same of a stream record's image.
pub(super) fn stream_fields(image: &HashMap<String, StreamValue>) -> Map<String, Value> {
    fields(image)
}

/// Attributes as the record has them.
pub(super) fn fields<'a, V: 'a>(image: impl IntoIterator<Item = (&'a String, &'a V)>) -> Map<String, Value>
where
    Typed: From<&'a V>,
{
    let fields = image.into_iter();
    let fields = fields.filter_map(|(name, value)| Some((name.clone(), Typed::from(value).of(name)?)));
    fields.collect()
}

fn from_json(mut fields: Map<String, Value>) -> Result<Image, String> {
    // Other writers of the table store empty texts and moments as they came; neither is a value.
    fields.retain(|name, value| match (name.as_str(), &*value) {
        ("started_at" | "completed_at" | "created_at", Value::String(text)) => {
            // The first of 1970 means absent in the reference's own rows.
            Timestamp::parse(text).is_ok_and(|moment| moment.nanos() > 0)
        }
        (_, Value::String(text)) => !text.is_empty(),
        _ => true,
    });
    fields.entry("run_attempt").or_insert(Value::from(1));
    let created_at = fields
        .remove("created_at")
        .and_then(|value| Timestamp::parse(value.as_str()?).ok());
    let version = fields.remove("version").and_then(|value| value.as_u64());
    if let Some(wrong) = attribute::wrong(&fields) {
        return Err(wrong);
    }
    let record: Record = serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())?;
    Ok(Image {
        record,
        created_at,
        version,
        version_stored: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Record {
        let body = include_bytes!("../../../../assets/payloads/02-completed-failure.json");
        Record::from_callback(crate::payload::parse(body).unwrap().callback).unwrap()
    }

    #[test]
    fn a_record_survives_its_item_form() {
        let item = attributes(&sample()).into_iter().collect();
        assert_eq!(
            Image::from_item(&item),
            Ok(Image {
                record: sample(),
                created_at: None,
                version: None,
                version_stored: None,
            })
        );
    }

    #[test]
    fn attributes_without_a_value_are_not_written() {
        let attributes = attributes(&sample());
        assert!(!attributes.contains_key("queue_time") && !attributes.contains_key("environment"));
        assert_eq!(attributes["passed_tests"], AttributeValue::N("8430".to_owned()));
    }

    #[test]
    fn an_item_of_another_writer_has_an_early_version_and_its_first_moment() {
        let mut item: Item = attributes(&sample()).into_iter().collect();
        item.insert("started_at".to_owned(), AttributeValue::S("soon".to_owned()));
        item.insert("run_id".to_owned(), AttributeValue::S(String::new()));
        item.remove("run_attempt");
        let stored = Image::from_item(&item).unwrap().stored();
        assert_eq!(
            (stored.version, stored.record.run_attempt, stored.record.details.run_id),
            (2, 1, None)
        );
        assert_eq!(stored.created_at.to_string(), "2026-08-21T10:45:12Z");
    }

    #[test]
    fn numbers_texts_and_maps_of_another_writer_are_what_they_stand_for() {
        let mut item: Item = attributes(&sample()).into_iter().collect();
        let number = |text: &str| AttributeValue::N(text.to_owned());
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let map = [("gpu".to_owned(), number("2")), ("os".to_owned(), text("x"))];
        for (name, value) in [
            ("check_run_id", number("98765432100987654321098765")),
            ("run_id", number("24033272679")),
            ("pr_number", text("179565")),
            ("run_attempt", text("3")),
            ("queue_time", text("1.5")),
            ("environment", AttributeValue::M(map.into())),
        ] {
            item.insert(name.to_owned(), value);
        }
        let record = Image::from_item(&item).unwrap().record;
        let details = record.details;
        assert_eq!(
            (record.check_run_id.as_str(), details.run_id.as_deref()),
            ("98765432100987654321098765", Some("24033272679"))
        );
        assert_eq!(
            (details.pr_number, record.run_attempt, details.queue_time),
            (Some(179_565), 3, Some(1.5))
        );
        assert_eq!(details.environment.as_deref(), Some(r#"{"gpu":2,"os":"x"}"#));
    }

    #[test]
    fn what_cannot_be_read_is_named_with_what_was_expected() {
        for (name, value, reason) in [
            ("pr_number", "many", r#"pr_number: expected a whole number, got "many""#),
            (
                "run_attempt",
                "4294967296",
                "run_attempt: expected a whole number of at most 4294967295, got 4294967296",
            ),
            ("queue_time", "soon", r#"queue_time: expected a number, got "soon""#),
            (
                "status",
                "done",
                r#"status: expected in_progress or completed, got "done""#,
            ),
        ] {
            let mut item: Item = attributes(&sample()).into_iter().collect();
            item.insert(name.to_owned(), AttributeValue::S(value.to_owned()));
            assert_eq!(Image::from_item(&item).unwrap_err(), reason);
        }
    }

    /// One that is added to the record must be added there.
    #[test]
    fn every_attribute_of_a_record_is_known_by_its_shape() {
        let mut record = sample();
        record.details.queue_time = Some(1.0);
        for (name, value) in attributes(&record) {
            let other = match value {
                AttributeValue::S(_) => AttributeValue::N("7".to_owned()),
                _ => AttributeValue::S("7".to_owned()),
            };
            let mut item: Item = attributes(&record).into_iter().collect();
            item.insert(name.clone(), other);
            let read = Image::from_item(&item);
            assert!(read.is_ok() || name == "status", "{name}: {read:?}");
        }
    }

    #[test]
    fn a_hostile_moment_of_another_writer_moves_no_partition() {
        let mut item: Item = attributes(&sample()).into_iter().collect();
        for (name, moment) in [
            ("started_at", "1999-01-01T00:00:00Z"),
            ("completed_at", "2260-01-01T00:00:00Z"),
        ] {
            item.insert(name.to_owned(), AttributeValue::S(moment.to_owned()));
        }
        let stored = Image::from_item(&item).unwrap().stored();
        assert_eq!(stored.created_at.to_string(), "2024-01-01T00:00:00Z");
    }
}
