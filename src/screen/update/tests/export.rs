//! `e`, and `export` behind `:`.

use super::*;
use crate::data::figures::DAY;
use crate::data::matrix::tests::usual;
use crate::data::trend::Trends;
use crate::screen::export::Contents;

/// Types the rest of the line that `e` begins; gives what is to be written.
fn export(model: &mut Model, rest: &str) -> Option<(String, String, bool, String)> {
    press(model, KeyCode::Char('e'));
    for key in rest.chars() {
        press(model, KeyCode::Char(key));
    }
    let effects = press(model, KeyCode::Enter);
    effects.into_iter().find_map(|effect| match effect {
        Effect::Do(Errand::Write {
            file,
            contents,
            overwrite,
            what,
        }) => Some((file, text_of(&contents), overwrite, what)),
        _ => None,
    })
}

pub(super) fn text_of(contents: &Contents) -> String {
    let mut out = Vec::new();
    contents.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn e_begins_the_line_and_the_rest_says_what_and_where() {
    let mut model = loaded();
    press(&mut model, KeyCode::Char('e'));
    assert_eq!(model.typing.as_ref().unwrap().input.value(), "export ");
    press(&mut model, KeyCode::Esc);
    let (file, text, overwrite, what) = export(&mut model, "json").unwrap();
    assert_eq!(
        (file.as_str(), overwrite, what.as_str()),
        ("oot-hud-summary-20260921T141320Z.json", false, "2 backends")
    );
    assert!(model.typing.is_none());
    let rows: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&rows[0]["repo"], &rows[1]["success"]), (&"b/bad".into(), &9.into()));
    let effects = go(&mut model, "export! csv rows of today.csv");
    assert!(matches!(
        effects.as_slice(),
        [Effect::Do(Errand::Write { file, overwrite: true, .. })] if file == "rows of today.csv"
    ));
    update(
        &mut model,
        Message::Done(Ok("wrote 2 backends to rows of today.csv".to_owned())),
    );
    assert_eq!(model.notice.as_deref(), Some("wrote 2 backends to rows of today.csv"));
}

#[test]
fn what_is_wrong_with_the_line_is_said_in_it() {
    let mut nothing_yet = model();
    update(&mut nothing_yet, Message::Tick(NOW));
    assert_eq!(export(&mut nothing_yet, "json"), None);
    let error = nothing_yet.typing.unwrap().error.unwrap();
    assert_eq!(error, "there is nothing yet that could be written");
    let mut model = loaded();
    assert_eq!(export(&mut model, "png"), None);
    let error = model.typing.unwrap().error.unwrap();
    assert!(
        error.starts_with("export: expected json, csv, markdown, svg or text"),
        "{error}"
    );
}

/// The filter and the order are the screen's.
#[test]
fn rows_are_those_that_are_seen_as_they_are_seen() {
    let mut model = loaded();
    let repos = |text: &str| {
        let rows: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
        let repos = rows.iter().map(|row| row["repo"].as_str().unwrap().to_owned());
        repos.collect::<Vec<_>>()
    };
    press(&mut model, KeyCode::Char('s'));
    let (_, text, ..) = export(&mut model, "json").unwrap();
    assert_eq!(repos(&text), ["a/good", "b/bad"]);
    for key in "/bad\n".chars() {
        let code = if key == '\n' {
            KeyCode::Enter
        } else {
            KeyCode::Char(key)
        };
        press(&mut model, code);
    }
    let (_, text, _, what) = export(&mut model, "json").unwrap();
    assert_eq!((repos(&text), what.as_str()), (vec!["b/bad".to_owned()], "1 backend"));
}

#[test]
fn results_are_written_as_far_as_the_screen_knows_them() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b c".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = vec![
        cell(9, "c2", "w", "j1", "success", 9),
        cell(9, "c2", "w", "j|2", "failure", 9),
        cell(8, "c1", "w", "j1", "running", 8),
        cell(9, "c0", "w", "j1", "failure", 7),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let (file, text, _, what) = export(&mut model, "csv").unwrap();
    assert!(file.starts_with("oot-hud-backend-a-b-c-2026"), "{file}");
    assert_eq!(
        (text.lines().count(), what.as_str()),
        (4, "3 results (without 1 older commit folded away)")
    );
    assert!(
        text.starts_with(
            "downstream_repo,pr_number,commit,workflow_name,job_name,verdict,result,newest_start\na/b c,9,c2,w,j1,success,success,"
        ),
        "{text}"
    );
    press(&mut model, KeyCode::Char('f'));
    let (_, text, _, what) = export(&mut model, "markdown").unwrap();
    assert_eq!(what, "1 failed result (without 1 older commit folded away)");
    assert!(
        text.contains("| failure |") && text.contains("j\\|2") && !text.contains("j1"),
        "{text}"
    );
    press(&mut model, KeyCode::Char(' '));
    let (.., what) = export(&mut model, "markdown").unwrap();
    assert_eq!(what, "2 failed results", "nothing is folded");
    press(&mut model, KeyCode::Char('f'));
    press(&mut model, KeyCode::Char(' '));
    type_in(&mut model, "/c0");
    press(&mut model, KeyCode::Enter);
    let (.., what) = export(&mut model, "markdown").unwrap();
    assert_eq!(what, "1 result", "what a filter hides isn't folded");
    model.screens = vec![Screen::new(Place::PullRequest(9))];
    let asked = update(&mut model, Message::Tick(NOW));
    answer(&mut model, asked, Ok(Data::PullRequest(PullRequest::new(cells))));
    let (_, text, ..) = export(&mut model, "json").unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert_eq!(rows.len(), 2, "of the commit that is shown");
    assert!(rows[0]["dynamoKey"].is_string() && rows[0]["downstream_repo"] == "a/b");
    assert_eq!(
        (&rows[0]["conclusion"], &rows[0]["status"]),
        (&"failure".into(), &"completed".into())
    );
}

/// In rows and columns in which something failed there is more that passed.
#[test]
fn of_rows_with_failures_alone_the_failures_are_written() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells = [
        cell(9, "c2", "w", "one", "failure", 9),
        cell(9, "c2", "w", "two", "success", 9),
        cell(8, "c1", "w", "one", "success", 8),
        cell(8, "c1", "w", "two", "timed_out", 8),
    ];
    answer(&mut model, asked, Ok(backend_of(&cells)));
    press(&mut model, KeyCode::Char('f'));
    let (_, text, _, what) = export(&mut model, "csv").unwrap();
    let results: Vec<&str> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(6).unwrap())
        .collect();
    assert_eq!(
        (what.as_str(), results),
        ("2 failed results", vec!["failure", "timed out"])
    );
}

/// As they are filtered and sorted.
#[test]
fn of_the_trends_the_jobs_that_are_seen_are_written() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Trends(None))];
    let asked = update(&mut model, Message::Tick(NOW));
    let jobs = vec![
        usual("a/b", "steady", 90, 10),
        usual("a/b", "worst", 10, 30),
        usual("c/d", "other", 1, 1),
    ];
    let trends = Trends::new(Vec::new(), jobs, NOW - 2 * DAY, NOW, false);
    answer(&mut model, asked, Ok(Data::Trends(trends)));
    let jobs = |text: &str| {
        let rows: Vec<serde_json::Value> = serde_json::from_str(text).unwrap();
        let jobs = rows.iter().map(|row| row["job_name"].as_str().unwrap().to_owned());
        jobs.collect::<Vec<_>>()
    };
    let (_, text, _, what) = export(&mut model, "json").unwrap();
    assert_eq!(
        (jobs(&text), what.as_str()),
        (["worst", "steady", "other"].map(str::to_owned).to_vec(), "3 jobs")
    );
    let rows: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (
            &rows[0]["pass_rate"],
            &rows[0]["failure_or_timed_out"],
            &rows[0]["downstream_repo"]
        ),
        (&0.25.into(), &30.into(), &"a/b".into())
    );
    press(&mut model, KeyCode::Char('S'));
    type_in(&mut model, "/a/b");
    press(&mut model, KeyCode::Enter);
    let (_, text, ..) = export(&mut model, "json").unwrap();
    assert_eq!(jobs(&text), ["steady", "worst"]);
    let (_, text, ..) = export(&mut model, "markdown").unwrap();
    assert!(text.starts_with("| BACKEND | WORKFLOW | JOB | FAIL+TIME |"), "{text}");
}

#[test]
fn daemons_are_rows_as_well() {
    let mut model = model();
    model.screens = vec![Screen::new(Place::Pipeline)];
    let asked = update(&mut model, Message::Tick(NOW));
    let daemons = vec![crate::data::pipeline::Daemon {
        url: "http://h:1".to_owned(),
        answer: Err("refused".to_owned()),
    }];
    answer(
        &mut model,
        asked,
        Ok(Data::Pipeline(crate::data::pipeline::Pipeline { daemons })),
    );
    let (_, text, _, what) = export(&mut model, "json").unwrap();
    assert!(text.contains("\"error\":\"refused\""), "{text}");
    assert_eq!(what, "1 daemon");
}

/// The line that is typed is not part of what is seen.
#[test]
fn the_screen_itself_is_written_as_it_was_before() {
    let mut model = loaded();
    let (file, text, _, what) = export(&mut model, "text").unwrap();
    assert_eq!((file.ends_with("Z.txt"), what.as_str()), (true, "the screen"));
    assert_eq!(text.lines().count(), 40);
    assert!(
        text.contains("b/bad") && text.contains("? help") && !text.contains("export"),
        "{text}"
    );
    let before = model.look;
    let (file, svg, ..) = export(&mut model, "svg").unwrap();
    assert!(file.ends_with("Z.svg") && svg.starts_with("<svg ") && svg.contains("<title>oot-hud summary</title>"));
    // The colour of what is bad in the default theme, whatever this terminal shows.
    assert!(svg.contains("fill=\"#ff6b6b\""), "{svg}");
    assert_eq!(model.look, before);
}
