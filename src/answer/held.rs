//! Answers to side questions: each is asked on a task of its own, holds for a while, and is waited for no longer than one likes.
//!
//! What two weeks look like is much the same ten minutes later, where it is dear to ask: an answer holds for a share of what it cost. And
//! who waits in vain has the last answer, and the next one later.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::data::missing::Told;
use crate::source::SourceError;

/// Moments of the past and views are looked at one after the other: the answers that were asked for first make room.
const MOST: usize = 8;

/// An answer holds so many times as long as it took: no more than a thousandth of the time is spent on one.
const TIMES: i64 = 1_000;

/// By question, the last answer.
pub(super) struct Held<V> {
    state: Mutex<State<V>>,
    /// For so long at most, in milliseconds.
    most: i64,
    /// Whether an answer says that there is nothing yet: what comes first is not waited for.
    is_nothing: fn(&V) -> bool,
}

struct State<V> {
    known: HashMap<String, Known<V>>,
    asked: HashSet<String>,
}

struct Known<V> {
    /// In milliseconds since 1970.
    asked_at: i64,
    /// For so long, in milliseconds.
    holds: i64,
    answer: Arc<V>,
}

impl<V> Held<V> {
    /// Answers that hold for so long at most; 0 for those that are asked for each time.
    pub(super) fn for_millis(most: i64) -> Arc<Self> {
        Self::unless(|_| false, most)
    }

    /// The same, but for those that say that there is nothing yet: they don't hold.
    pub(super) fn unless(is_nothing: fn(&V) -> bool, most: i64) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                known: HashMap::new(),
                asked: HashSet::new(),
            }),
            most,
            is_nothing,
        })
    }

    /// The answer, while it holds at a moment in milliseconds since 1970.
    fn fresh(&self, question: &str, now: i64) -> Option<Arc<V>> {
        let state = self.lock();
        let known = state.known.get(question)?;
        ((0..known.holds).contains(&(now - known.asked_at))).then(|| Arc::clone(&known.answer))
    }

    /// The last answer, however old.
    fn last(&self, question: &str) -> Option<Arc<V>> {
        let state = self.lock();
        state.known.get(question).map(|known| Arc::clone(&known.answer))
    }

    /// Notes that it is asked; whether nobody else is about it.
    fn begins(&self, question: &str) -> bool {
        self.lock().asked.insert(question.to_owned())
    }

    /// Takes the answer, if there is one, and how long it took.
    fn takes(&self, question: &str, asked_at: i64, answer: Option<V>, took: Duration) -> Option<Arc<V>> {
        let mut state = self.lock();
        let answer = Arc::new(answer?);
        let took = i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        let known = Known {
            asked_at,
            holds: match (self.is_nothing)(&answer) {
                true => 0,
                false => took.saturating_mul(TIMES).min(self.most),
            },
            answer: Arc::clone(&answer),
        };
        state.known.insert(question.to_owned(), known);
        while state.known.len() > MOST {
            let oldest = state.known.iter().min_by_key(|(_, known)| known.asked_at);
            let Some(oldest) = oldest.map(|(question, _)| question.clone()) else {
                break;
            };
            state.known.remove(&oldest);
        }
        Some(answer)
    }

    fn lock(&self) -> MutexGuard<'_, State<V>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Send + Sync + 'static> Held<V> {
    /// Asks, on a task of its own, unless it is asked already, or known and not wanted `anew`. The key tells it from every other question.
    pub(super) fn ask(
        self: &Arc<Self>,
        key: String,
        now: i64,
        anew: bool,
        question: impl Future<Output = Result<V, SourceError>> + Send + 'static,
    ) -> Asked<V> {
        let fresh = self.fresh(&key, now).filter(|_| !anew);
        let task = (fresh.is_none() && self.begins(&key)).then(|| {
            let (held, key) = (Arc::clone(self), key.clone());
            tokio::spawn(async move {
                // Also when it panics: it can be asked again.
                let _ended = Ended { held: &held, key: &key };
                let begun = Instant::now();
                let (answer, why) = match question.await {
                    Ok(answer) => (Some(answer), String::new()),
                    Err(error) => (None, error.to_string()),
                };
                held.takes(&key, now, answer, begun.elapsed()).ok_or(why)
            })
        });
        Asked {
            held: Arc::clone(self),
            key,
            fresh,
            task,
        }
    }
}

impl<V> Held<V> {
    /// The last answer, as one that holds.
    pub(super) fn as_it_was(self: &Arc<Self>, question: &str) -> Option<Asked<V>> {
        self.last(question).map(|answer| Asked {
            held: Arc::clone(self),
            key: question.to_owned(),
            fresh: Some(answer),
            task: None,
        })
    }
}

/// A question that nobody is about any more when this is dropped.
struct Ended<'a, V> {
    held: &'a Held<V>,
    key: &'a str,
}

impl<V> Drop for Ended<'_, V> {
    fn drop(&mut self) {
        self.held.lock().asked.remove(self.key);
    }
}

/// A side question on its way.
pub(super) struct Asked<V> {
    held: Arc<Held<V>>,
    key: String,
    fresh: Option<Arc<V>>,
    task: Option<JoinHandle<Result<Arc<V>, String>>>,
}

impl<V> Asked<V> {
    /// What is known of it within so long. It goes on, for who asks next.
    pub(super) async fn within(self, wait: Duration) -> Told<V> {
        if let Some(fresh) = self.fresh {
            return Told::Known(fresh);
        }
        let answer = match self.task {
            Some(task) => tokio::time::timeout(wait, task).await.ok(),
            None => None,
        };
        match answer {
            Some(Ok(Ok(answer))) => Told::Known(answer),
            Some(Ok(Err(why))) => Told::Failed(self.held.last(&self.key), why),
            // Its hook has told of a panic.
            Some(Err(_)) | None => Told::Late(self.held.last(&self.key)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TIME: Duration = Duration::ZERO;
    const LONG: Duration = Duration::from_secs(600);

    fn failure() -> SourceError {
        SourceError::Late {
            url: "http://h".to_owned(),
            seconds: 20,
        }
    }

    #[test]
    fn an_answer_holds_for_a_while_and_is_asked_for_once() {
        let held = Held::for_millis(10);
        assert!(held.begins("a") && !held.begins("a") && held.begins("b"));
        assert_eq!(held.takes("a", 100, Some(1), LONG).as_deref(), Some(&1));
        assert!(held.takes("b", 100, None, LONG).is_none());
        for key in ["a", "b"] {
            drop(Ended { held: &held, key });
        }
        assert_eq!(held.fresh("a", 109).as_deref(), Some(&1));
        assert_eq!((held.fresh("a", 110), held.fresh("b", 100)), (None, None));
        assert_eq!(held.fresh("a", 99), None, "a clock that was set back");
        assert_eq!(held.last("a").as_deref(), Some(&1));
        assert!(held.begins("a") && held.begins("b"));
    }

    #[test]
    fn that_there_is_nothing_yet_does_not_hold() {
        let held = Held::unless(Vec::is_empty, 10);
        held.takes("a", 100, Some(Vec::new()), LONG);
        assert_eq!(held.fresh("a", 100), None);
        held.takes("a", 100, Some(vec![1]), LONG);
        assert_eq!(held.fresh("a", 109).as_deref(), Some(&vec![1]));
    }

    #[test]
    fn the_answers_asked_for_first_make_room() {
        let held = Held::for_millis(10);
        for number in 0..=MOST as i64 {
            held.takes(&number.to_string(), number, Some(number), LONG);
        }
        assert_eq!((held.last("0"), held.last("1").as_deref()), (None, Some(&1)));
    }

    #[tokio::test]
    async fn who_waits_in_vain_has_the_last_answer_and_the_next_one_later() {
        let held = Held::for_millis(0);
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let slow = held.ask("a".to_owned(), 1, false, async move {
            let _ = gone.await;
            Ok(1)
        });
        assert_eq!(slow.within(NO_TIME).await, Told::Late(None));
        let second = held.ask("a".to_owned(), 2, false, async { panic!("it is asked already") });
        assert_eq!(second.within(NO_TIME).await, Told::<i32>::Late(None));
        go.send(()).unwrap();
        while held.last("a").is_none() {
            tokio::task::yield_now().await;
        }
        let failed = held.ask("a".to_owned(), 3, false, async { Err(failure()) });
        assert_eq!(
            failed.within(LONG).await,
            Told::Failed(Some(Arc::new(1)), failure().to_string())
        );
        let again = held.ask("a".to_owned(), 4, false, async { Ok(2) });
        assert_eq!(
            again.within(LONG).await,
            Told::Known(Arc::new(2)),
            "asked again at once"
        );
    }

    #[tokio::test]
    async fn a_question_that_panicked_can_be_asked_again() {
        let held = Held::<i32>::for_millis(10);
        let panicked = held.ask("a".to_owned(), 1, false, async { panic!("on purpose") });
        assert_eq!(panicked.within(LONG).await, Told::Late(None));
        let again = held.ask("a".to_owned(), 2, false, async { Ok(1) });
        assert_eq!(again.within(LONG).await, Told::Known(Arc::new(1)));
    }

    #[tokio::test]
    async fn what_holds_is_asked_again_by_hand_alone() {
        let held = Held::for_millis(10);
        held.takes("a", 1, Some(1), LONG);
        let again = held.ask("a".to_owned(), 10, false, async { panic!("it is known") });
        assert_eq!(again.within(NO_TIME).await, Told::Known(Arc::new(1)));
        let by_hand = held.ask("a".to_owned(), 10, true, async { Ok(2) });
        assert_eq!(by_hand.within(LONG).await, Told::Known(Arc::new(2)));
    }

    /// Nothing that is cheap to ask is old beside rows that are fresh: also what was asked while there was nothing to tell yet.
    #[test]
    fn an_answer_holds_for_a_share_of_what_it_cost() {
        let held = Held::for_millis(60_000);
        let holds = |took: u64| {
            held.takes("a", 0, Some(()), Duration::from_millis(took));
            let until = (0..=60_000).find(|now| held.fresh("a", *now).is_none());
            until.unwrap_or_default()
        };
        assert_eq!(
            (holds(0), holds(5), holds(40), holds(5_000)),
            (0, 5_000, 40_000, 60_000)
        );
    }
}
