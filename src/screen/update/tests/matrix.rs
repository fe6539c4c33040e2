//! The matrix: rows and columns that unfold, and what is selected in it.

use super::*;

/// A key that finds nothing to do says so: silence looks as if it weren't heard.
#[test]
fn keys_without_effect_say_so() {
    let mut model = loaded();
    let said = |model: &mut Model, code| {
        press(model, code);
        model.notice.clone().unwrap_or_default()
    };
    assert_eq!(
        said(&mut model, KeyCode::Char('[')),
        "[ (older-commit) does nothing here"
    );
    assert_eq!(said(&mut model, KeyCode::Char('~')), "", "a key of nothing");
    let cells = vec![cell(7, "only", "ci", "build", "failure", NOW)];
    let asked = go(&mut model, "repo good");
    answer(&mut model, asked, Ok(backend_of(&cells)));
    assert_eq!(said(&mut model, KeyCode::Char('x')), "no shards here");
    assert_eq!(said(&mut model, KeyCode::Char(' ')), "no older commits here");
    let asked = go(&mut model, "pr 7");
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    assert_eq!(said(&mut model, KeyCode::Char('[')), "there is no older commit");
    assert_eq!(said(&mut model, KeyCode::Char(']')), "there is no newer commit");
    assert_eq!(said(&mut model, KeyCode::Char('T')), "T (trends) does nothing here");
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

/// Repositories are by any case: one that is typed may differ from what its results say.
#[test]
fn into_a_job_of_a_backend_that_was_typed_in_another_case_means_that_job() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("A/B".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = ["j1", "j2"].map(|job| cell(7, "c", "w", job, "success", 9));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    press(&mut model, KeyCode::Right);
    let asked = press(&mut model, KeyCode::Enter);
    answer(
        &mut model,
        asked,
        Ok(Data::PullRequest(PullRequest::new(cells.to_vec()))),
    );
    let key = model.screen().selected_key().unwrap();
    assert!(key.ends_with("\nj2"), "{key}");
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
        ] => question.execution.as_ref().map(|it| it.commit.clone()),
        _ => None,
    };
    assert_eq!(of(&asked), Some("c1".to_owned()));
    assert_eq!(press(&mut model, KeyCode::Down), []);
    assert_eq!(press(&mut model, KeyCode::Down), []);
    let asked = answer(&mut model, asked, Ok(Attempts::new(vec![cells[0].clone()])));
    assert_eq!(of(&asked), Some("c3".to_owned()), "what was passed by is not asked for");
    assert!(
        model.screen().selected_cell().is_none(),
        "nothing is shown for something else"
    );
    answer(&mut model, asked, Ok(Attempts::new(vec![cells[2].clone()])));
    assert_eq!(model.screen().selected_cell().map(|cell| cell.pr_number), Some(3));
}

#[test]
fn a_streak_is_that_of_the_selected_job_wherever_the_selection_goes() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let mut cells = Vec::new();
    for pr in 1..=4 {
        let commit = format!("c{pr}");
        let verdict = |first_failure: u64| if pr >= first_failure { "failure" } else { "success" };
        cells.push(cell(pr, &commit, "w", "j1", verdict(4), pr as i64));
        cells.push(cell(pr, &commit, "w", "j2", verdict(2), pr as i64));
    }
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let rows = |model: &Model| model.screen().streak().map(|streak| streak.rows);
    assert_eq!(rows(&model), Some(1));
    press(&mut model, KeyCode::Right);
    assert_eq!(rows(&model), Some(3));
    press(&mut model, KeyCode::Down);
    assert_eq!(rows(&model), Some(2));
    press(&mut model, KeyCode::Left);
    assert_eq!(rows(&model), None);
    // Another job before it, and another failure.
    cells.push(cell(5, "c5", "w", "j0", "failure", 9));
    cells.push(cell(5, "c5", "w", "j1", "failure", 9));
    press(&mut model, KeyCode::Home);
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    press(&mut model, KeyCode::Home);
    assert_eq!(rows(&model), Some(2));
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
    answer(&mut model, asked, Ok(Attempts::new(vec![job])));
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
    let opened = answer(&mut model, asked, Ok(Attempts::new(vec![hostile.clone()])));
    let pull_request = "https://github.com/pytorch/pytorch/pull/8";
    assert_eq!(errand(opened), Some(Errand::Open(pull_request.to_owned())));
    assert_eq!(errand(press(&mut model, KeyCode::Char('a'))), None);
    assert_eq!(model.notice.as_deref(), Some("what is selected has no artifacts"));
    update(&mut model, Message::Done(Err("no browser".to_owned())));
    assert_eq!(model.notice.as_deref(), Some("no browser"));
    for place in [Place::PullRequest(8), Place::Commit("c2".to_owned())] {
        model.screens = vec![Screen::new(place)];
        let asked = update(&mut model, Message::Tick(NOW));
        let data = Data::PullRequest(PullRequest::new(vec![hostile.clone()]));
        answer(&mut model, asked, Ok(data));
        let opened = errand(press(&mut model, KeyCode::Char('o')));
        assert_eq!(opened, Some(Errand::Open(pull_request.to_owned())));
        let copied = errand(press(&mut model, KeyCode::Char('y')));
        assert_eq!(copied, Some(Errand::Copy(pull_request.to_owned())));
    }
}

#[test]
fn the_selection_stays_with_its_pull_request_when_a_commit_is_pushed() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let mut cells = vec![
        cell(9, "n", "w", "j", "success", 9),
        cell(7, "old", "w", "j", "success", 8),
        cell(6, "m", "w", "j", "success", 7),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    press(&mut model, KeyCode::Down);
    assert_eq!(model.screen().selected_key().as_deref(), Some("7 old"));
    cells.insert(0, cell(7, "new", "w", "j", "failure", 10));
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    assert_eq!(model.screen().selected_key().as_deref(), Some("7 new"));

    model.screens = vec![Screen::new(Place::PullRequest(7))];
    let asked = update(&mut model, Message::Tick(NOW));
    let before = vec![
        cell(7, "old", "w", "j1", "failure", 8),
        cell(7, "old", "w", "j2", "success", 8),
    ];
    answer(
        &mut model,
        asked,
        Ok(Data::PullRequest(PullRequest::new(before.clone()))),
    );
    press(&mut model, KeyCode::Down);
    let mut after = vec![
        cell(7, "new", "w", "j2", "failure", 9),
        cell(7, "new", "w", "j1", "success", 9),
    ];
    after.extend(before);
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(after))));
    let key = model.screen().selected_key().unwrap();
    assert!(key.starts_with("new\n") && key.ends_with("\nj2"), "{key}");
}

#[test]
fn what_was_wanted_of_a_row_is_not_done_with_another() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = [
        cell(9, "n", "w", "j", "success", 9),
        cell(7, "m", "w", "j", "success", 8),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    press(&mut model, KeyCode::Char('o'));
    assert!(model.screen().then.is_some());
    update(
        &mut model,
        Message::Mouse(MouseEvent {
            kind: MouseEventKind::ScrollDown,
            column: 1,
            row: 5,
            modifiers: KeyModifiers::NONE,
        }),
    );
    assert!(model.screen().then.is_none());
}

/// A refresh may put another row where the selected one was.
#[test]
fn what_was_wanted_of_a_result_that_is_gone_is_not_done_with_another() {
    let mut model = model();
    model.refresh = Some(15 * SECOND);
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let both = [
        cell(9, "n", "w", "j", "success", 9),
        cell(7, "m", "w", "j", "success", 8),
    ];
    let about_n = answer(&mut model, asked, Ok(backend_of(&both)));
    press(&mut model, KeyCode::Char('o'));
    assert!(model.screen().then.is_some());
    let refresh = update(&mut model, Message::Tick(NOW + 20 * SECOND));
    let refresh = refresh.into_iter().filter(|effect| {
        let Effect::Ask { subject, .. } = effect else {
            return false;
        };
        *subject == Subject::Backend
    });
    let refresh = refresh.collect();
    answer(&mut model, refresh, Ok(backend_of(&both[1..])));
    let selected = model.screen().selected_execution().map(|it| it.commit);
    assert_eq!(selected.as_deref(), Some("m"));
    let about_m = answer(&mut model, about_n, Ok(Attempts::new(vec![both[0].clone()])));
    assert_eq!(
        answer(&mut model, about_m, Ok(Attempts::new(vec![both[1].clone()]))),
        []
    );
    assert!(model.screen().then.is_none());
}
