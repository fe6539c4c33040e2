//! `failed_tests_detail`, made to fit: at most 1,000 tests, 1 KB a message, 4 KB a stack, 200 KB in all.
//!
//! What doesn't fit goes in order of worth: stacks first, then tests, from the end. A text that was cut ends in `…`; when stacks
//! or tests were left out, the array's last element says so under the key `cut`, so that any reader of the list shows it.

use serde::Serialize;
use serde_json::value::RawValue;

use super::Problem;
use super::fields::{Kind, entries};
use super::value::lossy;

/// The longest `failed_tests_json`: 200 KB.
pub const FAILED_TESTS_MAX_BYTES: usize = 200 * 1024;

const TESTS_MAX: usize = 1000;
const NAME_MAX_BYTES: usize = 1024;
const MESSAGE_MAX_BYTES: usize = 1024;
const STACK_MAX_BYTES: usize = 4096;

#[derive(Serialize)]
struct FailedTest {
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    classname: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    stacktrace: String,
}

#[derive(Serialize)]
struct Mark {
    name: &'static str,
    message: String,
    cut: Cut,
}

#[derive(Serialize)]
struct Cut {
    stacktraces: usize,
    tests: usize,
}

/// One test as reported. Each text is raw, so that one of a wrong type costs that text alone.
#[derive(Default)]
struct Reported<'a> {
    name: Option<&'a RawValue>,
    classname: Option<&'a RawValue>,
    message: Option<&'a RawValue>,
    stacktrace: Option<&'a RawValue>,
}

impl<'a> Reported<'a> {
    /// Of a key that stands twice the later counts; keys that we don't know are passed over.
    fn of(raw: &'a RawValue) -> Self {
        let mut reported = Self::default();
        if Kind::of(raw) != Kind::Object {
            reported.name = Some(raw);
            return reported;
        }
        entries(raw, |key, value| match key {
            b"name" => reported.name = Some(value),
            b"classname" => reported.classname = Some(value),
            b"message" => reported.message = Some(value),
            b"stacktrace" => reported.stacktrace = Some(value),
            _ => {}
        })
        .expect("an object of valid JSON");
        reported
    }
}

/// The list as bounded JSON text; `None` when it is empty.
pub(super) fn bounded(raw: &RawValue) -> Result<Option<String>, Problem> {
    let reported: Vec<&RawValue> = match Kind::of(raw) {
        Kind::Array => serde_json::from_str(raw.get()).map_err(|_| not_a_list(raw))?,
        _ => return Err(not_a_list(raw)),
    };
    if reported.is_empty() {
        return Ok(None);
    }
    let tests: Vec<FailedTest> = reported.iter().take(TESTS_MAX).map(|raw| failed_test(raw)).collect();
    Ok(Some(fit(tests, reported.len())))
}

fn not_a_list(raw: &RawValue) -> Problem {
    Problem {
        expected: "an array of {name, classname, message, stacktrace}",
        got: Kind::of(raw).to_string(),
    }
}

/// An element that is not an object still counts as a failed test, by what it says.
fn failed_test(raw: &RawValue) -> FailedTest {
    let reported = Reported::of(raw);
    FailedTest {
        name: text(reported.name, NAME_MAX_BYTES),
        classname: text(reported.classname, NAME_MAX_BYTES),
        message: text(reported.message, MESSAGE_MAX_BYTES),
        stacktrace: text(reported.stacktrace, STACK_MAX_BYTES),
    }
}

/// A string's content, anything else as its JSON text, cut to `max` bytes.
fn text(raw: Option<&RawValue>, max: usize) -> String {
    let Some(raw) = raw.filter(|raw| Kind::of(raw) != Kind::Null) else {
        return String::new();
    };
    let text = lossy(raw).unwrap_or_else(|| raw.get().to_owned());
    if text.len() <= max {
        return text;
    }
    const ELLIPSIS: &str = "…";
    let mut end = max - ELLIPSIS.len();
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{ELLIPSIS}", &text[..end])
}

/// Joins the tests into one array of at most [`FAILED_TESTS_MAX_BYTES`].
fn fit(tests: Vec<FailedTest>, reported: usize) -> String {
    const MARK_MAX_BYTES: usize = 200;
    let budget = FAILED_TESTS_MAX_BYTES - MARK_MAX_BYTES;
    let json = |test: &FailedTest| serde_json::to_string(test).expect("a struct of strings is JSON");

    let full: Vec<String> = tests.iter().map(json).collect();
    let whole = "[]".len() + full.iter().map(|text| text.len() + 1).sum::<usize>() - 1;
    if reported == full.len() && whole <= FAILED_TESTS_MAX_BYTES {
        return format!("[{}]", full.join(","));
    }
    let bare: Vec<String> = tests
        .into_iter()
        .map(|test| {
            json(&FailedTest {
                stacktrace: String::new(),
                ..test
            })
        })
        .collect();

    // Tests come first: as many as fit without their stacks; then stacks, from the top, into what is left.
    let mut room = budget - "[]".len();
    let mut kept = 0;
    for text in &bare {
        let cost = text.len() + ",".len();
        if cost > room {
            break;
        }
        room -= cost;
        kept += 1;
    }
    let mut with_stack = 0;
    for (full, bare) in full.iter().zip(&bare).take(kept) {
        let cost = full.len() - bare.len();
        if cost > room {
            break;
        }
        room -= cost;
        with_stack += 1;
    }
    let stacktraces = (with_stack..kept)
        .filter(|at| full[*at].len() > bare[*at].len())
        .count();
    let cut = Cut {
        stacktraces,
        tests: reported - kept,
    };

    let mut elements: Vec<String> = full;
    elements.truncate(with_stack);
    elements.extend(bare.into_iter().take(kept).skip(with_stack));
    if cut.stacktraces + cut.tests > 0 {
        let message = format!("left out: {} stack traces, {} tests", cut.stacktraces, cut.tests);
        let mark = Mark {
            name: "(cut)",
            message,
            cut,
        };
        elements.push(serde_json::to_string(&mark).expect("a struct of texts and numbers is JSON"));
    }
    format!("[{}]", elements.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn bounded_value(value: &Value) -> Value {
        let raw = serde_json::value::to_raw_value(value).unwrap();
        let Ok(Some(text)) = bounded(&raw) else {
            panic!("nothing kept")
        };
        assert!(text.len() <= FAILED_TESTS_MAX_BYTES, "{} bytes", text.len());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn a_short_list_is_kept_as_it_is() {
        let list = json!([{"name": "test_a", "classname": "T", "message": "m", "stacktrace": "s"}, {"name": "test_b"}]);
        assert_eq!(bounded_value(&list), list);
    }

    #[test]
    fn stacks_go_before_tests_and_the_cut_is_marked() {
        let test = json!({"name": "t", "message": "m".repeat(100), "stacktrace": "s".repeat(4000)});
        let kept = bounded_value(&Value::Array(vec![test; 1000]));
        let kept = kept.as_array().unwrap();
        assert_eq!(kept.len(), 1001);
        assert!(kept[0]["stacktrace"].is_string() && kept[999]["stacktrace"].is_null());
        assert_eq!(kept[1000]["cut"]["tests"], 0);
        let stacks = kept.iter().filter(|test| test["stacktrace"].is_string()).count() as u64;
        assert_eq!(kept[1000]["cut"]["stacktraces"], 1000 - stacks);
    }

    #[test]
    fn tests_beyond_a_thousand_are_counted() {
        let kept = bounded_value(&Value::Array(vec![json!({"name": "t"}); 1500]));
        assert_eq!(kept[1000]["cut"]["tests"], 500);
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let kept = bounded_value(&json!([{"name": "t", "message": "é".repeat(600)}]));
        let message = kept[0]["message"].as_str().unwrap();
        assert!(message.len() <= 1024 && message.ends_with("é…"));
    }

    #[test]
    fn an_element_of_another_type_is_still_a_failed_test() {
        assert_eq!(bounded_value(&json!(["test_x", 7, {"name": ["a"]}]))[1]["name"], "7");
    }

    #[test]
    fn an_odd_key_costs_no_other_text() {
        let kept = |text: &str| -> Value {
            let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
            serde_json::from_str(&bounded(&raw).ok().flatten().unwrap()).unwrap()
        };
        assert_eq!(
            kept(r#"[{"name":"a","name":"b","x\ud800":1,"message":"m"}]"#),
            json!([{"name": "b", "message": "m"}])
        );
        assert_eq!(kept(r#"[["a","b"]]"#), json!([{"name": "[\"a\",\"b\"]"}]));
    }

    #[test]
    fn what_just_fits_is_kept_whole() {
        let list = |stack: usize| json!([{"name": "t"}, {"name": "u", "stacktrace": "s".repeat(stack)}]);
        let many = |stack: usize| {
            let mut all = vec![json!({"name": "t", "stacktrace": "s".repeat(4096)}); 49];
            all.push(json!({"name": "t", "stacktrace": "s".repeat(stack)}));
            Value::Array(all)
        };
        assert_eq!(bounded_value(&list(4096)), list(4096));
        let room = FAILED_TESTS_MAX_BYTES - serde_json::to_string(&many(0)).unwrap().len();
        assert_eq!(bounded_value(&many(room)), many(room));
        assert_ne!(bounded_value(&many(room + 1)), many(room + 1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn never_over_the_limit(count in 1usize..1200, message in "\\PC{0,40}|\u{1}{0,2000}", stack in 0usize..5000) {
            let test = json!({"name": "n", "message": message, "stacktrace": "\n".repeat(stack)});
            bounded_value(&Value::Array(vec![test; count]));
        }
    }
}
