use super::*;
use crate::settings::args::{Choice, Command, Global, Typed};
use crate::settings::config::{Config, Environment};

pub(super) fn model() -> Model {
    let flags = Global {
        config: Some("/dev/null".into()),
        ..Global::default()
    };
    let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
    crate::screen::run::model(&config, Command::Summary, (120, 40), None)
}

/// Somebody went from a filtered and sorted summary into a backend and a commit of a pull request.
fn been_around() -> Model {
    let mut model = model();
    (model.event, model.range) = (EventView::Nightly, Range::Month);
    model.as_of = Some(1_789_000_000_000_000_000);
    let mut summary = Screen::new(Place::Summary);
    (summary.filter, summary.sort) = ("torch !intel".to_owned(), Sort::default().next(&[1]).reverse());
    summary.wanted = Some("a/b".to_owned());
    let mut backend = Screen::new(Place::Backend("a/b".to_owned()));
    backend.only.failures = true;
    (backend.column, backend.wanted) = (3, Some("7 c1".to_owned()));
    backend.pull_requests = 1_600;
    backend.unfolded.insert("group\nw\nops-1".to_owned());
    backend.unfolded_pull_requests.insert(7);
    let mut pull_request = Screen::new(Place::PullRequest(7));
    pull_request.commit = Commit::Sha("3f78".to_owned());
    model.screens = vec![summary, backend, pull_request];
    model
}

#[test]
fn one_comes_back_to_where_one_was() {
    let state = State::of(&been_around());
    let text = serde_json::to_vec(&state).unwrap();
    let mut model = model();
    State::parse(&text).unwrap().restore(&mut model, Typed::default());
    assert_eq!(State::of(&model), state);
    assert_eq!(
        (model.event, model.range, model.screens.len()),
        (EventView::Nightly, Range::Month, 3)
    );
    assert_eq!(model.screen().place, Place::PullRequest(7));
    assert_eq!(model.screens[0].filter, "torch !intel");
    assert_eq!(model.screens[1].wanted.as_deref(), Some("7 c1"));
    assert_eq!(
        (model.screens[1].pull_requests, model.as_of),
        (1_600, Some(1_789_000_000_000_000_000))
    );
}

/// Rows that are few and a moment of now are what a version before this one meant.
#[test]
fn a_file_of_an_older_version_is_read() {
    let mut text = serde_json::to_value(State::of(&been_around())).unwrap();
    text.as_object_mut().unwrap().remove("as_of");
    for screen in text["screens"].as_array_mut().unwrap() {
        screen.as_object_mut().unwrap().remove("pull_requests");
    }
    let mut model = model();
    let state = State::parse(text.to_string().as_bytes()).unwrap();
    state.restore(&mut model, Typed::default());
    assert_eq!(
        (model.screens[1].pull_requests, model.as_of),
        (FIRST_PULL_REQUESTS, None)
    );
}

#[test]
fn range_view_and_moment_that_were_asked_for_stay() {
    let mut model = model();
    model.as_of = Some(1_790_000_000_000_000_000);
    let typed = Typed {
        range: Some(Range::Day),
        event: Some(EventView::Push),
    };
    State::of(&been_around()).restore(&mut model, typed);
    assert_eq!(
        (model.range, model.event, model.screen().event),
        (Range::Day, EventView::Push, EventView::Push)
    );
    assert_eq!(model.as_of, Some(1_790_000_000_000_000_000));
}

#[test]
fn another_form_and_damage_are_refused() {
    let text = serde_json::to_string(&State::of(&been_around())).unwrap();
    let older = text.replacen("\"form\":1", "\"form\":0", 1);
    let error = State::parse(older.as_bytes()).unwrap_err();
    assert_eq!(error, "it is of another version (form 0, expected 1)");
    for damaged in [
        "",
        "[]",
        "{\"form\":1}",
        &text[..text.len() / 2],
        &text.replacen("nightly", "never", 1),
    ] {
        assert!(State::parse(damaged.as_bytes()).is_err(), "{damaged}");
    }
    let (head, _) = text.split_once("\"screens\":").unwrap();
    assert!(State::parse(format!("{head}\"screens\":[]}}").as_bytes()).is_err());
}

#[test]
fn what_no_screen_has_is_left_out() {
    let mut model = been_around();
    model.screens[0].sort.column = 999;
    model.screens[0].filter = "\u{1b}[31m".to_owned();
    let state = State::of(&model);
    state.restore(&mut model, Typed::default());
    assert_eq!(
        (model.screens[0].sort, model.screens[0].filter.as_str()),
        (Sort::default(), "\u{fffd}[31m")
    );
}

#[test]
fn a_way_of_any_length_is_kept_by_its_end() {
    let mut model = model();
    model.screens = (1..=100)
        .map(|number| Screen::new(Place::PullRequest(number)))
        .collect();
    let state = State::of(&model);
    state.restore(&mut model, Typed::default());
    assert_eq!(
        (model.screens.len(), &model.screen().place),
        (SCREENS_MAX, &Place::PullRequest(100))
    );
}
