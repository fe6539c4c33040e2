//! A pull request's results with their earlier attempts.

use super::*;

/// So many attempts at a result, the newest first; each has its own test that failed.
fn attempts_of(cell: &Cell, count: u32) -> Vec<Cell> {
    let attempt = |number: u32| Cell {
        dynamoKey: format!("{} {number}", cell.dynamoKey),
        run_attempt: number,
        attempts: u64::from(count),
        verdict: ["failure", "timed_out"][number as usize % 2].to_owned(),
        failed_tests: u64::from(number),
        duration: Some(600.0 * f64::from(number)),
        completed: Some(NOW - i64::from(count + 1 - number) * 4_000 * SECOND),
        workflow_run_url: format!("https://example.org/runs/{number}"),
        failed_tests_json: format!(
            r#"[{{"name":"test_{number}","classname":"TestOps","message":"attempt {number} failed"}}]"#
        ),
        ..cell.clone()
    };
    (1..=count).rev().map(attempt).collect()
}

/// An attempt stands under its result, and the detail tells of the one that is selected.
#[test]
fn a_pull_request_with_attempts_unfolded() {
    let mut cells = cells();
    let several = attempts_of(&cells[1], 3);
    cells[1] = several[0].clone();
    let mut model = showing(
        Place::PullRequest(179_600),
        Ok(Data::PullRequest(PullRequest::new(cells))),
    );
    let footer = |model: &mut Model| drawn(model, 120, 40).lines().last().unwrap_or_default().to_owned();
    assert!(footer(&mut model).contains("Space attempts"));
    let screen = model.screen_mut();
    let execution = screen.selected_execution().unwrap();
    screen.looked.unfold(execution.clone(), NOW);
    screen.looked.due(Some(execution.clone()), NOW);
    screen.looked.asked(&execution, NOW, 2);
    let row = |model: &mut Model, job: &str| {
        let text = drawn(model, 120, 40);
        let line = text.lines().skip(4).find(|line| line.contains(job));
        line.unwrap_or_default().to_owned()
    };
    let line = row(&mut model, "ops-shard-1");
    assert!(line.contains("attempt 3 · loading …"), "{line}");
    let screen = model.screen_mut();
    screen.looked.answered(2, Err("gone".to_owned()), NOW);
    let line = row(&mut model, "ops-shard-1");
    assert!(line.contains("attempt 3 · no answer"), "{line}");
    assert!(drawn(&mut model, 120, 40).contains("\" gone "), "the detail says why");
    let screen = model.screen_mut();
    screen.looked.asked(&execution, NOW, 3);
    screen.looked.answered(3, Ok(Attempts::new(several)), NOW);
    screen.arrange(None, NOW);
    insta::assert_snapshot!("attempts_of_a_result_120x40", drawn(&mut model, 120, 40));
    model.screen_mut().list.step(2);
    insta::assert_snapshot!("attempts_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("attempts_80x24", drawn(&mut model, 80, 24));
    model.screen_mut().list.last();
    assert!(!footer(&mut model).contains("attempts"), "it ran once");
}

/// A failure that passed before is a flake, and one that failed before is none: that is seen without unfolding.
#[test]
fn a_result_that_ran_again_says_how_it_ended_before() {
    for (run_attempt, [passed_before, failed_before], said) in [
        (1, [1, 0], "· ran 2 times, passed before "),
        (1, [0, 0], "· ran 2 times "),
        (2, [0, 1], "· attempt 2, failed before "),
    ] {
        let mut cells = cells();
        cells[1] = Cell {
            attempts: 2,
            run_attempt,
            passed_before,
            failed_before,
            ..cells[1].clone()
        };
        let data = Data::PullRequest(PullRequest::new(cells));
        let mut model = showing(Place::PullRequest(179_600), Ok(data));
        let text = drawn(&mut model, 120, 40);
        assert!(text.contains(said), "{said} in {text}");
    }
}

/// Each delivery that dispatches a commit counts its attempts from 1: when they started tells them apart.
#[test]
fn attempts_of_the_same_number_are_told_apart_by_when_they_started() {
    let mut cells = cells();
    let mut several = attempts_of(&cells[1], 2);
    several[0].run_attempt = 1;
    several[1].belongs = NOW - 172_800 * SECOND;
    (several[0].belongs, several[1].verdict) = (NOW - 7_200 * SECOND, "success".to_owned());
    cells[1] = several[0].clone();
    let mut model = showing(
        Place::PullRequest(179_600),
        Ok(Data::PullRequest(PullRequest::new(cells))),
    );
    let text = drawn(&mut model, 120, 40);
    assert!(text.contains(" failed · ran 2 times"), "{text}");
    let screen = model.screen_mut();
    let execution = screen.selected_execution().unwrap();
    screen.looked.unfold(execution.clone(), NOW);
    screen.looked.due(Some(execution.clone()), NOW);
    screen.looked.asked(&execution, NOW, 2);
    screen.looked.answered(2, Ok(Attempts::new(several)), NOW);
    screen.arrange(None, NOW);
    let text = drawn(&mut model, 120, 40);
    for said in [
        "attempt 1 at 09-21 12:13 (1 at 09-19 14:13: O)",
        "attempt 1 at 09-19 14:13   O ",
        "started 09-19 14:13 · ended",
    ] {
        assert!(text.contains(said), "{said} in {text}");
    }
    model.screen_mut().list.step(1);
    let text = drawn(&mut model, 120, 40);
    let said = "attempt 1 at 09-19 14:13, attempt 1 at 09-21 12:13 counts";
    assert!(text.contains(said), "{text}");
}

/// Where nothing is cut: names and conclusions are as long as a backend makes them, and an error is as long as it is.
#[test]
fn the_detail_in_full_cuts_nothing_that_is_wider_than_it() {
    let long = |word: &str| [word; 12].join("-");
    let word = format!("{} end", [long("odd").as_str(); 4].join(" "));
    let mut cells = cells();
    (cells[1].job_name, cells[1].workflow_name) = (long("torchbench"), long("workflow"));
    (cells[1].verdict, cells[1].conclusion) = ("other".to_owned(), word.clone());
    let (job, workflow) = (cells[1].job_name.clone(), cells[1].workflow_name.clone());
    cells.swap(0, 1);
    let data = Data::PullRequest(PullRequest::new(cells));
    let mut model = showing(Place::PullRequest(179_600), Ok(data));
    while model.screen().selected_cell().is_some_and(|cell| cell.job_name != job) {
        model.screen_mut().list.step(1);
    }
    let screen = model.screen_mut();
    let execution = screen.selected_execution().unwrap();
    screen.looked.unfold(execution.clone(), NOW);
    screen.looked.due(Some(execution.clone()), NOW);
    screen.looked.asked(&execution, NOW, 2);
    let error = "ClickHouse at http://127.0.0.1:8154 has no answer: ".repeat(4) + "what to do about it";
    screen.looked.answered(2, Err(error.clone()), NOW);
    model.detail = Some(0);
    for columns in [80, 160] {
        let text = drawn(&mut model, columns, 44);
        let inside = text.lines().filter_map(|line| line.split('│').nth(1));
        let seen: String = inside.flat_map(str::split_whitespace).collect();
        for whole in [&job, &workflow, &word, &error] {
            let whole: String = whole.split_whitespace().collect();
            assert!(seen.contains(&whole), "{whole} in {text}");
        }
    }
}

/// While ClickHouse is away neither the screen nor what is selected has an answer, for one reason.
#[test]
fn an_error_is_said_once_below_a_screen() {
    let data = Data::PullRequest(PullRequest::new(cells()));
    for place in [
        Place::Backend("apple/mps-backend".to_owned()),
        Place::PullRequest(179_600),
    ] {
        let data = match place {
            Place::Backend(_) => backend_of(&cells()),
            _ => data.clone(),
        };
        let mut model = showing(place, Ok(data));
        let screen = model.screen_mut();
        let execution = screen.selected_execution().unwrap();
        screen.looked.due(Some(execution.clone()), NOW);
        screen.looked.asked(&execution, NOW, 2);
        screen.looked.answered(2, Err("refused".to_owned()), NOW);
        let said = |model: &mut Model| drawn(model, 120, 40).matches("refused").count();
        assert_eq!(said(&mut model), 1, "the screen itself has one");
        let screen = model.screen_mut();
        screen.slot.asked(NOW, 3);
        screen.slot.answered(Err("refused".to_owned()), NOW, None);
        assert_eq!(said(&mut model), 1);
        assert!(drawn(&mut model, 120, 40).contains("\" no answer "));
        model.notice = Some("copied".to_owned());
        assert_eq!(said(&mut model), 1, "a notice is in the footer's place");
    }
}
