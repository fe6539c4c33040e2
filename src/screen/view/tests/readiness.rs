//! How a backend stands towards level 3.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::data::backend::Backend;
use crate::screen::message::Message;
use crate::screen::update::update;

#[test]
fn the_readiness_of_a_backend() {
    let Data::Backend(mut backend) = backend_of(&cells()) else {
        unreachable!()
    };
    let row = crate::data::readiness::tests::row();
    let slow = ReadinessRow {
        end_to_end_p50: 15_000.0,
        ..row.clone()
    };
    let level = |level: &str, ago: i64| LevelRow {
        level: level.to_owned(),
        since: NOW - ago * DAY,
    };
    let levels = vec![level("L2", 90), level("L3", 12)];
    backend.readiness = Some(Readiness::new(&row, &slow, levels, NOW).into());
    if let Some(summary) = &mut backend.summary {
        summary.level = Some("L3".to_owned());
    }
    let mut model = showing(
        Place::Backend("apple/mps-backend".to_owned()),
        Ok(Data::Backend(backend)),
    );
    let line = drawn(&mut model, 120, 40).lines().nth(2).unwrap_or_default().to_owned();
    assert!(
        line.contains(
            "to keep L3, over 7 days: 2 of 3, at risk: end to end, median 4h10 (under 3h) · L3 since 2026-09-09"
        ),
        "{line}"
    );
    model.screen_mut().readiness = Some(0);
    insta::assert_snapshot!("readiness_80x24", drawn(&mut model, 80, 24));
}

/// Words are shortened before a figure is cut; and what has no room at all is counted.
#[test]
fn what_is_against_a_backend_is_told_with_its_figures_in_every_width() {
    let Data::Backend(mut backend) = backend_of(&cells()) else {
        unreachable!()
    };
    let bad = ReadinessRow {
        success: 700,
        failure: 250,
        timed_out: 50,
        overran: 50,
        queue_mean: 4_000.0,
        end_to_end_p50: 15_000.0,
        ..crate::data::readiness::tests::row()
    };
    for (level, columns, event, said) in [
        (
            "L4",
            80,
            EventView::Pr,
            " to keep L4, 7 d: 0 of 3, at risk: pass rate 70.0%, timed out 5.0% +1 ",
        ),
        (
            "L4",
            120,
            EventView::Pr,
            " to keep L4, over 7 days: 0 of 3, at risk: pass rate 70.0%, timed out 5.0%, end to end, median 4h10 ",
        ),
        (
            "L4",
            80,
            EventView::Nightly,
            " to keep L4, 7 d of PRs: 0 of 3, at risk: pass rate 70.0%, timed out 5.0% +1 ",
        ),
        (
            "L4",
            160,
            EventView::Nightly,
            " to keep L4, over 7 days of pull requests: 0 of 3, at risk: pass rate 70.0% (90 % or more), ",
        ),
        (
            "L2",
            80,
            EventView::Pr,
            " L3 readiness 14 d: 0 of 6, not ready: pass rate 70.0%, timed out 5.0% +4 ",
        ),
    ] {
        let levels = vec![LevelRow {
            level: level.to_owned(),
            since: NOW - 12 * DAY,
        }];
        backend.readiness = Some(Readiness::new(&bad, &bad, levels, NOW).into());
        if let Some(summary) = &mut backend.summary {
            summary.level = Some(level.to_owned());
        }
        let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend.clone())));
        model.event = event;
        let text = drawn(&mut model, columns, 24);
        assert!(text.contains(&format!("\"{said}")), "{said} in {text}");
    }
}

/// The box is called by what is judged: who is at level 4 has nothing to do with level 3.
#[test]
fn readiness_is_of_a_period_of_its_own_and_of_the_level_that_is_judged() {
    for (level, line, title) in [
        ("L2", "L3 readiness over 14 days: ", "┌ for L3 ─"),
        ("L4", "to keep L4, over 7 days: ", "┌ to keep L4 ─"),
    ] {
        let Data::Backend(mut backend) = backend_of(&cells()) else {
            unreachable!()
        };
        let row = crate::data::readiness::tests::row();
        backend.readiness = Some(Readiness::new(&row, &row, Vec::new(), NOW / SECOND).into());
        if let Some(summary) = &mut backend.summary {
            summary.level = Some(level.to_owned());
        }
        let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
        model.screen_mut().readiness = Some(0);
        let text = drawn(&mut model, 80, 24);
        assert!(text.contains(line) && text.contains(title), "{text}");
    }
}

/// One that comes later is waited for; one that failed is asked again with the screen, and nobody should wait meanwhile.
#[test]
fn a_readiness_that_is_awaited_is_told_from_one_that_could_not_be_found_out() {
    for (failed, said) in [
        (false, "L3 readiness: not found out yet"),
        (true, "L3 readiness: could not be found out"),
    ] {
        let Data::Backend(mut backend) = backend_of(&cells()) else {
            unreachable!()
        };
        backend.readiness_failed = failed;
        let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
        let text = drawn(&mut model, 80, 24);
        assert!(text.contains(said), "{text}");
    }
}

/// Who is at level 4 is not on the way to level 3 where a view has no results.
#[test]
fn a_backend_keeps_its_level_in_a_view_without_results() {
    let row = crate::data::readiness::tests::row();
    let levels = vec![LevelRow {
        level: "L4".to_owned(),
        since: NOW - 40 * DAY,
    }];
    let backend = Backend {
        readiness: Some(Readiness::new(&row, &row, levels, NOW).into()),
        ..Backend::default()
    };
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend.into())));
    let text = drawn(&mut model, 120, 24);
    assert!(
        text.contains(" to keep L4, over 7 days: ") && !text.contains("L3 readiness"),
        "{text}"
    );
}

/// As the other popups do: what has no room is gone to.
#[test]
fn levels_that_have_no_room_are_scrolled_to() {
    let level = |number: i64| LevelRow {
        level: format!("L{}", 2 + number % 2),
        since: NOW - (90 - number) * DAY,
    };
    let row = crate::data::readiness::tests::row();
    let backend = Backend {
        readiness: Some(Readiness::new(&row, &row, (0..20).map(level).collect(), NOW).into()),
        ..Backend::default()
    };
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend.into())));
    model.screen_mut().readiness = Some(0);
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("└ ↓ for more, L or Esc closes "), "{text}");
    let oldest = "since 2026-06-23";
    assert!(!text.contains(oldest), "{text}");
    update(
        &mut model,
        Message::Key(KeyEvent::new(KeyCode::Char('G'), KeyModifiers::NONE)),
    );
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains(oldest) && text.contains("└ L or Esc closes "), "{text}");
}
