//! More than anybody has: 5,000 pull requests by 300 jobs.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::*;
use crate::data::Data;
use crate::data::backend::Backend;
use crate::data::matrix::Matrix;
use crate::data::summary::Summary;
use crate::screen::message::Message;
use crate::screen::update::update;
use crate::source::{JobRow, MatrixRow};

const PULL_REQUESTS: u64 = 5_000;
const JOBS: u64 = 300;
const SHARDS: u64 = 150;

/// Every result is there; each pull request's `(number + job) % 5`-th is a failure.
fn large() -> Data {
    let letter = |number: u64, job: u64| match (number + job) % 5 {
        0 => b'X',
        _ => b'O',
    };
    let rows = (1..=PULL_REQUESTS).rev().map(|number| MatrixRow {
        pr_number: number,
        commit: format!("{number:040x}"),
        newest: NOW - (PULL_REQUESTS - number) as i64 * SECOND,
        cells: (1..=JOBS).map(|job| (job, letter(number, job))).collect(),
    });
    // Half of them are shards of one job.
    let name = |job: u64| match job <= SHARDS {
        true => format!("test ({job}, {SHARDS})"),
        false => format!("unit {job}"),
    };
    let jobs = (1..=JOBS).map(|job| JobRow {
        workflow: "w".to_owned(),
        job: name(job),
        id: job,
    });
    Data::Backend(Box::new(Backend {
        summary: Some(Summary {
            repo: "a/b".to_owned(),
            pull_requests: PULL_REQUESTS,
            ..Summary::default()
        }),
        matrix: Matrix::new(rows.collect(), PULL_REQUESTS as usize, jobs.collect()),
        readiness: None,
        readiness_failed: false,
        missing: crate::data::missing::Missing::default(),
    }))
}

#[test]
fn the_ends_of_a_large_matrix_are_reached_and_every_key_works_there() {
    let mut model = showing(Place::Backend("a/b".to_owned()), Ok(large()));
    let press = |model: &mut Model, code| update(model, Message::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    let text = drawn(&mut model, 200, 60);
    assert!(
        text.contains("▌") && text.contains(&format!(" {PULL_REQUESTS} ")),
        "{text}"
    );
    let at = |model: &Model| model.screen().list.selected_line();
    press(&mut model, KeyCode::End);
    let text = drawn(&mut model, 200, 60);
    assert_eq!(at(&model), PULL_REQUESTS as usize - 1);
    let last = text.lines().rfind(|line| line.contains('▌')).unwrap_or_default();
    assert!(last.contains(" 1 "), "{text}");
    let heads = model.screen().heads.len();
    assert_eq!(heads as u64, JOBS - SHARDS + 1, "the shards are one");
    for _ in 0..heads + 3 {
        press(&mut model, KeyCode::Right);
    }
    assert_eq!(model.screen().column, heads - 1);
    let text = drawn(&mut model, 200, 60);
    assert!(text.contains("unit 300 ·"), "{text}");
    press(&mut model, KeyCode::Home);
    for _ in 0..heads {
        press(&mut model, KeyCode::Left);
    }
    let text = drawn(&mut model, 200, 60);
    assert_eq!(model.screen().heads[model.screen().column].label, "test 1…150");
    assert!(text.contains("30 of 150 shards failed"), "{text}");
    press(&mut model, KeyCode::Char('x'));
    assert_eq!(model.screen().heads.len(), JOBS as usize);
    let text = drawn(&mut model, 200, 60);
    assert!(text.contains("test ("), "{text}");
    for code in [
        KeyCode::PageUp,
        KeyCode::Char('f'),
        KeyCode::Char('c'),
        KeyCode::Char(' '),
        KeyCode::Home,
    ] {
        press(&mut model, code);
        assert!(drawn(&mut model, 200, 60).contains('▌'), "{code:?}");
    }
    assert_eq!(at(&model), 0);
    drawn(&mut model, 80, 20);
}
