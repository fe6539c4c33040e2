//! Anything by a few of its letters.

use super::*;
use crate::data::names::Names;
use crate::data::slot::Slot;
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
    assert!(model.palette.is_none() && !model.quit, "what is open is closed first");
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
    assert_eq!(selected(&model), Some(Pick::Go(Place::Backend("b/bad".to_owned()))));
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
    let offered: Vec<Pick> = crate::screen::palette::offers(&model)
        .into_iter()
        .map(|offer| offer.pick)
        .collect();
    for pick in [
        Pick::Do(Action::OnlyFailures),
        Pick::Do(Action::Left),
        Pick::Go(Place::Backend("a/good".to_owned())),
        Pick::Go(Place::PullRequest(7)),
        Pick::Go(Place::Commit(commit)),
        Pick::View(EventView::Periodic),
        Pick::Range(Range::Quarter),
    ] {
        assert_eq!(
            offered.iter().filter(|offered| **offered == pick).count(),
            1,
            "{pick:?}"
        );
    }
    for pick in [
        Pick::Do(Action::Sort),
        Pick::Do(Action::Palette),
        Pick::Go(Place::PullRequest(0)),
        Pick::Go(Place::Commit("delivery".to_owned())),
    ] {
        assert!(!offered.contains(&pick), "{pick:?}");
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
    assert_eq!(selected, Some(Pick::Go(Place::PullRequest(7))));
}

/// Opens a pull request by its number alone; gives the question for all backends' names.
fn opened_by_number() -> (Model, u64) {
    let mut model = model();
    model.repositories = Slot::default();
    model.screens = vec![Screen::new(Place::PullRequest(7))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = vec![cell(7, "c1", "w", "j", "success", 9)];
    let asked = answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    let generation = asked.iter().find_map(|effect| match effect {
        Effect::Ask {
            generation,
            subject: Subject::Repositories,
            ..
        } => Some(*generation),
        _ => None,
    });
    let generation = generation.expect("it is asked behind what is seen");
    assert!(model.awaits(generation));
    (model, generation)
}

fn name_backends(model: &mut Model, generation: u64, answer: Result<&[&str], String>) -> Vec<Effect> {
    let names = answer.map(|names| Names {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        again: None,
    });
    let answer = names.map(Answer::Repositories);
    update(model, Message::Answered { generation, answer })
}

/// How often these effects ask for the names of backends.
fn asks_for_names(effects: &[Effect]) -> usize {
    let of_names = |effect: &&Effect| {
        matches!(
            effect,
            Effect::Ask {
                subject: Subject::Repositories,
                ..
            }
        )
    };
    effects.iter().filter(of_names).count()
}

#[test]
fn every_backend_is_found_from_a_screen_that_was_opened_by_name() {
    let (mut model, generation) = opened_by_number();
    go(&mut model, "repo xpu");
    let error = model.typing.take().unwrap().error.unwrap();
    assert!(error.contains("aren't loaded yet"), "{error}");
    press_control(&mut model, 'p');
    type_in(&mut model, "xpu");
    name_backends(&mut model, generation, Ok(&["intel/torch-xpu-ops", "A/B"]));
    let shown = model.palette.as_ref().and_then(|palette| palette.row(0));
    assert_eq!(
        shown.map(|(offer, _)| offer.text.as_str()),
        Some("intel/torch-xpu-ops"),
        "they come while it is open"
    );
    press(&mut model, KeyCode::Esc);
    assert_eq!(
        crate::screen::known::repositories(&model),
        ["a/b", "intel/torch-xpu-ops"],
        "each in one spelling"
    );
    go(&mut model, "repo xpu");
    assert_eq!(model.screen().place, Place::Backend("intel/torch-xpu-ops".to_owned()));
}

#[test]
fn the_names_of_backends_are_asked_for_once_and_again_after_an_error() {
    let (mut model, generation) = opened_by_number();
    name_backends(&mut model, generation, Err("gone".to_owned()));
    assert!(model.screen().slot.error().is_none(), "the screen has what it shows");
    go(&mut model, "repo xpu");
    let error = model.typing.take().unwrap().error.unwrap();
    assert_eq!(error, "the backends' names aren't loaded: gone");
    assert_eq!(asks_for_names(&update(&mut model, Message::Tick(NOW + SECOND))), 0);
    let again = update(&mut model, Message::Tick(NOW + 2 * SECOND));
    assert_eq!(asks_for_names(&again), 1);
    let generation = model.generation;
    name_backends(&mut model, generation, Ok(&["a/b"]));
    assert_eq!(
        asks_for_names(&update(&mut model, Message::Tick(NOW + 3_600 * SECOND))),
        0
    );
    go(&mut model, "repo xpu");
    let error = model.typing.take().unwrap().error.unwrap();
    assert_eq!(error, "no backend has \"xpu\" in its name");
}

/// Without the allowlist, who is named there alone is nobody: until it is had.
#[test]
fn names_that_may_not_be_all_are_asked_for_again() {
    let (mut model, generation) = opened_by_number();
    let answer = |names: &[&str], again: Option<i64>| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(Answer::Repositories(Names { names, again }))
    };
    let no_list = answer(&["a/b"], Some(60 * SECOND));
    update(
        &mut model,
        Message::Answered {
            generation,
            answer: no_list,
        },
    );
    go(&mut model, "repo listed");
    let error = model.typing.take().unwrap().error.unwrap();
    assert_eq!(error, "no backend has \"listed\" in its name");
    assert_eq!(asks_for_names(&update(&mut model, Message::Tick(NOW + 59 * SECOND))), 0);
    let asked = update(&mut model, Message::Tick(NOW + 60 * SECOND));
    assert_eq!(asks_for_names(&asked), 1);
    let generation = model.generation;
    let list = answer(&["a/b", "only/listed"], None);
    update(
        &mut model,
        Message::Answered {
            generation,
            answer: list,
        },
    );
    let later = update(&mut model, Message::Tick(NOW + 3_600 * SECOND));
    assert_eq!(asks_for_names(&later), 0, "these are all");
    go(&mut model, "repo listed");
    assert_eq!(model.screen().place, Place::Backend("only/listed".to_owned()));
}

/// Enter does what it would have done.
#[test]
fn names_that_come_while_the_palette_is_open_leave_its_selection() {
    let (mut model, generation) = opened_by_number();
    press_control(&mut model, 'p');
    type_in(&mut model, "backend");
    let selected = |model: &Model| {
        let palette = model.palette.as_ref().unwrap();
        (palette.list.selected_line(), palette.selected().cloned().unwrap())
    };
    for _ in 0..model.palette.as_ref().unwrap().counts().0 {
        if selected(&model).1 != Pick::Go(Place::Backend("a/b".to_owned())) {
            press(&mut model, KeyCode::Down);
        }
    }
    let (line, before) = selected(&model);
    name_backends(&mut model, generation, Ok(&["a", "b", "c"]));
    let (moved, after) = selected(&model);
    assert!(after == before && moved != line, "{line} {moved} {after:?}");
}

/// It needs no answer that has it.
#[test]
fn a_number_or_a_sha_that_is_not_loaded_is_offered() {
    let mut model = loaded();
    for (typed, place) in [
        ("180312", Place::PullRequest(180_312)),
        ("#180312", Place::PullRequest(180_312)),
        ("3F7868ab", Place::Commit("3f7868ab".to_owned())),
    ] {
        press_control(&mut model, 'p');
        type_in(&mut model, typed);
        press(&mut model, KeyCode::Enter);
        assert_eq!(model.screen().place, place, "{typed}");
    }
    press_control(&mut model, 'p');
    let of_typed = |model: &Model| {
        let palette = model.palette.as_ref().unwrap();
        let rows = (0..palette.counts().0).filter_map(|row| palette.row(row));
        let texts = rows.map(|(offer, _)| format!("{} {}", offer.text, offer.kind));
        texts
            .filter(|text| text.starts_with(['#', '1', '3']))
            .collect::<Vec<_>>()
    };
    let before = of_typed(&model);
    type_in(&mut model, "1803124");
    assert_eq!(of_typed(&model), ["1803124 commit", "#1803124 pull request"]);
    for _ in 0..7 {
        press(&mut model, KeyCode::Backspace);
    }
    assert_eq!(of_typed(&model), before, "what was typed is gone");
    type_in(&mut model, "3f7868");
    assert_eq!(of_typed(&model), Vec::<String>::new(), "six digits are a word");
}
