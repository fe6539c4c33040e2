//! What is asked: which results, of what, as of when.

use super::Cell;
use crate::data::chosen::EventView;

/// Which results are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Milliseconds since 1970; 0 for all there ever was.
    pub since: i64,
    /// As of this moment, in milliseconds since 1970; none is open: everything that is known.
    pub until: Option<i64>,
    /// The moment of asking, in milliseconds since 1970: what runs is overdue or not by it.
    pub now: i64,
    pub event: EventView,
    /// Empty for all.
    pub repo: String,
    /// Where it isn't of one: these alone, in lower case; empty for all.
    pub repos: Vec<String>,
    /// 0 for all.
    pub pr: u64,
    /// The beginning of a SHA; empty for all.
    pub commit: String,
    /// So many pull requests of a matrix, the newest ones.
    pub pull_requests: u64,
    /// What came since, by the server's clock, in seconds since 1970; only [`super::Reader::arrived`] asks for it.
    pub arrived_since: i64,
    /// Of a job on a commit every attempt.
    pub execution: Option<Execution>,
    /// It is asked by hand: all of it is asked for, what stands beside the rows as well, though its last answer may still hold.
    pub anew: bool,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Summary,
    Backend,
    PullRequest,
    Trends,
    Pipeline,
    /// One job on one commit.
    Attempts,
    /// The names of all backends.
    Repositories,
}

/// A job on a commit of a backend, however many attempts it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    pub repo: String,
    /// The SHA in lower case, or the delivery that stands for it.
    pub commit: String,
    /// [`super::JobRow::id`]
    pub job: u64,
}

impl Execution {
    /// Whose attempt a result is.
    pub fn of(cell: &Cell) -> Self {
        Self {
            repo: cell.downstream_repo.clone(),
            commit: cell.commit.clone(),
            job: cell.job_id,
        }
    }

    /// Is a result one of its attempts?
    pub fn is_of(&self, cell: &Cell) -> bool {
        self.job == cell.job_id && self.commit == cell.commit && self.repo == cell.downstream_repo
    }
}

impl Question {
    /// Everything there ever was, in this view.
    pub fn of_all(now: i64, event: EventView) -> Self {
        Self {
            since: 0,
            until: None,
            now,
            event,
            repo: String::new(),
            repos: Vec::new(),
            pr: 0,
            commit: String::new(),
            pull_requests: u64::MAX,
            arrived_since: 0,
            execution: None,
            anew: false,
        }
    }
}
