mod export;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::*;
use crate::args::{Command, EventView, Range};
use crate::attempts::Attempts;
use crate::effect::Subject;
use crate::keymap::Keymap;
use crate::matrix::tests::{backend_of, cell};
use crate::model::{FIRST_PULL_REQUESTS, TypingKind};
use crate::outside::Errand;
use crate::palette::Choice;
use crate::pull_request::PullRequest;
use crate::rows::Summary;
use crate::source::Cell;

const NOW: i64 = 1_790_000_000 * SECOND;

fn model() -> Model {
    let config = crate::config::Config::load(
        crate::config::Environment::default(),
        &crate::args::Global {
            config: Some("/dev/null".into()),
            ..Default::default()
        },
        &crate::args::Choice::default(),
    );
    let mut model = crate::run::model(&config.unwrap(), Command::Summary, (120, 40), None);
    model.now = NOW;
    model
}

fn press(model: &mut Model, code: KeyCode) -> Vec<Effect> {
    update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)))
}

fn answer(model: &mut Model, effects: Vec<Effect>, answer: Result<Data, String>) -> Vec<Effect> {
    let [Effect::Ask { generation, .. }] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    update(
        model,
        Message::Answered {
            generation: *generation,
            answer,
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
        pass_rate: crate::figures::pass_rate(success, failure, 0),
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
        relay: Vec::new(),
        relay_nightly: Vec::new(),
        before: None,
    })
}

/// A model that shows two backends, the worse one selected.
fn loaded() -> Model {
    let mut model = model();
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, summary(&[("a/good", 9, 0), ("b/bad", 5, 5)]));
    model
}

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

#[test]
fn an_error_keeps_the_rows_and_is_tried_again() {
    let mut model = loaded();
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, Err("gone".to_owned()));
    assert_eq!(model.screen().list.rows(), 2);
    assert_eq!(model.screen().slot.error(), Some(("gone", Some(NOW + 2 * SECOND))));
    assert_eq!(update(&mut model, Message::Tick(NOW + SECOND)), []);
    assert_eq!(update(&mut model, Message::Tick(NOW + 2 * SECOND)).len(), 1);
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
    let new = press(&mut model, KeyCode::Char('t'));
    assert_eq!((model.range, new.len()), (Range::Fortnight, 1));
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
fn the_rows_follow_the_filter_while_it_is_typed() {
    let mut model = loaded();
    for key in "/GOOD".chars() {
        press(&mut model, KeyCode::Char(key));
    }
    assert_eq!((model.screen().list.rows(), model.typing.is_some()), (1, true));
    press(&mut model, KeyCode::Enter);
    assert_eq!((model.screen().list.rows(), model.typing.is_some()), (1, false));
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.screen().list.rows(), model.screen().filter.as_str()), (2, ""));
}

#[test]
fn pasted_text_is_a_filter_and_nothing_else() {
    let mut model = loaded();
    update(&mut model, Message::Paste("q\u{1b}".to_owned()));
    assert_eq!((model.quit, model.screen().filter.as_str()), (false, ""));
    press(&mut model, KeyCode::Char('/'));
    update(&mut model, Message::Paste("q\u{1b}".to_owned()));
    assert_eq!(model.screen().filter, "q\u{fffd}");
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
fn older_commits_are_a_key_away_and_stay_chosen() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::PullRequest(7))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = |newest: &str| {
        PullRequest::new(vec![
            cell(7, newest, "w", "j", "success", 9),
            cell(7, "c2", "w", "j", "success", 8),
            cell(7, "c1", "w", "j", "failure", 7),
        ])
    };
    answer(&mut model, asked, Ok(Data::PullRequest(cells("c3"))));
    press(&mut model, KeyCode::Char('['));
    assert_eq!(model.screen().shown_commit(), Some(1));
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, Ok(Data::PullRequest(cells("c4"))));
    assert_eq!(model.screen().shown_commit(), Some(1));
    assert_eq!(model.screen().boxes[0].commit, "c2", "it stays itself");
    press(&mut model, KeyCode::Char(']'));
    press(&mut model, KeyCode::Char(']'));
    assert_eq!(model.screen().shown_commit(), Some(0));
}

#[test]
fn several_commits_or_none_lead_to_the_newest() {
    for (commit, boxes) in [("all", 2), ("c", 2), ("c1", 1), ("dead", 0)] {
        let mut model = model();
        model.screens = vec![Screen::new(Place::PullRequest(7))];
        model.screen_mut().commit = match commit {
            "all" => Commit::All,
            beginning => Commit::Sha(beginning.to_owned()),
        };
        let asked = update(&mut model, Message::Tick(NOW));
        let cells = vec![
            cell(7, "c2", "w", "j", "success", 8),
            cell(7, "c1", "w", "j", "failure", 7),
        ];
        answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
        assert_eq!(model.screen().boxes.len(), boxes, "{commit}");
        press(&mut model, KeyCode::Char(']'));
        assert_eq!(model.screen().shown_commit(), Some(0), "{commit}");
    }
}

#[test]
fn into_a_row_of_the_matrix_means_its_commit_and_its_job() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = vec![
        cell(7, "c2", "w", "j1", "success", 9),
        cell(7, "c1", "w", "j1", "success", 8),
        cell(7, "c1", "w", "j2", "success", 7),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    assert_eq!(model.screen().list.rows(), 1, "the older commit is folded away");
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Right);
    let asked = press(&mut model, KeyCode::Enter);
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    let screen = model.screen();
    assert_eq!(
        (screen.shown_commit(), &screen.place),
        (Some(1), &Place::PullRequest(7))
    );
    let key = screen.selected_key().unwrap();
    assert!(key.starts_with("c1\n") && key.ends_with("\nj2"), "{key}");
}

#[test]
fn older_commits_unfold_and_are_found() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = [
        cell(7, "new", "w", "j", "success", 9),
        cell(8, "other", "w", "j", "success", 8),
        cell(7, "older", "w", "j", "failure", 7),
        cell(7, "oldest", "w", "j", "failure", 6),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let keys = |model: &mut Model| {
        let screen = model.screen_mut();
        screen.list.first();
        let mut keys = Vec::new();
        for _ in 0..screen.list.rows() {
            keys.extend(screen.selected_key());
            screen.list.step(1);
        }
        screen.list.first();
        keys
    };
    assert_eq!(keys(&mut model), ["7 new", "8 other"]);
    press(&mut model, KeyCode::Char(' '));
    assert_eq!(keys(&mut model), ["7 new", "7 older", "7 oldest", "8 other"]);
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Char(' '));
    assert_eq!(model.screen().selected_key().as_deref(), Some("7 new"));
    for key in "/oldest".chars() {
        press(&mut model, KeyCode::Char(key));
    }
    assert_eq!(
        keys(&mut model),
        ["7 oldest"],
        "what is folded away is found all the same"
    );
}

#[test]
fn what_is_selected_is_looked_at_one_at_a_time() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells: Vec<Cell> = (1..=4)
        .map(|pr| cell(pr, &format!("c{pr}"), "w", "j", "failure", -(pr as i64)))
        .collect();
    let asked = answer(&mut model, asked, Ok(backend_of(&cells)));
    let of = |effects: &[Effect]| match effects {
        [
            Effect::Ask {
                subject: Subject::Attempts,
                question,
                ..
            },
        ] => question.execution.as_ref().map(|it| (it.commit.clone(), question.pr)),
        _ => None,
    };
    assert_eq!(of(&asked), Some(("c1".to_owned(), 1)));
    assert_eq!(press(&mut model, KeyCode::Down), []);
    assert_eq!(press(&mut model, KeyCode::Down), []);
    let asked = answer(
        &mut model,
        asked,
        Ok(Data::Attempts(Attempts::new(vec![cells[0].clone()]))),
    );
    assert_eq!(
        of(&asked),
        Some(("c3".to_owned(), 3)),
        "what was passed by is not asked for"
    );
    assert!(
        model.screen().selected_cell().is_none(),
        "nothing is shown for something else"
    );
    answer(
        &mut model,
        asked,
        Ok(Data::Attempts(Attempts::new(vec![cells[2].clone()]))),
    );
    assert_eq!(model.screen().selected_cell().map(|cell| cell.pr_number), Some(3));
}

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

#[test]
fn only_what_failed_or_changed_is_a_key_away() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = vec![
        cell(9, "c3", "w", "j1", "success", 9),
        cell(9, "c3", "w", "j2", "failure", 9),
        cell(8, "c2", "w", "j1", "success", 8),
        cell(8, "c2", "w", "j2", "failure", 8),
        cell(7, "c1", "w", "j1", "success", 7),
        cell(7, "c1", "w", "j2", "success", 7),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
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

#[test]
fn what_is_selected_is_opened_and_copied_outside() {
    let errand = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Do(errand) => Some(errand),
            Effect::Ask { .. } | Effect::Mouse(_) | Effect::Suspend => None,
        })
    };
    let mut model = loaded();
    let repo = model.screen().selected_key().unwrap();
    let opened = press(&mut model, KeyCode::Char('o'));
    assert_eq!(errand(opened), Some(Errand::Open(format!("https://github.com/{repo}"))));
    assert_eq!(errand(press(&mut model, KeyCode::Char('Y'))), None);
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let job = Cell {
        workflow_run_url: "https://github.com/a/b/actions/runs/5".to_owned(),
        check_run_id: "77".to_owned(),
        ..cell(7, "c1", "w", "j1", "failure", 9)
    };
    let hostile = Cell {
        workflow_run_url: "javascript:alert(1)".to_owned(),
        ..cell(8, "c2", "w", "j1", "success", 8)
    };
    let asked = answer(&mut model, asked, Ok(backend_of(&[job.clone(), hostile.clone()])));
    answer(&mut model, asked, Ok(Data::Attempts(Attempts::new(vec![job]))));
    let url = "https://github.com/a/b/actions/runs/5/job/77";
    assert_eq!(
        errand(press(&mut model, KeyCode::Char('y'))),
        Some(Errand::Copy(url.to_owned()))
    );
    let Some(Errand::Copy(line)) = errand(press(&mut model, KeyCode::Char('Y'))) else {
        panic!("nothing is copied")
    };
    assert!(line.starts_with("**failure** [j1]("), "{line}");
    let asked = press(&mut model, KeyCode::Down);
    assert_eq!(
        errand(press(&mut model, KeyCode::Char('o'))),
        None,
        "it isn't known yet where that is"
    );
    let opened = answer(&mut model, asked, Ok(Data::Attempts(Attempts::new(vec![hostile]))));
    let pull_request = "https://github.com/pytorch/pytorch/pull/8";
    assert_eq!(errand(opened), Some(Errand::Open(pull_request.to_owned())));
    assert_eq!(errand(press(&mut model, KeyCode::Char('a'))), None);
    assert!(model.notice.is_some(), "it is said that there is none");
    update(&mut model, Message::Done(Err("no browser".to_owned())));
    assert_eq!(model.notice.as_deref(), Some("no browser"));
}

#[test]
fn help_that_is_longer_than_the_screen_scrolls_and_ends() {
    let mut model = loaded();
    model.size = (80, 20);
    press(&mut model, KeyCode::Char('?'));
    press(&mut model, KeyCode::End);
    let most = model.help_scroll;
    assert!(most > 0 && most == view::help_scroll_max(&model));
    press(&mut model, KeyCode::Down);
    assert_eq!(model.help_scroll, most);
    press(&mut model, KeyCode::Up);
    assert_eq!(model.help_scroll, most - 1);
    press(&mut model, KeyCode::Esc);
    press(&mut model, KeyCode::Char('?'));
    assert_eq!((model.help, model.help_scroll), (true, 0));
}

/// Types a line behind `:`, and Enter.
fn go(model: &mut Model, line: &str) -> Vec<Effect> {
    press(model, KeyCode::Char(':'));
    for key in line.chars() {
        press(model, KeyCode::Char(key));
    }
    press(model, KeyCode::Enter)
}

#[test]
fn one_goes_anywhere_by_name() {
    let mut model = loaded();
    let asked = go(&mut model, "3F7868AB");
    assert!(matches!(&asked[0], Effect::Ask { question, .. } if question.commit == "3f7868ab" && question.since == 0));
    let asked = go(&mut model, "pr 7");
    assert!(matches!(&asked[0], Effect::Ask { question, .. } if question.pr == 7));
    assert_eq!(model.screens.len(), 3);
    go(&mut model, "repo good");
    assert!(matches!(&model.screen().place, Place::Backend(repo) if repo.contains("good")));
    go(&mut model, "repo never/reported");
    assert_eq!(model.screen().place, Place::Backend("never/reported".to_owned()));
    go(&mut model, "repo nonsense");
    let error = model.typing.take().unwrap().error.unwrap();
    assert_eq!(error, "no backend has \"nonsense\" in its name");
    go(&mut model, "summary");
    assert_eq!((model.screens.len(), &model.screen().place), (1, &Place::Summary));
    go(&mut model, "q");
    assert!(model.quit);
}

#[test]
fn another_range_or_moment_keeps_what_is_there_until_it_is_answered() {
    let mut model = loaded();
    let rows = model.screen().list.rows();
    let asked = go(&mut model, "as-of 2026-09-20");
    let [Effect::Ask { question, .. }] = asked.as_slice() else {
        panic!("{asked:?}")
    };
    assert_eq!(question.until, Some(question.now));
    assert!(question.now < NOW / 1_000_000);
    assert!(rows > 0 && model.screen().list.rows() == rows && model.screen().slot.is_outdated());
    let asked = go(&mut model, "range 30d");
    let Some(Effect::Ask { question, .. }) = asked.first() else {
        panic!("an answer to the question before is awaited still")
    };
    assert_eq!(question.now - question.since, Range::Month.millis());
    let answered = answer(&mut model, asked, Err("no".to_owned()));
    assert_eq!(answered, []);
    assert_eq!(model.screen().list.rows(), rows);
    let asked = go(&mut model, "as-of now");
    assert!(matches!(&asked[0], Effect::Ask { question, .. } if question.until.is_none()));
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
    let offered: Vec<Choice> = crate::palette::offers(&model)
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
        relay: Vec::new(),
        relay_nightly: Vec::new(),
        before: None,
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
