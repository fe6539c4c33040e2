//! Every attempt at one job on one commit.

use oot_hud::data::Answer;
use oot_hud::data::chosen::EventView;
use oot_hud::data::text::{is_unsafe, printable};
use oot_hud::source::Subject;
use oot_hud::source::{Cell, Execution, Question};
use oot_tests::{Both, ago};
use serde_json::{Value, json};

use crate::{NONE, all_of, answer, asked, millis, moment, sha};

/// Passed, then failed, then passed: 60 to 55, 50 to 45 and 40 to 35 minutes ago.
fn three_attempts() -> Both {
    let attempt = |number: i64, conclusion: &str, own: Value| {
        let started = 70 - 10 * number;
        let mut record = json!({ "dynamoKey": format!("attempt {number}"), "run_attempt": number, "conclusion": conclusion,
            "started_at": ago(started), "completed_at": ago(started - 5), "workflow_run_url": format!("https://runs/{number}"),
            "run_id": format!("run {number}"), "check_run_id": format!("check {number}"),
            "artifact_url": format!("https://artifacts/{number}"), "environment": format!("environment {number}"),
            "total_tests": 10, "passed_tests": 10, "queue_time": number as f64 });
        record.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        record
    };
    let both = Both::new();
    both.insert(&[
        attempt(1, "success", json!({})),
        attempt(
            2,
            "failure",
            json!({ "passed_tests": 7, "failed_tests": 2, "skipped_tests": 1,
            "failed_tests_json": r#"[{"classname":"TestOps","name":"test_add","message":"1 != 2"}]"# }),
        ),
        attempt(3, "success", json!({})),
        json!({ "dynamoKey": "other job", "job_name": "k", "conclusion": "failure" }),
        json!({ "dynamoKey": "other workflow", "workflow_name": "v", "conclusion": "failure" }),
        json!({ "dynamoKey": "other commit", "pytorch_head_sha": sha('b'), "conclusion": "failure" }),
        json!({ "dynamoKey": "other repository", "downstream_repo": "c/d", "conclusion": "failure" }),
    ]);
    both
}

/// What stands for a commit is shown on a terminal, and asked for as it is shown.
#[test]
fn a_delivery_that_is_no_text_for_a_terminal_is_found_by_what_is_shown_of_it() {
    let both = Both::new();
    let unsafe_ones: String = ('\0'..=char::MAX).filter(|c| is_unsafe(*c)).collect();
    let delivery = format!("d {unsafe_ones} é😀 a\u{200c}b\u{200d}c 👩\u{200d}🔬 می\u{200c}خواهم");
    both.insert(&[json!({ "pytorch_head_sha": "", "delivery_id": delivery })]);
    let question = all_of("a/b", EventView::Pr);
    let (row, cell) = answer(&both, async |reader| {
        Ok((
            reader.rows(&question).await?.rows.remove(0),
            reader.cells(&question).await?.remove(0),
        ))
    });
    // Whether what is joined belongs together isn't asked of what is no prose.
    assert_eq!(row.commit, printable(&delivery.replace(['\u{200c}', '\u{200d}'], "�")));
    assert_eq!(row.commit, printable(&row.commit));
    assert_eq!(cell.commit, row.commit);
    let execution = Execution {
        repo: "a/b".to_owned(),
        commit: row.commit,
        job: cell.job_id,
    };
    let question = Question {
        execution: Some(execution),
        ..question
    };
    let attempts = answer(&both, async |reader| reader.attempts(&question).await);
    assert_eq!(attempts.len(), 1);
}

/// That job on that commit, asked for by a name in another case, as of so many minutes ago.
fn question(both: &Both, as_of: Option<i64>) -> Question {
    let of_backend = all_of("a/b", EventView::Pr);
    let cells = answer(both, async |reader| reader.cells(&of_backend).await);
    let job = cells
        .iter()
        .find(|cell| cell.job_name == "j" && cell.workflow_name == "w")
        .unwrap();
    Question {
        until: as_of.map(millis),
        execution: Some(Execution {
            repo: "A/B".to_owned(),
            commit: sha('a'),
            job: job.job_id,
        }),
        ..Question::of_all(millis(as_of.unwrap_or(0)), EventView::All)
    }
}

fn attempts(both: &Both, as_of: Option<i64>) -> Vec<Cell> {
    let question = question(both, as_of);
    answer(both, async |reader| reader.attempts(&question).await)
}

fn keys(cells: &[Cell]) -> Vec<&str> {
    cells.iter().map(|cell| cell.dynamoKey.as_str()).collect()
}

#[test]
fn the_attempt_that_counts_comes_first_and_no_other_job_is_there() {
    let cells = attempts(&three_attempts(), None);
    assert_eq!(keys(&cells), ["attempt 3", "attempt 2", "attempt 1"]);
    assert!(cells.iter().all(|cell| cell.attempts == 3 && cell.ended));
}

#[test]
fn flaky_is_who_passed_after_failing_not_before() {
    let cells = attempts(&three_attempts(), None);
    let verdicts: Vec<_> = cells.iter().map(|cell| (cell.verdict.as_str(), cell.flaky)).collect();
    assert_eq!(verdicts, [("success", true), ("failure", false), ("success", false)]);
}

/// Of an attempt those before it; of a result, in its line, all of the others.
#[test]
fn how_often_a_job_passed_and_failed_before_is_counted() {
    let both = three_attempts();
    let before = |cells: &[Cell]| {
        let before = cells.iter().map(|cell| (cell.passed_before, cell.failed_before));
        before.collect::<Vec<_>>()
    };
    assert_eq!(before(&attempts(&both, None)), [(1, 1), (1, 0), (0, 0)]);
    let question = Question {
        until: Some(millis(46)),
        ..all_of("a/b", EventView::Pr)
    };
    let cells = answer(&both, async |reader| reader.cells(&question).await);
    let running: Vec<Cell> = cells.into_iter().filter(|cell| cell.attempts > 1).collect();
    assert_eq!(before(&running), [(1, 0)], "the second one still runs");
}

#[test]
fn an_attempt_comes_with_its_figures_its_failed_tests_and_its_links() {
    let cells = attempts(&three_attempts(), None);
    let it = &cells[1];
    assert_eq!(
        [
            &it.workflow_run_url,
            &it.run_id,
            &it.check_run_id,
            &it.artifact_url,
            &it.environment
        ],
        [
            "https://runs/2",
            "run 2",
            "check 2",
            "https://artifacts/2",
            "environment 2"
        ]
    );
    assert_eq!(
        [it.total_tests, it.passed_tests, it.failed_tests, it.skipped_tests],
        [10, 7, 2, 1]
    );
    assert!(it.failed_tests_json.contains("test_add"), "{}", it.failed_tests_json);
    assert_eq!(
        (it.started, it.completed, it.belongs),
        (Some(moment(50)), Some(moment(45)), moment(50))
    );
    assert_eq!(
        (it.duration, it.queue_time, it.run_attempt),
        (Some(300.0), Some(2.0), 2)
    );
    assert_eq!((it.pr_number, it.commit.as_str()), (7, sha('a').as_str()));
}

#[test]
fn as_of_a_moment_what_ended_later_still_runs_and_tells_nothing_of_its_end() {
    let both = three_attempts();
    for (as_of, ended) in [(36, false), (35, true)] {
        let cells = attempts(&both, Some(as_of));
        assert_eq!(keys(&cells), ["attempt 3", "attempt 2", "attempt 1"], "{as_of}");
        let it = &cells[0];
        assert_eq!((it.ended, it.flaky), (ended, ended), "{as_of}");
        let expected = match ended {
            false => ("running", "", None, None, 0, ""),
            true => (
                "success",
                "success",
                Some(moment(35)),
                Some(300.0),
                10,
                "https://artifacts/3",
            ),
        };
        let told = (
            it.verdict.as_str(),
            it.conclusion.as_str(),
            it.completed,
            it.duration,
            it.total_tests,
            it.artifact_url.as_str(),
        );
        assert_eq!(told, expected, "{as_of}");
        assert_eq!(it.workflow_run_url, "https://runs/3", "where it runs is known before");
    }
}

#[test]
fn as_of_a_moment_what_began_later_is_not_there() {
    let both = three_attempts();
    assert_eq!(attempts(&both, Some(40)).len(), 3);
    let cells = attempts(&both, Some(41));
    assert_eq!(keys(&cells), ["attempt 2", "attempt 1"]);
    assert!(cells.iter().all(|cell| cell.attempts == 2));
    assert_eq!(attempts(&both, Some(61)), []);
}

#[test]
fn the_screen_names_the_failed_tests_of_the_attempt_that_counts() {
    let both = three_attempts();
    let failed = |as_of| {
        let question = question(&both, as_of);
        answer(&both, async |reader| {
            let Answer::Attempts(attempts) = asked(reader, Subject::Attempts, &question).await? else {
                panic!("another screen");
            };
            let names = attempts
                .failed_tests(0)
                .iter()
                .map(|test| format!("{} {}", test.name, test.message));
            Ok(names.collect::<Vec<_>>())
        })
    };
    assert_eq!(failed(None), [""; 0]);
    assert_eq!(failed(Some(41)), ["TestOps::test_add 1 != 2"]);
    assert_eq!(failed(Some(46)), [""; 0], "it runs");
}

/// An attempt of the same number: what has ended counts before what runs, then the later start.
#[test]
fn attempts_of_one_number_stand_in_the_order_of_the_rule() {
    let both = Both::new();
    both.insert(&[
        json!({ "dynamoKey": "runs", "status": "in_progress", "conclusion": "", "started_at": ago(5), "completed_at": NONE }),
        json!({ "dynamoKey": "no start", "started_at": NONE }),
        json!({ "dynamoKey": "earlier", "started_at": ago(30), "completed_at": ago(10) }),
        json!({ "dynamoKey": "later", "started_at": ago(20), "completed_at": ago(10), "conclusion": "failure" }),
    ]);
    let cells = attempts(&both, None);
    assert_eq!(keys(&cells), ["later", "earlier", "no start", "runs"]);
}
