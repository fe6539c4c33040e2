//! The attempts of a pull request's results, unfolded and folded.

use super::*;

/// A job that failed, was run again and passed; one more that runs for the third time; and one that ran once.
fn results() -> Vec<Cell> {
    let several = |job: &str, number: u32, verdict: &str| attempt(job, number, u64::from(number), verdict);
    vec![
        several("again", 2, "success"),
        several("thrice", 3, "running"),
        cell(7, "c", "w", "once", "success", 9),
    ]
}

/// One of so many attempts at a job.
fn attempt(job: &str, number: u32, of: u64, verdict: &str) -> Cell {
    Cell {
        dynamoKey: format!("{job} {number}"),
        run_attempt: number,
        attempts: of,
        workflow_run_url: format!("https://runs/{job}/{number}"),
        artifact_url: format!("https://artifacts/{job}/{number}"),
        ..cell(7, "c", "w", job, verdict, 9)
    }
}

fn of_again(first: &str) -> Result<Attempts, String> {
    let cells = vec![attempt("again", 2, 2, "success"), attempt("again", 1, 2, first)];
    Ok(Attempts::new(cells))
}

fn of_thrice() -> Result<Attempts, String> {
    let verdicts = [(3, "running"), (2, "timed_out"), (1, "failure")];
    let cells = verdicts.map(|(number, verdict)| attempt("thrice", number, 3, verdict));
    Ok(Attempts::new(cells.into()))
}

fn of_once() -> Result<Attempts, String> {
    Ok(Attempts::new(vec![results()[2].clone()]))
}

fn pull_request(cells: Vec<Cell>) -> Result<Data, String> {
    Ok(Data::PullRequest(PullRequest::new(cells)))
}

/// A model that shows the results, and the question about the one that is selected: which runs.
fn shown() -> (Model, Vec<Effect>) {
    let mut model = model();
    model.screens = vec![Screen::new(Place::PullRequest(7))];
    let asked = update(&mut model, Message::Tick(NOW));
    let asked = answer(&mut model, asked, pull_request(results()));
    (model, asked)
}

/// The same, the job selected that passed when it was run again.
fn at_again() -> (Model, Vec<Effect>) {
    let (mut model, asked) = shown();
    answer(&mut model, asked, of_thrice());
    let asked = press(&mut model, KeyCode::Down);
    (model, asked)
}

/// The rows: each job with the number of its attempt, `>` before the selected one.
fn rows(model: &Model) -> Vec<String> {
    let screen = model.screen();
    let lines = screen.list.lines().iter().enumerate();
    lines
        .filter_map(|(at, line)| match line {
            crate::data::list::Line::Row(row) => {
                let it = screen.shown(*row as usize).unwrap();
                let mark = if at == screen.list.selected_line() { ">" } else { "" };
                let indent = if it.place.is_some() { "- " } else { "" };
                Some(format!("{mark}{indent}{} {}", it.cell.job_name, it.cell.run_attempt))
            }
            crate::data::list::Line::Heading(_) => None,
        })
        .collect()
}

/// Of which job is it asked?
fn asks(effects: &[Effect]) -> Option<u64> {
    match effects {
        [] => None,
        [
            Effect::Ask {
                subject: Subject::Attempts,
                question,
                ..
            },
        ] => question.execution.as_ref().map(|it| it.job),
        effects => panic!("{effects:?}"),
    }
}

fn id(job: &str) -> Option<u64> {
    results()
        .iter()
        .find(|cell| cell.job_name == job)
        .map(|cell| cell.job_id)
}

#[test]
fn space_unfolds_the_earlier_attempts_and_folds_them_again() {
    let (mut model, asked) = shown();
    assert_eq!(rows(&model), [">thrice 3", "again 2", "once 1"]);
    answer(&mut model, asked, of_thrice());
    assert_eq!(
        press(&mut model, KeyCode::Char(' ')),
        [],
        "what is known is not asked again"
    );
    let unfolded = [">thrice 3", "- thrice 2", "- thrice 1", "again 2", "once 1"];
    assert_eq!(rows(&model), unfolded);
    press(&mut model, KeyCode::Char(' '));
    assert_eq!(rows(&model), [">thrice 3", "again 2", "once 1"]);
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Down);
    assert_eq!(rows(&model)[2], ">- thrice 1");
    press(&mut model, KeyCode::Char(' '));
    assert_eq!(rows(&model), [">thrice 3", "again 2", "once 1"]);
}

#[test]
fn several_stay_unfolded_and_each_is_asked_for_once() {
    let (mut model, asked) = shown();
    answer(&mut model, asked, of_thrice());
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Down);
    let asked = press(&mut model, KeyCode::Down);
    assert_eq!(asks(&asked), id("again"));
    assert_eq!(
        press(&mut model, KeyCode::Char(' ')),
        [],
        "that question is on its way already"
    );
    answer(&mut model, asked, of_again("failure"));
    let all = [
        "thrice 3",
        "- thrice 2",
        "- thrice 1",
        ">again 2",
        "- again 1",
        "once 1",
    ];
    assert_eq!(rows(&model), all);
    press(&mut model, KeyCode::Up);
    assert_eq!(
        asks(&press(&mut model, KeyCode::Up)),
        None,
        "what is unfolded is known, until it is refreshed"
    );
}

#[test]
fn what_is_unfolded_is_asked_for_even_when_one_goes_on_meanwhile() {
    let (mut model, asked) = shown();
    press(&mut model, KeyCode::Down);
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Down);
    assert_eq!(rows(&model), ["thrice 3", "again 2", ">once 1"]);
    let asked = answer(&mut model, asked, of_thrice());
    assert_eq!(asks(&asked), id("again"));
    let asked = answer(&mut model, asked, of_again("failure"));
    assert_eq!(rows(&model), ["thrice 3", "again 2", "- again 1", ">once 1"]);
    assert_eq!(asks(&asked), id("once"));
}

#[test]
fn a_refresh_keeps_what_is_unfolded_and_selected_and_asks_for_what_is_looked_at() {
    let (mut model, asked) = at_again();
    answer(&mut model, asked, of_again("failure"));
    press(&mut model, KeyCode::Char(' '));
    let asked = press(&mut model, KeyCode::Up);
    press(&mut model, KeyCode::Char(' '));
    answer(&mut model, asked, of_thrice());
    press(&mut model, KeyCode::Down);
    let before = [
        "thrice 3",
        ">- thrice 2",
        "- thrice 1",
        "again 2",
        "- again 1",
        "once 1",
    ];
    assert_eq!(rows(&model), before);
    // A job more before them, and one of them runs anew.
    let mut cells = results();
    cells[1] = attempt("thrice", 4, 4, "running");
    cells.insert(0, cell(7, "c", "w", "a", "failure", 9));
    let asked = press(&mut model, KeyCode::Char('r'));
    let asked = answer(&mut model, asked, pull_request(cells));
    let after = [
        "a 1",
        "thrice 4",
        "- thrice 3",
        ">- thrice 2",
        "- thrice 1",
        "again 2",
        "- again 1",
        "once 1",
    ];
    assert_eq!(rows(&model), after);
    assert_eq!(asks(&asked), id("thrice"), "what is selected, and nothing else");
    let newer = (1..=4)
        .rev()
        .map(|number| attempt("thrice", number, 4, "failure"))
        .collect();
    let asked = answer(&mut model, asked, Ok(Attempts::new(newer)));
    assert_eq!((rows(&model), asked), (after.map(str::to_owned).to_vec(), Vec::new()));
    press(&mut model, KeyCode::Down);
    assert_eq!(asks(&press(&mut model, KeyCode::Down)), id("again"));
}

#[test]
fn what_is_no_more_is_folded_and_the_selection_goes_to_its_result() {
    let (mut model, asked) = at_again();
    answer(&mut model, asked, of_again("failure"));
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Down);
    assert_eq!(rows(&model), ["thrice 3", "again 2", ">- again 1", "once 1"]);
    // Its first attempt is gone.
    let mut cells = results();
    cells[0] = attempt("again", 2, 1, "success");
    let asked = press(&mut model, KeyCode::Char('r'));
    let asked = answer(&mut model, asked, pull_request(cells));
    assert_eq!(rows(&model), ["thrice 3", ">again 2", "once 1"]);
    answer(&mut model, asked, of_again("failure"));
    assert_eq!(rows(&model), ["thrice 3", ">again 2", "once 1"]);
    // And comes back: nobody unfolded that.
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, pull_request(results()));
    assert_eq!(rows(&model), ["thrice 3", ">again 2", "once 1"]);
}

#[test]
fn an_error_unfolds_nothing_until_there_is_an_answer() {
    let (mut model, asked) = at_again();
    press(&mut model, KeyCode::Char(' '));
    answer(&mut model, asked, Err::<Data, _>("gone".to_owned()));
    assert_eq!(rows(&model), ["thrice 3", ">again 2", "once 1"]);
    assert_eq!(update(&mut model, Message::Tick(NOW + SECOND)), []);
    let asked = update(&mut model, Message::Tick(NOW + 2 * SECOND));
    assert_eq!(asks(&asked), id("again"));
    answer(&mut model, asked, of_again("failure"));
    assert_eq!(rows(&model), ["thrice 3", ">again 2", "- again 1", "once 1"]);
    // One that is lost later leaves what is there.
    let asked = press(&mut model, KeyCode::Char('r'));
    let asked = answer(&mut model, asked, pull_request(results()));
    answer(&mut model, asked, Err::<Data, _>("gone".to_owned()));
    assert_eq!(rows(&model), ["thrice 3", ">again 2", "- again 1", "once 1"]);
}

#[test]
fn a_result_with_one_attempt_says_so() {
    let (mut model, asked) = shown();
    answer(&mut model, asked, of_thrice());
    let asked = press(&mut model, KeyCode::End);
    answer(&mut model, asked, of_once());
    assert_eq!(press(&mut model, KeyCode::Char(' ')), []);
    assert_eq!(model.notice.as_deref(), Some("it ran once"));
    assert_eq!(rows(&model), ["thrice 3", "again 2", ">once 1"]);
    let mut cells = results();
    cells[2].run_attempt = 2;
    let asked = press(&mut model, KeyCode::Char('r'));
    answer(&mut model, asked, pull_request(cells));
    press(&mut model, KeyCode::Char(' '));
    assert_eq!(
        model.notice.as_deref(),
        Some("no attempt before attempt 2 was reported")
    );
}

#[test]
fn what_is_done_outside_is_done_with_the_attempt_that_is_selected() {
    let (mut model, asked) = at_again();
    answer(&mut model, asked, of_again("failure"));
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Down);
    let link = "https://runs/again/1".to_owned();
    assert_eq!(
        press(&mut model, KeyCode::Char('o')),
        [Effect::Do(Errand::Open(link.clone()))]
    );
    assert_eq!(
        press(&mut model, KeyCode::Char('y')),
        [Effect::Do(Errand::Copy(link.clone()))]
    );
    assert_eq!(
        press(&mut model, KeyCode::Char('a')),
        [Effect::Do(Errand::Open("https://artifacts/again/1".to_owned()))]
    );
    let copied = press(&mut model, KeyCode::Char('Y'));
    let [Effect::Do(Errand::Copy(line))] = copied.as_slice() else {
        panic!("{copied:?}")
    };
    assert!(
        line.contains("**failure**") && line.contains(&format!("({link})")),
        "{line}"
    );
}

#[test]
fn a_filter_hides_attempts_with_their_result_and_what_is_written_are_results() {
    let (mut model, asked) = at_again();
    answer(&mut model, asked, of_again("failure"));
    press(&mut model, KeyCode::Char(' '));
    let written = crate::screen::export::of_screen(&mut model, crate::settings::args::Format::Csv).unwrap();
    assert_eq!(
        (
            written.what.as_str(),
            export::text_of(&written.contents).lines().count()
        ),
        ("3 results", 4)
    );
    type_in(&mut model, "/once");
    assert_eq!(rows(&model), [">once 1"]);
    press(&mut model, KeyCode::Esc);
    assert_eq!(rows(&model).len(), 4);
}

#[test]
fn as_of_another_moment_nothing_is_shown_that_is_of_now() {
    let (mut model, asked) = at_again();
    answer(&mut model, asked, of_again("failure"));
    press(&mut model, KeyCode::Char(' '));
    press(&mut model, KeyCode::Down);
    let asked = go(&mut model, "as-of 2026-09-21 12:00");
    assert_eq!(
        rows(&model),
        ["thrice 3", "again 2", ">- again 1", "once 1"],
        "until it is answered"
    );
    let asked = answer(&mut model, asked, pull_request(results()));
    assert_eq!(rows(&model), ["thrice 3", ">again 2", "once 1"]);
    assert_eq!(asks(&asked), id("again"));
    answer(&mut model, asked, of_again("running"));
    assert_eq!(rows(&model), ["thrice 3", ">again 2", "- again 1", "once 1"]);
}
