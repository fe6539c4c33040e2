mod asking;
mod attempts;
mod columns;
mod commits;
mod detail;
mod export;
mod failures;
mod matrix;
mod missing;
mod mouse;
mod narrowed;
mod palette;
mod prompt;
mod readiness;
mod search;
mod selection;
mod shards;
mod stack;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::data::Answer;
use crate::data::attempts::Attempts;
use crate::data::chosen::{EventView, Range};
use crate::data::matrix::tests::{backend_of, cell};
use crate::data::pull_request::PullRequest;
use crate::data::summary::Summary;
use crate::keys::keymap::Keymap;
use crate::screen::model::{FIRST_PULL_REQUESTS, TypingKind};
use crate::screen::outside::Errand;
use crate::screen::palette::Pick;
use crate::settings::args::Command;
use crate::source::Cell;
use crate::source::Subject;

const NOW: i64 = 1_790_000_000 * SECOND;

fn model() -> Model {
    let config = crate::settings::config::Config::load(
        crate::settings::config::Environment::default(),
        &crate::settings::args::Global {
            config: Some("/dev/null".into()),
            ..Default::default()
        },
        &crate::settings::args::Choice::default(),
    );
    let mut model = crate::screen::run::model(&config.unwrap(), Command::Summary, (120, 40), None);
    model.now = NOW;
    // They are known, so that what is asked is asked for what is seen.
    model.repositories.answered(Ok(Vec::new()), NOW, None);
    model
}

fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn answer(model: &mut Model, effects: Vec<Effect>, answer: Result<impl Into<Answer>, String>) -> Vec<Effect> {
    let [Effect::Ask { generation, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    update(
        model,
        Message::Answered {
            generation: *generation,
            answer: answer.map(Into::into),
        },
    )
}

fn backend(repo: &str, success: u64, failure: u64) -> Summary {
    Summary {
        repo: repo.to_owned(),
        level: Some("L2".to_owned()),
        success,
        failure,
        total: success + failure,
        pass_rate: crate::data::figures::pass_rate(success, failure, 0),
        last_run: Some(NOW),
        newest: Some(NOW),
        ..Summary::default()
    }
}

fn summary(rows: &[(&str, u64, u64)]) -> Result<Data, String> {
    Ok(Data::Summary {
        rows: rows
            .iter()
            .map(|(repo, success, failure)| backend(repo, *success, *failure))
            .collect(),
        relay: Some(Vec::new()),
        relay_nightly: Some(Vec::new()),
        before: None,
        missing: crate::data::missing::Missing::default(),
    })
}

/// Types a line behind `:`, and Enter.
fn go(model: &mut Model, line: &str) -> Vec<Effect> {
    press(model, KeyCode::Char(':'));
    for key in line.chars() {
        press(model, KeyCode::Char(key));
    }
    press(model, KeyCode::Enter)
}

/// A model that shows two backends, the worse one selected.
fn loaded() -> Model {
    let mut model = model();
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, summary(&[("a/good", 9, 0), ("b/bad", 5, 5)]));
    model
}

/// The column that it is sorted by is marked: one that isn't drawn could not be.
#[test]
fn sorting_goes_round_through_the_columns_that_are_drawn() {
    let mut model = loaded();
    let mut sorted = |columns: u16| {
        update(&mut model, Message::Resize(columns, 24));
        let mut heads = Vec::new();
        for _ in 0..crate::data::summary::columns::COLUMNS.len() {
            press(&mut model, KeyCode::Char('s'));
            let column = model.screen().sort.column;
            heads.push(
                crate::data::summary::columns::COLUMNS
                    .get(column)
                    .map_or("backend", |column| column.head),
            );
        }
        heads
    };
    let narrow = sorted(80);
    assert!(!narrow.contains(&"total") && narrow.contains(&"last"), "{narrow:?}");
    let round = narrow.iter().rposition(|head| *head == "backend").unwrap();
    assert_eq!(narrow[round + 1], "pass", "{narrow:?}");
    assert!(sorted(200).contains(&"total"));
}

#[test]
fn an_error_keeps_the_rows_and_is_tried_again() {
    let mut model = loaded();
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, Err::<Data, _>("gone".to_owned()));
    assert_eq!(model.screen().list.rows(), 2);
    assert_eq!(model.screen().slot.error(), Some(("gone", Some(NOW + 2 * SECOND))));
    assert_eq!(update(&mut model, Message::Tick(NOW + SECOND)), []);
    assert_eq!(update(&mut model, Message::Tick(NOW + 2 * SECOND)).len(), 1);
}

#[test]
fn what_was_said_gives_way_to_an_error_that_is_new() {
    let mut model = loaded();
    model.notice = Some("copied".to_owned());
    let fail = |model: &mut Model, at| {
        let asked = update(model, Message::Tick(at));
        answer(model, asked, Err::<Data, _>("gone".to_owned()));
    };
    fail(&mut model, NOW + 20 * SECOND);
    assert_eq!(model.notice, None);
    model.notice = Some("copied again".to_owned());
    fail(&mut model, NOW + 30 * SECOND);
    assert!(model.notice.is_some(), "the error was known when it was said");
}

#[test]
fn a_spinner_turns_while_an_answer_is_slow_and_an_idle_screen_stands_still() {
    let mut model = model();
    let asked = update(&mut model, Message::Tick(NOW));
    let tick = |model: &mut Model, millis: i64| {
        model.dirty = false;
        update(model, Message::Tick(NOW + millis * 1_000_000));
        model.dirty
    };
    assert!(model.is_waiting());
    assert_eq!([100, 200, 300].map(|millis| tick(&mut model, millis)), [false; 3]);
    assert_eq!(
        [400, 450, 500].map(|millis| tick(&mut model, millis)),
        [true, false, true]
    );
    answer(&mut model, asked, summary(&[("a/good", 9, 0)]));
    assert!(!model.is_waiting());
    assert_eq!(
        [600, 700, 1_100].map(|millis| tick(&mut model, millis)),
        [false, false, true]
    );
}

#[test]
fn an_answer_to_an_old_question_is_dropped() {
    let mut model = model();
    let old = update(&mut model, Message::Tick(NOW));
    assert_eq!(press(&mut model, KeyCode::Char('t')), [], "it may change again");
    assert_eq!(model.range, Range::Fortnight);
    let new = update(&mut model, Message::Tick(NOW + SECOND));
    assert_eq!(new.len(), 1);
    answer(&mut model, old, summary(&[("a/old", 1, 0)]));
    assert!(model.screen().slot.value().is_none());
    answer(&mut model, new, summary(&[("a/new", 1, 0)]));
    assert_eq!(model.screen().selected_key().as_deref(), Some("a/new"));
}

#[test]
fn it_refreshes_by_itself_unless_paused() {
    let mut model = loaded();
    let late = NOW + 20 * SECOND;
    press(&mut model, KeyCode::Char('p'));
    assert_eq!(update(&mut model, Message::Tick(late)), []);
    press(&mut model, KeyCode::Char('p'));
    assert_eq!(update(&mut model, Message::Tick(late)), []);
    assert!(
        model.screen().slot.waiting(late).is_some(),
        "it asked as soon as the pause was over"
    );
}

#[test]
fn a_refresh_by_hand_works_while_paused_and_leaves_it_paused() {
    let mut model = loaded();
    press(&mut model, KeyCode::Char('p'));
    assert_eq!(press(&mut model, KeyCode::Char('r')).len(), 1);
    assert!(model.paused);
}

#[test]
fn one_goes_into_a_backend_and_a_pull_request_and_back() {
    let mut model = loaded();
    let asked = press(&mut model, KeyCode::Enter);
    assert!(matches!(&asked[0], Effect::Ask { question, .. } if question.repo == "b/bad"));
    let cells = vec![
        cell(7, "c1", "w", "j1", "failure", 9),
        cell(7, "c1", "w", "j2", "success", 8),
        cell(0, "c2", "w", "j1", "success", 7),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    press(&mut model, KeyCode::Char('l'));
    press(&mut model, KeyCode::Right);
    assert_eq!(model.screen().column, 1);
    let asked = press(&mut model, KeyCode::Enter);
    assert!(matches!(&asked[0], Effect::Ask { question, .. } if question.pr == 7 && question.since == 0));
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    press(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Char('j'));
    assert_eq!(
        press(&mut model, KeyCode::Enter),
        [],
        "a run without a commit leads nowhere"
    );
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.screens.len(), model.quit), (1, false));
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.screens.len(), model.quit), (1, false));
}

#[test]
fn q_closes_the_help_then_quits() {
    let mut model = loaded();
    press(&mut model, KeyCode::Char('?'));
    press(&mut model, KeyCode::Enter);
    assert_eq!((model.help, model.screens.len()), (true, 1));
    press(&mut model, KeyCode::Char('q'));
    assert_eq!((model.help, model.quit), (false, false));
    press(&mut model, KeyCode::Char('q'));
    assert!(model.quit);
}

#[test]
fn help_that_is_longer_than_the_screen_scrolls_and_ends() {
    let mut model = loaded();
    model.size = (80, 20);
    press(&mut model, KeyCode::Char('?'));
    press(&mut model, KeyCode::End);
    let most = model.help_scroll;
    assert!(most > 0 && most == view::scroll_max(&model));
    press(&mut model, KeyCode::Down);
    assert_eq!(model.help_scroll, most);
    press(&mut model, KeyCode::Up);
    assert_eq!(model.help_scroll, most - 1);
    press(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Char('?'));
    assert_eq!((model.help, model.help_scroll), (true, 0));
}

#[test]
fn a_nightlys_row_leads_to_its_commit() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let commit = "3f".repeat(20);
    let cells = vec![cell(0, &commit, "w", "j1", "success", 9)];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let asked = press(&mut model, KeyCode::Enter);
    assert_eq!(model.screen().place, Place::Commit(commit.clone()));
    assert!(matches!(&asked[0], Effect::Ask { question, .. } if question.commit == commit));
}

#[test]
fn an_idle_screen_is_drawn_once_a_second() {
    let mut model = loaded();
    model.dirty = false;
    update(&mut model, Message::Tick(NOW + SECOND / 2));
    assert!(!model.dirty);
    update(&mut model, Message::Tick(NOW + SECOND));
    assert!(model.dirty);
}

fn press_control(model: &mut Model, letter: char) -> Vec<Effect> {
    update(
        model,
        Message::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)),
    )
}

fn type_in(model: &mut Model, text: &str) {
    for key in text.chars() {
        press(model, KeyCode::Char(key));
    }
}

#[test]
fn a_key_of_the_configuration_does_what_it_says_and_the_usual_one_no_more() {
    let mut model = loaded();
    model.keymap = Keymap::new(&[(Action::NextRange, vec!["F6".parse().unwrap()])]).unwrap();
    press(&mut model, KeyCode::Char('t'));
    assert_eq!(model.range, Range::Week);
    press(&mut model, KeyCode::F(6));
    assert_eq!(model.range, Range::Fortnight);
}

#[test]
fn the_help_narrows_to_what_is_typed_then_to_all_then_closes() {
    let mut model = loaded();
    model.size = (80, 20);
    press(&mut model, KeyCode::Char('?'));
    press(&mut model, KeyCode::End);
    assert!(model.help_scroll > 0);
    type_in(&mut model, "/q");
    assert_eq!(
        (model.help_filter.as_str(), model.help_scroll, model.quit),
        ("q", 0, false)
    );
    assert_eq!(model.screen().filter, "", "the rows stand still");
    press(&mut model, KeyCode::Enter);
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.help, model.help_filter.as_str()), (true, ""));
    type_in(&mut model, "/range");
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.help, model.help_filter.as_str()), (true, ""));
    press(&mut model, KeyCode::Esc);
    assert!(!model.help);
}
