//! The measures of level 3, and since when a backend has which level.

use oot_hud::data::chosen::EventView;
use oot_hud::source::{LevelRow, Question, ReadinessRow};
use oot_tests::{Both, ago};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{NONE, all_of, answer, millis, moment};

/// A job of a run, from so many minutes ago to so many; with what else it says.
fn job(run: (&str, &str), job: &str, minutes: (i64, i64), own: Value) -> Value {
    let mut record = json!({ "delivery_id": run.0, "run_id": run.1, "job_name": job, "started_at": ago(minutes.0), "completed_at": ago(minutes.1) });
    record.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
    record
}

fn figures(both: &Both, question: &Question) -> ReadinessRow {
    let mut rows = answer(both, async |reader| reader.readiness(question).await);
    assert_eq!(rows.len(), 1);
    rows.remove(0)
}

fn of_all(both: &Both) -> ReadinessRow {
    figures(both, &all_of("A/b", EventView::Pr))
}

#[test]
fn end_to_end_is_a_runs_largest_queue_and_its_time_from_first_start_to_last_end() {
    let both = Both::new();
    let wide = [
        job(("d", "1"), "first", (300, 290), json!({ "queue_time": 60.0 })),
        job(("d", "1"), "last", (295, 240), json!({ "queue_time": 120.0 })),
    ];
    both.insert(&wide);
    // 120 s, and an hour.
    assert_eq!(of_all(&both).end_to_end_p50, 3_720.0);
}

/// A run is a delivery's: of one delivery there may be more, and of one run's name in two deliveries.
#[test]
fn the_median_is_over_runs_not_over_jobs_or_deliveries() {
    let both = Both::new();
    let queued = |seconds: f64| json!({ "queue_time": seconds });
    both.insert(&[
        job(("d", "1"), "a", (100, 90), queued(1.0)),
        job(("d", "1"), "b", (100, 90), queued(1.0)),
        job(("d", "1"), "c", (100, 90), queued(1.0)),
        job(("d", "2"), "d", (80, 60), queued(2.0)),
        job(("e", "1"), "e", (50, 20), queued(3.0)),
    ]);
    // Of 601, 1 202 and 1 803 s.
    assert_eq!(of_all(&both).end_to_end_p50, 1_202.0);
}

#[test]
fn a_run_without_a_queue_time_or_an_end_or_with_a_negative_one_is_no_sample() {
    let none = [
        vec![job(("d", "no queue"), "a", (90, 80), json!({}))],
        vec![job(("d", "backwards"), "a", (80, 90), json!({ "queue_time": 1.0 }))],
        vec![job(
            ("d", "no start"),
            "a",
            (80, 70),
            json!({ "queue_time": 1.0, "started_at": NONE }),
        )],
        vec![
            job(("d", "runs"), "a", (90, 80), json!({ "queue_time": 1.0 })),
            job(
                ("d", "runs"),
                "b",
                (90, 80),
                json!({ "status": "in_progress", "conclusion": "", "completed_at": NONE }),
            ),
        ],
    ];
    for records in none {
        let both = Both::new();
        both.insert(&records);
        let it = of_all(&both);
        assert!(it.end_to_end_p50.is_nan(), "{records:?}: {it:?}");
        // It doesn't take another's place in the median.
        let sample = job(
            ("d", "ok"),
            "z",
            (50, 40),
            json!({ "queue_time": 5.0, "dynamoKey": "z" }),
        );
        both.insert(&[sample]);
        assert_eq!(of_all(&both).end_to_end_p50, 605.0, "{records:?}");
    }
}

/// Something that took no time at all took 0 s.
#[test]
fn a_run_may_take_no_time() {
    let both = Both::new();
    both.insert(&[job(("d", "1"), "a", (90, 90), json!({ "queue_time": 0.0 }))]);
    assert_eq!(of_all(&both).end_to_end_p50, 0.0);
}

#[test]
fn figures_count_current_results_and_what_timed_out_overruns_nothing() {
    let both = Both::new();
    let of = |name: &str, minutes: (i64, i64), conclusion: &str, queue: Option<f64>| {
        job(
            ("d", "1"),
            name,
            minutes,
            json!({ "conclusion": conclusion, "queue_time": queue }),
        )
    };
    both.insert(&[
        of("short", (600, 590), "success", Some(30.0)),
        of("3 h", (600, 420), "success", Some(60.0)),
        of("longer", (600, 419), "success", None),
        of("long and failed", (600, 400), "failure", Some(0.0)),
        of("long and timed out", (600, 300), "timed_out", Some(10.0)),
        of("cancelled", (600, 599), "cancelled", None),
        of("skipped", (600, 600), "skipped", None),
        // What isn't current counts nowhere.
        job(
            ("d", "1"),
            "again",
            (600, 100),
            json!({ "conclusion": "timed_out", "run_attempt": 1, "queue_time": 9_999.0 }),
        ),
        job(("d", "1"), "again", (90, 80), json!({ "run_attempt": 2 })),
        job(
            ("d", "1"),
            "runs",
            (300, 300),
            json!({ "status": "in_progress", "conclusion": "", "completed_at": NONE, "queue_time": 100.0 }),
        ),
        // Nor what is of another backend, or of no pull request.
        json!({ "downstream_repo": "c/d", "conclusion": "failure", "queue_time": 9_999.0 }),
        json!({ "pr_number": 0, "event_type": "nightly", "conclusion": "failure", "queue_time": 9_999.0 }),
    ]);
    let it = of_all(&both);
    assert_eq!((it.total, it.success, it.failure, it.timed_out), (8, 4, 1, 1));
    assert_eq!(it.overran, 2, "longer, and long and failed");
    // (30 + 60 + 0 + 10 + 100) ÷ 5
    assert_eq!(it.queue_mean, 40.0);
}

#[test]
fn as_of_a_moment_a_run_that_ended_later_has_no_end() {
    let both = Both::new();
    both.insert(&[
        job(("d", "1"), "a", (300, 290), json!({ "queue_time": 60.0 })),
        job(("d", "1"), "b", (300, 240), json!({ "queue_time": 60.0 })),
    ]);
    let as_of = |minutes| {
        let question = all_of("a/b", EventView::Pr);
        let it = figures(
            &both,
            &Question {
                until: Some(millis(minutes)),
                ..question
            },
        );
        (it.total, it.end_to_end_p50)
    };
    let (total, end_to_end) = as_of(241);
    assert!(total == 1 && end_to_end.is_nan());
    assert_eq!(as_of(240), (2, 3_660.0));
}

#[test]
fn an_empty_table_has_no_figures_and_no_levels() {
    let both = Both::new();
    let it = of_all(&both);
    assert_eq!(
        [it.total, it.success, it.failure, it.timed_out, it.overran],
        [0, 0, 0, 0, 0]
    );
    assert!(it.queue_mean.is_nan() && it.end_to_end_p50.is_nan(), "{it:?}");
    assert_eq!(levels(&both), []);
}

/// An hour of a day, so many days ago.
fn on(day: i64, hour: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp((today() - day) * 86_400 + hour * 3_600).unwrap();
    at.format(&Rfc3339).unwrap()
}

/// Days since 1970.
fn today() -> i64 {
    moment(0) / 86_400_000_000_000
}

/// How many days ago it changed, and to which level.
fn levels(both: &Both) -> Vec<(i64, String)> {
    let question = all_of("A/b", EventView::All);
    let rows: Vec<LevelRow> = answer(both, async |reader| reader.levels(&question).await);
    rows.into_iter()
        .map(|row| (today() - row.since / 86_400_000_000_000, row.level))
        .collect()
}

#[test]
fn levels_have_a_row_for_each_change_in_order() {
    let both = Both::new();
    let says = |day: i64, hour: i64, level: &str| json!({ "job_name": format!("{day} {hour}"), "started_at": on(day, hour), "completed_at": on(day, hour), "downstream_repo_level": level });
    both.insert(&[
        says(5, 1, "L2"),
        says(40, 1, "L1"),
        says(35, 1, "L1"),
        // The last word of a day is the day's.
        says(30, 23, "L2"),
        says(30, 0, "L3"),
        says(29, 1, ""),
        says(20, 1, "L2"),
        says(10, 1, "L1"),
        json!({ "downstream_repo": "c/d", "started_at": on(15, 1), "downstream_repo_level": "L4" }),
    ]);
    let expected = [(40, "L1"), (30, "L2"), (10, "L1"), (5, "L2")].map(|(day, level)| (day, level.to_owned()));
    assert_eq!(levels(&both), expected);
}

#[test]
fn who_says_no_level_has_none() {
    let both = Both::new();
    both.insert(&[
        json!({ "downstream_repo_level": "" }),
        json!({ "downstream_repo_level": "", "job_name": "k", "started_at": on(9, 1) }),
        json!({ "downstream_repo": "c/d", "downstream_repo_level": "L4" }),
    ]);
    assert_eq!(levels(&both), []);
}
