//! Stream records as a Lambda gets them: `{"Records": [{"eventName", "eventSourceARN", "dynamodb": {…}}]}`, from a file.
//!
//! Source: the event format of AWS Lambda for DynamoDB Streams. Attributes are typed, `{"S": "text"}` or `{"N": "1"}`.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::item;
use crate::store::Change;
use crate::timestamp::Timestamp;

/// What a file holds.
#[derive(Debug, Default, PartialEq)]
pub struct Events {
    pub changes: Vec<Change>,
    /// Records of other tables.
    pub others: u64,
}

/// Why a file can't be used; nothing of it is then.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    #[error("event {number}: {reason}")]
    Event { number: usize, reason: serde_json::Error },
    #[error("event {event}, Records[{record}]: expected {expected}")]
    Record {
        event: usize,
        record: usize,
        expected: &'static str,
    },
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "Records")]
    records: Vec<EventRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventRecord {
    event_name: String,
    #[serde(rename = "eventSourceARN")]
    event_source_arn: String,
    dynamodb: Data,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Data {
    sequence_number: String,
    new_image: Option<Map<String, Value>>,
    old_image: Option<Map<String, Value>>,
    /// Seconds since 1970.
    approximate_creation_date_time: Option<f64>,
}

/// Reads events, one after the other, and takes what is of the table.
///
/// # Errors
/// [`EventError`] for what is no event; an image that can't be read becomes an unreadable change.
pub fn parse(text: &str, table: &str) -> Result<Events, EventError> {
    let mut events = Events::default();
    for (number, event) in serde_json::Deserializer::from_str(text)
        .into_iter::<Event>()
        .enumerate()
    {
        let event = event.map_err(|reason| EventError::Event { number, reason })?;
        for (at, record) in event.records.into_iter().enumerate() {
            let wrong = |expected| EventError::Record {
                event: number,
                record: at,
                expected,
            };
            // arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL
            let mut names = record.event_source_arn.split('/').skip(1);
            let name = names
                .next()
                .ok_or_else(|| wrong("an eventSourceARN of a table's stream"))?;
            if name != table {
                events.others += 1;
                continue;
            }
            let removed = match record.event_name.as_str() {
                "INSERT" | "MODIFY" => false,
                "REMOVE" => true,
                _ => return Err(wrong("an eventName of INSERT, MODIFY or REMOVE")),
            };
            let data = record.dynamodb;
            let read = |image: Map<String, Value>| item::read(item::fields(&image));
            let (old, new) = (data.old_image.map(read), data.new_image.map(read));
            let seconds = data.approximate_creation_date_time;
            let moment = seconds.and_then(|seconds| Timestamp::from_millis((seconds * 1e3) as i64));
            for kind in item::kinds(removed, old, new) {
                events.changes.push(Change {
                    position: data.sequence_number.clone(),
                    at: moment,
                    kind,
                });
            }
        }
    }
    Ok(events)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::ChangeKind;

    const ARN: &str = "arn:aws:dynamodb:us-east-1:1:table/jobs/stream/2026-01-01T00:00:00.000";

    /// As the HUD writes it: no `created_at`, no `version`, and empty texts.
    fn image(status: &str, started_at: &str) -> Value {
        json!({
            "dynamoKey": {"S": "a/b/d/w/j/1"}, "status": {"S": status}, "downstream_repo": {"S": "a/b"}, "delivery_id": {"S": "d"},
            "workflow_name": {"S": "w"}, "job_name": {"S": "j"}, "check_run_id": {"S": "1"}, "run_attempt": {"N": "2"},
            "conclusion": {"S": ""}, "started_at": {"S": started_at}, "tags": {"SS": ["ignored"]},
        })
    }

    fn event(name: &str, old: Option<Value>, new: Option<Value>) -> Value {
        json!({"Records": [{"eventName": name, "eventSourceARN": ARN, "dynamodb": {
            "SequenceNumber": "111", "OldImage": old, "NewImage": new, "ApproximateCreationDateTime": 1.7e9}}]})
    }

    fn kinds(event: &Value) -> Vec<ChangeKind> {
        let events = parse(&event.to_string(), "jobs").unwrap();
        events.changes.into_iter().map(|change| change.kind).collect()
    }

    #[test]
    fn an_item_of_another_writer_becomes_a_change() {
        let kinds = kinds(&event(
            "INSERT",
            None,
            Some(image("in_progress", "2026-05-01T10:00:00Z")),
        ));
        let [ChangeKind::Written(stored)] = kinds.as_slice() else {
            panic!("{kinds:?}")
        };
        assert_eq!((stored.version, stored.record.run_attempt), (1, 2));
        assert_eq!(stored.created_at.to_string(), "2026-05-01T10:00:00Z");
        assert_eq!(stored.record.completion.conclusion, None);
    }

    #[test]
    fn a_row_whose_key_changes_is_taken_away_where_it_was() {
        let old = image("in_progress", "2026-05-01T10:00:00Z");
        let kinds = kinds(&event(
            "MODIFY",
            Some(old.clone()),
            Some(image("completed", "2026-05-01T09:00:00Z")),
        ));
        let [ChangeKind::Removed(before), ChangeKind::Written(after)] = kinds.as_slice() else {
            panic!("{kinds:?}")
        };
        assert_eq!(before.created_at.to_string(), "2026-05-01T10:00:00Z");
        assert_eq!(
            (after.created_at.to_string().as_str(), after.version),
            ("2026-05-01T09:00:00Z", 2)
        );
        let same = self::kinds(&event("MODIFY", Some(old.clone()), Some(old)));
        assert!(matches!(same.as_slice(), [ChangeKind::Written(_)]), "{same:?}");
    }

    #[test]
    fn removals_strangers_and_nonsense_are_told_apart() {
        let old = image("completed", "2026-05-01T10:00:00Z");
        let removed = kinds(&event("REMOVE", Some(old), None));
        assert!(matches!(removed.as_slice(), [ChangeKind::Removed(_)]), "{removed:?}");
        let broken = kinds(&event("INSERT", None, Some(json!({"dynamoKey": {"S": "k"}}))));
        assert!(
            matches!(broken.as_slice(), [ChangeKind::Unreadable { .. }]),
            "{broken:?}"
        );
        let stranger = event("INSERT", None, None).to_string();
        assert_eq!(
            parse(&stranger, "other").unwrap(),
            Events {
                changes: vec![],
                others: 1
            }
        );
        let two = format!("{stranger}\n{stranger}");
        assert_eq!(parse(&two, "other").unwrap().others, 2);
        assert_eq!(
            parse(&event("UPSERT", None, None).to_string(), "jobs")
                .unwrap_err()
                .to_string(),
            "event 0, Records[0]: expected an eventName of INSERT, MODIFY or REMOVE"
        );
        assert!(
            parse("{}", "jobs")
                .unwrap_err()
                .to_string()
                .starts_with("event 0: missing field `Records`")
        );
    }
}
