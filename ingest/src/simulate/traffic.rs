//! What happens upstream, and what the backends report of it: an endless, seeded sequence of callbacks.
//!
//! Pure: time comes from the caller. The same seed and the same start give the same bytes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

use super::backends::{BACKENDS, Backend, Ids, PROBE};
use super::body::{self, Report};
use super::due::Due;
use super::job::{Job, Trigger};

/// One POST to be made.
#[derive(Clone, Debug)]
pub(super) struct Callback {
    /// When it is sent, in milliseconds since 1970.
    pub(super) at: i64,
    pub(super) report: Report,
    pub(super) body: String,
}

/// How time passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// Someone is watching: a job that has run for its usual time is heard of now, and ends within a minute.
    Live,
    /// As it was: a job's first callback comes when it starts, its last when it ends.
    History,
}

struct Step {
    job: Job,
    completed: bool,
    /// The job's start, in milliseconds.
    started_at: i64,
}

/// A pull request under work.
struct PullRequest {
    number: u64,
    commit: String,
    /// What it breaks, wherever a job of this name runs: backends differ in the rest.
    breaks: bool,
}

const PULL_REQUESTS: usize = 12;
const SECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;
/// GitHub's numbers are larger than any that this starts with, and grow.
const FIRST_PULL_REQUEST: u64 = 179_500;

pub(super) struct Traffic {
    rng: StdRng,
    pace: Pace,
    /// Jobs that end later are left out: nobody would ever report their end.
    until: i64,
    pull_requests: Vec<PullRequest>,
    next_pull_request: u64,
    next_id: u64,
    events: u64,
    due: BinaryHeap<Reverse<Due<Step>>>,
    /// Jobs that were dispatched and haven't started (live only).
    waiting: Vec<Job>,
}

impl Traffic {
    /// A sequence of its own: ids depend on the start as well, so that two runs on one store don't meet.
    pub(super) fn new(seed: u64, start: i64, pace: Pace, until: i64) -> Self {
        let mut traffic = Self {
            rng: StdRng::seed_from_u64(seed ^ start.unsigned_abs().rotate_left(32)),
            pace,
            until,
            pull_requests: Vec::new(),
            next_pull_request: FIRST_PULL_REQUEST + start.unsigned_abs() / DAY.unsigned_abs() % 1_000,
            next_id: start.unsigned_abs() * 1_000,
            events: 0,
            due: BinaryHeap::new(),
            waiting: Vec::new(),
        };
        for _ in 0..PULL_REQUESTS {
            traffic.open_pull_request();
        }
        traffic
    }

    /// The callback for a slot of the live sequence.
    pub(super) fn next_live(&mut self, now: i64) -> Callback {
        loop {
            if self.due.peek().is_some_and(|Reverse(due)| due.at <= now)
                && let Some(callback) = self.pop(now)
            {
                return callback;
            }
            match self.waiting.pop() {
                Some(job) => self.start(job, now),
                None => {
                    let mut jobs = self.dispatch();
                    // Backend by backend would be no sight: all of them report at once.
                    for last in (1..jobs.len()).rev() {
                        jobs.swap(last, self.rng.random_range(0..=last));
                    }
                    self.waiting = jobs;
                }
            }
        }
    }

    /// Lets an event happen at a moment of the past; its callbacks become due from then on.
    pub(super) fn happen(&mut self, at: i64) {
        for job in self.dispatch() {
            let start = at + (job.queue * 1_000.0) as i64;
            self.start(job, start);
        }
    }

    /// The next callback that is due before a moment.
    pub(super) fn next_due(&mut self, before: i64) -> Option<Callback> {
        while let Some(Reverse(due)) = self.due.peek() {
            if due.at >= before {
                return None;
            }
            let at = due.at;
            if let Some(callback) = self.pop(at) {
                return Some(callback);
            }
        }
        None
    }

    fn pop(&mut self, at: i64) -> Option<Callback> {
        let Reverse(Due { what: step, .. }) = self.due.pop()?;
        let report = Report::new(&mut self.rng, &step.job, step.started_at, step.completed, at);
        let body = body::render(&mut self.rng, &step.job, &report);
        let rerun = step.completed && step.job.attempt == 1 && matches!(step.job.conclusion, Some("failure"));
        if rerun && self.rng.random_bool(0.3) && step.job.backend().ids == Ids::GitHub {
            let again = self.run_again(&step.job);
            let pause = if self.pace == Pace::Live {
                2 * SECOND
            } else {
                900 * SECOND
            };
            self.start(again, at + pause);
        }
        Some(Callback { at, report, body })
    }

    /// Puts a job's callbacks on the heap: usually two, in order.
    fn start(&mut self, job: Job, at: i64) {
        let whole = (job.duration * 1_000.0) as i64;
        let seen = match self.pace {
            Pace::Live => self.rng.random_range(4 * SECOND..60 * SECOND).min(whole),
            Pace::History => whole,
        };
        // The end is `seen` from now; the start lies a whole duration before it.
        let (end, started_at) = (at + seen, at + seen - whole);
        let scheduled = matches!(job.trigger, Trigger::Nightly { .. } | Trigger::Periodic { .. });
        let fate: u32 = self.rng.random_range(0..100);
        let late = end + 2 * SECOND;
        if late >= self.until {
            return;
        }
        let steps: &[(i64, bool)] = match fate {
            _ if scheduled => &[(end, true)],
            0..3 => &[(end, true)],
            3..6 => &[(end, true), (late, false)],
            6..9 => &[(at, false), (end, true), (late, true)],
            9..11 => &[(at, false), (late, false), (end, true)],
            _ => &[(at, false), (end, true)],
        };
        for (at, completed) in steps {
            self.push(
                *at,
                Step {
                    job: job.clone(),
                    completed: *completed,
                    started_at,
                },
            );
        }
    }

    fn push(&mut self, at: i64, step: Step) {
        self.next_id += 1;
        let number = self.next_id;
        self.due.push(Reverse(Due { at, number, what: step }));
    }

    fn run_again(&mut self, job: &Job) -> Job {
        let mut again = job.clone();
        again.attempt += 1;
        again.check_run_id = self.id().to_string();
        again.conclusion = Some(if self.rng.random_bool(0.7) {
            "success"
        } else {
            "failure"
        });
        again
    }

    /// One event upstream, and the jobs it starts in all backends.
    fn dispatch(&mut self) -> Vec<Job> {
        self.events += 1;
        let (trigger, breaks) = self.trigger();
        let scheduled = matches!(trigger, Trigger::Nightly { .. } | Trigger::Periodic { .. });
        let delivery_id = match &trigger {
            Trigger::Nightly { commit } | Trigger::Periodic { commit } => commit.clone(),
            _ => self.uuid(),
        };
        let mut jobs = Vec::new();
        for (index, backend) in BACKENDS.iter().enumerate() {
            let takes_part = match trigger {
                Trigger::Nightly { .. } => backend.nightly,
                Trigger::Periodic { .. } => backend.periodic,
                Trigger::PullRequest { .. } | Trigger::Push { .. } => true,
            };
            // The relay's probe runs on every pull request, and a run may be lost anywhere else.
            if !takes_part || (!scheduled && backend.repo != PROBE && self.events > 3 && self.rng.random_bool(0.15)) {
                continue;
            }
            let sick = breaks && self.rng.random_bool(0.6);
            for workflow in backend.workflows {
                let run_id = match backend.ids {
                    Ids::GitHub => self.id().to_string(),
                    Ids::Buildkite => self.uuid(),
                };
                for name in workflow.jobs {
                    let conclusion = self.conclusion(backend, name, sick);
                    let scale = if conclusion == Some("timed_out") {
                        8.0
                    } else {
                        self.rng.random_range(0.6..1.7)
                    };
                    jobs.push(Job {
                        backend: index,
                        workflow: workflow.name,
                        name: (*name).to_owned(),
                        trigger: trigger.clone(),
                        delivery_id: delivery_id.clone(),
                        check_run_id: match backend.ids {
                            Ids::GitHub => self.id().to_string(),
                            Ids::Buildkite => format!("{run_id}-1"),
                        },
                        run_id: run_id.clone(),
                        attempt: 1,
                        queue: (backend.queue * self.rng.random_range(0.3..2.5_f64)).round(),
                        duration: (backend.duration * scale).clamp(2.0, 21_600.0).round(),
                        conclusion,
                    });
                }
            }
        }
        jobs
    }

    fn trigger(&mut self) -> (Trigger, bool) {
        let commit = self.commit();
        // The first events show every view something.
        match (self.events, self.rng.random_range(0..100)) {
            (2, _) | (3.., 0..6) => (Trigger::Nightly { commit }, false),
            (3, _) | (4.., 6..11) => (Trigger::Periodic { commit }, false),
            (4.., 11..16) => (
                Trigger::Push {
                    git_ref: "refs/heads/main".to_owned(),
                    commit,
                },
                false,
            ),
            (4.., 16..24) => {
                let pull_request = self.pull_requests.choose(&mut self.rng).expect("there are always some");
                let git_ref = format!("refs/tags/ciflow/trunk/{}", pull_request.number);
                (
                    Trigger::Push {
                        git_ref,
                        commit: pull_request.commit.clone(),
                    },
                    pull_request.breaks,
                )
            }
            (_, chance) => {
                let index = self.rng.random_range(0..self.pull_requests.len());
                if chance < 70 {
                    self.pull_requests.remove(index);
                    self.open_pull_request();
                } else {
                    self.pull_requests[index].commit = commit;
                }
                let chosen = if chance < 70 {
                    self.pull_requests.len() - 1
                } else {
                    index
                };
                let PullRequest { number, commit, breaks } = &self.pull_requests[chosen];
                (
                    Trigger::PullRequest {
                        number: *number,
                        commit: commit.clone(),
                    },
                    *breaks,
                )
            }
        }
    }

    fn open_pull_request(&mut self) {
        let commit = self.commit();
        self.next_pull_request += self.rng.random_range(1..4);
        let breaks = self.rng.random_bool(0.08);
        self.pull_requests.push(PullRequest {
            number: self.next_pull_request,
            commit,
            breaks,
        });
    }

    fn conclusion(&mut self, backend: &Backend, job: &str, sick: bool) -> Option<&'static str> {
        let chance = self.rng.random_range(0..1_000);
        if backend.repo == PROBE {
            return Some(match job {
                _ if chance < backend.failures && !job.contains("xfail") => "failure",
                job if job.contains("xfail") => "failure",
                job if job.contains("xcancel") => "cancelled",
                job if job.contains("xtimeout") => "timed_out",
                _ => "success",
            });
        }
        let failures = match job {
            _ if backend.broken == Some(job) => 900,
            _ if sick => 450,
            _ => backend.failures,
        };
        let mut bound = 0;
        let mut below = |rate: u32| {
            bound += rate;
            chance < bound
        };
        Some(match () {
            () if below(failures) => "failure",
            () if below(backend.timeouts) => "timed_out",
            () if below(backend.cancellations) => "cancelled",
            () if below(4) => "skipped",
            () if below(2) => "neutral",
            () if below(1) => "startup_failure",
            () if below(1) => return None,
            () => "success",
        })
    }

    fn commit(&mut self) -> String {
        let bytes: [u8; 20] = self.rng.random();
        hex::encode(bytes)
    }

    fn uuid(&mut self) -> String {
        Uuid::from_u128(self.rng.random()).to_string()
    }

    fn id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }
}

#[cfg(test)]
mod tests;
