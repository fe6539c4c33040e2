//! A pull request, and a commit.

use super::*;

#[test]
fn a_pull_request() {
    let mut model = showing(
        Place::PullRequest(179_600),
        Ok(Data::PullRequest(PullRequest::new(cells()))),
    );
    insta::assert_snapshot!("pull_request_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("pull_request_80x24", drawn(&mut model, 80, 24));
}

/// A short name leaves its room to what is noted behind it; and what is cut all the same says so.
#[test]
fn what_is_noted_of_a_job_has_the_room_that_names_leave() {
    let mut cell = cell(7, &"a".repeat(40), "ci", "build", "failure", NOW - 3_600 * SECOND);
    (cell.failed_tests, cell.total_tests, cell.run_attempt) = (4, 6_612, 2);
    let mut pull_request = PullRequest::new(vec![cell]);
    pull_request.usual = vec![Usual::from(&usual("a/b", "build", 95, 5))];
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(pull_request)));
    for (columns, over) in [(90, ""), (120, " in 14 days")] {
        let text = drawn(&mut model, columns, 24);
        let noted = format!("4 of 6612 failed · usually passes 95.0%{over} · attempt 2");
        assert!(text.contains(&noted), "{text}");
        assert!(
            text.contains("X failure · attempt 2 · usually passes 95.0% in 14 days"),
            "{text}"
        );
    }
    let text = drawn(&mut model, 80, 24);
    assert!(
        text.contains("4 of 6612 failed · usually passes 95.0%") && text.contains("…\"\n"),
        "{text}"
    );
}

/// In the narrowest terminal as well, and what is news before all others.
#[test]
fn every_backend_that_fails_is_told_of() {
    let of = |repo: &str, job: &str| Cell {
        downstream_repo: repo.to_owned(),
        ..cell(7, "c", "w", job, "failure", NOW - SECOND)
    };
    let repos = [
        "apple/mps-backend",
        "TorchedHat/pytorch-redhat-ci",
        "Ascend/pytorch",
        "a/b",
    ];
    let jobs = ["good", "good", "between", "bad"];
    let cells = repos.iter().zip(jobs).map(|(repo, job)| of(repo, job)).collect();
    let rows: Vec<UsualRow> = repos
        .iter()
        .flat_map(|repo| [("good", 99), ("between", 84), ("bad", 20)].map(|(job, success)| (repo, job, success)))
        .map(|(repo, job, success)| usual(repo, job, success, 100 - success))
        .collect();
    let pull_request = PullRequest::new(cells).with_usual(&rows);
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(pull_request)));
    let [usually, unclear, often] = ["usually passes", "fails at times, or too few results", "often fails"];
    let said = |why: &dyn Fn(&str) -> String| {
        let [usually, unclear, often] = [usually, unclear, often].map(why);
        let news = format!("likely this PR{usually}: TorchedHat/pytorch-redhat-ci, apple/mps-backend");
        let rest = format!("unclear{unclear}: Ascend/pytorch   likely the backend{often}: a/b");
        [news, rest]
    };
    let with_reasons = said(&|why| format!(" ({why})"));
    let [news, rest] = said(&|_| String::new());
    let text = drawn(&mut model, 80, 24);
    assert!(
        text.contains(&format!("\" {news} ")) && text.contains(&format!("\" {rest} ")),
        "{text}"
    );
    let text = drawn(&mut model, 120, 24);
    let lines = with_reasons.clone().map(|line| format!("\" {line} "));
    assert!(lines.iter().all(|line| text.contains(line)), "{text}");
    let text = drawn(&mut model, 200, 24);
    assert!(text.contains(&format!("\" {} ", with_reasons.join("   "))), "{text}");
    model.screen_mut().place = Place::Commit("c".to_owned());
    let text = drawn(&mut model, 120, 24);
    assert!(text.contains("\" likely this commit (usually passes): "), "{text}");
}

/// Whose job it is, is seen wherever one is in the list; and what stands for it can't be clicked as the row that it covers.
#[test]
fn the_backend_of_the_first_rows_stands_over_them() {
    let of = |repo: &str, number: i64| Cell {
        downstream_repo: repo.to_owned(),
        level: "L3".to_owned(),
        ..cell(7, "c", "ci", &format!("job-{number}"), "failure", NOW - SECOND)
    };
    let cells = ["a/first", "b/second"].into_iter();
    let cells = cells
        .flat_map(|repo| (0..20).map(move |number| of(repo, number)))
        .collect();
    let pull_request = PullRequest::new(cells);
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(pull_request)));
    for (steps, repo, above) in [
        (0, "a/first", ""),
        (12, "a/first", "   ↑ 6 above ─"),
        (15, "b/second", ""),
        (12, "b/second", "   ↑ 7 above ─"),
    ] {
        model.screen_mut().list.step(steps);
        let text = drawn(&mut model, 80, 24);
        let first = text.lines().nth(5).unwrap_or_default();
        assert!(first.contains(&format!("X {repo}  L3   20 failed{above}")), "{text}");
        assert_eq!(target(&model, Position::new(9, 5)), None);
        assert!(target(&model, Position::new(9, 7)).is_some());
        assert!(text.contains(" L3 · X failure"), "{text}");
    }
    assert!(text_of_detail(&mut model).contains("job-19 · ci · b/second L3 · X failure"));
}

fn text_of_detail(model: &mut Model) -> String {
    drawn(model, 80, 24).lines().skip(19).collect()
}

/// A commit says whose it is and the key that leads there; that it is the only one here would be no news.
#[test]
fn a_commit_says_its_pull_requests() {
    let on_two = |other: u64| {
        let mut cells = cells();
        cells.truncate(4);
        cells[3].pr_number = other;
        cells
    };
    for (other, said) in [
        (179_600, "of PR #179600 (P opens it)"),
        (5, "of PR #179600, #5 (P opens it)"),
    ] {
        let pull_request = PullRequest::new(on_two(other));
        let mut model = showing(Place::Commit("3f78".to_owned()), Ok(Data::PullRequest(pull_request)));
        let text = drawn(&mut model, 120, 24);
        assert!(text.contains(&format!("commit 3f786850 {said} · 1 backend")), "{text}");
        assert!(text.contains("P pull request"), "{text}");
    }
    let pull_request = PullRequest::new(on_two(5));
    let mut model = showing(Place::PullRequest(5), Ok(Data::PullRequest(pull_request)));
    let text = drawn(&mut model, 120, 24);
    assert!(
        !text.contains("P pull request") && text.contains("the only one"),
        "{text}"
    );
}

/// What a short detail leaves is the list's, where it is cut; and no row that stays in sight moves for it.
#[test]
fn rows_take_the_lines_that_the_detail_has_none_for() {
    let cells = (0..60).map(|number| Cell {
        failed_tests: u64::from(number == 0),
        attempts: 1 + u64::from(number == 2),
        ..cell(7, "c", "ci", &format!("job-{number}"), "failure", NOW - SECOND)
    });
    let pull_request = PullRequest::new(cells.collect());
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(pull_request)));
    let seen = |model: &mut Model| -> Vec<String> {
        let text = drawn(model, 120, 40);
        let rows = text.lines().filter(|line| line.contains("queue"));
        let names = rows.map(|row| {
            row.split_whitespace()
                .find(|word| word.starts_with("job-"))
                .unwrap()
                .to_owned()
        });
        names.collect()
    };
    let all: Vec<Vec<String>> = (0..5)
        .map(|_| {
            let seen = seen(&mut model);
            model.screen_mut().list.step(1);
            seen
        })
        .collect();
    let lengths: Vec<usize> = all.iter().map(Vec::len).collect();
    assert_eq!(lengths, [25, 29, 29, 29, 29], "the first has a test to name");
    assert!(all.iter().all(|names| names[..25] == all[0]));
    let row = |y| target(&model, Position::new(9, y));
    assert!(row(34).is_some() && row(35).is_none());
}

/// One backend is one, however many of its commits are shown; a merge waits for the newest.
#[test]
fn several_commits_of_a_pull_request_are_summed_up_by_backend() {
    let mut model = showing(
        Place::PullRequest(179_600),
        Ok(Data::PullRequest(PullRequest::new(cells()))),
    );
    model.screen_mut().commit = Commit::All;
    model.screen_mut().arrange(None, NOW);
    let text = drawn(&mut model, 120, 40);
    assert!(text.contains("2 of 2 commits · 1 backend · 1 failed"), "{text}");
    let line = text.lines().find(|line| line.contains("to merge")).unwrap_or_default();
    assert_eq!(line.matches("apple/mps-backend").count(), 1, "{line}");
}

#[test]
fn names_of_other_commits_take_no_room() {
    let long = "a-job-with-a-long-name-that-is-no-more";
    let cells = vec![
        cell(7, "new", "ci", "build", "failure", NOW - SECOND),
        cell(7, "old", "ci", long, "failure", NOW - 60 * SECOND),
    ];
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(PullRequest::new(cells))));
    let text = drawn(&mut model, 120, 24);
    assert!(text.contains("X build  ci "), "{text}");
}

/// What is not in a view may be in another.
#[test]
fn a_view_in_which_there_is_nothing_is_named() {
    for (cells, said) in [
        (Vec::new(), "no backend has reported on this (nightly)"),
        (cells(), "no result on such a commit (nightly); ]"),
    ] {
        let data = Data::PullRequest(PullRequest::new(cells));
        let mut model = showing(Place::PullRequest(7), Ok(data));
        let screen = model.screen_mut();
        (screen.event, screen.commit) = (EventView::Nightly, Commit::Sha("ffff".to_owned()));
        screen.arrange(None, NOW);
        let text = drawn(&mut model, 80, 24);
        assert!(text.contains(said), "{text}");
    }
}
