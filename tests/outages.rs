//! A ClickHouse that stops, hangs, breaks off or says no, and the reader's programs in front of it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use oot_hud::data::chosen::EventView;
use oot_hud::settings::clickhouse;
use oot_hud::source::{Question, Reader, SourceError};
use oot_tests::{Both, ClickHouse, Fault, Faulty, Pty, ago, eventually, eventually_within, hud, hud_with_cache};
use serde_json::json;

/// Each fault that is noticed at once, and what is said of it.
const FAULTS: [(Fault, &str); 7] = [
    (Fault::Refuses, "onnection "),
    (Fault::Fails, "InternalServerError"),
    (
        Fault::Refuted,
        "Code: 241. DB::Exception: Memory limit (for query) exceeded",
    ),
    (Fault::Garbage, ""),
    (Fault::BreaksOff, ""),
    (
        Fault::Throws,
        "Code: 241. DB::Exception: Memory limit (for query) exceeded",
    ),
    (
        Fault::ThrowsUntagged,
        "Code: 241. DB::Exception: Memory limit (for query) exceeded",
    ),
];

/// Two backends, and what stands in front of them.
fn behind_a_fault() -> (Both, Faulty) {
    let both = Both::new();
    both.insert(&[
        json!({ "downstream_repo": "a/one" }),
        json!({ "downstream_repo": "a/two", "conclusion": "failure" }),
        json!({ "downstream_repo": "pytorch/crcr-test" }),
    ]);
    let front = Faulty::before(&both.clickhouse.url);
    (both, front)
}

/// Long before the reader gives its question up: `q` waits for nobody.
fn quits(mut pty: Pty) {
    pty.keys("q");
    let code = eventually_within(Duration::from_secs(10), "the end", || pty.ended());
    assert_eq!(code, 0);
    eventually("the terminal as it was", || pty.is_as_before().then_some(()));
}

fn shows_both(pty: &Pty) -> bool {
    let text = pty.text();
    text.contains("a/one") && text.contains("a/two") && text.contains("healthy")
}

#[test]
fn rows_stay_through_every_fault_and_are_fresh_again_when_it_is_over() {
    let (_both, front) = behind_a_fault();
    let mut pty = Pty::hud(120, 24, &["--clickhouse", &front.url, "--refresh", "1"]);
    eventually("the rows", || shows_both(&pty).then_some(()));
    for (fault, said) in FAULTS {
        front.set(fault);
        pty.keys("r");
        eventually(&format!("{fault:?} in the footer"), || {
            let text = pty.text();
            let footer = text.lines().last()?.to_owned();
            (footer.contains(said) && footer.contains(" · again in ")).then_some(())
        });
        pty.shows("stale ");
        assert!(shows_both(&pty), "{fault:?}:\n{}", pty.text());
        front.set(Fault::None);
        eventually(&format!("fresh rows after {fault:?}"), || {
            let text = pty.text();
            (text.contains("fresh ") && !text.contains("again in") && text.contains("? help")).then_some(())
        });
        assert!(shows_both(&pty), "{fault:?}:\n{}", pty.text());
    }
    quits(pty);
}

#[test]
fn one_can_look_around_and_quit_whatever_the_server_does() {
    for fault in [Fault::Hangs, Fault::Trickles]
        .into_iter()
        .chain(FAULTS.map(|(fault, _)| fault))
    {
        let (_both, front) = behind_a_fault();
        let mut pty = Pty::hud(120, 24, &["--clickhouse", &front.url, "--refresh", "1"]);
        eventually("the rows", || shows_both(&pty).then_some(()));
        let calls = front.calls();
        front.set(fault);
        eventually("a question", || (front.calls() > calls).then_some(()));
        pty.keys("j?");
        pty.shows("┌ help ─");
        pty.keys("q");
        eventually("the help is closed", || {
            (!pty.text().contains("┌ help ─")).then_some(())
        });
        assert!(shows_both(&pty), "{fault:?}:\n{}", pty.text());
        // Another screen, which has nothing to show yet.
        pty.keys("\r");
        pty.shows("Summary ▸ a/");
        quits(pty);
    }
}

/// Nor does a server that never answered hold anybody up.
#[test]
fn one_quits_before_there_is_an_answer() {
    for fault in [Fault::Hangs, Fault::Trickles] {
        let (_both, front) = behind_a_fault();
        front.set(fault);
        let pty = Pty::hud(120, 24, &["--clickhouse", &front.url]);
        eventually("a question", || (front.calls() > 0).then_some(()));
        pty.shows("loading");
        quits(pty);
    }
}

#[test]
fn a_server_that_stops_and_comes_back_is_found_again() {
    let data = tempfile::tempdir().unwrap();
    let start = || ClickHouse::start(data.path());
    let clickhouse = start();
    clickhouse
        .run(&include_str!("../schema/0001_oot_workflow_job.sql").replace("{table:Identifier}", "oot_workflow_job"));
    let insert = |clickhouse: &ClickHouse, repo: &str| {
        let at = ago(60);
        clickhouse.run(&format!(
            "INSERT INTO oot_workflow_job (dynamoKey, status, conclusion, downstream_repo, pr_number, pytorch_head_sha, workflow_name,
             job_name, started_at, completed_at, created_at, _version) SELECT '{repo}', 'completed', 'success', '{repo}', 7,
             repeat('a', 40), 'w', 'j', parseDateTimeBestEffort('{at}'), parseDateTimeBestEffort('{at}'), now(), 1"
        ));
    };
    insert(&clickhouse, "a/before");
    let pty = Pty::hud(120, 24, &["--clickhouse", &clickhouse.url, "--refresh", "1"]);
    pty.shows("a/before");
    let address = clickhouse.stop();
    pty.shows("onnection refused");
    pty.shows("stale ");
    pty.shows("a/before");
    let clickhouse = ClickHouse::start_at(data.path(), &address);
    insert(&clickhouse, "a/after");
    pty.shows("a/after");
    pty.shows("fresh ");
    quits(pty);
}

/// Who reads what is printed gets all rows or none, and one line that says why.
#[test]
fn no_half_answer_is_printed() {
    let (both, front) = behind_a_fault();
    let commands: [&[&str]; 4] = [&["summary"], &["backend", "a/two"], &["pr", "7"], &["trends"]];
    for (fault, said) in FAULTS {
        front.set(fault);
        for command in commands {
            for format in ["json", "csv", "table", "markdown"] {
                let printed = hud(&front.url, &[command, &["--format", format]].concat());
                assert_eq!(
                    (printed.code, printed.stdout.as_str()),
                    (Some(2), ""),
                    "{fault:?} {command:?}"
                );
                let is_line =
                    printed.stderr.lines().count() == 1 && printed.stderr.starts_with("oot-hud: ClickHouse at ");
                assert!(is_line && printed.stderr.contains(said), "{fault:?}: {printed:?}");
            }
        }
        let cache = tempfile::tempdir().unwrap();
        let printed = hud_with_cache(cache.path(), &front.url, &["status"]);
        assert_eq!(
            (printed.code, printed.stdout.lines().count()),
            (Some(2), 1),
            "{fault:?}: {printed:?}"
        );
    }
    front.set(Fault::None);
    assert_eq!(
        hud(&front.url, &["summary", "--format", "json"])
            .json()
            .as_array()
            .unwrap()
            .len(),
        3
    );
    drop(both);
}

/// A backend's results may be many, and come for as long as they come; other answers are of a screen, and are in time or not at all.
#[test]
fn results_may_take_longer_than_the_deadline_while_they_come() {
    let both = Both::new();
    // Much, and such as can't be compressed to nothing: it comes in many blocks.
    let mut state = 7_u64;
    let mut noise = || {
        let mut digit = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b' ' + (state >> 33) as u8 % 64)
        };
        (0..100_000).map(|_| digit()).collect::<String>()
    };
    let records: Vec<_> = (0..60)
        .map(|number| json!({ "job_name": format!("{number}"), "failed_tests_json": noise() }))
        .collect();
    both.insert(&records);
    let front = Faulty::before(&both.clickhouse.url);
    let place = clickhouse::ClickHouse {
        url: front.url.clone(),
        user: None,
        password: None,
        database: "default".to_owned(),
        table: "oot_workflow_job".to_owned(),
    };
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1_000;
    let question = Question::of_all(now, EventView::All);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let reader = Reader::new(&place).within(Duration::from_secs(3));
        front.set_for("Everything about each current result", Fault::Drips);
        assert_eq!(reader.results(&question).await.unwrap().len(), 60);
    });
}

/// An answer has a time in which it comes, all of it: that some of it comes is none.
#[test]
fn an_answer_that_does_not_end_in_time_is_none() {
    let (_both, front) = behind_a_fault();
    let place = clickhouse::ClickHouse {
        url: front.url.clone(),
        user: None,
        password: None,
        database: "default".to_owned(),
        table: "oot_workflow_job".to_owned(),
    };
    let now = time::OffsetDateTime::now_utc().unix_timestamp() * 1_000;
    let question = Question::of_all(now, EventView::All);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let reader = Reader::new(&place).within(Duration::from_secs(1));
        for fault in [Fault::Hangs, Fault::Trickles] {
            front.set(fault);
            let late = reader.summary(&question).await.unwrap_err();
            assert!(
                matches!(late, SourceError::Late { seconds: 1, .. }),
                "{fault:?}: {late}"
            );
        }
        front.set(Fault::None);
        let patient = Reader::new(&place);
        assert_eq!(patient.summary(&question).await.unwrap().len(), 3);
        // And the one that gave up asks anew.
        let rows = reader.within(Duration::from_secs(20)).summary(&question).await;
        assert_eq!(rows.unwrap().len(), 3);
    });
}
