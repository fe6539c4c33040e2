//! One screen: what it is of, what was answered, and what of it is shown and selected.

mod arrange;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Chosen, Place};
use crate::data::Data;
use crate::data::attempts::Attempts;
use crate::data::basis::Basis;
use crate::data::chosen::{Commit, EventView};
use crate::data::links;
use crate::data::list::List;
use crate::data::looked::Looked;
use crate::data::matrix::{Head, Matrix, Streak};
use crate::data::pipeline::Row;
use crate::data::pull_request::{self, PullRequest};
use crate::data::repo::same_repo;
use crate::data::slot::Slot;
use crate::data::table::Sort;
use crate::keys::action::Action;
use crate::source::{Cell, Execution, PROBE};

/// What of a matrix is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Only {
    /// Rows and columns in which something failed.
    pub failures: bool,
    /// Rows that say something else than the one before.
    pub changes: bool,
}

/// What is selected, by what tells it from all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    row: Option<String>,
    /// Of a matrix.
    column: Option<String>,
}

/// What finds only some of a matrix's rows may find ever so few: it looks once for a filter, and further when it is told to.
#[derive(Debug, Default)]
pub struct Search {
    /// The filter that has been looked for.
    pub of: Option<(String, Only)>,
    /// Someone went beyond the last row.
    pub goes_on: bool,
}

/// One screen.
#[derive(Debug)]
pub struct Screen {
    pub place: Place,
    pub slot: Slot<Data>,
    /// What it stands on.
    pub basis: Option<Arc<Basis>>,
    /// What was chosen when what it shows was asked for.
    pub chosen: Option<Chosen>,
    pub filter: String,
    pub list: List,
    pub sort: Sort,
    /// The columns of the matrix as they are shown,
    pub heads: Vec<Head>,
    /// the selected one of them,
    pub column: usize,
    /// the one from which on they are seen, where the selected one is then,
    pub columns_from: usize,
    /// for how long it has failed up to each row, with its number,
    streaks: Option<(usize, Vec<Option<Streak>>)>,
    /// groups of shards that are unfolded,
    pub unfolded: BTreeSet<String>,
    /// pull requests whose older commits are shown,
    pub unfolded_pull_requests: BTreeSet<u64>,
    /// how many older commits that would be shown are folded away,
    pub folded: usize,
    /// which rows and columns are shown,
    pub only: Only,
    /// lines of how it stands towards level 3 that have gone by; none while that is closed;
    pub readiness: Option<usize>,
    /// how many pull requests are asked for,
    pub pull_requests: u64,
    /// and whether more may be, to find more rows.
    pub search: Search,
    /// Someone asked for it by hand, and it hasn't been asked since.
    pub anew: bool,
    /// Which commits of a pull request are shown.
    pub commit: Commit,
    /// It was opened from the newest row: its commit stays the newest, where it is that of the pull request as well.
    pub is_newest: bool,
    /// Which of its results, where that was asked for by name; a pull request's number is its view.
    pub event: EventView,
    /// The backends on these commits.
    pub boxes: Vec<pull_request::Box>,
    /// Attempts that are unfolded: rows of the list behind those of the results.
    pub attempt_rows: Vec<AttemptRow>,
    /// The lines of the pipeline's screen.
    pub pipeline_rows: Vec<Row>,
    /// The key of the row to select as soon as it is there, unless a key moves the selection before.
    pub wanted: Option<String>,
    /// The job whose column to select as soon as it is there, with its workflow, unless a key moves the selection before.
    pub wanted_job: Option<(String, String)>,
    /// What is known of the result that is selected, and of those whose attempts are unfolded,
    pub looked: Looked,
    /// and what is to be done with which of them when it is known.
    pub then: Option<(Action, Execution)>,
}

/// An attempt before the one that counts, unfolded under its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttemptRow {
    /// The number of the result in the pull request,
    pub result: u32,
    /// and the attempt's place among its attempts.
    pub place: usize,
}

/// What stands in a row of a pull request.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The number of the result in the pull request.
    pub number: usize,
    /// The result.
    pub result: &'a Cell,
    /// What the row is of: the result, or an attempt before the one that counts.
    pub cell: &'a Cell,
    /// The place of that attempt; none where it is the result.
    pub place: Option<usize>,
}

/// So many pull requests of a matrix are asked for at first; more when one gets there.
pub const FIRST_PULL_REQUESTS: u64 = 200;

impl Screen {
    pub fn new(place: Place) -> Self {
        // Who asks for a commit means it, whichever is the newest.
        let commit = match place {
            Place::Commit(_) => Commit::All,
            _ => Commit::Latest,
        };
        Self {
            place,
            commit,
            is_newest: false,
            slot: Slot::default(),
            basis: None,
            chosen: None,
            filter: String::new(),
            list: List::default(),
            sort: Sort::default(),
            heads: Vec::new(),
            column: 0,
            columns_from: 0,
            streaks: None,
            unfolded: BTreeSet::new(),
            unfolded_pull_requests: BTreeSet::new(),
            folded: 0,
            only: Only::default(),
            readiness: None,
            pull_requests: FIRST_PULL_REQUESTS,
            search: Search::default(),
            anew: false,
            looked: Looked::default(),
            then: None,
            event: EventView::All,
            boxes: Vec::new(),
            attempt_rows: Vec::new(),
            pipeline_rows: Vec::new(),
            wanted: None,
            wanted_job: None,
        }
    }

    /// Are only some rows shown?
    pub fn is_narrowed(&self) -> bool {
        !self.filter.is_empty() || self.only != Only::default()
    }

    /// Is there a part of the matrix that wasn't looked through for what narrows it?
    pub fn may_find_more(&self) -> bool {
        self.is_narrowed() && matches!(self.slot.value(), Some(Data::Backend(backend)) if backend.matrix.has_more)
    }

    /// Row and column that are selected.
    pub fn selection(&self) -> Selection {
        Selection {
            row: self.selected_key(),
            column: self.heads.get(self.column).map(|head| head.key.clone()),
        }
    }

    /// What tells the selected row from all others, across refreshes.
    pub fn selected_key(&self) -> Option<String> {
        self.key(self.list.selected()?)
    }

    fn key(&self, row: usize) -> Option<String> {
        Some(match self.slot.value()? {
            Data::Summary { rows, .. } => rows.get(row)?.repo.clone(),
            Data::Backend(backend) => {
                let row = backend.matrix.rows.get(row)?;
                Matrix::key_of(row.pr, &row.commit)
            }
            Data::PullRequest(_) => {
                let it = self.shown(row)?;
                match it.place {
                    None => PullRequest::key(it.result),
                    Some(_) => PullRequest::key_of_attempt(it.result, it.cell),
                }
            }
            Data::Trends(trends) => {
                let job = trends.jobs.get(row)?;
                format!("{}\n{}\n{}", job.repo, job.workflow, job.job)
            }
            Data::Pipeline(pipeline) => return pipeline.key(&self.pipeline_rows, row),
        })
    }

    /// What stands in a row of a pull request.
    pub fn shown(&self, row: usize) -> Option<Shown<'_>> {
        let Data::PullRequest(pull_request) = self.slot.value()? else {
            return None;
        };
        if let Some(result) = pull_request.cells.get(row) {
            return Some(Shown {
                number: row,
                result,
                cell: result,
                place: None,
            });
        }
        let it = self.attempt_rows.get(row - pull_request.cells.len())?;
        let number = it.result as usize;
        let result = pull_request.cells.get(number)?;
        let attempts = self.looked.unfolded(result)?.value()?;
        Some(Shown {
            number,
            result,
            cell: attempts.cells.get(it.place)?,
            place: Some(it.place),
        })
    }

    /// Is it known how the backend stands towards level 3?
    pub fn has_readiness(&self) -> bool {
        matches!(self.slot.value(), Some(Data::Backend(backend)) if backend.readiness.is_some()) && !self.is_of_probe()
    }

    /// It is of the relay's health probe, which is no backend.
    pub fn is_of_probe(&self) -> bool {
        matches!(&self.place, Place::Backend(repo) if same_repo(repo, PROBE))
    }

    /// The job and the commit whose result is selected; in a matrix, of shards the worst.
    pub fn selected_execution(&self) -> Option<Execution> {
        let row = self.list.selected()?;
        match self.slot.value()? {
            Data::Backend(backend) => {
                let matrix = &backend.matrix;
                let Place::Backend(repo) = &self.place else { return None };
                let (_, column) = matrix.worst(row, self.heads.get(self.column)?)?;
                let (row, job) = (matrix.rows.get(row)?, matrix.columns[column].id);
                let (repo, commit) = (repo.clone(), row.commit.clone());
                Some(Execution { repo, commit, job })
            }
            Data::PullRequest(_) => Some(Execution::of(self.shown(row)?.result)),
            Data::Summary { .. } | Data::Trends(_) | Data::Pipeline(_) => None,
        }
    }

    /// What is known of the result that is selected; none while it is awaited.
    pub fn attempts(&self) -> Option<&Slot<Attempts>> {
        self.looked.at(&self.selected_execution()?)
    }

    /// The selected result, or its selected attempt. A matrix doesn't hold it: it is there when it was looked at.
    pub fn selected_cell(&self) -> Option<&Cell> {
        match self.slot.value()? {
            Data::PullRequest(_) => Some(self.shown(self.list.selected()?)?.cell),
            _ => self.attempts()?.value()?.current(),
        }
    }

    /// Where what is selected can be looked at: the job, else the pull request, or the backend's repository.
    pub fn link(&self) -> Option<String> {
        if let Some(link) = self.selected_cell().and_then(links::of_job) {
            return Some(link);
        }
        let row = self.list.selected()?;
        match self.slot.value()? {
            Data::Summary { rows, .. } => links::of_repo(&rows.get(row)?.repo),
            Data::Backend(backend) => {
                let pr = backend.matrix.rows.get(row)?.pr;
                let upstream = self.selected_cell().map_or("", |cell| &cell.upstream_repo);
                (pr > 0).then(|| links::of_pull_request(upstream, pr))
            }
            Data::Trends(trends) => links::of_repo(&trends.jobs.get(row)?.repo),
            Data::PullRequest(_) => {
                let cell = self.shown(row)?.cell;
                (cell.pr_number > 0).then(|| links::of_pull_request(&cell.upstream_repo, cell.pr_number))
            }
            Data::Pipeline(_) => None,
        }
    }

    /// Where the commit that is shown stands among a pull request's, newest first; none when it shows several, or none.
    pub fn shown_commit(&self) -> Option<usize> {
        let Some(Data::PullRequest(pull_request)) = self.slot.value() else {
            return None;
        };
        match pull_request.chosen(&self.commit).as_slice() {
            [one] => pull_request.commits.iter().position(|commit| commit == one),
            _ => None,
        }
    }
}
