//! One job on one commit: its attempts, and the tests that failed. Asked for when it is looked at, one at a time.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::data::slot::Slot;
use crate::data::text::make_printable;
use crate::source::{Cell, Execution};

/// All that is known of an execution.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attempts {
    /// The one that counts first.
    pub cells: Vec<Cell>,
    /// Of the one that counts.
    pub failed_tests: Vec<FailedTest>,
}

/// A test that failed, as the backend reported it, fit for a terminal. What it didn't say is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailedTest {
    /// With its class.
    pub name: String,
    /// One line.
    pub message: String,
    pub stack: Vec<String>,
}

impl Attempts {
    /// Hostile text ends here.
    pub fn new(mut cells: Vec<Cell>) -> Self {
        let failed_tests = cells
            .first()
            .map_or(Vec::new(), |cell| failed_tests(&cell.failed_tests_json));
        cells.iter_mut().for_each(Cell::make_printable);
        Self { cells, failed_tests }
    }

    /// The attempt that counts.
    pub fn current(&self) -> Option<&Cell> {
        self.cells.first()
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
            let message = text(test.message);
            let mut message = message
                .lines()
                .find(|line| !line.trim().is_empty())
                .unwrap_or_default()
                .to_owned();
            let stack = text(test.stacktrace);
            let mut stack: Vec<String> = stack.lines().map(|line| line.replace('\t', "    ")).collect();
            make_printable(&mut name);
            make_printable(&mut message);
            stack.iter_mut().for_each(make_printable);
            FailedTest { name, message, stack }
        })
        .filter(|test| !test.name.is_empty() || !test.message.is_empty())
        .collect()
}

/// What is known of the execution that is selected.
#[derive(Debug, Default)]
pub struct Looked {
    of: Option<Execution>,
    slot: Slot<Attempts>,
}

impl Looked {
    /// What is known of an execution, when it is the one that was asked for.
    pub fn at(&self, execution: &Execution) -> Option<&Slot<Attempts>> {
        (self.of.as_ref() == Some(execution)).then_some(&self.slot)
    }

    /// What is to be asked now, when this is selected. One question at a time: who runs through a matrix asks for where they come by, not
    /// for each cell.
    pub fn due(&mut self, selected: Option<Execution>, now: i64) -> Option<&Execution> {
        let selected = selected?;
        if self.slot.waiting(now).is_some() {
            return None;
        }
        if self.of.as_ref() != Some(&selected) {
            (self.of, self.slot) = (Some(selected), Slot::default());
        } else if !self.slot.is_due(now) {
            return None;
        }
        self.of.as_ref()
    }

    pub fn slot_mut(&mut self) -> &mut Slot<Attempts> {
        &mut self.slot
    }

    pub fn awaits(&self, generation: u64) -> bool {
        self.slot.awaits(generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn execution(job: u64) -> Execution {
        Execution {
            repo: "a/b".to_owned(),
            commit: "c".to_owned(),
            job,
        }
    }

    #[test]
    fn one_question_at_a_time_and_the_last_selection_wins() {
        let mut looked = Looked::default();
        assert_eq!(looked.due(Some(execution(1)), 0), Some(&execution(1)));
        looked.slot_mut().asked(0, 1);
        assert_eq!(looked.due(Some(execution(2)), 1), None);
        assert_eq!(looked.due(Some(execution(3)), 2), None);
        looked.slot_mut().answered(Ok(Attempts::default()), 3, None);
        assert!(looked.at(&execution(1)).is_some() && looked.at(&execution(3)).is_none());
        assert_eq!(looked.due(Some(execution(3)), 4), Some(&execution(3)));
        looked.slot_mut().asked(4, 2);
        looked.slot_mut().answered(Ok(Attempts::default()), 5, None);
        assert_eq!(
            looked.due(Some(execution(3)), 6),
            None,
            "what is known is not asked again"
        );
        looked.slot_mut().hurry(7);
        assert_eq!(looked.due(Some(execution(3)), 7), Some(&execution(3)));
    }

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
        assert_eq!(tests[0].stack, ["a", "    b"]);
    }

    proptest! {
        #[test]
        fn whatever_stands_there_is_read(json in "\\PC*") {
            let _ = failed_tests(&json);
        }
    }
}
