use super::*;
use crate::data::Data;
use crate::data::backend::Backend;
use crate::data::summary::Summary;
use crate::source::{Cell, MatrixRow, Verdict};

/// A matrix of results that come newest first, as the queries would tell it.
pub(crate) fn matrix(cells: &[Cell]) -> Matrix {
    let mut rows: Vec<MatrixRow> = Vec::new();
    let mut usual: Vec<UsualRow> = Vec::new();
    for cell in cells {
        let it = (cell.job_id, Mark::of(cell).glyph().0 as u8);
        match rows
            .iter_mut()
            .find(|row| row.pr_number == cell.pr_number && row.commit == cell.commit)
        {
            Some(row) => row.cells.push(it),
            None => rows.push(MatrixRow {
                pr_number: cell.pr_number,
                commit: cell.commit.clone(),
                newest: cell.belongs,
                cells: vec![it],
            }),
        }
        if !usual.iter().any(|job| job.id == cell.job_id) {
            let of_job = |cell: &&Cell| cell.job_id == it.0;
            let count =
                |which: fn(&Cell) -> bool| cells.iter().filter(of_job).filter(|cell| which(cell)).count() as u64;
            let mut durations: Vec<f64> = cells.iter().filter(of_job).filter_map(|cell| cell.duration).collect();
            durations.sort_by(f64::total_cmp);
            usual.push(UsualRow {
                repo: cell.downstream_repo.clone(),
                workflow: cell.workflow_name.clone(),
                job: cell.job_name.clone(),
                id: cell.job_id,
                total: count(|cell| cell.ended),
                success: count(|cell| cell.verdict() == Verdict::Success),
                failure: count(Cell::has_failed),
                flaky_jobs: 0,
                duration_p50: durations.get(durations.len() / 2).copied().unwrap_or(f64::NAN),
                failing_since: 0,
                failing_prs: 0,
            });
        }
    }
    // A pull request's commits stand together.
    let active: HashMap<(u64, String), i64> = rows.iter().fold(HashMap::new(), |mut active, row| {
        let commit = if row.pr_number == 0 {
            row.commit.clone()
        } else {
            String::new()
        };
        let newest = active.entry((row.pr_number, commit)).or_insert(row.newest);
        *newest = row.newest.max(*newest);
        active
    });
    rows.sort_by_key(|row| {
        let commit = if row.pr_number == 0 {
            row.commit.clone()
        } else {
            String::new()
        };
        std::cmp::Reverse((active[&(row.pr_number, commit)], row.pr_number, row.newest))
    });
    let jobs = usual.iter().map(|row| job(&row.workflow, &row.job)).collect();
    let shown = rows.len();
    Matrix::new(rows.into_iter().collect(), shown, jobs).with_usual(&usual)
}

/// The answer that a backend's screen has.
pub(crate) fn backend_of(cells: &[Cell]) -> Data {
    let count = |verdict| cells.iter().filter(|cell| cell.verdict() == verdict).count() as u64;
    let (success, failure, timed_out) = (
        count(Verdict::Success),
        count(Verdict::Failure),
        count(Verdict::TimedOut),
    );
    let prs: BTreeSet<u64> = cells.iter().map(|cell| cell.pr_number).filter(|pr| *pr > 0).collect();
    let summary = cells.first().map(|cell| Summary {
        repo: cell.downstream_repo.clone(),
        level: Some(cell.level.clone()),
        success,
        failure,
        timed_out,
        running: count(Verdict::Running),
        total: cells.iter().filter(|cell| cell.ended).count() as u64,
        pass_rate: crate::data::figures::pass_rate(success, failure, timed_out),
        duration_p50: cell.duration,
        duration_p95: cell.duration,
        queue_p50: cell.queue_time,
        pull_requests: prs.len() as u64,
        ..Summary::default()
    });
    Data::Backend(Box::new(Backend {
        summary,
        matrix: matrix(cells),
        readiness: None,
        readiness_failed: false,
        missing: crate::data::missing::Missing::default(),
    }))
}

/// How a job of the workflow `w` usually does.
pub(crate) fn usual(repo: &str, job: &str, success: u64, failure: u64) -> UsualRow {
    UsualRow {
        repo: repo.to_owned(),
        workflow: "w".to_owned(),
        job: job.to_owned(),
        id: id("w", job),
        total: (success + failure).max(1),
        success,
        failure,
        flaky_jobs: 0,
        duration_p50: f64::NAN,
        failing_since: 0,
        failing_prs: 0,
    }
}

fn job(workflow: &str, job: &str) -> JobRow {
    JobRow {
        workflow: workflow.to_owned(),
        job: job.to_owned(),
        id: id(workflow, job),
    }
}

fn id(workflow: &str, job: &str) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    (workflow, job).hash(&mut hasher);
    hasher.finish()
}

pub(crate) fn cell(pr: u64, commit: &str, workflow: &str, job: &str, verdict: &str, belongs: i64) -> Cell {
    Cell {
        dynamoKey: format!("{pr}/{commit}/{workflow}/{job}"),
        downstream_repo: "a/b".to_owned(),
        upstream_repo: "pytorch/pytorch".to_owned(),
        pr_number: pr,
        commit: commit.to_owned(),
        pytorch_head_sha: commit.to_owned(),
        delivery_id: "d".to_owned(),
        workflow_name: workflow.to_owned(),
        job_name: job.to_owned(),
        job_id: id(workflow, job),
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
        passed_before: 0,
        failed_before: 0,
        overdue: false,
        event_type: "pull_request".to_owned(),
        downstream_repo_level: "L2".to_owned(),
        started: Some(belongs),
        completed: None,
        belongs,
        seen: belongs,
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
        failed_tests_json: String::new(),
        environment: String::new(),
        level: "L2".to_owned(),
    }
}

#[test]
fn shards_are_one_column_until_it_is_unfolded() {
    let shard = |commit: &str, number: u32, verdict: &str, belongs| {
        cell(1, commit, "w", &format!("ops-{number}"), verdict, belongs)
    };
    let matrix = matrix(&[
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
    let verdict = |row| matrix.worst(row, &heads[1]).map(|(mark, _)| mark.verdict());
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
    // Also where their names are the same but for case and zeros before a number.
    for workflows in [["linux", "mac"], ["CI", "ci"], ["build-01", "build-1"]] {
        let cells = workflows.into_iter().flat_map(|workflow| {
            (1..=3).map(move |shard| cell(1, "c", workflow, &format!("ops-{shard}"), "success", 1))
        });
        let heads = matrix(&cells.collect::<Vec<_>>()).heads(&BTreeSet::new());
        let labels: Vec<_> = heads.iter().map(|head| head.label.clone()).collect();
        assert_eq!(labels, workflows.map(|workflow| format!("{workflow} / ops 1…3")));
    }
}

#[test]
fn a_streak_goes_back_to_the_last_success() {
    let matrix = matrix(&[
        cell(5, "e", "w", "j", "failure", 9),
        cell(4, "d", "w", "j", "cancelled", 8),
        cell(3, "c", "w", "j", "timed_out", 7),
        cell(3, "c", "w", "other", "success", 7),
        cell(2, "b", "w", "j", "success", 6),
        cell(1, "a", "w", "j", "failure", 5),
    ]);
    let head = &matrix.heads(&BTreeSet::new())[0];
    let streaks = matrix.streaks(head);
    assert_eq!(streaks[0], Some(Streak { rows: 2, since: 7 }));
    assert_eq!(streaks[3], None);
    assert_eq!(streaks[4], Some(Streak { rows: 1, since: 5 }));
}

/// Told from the oldest row on, they are those that are found going back from each row.
#[test]
fn a_streak_of_an_older_commit_goes_on_before_its_pull_request() {
    let matrix = matrix(&[
        cell(3, "c2", "w", "j", "success", 9),
        cell(3, "c1", "w", "j", "failure", 8),
        cell(2, "b2", "w", "j", "running", 7),
        cell(2, "b1", "w", "j", "success", 6),
        cell(1, "a", "w", "j", "failure", 5),
    ]);
    let head = &matrix.heads(&BTreeSet::new())[0];
    let one = |rows, since| Some(Streak { rows, since });
    let expected = [None, one(2, 5), one(1, 5), None, one(1, 5)];
    assert_eq!(matrix.streaks(head), expected);
}

#[test]
fn a_row_has_changed_when_a_job_says_something_else_than_before() {
    let matrix = matrix(&[
        cell(3, "c", "w", "j", "failure", 9),
        cell(2, "b", "w", "j", "success", 8),
        cell(2, "b", "w", "new", "failure", 8),
        cell(1, "a", "w", "j", "success", 7),
    ]);
    assert_eq!(
        [0, 1, 2].map(|row| matrix.rows[row].changed.since_pull_requests),
        [true, false, false]
    );
}

#[test]
fn one_job_name_in_two_workflows_is_two_columns() {
    let matrix = matrix(&[
        cell(1, "c", "w2", "build", "success", 9),
        cell(1, "c", "w1", "shard-10", "failure", 8),
        cell(1, "c", "w1", "shard-2", "success", 7),
        cell(1, "c", "w1", "build", "running", 6),
        cell(2, "c", "w1", "build", "success", 5),
    ]);
    let labels: Vec<_> = matrix.columns.iter().map(|column| column.label.as_str()).collect();
    assert_eq!(labels, ["w1 / build", "shard-2", "shard-10", "w2 / build"]);
    assert_eq!(matrix.rows.len(), 2);
    assert_eq!(matrix.mark(0, 2), Some(Mark::Failure));
    assert_eq!(matrix.mark(1, 2), None);
}

#[test]
fn what_still_runs_changes_nothing_and_is_looked_past() {
    let matrix = matrix(&[
        cell(5, "e", "w", "j", "running", 9),
        cell(4, "d", "w", "j", "success", 8),
        cell(3, "c", "w", "j", "cancelled", 7),
        cell(2, "b", "w", "j", "failure", 6),
        cell(1, "a", "w", "j", "failure", 5),
    ]);
    let changed: Vec<bool> = matrix.rows.iter().map(|row| row.changed.since_pull_requests).collect();
    assert_eq!(changed, [false, true, false, false, false]);
    let failed: Vec<bool> = matrix.rows.iter().map(|row| row.has_failed).collect();
    assert_eq!(failed, [false, false, false, true, true]);
}

#[test]
fn an_older_commit_is_held_against_its_own_pull_request() {
    let matrix = matrix(&[
        cell(2, "new", "w", "j", "success", 9),
        cell(2, "old", "w", "j", "failure", 8),
        cell(2, "oldest", "w", "j", "success", 7),
        cell(1, "a", "w", "j", "success", 6),
    ]);
    let changed = matrix
        .rows
        .iter()
        .map(|row| (row.changed.since_pull_requests, row.changed.since_older));
    let expected = [(false, true), (true, true), (false, false), (false, false)];
    assert_eq!(
        changed.collect::<Vec<_>>(),
        expected,
        "while they are folded away, and not"
    );
}

#[test]
fn the_last_row_is_held_against_the_pull_request_that_comes_after() {
    let row = |pr_number: u64, commit: &str, letter: u8| MatrixRow {
        pr_number,
        commit: commit.to_owned(),
        newest: pr_number as i64,
        cells: vec![(id("w", "j"), letter)],
    };
    let changed = |next: &[MatrixRow]| {
        let rows = [row(2, "b", b'X')].into_iter().chain(next.iter().cloned());
        let matrix = Matrix::new(rows.collect(), 1, vec![job("w", "j")]);
        (
            matrix.rows.len(),
            matrix.has_more,
            matrix.rows[0].changed.since_pull_requests,
        )
    };
    assert_eq!(changed(&[]), (1, false, false));
    // What still runs is looked past; of several commits the newest counts.
    let next = [row(1, "a2", b'?'), row(1, "a1", b'O'), row(1, "a0", b'X')];
    assert_eq!(changed(&next), (1, true, true));
    assert_eq!(changed(&[row(1, "a", b'T')]), (1, true, false));
}

#[test]
fn a_skipped_shard_hides_no_pass() {
    let shard = |number: u32, verdict: &str, conclusion: &str| Cell {
        conclusion: conclusion.to_owned(),
        ..cell(1, "c", "w", &format!("ops-{number}"), verdict, 9)
    };
    let matrix = matrix(&[
        shard(1, "other", "skipped"),
        shard(2, "success", "success"),
        shard(3, "other", "neutral"),
    ]);
    let heads = matrix.heads(&BTreeSet::new());
    assert_eq!(matrix.worst(0, &heads[0]).map(|(mark, _)| mark), Some(Mark::Success));
}
