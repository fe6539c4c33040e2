//! A pull request's results on one of its commits, backend by backend: what failed first.

use std::collections::HashMap;
use std::sync::Arc;

use crate::data::chosen::Commit;
use crate::data::missing::Missing;
use crate::data::repo::{repo_key, same_repo};
use crate::data::summary::place_of;
use crate::data::usual::Usual;
use crate::source::{Cell, PROBE, UsualRow, Verdict};
use crate::web::titles::Title;

/// All that is known of a pull request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PullRequest {
    /// Newest first.
    pub commits: Vec<String>,
    /// Of all commits, newest first.
    pub cells: Vec<Cell>,
    /// Backends that a merge waits for, whether they have reported or not.
    pub gating: Vec<String>,
    /// What is usual for each cell's job.
    pub usual: Vec<Usual>,
    /// Of the pull requests of its cells, as far as they are known.
    pub titles: Arc<HashMap<u64, Title>>,
    pub missing: Missing,
}

/// A backend's part in it, on one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Box {
    pub commit: String,
    pub repo: String,
    /// The relay's health probe, which is no backend.
    pub probe: bool,
    pub level: String,
    pub failed: u32,
    pub running: u32,
    pub passed: u32,
    /// Cancelled, skipped and the like.
    pub other: u32,
    /// Numbers of cells: failed, running, the rest.
    pub cells: Vec<u32>,
}

impl Box {
    /// Failed, else running, else passed.
    pub fn verdict(&self) -> Verdict {
        match (self.failed, self.running, self.passed) {
            (1.., ..) => Verdict::Failure,
            (_, 1.., _) => Verdict::Running,
            (_, _, 1..) => Verdict::Success,
            _ => Verdict::Other,
        }
    }
}

/// The backends in which something failed, by what is usual for that: each in one list, the highest level first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failing<'a> {
    /// A job failed that usually passes.
    pub news: Vec<&'a Box>,
    /// No such job, but one that passes neither usually nor seldom, or whose results are too few to tell.
    pub unclear: Vec<&'a Box>,
    /// Only jobs failed that often fail, or that fail in other pull requests, too.
    pub old: Vec<&'a Box>,
    /// So many of those fail in other pull requests, too.
    pub anywhere: usize,
    /// In none of the unclear ones has a job failed with results enough to tell.
    pub has_too_few_results: bool,
}

impl PullRequest {
    /// From results that come newest first.
    pub fn new(cells: Vec<Cell>) -> Self {
        let mut commits: Vec<String> = Vec::new();
        for cell in &cells {
            if !commits.contains(&cell.commit) {
                commits.push(cell.commit.clone());
            }
        }
        Self {
            commits,
            usual: vec![Usual::default(); cells.len()],
            cells,
            gating: Vec::new(),
            titles: Arc::default(),
            missing: Missing::default(),
        }
    }

    /// With what is usual for the jobs.
    #[must_use]
    pub fn with_usual(mut self, rows: &[UsualRow]) -> Self {
        let by_job: HashMap<(String, u64), &UsualRow> =
            rows.iter().map(|row| ((repo_key(&row.repo), row.id), row)).collect();
        for (cell, usual) in self.cells.iter().zip(&mut self.usual) {
            if let Some(row) = by_job.get(&(repo_key(&cell.downstream_repo), cell.job_id)) {
                *usual = Usual::of(row, cell);
            }
        }
        self
    }

    /// Of boxes on several commits each backend's first: that on the newest commit where it has results.
    pub fn newest_of(boxes: &[Box]) -> Vec<&Box> {
        let mut newest: Vec<&Box> = Vec::new();
        for it in boxes {
            if !newest.iter().any(|other| same_repo(&other.repo, &it.repo)) {
                newest.push(it);
            }
        }
        newest
    }

    /// Of these backends, each on its newest commit, those in which something failed; but the relay's probe.
    pub fn failing<'a>(&self, boxes: &'a [Box]) -> Failing<'a> {
        let mut failing = Failing::default();
        let mut boxes = Self::newest_of(boxes);
        boxes.retain(|it| it.failed > 0 && !it.probe);
        boxes.sort_by_key(|it| place_of(Some(&it.level)));
        for it in boxes {
            let failed = || {
                let cells = it.cells.iter().map(|number| *number as usize);
                cells.filter(|number| self.cells[*number].has_failed())
            };
            let list = if failed().any(|number| self.usual[number].passes()) {
                &mut failing.news
            } else if failed().all(|number| self.usual[number].fails()) {
                failing.anywhere += usize::from(failed().any(|number| self.usual[number].fails_anywhere()));
                &mut failing.old
            } else {
                &mut failing.unclear
            };
            list.push(it);
        }
        let unclear = failing.unclear.iter().flat_map(|it| &it.cells);
        let mut unclear = unclear.map(|number| *number as usize);
        failing.has_too_few_results = unclear.all(|number| {
            let usual = self.usual[number];
            !self.cells[number].has_failed() || usual.fails() || usual.pass_rate().is_none()
        });
        failing
    }

    /// With the backends that a merge waits for.
    #[must_use]
    pub fn gated_by(self, gating: Vec<String>) -> Self {
        Self { gating, ..self }
    }

    /// With the titles of its pull requests.
    #[must_use]
    pub fn with_titles(self, titles: HashMap<u64, Title>) -> Self {
        let titles = Arc::new(titles);
        Self { titles, ..self }
    }

    /// Without what could not be found out.
    #[must_use]
    pub fn without(self, missing: Missing) -> Self {
        Self { missing, ..self }
    }

    /// What tells a result's row from all others, across refreshes.
    pub fn key(cell: &Cell) -> String {
        Self::key_of(&cell.commit, &cell.downstream_repo, &cell.workflow_name, &cell.job_name)
    }

    /// The same, of a job on a commit. A repository may have been typed in another case than it reports under.
    pub fn key_of(commit: &str, repo: &str, workflow: &str, job: &str) -> String {
        format!("{commit}\n{}\n{workflow}\n{job}", repo_key(repo))
    }

    /// The same, of an attempt that a result has before the one that counts.
    pub fn key_of_attempt(result: &Cell, attempt: &Cell) -> String {
        format!("{}\n{}", Self::key(result), attempt.dynamoKey)
    }

    /// The key of the result to which a key belongs: itself, or that of the attempt's result.
    pub fn key_of_result(key: &str) -> &str {
        // What is printable has no line breaks; an attempt's own part may be anything.
        key.match_indices('\n').nth(3).map_or(key, |(end, _)| &key[..end])
    }

    /// The pull requests that a commit belongs to, the newest results first.
    pub fn numbers_of(&self, commit: &str) -> Vec<u64> {
        let mut numbers = Vec::new();
        for cell in self
            .cells
            .iter()
            .filter(|cell| cell.commit == commit && cell.pr_number > 0)
        {
            if !numbers.contains(&cell.pr_number) {
                numbers.push(cell.pr_number);
            }
        }
        numbers
    }

    /// The commits that are meant, newest first.
    pub fn chosen(&self, commit: &Commit) -> Vec<&str> {
        let newest = self.commits.first().map_or("", String::as_str);
        let commits = self.commits.iter().map(String::as_str);
        commits.filter(|it| commit.covers(it, newest)).collect()
    }

    /// The backends on these commits, one commit after the other.
    pub fn boxes(&self, commit: &Commit) -> Vec<Box> {
        let commits = self.chosen(commit).into_iter();
        commits.flat_map(|commit| self.boxes_on(commit)).collect()
    }

    /// The backends on a commit: those that failed first, then by level; the probe last.
    fn boxes_on(&self, commit: &str) -> Vec<Box> {
        let mut boxes: Vec<Box> = Vec::new();
        for (number, cell) in self.cells.iter().enumerate().filter(|(_, cell)| cell.commit == commit) {
            let at = boxes
                .iter()
                .position(|it| same_repo(&it.repo, &cell.downstream_repo))
                .unwrap_or_else(|| {
                    boxes.push(Box {
                        commit: commit.to_owned(),
                        probe: same_repo(&cell.downstream_repo, PROBE),
                        repo: cell.downstream_repo.clone(),
                        level: cell.level.clone(),
                        failed: 0,
                        running: 0,
                        passed: 0,
                        other: 0,
                        cells: Vec::new(),
                    });
                    boxes.len() - 1
                });
            let it = &mut boxes[at];
            match cell.verdict() {
                Verdict::Failure | Verdict::TimedOut => it.failed += 1,
                Verdict::Running => it.running += 1,
                Verdict::Success => it.passed += 1,
                Verdict::Cancelled | Verdict::Other => it.other += 1,
            }
            it.cells.push(number as u32);
        }
        for it in &mut boxes {
            it.cells.sort_by_cached_key(|number| {
                let cell = &self.cells[*number as usize];
                (
                    cell.verdict(),
                    crate::data::text::natural(&cell.workflow_name),
                    crate::data::text::natural(&cell.job_name),
                )
            });
        }
        boxes.sort_by(|one, other| {
            one.probe
                .cmp(&other.probe)
                .then_with(|| one.verdict().cmp(&other.verdict()))
                .then_with(|| place_of(Some(&one.level)).cmp(&place_of(Some(&other.level))))
                .then_with(|| one.repo.cmp(&other.repo))
        });
        boxes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::matrix::tests::{cell, usual};

    fn names(boxes: Vec<&Box>) -> String {
        let names: Vec<&str> = boxes.into_iter().map(|it| it.repo.as_str()).collect();
        names.join(" ")
    }

    #[test]
    fn every_backend_that_fails_is_told_of_by_what_is_usual_for_it() {
        let of = |repo: &str, job: &str, verdict: &str| Cell {
            downstream_repo: repo.to_owned(),
            ..cell(1, "new", "w", job, verdict, 9)
        };
        let it = PullRequest::new(vec![
            of("a/news", "good", "failure"),
            of("a/news", "bad", "failure"),
            of("b/usual", "bad", "timed_out"),
            of("c/unknown", "new", "failure"),
            of("d/well", "good", "success"),
            of("e/between", "bad", "failure"),
            of("e/between", "sometimes", "failure"),
            Cell {
                level: "L4".to_owned(),
                ..of("f/gating", "sometimes", "failure")
            },
        ])
        .with_usual(&[
            usual("e/between", "bad", 1, 99),
            usual("e/between", "sometimes", 84, 16),
            usual("f/gating", "sometimes", 84, 16),
            usual("a/news", "good", 99, 1),
            usual("a/news", "bad", 1, 99),
            usual("b/usual", "bad", 10, 10),
            usual("c/unknown", "new", 1, 1),
        ]);
        let boxes = it.boxes(&Commit::Latest);
        let failing = it.failing(&boxes);
        let lists = [failing.news, failing.unclear, failing.old].map(names);
        assert_eq!(lists, ["a/news", "f/gating c/unknown e/between", "b/usual"]);
        assert!(
            !failing.has_too_few_results,
            "some have enough, and pass neither usually nor seldom"
        );
    }

    #[test]
    fn too_few_results_are_a_reason_where_nothing_else_is_one() {
        for (results, too_few) in [(9, true), (10, false)] {
            let cells = [("new", "failure"), ("bad", "failure"), ("sometimes", "success")];
            let cells = cells.map(|(job, verdict)| cell(1, "c", "w", job, verdict, 9));
            let it = PullRequest::new(cells.to_vec()).with_usual(&[
                usual("a/b", "new", 8, results - 8),
                usual("a/b", "bad", 1, 99),
                usual("a/b", "sometimes", 84, 16),
            ]);
            let boxes = it.boxes(&Commit::Latest);
            let failing = it.failing(&boxes);
            assert_eq!(
                (failing.unclear.len(), failing.has_too_few_results),
                (1, too_few),
                "{results}"
            );
        }
    }

    /// What failed on an older commit says nothing of the one that is to be merged.
    #[test]
    fn of_several_commits_a_backend_counts_once_with_its_newest() {
        let of = |repo: &str, commit: &str, verdict: &str| Cell {
            downstream_repo: repo.to_owned(),
            ..cell(1, commit, "w", "j", verdict, 9)
        };
        let it = PullRequest::new(vec![
            of("a/mended", "new", "success"),
            of("b/broken", "new", "failure"),
            of("A/mended", "old", "failure"),
            of("b/broken", "old", "failure"),
            of("c/behind", "old", "failure"),
        ])
        .with_usual(&["a/mended", "b/broken", "c/behind"].map(|repo| usual(repo, "j", 99, 1)));
        let boxes = it.boxes(&Commit::All);
        let newest = PullRequest::newest_of(&boxes).into_iter();
        let newest: Vec<_> = newest.map(|it| (it.repo.as_str(), it.commit.as_str())).collect();
        assert_eq!(newest, [("b/broken", "new"), ("a/mended", "new"), ("c/behind", "old")]);
        assert_eq!(names(it.failing(&boxes).news), "b/broken c/behind");
    }

    #[test]
    fn what_failed_stands_first() {
        let other = |verdict: &str, job: &str, belongs| Cell {
            downstream_repo: "c/d".to_owned(),
            level: "L4".to_owned(),
            ..cell(1, "new", "w", job, verdict, belongs)
        };
        let it = PullRequest::new(vec![
            other("success", "z", 9),
            cell(1, "new", "w", "b", "success", 8),
            cell(1, "new", "w", "c", "running", 7),
            cell(1, "new", "w", "d", "timed_out", 6),
            cell(1, "old", "w", "b", "success", 5),
        ]);
        assert_eq!(it.commits, ["new", "old"]);
        let boxes = it.boxes(&Commit::Latest);
        assert_eq!(
            boxes.iter().map(|it| it.repo.as_str()).collect::<Vec<_>>(),
            ["a/b", "c/d"]
        );
        let jobs: Vec<_> = boxes[0]
            .cells
            .iter()
            .map(|number| it.cells[*number as usize].job_name.as_str())
            .collect();
        assert_eq!(jobs, ["d", "c", "b"]);
        assert_eq!((boxes[0].failed, boxes[0].running, boxes[0].passed), (1, 1, 1));
    }
}
