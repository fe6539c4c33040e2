//! What is left of a matrix: rows that failed, or changed.

use super::*;

/// A backend that has answered.
fn of_backend(cells: &[Cell]) -> Model {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, Ok(backend_of(cells)));
    model
}

#[test]
fn only_what_failed_or_changed_is_a_key_away() {
    let mut model = of_backend(&[
        cell(9, "c3", "w", "j1", "success", 9),
        cell(9, "c3", "w", "j2", "failure", 9),
        cell(8, "c2", "w", "j1", "success", 8),
        cell(8, "c2", "w", "j2", "failure", 8),
        cell(7, "c1", "w", "j1", "success", 7),
        cell(7, "c1", "w", "j2", "success", 7),
    ]);
    let shown = |model: &Model| (model.screen().list.rows(), model.screen().heads.len());
    assert_eq!(shown(&model), (3, 2));
    press(&mut model, KeyCode::Char('f'));
    assert_eq!(shown(&model), (2, 1));
    press(&mut model, KeyCode::Char('c'));
    assert_eq!(shown(&model), (1, 1));
    press(&mut model, KeyCode::Char('f'));
    assert_eq!(shown(&model), (1, 2));
    press(&mut model, KeyCode::Char('c'));
    assert_eq!(shown(&model), (3, 2));
}

/// What failed or changed in jobs that aren't seen is not what one looks for.
#[test]
fn of_some_jobs_the_failures_and_changes_are_those_that_are_seen() {
    let mut model = of_backend(&[
        cell(9, "c3", "w", "smoke", "success", 9),
        cell(9, "c3", "w", "build", "failure", 9),
        cell(8, "c2", "w", "smoke", "failure", 8),
        cell(8, "c2", "w", "build", "success", 8),
        cell(7, "c1", "w", "smoke", "failure", 7),
        cell(7, "c1", "w", "build", "failure", 7),
    ]);
    press(&mut model, KeyCode::Char('f'));
    assert_eq!(model.screen().list.rows(), 3);
    press(&mut model, KeyCode::Char('/'));
    for key in "smoke".chars() {
        press(&mut model, KeyCode::Char(key));
    }
    press(&mut model, KeyCode::Enter);
    let rows = |model: &Model| {
        (
            model.screen().list.rows(),
            model.screen().selected_key().unwrap_or_default(),
        )
    };
    assert_eq!(rows(&model), (2, "8 c2".to_owned()));
    press(&mut model, KeyCode::Char('f'));
    press(&mut model, KeyCode::Char('c'));
    assert_eq!(
        rows(&model),
        (1, "9 c3".to_owned()),
        "8 failed as 7 did, and only `build` passed after that"
    );
}

/// Unfolded, the row below is another.
#[test]
fn what_changed_is_told_against_the_row_below() {
    let mut model = of_backend(&[
        cell(7, "new", "w", "j", "success", 9),
        cell(7, "old", "w", "j", "failure", 8),
        cell(6, "other", "w", "j", "success", 7),
    ]);
    press(&mut model, KeyCode::Char('c'));
    assert_eq!(model.screen().list.rows(), 0, "both newest ones passed");
    press(&mut model, KeyCode::Char('c'));
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Char('c'));
    assert_eq!(
        model.screen().list.rows(),
        2,
        "it passed after it failed, and that after a pass"
    );
}
