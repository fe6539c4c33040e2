//! Shards of a matrix that unfold.

use super::*;

#[test]
fn shards_unfold_and_fold_and_the_selected_job_stays() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let mut cells = vec![
        cell(7, "c", "w", "build", "success", 9),
        cell(7, "c", "w", "unit", "success", 9),
    ];
    cells.extend((1..=4).map(|shard| cell(7, "c", "w", &format!("ops-{shard}"), "success", 8)));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let labels = |model: &Model| {
        model
            .screen()
            .heads
            .iter()
            .map(|head| head.label.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(&model), ["build", "ops 1…4", "unit"]);
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(labels(&model).len(), 3, "a job by itself has nothing to unfold");
    press(&mut model, KeyCode::Right);
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(labels(&model)[1..5], ["ops-1", "ops-2", "ops-3", "ops-4"]);
    press(&mut model, KeyCode::Right);
    // Another job before it moves the column, not the selection.
    cells.push(cell(7, "c", "w", "a-new-one", "success", 7));
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let screen = model.screen();
    assert_eq!(screen.heads[screen.column].label, "ops-2");
    press(&mut model, KeyCode::Char('x'));
    let screen = model.screen();
    assert_eq!(screen.heads[screen.column].label, "ops 1…4");
}

/// It is the one that was shown: who unfolds a failure wants to see it, not the first of its siblings.
#[test]
fn of_shards_that_unfold_the_worst_is_selected() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let verdicts = ["success", "success", "failure", "success"];
    let cells: Vec<_> = (1..)
        .zip(verdicts)
        .map(|(shard, verdict)| cell(7, "c", "w", &format!("ops-{shard}"), verdict, 9))
        .collect();
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let selected = |model: &mut Model| {
        press(model, KeyCode::Char('x'));
        let screen = model.screen();
        screen.heads[screen.column].label.clone()
    };
    assert_eq!([0; 3].map(|_| selected(&mut model)), ["ops-3", "ops 1…4", "ops-3"]);
}
