//! Answers that hold for a while: what two weeks look like is much the same ten minutes later.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// By question, the answer and the moment that it was asked.
pub(super) struct Held<V> {
    state: Mutex<State<V>>,
    /// For so long, in milliseconds.
    holds: i64,
}

struct State<V> {
    known: HashMap<String, (i64, Arc<V>)>,
    asked: HashSet<String>,
}

impl<V> Held<V> {
    pub(super) fn for_millis(holds: i64) -> Self {
        Self {
            state: Mutex::new(State {
                known: HashMap::new(),
                asked: HashSet::new(),
            }),
            holds,
        }
    }

    /// The answer, while it holds at a moment in milliseconds since 1970.
    pub(super) fn fresh(&self, question: &str, now: i64) -> Option<Arc<V>> {
        let state = self.lock();
        let (asked_at, answer) = state.known.get(question)?;
        ((0..self.holds).contains(&(now - asked_at))).then(|| Arc::clone(answer))
    }

    /// The last answer, however old.
    pub(super) fn last(&self, question: &str) -> Option<Arc<V>> {
        let state = self.lock();
        state.known.get(question).map(|(_, answer)| Arc::clone(answer))
    }

    /// Notes that it is asked; whether nobody else is about it.
    pub(super) fn begins(&self, question: &str) -> bool {
        self.lock().asked.insert(question.to_owned())
    }

    /// Takes the answer, or that there is none.
    pub(super) fn ends(&self, question: &str, now: i64, answer: Option<V>) -> Option<Arc<V>> {
        let mut state = self.lock();
        state.asked.remove(question);
        let answer = Arc::new(answer?);
        // Moments of the past are looked at one after the other: the oldest answers make room.
        let holds = self.holds;
        state.known.retain(|_, (asked_at, _)| now - *asked_at < holds);
        state.known.insert(question.to_owned(), (now, Arc::clone(&answer)));
        Some(answer)
    }

    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_for_a_while_and_is_asked_for_once() {
        let held = Held::for_millis(10);
        assert!(held.begins("a") && !held.begins("a") && held.begins("b"));
        assert_eq!(held.ends("a", 100, Some(1)).as_deref(), Some(&1));
        assert!(held.ends("b", 100, None).is_none());
        assert_eq!(held.fresh("a", 109).as_deref(), Some(&1));
        assert_eq!((held.fresh("a", 110), held.fresh("b", 100)), (None, None));
        assert_eq!(held.fresh("a", 99), None, "a clock that was set back");
        assert_eq!(held.last("a").as_deref(), Some(&1));
        assert!(held.begins("a") && held.begins("b"));
    }
}
