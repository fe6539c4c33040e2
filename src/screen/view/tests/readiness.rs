//! How a backend stands towards level 3.

use super::*;
use crate::data::backend::Backend;

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
        since: NOW - ago * trend::DAY,
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
            "keeps L3 over 7 days: 2 of 3, at risk: end to end, median 4h10 (under 3h) · L3 since 2026-09-09"
        ),
        "{line}"
    );
    model.screen_mut().shows_readiness = true;
    insta::assert_snapshot!("readiness_80x24", drawn(&mut model, 80, 24));
}

/// The box is called by what is judged: who is at level 4 has nothing to do with level 3.
#[test]
fn readiness_is_of_a_period_of_its_own_and_of_the_level_that_is_judged() {
    for (level, line, title) in [
        ("L2", "L3 readiness over 14 days: ", "┌ for L3 ─"),
        ("L4", "keeps L4 over 7 days: ", "┌ keeps L4 ─"),
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
        model.screen_mut().shows_readiness = true;
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
        since: NOW - 40 * trend::DAY,
    }];
    let backend = Backend {
        readiness: Some(Readiness::new(&row, &row, levels, NOW).into()),
        ..Backend::default()
    };
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend.into())));
    let text = drawn(&mut model, 120, 24);
    assert!(
        text.contains(" keeps L4 over 7 days: ") && !text.contains("L3 readiness"),
        "{text}"
    );
}
