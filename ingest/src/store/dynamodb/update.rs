//! One `UpdateItem` in the making: its `SET` and `REMOVE` clauses, with a placeholder for every name and value.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::timestamp::Timestamp;

const NEXT_VERSION: &str = "#version = if_not_exists(#version, :now) + :one";
const KEEP_CREATED_AT: &str = "#created_at = if_not_exists(#created_at, :created_at)";

/// An update expression in the making.
pub(super) struct Update {
    pub(super) key: String,
    sets: Vec<String>,
    removes: Vec<String>,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Update {
    /// Every write that changes something adds one to the version; the creation time is kept, but for an earlier one.
    pub(super) fn new(key: &str, now: Timestamp) -> Self {
        let sets = vec![NEXT_VERSION.to_owned(), KEEP_CREATED_AT.to_owned()];
        let names = [("#version", "version"), ("#created_at", "created_at")];
        let values = [
            (":now", AttributeValue::N(now.millis().to_string())),
            (":one", AttributeValue::N("1".to_owned())),
            (":created_at", AttributeValue::S(now.to_sortable())),
        ];
        Self {
            key: key.to_owned(),
            sets,
            removes: Vec::new(),
            names: names.map(|(at, name)| (at.to_owned(), name.to_owned())).into(),
            values: values.map(|(at, value)| (at.to_owned(), value)).into(),
        }
    }

    /// It was heard of earlier than is stored.
    pub(super) fn replace_created_at(&mut self) {
        self.replace(KEEP_CREATED_AT, "#created_at = :created_at");
    }

    /// To what is stored as the version nothing can be added: it becomes this.
    pub(super) fn replace_version(&mut self, version: u64) {
        self.replace(NEXT_VERSION, "#version = :version");
        // What nothing refers to is refused.
        self.values.retain(|at, _| at != ":now" && at != ":one");
        self.values
            .insert(":version".to_owned(), AttributeValue::N(version.to_string()));
    }

    fn replace(&mut self, before: &str, after: &str) {
        for set in self.sets.iter_mut().filter(|set| *set == before) {
            after.clone_into(set);
        }
    }

    pub(super) fn name(&mut self, at: &str, name: &str) {
        self.names.insert(at.to_owned(), name.to_owned());
    }

    /// Sets an attribute; returns the placeholders of its name and its value.
    pub(super) fn set(&mut self, name: &str, value: AttributeValue) -> (String, String) {
        let (name_at, value_at) = (format!("#{name}"), format!(":{name}"));
        self.sets.push(format!("{name_at} = {value_at}"));
        self.name(&name_at, name);
        self.values.insert(value_at.clone(), value);
        (name_at, value_at)
    }

    pub(super) fn remove(&mut self, name: &str) {
        let name_at = format!("#{name}");
        self.name(&name_at, name);
        self.removes.push(name_at);
    }

    pub(super) fn expression(&self) -> String {
        let set = format!("SET {}", self.sets.join(", "));
        if self.removes.is_empty() {
            set
        } else {
            format!("{set} REMOVE {}", self.removes.join(", "))
        }
    }
}
