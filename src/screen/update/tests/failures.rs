//! From one failure to the next, and from a commit to its pull request.

use super::*;

fn showing(place: Place, data: Data) -> Model {
    let mut model = model();
    model.screens.push(Screen::new(place));
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, Ok(data));
    model
}

/// The selected rows after each of these keys, as they end.
fn after(model: &mut Model, keys: &str) -> String {
    let ends = keys.chars().map(|key| {
        press(model, KeyCode::Char(key));
        let key = model.screen().selected_key().unwrap_or_default();
        key.chars().last().unwrap_or('-')
    });
    ends.collect()
}

#[test]
fn a_key_leads_from_one_failed_result_to_the_next_and_back() {
    let of = |repo: &str, job: &str, verdict: &str| Cell {
        downstream_repo: repo.to_owned(),
        ..cell(7, "c", "w", job, verdict, NOW)
    };
    let cells = vec![
        of("a/a", "1", "failure"),
        of("a/a", "2", "success"),
        of("b/b", "3", "timed_out"),
        of("b/b", "4", "running"),
        of("c/c", "5", "success"),
    ];
    let pull_request = Data::PullRequest(PullRequest::new(cells));
    let mut model = showing(Place::PullRequest(7), pull_request);
    assert_eq!(after(&mut model, "gnn"), "133");
    assert_eq!(model.notice.as_deref(), Some("nothing failed below"));
    assert_eq!(after(&mut model, "GNNN"), "5311");
    assert_eq!(model.notice.as_deref(), Some("nothing failed above"));
}

#[test]
fn in_a_matrix_it_leads_along_the_selected_job() {
    let verdicts = ["success", "failure", "success", "timed_out"];
    let mut cells = Vec::new();
    for (number, verdict) in (1..).zip(verdicts) {
        let commit = number.to_string();
        let belongs = NOW - i64::try_from(number).unwrap() * SECOND;
        cells.push(cell(number, &commit, "w", "a", "failure", belongs));
        cells.push(cell(number, &commit, "w", "b", verdict, belongs));
    }
    let mut model = showing(Place::Backend("a/b".to_owned()), backend_of(&cells));
    assert_eq!(after(&mut model, "nnN"), "232");
    press(&mut model, KeyCode::Right);
    assert_eq!(after(&mut model, "gnnn"), "1244");
    assert_eq!(model.notice.as_deref(), Some("this job failed in no row below"));
}

#[test]
fn a_commit_leads_to_its_pull_request_with_the_same_result_selected() {
    let commit = "c".repeat(40);
    let cells = vec![
        cell(7, &commit, "w", "j1", "success", 9),
        cell(7, &commit, "w", "j2", "success", 8),
    ];
    let pull_request = || Data::PullRequest(PullRequest::new(cells.clone()));
    let mut model = showing(Place::Commit("cccc".to_owned()), pull_request());
    press(&mut model, KeyCode::Down);
    let selected = model.screen().selected_key();
    let asked = press(&mut model, KeyCode::Char('P'));
    answer(&mut model, asked, Ok(pull_request()));
    let screen = model.screen();
    assert_eq!(
        (&screen.place, &screen.commit),
        (&Place::PullRequest(7), &Commit::Sha(commit))
    );
    assert_eq!(screen.selected_key(), selected);
    press(&mut model, KeyCode::Char('P'));
    assert_eq!(model.screens.len(), 3, "it is there");
}
