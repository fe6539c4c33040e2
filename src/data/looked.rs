//! What is known of the executions that somebody looks at: of the one that is selected, and of those whose attempts are unfolded.

use crate::data::attempts::Attempts;
use crate::data::slot::Slot;
use crate::source::{Cell, Execution};

/// Executions with what was asked about them.
#[derive(Debug, Default)]
pub struct Looked {
    /// Those that are unfolded, and the one that is selected.
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    of: Execution,
    slot: Slot<Attempts>,
    /// It stays when something else is selected.
    unfolded: bool,
}

impl Entry {
    fn new(of: Execution, unfolded: bool) -> Self {
        Self {
            of,
            slot: Slot::default(),
            unfolded,
        }
    }

    /// Nobody knows yet what is asked now.
    fn is_unanswered(&self) -> bool {
        self.slot.error().is_none() && (self.slot.value().is_none() || self.slot.is_outdated())
    }
}

impl Looked {
    /// What is known of an execution, when it was asked for.
    pub fn at(&self, execution: &Execution) -> Option<&Slot<Attempts>> {
        let entry = self.entries.iter().find(|entry| entry.of == *execution)?;
        (!entry.slot.is_outdated()).then_some(&entry.slot)
    }

    /// What is known of a result whose attempts are unfolded.
    pub fn unfolded(&self, cell: &Cell) -> Option<&Slot<Attempts>> {
        let mut entries = self.entries.iter().filter(|entry| entry.unfolded);
        Some(&entries.find(|entry| entry.of.is_of(cell))?.slot)
    }

    /// Unfolds the attempts of an execution, or folds them. Where there was no answer it is tried again at once.
    pub fn unfold(&mut self, execution: Execution, now: i64) {
        match self.entries.iter_mut().find(|entry| entry.of == execution) {
            Some(entry) => {
                entry.unfolded = !entry.unfolded;
                if entry.unfolded && entry.slot.error().is_some() {
                    entry.slot.hurry(now);
                }
            }
            None => self.entries.push(Entry::new(execution, true)),
        }
    }

    /// Folds the attempts of executions that are no more.
    pub fn keep_unfolded(&mut self, is_there: impl Fn(&Execution) -> bool) {
        for entry in &mut self.entries {
            entry.unfolded &= is_there(&entry.of);
        }
    }

    /// What is to be asked now, when this is selected: once what was unfolded, else what is selected. One question at a time: who runs
    /// through a matrix asks for where they come by, not for each cell.
    pub fn due(&mut self, selected: Option<Execution>, now: i64) -> Option<&Execution> {
        let selected = selected?;
        if self.entries.iter().any(|entry| entry.slot.waiting(now).is_some()) {
            return None;
        }
        self.entries.retain(|entry| entry.unfolded || entry.of == selected);
        if self.entries.iter().all(|entry| entry.of != selected) {
            self.entries.push(Entry::new(selected.clone(), false));
        }
        let unfolded = self
            .entries
            .iter()
            .find(|entry| entry.unfolded && entry.is_unanswered());
        let due = unfolded.or_else(|| {
            let is_due = |entry: &&Entry| entry.is_unanswered() || entry.slot.is_due(now);
            self.entries.iter().find(|entry| entry.of == selected).filter(is_due)
        })?;
        Some(&due.of)
    }

    /// Notes that an execution is asked about, under a number.
    pub fn asked(&mut self, execution: &Execution, now: i64, generation: u64) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.of == *execution) {
            entry.slot.asked(now, generation);
        }
    }

    /// Is the answer to this number still wanted?
    pub fn awaits(&self, generation: u64) -> bool {
        self.entries.iter().any(|entry| entry.slot.awaits(generation))
    }

    /// Takes the answer to this number. Is it of something that is unfolded?
    pub fn answered(&mut self, generation: u64, answer: Result<Attempts, String>, now: i64) -> bool {
        let mut entries = self.entries.iter_mut();
        let Some(entry) = entries.find(|entry| entry.slot.awaits(generation)) else {
            return false;
        };
        // It is asked again with its screen.
        entry.slot.answered(answer, now, None);
        entry.unfolded
    }

    /// What is looked at is asked anew: what is selected at once, the others when they are selected.
    pub fn hurry(&mut self, now: i64) {
        for entry in &mut self.entries {
            entry.slot.hurry(now);
        }
    }

    /// View, range or moment are others: what is known answers another question.
    pub fn ask_another(&mut self, now: i64) {
        self.entries.retain(|entry| entry.unfolded);
        for entry in &mut self.entries {
            entry.slot.ask_another(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000_000;

    fn execution(job: u64) -> Execution {
        Execution {
            repo: "a/b".to_owned(),
            commit: "c".to_owned(),
            job,
        }
    }

    /// Asks what is due, if anything is, under the job's number; gives the job.
    fn ask(looked: &mut Looked, selected: u64, now: i64) -> Option<u64> {
        let due = looked.due(Some(execution(selected)), now)?.clone();
        looked.asked(&due, now, due.job);
        Some(due.job)
    }

    fn know(looked: &mut Looked, job: u64, now: i64) {
        assert!(looked.awaits(job));
        looked.answered(job, Ok(Attempts::default()), now);
    }

    #[test]
    fn one_question_at_a_time_and_the_last_selection_wins() {
        let mut looked = Looked::default();
        assert_eq!(ask(&mut looked, 1, 0), Some(1));
        assert_eq!(ask(&mut looked, 2, 1), None);
        assert_eq!(ask(&mut looked, 3, 2), None);
        know(&mut looked, 1, 3);
        assert!(looked.at(&execution(1)).is_some() && looked.at(&execution(3)).is_none());
        assert_eq!(ask(&mut looked, 3, 4), Some(3));
        know(&mut looked, 3, 5);
        assert!(looked.at(&execution(1)).is_none(), "nobody looks at it any more");
        assert_eq!(ask(&mut looked, 3, 6), None, "what is known is not asked again");
        looked.hurry(7);
        assert_eq!(ask(&mut looked, 3, 7), Some(3));
    }

    #[test]
    fn what_is_unfolded_is_asked_for_once_and_again_when_it_is_selected() {
        let mut looked = Looked::default();
        ask(&mut looked, 1, 0);
        looked.unfold(execution(2), 1);
        looked.unfold(execution(3), 1);
        know(&mut looked, 1, 2);
        assert_eq!(ask(&mut looked, 1, 3), Some(2), "whatever is selected meanwhile");
        know(&mut looked, 2, 4);
        assert_eq!(ask(&mut looked, 1, 5), Some(3));
        know(&mut looked, 3, 6);
        assert_eq!(ask(&mut looked, 1, 7), None);
        looked.hurry(8);
        assert_eq!(ask(&mut looked, 1, 8), Some(1));
        know(&mut looked, 1, 9);
        assert_eq!(ask(&mut looked, 1, 10), None);
        assert_eq!(ask(&mut looked, 3, 11), Some(3));
    }

    #[test]
    fn an_error_is_tried_again_where_it_is_looked_at_or_unfolded_again() {
        let mut looked = Looked::default();
        looked.unfold(execution(2), 0);
        assert_eq!(ask(&mut looked, 1, 0), Some(2));
        assert!(looked.answered(2, Err("gone".to_owned()), 1));
        assert_eq!(ask(&mut looked, 1, 2), Some(1));
        know(&mut looked, 1, 3);
        assert_eq!(ask(&mut looked, 1, 100 * SECOND), None, "nobody looks at it");
        assert_eq!(ask(&mut looked, 2, SECOND), None, "not before it is time");
        looked.unfold(execution(2), SECOND);
        looked.unfold(execution(2), SECOND);
        assert_eq!(ask(&mut looked, 2, SECOND), Some(2));
    }

    #[test]
    fn another_question_leaves_nothing_that_answers_the_one_before() {
        let mut looked = Looked::default();
        looked.unfold(execution(2), 0);
        ask(&mut looked, 1, 0);
        know(&mut looked, 2, 1);
        ask(&mut looked, 1, 2);
        looked.ask_another(3);
        assert!(!looked.awaits(1) && looked.at(&execution(2)).is_none());
        assert_eq!(ask(&mut looked, 1, 4), Some(2), "it stays unfolded");
        know(&mut looked, 2, 5);
        assert!(looked.at(&execution(2)).is_some());
    }
}
