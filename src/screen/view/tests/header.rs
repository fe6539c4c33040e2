//! The header: where we are, what is chosen, how fresh it is.

use super::*;
use crate::data::chosen::Range;

/// Where we came through is told as far as it is near.
#[test]
fn the_header_tells_the_last_places() {
    let mut model = showing(Place::PullRequest(7), Ok(Data::PullRequest(PullRequest::new(cells()))));
    for repo in ["a/a", "b/b"] {
        let at = model.screens.len() - 1;
        model.screens.insert(at, Screen::new(Place::Backend(repo.to_owned())));
    }
    let text = drawn(&mut model, 120, 24);
    assert!(text.starts_with("\" oot-hud  … ▸ a/a ▸ b/b ▸ PR #7 "), "{text}");
}

/// What is wrong with the pipeline stands in the header of every screen; else how far it is behind.
#[test]
fn the_header_tells_of_the_pipeline() {
    let said = |pipeline: Pipeline| {
        let mut model = showing(Place::Summary, Ok(summary()));
        model.pipeline.answered(Ok(pipeline), NOW, None);
        drawn(&mut model, 120, 40).lines().next().unwrap_or_default().to_owned()
    };
    let one = |at: usize| Pipeline {
        daemons: vec![pipeline().daemons[at].clone()],
    };
    for (pipeline, end) in [
        (one(0), "fresh 4s · lag 0.6s \""),
        (one(1), "fresh 4s · the pipeline lags 190 s +1 \""),
        (one(2), "fresh 4s · the pipeline is silent \""),
    ] {
        let line = said(pipeline);
        assert!(line.ends_with(end), "{line}");
    }
}

/// The title takes the room that is there, the author goes before it, and where we are stays.
#[test]
fn the_header_tells_what_a_pull_request_is_called() {
    let title = Title {
        title: "[inductor] Fuse pointwise epilogues into templates".to_owned(),
        author: "bob".to_owned(),
    };
    let pull_request = PullRequest::new(cells()).with_titles([(179_600, title)].into());
    let mut model = showing(Place::PullRequest(179_600), Ok(Data::PullRequest(pull_request)));
    let backend = Screen::new(Place::Backend("apple/mps-backend".to_owned()));
    model.screens.insert(1, backend);
    let trail = "\" oot-hud  Summary ▸ apple/mps-backend ▸ PR #179600";
    for (columns, as_of, beginning) in [
        (
            120,
            None,
            format!("{trail}  [inductor] Fuse pointwise epilogues into templates — bob "),
        ),
        (100, None, format!("{trail}  [inductor] Fuse pointwise epil… — bob ")),
        (
            80,
            None,
            "\" oot-hud ▸ PR #179600  [inductor] Fuse pointwise epilogues int… — bob ".to_owned(),
        ),
        (
            80,
            Some(NOW),
            "\" oot-hud ▸ PR #179600  [inductor] Fuse point…  as of 09-21 14:13 UTC ".to_owned(),
        ),
    ] {
        model.as_of = as_of;
        let drawn = drawn(&mut model, columns, 24);
        let line = drawn.lines().next().unwrap_or_default();
        assert!(line.starts_with(&beginning) && line.ends_with("fresh 4s \""), "{line}");
    }
}

/// However little room there is: which view and range is chosen can't be read elsewhere.
#[test]
fn the_header_never_drops_what_is_chosen() {
    let mut model = showing(
        Place::Backend("TorchedHat/pytorch-redhat-ci".to_owned()),
        Ok(backend_of(&cells())),
    );
    let head = |model: &mut Model, columns| drawn(model, columns, 24).lines().next().unwrap_or_default().to_owned();
    model.range = model.range.next();
    model.screen_mut().slot.ask_another(NOW);
    model.screen_mut().slot.asked(NOW - SECOND, 2);
    for (columns, end) in [
        (160, "pull requests · 14 days   ⣟ loading, showing 7 days \""),
        (80, "pull requests · 14 days   ⣟ loading \""),
    ] {
        let line = head(&mut model, columns);
        assert!(
            line.ends_with(end) && line.contains("TorchedHat/pytorch-redhat-ci"),
            "{line}"
        );
    }
    model.pipeline.answered(Ok(pipeline()), NOW, None);
    let line = head(&mut model, 80);
    assert!(line.contains("pr · 14d"), "{line}");
    (model.paused, model.as_of) = (true, Some(NOW));
    let line = head(&mut model, 80);
    for said in [
        " TorchedHat/",
        "pr · 14d",
        "as of 09-21 14:13 UTC",
        "paused",
        "lags 190",
    ] {
        assert!(line.contains(said), "{said} in {line}");
    }
}

/// However little room there is: a clock without its zone is read as the reader's own.
#[test]
fn a_clock_in_the_header_names_its_zone() {
    let mut model = showing(
        Place::Backend("TorchedHat/pytorch-redhat-ci".to_owned()),
        Ok(backend_of(&cells())),
    );
    model.as_of = Some(NOW);
    for has_pipeline in [false, true] {
        if has_pipeline {
            model.pipeline.answered(Ok(pipeline()), NOW, None);
        }
        for columns in 80..=160 {
            let text = drawn(&mut model, columns, 24);
            let line = text.lines().next().unwrap_or_default();
            assert!(line.contains("09-21 14:13 UTC"), "{columns}: {line}");
        }
    }
}

/// What a later report replaced is not known any more, and nobody should think that it is.
#[test]
fn the_header_says_what_as_of_can_not_tell() {
    let mut model = showing(Place::Summary, Ok(summary()));
    model.as_of = Some(NOW);
    let text = drawn(&mut model, 120, 40);
    let said = "as of 2026-09-21 14:13 UTC, later values where replaced";
    assert!(text.lines().next().unwrap_or_default().contains(said), "{text}");
}

/// Trends are of whole days, also where the range has room for a letter alone, and while another is asked for.
#[test]
fn the_range_of_trends_is_told_in_days() {
    let mut model = showing(Place::Trends(None), Ok(trends()));
    model.as_of = Some(NOW - 86_400 * SECOND);
    model.range = Range::Day;
    let first = |model: &mut Model, columns| drawn(model, columns, 24).lines().next().unwrap_or_default().to_owned();
    let narrow = first(&mut model, 80);
    assert!(narrow.contains("pr · 2d  ") && !narrow.contains("24h"), "{narrow}");
    let wide = first(&mut model, 160);
    assert!(wide.contains("pull requests · 2 UTC days  "), "{wide}");
    model.as_of = None;
    model.screen_mut().chosen = Some(model.chosen());
    model.range = Range::Week;
    model.screen_mut().slot.ask_another(NOW);
    let other = first(&mut model, 160);
    assert!(other.contains("7 UTC days   loading, showing 2 UTC days "), "{other}");
}
