//! A matrix's rows as they are kept while they come in. A large matrix has over a million cells: as pairs of job and letter, which is how they
//! come, each would take sixteen bytes.

use std::collections::BTreeMap;

use super::MatrixRow;

/// Rows of a matrix, newest first, the commits of a pull request together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatrixRows {
    /// Ids ([`super::JobRow::id`]), in the order in which they first came.
    pub jobs: Vec<u64>,
    pub rows: Vec<LetteredRow>,
    numbers: BTreeMap<u64, usize>,
}

/// One of [`MatrixRows`]: what [`MatrixRow`] has, a byte for a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetteredRow {
    pub pr_number: u64,
    pub commit: String,
    pub newest: i64,
    /// By the place of the job in [`MatrixRows::jobs`]; 0 where there is no result, nor is there one beyond the end.
    pub letters: Box<[u8]>,
}

impl LetteredRow {
    /// Numbers of the jobs that have a result, and their letters.
    pub fn cells(&self) -> impl Iterator<Item = (usize, u8)> + '_ {
        let cells = self.letters.iter().copied().enumerate();
        cells.filter(|(_, letter)| *letter != 0)
    }
}

impl MatrixRows {
    /// Adds the row that comes next.
    pub fn push(&mut self, row: MatrixRow) {
        let mut letters = vec![0; self.jobs.len()];
        for (job, letter) in row.cells {
            let number = *self.numbers.entry(job).or_insert_with(|| {
                self.jobs.push(job);
                letters.push(0);
                self.jobs.len() - 1
            });
            letters[number] = letter;
        }
        self.rows.push(LetteredRow {
            pr_number: row.pr_number,
            commit: row.commit,
            newest: row.newest,
            letters: letters.into(),
        });
    }

    /// Of how many rows so many pull requests are. What belongs to none counts as one.
    pub fn rows_of(&self, pull_requests: u64) -> usize {
        let is_first = |at: &usize| {
            let number = self.rows[*at].pr_number;
            number == 0 || *at == 0 || self.rows[*at - 1].pr_number != number
        };
        let most = usize::try_from(pull_requests).unwrap_or(usize::MAX);
        let end = (0..self.rows.len()).filter(is_first).nth(most);
        end.unwrap_or(self.rows.len())
    }
}

impl FromIterator<MatrixRow> for MatrixRows {
    fn from_iter<I: IntoIterator<Item = MatrixRow>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.push(row));
        all
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(pr_number: u64, cells: &[(u64, u8)]) -> MatrixRow {
        MatrixRow {
            pr_number,
            commit: "c".to_owned(),
            newest: 7,
            cells: cells.to_vec(),
        }
    }

    proptest! {
        #[test]
        fn every_cell_is_kept_under_its_job(
            rows in prop::collection::vec(prop::collection::btree_map(0..9_u64, b'A'..=b'Z', 0..6), 0..6)
        ) {
            let kept: MatrixRows = rows.iter().map(|cells| row(1, &Vec::from_iter(cells.clone()))).collect();
            prop_assert_eq!(kept.rows.len(), rows.len());
            for (kept_row, cells) in kept.rows.iter().zip(&rows) {
                let found: std::collections::BTreeMap<u64, u8> =
                    kept_row.cells().map(|(number, letter)| (kept.jobs[number], letter)).collect();
                prop_assert_eq!(&found, cells);
            }
        }
    }

    #[test]
    fn a_pull_request_has_all_of_its_commits_and_what_has_none_counts_by_itself() {
        let rows: MatrixRows = [3, 3, 0, 0, 2].map(|number| row(number, &[])).into_iter().collect();
        let ends = [0, 1, 2, 3, 4, 5, u64::MAX].map(|most| rows.rows_of(most));
        assert_eq!(ends, [0, 2, 3, 4, 5, 5, 5]);
    }
}
