//! More of a matrix: where its rows end, and where a filter finds few.

use super::*;

#[test]
fn more_rows_are_asked_for_where_they_end() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells: Vec<Cell> = (0..200)
        .map(|at| cell(1_000 - at, &format!("c{at}"), "w", "j", "success", -(at as i64)))
        .collect();
    let Data::Backend(mut backend) = backend_of(&cells) else {
        unreachable!()
    };
    backend.matrix.has_more = true;
    let asks_for = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Ask {
                subject: Subject::Backend,
                question,
                ..
            } => Some(question.pull_requests),
            _ => None,
        })
    };
    assert_eq!(asks_for(&asked), Some(FIRST_PULL_REQUESTS));
    let effects = answer(&mut model, asked, Ok(Data::Backend(backend.clone())));
    assert_eq!(asks_for(&effects), None);
    let asked = press(&mut model, KeyCode::End);
    assert_eq!(asks_for(&asked), Some(2 * FIRST_PULL_REQUESTS));
    assert_eq!(model.screen().list.rows(), 200, "what is there stays");
    backend.matrix.has_more = false;
    let selected = model.screen().selected_key();
    let effects = answer(&mut model, asked, Ok(Data::Backend(backend)));
    assert_eq!((asks_for(&effects), model.screen().selected_key()), (None, selected));
    assert_eq!(asks_for(&press(&mut model, KeyCode::End)), None, "that was all");
}

/// Where nothing is found the end is near however much is looked through.
#[test]
fn a_filter_looks_once_further_and_then_when_it_is_told_to() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asks_for = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Ask {
                subject: Subject::Backend,
                question,
                ..
            } => Some(question.pull_requests),
            _ => None,
        })
    };
    // So many as are asked for, and more of them.
    let answered = |model: &mut Model, asked: Vec<Effect>| {
        let number = asks_for(&asked).expect("nothing is asked") as i64;
        let cells: Vec<Cell> = (0..number)
            .map(|at| cell(9_000 - at as u64, &format!("c{at}"), "w", "j", "success", -at))
            .collect();
        let Data::Backend(mut backend) = backend_of(&cells) else {
            unreachable!()
        };
        backend.matrix.has_more = true;
        asks_for(&answer(model, asked, Ok(Data::Backend(backend))))
    };
    let asked = update(&mut model, Message::Tick(NOW));
    assert_eq!(answered(&mut model, asked), None);
    let asked = press(&mut model, KeyCode::Char('f'));
    assert_eq!(asks_for(&asked), Some(400));
    assert_eq!(
        answered(&mut model, asked),
        None,
        "nothing failed there either, and that is said"
    );
    let asked = press(&mut model, KeyCode::Char('r'));
    assert_eq!(asks_for(&asked), Some(400));
    assert_eq!(answered(&mut model, asked), None);
    let asked = press(&mut model, KeyCode::Down);
    assert_eq!(asks_for(&asked), Some(800));
    assert_eq!(answered(&mut model, asked), None);
    assert_eq!(asks_for(&press(&mut model, KeyCode::Up)), None);
    // Shown are all again: no more are asked for than are scrolled to.
    assert_eq!(asks_for(&press(&mut model, KeyCode::Char('f'))), None);
    let asked = press(&mut model, KeyCode::Char('r'));
    assert_eq!(asks_for(&asked), Some(FIRST_PULL_REQUESTS));
    assert_eq!(answered(&mut model, asked), None);
    // One that is found: on the last row, and not before, going down looks further.
    press(&mut model, KeyCode::Char('/'));
    for key in "899".chars() {
        let asked = press(&mut model, KeyCode::Char(key));
        assert_eq!(asks_for(&asked), None, "it is still being typed");
    }
    let asked = press(&mut model, KeyCode::Enter);
    assert_eq!(asks_for(&asked), Some(400), "ten rows are few");
    assert_eq!(answered(&mut model, asked), None);
    assert_eq!(asks_for(&press(&mut model, KeyCode::Down)), None);
    assert_eq!(asks_for(&press(&mut model, KeyCode::End)), None);
    assert_eq!(asks_for(&press(&mut model, KeyCode::Down)), Some(800));
}
