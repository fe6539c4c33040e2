//! How an answer becomes the lines of a screen, and what stays selected across it.

use super::{Screen, Selection};
use crate::data::Data;
use crate::data::chosen::Commit;
use crate::data::filter::Filter;
use crate::data::list::{Line, row_numbers};
use crate::data::matrix::{Head, Matrix, Row, Streak};
use crate::data::pull_request::PullRequest;
use crate::data::summary;
use crate::data::trend::jobs;
use crate::screen::model::{Only, lines};
use crate::source::{Cell, Execution};

impl Screen {
    /// Once it is known which commit is the newest: it stays the newest when another is pushed.
    pub fn follow_newest(&mut self) {
        if self.slot.value().is_some() && std::mem::take(&mut self.is_newest) && self.shown_commit() == Some(0) {
            self.commit = Commit::Latest;
        }
    }

    /// Shows what another screen of the same place would be opened for: a commit, a row, a column. Gives a sentence where its job isn't there.
    pub fn go_on_at(&mut self, inner: Self, moment: i64) -> Option<String> {
        (self.commit, self.is_newest) = (inner.commit, inner.is_newest);
        self.wanted = inner.wanted.or(self.wanted.take());
        self.wanted_job = inner.wanted_job.or(self.wanted_job.take());
        self.slot.value()?;
        if self.wanted_column().is_some() && self.wanted_head().is_none() {
            // What narrows the matrix hides it.
            self.filter.clear();
            self.only = Only::default();
        }
        self.follow_newest();
        let selected = self.selected_key();
        self.arrange(selected.as_deref(), moment);
        self.find_wanted(moment)
    }

    /// The row of a matrix that is wanted, shown or folded away.
    fn wanted_row(&self) -> Option<&Row> {
        let (Some(wanted), Some(Data::Backend(backend))) = (&self.wanted, self.slot.value()) else {
            return None;
        };
        let mut rows = backend.matrix.rows.iter();
        rows.find(|row| Matrix::key_of(row.pr, &row.commit) == *wanted)
    }

    /// The number of the job that is wanted among all of the matrix.
    fn wanted_column(&self) -> Option<usize> {
        let (Some((workflow, job)), Some(Data::Backend(backend))) = (&self.wanted_job, self.slot.value()) else {
            return None;
        };
        let mut columns = backend.matrix.columns.iter();
        columns.position(|column| column.workflow == *workflow && column.job == *job)
    }

    /// The column of the job that is wanted, where that is shown.
    fn wanted_head(&self) -> Option<usize> {
        let wanted = self.wanted_column()?;
        self.heads.iter().position(|head| head.members.contains(&wanted))
    }

    /// Selects the row and the column that are wanted, once they are there. A job that isn't in the first answer is none of this view and
    /// range: a sentence says so.
    pub fn find_wanted(&mut self, moment: i64) -> Option<String> {
        let mut missed = None;
        if self.slot.value().is_some() {
            // One shard is meant, and not the worst of all.
            let group = self.wanted_head().map(|at| &self.heads[at]);
            if let Some(group) = group.filter(|head| head.members.len() > 1) {
                self.unfolded.insert(group.key.clone());
                let selected = self.selected_key();
                self.arrange(selected.as_deref(), moment);
            }
            if let Some(at) = self.wanted_head() {
                self.column = at;
                self.streaks = None;
                self.look_back();
            }
            let row = self.wanted_row().map(|row| (row.pr, row.is_newest()));
            // An older commit is meant, and not the newest of its pull request.
            if let Some((pr, false)) = row {
                self.unfolded_pull_requests.insert(pr);
                let selected = self.selected_key();
                self.arrange(selected.as_deref(), moment);
            }
            let is_missed = self.wanted_column().is_none();
            missed = self.wanted_job.take().and_then(|(_, job)| {
                let of_job = format!("no results of {job} in this view and range");
                let of_row = "the row of that result is not among these; going on beyond the last looks further";
                match (is_missed, row.is_none() && self.wanted.is_some()) {
                    (true, _) => Some(of_job),
                    (false, true) => Some(of_row.to_owned()),
                    (false, false) => None,
                }
            });
        }
        let Some(wanted) = self.wanted.take() else {
            return missed;
        };
        let is_there = row_numbers(self.list.lines()).any(|row| self.key(row).as_ref() == Some(&wanted));
        if is_there {
            self.arrange(Some(&wanted), moment);
            self.list.show_heading();
        } else {
            self.wanted = Some(wanted);
        }
        missed
    }

    /// Is it the row to select where that of a key is gone: the newest commit of the same pull request, the same job on another commit?
    fn stands_for(&self, row: usize, key: &str) -> bool {
        match self.slot.value() {
            Some(Data::Backend(backend)) => {
                let pr = key.split_once(' ').and_then(|(pr, _)| pr.parse().ok());
                let row = &backend.matrix.rows[row];
                row.pr > 0 && pr == Some(row.pr) && row.is_newest()
            }
            Some(Data::PullRequest(_)) => {
                let job = |key: &str| key.split_once('\n').map(|(_, job)| job.to_owned());
                self.key(row).as_deref().and_then(job) == job(PullRequest::key_of_result(key))
            }
            _ => false,
        }
    }

    /// Folds the attempts of results that are no more, or have no others any more.
    pub fn fold_what_is_gone(&mut self) {
        if let Some(Data::PullRequest(pull_request)) = self.slot.value() {
            let is_there = |cell: &Cell, execution: &Execution| execution.is_of(cell) && cell.attempts > 1;
            self.looked
                .keep_unfolded(|execution| pull_request.cells.iter().any(|cell| is_there(cell, execution)));
        }
    }

    /// Closes what told of a readiness where an answer came without it: nothing would be seen of what takes the keys.
    pub fn close_readiness_that_is_gone(&mut self) {
        self.readiness = self.readiness.filter(|_| self.has_readiness());
    }

    /// Puts the rows into lines anew, as they are at a moment; the selection goes to the row with this key.
    pub fn arrange(&mut self, selected: Option<&str>, moment: i64) {
        let filter = Filter::new(&self.filter);
        let column = self.heads.get(self.column).map(|head| head.key.clone());
        let boxes = match self.slot.value() {
            Some(Data::PullRequest(pull_request)) => pull_request.boxes(&self.commit),
            _ => Vec::new(),
        };
        let mut attempt_rows = Vec::new();
        let lines = match self.slot.value() {
            None => Vec::new(),
            Some(Data::Summary { rows, .. }) => summary::columns::lines(rows, &filter, self.sort, moment),
            Some(Data::Backend(backend)) => {
                let matrix = &backend.matrix;
                self.heads = matrix.heads(&self.unfolded);
                if self.only.failures {
                    self.heads.retain(|head| matrix.fails(head));
                }
                // A word that is in a job's name narrows the columns, another the rows.
                let names = matrix.columns.iter().map(|column| column.label.as_str());
                let (of_jobs, of_rows) = filter.split(&lines::OF_JOBS, names);
                self.heads.retain(|head| {
                    head.members.iter().any(|column| {
                        let column = &matrix.columns[*column];
                        of_jobs.passes_in(&[("job", &column.label), ("workflow", &column.workflow)])
                    })
                });
                let some = (!of_jobs.is_empty()).then_some(self.heads.as_slice());
                let lines;
                (lines, self.folded) =
                    lines::of_matrix(matrix, &of_rows, self.only, some, &self.unfolded_pull_requests);
                lines
            }
            Some(Data::PullRequest(pull_request)) => {
                let lines;
                (lines, attempt_rows) = lines::of_boxes(pull_request, &boxes, &filter, &self.looked);
                lines
            }
            Some(Data::Trends(trends)) => jobs::lines(&trends.jobs, &filter, self.sort, moment),
            Some(Data::Pipeline(pipeline)) => {
                self.pipeline_rows = pipeline.rows(&filter);
                (0_u32..)
                    .zip(&self.pipeline_rows)
                    .map(|(at, _)| Line::Row(at))
                    .collect()
            }
        };
        (self.boxes, self.attempt_rows) = (boxes, attempt_rows);
        let same = self.heads.iter().position(|head| Some(&head.key) == column.as_ref());
        self.column = same.unwrap_or(self.column).min(self.heads.len().saturating_sub(1));
        let mut list = std::mem::take(&mut self.list);
        let is_there = |key: &&str| {
            let mut rows = lines.iter();
            rows.any(|line| matches!(line, Line::Row(row) if self.key(*row as usize).as_deref() == Some(*key)))
        };
        // Of an attempt that is no more the result is meant.
        let of_result = selected.map(PullRequest::key_of_result);
        let found = selected.filter(is_there).or_else(|| of_result.filter(is_there));
        list.replace(lines, |row| match found {
            Some(key) => self.key(row).as_deref() == Some(key),
            None => selected.is_some_and(|selected| self.stands_for(row, selected)),
        });
        self.list = list;
        self.streaks = None;
        self.look_back();
    }

    /// Puts the rows into lines anew, with what was selected before, as far as that is there.
    pub fn arrange_with(&mut self, selected: &Selection, moment: i64) {
        let now_selected = self.selected_key();
        self.arrange(selected.row.as_deref().or(now_selected.as_deref()), moment);
        let is_it = |head: &Head| Some(&head.key) == selected.column.as_ref();
        if let Some(column) = self.heads.iter().position(is_it) {
            self.column = column;
            self.look_back();
        }
    }

    /// Finds out for how long the selected column has failed, where that isn't known: after another was selected. It takes a look at every
    /// row, which is too much for each frame.
    pub fn look_back(&mut self) {
        let is_known = matches!(self.streaks, Some((column, _)) if column == self.column);
        let Some(Data::Backend(backend)) = self.slot.value().filter(|_| !is_known) else {
            return;
        };
        let head = self.heads.get(self.column);
        self.streaks = head.map(|head| (self.column, backend.matrix.streaks(head)));
    }

    /// For how long the selected column has failed, up to the selected row.
    pub fn streak(&self) -> Option<Streak> {
        let (column, streaks) = self.streaks.as_ref()?;
        let row = self.list.selected().filter(|_| *column == self.column)?;
        *streaks.get(row)?
    }
}
