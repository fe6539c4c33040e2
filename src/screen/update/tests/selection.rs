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
            .map(|pr| cell(*pr, "c", "w", "j", "success", *pr as i64))
            .collect();
        Ok(backend_of(&cells))
    };
    for (moved, selected) in [(false, "3 c"), (true, "8 c")] {
        let mut model = model();
        model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
        model.screen_mut().wanted = Some("3 c".to_owned());
        let asked = update(&mut model, Message::Tick(NOW));
        answer(&mut model, asked, rows(&[9, 8]));
        assert_eq!(model.screen().selected_key().as_deref(), Some("9 c"));
        if moved {
            press(&mut model, KeyCode::Down);
        }
        press(&mut model, KeyCode::Char('r'));
        let generation = model.generation;
        let answer = rows(&[9, 8, 3, 2]).map(Answer::Screen);
        update(&mut model, Message::Answered { generation, answer });
        assert_eq!(model.screen().selected_key().as_deref(), Some(selected));
        assert_eq!(model.screen().wanted, None);
    }
}
