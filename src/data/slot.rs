//! What was loaded, how it stands, and how old it is: an error never takes away what is there.

/// A value that is asked for again and again. Moments are nanoseconds since 1970.
#[derive(Debug)]
pub struct Slot<T> {
    value: Option<T>,
    fresh_at: Option<i64>,
    /// Since when an answer is awaited, and under which number.
    pending: Option<(i64, u64)>,
    error: Option<String>,
    failures: u32,
    next_at: Option<i64>,
    /// When that was said. A clock that shows less was set back since.
    said_at: i64,
    /// Someone wants it now.
    hurried: bool,
    /// The value answers another question than the one that is asked now.
    outdated: bool,
}

const SECOND: i64 = 1_000_000_000;
/// Who changes the question while it is under way is likely to change it again: so long it stands before it is asked.
const SETTLES: i64 = 150_000_000;
/// After an error: 2 s, 4 s, … up to this.
const LONGEST_BACK_OFF: i64 = 60 * SECOND;

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self {
            value: None,
            fresh_at: None,
            pending: None,
            error: None,
            failures: 0,
            next_at: None,
            said_at: i64::MIN,
            hurried: false,
            outdated: false,
        }
    }
}

impl<T> Slot<T> {
    /// The last good value.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// When the value was asked for.
    pub fn fresh_at(&self) -> Option<i64> {
        self.fresh_at
    }

    /// Why the last question had no answer, and when it is asked again.
    pub fn error(&self) -> Option<(&str, Option<i64>)> {
        self.error.as_deref().map(|error| (error, self.next_at))
    }

    /// For how long an answer has been awaited, in nanoseconds.
    pub fn waiting(&self, now: i64) -> Option<i64> {
        self.pending.map(|(since, _)| now - since)
    }

    /// Is it time to ask?
    pub fn is_due(&self, now: i64) -> bool {
        self.is_due_later_by(0, now)
    }

    /// Is it time to ask, where one waits longer than usual by so many nanoseconds?
    pub fn is_due_later_by(&self, longer: i64, now: i64) -> bool {
        let is_due = |at: i64| at.saturating_add(longer) <= now || now < self.said_at;
        self.pending.is_none() && self.next_at.is_some_and(is_due)
    }

    /// Notes that it is asked under a number; an answer to an earlier one is void.
    pub fn asked(&mut self, now: i64, generation: u64) {
        self.pending = Some((now, generation));
        self.hurried = false;
    }

    /// Is the answer to this number still wanted?
    pub fn awaits(&self, generation: u64) -> bool {
        self.pending.is_some_and(|(_, awaited)| awaited == generation)
    }

    /// Takes an answer. `interval` is until the next question, in nanoseconds; none for never.
    pub fn answered(&mut self, answer: Result<T, String>, now: i64, interval: Option<i64>) {
        let asked_at = self.pending.take().map_or(now, |(since, _)| since);
        self.said_at = now;
        match answer {
            Ok(value) => {
                self.value = Some(value);
                self.outdated = false;
                self.fresh_at = Some(asked_at);
                self.error = None;
                self.failures = 0;
                // Who wanted it while it was on its way wants one that is newer.
                self.next_at = match self.hurried {
                    true => Some(now),
                    false => interval.map(|interval| now + interval),
                };
            }
            Err(error) => {
                self.error = Some(error);
                self.failures = self.failures.saturating_add(1);
                self.next_at = Some(now + (SECOND << self.failures.min(20)).min(LONGEST_BACK_OFF));
            }
        }
    }

    /// Takes it that the value still stands. `interval` is until the next question, in nanoseconds; none for never.
    pub fn confirmed(&mut self, now: i64, interval: Option<i64>) {
        match self.value.take() {
            Some(value) => self.answered(Ok(value), now, interval),
            None => {
                self.pending = None;
                self.hurry(now);
            }
        }
    }

    /// Another question than the one before, asked as soon as possible; when that one is still under way, as soon as no other follows.
    /// What is there stays until it is answered.
    pub fn ask_another(&mut self, now: i64) {
        let is_changing = self.pending.take().is_some() || self.asks_soon(now);
        self.error = None;
        self.failures = 0;
        self.outdated = self.value.is_some();
        self.hurry(if is_changing { now + SETTLES } else { now });
    }

    /// Is it about to be asked, once the question stands?
    pub fn asks_soon(&self, now: i64) -> bool {
        self.hurried && self.pending.is_none() && self.next_at.is_some_and(|at| at > now)
    }

    /// Does the value answer another question than the one that is asked now?
    pub fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// Asks as soon as possible.
    pub fn hurry(&mut self, now: i64) {
        self.next_at = Some(now);
        self.hurried = true;
    }

    /// Was it asked to hurry, and hasn't been asked since?
    pub fn is_hurried(&self) -> bool {
        self.hurried
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_keeps_the_value_and_its_age() {
        let mut slot = Slot::default();
        slot.asked(10, 1);
        slot.answered(Ok("good"), 12, Some(SECOND));
        slot.asked(20, 2);
        slot.answered(Err("gone".to_owned()), 22, Some(SECOND));
        assert_eq!(
            (slot.value(), slot.fresh_at(), slot.error()),
            (Some(&"good"), Some(10), Some(("gone", Some(22 + 2 * SECOND))))
        );
        slot.asked(30, 3);
        slot.answered(Err("gone".to_owned()), 32, None);
        assert_eq!(slot.error(), Some(("gone", Some(32 + 4 * SECOND))));
        slot.asked(40, 4);
        slot.answered(Ok("better"), 41, None);
        assert_eq!(
            (slot.value(), slot.error(), slot.is_due(i64::MAX)),
            (Some(&"better"), None, false)
        );
    }

    #[test]
    fn a_clock_that_was_set_back_puts_nothing_off() {
        let mut slot = Slot::default();
        slot.asked(100 * SECOND, 1);
        slot.answered(Ok("good"), 100 * SECOND, Some(SECOND));
        assert!(!slot.is_due(100 * SECOND) && slot.is_due(40 * SECOND) && slot.is_due_later_by(SECOND, 40 * SECOND));
        assert!(!slot.is_due_later_by(SECOND, 101 * SECOND) && slot.is_due_later_by(SECOND, 102 * SECOND));
        slot.asked(40 * SECOND, 2);
        slot.answered(Ok("good"), 40 * SECOND, Some(SECOND));
        assert!(!slot.is_due(40 * SECOND) && slot.is_due(41 * SECOND));
        slot.asked(41 * SECOND, 3);
        slot.answered(Ok("last"), 41 * SECOND, None);
        assert!(!slot.is_due(0), "it is never asked again");
    }

    #[test]
    fn after_many_errors_it_is_asked_once_a_minute() {
        let mut slot = Slot::<()>::default();
        for number in 0..99 {
            slot.asked(0, number);
            slot.answered(Err("gone".to_owned()), 0, None);
        }
        assert_eq!(slot.error(), Some(("gone", Some(60 * SECOND))));
    }

    #[test]
    fn another_question_leaves_the_answer_to_the_one_before_until_it_is_answered() {
        let mut slot = Slot::default();
        slot.asked(10, 1);
        slot.answered(Ok("of a week"), 12, None);
        slot.ask_another(20);
        assert_eq!(
            (slot.value(), slot.is_outdated(), slot.is_due(20)),
            (Some(&"of a week"), true, true)
        );
        slot.asked(20, 2);
        slot.answered(Err("gone".to_owned()), 22, None);
        assert!(slot.is_outdated() && slot.error().is_some());
        slot.asked(30, 3);
        slot.answered(Ok("of a day"), 31, None);
        assert_eq!((slot.value(), slot.is_outdated()), (Some(&"of a day"), false));
    }

    #[test]
    fn a_question_that_changes_while_it_is_under_way_is_asked_when_it_stands() {
        let mut slot = Slot::<()>::default();
        slot.ask_another(0);
        assert!(slot.is_due(0), "one change is asked at once");
        slot.asked(0, 1);
        slot.ask_another(10);
        assert!(!slot.awaits(1) && !slot.is_due(10) && slot.asks_soon(10));
        slot.ask_another(SETTLES);
        assert!(!slot.is_due(10 + SETTLES), "it changed again");
        assert!(slot.is_due(2 * SETTLES) && !slot.asks_soon(2 * SETTLES));
    }

    #[test]
    fn who_wants_it_while_it_is_on_its_way_gets_a_newer_one() {
        let mut slot = Slot::default();
        slot.asked(10, 1);
        slot.hurry(11);
        slot.answered(Ok("old"), 12, None);
        assert!(slot.is_due(12));
        slot.asked(12, 2);
        slot.answered(Ok("new"), 13, None);
        assert!(!slot.is_due(i64::MAX));
    }

    #[test]
    fn only_the_last_question_is_awaited() {
        let mut slot = Slot::<()>::default();
        slot.asked(1, 1);
        slot.asked(2, 2);
        assert!(!slot.awaits(1) && slot.awaits(2));
        assert!(!slot.is_due(i64::MAX));
    }
}
