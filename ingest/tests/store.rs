//! What a store and its changes promise, held by both implementations.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/dynamodb.rs"]
mod dynamodb;
#[path = "store/foreign.rs"]
mod foreign;
#[path = "store/leases.rs"]
mod leases;

use std::sync::Arc;

use leases::{
    a_lease_is_written_only_by_who_saw_it_last, leases_belong_to_a_destination, of_many_who_want_a_lease_one_gets_it,
};
use oot_ingest::payload;
use oot_ingest::record::{Record, Stored};
use oot_ingest::store::dynamodb::Dynamo;
use oot_ingest::store::sqlite::Sqlite;
use oot_ingest::store::{Change, ChangeKind, Changes, Leases, Page, Store, Then};
use oot_ingest::timestamp::Timestamp;
use serde_json::{Value, json};

/// A store under test, and what keeps it alive.
struct Fixture {
    store: Arc<dyn Store>,
    changes: Arc<dyn Changes>,
    leases: Arc<dyn Leases>,
    _alive: Box<dyn std::any::Any>,
}

async fn sqlite() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let store = Sqlite::open(&dir.path().join("store.db")).unwrap();
    Fixture {
        store: Arc::new(store.clone()),
        changes: Arc::new(store.clone()),
        leases: Arc::new(store),
        _alive: Box::new(dir),
    }
}

async fn dynamo() -> Fixture {
    let emulator = dynamodb::endpoint();
    let store = Dynamo::new(&emulator.location()).await;
    store.migrate().await.unwrap();
    Fixture {
        changes: Arc::new(store.changes()),
        leases: Arc::new(store.leases()),
        store: Arc::new(store),
        _alive: Box::new(emulator),
    }
}

/// Runs each promise once per store.
macro_rules! promises {
    ($($name:ident)+) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::sqlite().await).await })+
        }
        mod on_dynamodb {
            $(#[tokio::test(flavor = "multi_thread")] async fn $name() { super::$name(super::dynamo().await).await })+
        }
    };
}

promises! {
    a_first_event_makes_the_record
    a_completion_keeps_what_in_progress_set
    late_in_progress_fills_gaps_but_never_reopens
    an_event_that_says_nothing_new_writes_nothing
    the_earliest_moment_a_job_was_heard_of_counts
    a_clock_that_steps_back_loses_nothing
    a_weightier_completion_replaces_the_other_whole
    an_execution_time_that_came_early_does_not_outlive_the_completion
    events_of_one_job_at_once_all_count
    every_order_of_the_same_events_ends_the_same
    changes_come_in_order_and_reading_goes_on_after_a_position
    a_scan_gives_every_record_once_and_goes_on_after_a_position
    leases_belong_to_a_destination
    a_lease_is_written_only_by_who_saw_it_last
    of_many_who_want_a_lease_one_gets_it
    all_texts_come_back_as_they_were
}

fn moment(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

const NOW: &str = "2026-05-01T12:00:00.123Z";

fn event(status: &str, job: &str, trusted: Value, workflow: Value) -> Record {
    let mut body = json!({
        "trusted": {"verified_repo": "owner/repo", "ci_metrics": trusted},
        "untrusted": {"callback_payload": {"event_type": "pull_request", "delivery_id": "d",
            "payload": {"pull_request": {"number": 7, "head": {"sha": "abc"}}},
            "workflow": {"status": status, "name": "ci", "job_name": job, "check_run_id": 1}}}
    });
    let into = body["untrusted"]["callback_payload"]["workflow"]
        .as_object_mut()
        .unwrap();
    into.extend(workflow.as_object().unwrap().clone());
    Record::from_callback(payload::parse(body.to_string().as_bytes()).unwrap().callback).unwrap()
}

fn started(job: &str) -> Record {
    event(
        "in_progress",
        job,
        json!({"queue_time": 12.5}),
        json!({"started_at": "2026-05-01T11:00:00Z", "run_id": 5}),
    )
}

fn completed(job: &str) -> Record {
    event(
        "completed",
        job,
        json!({"execution_time": 60.0}),
        json!({"conclusion": "failure", "completed_at": "2026-05-01T11:30:00Z", "run_id": 5,
               "test_results": {"passed": 1, "failed": 2, "skipped": 0}}),
    )
}

async fn stored(fixture: &Fixture, record: &Record) -> Stored {
    fixture
        .store
        .get(&record.key)
        .await
        .unwrap()
        .expect("the record is stored")
}

async fn a_first_event_makes_the_record(fixture: Fixture) {
    let applied = fixture.store.apply(started("j"), moment(NOW)).await.unwrap();
    assert!(applied.changed);
    let stored = stored(&fixture, &started("j")).await;
    assert_eq!(stored.record, started("j"));
    assert_eq!(stored.created_at, moment(NOW));
    assert_eq!(
        (stored.version, applied.version),
        (moment(NOW).millis() as u64 + 1, stored.version)
    );
    assert_eq!(fixture.store.get("no/such/key").await.unwrap(), None);
}

async fn a_completion_keeps_what_in_progress_set(fixture: Fixture) {
    let first = fixture.store.apply(started("j"), moment(NOW)).await.unwrap();
    let second = fixture
        .store
        .apply(completed("j"), moment("2026-05-01T13:00:00Z"))
        .await
        .unwrap();
    assert_eq!((second.version, second.changed), (first.version + 1, true));
    let stored = stored(&fixture, &started("j")).await;
    assert_eq!(stored.record, started("j").join(completed("j")));
    assert_eq!(stored.record.details.queue_time, Some(12.5));
    assert_eq!(stored.created_at, moment(NOW), "the creation time never changes");
}

async fn late_in_progress_fills_gaps_but_never_reopens(fixture: Fixture) {
    fixture.store.apply(completed("j"), moment(NOW)).await.unwrap();
    fixture.store.apply(started("j"), moment(NOW)).await.unwrap();
    assert_eq!(
        stored(&fixture, &started("j")).await.record,
        started("j").join(completed("j"))
    );
}

async fn an_event_that_says_nothing_new_writes_nothing(fixture: Fixture) {
    for record in [started("j"), completed("j")] {
        let first = fixture.store.apply(record.clone(), moment(NOW)).await.unwrap();
        let again = fixture
            .store
            .apply(record, moment("2026-05-02T12:00:00Z"))
            .await
            .unwrap();
        assert_eq!((again.version, again.changed), (first.version, false));
    }
    fixture.store.apply(started("j"), moment(NOW)).await.unwrap();
    let changes = all_changes(&fixture).await;
    assert_eq!(changes.len(), 2, "{changes:?}");
}

/// What waited in a spool comes later than what came after it. Its row is another then, and the old one goes.
async fn the_earliest_moment_a_job_was_heard_of_counts(fixture: Fixture) {
    let earlier = "2026-05-01T11:59:59.5Z";
    fixture.store.apply(completed("j"), moment(NOW)).await.unwrap();
    fixture.store.apply(started("j"), moment(earlier)).await.unwrap();
    fixture.store.apply(started("j"), moment(NOW)).await.unwrap();
    let now = stored(&fixture, &started("j")).await;
    assert_eq!(now.created_at, moment(earlier));
    assert_eq!(now.record, started("j").join(completed("j")));
    let changes = all_changes(&fixture).await;
    let [
        ChangeKind::Written(first),
        ChangeKind::Removed(old),
        ChangeKind::Written(last),
    ] = [0, 1, 2].map(|at| &changes[at].kind)
    else {
        panic!("{changes:?}")
    };
    assert_eq!((first.created_at, old.created_at), (moment(NOW), moment(NOW)));
    assert_eq!((last.created_at, last.version), (moment(earlier), first.version + 1));

    // The same of an event that says nothing new besides, and of the completion that is written blindly.
    fixture.store.apply(completed("k"), moment(NOW)).await.unwrap();
    assert!(
        fixture
            .store
            .apply(completed("k"), moment(earlier))
            .await
            .unwrap()
            .changed
    );
    assert_eq!(stored(&fixture, &completed("k")).await.created_at, moment(earlier));
    fixture.store.apply(started("l"), moment(NOW)).await.unwrap();
    fixture.store.apply(completed("l"), moment(earlier)).await.unwrap();
    assert_eq!(stored(&fixture, &completed("l")).await.created_at, moment(earlier));
}

/// Versions go up although the clock goes down, so that the last row is the last event's.
async fn a_clock_that_steps_back_loses_nothing(fixture: Fixture) {
    let mut versions = Vec::new();
    for (minute, now) in [
        (40, NOW),
        (30, "2026-05-01T11:00:00Z"),
        (20, "2020-01-01T00:00:00Z"),
        (10, NOW),
    ] {
        let started_at = json!({ "started_at": format!("2026-05-01T10:{minute}:00Z") });
        let event = event("in_progress", "j", json!({}), started_at);
        versions.push(fixture.store.apply(event, moment(now)).await.unwrap().version);
    }
    fixture
        .store
        .apply(completed("j"), moment("2019-01-01T00:00:00Z"))
        .await
        .unwrap();
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
    let stored = stored(&fixture, &completed("j")).await;
    assert_eq!(stored.version, versions[3] + 1);
    assert_eq!(stored.record.details.started_at, Some(moment("2026-05-01T10:10:00Z")));
}

async fn a_weightier_completion_replaces_the_other_whole(fixture: Fixture) {
    let sweeper = event(
        "completed",
        "j",
        json!({"execution_time": 22_000.0}),
        json!({"conclusion": "timed_out",
        "completed_at": "2026-05-01T17:00:00Z", "test_results": {"passed": 9, "failed": 9, "skipped": 9}}),
    );
    let real = event(
        "completed",
        "j",
        json!({}),
        json!({"conclusion": "success", "completed_at": "2026-05-01T16:00:00Z"}),
    );
    fixture.store.apply(sweeper.clone(), moment(NOW)).await.unwrap();
    fixture.store.apply(real.clone(), moment(NOW)).await.unwrap();
    let stored = stored(&fixture, &real).await;
    assert_eq!(stored.record.completion, real.completion);
    assert!(!fixture.store.apply(sweeper, moment(NOW)).await.unwrap().changed);
}

async fn an_execution_time_that_came_early_does_not_outlive_the_completion(fixture: Fixture) {
    let early = event("in_progress", "j", json!({"execution_time": 1.0}), json!({}));
    let end = event("completed", "j", json!({}), json!({"conclusion": "success"}));
    fixture.store.apply(early.clone(), moment(NOW)).await.unwrap();
    fixture.store.apply(end.clone(), moment(NOW)).await.unwrap();
    assert_eq!(stored(&fixture, &end).await.record, early.join(end));
}

async fn events_of_one_job_at_once_all_count(fixture: Fixture) {
    let events: Vec<Record> = (0..12)
        .map(|at| match at % 3 {
            0 => started("j"),
            1 => completed("j"),
            _ => event(
                "completed",
                "j",
                json!({}),
                json!({"conclusion": "timed_out", "run_attempt": at, "url": format!("https://x/{at}")}),
            ),
        })
        .collect();
    let expected = events.iter().cloned().reduce(Record::join).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for record in events {
        let store = Arc::clone(&fixture.store);
        tasks.spawn(async move { store.apply(record, moment(NOW)).await.unwrap() });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(stored(&fixture, &expected).await.record, expected);
}

async fn every_order_of_the_same_events_ends_the_same(fixture: Fixture) {
    let events = |job: &str| {
        [
            started(job),
            completed(job),
            event(
                "completed",
                job,
                json!({}),
                json!({"conclusion": "timed_out", "completed_at": "2026-05-01T17:00:00Z"}),
            ),
            event(
                "in_progress",
                job,
                json!({"queue_time": 3.0}),
                json!({"environment": {"os": "x"}}),
            ),
        ]
    };
    let orders = (0..24).map(|mut at: usize| {
        let mut left = vec![0, 1, 2, 3];
        [4, 3, 2, 1].map(|choices| {
            left.remove({
                let pick = at % choices;
                at /= choices;
                pick
            })
        })
    });
    for (number, order) in orders.enumerate() {
        let job = format!("job {number}");
        let events = events(&job);
        for at in order {
            fixture.store.apply(events[at].clone(), moment(NOW)).await.unwrap();
        }
        let expected = events.into_iter().reduce(Record::join).unwrap();
        assert_eq!(stored(&fixture, &expected).await.record, expected, "in order {order:?}");
    }
}

/// Every change that is there now.
async fn all_changes(fixture: &Fixture) -> Vec<Change> {
    let shards = fixture.changes.shards().await.unwrap().shards;
    let mut all = Vec::new();
    for shard in shards {
        loop {
            let after = all.last().map(|change: &Change| change.position.clone());
            let page = fixture.changes.read(&shard.id, after.as_deref()).await.unwrap();
            all.extend(page.changes);
            if page.then != Then::ReadOn {
                break;
            }
        }
    }
    all
}

async fn changes_come_in_order_and_reading_goes_on_after_a_position(fixture: Fixture) {
    for job in ["a", "b"] {
        fixture.store.apply(started(job), moment(NOW)).await.unwrap();
    }
    fixture.store.apply(completed("a"), moment(NOW)).await.unwrap();
    let changes = all_changes(&fixture).await;
    let seen: Vec<Record> = changes
        .iter()
        .map(|change| match &change.kind {
            ChangeKind::Written(stored) => stored.record.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(seen, [started("a"), started("b"), started("a").join(completed("a"))]);

    let shard = fixture.changes.shards().await.unwrap().shards.remove(0).id;
    let rest = fixture.changes.read(&shard, Some(&changes[1].position)).await.unwrap();
    assert_eq!(rest.changes, changes[2..]);
    let after = &changes[2].position;
    assert_eq!(fixture.changes.read(&shard, Some(after)).await.unwrap().changes, []);
    fixture.store.apply(completed("b"), moment(NOW)).await.unwrap();
    let mut newest = fixture.changes.read(&shard, Some(after)).await.unwrap();
    while newest.changes.is_empty() {
        fixture.changes.changed().await;
        newest = fixture.changes.read(&shard, Some(after)).await.unwrap();
    }
    assert_eq!(newest.changes.len(), 1);
}

async fn a_scan_gives_every_record_once_and_goes_on_after_a_position(fixture: Fixture) {
    let mut expected = Vec::new();
    for number in 0..30 {
        let record = started(&format!("job-{number:02}"));
        fixture.store.apply(record.clone(), moment(NOW)).await.unwrap();
        expected.push(record);
    }
    let mut seen = Vec::new();
    for segment in 0..fixture.changes.segments() {
        let mut after: Option<String> = None;
        loop {
            let page = fixture.changes.scan(segment, after.as_deref()).await.unwrap();
            // From the middle of a page on, too.
            if let (None, Some(middle)) = (&after, page.changes.get(page.changes.len() / 2)) {
                let rest = fixture.changes.scan(segment, Some(&middle.position)).await.unwrap();
                assert_eq!(rest.changes, page.changes[page.changes.len() / 2 + 1..]);
            }
            after = page.changes.last().map(|change| change.position.clone());
            seen.extend(page.changes.into_iter().map(|change| match change.kind {
                ChangeKind::Written(stored) => stored.record,
                other => panic!("{other:?}"),
            }));
            if page.then == Then::End {
                break;
            }
        }
    }
    seen.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(seen, expected);
}

/// DynamoDB's are of 1 MB, which is AWS's to hold.
#[tokio::test]
async fn large_records_come_in_small_pages() {
    const COUNT: usize = 40;
    let fixture = sqlite().await;
    for number in 0..COUNT {
        let mut record = completed(&format!("job-{number}"));
        record.completion.failed_tests_json = Some("x".repeat(190_000));
        fixture.store.apply(record, moment(NOW)).await.unwrap();
    }
    let is_small = |page: &Page| page.changes.iter().map(Change::size).sum::<usize>() < 5 << 20;
    let shard = fixture.changes.shards().await.unwrap().shards.remove(0).id;
    let (mut after, mut read) = (None, 0);
    while read < COUNT {
        let page = fixture.changes.read(&shard, after.as_deref()).await.unwrap();
        assert!(is_small(&page));
        read += page.changes.len();
        after = page.changes.last().map(|change| change.position.clone()).or(after);
    }
    let mut scanned = 0;
    for segment in 0..fixture.changes.segments() {
        let mut after = None;
        loop {
            let page = fixture.changes.scan(segment, after.as_deref()).await.unwrap();
            assert!(is_small(&page));
            scanned += page.changes.len();
            after = page.changes.last().map(|change| change.position.clone()).or(after);
            if page.then == Then::End {
                break;
            }
        }
    }
    assert_eq!((read, scanned), (COUNT, COUNT));
}

async fn all_texts_come_back_as_they_were(fixture: Fixture) {
    for name in [
        "emoji 😀 :docker:",
        "a/b: c",
        "line\nbreak\ttab",
        "nul \u{0} esc \u{1b}[31m",
        "'quoted' \"twice\" {x:String} \\",
    ] {
        let mut record = started(name);
        record.details.artifact_url = Some(name.repeat(20));
        record.completion.execution_time = Some(0.1 + 0.2);
        fixture.store.apply(record.clone(), moment(NOW)).await.unwrap();
        assert_eq!(stored(&fixture, &record).await.record, record);
    }
}
