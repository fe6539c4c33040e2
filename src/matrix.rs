//! Results as a matrix: a row per commit of a pull request, a column per job.

use std::collections::HashMap;

use crate::source::Cell;

/// A job, in one workflow.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Column {
    pub workflow: String,
    pub job: String,
    /// The job, with its workflow where another has a job of that name.
    pub label: String,
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
        columns.sort_by(|one, other| {
            natural(&one.workflow)
                .cmp(&natural(&other.workflow))
                .then_with(|| natural(&one.job).cmp(&natural(&other.job)))
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
        Self { columns, rows, cells }
    }

    /// The result in a row and a column.
    pub fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        let number = (*self.rows.get(row)?.cells.get(column)?)?;
        self.cells.get(number as usize)
    }
}

/// Sorts `shard-2` before `shard-10`: runs of digits by their number.
pub fn natural(text: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut word = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character.to_digit(10) {
            Some(digit) => {
                let mut number = u64::from(digit);
                while let Some(digit) = characters.peek().and_then(|next| next.to_digit(10)) {
                    number = number.saturating_mul(10).saturating_add(digit.into());
                    characters.next();
                }
                parts.push((0, std::mem::take(&mut word)));
                parts.push((number, String::new()));
            }
            None => word.extend(character.to_lowercase()),
        }
    }
    parts.push((0, word));
    parts
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
        }
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
