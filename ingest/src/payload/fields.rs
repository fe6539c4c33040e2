//! One pass over the body: the fields we read are cut out as raw JSON, everything else is skipped, not built.
//!
//! The webhook under `payload` is some 65 KB of fields we don't know; it costs one scan and no allocation.

mod shape;

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use shape::{BODY, Node};

pub(super) use shape::Field;

/// A JSON value's type, as it is called in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// Of a valid JSON text, its first byte tells.
    pub(super) fn of(raw: &RawValue) -> Self {
        match raw.get().as_bytes().first() {
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b'"') => Self::String,
            Some(b't' | b'f') => Self::Bool,
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

/// What was found in a body.
pub(super) struct Fields<'a> {
    values: [Option<&'a RawValue>; Field::COUNT],
    objects: [Option<Kind>; Field::COUNT],
    /// Which of its two names the test results had.
    pub(super) test_results_key: &'static str,
}

impl<'a> Fields<'a> {
    /// Scans a body. Of a key that stands twice the later counts, as in JavaScript; null is the same as absent.
    ///
    /// # Errors
    /// What is not JSON, with line and column.
    pub(super) fn scan(body: &'a [u8]) -> Result<Self, serde_json::Error> {
        let mut found = Self::nothing();
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let walked = Walk {
            node: &BODY,
            found: &mut found,
        }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
        if walked.is_err() {
            // Not JSON; or a number or text that can't be held where an object is read, which is no reason to refuse the rest.
            found = Self::nothing();
            found.take_apart(&BODY, serde_json::from_slice(body)?)?;
        }
        Ok(found)
    }

    fn nothing() -> Self {
        Self {
            values: [None; Field::COUNT],
            objects: [None; Field::COUNT],
            test_results_key: "test_results",
        }
    }

    /// The raw JSON at a leaf; `None` when absent or null.
    pub(super) fn value(&self, field: Field) -> Option<&'a RawValue> {
        self.values[field as usize]
    }

    /// What stands where an object is read: `None` when absent or null.
    pub(super) fn object(&self, field: Field) -> Option<Kind> {
        self.objects[field as usize]
    }

    /// As the walk does, at the cost of reading each level once more: nothing is parsed before its type is known.
    fn take_apart(&mut self, node: &'static Node, raw: &'a RawValue) -> Result<(), serde_json::Error> {
        let kind = Kind::of(raw);
        self.begin(node, kind);
        if kind != Kind::Object {
            return Ok(());
        }
        let mut children = Vec::new();
        entries(raw, |key, value| {
            children.extend(child(node.children, key).map(|child| (child, value)));
        })?;
        for (child, value) in children {
            if child.children.is_empty() {
                self.leaf(child, value);
            } else {
                self.take_apart(child, value)?;
            }
        }
        Ok(())
    }

    fn leaf(&mut self, node: &Node, raw: &'a RawValue) {
        self.values[node.field as usize] = (Kind::of(raw) != Kind::Null).then_some(raw);
    }

    /// A value stands where an object is read; what stood there before no longer counts.
    fn begin(&mut self, node: &'static Node, kind: Kind) {
        let has_two_names = node.field == Field::TestResults;
        if kind == Kind::Null && has_two_names && node.key != self.test_results_key {
            // That the other name is absent says nothing of this one.
            return;
        }
        if self.objects[node.field as usize].is_some() {
            self.forget(node.children);
        }
        if has_two_names {
            self.test_results_key = node.key;
        }
        self.objects[node.field as usize] = (kind != Kind::Null).then_some(kind);
    }

    fn forget(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.values[node.field as usize] = None;
            self.objects[node.field as usize] = None;
            self.forget(node.children);
        }
    }
}

/// Calls back for each entry of an object, in order, with its key as bytes: a lone surrogate in one is nobody's error.
///
/// # Errors
/// When it is not an object.
pub(super) fn entries<'a>(
    object: &'a RawValue,
    each: impl FnMut(&[u8], &'a RawValue),
) -> Result<(), serde_json::Error> {
    struct Entries<F>(F);
    impl<'de, F: FnMut(&[u8], &'de RawValue)> Visitor<'de> for Entries<F> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
            while let Some(Bytes(key)) = map.next_key()? {
                (self.0)(&key, map.next_value()?);
            }
            Ok(())
        }
    }
    serde_json::Deserializer::from_str(object.get()).deserialize_map(Entries(each))
}

/// A string's bytes; a lone surrogate arrives as WTF-8.
pub(super) struct Bytes(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Copied;
        impl Visitor<'_> for Copied {
            type Value = Bytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_owned()))
            }
        }
        deserializer.deserialize_bytes(Copied)
    }
}

struct Walk<'f, 'a> {
    node: &'static Node,
    found: &'f mut Fields<'a>,
}

impl Walk<'_, '_> {
    fn is(self, kind: Kind) {
        self.found.begin(self.node, kind);
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.found.begin(self.node, Kind::Object);
        while let Some(child) = map.next_key_seed(Key(self.node.children))? {
            match child {
                None => drop(map.next_value::<IgnoredAny>()?),
                Some(node) if node.children.is_empty() => {
                    self.found.leaf(node, map.next_value()?);
                }
                Some(node) => map.next_value_seed(Walk {
                    node,
                    found: self.found,
                })?,
            }
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        self.is(Kind::Array);
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.is(Kind::Null);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.is(Kind::Bool);
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.is(Kind::Number);
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.is(Kind::Number);
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.is(Kind::Number);
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        self.is(Kind::String);
        Ok(())
    }
}

/// Looks a key up among the children. Keys are read as bytes: a lone surrogate in one we don't know is nobody's error.
struct Key(&'static [Node]);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Option<&'static Node>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Option<&'static Node>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_bytes<E>(self, key: &[u8]) -> Result<Self::Value, E> {
        Ok(child(self.0, key))
    }
}

fn child(nodes: &'static [Node], key: &[u8]) -> Option<&'static Node> {
    nodes.iter().find(|node| node.key.as_bytes() == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_skipped_however_deep_and_odd() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let body = format!(
            r#"{{"x\ud800": {deep}, "trusted": {{"verified_repo": "a/b", "verified_repo": "c/d", "n": 1e999}}}}"#
        );
        let found = Fields::scan(body.as_bytes()).unwrap();
        assert_eq!(found.value(Field::VerifiedRepo).unwrap().get(), r#""c/d""#);
    }

    #[test]
    fn null_is_the_same_as_absent() {
        let found =
            Fields::scan(br#"{"trusted": null, "untrusted": {"callback_payload": {"delivery_id": null}}}"#).unwrap();
        assert_eq!(found.object(Field::Trusted), None);
        assert_eq!(found.object(Field::CallbackPayload), Some(Kind::Object));
        assert!(found.value(Field::DeliveryId).is_none());
    }

    #[test]
    fn a_wrong_type_on_the_way_is_kept_for_the_message() {
        let found = Fields::scan(br#"{"trusted": [1, {"a": 2}], "untrusted": "text"}"#).unwrap();
        assert_eq!(found.object(Field::Trusted), Some(Kind::Array));
        assert_eq!(found.object(Field::Untrusted), Some(Kind::String));
    }

    #[test]
    fn what_is_not_json_says_where() {
        for body in ["", "{", "{\"trusted\": }", "{} x", "nul", "{\"a\": NaN}"] {
            assert!(Fields::scan(body.as_bytes()).is_err(), "{body:?}");
        }
    }
}
