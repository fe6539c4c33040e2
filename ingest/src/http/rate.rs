//! The rate guard: how often one repository may post, so that one that runs wild can't crowd the others out.
//!
//! Off unless it is configured. What is over the rate is 503, which the relay retries: a 429 would be final.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

/// Repositories that are remembered; beyond that those that have been quiet longest are forgotten.
const REMEMBERED_MAX: usize = 4096;

/// A bucket of callbacks for each repository, filled again all the time.
pub struct RateGuard {
    /// Callbacks a minute, and as many at once; none is without limit.
    per_minute: Option<f64>,
    buckets: Mutex<HashMap<String, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl RateGuard {
    /// Admits so many callbacks a minute of each repository.
    pub fn new(per_minute: Option<u32>) -> Self {
        Self {
            per_minute: per_minute.map(f64::from),
            buckets: Mutex::default(),
        }
    }

    /// Whether one more of this repository is admitted now. Repositories' names are compared without regard to case.
    pub fn admit(&self, repo: &str, now: Instant) -> bool {
        let Some(per_minute) = self.per_minute else { return true };
        let refilled = |bucket: &Bucket| {
            let seconds = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.left + seconds * per_minute / 60.0).min(per_minute)
        };
        let mut buckets = self.buckets.lock().expect("nothing panics while it holds this lock");
        if buckets.len() >= REMEMBERED_MAX {
            // A full bucket is as good as none.
            buckets.retain(|_, bucket| refilled(bucket) < per_minute);
        }
        let bucket = buckets.entry(repo.to_ascii_lowercase()).or_insert(Bucket {
            left: per_minute,
            at: now,
        });
        let left = refilled(bucket);
        let admitted = left >= 1.0;
        *bucket = Bucket {
            left: if admitted { left - 1.0 } else { left },
            at: now,
        };
        admitted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn one_that_runs_wild_is_held_back_and_no_other() {
        let guard = RateGuard::new(Some(60));
        let start = Instant::now();
        let admitted = (0..100).filter(|_| guard.admit("a/wild", start)).count();
        assert_eq!(admitted, 60);
        assert!(guard.admit("a/calm", start));
        assert!(!guard.admit("A/Wild", start));
        assert!(guard.admit("a/wild", start + Duration::from_secs(1)));
        assert!(!guard.admit("a/wild", start + Duration::from_secs(1)));
    }

    #[test]
    fn without_a_rate_everything_is_admitted() {
        let guard = RateGuard::new(None);
        let now = Instant::now();
        assert!((0..10_000).all(|_| guard.admit("a/b", now)));
    }

    #[test]
    fn repositories_that_went_quiet_are_forgotten() {
        let guard = RateGuard::new(Some(60));
        let start = Instant::now();
        for number in 0..REMEMBERED_MAX {
            guard.admit(&format!("a/{number}"), start);
        }
        guard.admit("a/new", start + Duration::from_secs(60));
        assert_eq!(guard.buckets.lock().unwrap().len(), 1);
    }
}
