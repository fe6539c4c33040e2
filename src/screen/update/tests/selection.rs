//! The selected row: it stays the same one, wherever it moves.

use super::*;
use crate::data::pipeline::Row;

#[test]
fn the_selection_stays_with_its_row_when_that_moves() {
    let mut model = loaded();
    assert_eq!(model.screen().selected_key().as_deref(), Some("b/bad"));
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(
        &mut model,
        asked,
        summary(&[("a/good", 1, 9), ("b/bad", 9, 0), ("c/worst", 0, 9)]),
    );
    assert_eq!(model.screen().selected_key().as_deref(), Some("b/bad"));
    assert_eq!(model.screen().list.selected_line(), 3);
}

/// Troubles stand above it, and come and go.
#[test]
fn the_selection_of_the_pipeline_stays_with_its_shard() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Pipeline)];
    let pipeline = |troubles: serde_json::Value, shards: &[&str]| {
        let positions: Vec<_> = shards
            .iter()
            .map(|shard| serde_json::json!({ "shard": shard }))
            .collect();
        let status = serde_json::json!({ "troubles": troubles, "replication": { "positions": positions } });
        let daemons = vec![crate::data::pipeline::tests::daemon(status)];
        Ok(Data::Pipeline(crate::data::pipeline::Pipeline { daemons }))
    };
    let selected = |model: &Model| model.screen().pipeline_rows[model.screen().list.selected().unwrap()];
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, pipeline(serde_json::json!([]), &["1", "2"]));
    press(&mut model, KeyCode::Char('G'));
    assert_eq!(selected(&model), Row::Position(0, 1));
    let asked = press(&mut model, KeyCode::Char('r'));
    let trouble = serde_json::json!([{ "source": "ClickHouse", "what": "no answer" }]);
    answer(&mut model, asked, pipeline(trouble, &["0", "1", "2", "3"]));
    assert_eq!(selected(&model), Row::Position(0, 2));
}

/// A row that comes with a later answer, as one beyond those that are asked for at first.
#[test]
fn a_row_that_is_wanted_is_selected_when_it_comes_unless_one_moved() {
    let rows = |prs: &[u64]| {
        let cells: Vec<Cell> = prs
            .iter()
            .map(|pr| cell(*pr, "c", "w", "j", "failure", *pr as i64))
            .collect();
        Ok(backend_of(&cells))
    };
    for (moved, selected) in [
        (None, "3 c"),
        (Some(KeyCode::Down), "8 c"),
        (Some(KeyCode::Char('n')), "8 c"),
    ] {
        let mut model = model();
        model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
        model.screen_mut().wanted = Some("3 c".to_owned());
        let asked = update(&mut model, Message::Tick(NOW));
        answer(&mut model, asked, rows(&[9, 8]));
        assert_eq!(model.screen().selected_key().as_deref(), Some("9 c"));
        if let Some(key) = moved {
            press(&mut model, key);
        }
        press(&mut model, KeyCode::Char('r'));
        let generation = model.generation;
        let answer = rows(&[9, 8, 3, 2]).map(Answer::from);
        update(&mut model, Message::Answered { generation, answer });
        assert_eq!(model.screen().selected_key().as_deref(), Some(selected));
        assert_eq!(model.screen().wanted, None);
    }
}

/// Failures stand first in a backend's box: with a job below them selected they are seen all the same, where they fit.
#[test]
fn a_pull_request_opens_with_the_heading_over_the_selected_job() {
    let jobs = |commit: &'static str| {
        (0..10).map(move |number| {
            let verdict = if number < 3 { "failure" } else { "success" };
            cell(7, commit, "w", &format!("j{number}"), verdict, 9)
        })
    };
    let mut cells: Vec<_> = jobs("c2").chain(jobs("c1")).collect();
    let others = (0..20).map(|number| crate::source::Cell {
        downstream_repo: "z/other".to_owned(),
        ..cell(7, "c2", "w", &format!("other{number}"), "success", 9)
    });
    cells.extend(others);
    let mut model = model();
    model.size = (80, 24);
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, Ok(backend_of(&cells[..20])));
    for _ in 0..9 {
        press(&mut model, KeyCode::Right);
    }
    let asked = press(&mut model, KeyCode::Enter);
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    let seen = |model: &Model| {
        let list = &model.screen().list;
        let (height, selected) = (view::page(model) + 1, model.screen().selected_key().unwrap_or_default());
        (list.window(height).start, selected.ends_with("\nj9"))
    };
    assert_eq!(seen(&model), (0, true));
    press(&mut model, KeyCode::Char('['));
    press(&mut model, KeyCode::Char(']'));
    assert_eq!(seen(&model), (0, true), "and another commit of it");
}

/// Who looks for something and thinks better of it is where they were: on the row, and in a matrix in the column.
#[test]
fn what_a_filter_hid_is_selected_again_when_it_is_taken_back() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells: Vec<Cell> = (1..=9)
        .flat_map(|pr| ["build", "lint", "unit"].map(|job| cell(pr, "c", "w", job, "success", pr as i64)))
        .collect();
    answer(&mut model, asked, Ok(backend_of(&cells)));
    for key in [KeyCode::Down, KeyCode::Down, KeyCode::Right, KeyCode::Right] {
        press(&mut model, key);
    }
    let selected = |model: &Model| (model.screen().selected_key().unwrap_or_default(), model.screen().column);
    assert_eq!(selected(&model), ("7 c".to_owned(), 2));
    for filter in ["/%pr 3", "/lint", "/nonsense"] {
        type_in(&mut model, filter);
        assert_ne!(selected(&model), ("7 c".to_owned(), 2), "{filter}");
        press(&mut model, KeyCode::Esc);
        assert_eq!(selected(&model), ("7 c".to_owned(), 2), "{filter}");
    }
    // What passes it, and was gone to since, is meant.
    type_in(&mut model, "/%pr 3");
    press(&mut model, KeyCode::Enter);
    press(&mut model, KeyCode::Esc);
    assert_eq!(selected(&model), ("3 c".to_owned(), 2));
    type_in(&mut model, "/un");
    let wheel = MouseEvent {
        kind: MouseEventKind::ScrollDown,
        column: 9,
        row: 9,
        modifiers: KeyModifiers::NONE,
    };
    update(&mut model, Message::Mouse(wheel));
    press(&mut model, KeyCode::Esc);
    assert_eq!(selected(&model), ("2 c".to_owned(), 2));
}
