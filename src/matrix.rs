//! Results as a matrix: a row per commit of a pull request, a column per job.

use std::collections::{BTreeSet, HashMap};

use crate::grouping::{Entry, group};
use crate::source::{Cell, Verdict};
use crate::text::natural;
use crate::usual::Usual;

/// A job, in one workflow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Column {
    pub workflow: String,
    pub job: String,
    /// The job, with its workflow where another has a job of that name.
    pub label: String,
}

/// Failures without a success between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Streak {
    pub rows: usize,
    /// When the first of them started, in nanoseconds since 1970.
    pub since: i64,
}

/// A column as it is shown: a job, or the shards of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Tells it from all others, across refreshes.
    pub key: String,
    pub label: String,
    /// Numbers of columns.
    pub members: Vec<usize>,
    /// The group that it is unfolded from.
    pub folds_into: Option<String>,
}

impl Head {
    fn key_of(first: &Column, members: usize) -> String {
        let kind = if members > 1 { "group" } else { "job" };
        format!("{kind}\n{}\n{}", first.workflow, first.job)
    }

    /// The group that it is, or is of.
    pub fn group(&self) -> Option<&str> {
        match &self.folds_into {
            Some(group) => Some(group),
            None => (self.members.len() > 1).then_some(self.key.as_str()),
        }
    }
}

/// A commit of a pull request; or a commit, or a run, without one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub pr: u64,
    /// The SHA, or the delivery that stands for it.
    pub commit: String,
    /// Its newest start, in nanoseconds since 1970.
    pub newest: i64,
    /// For each column the number of a cell.
    pub cells: Vec<Option<u32>>,
}

/// Newest rows first; columns in natural order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    pub cells: Vec<Cell>,
    /// Of each column.
    pub usual: Vec<Usual>,
    counts: HashMap<Verdict, u64>,
}

impl Matrix {
    /// From results that come newest first.
    pub fn new(cells: Vec<Cell>) -> Self {
        let mut columns: Vec<Column> = Vec::new();
        let mut seen = HashMap::new();
        for cell in &cells {
            seen.entry((cell.workflow_name.as_str(), cell.job_name.as_str()))
                .or_insert(());
        }
        let mut jobs = HashMap::<&str, u32>::new();
        for (_, job) in seen.keys() {
            *jobs.entry(job).or_default() += 1;
        }
        for (workflow, job) in seen.into_keys() {
            let label = if jobs[job] > 1 {
                format!("{workflow} / {job}")
            } else {
                job.to_owned()
            };
            columns.push(Column {
                workflow: workflow.to_owned(),
                job: job.to_owned(),
                label,
            });
        }
        columns.sort_by_cached_key(|column| {
            let names = (natural(&column.workflow), natural(&column.job));
            // Names can be equal in natural order: `a-1` and `a-01`.
            (names, column.workflow.clone(), column.job.clone())
        });
        let places: HashMap<(&str, &str), usize> = columns
            .iter()
            .enumerate()
            .map(|(at, column)| ((column.workflow.as_str(), column.job.as_str()), at))
            .collect();
        let mut rows: Vec<Row> = Vec::new();
        let mut by_commit = HashMap::<(u64, &str), usize>::new();
        for (number, cell) in cells.iter().enumerate() {
            let row = *by_commit
                .entry((cell.pr_number, cell.commit.as_str()))
                .or_insert_with(|| {
                    rows.push(Row {
                        pr: cell.pr_number,
                        commit: cell.commit.clone(),
                        newest: cell.belongs,
                        cells: vec![None; columns.len()],
                    });
                    rows.len() - 1
                });
            rows[row].cells[places[&(cell.workflow_name.as_str(), cell.job_name.as_str())]] = Some(number as u32);
        }
        let usual = (0..columns.len())
            .map(|column| Usual::of(rows.iter().filter_map(|row| cells.get(row.cells[column]? as usize))))
            .collect();
        let mut counts = HashMap::new();
        for cell in &cells {
            *counts.entry(cell.verdict()).or_default() += 1;
        }
        Self {
            columns,
            rows,
            cells,
            usual,
            counts,
        }
    }

    /// How many results count as this.
    pub fn count(&self, verdict: Verdict) -> u64 {
        self.counts.get(&verdict).copied().unwrap_or(0)
    }

    /// The columns as they are shown: shards of one job as one, but for those that are unfolded.
    pub fn heads(&self, unfolded: &BTreeSet<String>) -> Vec<Head> {
        let mut heads = Vec::new();
        let mut first = 0;
        for of_workflow in self.columns.chunk_by(|one, other| one.workflow == other.workflow) {
            let jobs: Vec<&str> = of_workflow.iter().map(|column| column.job.as_str()).collect();
            for entry in group(&jobs) {
                let (label, members) = match entry {
                    Entry::Single(at) => (of_workflow[at].label.clone(), vec![first + at]),
                    Entry::Group(group) => {
                        let members: Vec<usize> = group.members.iter().map(|at| first + at).collect();
                        (group.label, members)
                    }
                };
                let key = Head::key_of(&self.columns[members[0]], members.len());
                if members.len() > 1 && unfolded.contains(&key) {
                    heads.extend(members.into_iter().map(|at| Head {
                        key: Head::key_of(&self.columns[at], 1),
                        label: self.columns[at].label.clone(),
                        members: vec![at],
                        folds_into: Some(key.clone()),
                    }));
                } else {
                    heads.push(Head {
                        key,
                        label,
                        members,
                        folds_into: None,
                    });
                }
            }
            first += of_workflow.len();
        }
        // Groups of two workflows may have the same label.
        let mut labels = HashMap::<String, u32>::new();
        for head in &heads {
            *labels.entry(head.label.clone()).or_default() += 1;
        }
        for head in heads.iter_mut().filter(|head| labels[&head.label] > 1) {
            head.label = format!("{} / {}", self.columns[head.members[0]].workflow, head.label);
        }
        heads
    }

    /// What stands in a row under a head: the worst of its results.
    pub fn worst(&self, row: usize, head: &Head) -> Option<&Cell> {
        let cells = head.members.iter().filter_map(|column| self.cell(row, *column));
        cells.min_by_key(|cell| (cell.verdict(), !cell.flaky))
    }

    /// How many of a head's jobs have failed or timed out in a row, by number and name.
    pub fn failed<'a>(&'a self, row: usize, head: &'a Head) -> impl Iterator<Item = &'a Cell> {
        let cells = head.members.iter().filter_map(move |column| self.cell(row, *column));
        cells.filter(|cell| cell.has_failed())
    }

    /// For how many rows a head's jobs have failed, up to this one; none where they have not.
    pub fn streak(&self, row: usize, head: &Head) -> Option<Streak> {
        let mut streak: Option<Streak> = None;
        for row in row..self.rows.len() {
            match self.worst(row, head) {
                Some(cell) if cell.has_failed() => {
                    let rows = streak.map_or(0, |streak| streak.rows) + 1;
                    streak = Some(Streak {
                        rows,
                        since: cell.belongs,
                    });
                }
                // What has no verdict ends nothing.
                Some(cell) if cell.verdict() != Verdict::Success => {}
                None => {}
                Some(_) => break,
            }
        }
        streak
    }

    /// Does anything in this row say something else than the row below it, which came before?
    pub fn has_changed(&self, row: usize) -> bool {
        let before = row + 1;
        (0..self.columns.len()).any(|column| match (self.cell(row, column), self.cell(before, column)) {
            (Some(cell), Some(older)) => cell.verdict() != older.verdict(),
            _ => false,
        })
    }

    /// The result in a row and a column.
    pub fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        let number = (*self.rows.get(row)?.cells.get(column)?)?;
        self.cells.get(number as usize)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn cell(pr: u64, commit: &str, workflow: &str, job: &str, verdict: &str, belongs: i64) -> Cell {
        Cell {
            dynamoKey: format!("{pr}/{commit}/{workflow}/{job}"),
            downstream_repo: "a/b".to_owned(),
            pr_number: pr,
            commit: commit.to_owned(),
            pytorch_head_sha: commit.to_owned(),
            delivery_id: "d".to_owned(),
            workflow_name: workflow.to_owned(),
            job_name: job.to_owned(),
            run_attempt: 1,
            conclusion: if verdict == "running" {
                String::new()
            } else {
                verdict.to_owned()
            },
            ended: verdict != "running",
            verdict: verdict.to_owned(),
            attempts: 1,
            flaky: false,
            overdue: false,
            event_type: "pull_request".to_owned(),
            downstream_repo_level: "L2".to_owned(),
            started: Some(belongs),
            completed: None,
            belongs,
            duration: None,
            queue_time: None,
            total_tests: 0,
            passed_tests: 0,
            failed_tests: 0,
            skipped_tests: 0,
            workflow_run_url: String::new(),
            run_id: String::new(),
            check_run_id: String::new(),
            artifact_url: String::new(),
        }
    }

    #[test]
    fn shards_are_one_column_until_it_is_unfolded() {
        let shard = |commit: &str, number: u32, verdict: &str, belongs| {
            cell(1, commit, "w", &format!("ops-{number}"), verdict, belongs)
        };
        let matrix = Matrix::new(vec![
            shard("new", 1, "success", 9),
            shard("new", 2, "timed_out", 8),
            shard("new", 3, "failure", 7),
            shard("old", 1, "success", 6),
            shard("old", 2, "running", 5),
            cell(1, "old", "w", "build", "success", 4),
        ]);
        let mut unfolded = BTreeSet::new();
        let heads = matrix.heads(&unfolded);
        let labels = |heads: &[Head]| heads.iter().map(|head| head.label.clone()).collect::<Vec<_>>();
        assert_eq!(labels(&heads), ["build", "ops 1…3"]);
        let verdict = |row| matrix.worst(row, &heads[1]).map(Cell::verdict);
        assert_eq!(
            (verdict(0), verdict(1)),
            (Some(Verdict::Failure), Some(Verdict::Running))
        );
        assert_eq!(
            (matrix.failed(0, &heads[1]).count(), matrix.failed(1, &heads[1]).count()),
            (2, 0)
        );
        assert_eq!(matrix.worst(0, &heads[0]), None);
        unfolded.insert(heads[1].group().unwrap().to_owned());
        let heads = matrix.heads(&unfolded);
        assert_eq!(labels(&heads), ["build", "ops-1", "ops-2", "ops-3"]);
        assert!(heads[2].group().is_some() && heads[0].group().is_none());
    }

    #[test]
    fn shards_of_two_workflows_are_told_apart() {
        let cells = ["linux", "mac"].into_iter().flat_map(|workflow| {
            (1..=3).map(move |shard| cell(1, "c", workflow, &format!("ops-{shard}"), "success", 1))
        });
        let heads = Matrix::new(cells.collect()).heads(&BTreeSet::new());
        let labels: Vec<_> = heads.iter().map(|head| head.label.as_str()).collect();
        assert_eq!(labels, ["linux / ops 1…3", "mac / ops 1…3"]);
    }

    #[test]
    fn a_streak_goes_back_to_the_last_success() {
        let matrix = Matrix::new(vec![
            cell(5, "e", "w", "j", "failure", 9),
            cell(4, "d", "w", "j", "cancelled", 8),
            cell(3, "c", "w", "j", "timed_out", 7),
            cell(3, "c", "w", "other", "success", 7),
            cell(2, "b", "w", "j", "success", 6),
            cell(1, "a", "w", "j", "failure", 5),
        ]);
        let head = &matrix.heads(&BTreeSet::new())[0];
        assert_eq!(matrix.streak(0, head), Some(Streak { rows: 2, since: 7 }));
        assert_eq!(matrix.streak(3, head), None);
        assert_eq!(matrix.streak(4, head), Some(Streak { rows: 1, since: 5 }));
    }

    #[test]
    fn a_row_has_changed_when_a_job_says_something_else_than_before() {
        let matrix = Matrix::new(vec![
            cell(3, "c", "w", "j", "failure", 9),
            cell(2, "b", "w", "j", "success", 8),
            cell(2, "b", "w", "new", "failure", 8),
            cell(1, "a", "w", "j", "success", 7),
        ]);
        assert_eq!([0, 1, 2].map(|row| matrix.has_changed(row)), [true, false, false]);
    }

    #[test]
    fn one_job_name_in_two_workflows_is_two_columns() {
        let matrix = Matrix::new(vec![
            cell(1, "c", "w2", "build", "success", 9),
            cell(1, "c", "w1", "shard-10", "failure", 8),
            cell(1, "c", "w1", "shard-2", "success", 7),
            cell(1, "c", "w1", "build", "running", 6),
            cell(2, "c", "w1", "build", "success", 5),
        ]);
        let labels: Vec<_> = matrix.columns.iter().map(|column| column.label.as_str()).collect();
        assert_eq!(labels, ["w1 / build", "shard-2", "shard-10", "w2 / build"]);
        assert_eq!(matrix.rows.len(), 2);
        assert_eq!(matrix.cell(0, 2).map(|cell| cell.verdict.as_str()), Some("failure"));
        assert_eq!(matrix.cell(1, 2), None);
    }
}
