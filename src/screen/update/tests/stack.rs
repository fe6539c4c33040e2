//! The screens behind the one that is seen.

use super::*;
use crate::data::figures::DAY;
use crate::data::matrix::tests::usual;
use crate::data::trend::Trends;

fn places(model: &Model) -> Vec<String> {
    model.screens.iter().map(|screen| screen.place.command()).collect()
}

fn trends_of(job: &str) -> Result<Data, String> {
    let jobs = vec![usual("A/b", job, 1, 9)];
    Ok(Data::Trends(Trends::new(Vec::new(), jobs, NOW - 2 * DAY, NOW, false)))
}

/// Esc would seem not to work.
#[test]
fn a_key_that_opens_the_screen_behind_goes_back_to_it() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = ["j1", "j2"].map(|job| cell(7, "c", "w", job, "failure", 9));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let asked = press(&mut model, KeyCode::Char('T'));
    assert_eq!(places(&model), ["backend a/b", "trends a/b"]);
    answer(&mut model, asked, trends_of("j2"));
    press(&mut model, KeyCode::Enter);
    assert_eq!(places(&model), ["backend a/b"], "its name in another case is no other");
    assert_eq!(model.screen().column, 1, "on the job that was selected");

    let asked = press(&mut model, KeyCode::Char('i'));
    answer(&mut model, asked, Ok(Data::Pipeline(Default::default())));
    go(&mut model, "trends");
    assert_eq!(places(&model), ["backend a/b", "pipeline", "trends"]);
    press(&mut model, KeyCode::Char('i'));
    assert_eq!(places(&model), ["backend a/b", "pipeline"]);
    press(&mut model, KeyCode::Char('i'));
    assert_eq!(places(&model), ["backend a/b"], "what is shown closes");
}

/// It went in for the job: what was narrowed before would hide it.
#[test]
fn a_job_that_a_filter_hides_is_shown_when_it_is_gone_back_to() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = ["j1", "j2"].map(|job| cell(7, "c", "w", job, "failure", 9));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let missed = Some("no results of j3 in this view and range");
    for (job, column, filter, notice) in [("j3", 0, "j1", missed), ("j1", 0, "j1", None), ("j2", 1, "", None)] {
        press(&mut model, KeyCode::Char('/'));
        press(&mut model, KeyCode::Char('j'));
        press(&mut model, KeyCode::Char('1'));
        press(&mut model, KeyCode::Enter);
        let asked = press(&mut model, KeyCode::Char('T'));
        answer(&mut model, asked, trends_of(job));
        press(&mut model, KeyCode::Enter);
        let screen = model.screen();
        assert_eq!((screen.column, screen.filter.as_str()), (column, filter));
        assert_eq!(model.notice.as_deref(), notice);
        press(&mut model, KeyCode::Esc);
    }
}

#[test]
fn a_pull_request_that_is_gone_back_to_shows_the_commit_that_was_selected() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::PullRequest(7))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = vec![
        cell(7, "c2", "w", "j", "success", 9),
        cell(7, "c1", "w", "j", "failure", 8),
    ];
    answer(
        &mut model,
        asked,
        Ok(Data::PullRequest(PullRequest::new(cells.clone()))),
    );
    let asked = go(&mut model, "repo a/b");
    answer(&mut model, asked, Ok(backend_of(&cells)));
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Enter);
    assert_eq!(places(&model), ["pr 7"]);
    assert_eq!(model.screen().shown_commit(), Some(1));
    assert!(model.screen().selected_key().unwrap().starts_with("c1\n"));
}
