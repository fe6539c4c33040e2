//! An attribute's value as the record has it, whoever wrote it and from whichever library or file it came.
//!
//! Other writers of the table store a number where we store text, digits where we store a number, and objects as maps.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue as TableValue;
use aws_sdk_dynamodbstreams::types::AttributeValue as StreamValue;
use serde_json::{Map, Value};

/// What an attribute of ours holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Text,
    /// An object as JSON text.
    Json,
    /// At most this.
    Whole(u64),
    Seconds,
    Status,
}

impl Shape {
    /// `None` of what is no attribute of a record.
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "status" => Self::Status,
            "environment" | "triage_verdict" => Self::Json,
            "run_attempt" => Self::Whole(u64::from(u32::MAX)),
            "pr_number" | "total_tests" | "passed_tests" | "failed_tests" | "skipped_tests" | "version" => {
                Self::Whole(u64::MAX)
            }
            "queue_time" | "execution_time" => Self::Seconds,
            "dynamoKey"
            | "downstream_repo"
            | "delivery_id"
            | "workflow_name"
            | "job_name"
            | "check_run_id"
            | "run_id"
            | "upstream_repo"
            | "pytorch_head_sha"
            | "workflow_run_url"
            | "downstream_repo_level"
            | "event_type"
            | "artifact_url"
            | "started_at"
            | "completed_at"
            | "created_at"
            | "conclusion"
            | "failed_tests_json" => Self::Text,
            _ => return None,
        })
    }

    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Text | Self::Json => value.is_string(),
            Self::Whole(most) => value.as_u64().is_some_and(|number| number <= most),
            Self::Seconds => value.is_number(),
            Self::Status => matches!(value.as_str(), Some("in_progress" | "completed")),
        }
    }

    fn in_words(self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Json => "an object, or JSON text".to_owned(),
            Self::Whole(u64::MAX) => "a whole number".to_owned(),
            Self::Whole(most) => format!("a whole number of at most {most}"),
            Self::Seconds => "a number".to_owned(),
            Self::Status => "in_progress or completed".to_owned(),
        }
    }
}

/// What is wrong with attributes of a record, if something is: which, and what it should be.
pub(super) fn wrong(fields: &Map<String, Value>) -> Option<String> {
    fields.iter().find_map(|(name, value)| {
        let shape = Shape::of(name).filter(|shape| !shape.holds(value))?;
        Some(format!("{name}: expected {}, got {value}", shape.in_words()))
    })
}

/// A value as DynamoDB types it.
pub(super) enum Typed {
    Text(String),
    /// As it was written: it may have more digits than a number of ours.
    Number(String),
    Bool(bool),
    List(Vec<Typed>),
    Map(BTreeMap<String, Typed>),
    /// Null, bytes and sets: none is ours.
    Other,
}

impl Typed {
    /// As the record has an attribute of this name; `None` where that is no value.
    pub(super) fn of(self, name: &str) -> Option<Value> {
        match (self, Shape::of(name)) {
            (Self::Number(number), Some(Shape::Text)) => Some(Value::String(number)),
            (Self::Text(text), Some(Shape::Whole(_) | Shape::Seconds)) => Some(number(&text).unwrap_or(text.into())),
            (Self::Text(text), _) => Some(Value::String(text)),
            (Self::Number(text), _) => number(&text),
            (map @ Self::Map(_), Some(Shape::Json)) => Some(Value::String(map.into_json().to_string())),
            _ => None,
        }
    }

    fn into_json(self) -> Value {
        match self {
            Self::Text(text) => Value::String(text),
            Self::Number(text) => number(&text).unwrap_or(Value::String(text)),
            Self::Bool(value) => Value::Bool(value),
            Self::List(values) => values.into_iter().map(Self::into_json).collect(),
            Self::Map(values) => {
                let values = values.into_iter().map(|(name, value)| (name, value.into_json()));
                Value::Object(values.collect())
            }
            Self::Other => Value::Null,
        }
    }
}

fn number(text: &str) -> Option<Value> {
    serde_json::from_str::<serde_json::Number>(text.trim())
        .ok()
        .map(Value::Number)
}

macro_rules! typed_from {
    ($library:ident) => {
        impl From<&$library> for Typed {
            fn from(value: &$library) -> Self {
                match value {
                    $library::S(text) => Self::Text(text.clone()),
                    $library::N(number) => Self::Number(number.clone()),
                    $library::Bool(value) => Self::Bool(*value),
                    $library::L(values) => Self::List(values.iter().map(Self::from).collect()),
                    $library::M(values) => {
                        let values = values
                            .iter()
                            .map(|(name, value)| (name.clone(), Self::from(value)));
                        Self::Map(values.collect())
                    }
                    _ => Self::Other,
                }
            }
        }
    };
}

typed_from!(TableValue);
typed_from!(StreamValue);

/// As events have it: `{"S": "text"}`.
impl From<&Value> for Typed {
    fn from(typed: &Value) -> Self {
        let Some((kind, value)) = typed.as_object().and_then(|typed| typed.iter().next()) else {
            return Self::Other;
        };
        match (kind.as_str(), value) {
            ("S", Value::String(text)) => Self::Text(text.clone()),
            ("N", Value::String(number)) => Self::Number(number.clone()),
            ("BOOL", Value::Bool(value)) => Self::Bool(*value),
            ("L", Value::Array(values)) => Self::List(values.iter().map(Self::from).collect()),
            ("M", Value::Object(values)) => {
                let values = values.iter().map(|(name, value)| (name.clone(), Self::from(value)));
                Self::Map(values.collect())
            }
            _ => Self::Other,
        }
    }
}
