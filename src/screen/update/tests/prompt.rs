//! What is typed: filters, and where to go.

use super::*;
use crate::screen::known;

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

/// Ctrl-Z is no text, and who typed it wants the shell; the line is there when they are back.
#[test]
fn the_shell_is_reached_from_whatever_is_typed() {
    for key in ["/", ":", "?/"] {
        let mut model = loaded();
        for letter in key.chars().chain("abc".chars()) {
            press(&mut model, KeyCode::Char(letter));
        }
        assert_eq!(press_control(&mut model, 'z'), [Effect::Suspend], "{key}");
        assert_eq!(model.typing.unwrap().input.value(), "abc");
    }
    let mut model = loaded();
    press_control(&mut model, 'p');
    assert_eq!(press_control(&mut model, 'z'), [Effect::Suspend]);
    assert!(model.palette.is_some());
}

/// One layer at a time.
#[test]
fn esc_takes_back_what_was_typed_and_leaves_the_filter_that_stood_before() {
    let mut model = loaded();
    type_in(&mut model, "/good");
    press(&mut model, KeyCode::Enter);
    type_in(&mut model, "/ !good");
    assert_eq!(model.screen().list.rows(), 0);
    press(&mut model, KeyCode::Esc);
    assert_eq!(
        (model.screen().list.rows(), model.screen().filter.as_str()),
        (1, "good")
    );
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.screen().list.rows(), model.screen().filter.as_str()), (2, ""));
    type_in(&mut model, "?/range");
    press(&mut model, KeyCode::Enter);
    type_in(&mut model, "/x");
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.help, model.help_filter.as_str()), (true, "range"));
}

#[test]
fn a_column_that_is_none_is_named() {
    let mut model = loaded();
    for key in "/%passs 9".chars() {
        press(&mut model, KeyCode::Char(key));
    }
    let error = model.typing.as_ref().and_then(|typing| typing.error.clone());
    assert!(
        error
            .unwrap()
            .starts_with("no column passs: backend level oncall pass ok")
    );
    assert_eq!(model.screen().list.rows(), 0);
}

#[test]
fn a_word_in_a_jobs_name_narrows_the_columns_and_another_the_rows() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = [
        cell(9, "c9", "w", "lint", "success", 9),
        cell(9, "c9", "w", "build", "success", 9),
        cell(7, "c7", "w", "lint", "success", 8),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let mut shown = |filter: &str| {
        model.screen_mut().filter = filter.to_owned();
        model.screen_mut().arrange(None, NOW);
        (model.screen().list.rows(), model.screen().heads.len())
    };
    assert_eq!(shown("lint"), (2, 1));
    assert_eq!(shown("c7"), (1, 2));
    assert_eq!(shown("lint c7"), (1, 1));
    assert_eq!(shown("!lint"), (2, 1));
    assert_eq!(shown("%job build !%pr 9"), (1, 1));
    assert_eq!(shown("nothing"), (0, 2));
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
fn a_pasted_line_is_one_without_its_break_and_stands_where_the_cursor_is() {
    let mut model = loaded();
    press(&mut model, KeyCode::Char(':'));
    update(&mut model, Message::Paste("  179565\r\n".to_owned()));
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.screen().place, Place::PullRequest(179_565));
    type_in(&mut model, "/ab");
    press(&mut model, KeyCode::Left);
    update(&mut model, Message::Paste("日\r本\tx".to_owned()));
    assert_eq!(model.screen().filter, "a日 本 xb");
    type_in(&mut model, "-");
    assert_eq!(model.screen().filter, "a日 本 x-b", "the cursor stands behind it");
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
    go(&mut model, "trends goo");
    assert_eq!(model.screen().place, Place::Trends(Some("a/good".to_owned())));
    go(&mut model, "trends");
    assert_eq!(model.screen().place, Place::Trends(None));
    go(&mut model, "trends nonsense");
    assert!(
        model
            .typing
            .take()
            .unwrap()
            .error
            .unwrap()
            .starts_with("no backend has")
    );
    go(&mut model, "https://github.com/a/good");
    assert_eq!(model.screen().place, Place::Backend("a/good".to_owned()));
    go(&mut model, "summary");
    assert_eq!((model.screens.len(), &model.screen().place), (1, &Place::Summary));
    go(&mut model, "q");
    assert!(model.quit);
}

/// The summary's are `a/good` and `b/bad`.
#[test]
fn words_that_are_no_command_are_of_a_backends_name() {
    let mut model = loaded();
    go(&mut model, "Good");
    assert_eq!(model.screen().place, Place::Backend("a/good".to_owned()));
    let mut error_of = |line: &str| {
        go(&mut model, line);
        model.typing.take().unwrap().error.unwrap()
    };
    assert_eq!(error_of("d"), "d is no command; a/good or b/bad?");
    assert!(error_of("nonsense or so").starts_with("nonsense: expected pr, commit"));
    assert!(error_of("never/reported").starts_with("never/reported: expected pr"));
}

/// Until the names are known it may be one of them; a name that was mistyped stands in nobody's way.
#[test]
fn a_screen_of_nobody_says_whose_it_may_have_been_meant_to_be() {
    let mut model = model();
    model.repositories = crate::data::slot::Slot::default();
    model.screens = vec![Screen::new(Place::Backend("apple/mps-backnd".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, Ok(backend_of(&[])));
    let known = |model: &Model| (known::nobody(model), known::repositories(model).len());
    assert_eq!(known(&model), (None, 1));
    model
        .repositories
        .answered(Ok(vec!["apple/mps-backend".to_owned()]), NOW, None);
    let nobody = "no backend is called apple/mps-backnd; is it apple/mps-backend?";
    assert_eq!(known(&model), (Some(nobody.to_owned()), 1));
    let shown = crate::screen::picture::text(&model);
    assert!(shown.contains(nobody) && !shown.contains("L3 readiness"), "{shown}");
    go(&mut model, "repo mps");
    assert_eq!(model.screen().place, Place::Backend("apple/mps-backend".to_owned()));
    assert_eq!(known(&model), (None, 1));
}

#[test]
fn lines_that_were_followed_are_recalled_and_what_was_typed_comes_back() {
    let mut model = loaded();
    for line in ["pr 7", "range 30d", "pr 7", "nonsense"] {
        go(&mut model, line);
        model.typing = None;
    }
    type_in(&mut model, ":ev");
    let mut recalled = |key| {
        press(&mut model, key);
        model.typing.as_ref().unwrap().input.value().to_owned()
    };
    let (up, down) = (KeyCode::Up, KeyCode::Down);
    let lines = [up, up, up, down, down, down].map(&mut recalled);
    assert_eq!(lines, ["pr 7", "range 30d", "range 30d", "pr 7", "ev", "ev"]);
    recalled(up);
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.screen().place, Place::PullRequest(7));
}

/// It may be typed as if it had been closed; what else is typed mends it.
#[test]
fn after_an_error_another_line_may_begin() {
    let mut model = loaded();
    type_in(&mut model, ":xyz");
    press(&mut model, KeyCode::Enter);
    assert!(model.typing.as_ref().unwrap().error.is_some());
    type_in(&mut model, ":pr 7");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.screen().place, Place::PullRequest(7));
    type_in(&mut model, ":as-of 2026-09-10 1");
    press(&mut model, KeyCode::Enter);
    assert!(model.typing.as_ref().unwrap().error.is_some());
    type_in(&mut model, ":00");
    assert_eq!(model.typing.as_ref().unwrap().input.value(), "as-of 2026-09-10 1:00");
}

#[test]
fn tab_completes_a_word_or_a_backends_name() {
    let mut model = loaded();
    model
        .repositories
        .answered(Ok(vec!["intel/xpu-a".to_owned(), "intel/xpu-b".to_owned()]), NOW, None);
    for (typed, line, error) in [
        ("ra", "range", None),
        ("p", "p", Some("pr or pipeline?")),
        ("repo I", "repo intel/xpu-", None),
        (
            "repo intel/xpu-",
            "repo intel/xpu-",
            Some("intel/xpu-a or intel/xpu-b?"),
        ),
        ("repo ood", "repo a/good", None),
        ("trends ood", "trends a/good", None),
        ("trends intel/xpu-A", "trends intel/xpu-a", None),
        ("trends i", "trends intel/xpu-", None),
        ("int", "intel/xpu-", None),
        ("theme l", "theme light", None),
        ("theme  C", "theme colour-blind", None),
        ("range 3", "range 30d", None),
        ("export! s", "export! svg", None),
        ("as-of ", "as-of now", None),
        ("event p", "event p", Some("pr, push or another of 3?")),
        // Silence looks as if the key weren't heard.
        ("zzz", "zzz", Some("nothing begins with zzz")),
        ("xpu", "xpu", Some("intel/xpu-a or intel/xpu-b?")),
        ("range 8", "range 8", Some("nothing begins with 8")),
        ("pr ", "pr ", Some("nothing to complete here")),
        ("é", "é", Some("nothing begins with é")),
    ] {
        type_in(&mut model, &format!(":{typed}"));
        press(&mut model, KeyCode::Tab);
        let typing = model.typing.take().unwrap();
        assert_eq!(
            (typing.input.value(), typing.error.as_deref()),
            (line, error),
            "{typed}"
        );
    }
}

/// Whichever screen was opened by name: nothing lies behind the summary, and Esc never leads on.
#[test]
fn the_summary_is_the_first_screen_wherever_one_came_from() {
    let mut model = model();
    model.screens = vec![
        Screen::new(Place::Backend("a/b".to_owned())),
        Screen::new(Place::PullRequest(7)),
    ];
    go(&mut model, "summary");
    assert_eq!((model.screens.len(), &model.screen().place), (1, &Place::Summary));
    press(&mut model, KeyCode::Esc);
    assert_eq!((model.screens.len(), &model.screen().place), (1, &Place::Summary));
}

/// It was loaded already.
#[test]
fn the_summary_that_one_came_through_is_shown_again() {
    let mut model = loaded();
    press(&mut model, KeyCode::Enter);
    go(&mut model, "summary");
    assert_eq!((model.screens.len(), model.screen().list.rows()), (1, 2));
}

/// A pull request has no range, and a view of its own; its rows are no others.
#[test]
fn a_range_and_a_view_are_for_the_screens_that_have_one() {
    let mut model = loaded();
    let asked = go(&mut model, "pr 7");
    let cells = vec![cell(7, "c1", "w", "j", "success", 9)];
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    let asks = |effects: Vec<Effect>| {
        let asks = effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Ask { subject, .. } if *subject != Subject::Attempts));
        asks.count()
    };
    assert_eq!(asks(go(&mut model, "range 30d")), 0);
    let notice = model.notice.clone();
    assert_eq!(
        notice.as_deref(),
        Some("range 30 days, for summary, backends and trends")
    );
    assert_eq!(asks(go(&mut model, "event nightly")), 0);
    let notice = model.notice.clone();
    assert_eq!(
        notice.as_deref(),
        Some("view nightly, for summary, backends and trends")
    );
    assert!(!model.screen().slot.is_outdated() && model.screens[0].slot.is_outdated());
    assert_eq!(asks(go(&mut model, "as-of 2026-09-20")), 1);
    assert!(model.screen().slot.is_outdated());
}

/// Where one was already one comes back to, and what lay behind it lies behind it still.
#[test]
fn going_to_a_place_that_lies_behind_goes_back_to_it() {
    let mut model = loaded();
    go(&mut model, "repo good");
    let backend = model.screen().place.clone();
    model.screen_mut().filter = "x".to_owned();
    go(&mut model, "pr 7");
    go(&mut model, "pr 8");
    let Place::Backend(repo) = &backend else {
        panic!("{backend:?}")
    };
    go(&mut model, &format!("repo {repo}"));
    assert_eq!((model.screens.len(), &model.screen().place), (2, &backend));
    assert_eq!(model.screen().filter, "x");
}

#[test]
fn another_range_or_moment_keeps_what_is_there_until_it_is_answered() {
    let mut model = loaded();
    let rows = model.screen().list.rows();
    let asked = go(&mut model, "as-of 2026-09-20");
    let [
        Effect::Ask {
            generation, question, ..
        },
    ] = asked.as_slice()
    else {
        panic!("{asked:?}")
    };
    let generation = *generation;
    assert_eq!(question.until, Some(question.now));
    assert!(question.now < NOW / 1_000_000);
    assert!(rows > 0 && model.screen().list.rows() == rows && model.screen().slot.is_outdated());
    assert_eq!(go(&mut model, "range 30d"), [], "it may change again");
    assert!(!model.awaits(generation));
    let asked = update(&mut model, Message::Tick(NOW + SECOND));
    let Some(Effect::Ask { question, .. }) = asked.first() else {
        panic!("an answer to the question before is awaited still")
    };
    assert_eq!(question.now - question.since, Range::Month.millis());
    let answered = answer(&mut model, asked, Err::<Data, _>("no".to_owned()));
    assert_eq!(answered, []);
    assert_eq!(model.screen().list.rows(), rows);
    let asked = go(&mut model, "as-of now");
    assert!(matches!(&asked[0], Effect::Ask { question, .. } if question.until.is_none()));
}

/// Whether it was picked or typed; how many colours there are is the terminal's.
#[test]
fn a_theme_is_taken_while_the_program_runs() {
    use crate::settings::theme::{Colours, Theme};
    let mut model = loaded();
    model.look.colours = Colours::Indexed;
    go(&mut model, "theme light");
    assert_eq!(
        (model.look.theme, model.look.colours, &model.notice),
        (Theme::Light, Colours::Indexed, &None)
    );
    model.look.colours = Colours::None;
    press_control(&mut model, 'p');
    type_in(&mut model, "colourblind");
    press(&mut model, KeyCode::Enter);
    assert_eq!(model.look.theme, Theme::ColourBlind);
    let said = model.notice.clone().unwrap_or_default();
    assert!(said.contains("without colours"), "{said}");
}
