//! Anything by a few of its letters.

use super::*;
use crate::web::titles::Title;

#[test]
fn the_palette_goes_and_does_and_closes() {
    let mut model = loaded();
    press_control(&mut model, 'p');
    type_in(&mut model, "qgood");
    assert!(!model.quit, "what is typed is text");
    press(&mut model, KeyCode::Esc);
    assert!(model.palette.is_none());
    press_control(&mut model, 'p');
    type_in(&mut model, "good");
    let asked = press(&mut model, KeyCode::Enter);
    assert!(matches!(&asked[0], Effect::Ask { question, .. } if question.repo == "a/good"));
    press_control(&mut model, 'p');
    type_in(&mut model, "30 days");
    press(&mut model, KeyCode::Enter);
    assert_eq!((model.range, model.palette.is_none()), (Range::Month, true));
    press_control(&mut model, 'p');
    type_in(&mut model, "nightly");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.event, EventView::Nightly);
    press_control(&mut model, 'p');
    type_in(&mut model, "copy-link");
    assert!(matches!(
        press(&mut model, KeyCode::Enter).as_slice(),
        [Effect::Do(Errand::Copy(_))] | []
    ));
    press_control(&mut model, 'p');
    type_in(&mut model, "every backend");
    press(&mut model, KeyCode::Enter);
    assert_eq!((model.screens.len(), &model.screen().place), (1, &Place::Summary));
    press_control(&mut model, 'p');
    press_control(&mut model, 'c');
    assert!(model.quit);
}

#[test]
fn a_moment_is_typed_from_the_palette_and_left_from_it() {
    let mut model = loaded();
    press_control(&mut model, 'p');
    type_in(&mut model, "as-of");
    press(&mut model, KeyCode::Enter);
    type_in(&mut model, "2026-09-20 12:00");
    press(&mut model, KeyCode::Enter);
    let moment = model.as_of.map(crate::data::figures::minute);
    assert_eq!(moment.as_deref(), Some("2026-09-20 12:00"));
    let said = model.notice.clone().unwrap_or_default();
    assert!(said.contains("later value"), "{said}");
    press_control(&mut model, 'p');
    type_in(&mut model, "as-of now");
    press(&mut model, KeyCode::Enter);
    assert_eq!((model.as_of, model.screen().slot.is_outdated()), (None, true));
}

#[test]
fn the_palettes_selection_moves_and_begins_anew_when_something_is_typed() {
    let mut model = loaded();
    press_control(&mut model, 'p');
    let selected = |model: &Model| model.palette.as_ref().and_then(|palette| palette.selected().cloned());
    let first = selected(&model);
    press(&mut model, KeyCode::Down);
    press_control(&mut model, 'n');
    let third = selected(&model);
    press_control(&mut model, 'p');
    press(&mut model, KeyCode::Up);
    assert!(first.is_some() && first != third && selected(&model) == first);
    press(&mut model, KeyCode::Down);
    update(&mut model, Message::Paste("b/bad".to_owned()));
    assert_eq!(selected(&model), Some(Choice::Go(Place::Backend("b/bad".to_owned()))));
    type_in(&mut model, "zzzz");
    assert_eq!(selected(&model), None);
    press(&mut model, KeyCode::Enter);
    assert!(model.palette.is_some(), "nothing was chosen");
}

/// What of a screen's own works elsewhere isn't offered; what any screen has loaded is.
#[test]
fn the_palette_offers_what_works_here_and_what_was_loaded() {
    let mut model = loaded();
    let asked = press(&mut model, KeyCode::Enter);
    let commit = "3f".repeat(20);
    let cells = vec![
        cell(7, &commit, "w", "j1", "success", 9),
        cell(0, "delivery", "w", "j1", "success", 8),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let offered: Vec<Choice> = crate::screen::palette::offers(&model)
        .into_iter()
        .map(|offer| offer.choice)
        .collect();
    for choice in [
        Choice::Do(Action::OnlyFailures),
        Choice::Do(Action::Left),
        Choice::Go(Place::Backend("a/good".to_owned())),
        Choice::Go(Place::PullRequest(7)),
        Choice::Go(Place::Commit(commit)),
        Choice::View(EventView::Periodic),
        Choice::Range(Range::Quarter),
    ] {
        assert_eq!(
            offered.iter().filter(|offered| **offered == choice).count(),
            1,
            "{choice:?}"
        );
    }
    for choice in [
        Choice::Do(Action::Sort),
        Choice::Do(Action::Palette),
        Choice::Go(Place::PullRequest(0)),
        Choice::Go(Place::Commit("delivery".to_owned())),
    ] {
        assert!(!offered.contains(&choice), "{choice:?}");
    }
}

#[test]
fn a_pull_request_is_found_by_its_title() {
    let mut model = loaded();
    let asked = press(&mut model, KeyCode::Enter);
    let Data::Backend(mut backend) = backend_of(&[cell(7, &"3f".repeat(20), "w", "j1", "success", 9)]) else {
        panic!("no backend")
    };
    let title = Title {
        title: "Add a fused optimizer".to_owned(),
        author: "someone".to_owned(),
    };
    backend.matrix = backend.matrix.with_titles([(7, title)].into());
    answer(&mut model, asked, Ok(Data::Backend(backend)));
    press_control(&mut model, 'p');
    type_in(&mut model, "fusedopt");
    let selected = model.palette.as_ref().and_then(|palette| palette.selected().cloned());
    assert_eq!(selected, Some(Choice::Go(Place::PullRequest(7))));
}
