//! What stands beside an answer and may be missing: a side question that fails costs its own part, and never the screen.

use std::sync::Arc;

/// What became of a side question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told<V> {
    Known(Arc<V>),
    /// It is still on its way; meanwhile the last answer, if there was one.
    Late(Option<Arc<V>>),
    /// Why there is none; meanwhile the last one.
    Failed(Option<Arc<V>>, String),
}

/// The parts of an answer that are not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    failed: Vec<(&'static str, String)>,
    late: bool,
    /// Something is of before.
    old: bool,
}

impl Missing {
    /// The part of this name, as far as it is known.
    pub fn part<V>(&mut self, name: &'static str, told: Told<V>) -> Option<Arc<V>> {
        match told {
            Told::Known(value) => Some(value),
            Told::Late(last) => {
                self.late |= last.is_none();
                self.old |= last.is_some();
                last
            }
            Told::Failed(last, why) => {
                self.failed.push((name, why));
                last
            }
        }
    }

    /// All of it is there, as it was asked for.
    pub fn is_whole(&self) -> bool {
        self.failed.is_empty() && !self.late && !self.old
    }

    /// Something that nothing is known of yet is on its way.
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// Which parts failed and why, in a line; none where all went well.
    pub fn in_words(&self) -> Option<String> {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for (name, why) in &self.failed {
            match reasons.iter_mut().find(|(reason, _)| reason == why) {
                Some((_, names)) => names.push(name),
                None => reasons.push((why, vec![name])),
            }
        }
        let words = reasons
            .iter()
            .map(|(why, names)| format!("no answer about {}: {why}", names.join(", ")));
        Some(words.collect::<Vec<_>>().join("; ")).filter(|words| !words.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_named_once_with_its_reason() {
        let mut missing = Missing::default();
        assert_eq!(missing.part("days", Told::Known(Arc::new(1))).as_deref(), Some(&1));
        assert_eq!(missing.in_words(), None);
        let failed = |last: Option<i32>, why: &str| Told::Failed(last.map(Arc::new), why.to_owned());
        assert_eq!(missing.part("relay", failed(Some(2), "memory")).as_deref(), Some(&2));
        assert_eq!(missing.part("days", failed(None, "memory")), None);
        assert_eq!(missing.part("levels", failed(None, "gone")), None);
        let words = "no answer about relay, days: memory; no answer about levels: gone";
        assert_eq!(missing.in_words().as_deref(), Some(words));
        assert!(!missing.is_late(), "nothing comes by itself");
    }

    #[test]
    fn late_is_what_nothing_is_known_of() {
        let mut missing = Missing::default();
        missing.part("usual", Told::Late(Some(Arc::new(1))));
        assert!(!missing.is_late());
        missing.part::<i32>("usual", Told::Late(None));
        assert!(missing.is_late() && missing.in_words().is_none());
    }
}
