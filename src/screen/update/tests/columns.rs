//! The columns of a matrix: which one is selected, and which are seen.

use super::*;

/// Until a key moves the selection; and shards are unfolded where the job is one of them.
#[test]
fn into_a_job_of_the_trends_means_its_column() {
    use crate::data::figures::DAY;
    use crate::data::trend::Trends;
    let job = |job: &str| crate::source::UsualRow {
        repo: "a/b".to_owned(),
        workflow: "w".to_owned(),
        job: job.to_owned(),
        id: 1,
        total: 2,
        success: 1,
        failure: 1,
        flaky_jobs: 0,
        duration_p50: 60.0,
        failing_since: 0,
        failing_prs: 0,
    };
    let cells =
        ["j1", "j2", "shard (1, 3)", "shard (2, 3)", "shard (3, 3)"].map(|job| cell(7, "c", "w", job, "success", 9));
    let column_of = |name: &str, moves: bool| {
        let mut model = model();
        model.screens = vec![Screen::new(Place::Trends(None))];
        let asked = update(&mut model, Message::Tick(NOW));
        let trends = Trends::new(Vec::new(), vec![job(name)], NOW - 2 * DAY, NOW, false);
        answer(&mut model, asked, Ok(Data::Trends(trends)));
        let asked = press(&mut model, KeyCode::Enter);
        let asked = answer(&mut model, asked, Err::<Data, _>("gone".to_owned()));
        assert!(asked.is_empty());
        if moves {
            press(&mut model, KeyCode::Right);
        }
        let asked = update(&mut model, Message::Tick(NOW + 60 * SECOND));
        answer(&mut model, asked, Ok(backend_of(&cells)));
        let screen = model.screen();
        (screen.column, screen.heads.len())
    };
    assert_eq!(column_of("j2", false), (1, 3), "after an error, too");
    assert_eq!(column_of("shard (2, 3)", false), (3, 5));
    assert_eq!(column_of("gone", false), (0, 3));
    assert_eq!(column_of("j2", true), (1, 3), "there was nothing to move in");
}

/// What is read stands still under the cursor, whichever way it goes.
#[test]
fn columns_stay_where_they_are_until_the_cursor_leaves_them() {
    let mut model = model();
    model.size = (80, 24);
    model.screens = vec![Screen::new(Place::Backend("a/b".to_owned()))];
    let asked = update(&mut model, Message::Tick(NOW));
    let cells: Vec<Cell> = (0..60)
        .map(|job| cell(8, "c", "w", &format!("{job:02}-{}", "x".repeat(job % 7)), "success", 1))
        .collect();
    answer(&mut model, asked, Ok(backend_of(&cells)));
    let mut along = |key: KeyCode| {
        let mut seen = Vec::new();
        for _ in 0..59 {
            press(&mut model, key);
            seen.extend(view::seen_from(&model));
        }
        seen
    };
    let right = along(KeyCode::Right);
    let last = right[58];
    assert!(last > 10, "{right:?}");
    let left = along(KeyCode::Left);
    let within = 59 - last;
    assert!(left[..within].iter().all(|seen| *seen == last), "{left:?}");
    let beyond: Vec<usize> = (0..last).rev().collect();
    assert_eq!(left[within..], beyond);
    assert_eq!(along(KeyCode::Right), right);
}
