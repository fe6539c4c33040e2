//! One job on one commit: its attempts, and the tests that failed. Asked for when it is looked at, one at a time.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::data::figures::{day_and_minute, day_and_second};
use crate::data::text::make_printable;
use crate::source::Cell;

/// All that is known of an execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attempts {
    /// The one that counts first.
    pub cells: Vec<Cell>,
    /// Of each of them.
    failed_tests: Vec<Vec<FailedTest>>,
}

/// A test that failed, as the backend reported it, fit for a terminal. What it didn't say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedTest {
    /// With its class.
    pub name: String,
    /// The first line of it that says something,
    pub message: String,
    /// and those behind it.
    pub message_rest: Vec<String>,
    pub stack: Vec<String>,
}

impl Attempts {
    /// Hostile text ends here.
    pub fn new(mut cells: Vec<Cell>) -> Self {
        let failed_tests = cells.iter().map(|cell| failed_tests(&cell.failed_tests_json)).collect();
        cells.iter_mut().for_each(Cell::make_printable);
        Self { cells, failed_tests }
    }

    /// The attempt that counts.
    pub fn current(&self) -> Option<&Cell> {
        self.cells.first()
    }

    /// When an attempt started, where another has its number: each delivery that dispatches a commit counts from 1. With seconds where
    /// their minutes are alike.
    pub fn told_by_start(&self, attempt: &Cell) -> Option<String> {
        let namesakes = self.cells.iter().filter(|it| it.run_attempt == attempt.run_attempt);
        let minute = day_and_minute(attempt.belongs);
        let (all, of_its_minute) = namesakes.fold((0, 0), |(all, alike), it| {
            (all + 1, alike + usize::from(day_and_minute(it.belongs) == minute))
        });
        match (all, of_its_minute) {
            (..2, _) => None,
            (_, ..2) => Some(minute),
            _ => Some(day_and_second(attempt.belongs)),
        }
    }

    /// The tests that failed in an attempt, by its place.
    pub fn failed_tests(&self, place: usize) -> &[FailedTest] {
        self.failed_tests.get(place).map_or(&[], Vec::as_slice)
    }

    /// The places of the attempts before that of a record: all of them where they are known from before there was that record.
    pub fn before(&self, key: &str) -> Range<usize> {
        let place = self.cells.iter().position(|cell| cell.dynamoKey == key);
        place.map_or(0, |place| place + 1)..self.cells.len()
    }
}

/// How the attempts before one ended, by how many passed and failed: `failed before`; none where none did either.
pub fn before_in_words(passed: u64, failed: u64) -> Option<&'static str> {
    match (passed, failed) {
        (0, 0) => None,
        (_, 0) => Some("passed before"),
        (0, _) => Some("failed before"),
        _ => Some("passed and failed before"),
    }
}

/// The tests of a list; what is no list holds none, and what is no test is passed over.
fn failed_tests(json: &str) -> Vec<FailedTest> {
    #[derive(Deserialize)]
    struct Test<'a> {
        #[serde(borrow)]
        name: Option<&'a RawValue>,
        #[serde(borrow)]
        classname: Option<&'a RawValue>,
        #[serde(borrow)]
        message: Option<&'a RawValue>,
        #[serde(borrow)]
        stacktrace: Option<&'a RawValue>,
    }
    // A table that others write may hold anything: a text of a wrong type costs that text alone.
    let text = |raw: Option<&RawValue>| {
        let text = raw.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        text.unwrap_or_default()
    };
    let tests: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    let tests = tests
        .into_iter()
        .filter_map(|raw| serde_json::from_str::<Test<'_>>(raw.get()).ok());
    tests
        .map(|test| {
            let (class, name) = (text(test.classname), text(test.name));
            let mut name = match (class.as_str(), name.as_str()) {
                ("", _) => name,
                (_, "") => class,
                (class, name) => format!("{class}::{name}"),
            };
            let lines = |text: String| -> Vec<String> {
                let lines = text.trim_end().lines().map(|line| line.replace('\t', "    "));
                let mut lines: Vec<String> = lines.collect();
                lines.iter_mut().for_each(make_printable);
                lines
            };
            make_printable(&mut name);
            let message = lines(text(test.message));
            let mut message = message.into_iter().skip_while(|line| line.trim().is_empty());
            FailedTest {
                name,
                message: message.next().unwrap_or_default(),
                message_rest: message.collect(),
                stack: lines(text(test.stacktrace)),
            }
        })
        .filter(|test| !test.name.is_empty() || !test.message.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::matrix::tests::cell;
    use proptest::prelude::*;

    #[test]
    fn failed_tests_are_told_by_class_and_name() {
        let tests = failed_tests(
            r#"[{"name":"test_add","classname":"TestOps","message":"\n Tensors\u001b[31m differ\nmore","stacktrace":"a\n\tb"},
                {"name":7,"message":"no name"},"not a test",{"name":"(cut)","message":"3 tests","cut":{"tests":3}},{}]"#,
        );
        let names: Vec<_> = tests
            .iter()
            .map(|test| (test.name.as_str(), test.message.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                ("TestOps::test_add", " Tensors\u{fffd}[31m differ"),
                ("", "no name"),
                ("(cut)", "3 tests")
            ]
        );
        assert_eq!(tests[0].message_rest, ["more"]);
        assert_eq!(tests[0].stack, ["a", "    b"]);
    }

    #[test]
    fn attempts_of_the_same_number_are_told_apart_by_as_much_of_their_start_as_it_takes() {
        let started = |moments: &[i64]| {
            let cells = moments.iter().map(|seconds| Cell {
                run_attempt: 2,
                ..cell(7, "c", "w", "j", "failure", seconds * 1_000_000_000)
            });
            let attempts = Attempts::new(cells.collect());
            let told = attempts.cells.iter().map(|cell| attempts.told_by_start(cell));
            told.map(Option::unwrap_or_default).collect::<Vec<_>>().join(", ")
        };
        let now = 1_790_000_000;
        assert_eq!(started(&[now]), "");
        assert_eq!(started(&[now, now - 60]), "09-21 14:13, 09-21 14:12");
        assert_eq!(
            started(&[now, now - 7, now - 60]),
            "09-21 14:13:20, 09-21 14:13:13, 09-21 14:12"
        );
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_read(json in "\\PC*") {
            let _ = failed_tests(&json);
        }
    }
}
