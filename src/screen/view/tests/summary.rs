//! The summary.

use super::*;
use crate::data::summary::Summary;

#[test]
fn the_summary() {
    let mut model = showing(Place::Summary, Ok(summary()));
    insta::assert_snapshot!("summary_120x40", drawn(&mut model, 120, 40));
    insta::assert_snapshot!("summary_80x24", drawn(&mut model, 80, 24));
    insta::assert_snapshot!("summary_160x30", drawn(&mut model, 160, 30));
}

/// Bad days are no contradiction to the mark before a backend: of one that isn't red there is nothing to count.
#[test]
fn how_long_it_has_been_red_is_told_of_what_is_red() {
    let mut data = summary();
    let Data::Summary { rows, .. } = &mut data else {
        unreachable!()
    };
    let today = u32::try_from(trend::day_of(NOW)).unwrap();
    let day = |row: &Summary, ago: u32| DayRow {
        repo: row.repo.clone(),
        day: today - ago,
        success: 1,
        failure: u64::from(ago < 3),
        timed_out: 0,
    };
    let of_row = |row: &Summary| [3, 2, 1, 0].map(|ago| day(row, ago));
    let days: Vec<DayRow> = rows.iter().flat_map(of_row).collect();
    trend::attach(rows, &days, NOW);
    let mut model = showing(Place::Summary, Ok(data));
    for (columns, days_later) in [(120, 0), (160, 0), (160, 2)] {
        model.now = NOW + days_later * DAY;
        let text = drawn(&mut model, columns, 24);
        let row = |repo: &str| text.lines().find(|line| line.contains(repo)).unwrap_or_default();
        assert!(text.contains("red from"), "{text}");
        assert!(row("X apple/mps-backend").contains(" 09-19"), "{text}");
        assert!(!row("! TorchedHat/pytorch-redhat-ci").contains(" 09-19"), "{text}");
    }
}

/// Whichever column it is sorted by, and the others stay.
#[test]
fn heads_stand_apart_with_the_mark_of_the_one_that_is_sorted_by() {
    for columns in [80, 120, 160, 200] {
        let mut model = showing(Place::Summary, Ok(summary()));
        let heads = |model: &mut Model| {
            let text = drawn(model, columns, 24);
            let line = text
                .lines()
                .find(|line| line.contains("backend") && line.contains("fail"));
            let words = line
                .unwrap_or_default()
                .split_whitespace()
                .map(|word| word.replace(['▾', '▴'], ""));
            words.collect::<Vec<_>>()
        };
        let all = heads(&mut model);
        for column in 0..=crate::data::summary::columns::COLUMNS.len() {
            for reversed in [false, true] {
                model.screen_mut().sort = Sort { column, reversed };
                assert_eq!(heads(&mut model), all, "{columns} columns, by {column}");
            }
        }
    }
}

/// Not to know is not to have no data.
#[test]
fn a_relay_that_could_not_be_found_out_is_unknown() {
    let Data::Summary {
        rows,
        relay_nightly,
        before,
        missing,
        ..
    } = summary()
    else {
        unreachable!()
    };
    let relay = None;
    let data = Data::Summary {
        rows,
        relay,
        relay_nightly,
        before,
        missing,
    };
    let text = drawn(&mut showing(Place::Summary, Ok(data)), 160, 40);
    assert!(text.contains("relay U unknown"), "{text}");
}

/// A sign of its own is for where words have no room.
#[test]
fn a_rate_that_has_not_changed_is_said_to_be_as_before() {
    for (columns, said) in [(80, "pass 91.5% ="), (160, "pass 91.5% as before")] {
        let mut data = summary();
        let Data::Summary { rows, before, .. } = &mut data else {
            unreachable!()
        };
        *before = crate::data::summary::overall_pass_rate(rows);
        let text = drawn(&mut showing(Place::Summary, Ok(data)), columns, 24);
        assert!(text.contains(said), "{said} in {text}");
    }
}

/// What is in the way of calm is said in every width, the change against the range before as well; words are shortened for it.
#[test]
fn the_summary_tells_what_is_wrong_in_every_width() {
    for columns in [80, 100, 120, 160] {
        let text = drawn(&mut showing(Place::Summary, Ok(summary())), columns, 24);
        let line = text.lines().nth(1).unwrap_or_default();
        let places: Vec<_> = ["relay X", "overdue 1", "pass 91.5% ▲1.5", "backends 10"]
            .map(|said| line.find(said).unwrap_or_else(|| panic!("{said} in {line}")))
            .into();
        assert!(places.is_sorted(), "{line}");
        // That is of the range, and stands with what is.
        let timed_out = line.find("timed out 9").or_else(|| line.find("time 9"));
        assert!(
            timed_out > line.find("pass 91.5% ▲1.5") && timed_out < line.find("backends"),
            "{line}"
        );
        assert_eq!(line.contains("timed out 9 in 7 days"), columns == 160, "{line}");
    }
}

/// Days that are longest ago, and blanks, go before a name does; on the backend's screen it stands in the smallest terminal.
#[test]
fn who_is_on_call_is_told_whole_where_there_is_room() {
    let text = drawn(&mut showing(Place::Summary, Ok(summary())), 160, 24);
    assert!(text.contains("  mps-oncall-1, mps-oncall-2 "), "{text}");
    assert!(text.contains("riseproject-dev/pytorch-ci-experimental "), "{text}");
    let Data::Backend(mut backend) = backend_of(&cells()) else {
        unreachable!()
    };
    if let Some(summary) = &mut backend.summary {
        summary.oncalls = vec!["alice".to_owned(), "bob".to_owned()];
    }
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend.clone())));
    let text = drawn(&mut model, 80, 24);
    assert!(
        text.contains(" L4  pass 40.0% (2 of 5) · on call alice, bob · 1 running · 1 PR"),
        "{text}"
    );
    if let Some(summary) = &mut backend.summary {
        summary.oncalls = vec!["someone".to_owned(); 9];
    }
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(Data::Backend(backend)));
    let text = drawn(&mut model, 80, 24);
    assert!(text.contains("someone… · 1 running · 1 P…"), "{text}");
}
