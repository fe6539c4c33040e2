//! The detail of the selected result.

use super::*;

/// A pull request with a failure, whose tests take more lines than a screen has.
fn failing() -> Model {
    let mut model = model();
    model.size = (80, 24);
    model.screens = vec![
        Screen::new(Place::Backend("a/b".to_owned())),
        Screen::new(Place::PullRequest(7)),
    ];
    let asked = update(&mut model, Message::Tick(NOW));
    let failed = Cell {
        workflow_run_url: "https://github.com/a/b/actions/runs/7".to_owned(),
        ..cell(7, "c2", "w", "j", "failure", 8)
    };
    let cells = vec![failed.clone(), cell(7, "c2", "w", "k", "success", 8)];
    let asked = answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    let stack = "at\\n".repeat(100);
    let tests = format!(r#"[{{"name":"test_add","message":"differs","stacktrace":"{stack}"}}]"#);
    let attempts = Attempts::new(vec![Cell {
        failed_tests_json: tests,
        ..failed
    }]);
    answer(&mut model, asked, Ok(attempts));
    model
}

#[test]
fn the_detail_opens_scrolls_to_its_end_and_closes_and_the_screen_stands_still() {
    for opens in [KeyCode::Char('d'), KeyCode::Enter] {
        for closes in [KeyCode::Char('d'), KeyCode::Esc, KeyCode::Char('q'), KeyCode::Enter] {
            let mut model = failing();
            let selected = model.screen().list.selected_line();
            press(&mut model, opens);
            assert_eq!(model.detail, Some(0));
            press(&mut model, KeyCode::Char('j'));
            press(&mut model, KeyCode::PageDown);
            assert_eq!(model.detail, Some(11));
            press(&mut model, KeyCode::Char('G'));
            let most = view::scroll_max(&model);
            assert!(most > 80 && model.detail == Some(most), "{most} {:?}", model.detail);
            press(&mut model, KeyCode::Down);
            assert_eq!(model.detail, Some(most));
            press(&mut model, KeyCode::Char('g'));
            assert_eq!(model.detail, Some(0));
            press(&mut model, closes);
            assert_eq!((model.detail, model.quit, model.screens.len()), (None, false, 2));
            assert_eq!(model.screen().list.selected_line(), selected);
        }
    }
}

#[test]
fn what_is_seen_in_the_detail_is_opened_and_copied() {
    let mut model = failing();
    press(&mut model, KeyCode::Char('d'));
    let url = "https://github.com/a/b/actions/runs/7".to_owned();
    for (key, errand) in [('o', Errand::Open(url.clone())), ('y', Errand::Copy(url))] {
        assert_eq!(press(&mut model, KeyCode::Char(key)), [Effect::Do(errand)]);
    }
    assert!(matches!(
        press(&mut model, KeyCode::Char('Y')).as_slice(),
        [Effect::Do(Errand::Copy(_))]
    ));
    assert_eq!(model.detail, Some(0));
}

#[test]
fn where_nothing_was_reported_there_is_no_detail() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = [
        cell(9, "c9", "w", "j", "success", 9),
        cell(7, "c7", "w", "k", "success", 8),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    // The newest row has no result of the second job.
    press(&mut model, KeyCode::Char('l'));
    for key in ['d', 'Y', 'a'] {
        press(&mut model, KeyCode::Char(key));
        assert_eq!(model.notice.as_deref(), Some("no result here"), "{key}");
        assert_eq!(model.detail, None);
    }
}

/// Another result under the same frame would be taken for the one that was opened.
#[test]
fn the_detail_stays_with_its_result_and_closes_where_that_is_gone() {
    let mut model = failing();
    press(&mut model, KeyCode::Char('d'));
    let of = |jobs: &[&str]| {
        let cells = jobs.iter().map(|job| cell(7, "c2", "w", job, "failure", 8));
        Ok(Data::PullRequest(PullRequest::new(cells.collect())))
    };
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, of(&["a", "j", "k"]));
    assert_eq!((model.detail, &model.notice), (Some(0), &None));
    let asked = press(&mut model, KeyCode::Char('r'));
    // What is known of the result is on its way as well.
    answer(&mut model, asked[..1].to_vec(), of(&["a", "k"]));
    assert_eq!(model.detail, None);
    assert!(model.notice.is_some());
    press(&mut model, KeyCode::Char('j'));
    assert_eq!(model.screens.len(), 2, "keys are the screen's own again");
}

#[test]
fn what_is_open_takes_its_own_keys_and_says_so_of_all_others() {
    let mut model = failing();
    press(&mut model, KeyCode::Char('d'));
    press(&mut model, KeyCode::Char('/'));
    assert_eq!(model.notice.as_deref(), Some("/ (filter) does nothing here"));
    assert!(model.typing.is_none());
    // The help lies over it, and leads back to it.
    press(&mut model, KeyCode::Char('?'));
    assert_eq!((model.cover(), &model.notice), (Some(Cover::Help), &None));
    press(&mut model, KeyCode::Char('d'));
    assert_eq!(model.notice.as_deref(), Some("d (detail) does nothing here"));
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.cover(), Some(Cover::Detail));
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.cover(), model.screens.len()), (None, 2));
}
