//! The mouse, for those who want it.

use ratatui::layout::Position;

use super::*;

fn mouse(model: &mut Model, kind: MouseEventKind, column: u16, row: u16) -> Vec<Effect> {
    let modifiers = KeyModifiers::NONE;
    update(
        model,
        Message::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers,
        }),
    )
}

fn click(model: &mut Model, column: u16, row: u16) -> Vec<Effect> {
    mouse(model, MouseEventKind::Down(MouseButton::Left), column, row)
}

/// A summary of many, which scrolls.
fn many() -> Model {
    let mut model = model();
    model.size = (80, 24);
    let asked = update(&mut model, Message::Tick(NOW));
    let rows = (0..60).map(|number| backend(&format!("a/b{number:02}"), number, 60 - number));
    let data = Data::Summary {
        rows: rows.collect(),
        relay: Some(Vec::new()),
        relay_nightly: Some(Vec::new()),
        before: None,
        missing: crate::data::missing::Missing::default(),
    };
    answer(&mut model, asked, Ok(data));
    model
}

#[test]
fn the_mouse_is_asked_for_and_given_back_by_a_key() {
    let mut model = loaded();
    assert_eq!(press(&mut model, KeyCode::Char('m')), [Effect::Mouse(true)]);
    assert!(model.mouse && model.notice.is_some());
    assert_eq!(press(&mut model, KeyCode::Char('m')), [Effect::Mouse(false)]);
    assert!(!model.mouse);
}

#[test]
fn a_click_selects_the_row_under_it_and_a_second_one_opens_it() {
    let mut model = many();
    press(&mut model, KeyCode::End);
    press(&mut model, KeyCode::PageUp);
    let before = model.screen().selected_key();
    // Header, overview and heads take four lines.
    click(&mut model, 10, 6);
    let clicked = model.screen().selected_key();
    assert!(clicked.is_some() && clicked != before);
    assert_eq!(
        (click(&mut model, 10, 1), model.screen().selected_key()),
        (Vec::new(), clicked.clone())
    );
    let asked = click(&mut model, 10, 6);
    assert!(
        matches!(&asked[0], Effect::Ask { question, .. } if Some(&question.repo) == clicked.as_ref()),
        "it stood still under the mouse: {asked:?}"
    );
}

#[test]
fn the_wheel_moves_the_selection_and_what_is_open_over_it() {
    let mut model = many();
    let line = model.screen().list.selected_line();
    mouse(&mut model, MouseEventKind::ScrollDown, 0, 0);
    mouse(&mut model, MouseEventKind::ScrollDown, 0, 0);
    mouse(&mut model, MouseEventKind::ScrollUp, 0, 0);
    assert_eq!(model.screen().list.selected_line(), line + 1);
    press(&mut model, KeyCode::Char('?'));
    mouse(&mut model, MouseEventKind::ScrollDown, 0, 0);
    assert_eq!((model.help_scroll, model.screen().list.selected_line()), (1, line + 1));
    click(&mut model, 10, 6);
    assert_eq!(model.screen().list.selected_line(), line + 1, "the help covers it");
    press(&mut model, KeyCode::Esc);
    press_control(&mut model, 'p');
    mouse(&mut model, MouseEventKind::ScrollDown, 0, 0);
    assert_eq!(
        model.palette.as_ref().map(|palette| palette.list.selected_line()),
        Some(1)
    );
}

#[test]
fn a_click_on_the_head_of_a_column_sorts_by_it_and_a_second_one_reverses() {
    let mut model = many();
    // Header and overview take three lines; the names have the first columns.
    let sorted = |model: &mut Model, column| {
        click(model, column, 3);
        let sort = model.screen().sort;
        (sort.column, sort.reversed)
    };
    let names = crate::data::summary::columns::COLUMNS.len();
    assert_eq!(sorted(&mut model, 6), (names, false));
    assert_eq!(sorted(&mut model, 6), (names, true));
    model.screen_mut().list.first();
    assert_eq!(model.screen().selected_key().as_deref(), Some("a/b59"));
    let (last, reversed) = sorted(&mut model, 78);
    assert!(last != names && !reversed);
}

#[test]
fn a_mouse_that_only_moves_draws_nothing() {
    let mut model = many();
    model.dirty = false;
    mouse(&mut model, MouseEventKind::Moved, 10, 6);
    assert!(!model.dirty);
}

#[test]
fn a_click_in_a_matrix_selects_the_job_as_well() {
    let mut model = model();
    model.size = (80, 24);
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = [(8, "c2"), (7, "c1")]
        .into_iter()
        .flat_map(|(pr, commit)| ["build", "lint", "unit"].map(|job| cell(pr, commit, "w", job, "success", 9)));
    answer(&mut model, asked, Ok(backend_of(&cells.collect::<Vec<_>>())));
    // Behind what names the row, a column is its label and two blanks; rows begin under header, overview and heads.
    let (first, lint) = (4, 33 + "build  ".len() as u16);
    click(&mut model, lint, first + 1);
    assert_eq!((model.screen().list.selected(), model.screen().column), (Some(1), 1));
    click(&mut model, lint + 6, first + 1);
    assert_eq!(
        (model.screen().column, model.screens.len()),
        (2, 1),
        "another job is another thing"
    );
    click(&mut model, 3, first);
    assert_eq!((model.screen().list.selected(), model.screen().column), (Some(0), 2));
    click(&mut model, lint + 6, first);
    assert_eq!(model.screen().place, Place::PullRequest(8));
}

/// Where not all jobs have room the column that is clicked stays where it is, so that a second click opens it.
#[test]
fn a_click_in_a_wide_matrix_moves_nothing() {
    let mut model = model();
    model.size = (80, 24);
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let jobs = (0..60).map(|at| {
        format!(
            "{}x",
            char::from(b'a' + at % 26).to_string().repeat(1 + usize::from(at) / 26)
        )
    });
    let cells: Vec<Cell> = jobs.map(|job| cell(8, "c2", "w", &job, "success", 9)).collect();
    answer(&mut model, asked, Ok(backend_of(&cells)));
    for _ in 0..59 {
        press(&mut model, KeyCode::Right);
    }
    let row = (3..20)
        .find(|row| {
            matches!(
                view::target(&model, Position::new(50, *row)),
                Some(view::Target::Row { .. })
            )
        })
        .unwrap();
    let head = |model: &Model| match view::target(model, Position::new(50, row)) {
        Some(view::Target::Row { head, .. }) => head,
        _ => None,
    };
    let before = head(&model);
    assert!(before.is_some_and(|(_, first)| first > 0));
    click(&mut model, 50, row);
    assert_eq!(head(&model), before);
    assert_eq!(Some(model.screen().column), before.map(|(column, _)| column));
    let clicked = (model.screen().column, model.screen().columns_from);
    // As far as the selection goes to the left the columns come with it, and stay.
    for _ in 0..60 {
        press(&mut model, KeyCode::Left);
    }
    press(&mut model, KeyCode::Right);
    assert_eq!(head(&model).map(|(_, first)| first), Some(0));
    // In a terminal where all have room none is left out.
    (model.screen_mut().column, model.screen_mut().columns_from) = clicked;
    model.size = (300, 24);
    let first = (3..20).find_map(|row| match view::target(&model, Position::new(100, row)) {
        Some(view::Target::Row { head, .. }) => head.map(|(_, first)| first),
        _ => None,
    });
    assert_eq!(first, Some(0));
    model.size = (80, 24);
    click(&mut model, 50, row);
    assert_eq!(model.screen().place, Place::PullRequest(8));
}

/// Also where the detail below takes fewer lines than it may.
#[test]
fn a_click_on_the_lowest_rows_of_a_pull_request_moves_nothing() {
    let mut model = model();
    model.size = (120, 40);
    model.screens = vec![Screen::new(Place::PullRequest(8))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = (0..60).map(|at| cell(8, "c2", "w", &format!("job-{at:02}"), "success", 9));
    let shown = Data::PullRequest(PullRequest::new(cells.collect()));
    answer(&mut model, asked, Ok(shown));
    let is_row = |model: &Model, row: u16| {
        matches!(
            view::target(model, Position::new(20, row)),
            Some(view::Target::Row { .. })
        )
    };
    let lowest = (0..40).rev().find(|row| is_row(&model, *row)).unwrap();
    click(&mut model, 20, lowest);
    let selected = model.screen().list.selected_line();
    match view::target(&model, Position::new(20, lowest)) {
        Some(view::Target::Row { line, .. }) => assert_eq!(line, selected),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_click_on_a_key_of_the_footer_does_what_it_does() {
    let mut model = loaded();
    model.size = (80, 24);
    // " Enter open · / filter · …"
    click(&mut model, 15, 23);
    assert!(
        model
            .typing
            .as_ref()
            .is_some_and(|typing| typing.kind == TypingKind::Filter)
    );
    press(&mut model, KeyCode::Esc);
    click(&mut model, 12, 23);
    assert!(model.typing.is_none(), "between two keys is none");
    click(&mut model, 1, 23);
    assert_eq!(model.screens.len(), 2);
}
