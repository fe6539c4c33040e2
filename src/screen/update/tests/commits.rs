//! Which commit of a pull request is shown.

use super::*;

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

/// Does it fail for others as well? That stands in the backend's matrix.
#[test]
fn a_result_leads_to_its_backend_at_its_job() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::PullRequest(7))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = vec![
        cell(7, "c1", "w", "fails", "failure", 8),
        cell(7, "c1", "w", "passes", "success", 8),
    ];
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    let asked = press(&mut model, KeyCode::Char('b'));
    assert_eq!(model.screen().place, Place::Backend("a/b".to_owned()));
    let mut cells = ["another", "fails", "passes"]
        .map(|job| cell(7, "c1", "w", job, "success", 8))
        .to_vec();
    cells.insert(0, cell(8, "c2", "w", "passes", "success", 9));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    assert_eq!(model.screen().heads[model.screen().column].label, "fails");
    assert_eq!(model.screen().selected_key().as_deref(), Some("7 c1"));
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.screen().place, Place::PullRequest(7));

    let asked = press(&mut model, KeyCode::Char('b'));
    answer(
        &mut model,
        asked,
        Ok(backend_of(&[cell(7, "c1", "w", "another", "success", 8)])),
    );
    let said = "no results of fails in this view and range";
    assert_eq!(model.notice.as_deref(), Some(said), "or another job is taken for it");
}

/// Esc would lose the result that one came from.
#[test]
fn a_backend_that_lies_behind_is_opened_before_it_as_well() {
    let mut model = model();
    model.screens = vec![
        Screen::new(Place::Backend("a/b".to_owned())),
        Screen::new(Place::PullRequest(7)),
    ];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = vec![cell(7, "c1", "w", "fails", "failure", 8)];
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    press(&mut model, KeyCode::Char('b'));
    assert_eq!(
        (model.screens.len(), model.screen().place.command().as_str()),
        (3, "backend a/b")
    );
    press(&mut model, KeyCode::Esc);
    assert_eq!(model.screen().place, Place::PullRequest(7));
}

/// The newest commit's result would be taken for it.
#[test]
fn a_result_on_an_older_commit_leads_to_its_own_row() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::PullRequest(7))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = ["c2", "c1"]
        .map(|commit| cell(7, commit, "w", "j", "failure", 9))
        .to_vec();
    answer(
        &mut model,
        asked,
        Ok(Data::PullRequest(PullRequest::new(cells.clone()))),
    );
    press(&mut model, KeyCode::Char('['));
    let asked = press(&mut model, KeyCode::Char('b'));
    answer(&mut model, asked, Ok(backend_of(&cells)));
    assert_eq!(model.screen().selected_key().as_deref(), Some("7 c1"));
    assert_eq!(model.notice, None);
    press(&mut model, KeyCode::Esc);

    let asked = press(&mut model, KeyCode::Char('b'));
    answer(
        &mut model,
        asked,
        Ok(backend_of(&[cell(8, "c3", "w", "j", "success", 9)])),
    );
    let said = "the row of that result is not among these; going on beyond the last looks further";
    assert_eq!(model.notice.as_deref(), Some(said));
}

/// The worst of the shards would be taken for it.
#[test]
fn a_shard_is_gone_to_and_not_the_worst_of_its_job() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::PullRequest(7))];
    let asked = update(&mut model, Message::Tick(NOW));
    let shards = |failing: &str| {
        ["unit-1", "unit-2", "unit-3"]
            .map(|job| cell(7, "c1", "w", job, if job == failing { "failure" } else { "success" }, 8))
            .to_vec()
    };
    answer(
        &mut model,
        asked,
        Ok(Data::PullRequest(PullRequest::new(shards("unit-2")))),
    );
    let asked = press(&mut model, KeyCode::Char('b'));
    answer(&mut model, asked, Ok(backend_of(&shards("unit-3"))));
    let screen = model.screen();
    assert_eq!(
        (screen.heads.len(), screen.heads[screen.column].label.as_str()),
        (3, "unit-2")
    );
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

/// The newest of the backend's may not be that of the pull request: then it is the one that was selected.
#[test]
fn the_newest_row_leads_to_the_newest_commit_which_stays_that() {
    for (newest, shown) in [("c2", "c3"), ("d2", "c2")] {
        let mut model = model();
        model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
        let asked = update(&mut model, Message::Tick(NOW));
        answer(
            &mut model,
            asked,
            Ok(backend_of(&[cell(7, "c2", "w", "j", "success", 8)])),
        );
        press(&mut model, KeyCode::Enter);
        let cells = |commits: &[&str]| {
            let cells = (0_i64..)
                .zip(commits)
                .map(|(at, commit)| cell(7, commit, "w", "j", "success", 9 - at));
            Ok(Answer::from(Data::PullRequest(PullRequest::new(cells.collect()))))
        };
        let known = if newest == "c2" { vec!["c2"] } else { vec![newest, "c2"] };
        let generation = model.generation;
        update(
            &mut model,
            Message::Answered {
                generation,
                answer: cells(&known),
            },
        );
        assert_eq!(model.screen().boxes[0].commit, "c2");
        press(&mut model, KeyCode::Char('r'));
        let (generation, pushed) = (model.generation, [&["c3"], known.as_slice()].concat());
        update(
            &mut model,
            Message::Answered {
                generation,
                answer: cells(&pushed),
            },
        );
        assert_eq!(model.screen().boxes[0].commit, shown, "{newest}");
    }
}
