//! What came in during the last hour, minute by minute: of each repository, and by what was answered.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use serde::Serialize;

use crate::timestamp::Timestamp;

/// Minutes that are kept.
const MINUTES: i64 = 60;
/// Repositories that are told apart within a minute; the relay knows some dozens.
const REPOSITORIES_MAX: usize = 512;

/// Callbacks of the last hour.
#[derive(Default)]
pub struct Recent(Mutex<VecDeque<Minute>>);

#[derive(Default)]
struct Minute {
    /// Since 1970.
    number: i64,
    answers: Answers,
    repositories: HashMap<String, Repository>,
}

/// Callbacks by what was answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answers {
    /// 200.
    pub accepted: u64,
    /// 4xx: final for the relay.
    pub refused: u64,
    /// 503: the relay comes again.
    pub unavailable: u64,
}

impl Answers {
    /// Counts one more by the first digit of an HTTP status.
    fn count(&mut self, status: u16) {
        match status / 100 {
            2 => self.accepted += 1,
            4 => self.refused += 1,
            _ => self.unavailable += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.refused += other.refused;
        self.unavailable += other.unavailable;
    }
}

/// A repository's callbacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repository {
    pub answers: Answers,
    /// Callbacks of which an optional field could not be used.
    pub with_warnings: u64,
    /// When the last one came.
    pub last_at: Option<Timestamp>,
}

impl Recent {
    /// One more callback; of a repository, as far as it came to be known.
    pub fn count(&self, now: Timestamp, repo: Option<&str>, status: u16, warned: bool) {
        let number = minute(now);
        let mut minutes = self.0.lock().expect("nothing panics while it holds this lock");
        // A clock that steps back counts into the newest minute there is.
        if minutes.back().is_none_or(|last| last.number < number) {
            minutes.push_back(Minute {
                number,
                ..Minute::default()
            });
            while minutes.len() > MINUTES as usize {
                minutes.pop_front();
            }
        }
        let Some(current) = minutes.back_mut() else { return };
        current.answers.count(status);
        let Some(repo) = repo else { return };
        if current.repositories.len() >= REPOSITORIES_MAX && !current.repositories.contains_key(repo) {
            return;
        }
        let of_repo = current.repositories.entry(repo.to_owned()).or_default();
        of_repo.answers.count(status);
        of_repo.with_warnings += u64::from(warned);
        of_repo.last_at = of_repo.last_at.max(Some(now));
    }

    /// The last hour: all together, and each repository by its name.
    pub fn last_hour(&self, now: Timestamp) -> (Answers, Vec<(String, Repository)>) {
        let minutes = self.0.lock().expect("nothing panics while it holds this lock");
        let mut all = Answers::default();
        let mut repositories = HashMap::<&str, Repository>::new();
        for of_minute in minutes.iter().filter(|it| it.number > minute(now) - MINUTES) {
            all.add(of_minute.answers);
            for (repo, counted) in &of_minute.repositories {
                let sum = repositories.entry(repo).or_default();
                sum.answers.add(counted.answers);
                sum.with_warnings += counted.with_warnings;
                sum.last_at = sum.last_at.max(counted.last_at);
            }
        }
        let mut repositories: Vec<_> = repositories
            .into_iter()
            .map(|(repo, sum)| (repo.to_owned(), sum))
            .collect();
        repositories.sort_by(|(one, _), (other, _)| one.cmp(other));
        (all, repositories)
    }
}

fn minute(now: Timestamp) -> i64 {
    now.millis() / 60_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + minutes * 60_000).unwrap()
    }

    #[test]
    fn an_hour_is_counted_and_what_is_older_is_not() {
        let recent = Recent::default();
        recent.count(at(0), Some("a/b"), 200, false);
        recent.count(at(30), Some("a/b"), 200, true);
        recent.count(at(30), Some("c/d"), 503, false);
        recent.count(at(59), None, 401, false);
        let (all, repositories) = recent.last_hour(at(59));
        assert_eq!((all.accepted, all.refused, all.unavailable), (2, 1, 1));
        assert_eq!(
            repositories.iter().map(|(repo, _)| repo.as_str()).collect::<Vec<_>>(),
            ["a/b", "c/d"]
        );
        assert_eq!(
            (repositories[0].1.with_warnings, repositories[0].1.last_at),
            (1, Some(at(30)))
        );
        let (all, _) = recent.last_hour(at(60));
        assert_eq!((all.accepted, all.refused), (1, 1));
        assert_eq!(recent.last_hour(at(200)), (Answers::default(), Vec::new()));
    }

    #[test]
    fn memory_is_bounded_by_minutes_and_repositories() {
        let recent = Recent::default();
        for step in 0..200 {
            for repo in 0..REPOSITORIES_MAX + 10 {
                recent.count(at(step / 2), Some(&format!("a/{repo}")), 200, false);
            }
        }
        let minutes = recent.0.lock().unwrap();
        assert_eq!(minutes.len(), MINUTES as usize);
        assert!(minutes.iter().all(|it| it.repositories.len() <= REPOSITORIES_MAX));
    }

    #[test]
    fn a_clock_that_steps_back_loses_no_count() {
        let recent = Recent::default();
        recent.count(at(10), Some("a/b"), 200, false);
        recent.count(at(3), Some("a/b"), 200, false);
        assert_eq!(recent.last_hour(at(10)).0.accepted, 2);
    }
}
