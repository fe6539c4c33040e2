//! How each job did over some days: which one to mend first.

use crate::data::figures::{duration, percent, share, short_count};
use crate::data::filter::Filter;
use crate::data::list::Line;
use crate::data::repo::repo_key;
use crate::data::table::{self, Column, Sort, number};
use crate::data::text::natural;
use crate::source::UsualRow;

/// How a job does.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    pub repo: String,
    pub workflow: String,
    pub job: String,
    pub success: u64,
    /// Failed or timed out.
    pub failure: u64,
    pub flaky: u64,
    /// Seconds.
    pub duration: Option<f64>,
}

impl From<UsualRow> for Job {
    fn from(row: UsualRow) -> Self {
        Self {
            repo: row.repo,
            workflow: row.workflow,
            job: row.job,
            success: row.success,
            failure: row.failure,
            flaky: row.flaky_jobs,
            duration: Some(row.duration_p50).filter(|seconds| seconds.is_finite()),
        }
    }
}

impl Job {
    pub fn pass_rate(&self) -> Option<f64> {
        share(self.success, self.success + self.failure)
    }

    /// The share of what passed only after a failure on the same commit.
    pub fn flake_rate(&self) -> Option<f64> {
        share(self.flaky, self.success + self.failure)
    }

    fn flakes(&self) -> String {
        match self.flaky {
            0 => "·".to_owned(),
            _ => percent(self.flake_rate()),
        }
    }

    /// By backend, workflow and name.
    pub(super) fn name(&self) -> impl Ord + use<> {
        (repo_key(&self.repo), natural(&self.workflow), natural(&self.job))
    }
}

/// Every column. What is worst, most or longest stands first when it is sorted by it.
pub const COLUMNS: &[Column<Job>] = &[
    // Of as many failures, those that cost a second go as well.
    Column::most_first(
        "fail+time",
        11,
        |job, _| short_count(job.failure),
        |job| Some(job.failure as f64 + 1e-6 * job.flaky as f64),
    ),
    Column::most_first("flaky", 7, |job, _| short_count(job.flaky), |job| number(job.flaky)),
    Column::most_first("flake%", 8, |job, _| job.flakes(), |job| job.flake_rate()),
    Column::most_first("ok", 7, |job, _| short_count(job.success), |job| number(job.success)),
    Column::least_first("pass", 8, |job, _| percent(job.pass_rate()), Job::pass_rate),
    Column::most_first("p50", 7, |job, _| duration(job.duration), |job| job.duration),
];

/// The jobs that pass a filter, in order.
pub fn lines(jobs: &[Job], filter: &Filter, sort: Sort, moment: i64) -> Vec<Line> {
    let passes = |job: &Job| {
        let names = [
            ("backend", job.repo.as_str()),
            ("workflow", &job.workflow),
            ("job", &job.job),
        ];
        table::passes(filter, &names, COLUMNS, job, moment)
    };
    // They come by name, and a sort leaves what is equal where it was.
    let mut shown: Vec<(u32, &Job)> = (0_u32..).zip(jobs).filter(|(_, job)| passes(job)).collect();
    shown.sort_by(|(a, one), (b, other)| sort.compare(COLUMNS, one, other, a.cmp(b)));
    shown.into_iter().map(|(number, _)| Line::Row(number)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(job: &str, success: u64, failure: u64, flaky: u64, duration: Option<f64>) -> Job {
        Job {
            repo: "a/b".to_owned(),
            workflow: "w".to_owned(),
            job: job.to_owned(),
            success,
            failure,
            flaky,
            duration,
        }
    }

    #[test]
    fn jobs_are_sorted_by_any_column_and_filtered_for_it() {
        let jobs = [
            job("a", 90, 10, 0, Some(60.0)),
            job("b", 1, 9, 9, None),
            job("c", 10, 10, 1, Some(600.0)),
            job("d", 0, 0, 0, None),
        ];
        let names = |filter: &str, head: &str, reversed: bool| {
            let column = COLUMNS.iter().position(|column| column.head == head);
            let sort = Sort {
                column: column.unwrap_or(COLUMNS.len()),
                reversed,
            };
            let lines = lines(&jobs, &Filter::new(filter), sort, 0);
            let names = lines.iter().map(|line| match line {
                Line::Row(number) => jobs[*number as usize].job.as_str(),
                Line::Heading(_) => "",
            });
            names.collect::<String>()
        };
        assert_eq!(names("", COLUMNS[0].head, false), "cabd", "what costs most");
        assert_eq!(names("", "pass", false), "bcad");
        assert_eq!(names("", "flake%", false), "bcad");
        assert_eq!(names("", "p50", false), "cabd");
        assert_eq!(names("", "ok", true), "dbca");
        assert_eq!(
            (names("", "", false), names("", "", true)),
            ("abcd".to_owned(), "dcba".to_owned())
        );
        assert_eq!(names("%fail+time 10", "pass", false), "ca");
        assert_eq!(names("%job d", "pass", false), "d");
        assert_eq!(names("%flake% 5", "pass", false), "c");
    }
}
