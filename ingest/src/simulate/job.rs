//! One job execution of one backend, and what set it off.

use super::backends::{BACKENDS, Backend};

/// What set the backends to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trigger {
    PullRequest {
        number: u64,
        commit: String,
    },
    /// A push, by its ref.
    Push {
        git_ref: String,
        commit: String,
    },
    Nightly {
        commit: String,
    },
    Periodic {
        commit: String,
    },
}

/// One job execution, from dispatch to end.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) backend: usize,
    pub(super) workflow: &'static str,
    pub(super) name: String,
    pub(super) trigger: Trigger,
    pub(super) delivery_id: String,
    pub(super) run_id: String,
    pub(super) check_run_id: String,
    pub(super) attempt: u32,
    /// Seconds.
    pub(super) queue: f64,
    /// Seconds.
    pub(super) duration: f64,
    /// A word that isn't GitHub's, now and then.
    pub(super) conclusion: Option<&'static str>,
}

impl Job {
    pub(super) fn backend(&self) -> &'static Backend {
        &BACKENDS[self.backend]
    }
}
