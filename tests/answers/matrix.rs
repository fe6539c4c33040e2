//! A backend's matrix: which pull requests are in it, in which order, and which letter stands for what.

use std::collections::HashMap;

use oot_hud::data::Data;
use oot_hud::data::chosen::EventView;
use oot_hud::data::glyph::Mark;
use oot_hud::source::Subject;
use oot_hud::source::{LetteredRow, MatrixRows, PROBE, Question};
use oot_tests::{Both, ago};
use serde_json::{Value, json};

use crate::{NONE, all_of, answer, moment, screen, sha};

/// A result of a pull request's commit (0 is none), started so many minutes ago.
fn result(pr: u64, commit: char, job: &str, minutes: i64) -> Value {
    json!({ "pr_number": pr, "pytorch_head_sha": sha(commit), "job_name": job, "started_at": ago(minutes), "completed_at": ago(minutes - 1) })
}

/// Of four pull requests: the newest commit of each started 400, 200, 150 and 100 minutes ago.
fn four_pull_requests() -> Both {
    let both = Both::new();
    both.insert(&[
        result(1, 'a', "one", 300),
        result(1, 'a', "two", 290),
        result(1, 'b', "one", 200),
        // Older than what the others did last, and newer than what they did first.
        result(2, 'c', "one", 250),
        result(2, 'd', "one", 101),
        result(2, 'd', "two", 100),
        result(3, 'e', "one", 150),
        result(4, 'f', "one", 400),
        json!({ "pr_number": 5, "downstream_repo": "c/d" }),
        json!({ "pr_number": 0, "event_type": "nightly" }),
    ]);
    both
}

/// Pull request, first letter of the commit, minutes since its newest start, and how many jobs.
fn shape(rows: &MatrixRows) -> Vec<(u64, &str, i64, usize)> {
    let minutes = |row: &LetteredRow| (moment(0) - row.newest) / 60_000_000_000;
    rows.rows
        .iter()
        .map(|row| (row.pr_number, &row.commit[..1], minutes(row), row.cells().count()))
        .collect()
}

fn rows(both: &Both, event: EventView, pull_requests: u64) -> MatrixRows {
    let question = Question {
        pull_requests,
        ..all_of("A/b", event)
    };
    answer(both, async |reader| reader.rows(&question).await)
}

#[test]
fn the_newest_pull_requests_come_each_with_all_of_its_commits() {
    let both = four_pull_requests();
    let all = [
        (2, "d", 100, 2),
        (2, "c", 250, 1),
        (3, "e", 150, 1),
        (1, "b", 200, 1),
        (1, "a", 290, 2),
        (4, "f", 400, 1),
    ];
    for (limit, expected) in [(0, 0), (1, 2), (2, 3), (3, 5), (4, 6), (5, 6), (u64::MAX, 6)] {
        assert_eq!(
            shape(&rows(&both, EventView::Pr, limit)),
            all[..expected],
            "{limit} pull requests"
        );
    }
}

#[test]
fn of_commits_and_pull_requests_of_one_moment_the_order_is_fixed() {
    let both = Both::new();
    both.insert(&[
        json!({ "dynamoKey": "9", "pytorch_head_sha": sha('a') }),
        json!({ "dynamoKey": "8", "pytorch_head_sha": sha('b') }),
        json!({ "dynamoKey": "7", "pytorch_head_sha": sha('c'), "pr_number": 8 }),
    ]);
    let expected = [(8, "c", 60, 1), (7, "b", 60, 1), (7, "a", 60, 1)];
    assert_eq!(shape(&rows(&both, EventView::Pr, 2)), expected);
    assert_eq!(shape(&rows(&both, EventView::Pr, 1)), expected[..1]);
}

#[test]
fn what_belongs_to_no_pull_request_is_a_row_by_commit_or_by_delivery() {
    let both = Both::new();
    let run = |commit: &str, delivery: &str, job: &str, minutes: i64| {
        json!({ "pr_number": 0, "event_type": "nightly", "pytorch_head_sha": commit, "delivery_id": delivery,
            "job_name": job, "started_at": ago(minutes), "completed_at": ago(minutes - 1) })
    };
    let short = &sha('c')[..39];
    both.insert(&[
        run(&sha('a'), "x", "one", 300),
        run(&sha('A'), "y", "two", 200),
        run(&sha('b'), "x", "one", 250),
        // No SHA: a delivery is as good as one.
        run(short, "1st", "one", 100),
        run(short, "2nd", "one", 400),
        run("", "2nd", "two", 390),
        result(7, 'a', "one", 150),
        result(7, 'e', "one", 500),
    ]);
    let nightly = [(0, "1", 100, 1), (0, "a", 200, 2), (0, "b", 250, 1), (0, "2", 390, 2)];
    for limit in 0..=5 {
        let rows = rows(&both, EventView::Nightly, limit);
        assert_eq!(shape(&rows), nightly[..nightly.len().min(limit as usize)], "{limit}");
    }
    let mixed = [
        (0, "1", 100, 1),
        (7, "a", 150, 1),
        (7, "e", 500, 1),
        // Its first job is the pull request's by now: a job counts once on a commit.
        (0, "a", 200, 1),
        (0, "b", 250, 1),
        (0, "2", 390, 2),
    ];
    assert_eq!(shape(&rows(&both, EventView::All, 2)), mixed[..3]);
    assert_eq!(shape(&rows(&both, EventView::All, 3)), mixed[..4]);
    assert_eq!(shape(&rows(&both, EventView::All, 5)), mixed);
}

/// Pull requests in the matrix of a backend, one by one, and whether there are more.
fn shown(both: &Both, event: EventView, pull_requests: u64) -> (Vec<u64>, bool) {
    let question = Question {
        pull_requests,
        ..all_of("a/b", event)
    };
    answer(both, async |reader| {
        let Data::Backend(backend) = screen(reader, Subject::Backend, &question).await? else {
            panic!("another screen");
        };
        let newest = backend.matrix.rows.iter().filter(|row| row.is_newest());
        Ok((newest.map(|row| row.pr).collect(), backend.matrix.has_more))
    })
}

#[test]
fn there_are_more_only_beyond_the_limit() {
    let both = four_pull_requests();
    assert_eq!(shown(&both, EventView::Pr, 1), (vec![2], true));
    assert_eq!(shown(&both, EventView::Pr, 3), (vec![2, 3, 1], true));
    assert_eq!(shown(&both, EventView::Pr, 4), (vec![2, 3, 1, 4], false));
    assert_eq!(shown(&both, EventView::Pr, 5), (vec![2, 3, 1, 4], false));
    assert_eq!(shown(&both, EventView::Pr, u64::MAX), (vec![2, 3, 1, 4], false));
    // With what belongs to none, started an hour ago.
    assert_eq!(shown(&both, EventView::All, 4), (vec![0, 2, 3, 1], true));
    assert_eq!(shown(&both, EventView::All, 5), (vec![0, 2, 3, 1, 4], false));
    assert_eq!(shown(&both, EventView::Periodic, 1), (vec![], false));
}

#[test]
fn a_letter_stands_for_what_the_result_is() {
    let both = Both::new();
    let said = |job: &str, conclusion: &str| json!({ "job_name": job, "conclusion": conclusion });
    let attempt = |job: &str, number: u32, conclusion: &str| json!({ "job_name": job, "conclusion": conclusion, "run_attempt": number });
    let runs = |job: &str, minutes: i64| json!({ "job_name": job, "status": "in_progress", "conclusion": "", "started_at": ago(minutes), "completed_at": NONE });
    let of_probe =
        |job: &str, conclusion: &str| json!({ "job_name": job, "conclusion": conclusion, "downstream_repo": PROBE });
    both.insert(&[
        said("passed", "success"),
        attempt("failed before", 1, "failure"),
        attempt("failed before", 2, "success"),
        attempt("timed out before", 1, "timed_out"),
        attempt("timed out before", 2, "success"),
        attempt("cancelled before", 1, "cancelled"),
        attempt("cancelled before", 2, "success"),
        attempt("fails again", 1, "failure"),
        attempt("fails again", 2, "failure"),
        said("failed", "failure"),
        said("timed out", "timed_out"),
        said("cancelled", "cancelled"),
        runs("runs", 10),
        // Not more than 6 h 25 min, and more.
        runs("at the limit", 385),
        runs("overdue", 386),
        said("skipped", "skipped"),
        said("neutral", "neutral"),
        said("queued", "queued"),
        said("odd", "some_word"),
        said("mute", ""),
        of_probe("xfail", "failure"),
        of_probe("xcancel", "failure"),
        of_probe("xcancel", "cancelled"),
        of_probe("xtimeout", "timed_out"),
        of_probe("plain", "failure"),
    ]);
    let expected = |repo: &str| match repo {
        PROBE => vec![
            ("plain", Mark::Failure),
            ("xcancel", Mark::Flaky),
            ("xfail", Mark::Success),
            ("xtimeout", Mark::Success),
        ],
        _ => vec![
            ("at the limit", Mark::Running),
            ("cancelled", Mark::Cancelled),
            ("cancelled before", Mark::Success),
            ("failed", Mark::Failure),
            ("failed before", Mark::Flaky),
            ("fails again", Mark::Failure),
            ("mute", Mark::Unknown),
            ("neutral", Mark::Neutral),
            ("odd", Mark::Unknown),
            ("overdue", Mark::Overdue),
            ("passed", Mark::Success),
            ("queued", Mark::Queued),
            ("runs", Mark::Running),
            ("skipped", Mark::Skipped),
            ("timed out", Mark::TimedOut),
            ("timed out before", Mark::Flaky),
        ],
    };
    for repo in ["a/b", PROBE] {
        let question = all_of(repo, EventView::Pr);
        let rows = answer(&both, async |reader| reader.rows(&question).await);
        let mut cells = answer(&both, async |reader| reader.cells(&question).await);
        cells.sort_by(|one, other| one.job_name.cmp(&other.job_name));
        let of_cells: Vec<_> = cells
            .iter()
            .map(|cell| (cell.job_name.as_str(), Mark::of(cell)))
            .collect();
        assert_eq!(of_cells, expected(repo), "of a screen's cells");
        assert_eq!(rows.rows.len(), 1);
        let letters: HashMap<u64, u8> = rows.rows[0]
            .cells()
            .map(|(job, letter)| (rows.jobs[job], letter))
            .collect();
        let of_letters: Vec<_> = cells
            .iter()
            .map(|cell| (cell.job_name.as_str(), Mark::of_letter(letters[&cell.job_id])))
            .collect();
        assert_eq!(of_letters, expected(repo), "of the letters");
        assert_eq!(letters.len(), cells.len());
    }
}
