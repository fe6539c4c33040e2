//! Results as a matrix: a row per commit, the commits of a pull request together; a column per job. A cell is one mark: what else is
//! known of a result is asked for when it is looked at.

mod history;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::data::glyph::Mark;
use crate::data::grouping::{Entry, group};
use crate::data::text::{make_printable, natural};
use crate::data::usual::Usual;
use crate::source::{JobRow, LetteredRow, MatrixRows, UsualRow};
use crate::web::titles::Title;

pub use history::{Changed, Streak};

/// A job, in one workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// [`JobRow::id`]
    pub id: u64,
    pub workflow: String,
    pub job: String,
    /// The job, with its workflow where another has a job of that name.
    pub label: String,
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
    /// 0 for none.
    pub pr: u64,
    /// The SHA, or the delivery that stands for it.
    pub commit: String,
    /// Its newest start ([`crate::source::MatrixRow::newest`]), in nanoseconds since 1970.
    pub newest: i64,
    /// How many commits of its pull request come before it: 0 for the newest.
    pub place: u32,
    /// How many older ones follow it.
    pub older: u32,
    /// Something in it failed or timed out.
    pub has_failed: bool,
    pub changed: Changed,
}

impl Row {
    /// Is it its pull request's newest commit?
    pub fn is_newest(&self) -> bool {
        self.place == 0
    }
}

/// The pull request with the newest activity first, each with its commits, newest first; columns in natural order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// Row by row, a mark for each column.
    marks: Vec<Option<Mark>>,
    /// Of each column, over some days ([`crate::data::usual::LOOKED_BACK`]); nothing where it isn't known.
    pub usual: Vec<Usual>,
    /// Of each column: did anything in it fail or time out?
    fails: Vec<bool>,
    /// Its last verdict before these rows: did it pass?
    before: Vec<Option<bool>>,
    /// How many pull requests these are. What belongs to none counts as one.
    pub pull_requests: u64,
    /// There are more pull requests than these.
    pub has_more: bool,
    /// Of the pull requests, as far as they are known.
    pub titles: Arc<HashMap<u64, Title>>,
}

impl Matrix {
    /// From the first rows of these, and the jobs of the range. Where there are more rows, they are of the pull request that comes after:
    /// it isn't shown, but the last one that is may have changed against it.
    pub fn new(kept: MatrixRows, shown: usize, mut jobs: Vec<JobRow>) -> Self {
        jobs.iter_mut().for_each(JobRow::make_printable);
        jobs.sort_by_cached_key(|job| {
            // Names can be equal in natural order, `a-1` and `a-01`: the jobs of a workflow stand together all the same.
            let name = |name: &str| (natural(name), name.to_owned());
            (name(&job.workflow), name(&job.job))
        });
        let mut namesakes = HashMap::<&str, u32>::new();
        for job in &jobs {
            *namesakes.entry(&job.job).or_default() += 1;
        }
        let columns: Vec<Column> = jobs
            .iter()
            .map(|job| Column {
                id: job.id,
                workflow: job.workflow.clone(),
                job: job.job.clone(),
                label: match namesakes[job.job.as_str()] {
                    1 => job.job.clone(),
                    _ => format!("{} / {}", job.workflow, job.job),
                },
            })
            .collect();
        let by_id: HashMap<u64, usize> = columns.iter().enumerate().map(|(at, column)| (column.id, at)).collect();
        // A job that was first heard of between the two questions has its column the next time.
        let places: Vec<Option<usize>> = kept.jobs.iter().map(|job| by_id.get(job).copied()).collect();
        let mut rows = kept.rows;
        let mut marks = vec![None; rows.len() * columns.len()];
        for (number, row) in rows.iter().enumerate() {
            for (job, letter) in row.cells() {
                if let Some(column) = places[job] {
                    marks[number * columns.len() + column] = Some(Mark::of_letter(letter));
                }
            }
        }
        let has_more = shown < rows.len();
        let before = history::last_verdicts(&marks[shown * columns.len()..], columns.len());
        marks.truncate(shown * columns.len());
        rows.truncate(shown);
        let mut rows = with_places(rows);
        let fails = history::with_verdicts(&mut rows, &marks, &before);
        Self {
            usual: vec![Usual::default(); columns.len()],
            columns,
            fails,
            before,
            marks,
            pull_requests: rows.iter().filter(|row| row.is_newest()).count() as u64,
            has_more,
            rows,
            titles: Arc::default(),
        }
    }

    /// With what is usual for its jobs.
    #[must_use]
    pub fn with_usual(mut self, rows: &[UsualRow]) -> Self {
        let by_job: HashMap<u64, &UsualRow> = rows.iter().map(|row| (row.id, row)).collect();
        for (column, usual) in self.columns.iter().zip(&mut self.usual) {
            *usual = by_job.get(&column.id).map_or(Usual::default(), |row| Usual::from(*row));
        }
        self
    }

    /// With the titles of its pull requests.
    #[must_use]
    pub fn with_titles(self, titles: HashMap<u64, Title>) -> Self {
        let titles = Arc::new(titles);
        Self { titles, ..self }
    }

    /// What tells a row from all others, across refreshes.
    pub fn key_of(pr: u64, commit: &str) -> String {
        format!("{pr} {commit}")
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

    /// What stands in a row and a column.
    pub fn mark(&self, row: usize, column: usize) -> Option<Mark> {
        debug_assert!(column < self.columns.len());
        *self.marks.get(row * self.columns.len() + column)?
    }

    /// What stands in a row under a head: the worst of its results, and the column it is in.
    pub fn worst(&self, row: usize, head: &Head) -> Option<(Mark, usize)> {
        let marks = head
            .members
            .iter()
            .filter_map(|column| Some((self.mark(row, *column)?, *column)));
        marks.min_by_key(|(mark, _)| *mark)
    }

    /// Columns of a head in which a row has failed or timed out.
    pub fn failed<'a>(&'a self, row: usize, head: &'a Head) -> impl Iterator<Item = usize> + 'a {
        let columns = head.members.iter().copied();
        columns.filter(move |column| self.mark(row, *column).is_some_and(Mark::has_failed))
    }

    /// Did any of a head's jobs fail, in any row?
    pub fn fails(&self, head: &Head) -> bool {
        head.members.iter().any(|column| self.fails[*column])
    }
}

/// What belongs to no pull request stands for itself.
fn with_places(rows: Vec<LetteredRow>) -> Vec<Row> {
    let mut commits = BTreeMap::<u64, u32>::new();
    for row in &rows {
        *commits.entry(row.pr_number).or_default() += 1;
    }
    let mut before = 0;
    let mut last = 0;
    rows.into_iter()
        .map(|mut row| {
            before = if row.pr_number > 0 && row.pr_number == last {
                before + 1
            } else {
                0
            };
            last = row.pr_number;
            make_printable(&mut row.commit);
            Row {
                pr: row.pr_number,
                older: match row.pr_number {
                    0 => 0,
                    pr => commits[&pr] - 1 - before,
                },
                commit: row.commit,
                newest: row.newest,
                place: before,
                has_failed: false,
                changed: Changed::default(),
            }
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
