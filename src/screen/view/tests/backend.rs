//! A backend: overview, matrix and the detail beside; the whole detail of a result.

use super::*;

#[test]
fn a_backend() {
    let mut model = showing(Place::Backend("apple/mps-backend".to_owned()), Ok(backend_of(&cells())));
    insta::assert_snapshot!("backend_80x24", drawn(&mut model, 80, 24));
    let screen = model.screen_mut();
    screen.unfolded_pull_requests.insert(179_600);
    screen.column = 1;
    screen.arrange(None, NOW);
    let execution = screen.selected_execution().unwrap();
    let due = screen.looked.due(Some(execution), NOW).cloned().unwrap();
    screen.looked.asked(&due, NOW, 2);
    screen.looked.answered(2, Ok(attempts()), NOW);
    insta::assert_snapshot!("backend_120x40", drawn(&mut model, 120, 40));
    let Data::Backend(mut backend) = backend_of(&cells()) else {
        unreachable!()
    };
    let title = Title {
        title: "[inductor] Fuse pointwise chains of 平行 operations into one kernel".to_owned(),
        author: "bob".to_owned(),
    };
    backend.matrix = backend.matrix.with_titles([(179_600, title)].into());
    let screen = model.screen_mut();
    screen.slot.answered(Ok(Data::Backend(backend)), NOW, None);
    screen.arrange(None, NOW);
    insta::assert_snapshot!("backend_200x50", drawn(&mut model, 200, 50));
}

/// In the smallest terminal as well: each test with its message and its whole stack, each attempt, each address.
#[test]
fn everything_known_of_a_result_is_in_its_detail() {
    let mut model = showing(Place::Backend("apple/mps-backend".to_owned()), Ok(backend_of(&cells())));
    let screen = model.screen_mut();
    screen.unfolded_pull_requests.insert(179_600);
    screen.column = 1;
    screen.arrange(None, NOW);
    let execution = screen.selected_execution().unwrap();
    let due = screen.looked.due(Some(execution), NOW).cloned().unwrap();
    screen.looked.asked(&due, NOW, 2);
    screen.looked.answered(2, Ok(attempts()), NOW);
    model.detail = Some(0);
    insta::assert_snapshot!("detail_80x24", drawn(&mut model, 80, 24));
    insta::assert_snapshot!("detail_160x50", drawn(&mut model, 160, 50));
    let mut seen = String::new();
    model.size = (80, 20);
    for scroll in 0..=scroll_max(&model) {
        model.detail = Some(scroll);
        seen.push_str(&drawn(&mut model, 80, 20));
    }
    for said in [
        "TestFallback::test_clamp_cpu_fallback",
        "RuntimeError: not implemented",
        "File \"test_ops.py\", line 12",
        "attempt 1   T timed out",
        "https://example.org/artifacts/7",
        "https://github.com/apple/mps-backend/actions/runs/24033272679",
        "L4 · pull request 179600",
    ] {
        assert!(seen.contains(said), "{said} in {seen}");
    }
    assert!(scroll_max(&model) > 0);
}

/// An address that is cut can't be copied by hand: where lines are left it goes on in the next.
#[test]
fn addresses_are_whole_beside_a_matrix_where_there_are_lines_for_them() {
    let mut model = showing(Place::Backend("apple/mps-backend".to_owned()), Ok(backend_of(&cells())));
    let screen = model.screen_mut();
    screen.column = 1;
    screen.arrange(None, NOW);
    let execution = screen.selected_execution().unwrap();
    let due = screen.looked.due(Some(execution), NOW).cloned().unwrap();
    screen.looked.asked(&due, NOW, 2);
    screen.looked.answered(2, Ok(attempts()), NOW);
    let address = crate::data::links::of_job(model.screen().selected_cell().unwrap()).unwrap();
    let beside = |model: &mut Model, rows| -> String {
        let text = drawn(model, 200, rows);
        let lines = text.lines().filter_map(|line| line.split_once('│'));
        lines.map(|(_, beside)| beside.trim_matches(['"', ' '])).collect()
    };
    assert!(beside(&mut model, 60).contains(&address), "{}", beside(&mut model, 60));
}

/// Counts alone end in nothing where names are looked for: it is said that there are none.
#[test]
fn failed_tests_that_the_report_does_not_name_are_said_to_have_no_names() {
    let said = "no names of failed tests were reported";
    for (failed_tests, failed_tests_json, is_said) in [
        (2, "[]", true),
        (2, r#"[{"name":"test_add"}]"#, false),
        (0, "[]", false),
    ] {
        let mut model = showing(Place::Backend("apple/mps-backend".to_owned()), Ok(backend_of(&cells())));
        let screen = model.screen_mut();
        screen.column = 1;
        screen.arrange(None, NOW);
        let execution = screen.selected_execution().unwrap();
        let due = screen.looked.due(Some(execution), NOW).cloned().unwrap();
        assert!(!drawn(&mut model, 120, 40).contains(said), "not before it is known");
        let screen = model.screen_mut();
        screen.looked.asked(&due, NOW, 2);
        let report = Cell {
            failed_tests,
            failed_tests_json: failed_tests_json.to_owned(),
            ..cells()[1].clone()
        };
        screen.looked.answered(2, Ok(Attempts::new(vec![report])), NOW);
        for detail in [None, Some(0)] {
            model.detail = detail;
            let text = drawn(&mut model, 80, 24);
            assert_eq!(text.contains(said), is_said, "{text}");
        }
    }
}

/// What is unfolded is folded away no more.
#[test]
fn older_commits_are_counted_while_they_are_folded_away() {
    let cells = ["new", "old", "oldest"].map(|commit| cell(7, commit, "w", "j", "success", NOW - SECOND));
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(backend_of(&cells)));
    assert!(drawn(&mut model, 80, 24).contains("new      +2 "));
    let screen = model.screen_mut();
    screen.unfolded_pull_requests.insert(7);
    screen.arrange(None, NOW);
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("╰ oldest") && !text.contains("+2"), "{text}");
}

/// However many lines the one takes.
#[test]
fn why_no_row_is_there_and_how_far_was_looked_do_not_cover_each_other() {
    let cells: Vec<Cell> = (1..=3)
        .map(|pr| cell(pr, "c", "w", "j", "success", NOW - SECOND))
        .collect();
    let Data::Backend(mut backend) = backend_of(&cells) else {
        unreachable!("it is of a backend")
    };
    backend.matrix.has_more = true;
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
    for filter in [
        "nobody",
        "a filter of so many words that to say it takes more than a line of the screen",
    ] {
        model.screen_mut().filter = filter.to_owned();
        model.screen_mut().arrange(None, NOW);
        let text = drawn(&mut model, 80, 24);
        let words: Vec<&str> = text
            .split([' ', '\n', '"', '\\'])
            .filter(|word| !word.is_empty())
            .collect();
        let said = words.join(" ");
        let whole =
            format!("nothing passes the filter {filter} ; Esc clears it searching the newest 200 pull requests …");
        assert!(said.contains(&whole), "{said}\n{text}");
    }
}
