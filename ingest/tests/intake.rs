//! Results that come while the store comes and goes: whatever way each one took, they end as the same records.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/awaited.rs"]
mod awaited;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use awaited::eventually;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use oot_ingest::clickhouse::Server;
use oot_ingest::dead_letters::command::{Action, Which};
use oot_ingest::dead_letters::{self, DeadLetters};
use oot_ingest::intake::{Intake, Kept};
use oot_ingest::metrics::Metrics;
use oot_ingest::payload;
use oot_ingest::record::{Record, Stored};
use oot_ingest::store::spool::{Limits, Spool};
use oot_ingest::store::sqlite::Sqlite;
use oot_ingest::store::{Applied, Store, StoreError};
use oot_ingest::timestamp::Timestamp;
use proptest::prelude::*;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const LIMITS: Limits = Limits {
    max_bytes: 1 << 20,
    min_free_bytes: 0,
};

/// A store that is there or away, takes its time, and refuses records.
struct Fickle {
    store: Sqlite,
    away: AtomicBool,
    /// Whether it refuses the record of job `poison`.
    poisoned: AtomicBool,
    /// Whether it fails for the record of job `stuck`, and how.
    stuck: Mutex<Option<StoreError>>,
    /// The jobs it was given, in the order they came.
    asked: Mutex<Vec<String>>,
    /// What it is given waits while there is no permit.
    gate: Semaphore,
}

impl Store for Fickle {
    fn apply(&self, record: Record, now: Timestamp) -> BoxFuture<'_, Result<Applied, StoreError>> {
        async move {
            self.asked.lock().unwrap().push(record.job_name.clone());
            let _permit = self.gate.acquire().await.unwrap();
            if self.away.load(Ordering::Relaxed) {
                return Err(StoreError::Unavailable("away".to_owned()));
            }
            if record.job_name == "poison" && self.poisoned.load(Ordering::Relaxed) {
                return Err(StoreError::Refused {
                    key: record.key,
                    reason: "never".to_owned(),
                });
            }
            let stuck = self.stuck.lock().unwrap().clone();
            if let Some(error) = stuck.filter(|_| record.job_name == "stuck") {
                return Err(error);
            }
            self.store.apply(record, now).await
        }
        .boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        self.store.get(key)
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.store.ready()
    }
}

fn open(dir: &Path, away: bool) -> (Arc<Fickle>, Arc<Intake>) {
    open_with(dir, away, LIMITS)
}

fn open_with(dir: &Path, away: bool, limits: Limits) -> (Arc<Fickle>, Arc<Intake>) {
    let store = Arc::new(Fickle {
        store: Sqlite::open(&dir.join("store.db")).unwrap(),
        away: AtomicBool::new(away),
        poisoned: AtomicBool::new(true),
        stuck: Mutex::default(),
        asked: Mutex::default(),
        gate: Semaphore::new(1),
    });
    let intake = Intake::new(
        store.clone(),
        Spool::open(&dir.join("spool.db"), limits).unwrap(),
        Arc::new(DeadLetters::new(dir, None)),
        Arc::new(Metrics::new()),
    );
    (store, Arc::new(intake))
}

/// Begins to drain.
fn draining(intake: &Arc<Intake>) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let task = tokio::spawn({
        let (intake, stop) = (intake.clone(), stop.clone());
        async move { intake.drain(stop).await }
    });
    (stop, task)
}

/// Drains until nothing waits.
async fn drained(intake: &Arc<Intake>) {
    let (stop, task) = draining(intake);
    eventually("an empty spool", async || intake.level().results, |left| *left == 0).await;
    stop.cancel();
    task.await.unwrap();
}

/// An intake with so many results in its spool, as a process finds it that starts anew.
async fn with_waiting(dir: &Path, jobs: usize) -> (Arc<Fickle>, Arc<Intake>) {
    let (_, intake) = open(dir, true);
    for job in 0..jobs {
        let record = event(&format!("job-{job:02}"), "completed", 1);
        assert_eq!(intake.keep(record, Timestamp::now()).await.unwrap(), Kept::Spooled);
    }
    drop(intake);
    open(dir, false)
}

fn event(job: &str, status: &str, minute: u32) -> Record {
    let conclusion = ["success", "failure", "timed_out"][minute as usize % 3];
    let body = json!({
        "trusted": {"verified_repo": "owner/repo", "ci_metrics": {"queue_time": minute}},
        "untrusted": {"callback_payload": {"delivery_id": "d", "workflow": {
            "status": status, "name": "ci", "job_name": job, "check_run_id": 1, "run_id": minute,
            "conclusion": conclusion,
            "started_at": format!("2026-05-01T11:{minute:02}:00Z"),
            "completed_at": format!("2026-05-01T12:{minute:02}:00Z")}}}
    });
    Record::from_callback(payload::parse(body.to_string().as_bytes()).unwrap().callback).unwrap()
}

#[derive(Clone, Debug)]
struct Step {
    /// The store comes or goes before it.
    toggles: bool,
    job: u8,
    completed: bool,
    minute: u32,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (prop::bool::weighted(0.3), 0..3_u8, any::<bool>(), 0..60_u32).prop_map(|(toggles, job, completed, minute)| {
            Step {
                toggles,
                job,
                completed,
                minute,
            }
        });
    prop::collection::vec(step, 1..16)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_spools_order_makes_no_difference(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let (store, intake) = open(dir.path(), false);
            let mut expected = BTreeMap::<String, Record>::new();
            for step in &steps {
                store.away.fetch_xor(step.toggles, Ordering::Relaxed);
                let status = if step.completed { "completed" } else { "in_progress" };
                let record = event(&format!("job-{}", step.job), status, step.minute);
                let joined = match expected.remove(&record.key) {
                    Some(before) => before.join(record.clone()),
                    None => record.clone(),
                };
                expected.insert(joined.key.clone(), joined);
                intake.keep(record, Timestamp::now()).await.unwrap();
            }
            store.away.store(false, Ordering::Relaxed);
            drained(&intake).await;
            for (key, record) in expected {
                assert_eq!(store.get(&key).await.unwrap().unwrap().record, record);
            }
        });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_outlives_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let record = event("job", "completed", 1);
    {
        let (_, intake) = open(dir.path(), true);
        let heard_at = Timestamp::parse("2026-05-01T13:00:00Z").unwrap();
        assert_eq!(intake.keep(record.clone(), heard_at).await.unwrap(), Kept::Spooled);
    }
    let (store, intake) = open(dir.path(), false);
    assert_eq!(intake.level().results, 1);
    drained(&intake).await;
    let stored = store.get(&record.key).await.unwrap().unwrap();
    assert_eq!(stored.record, record);
    assert_eq!(
        stored.created_at.to_string(),
        "2026-05-01T13:00:00Z",
        "when it was heard of first"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_the_store_never_takes_becomes_a_dead_letter_and_stops_no_other() {
    let dir = tempfile::tempdir().unwrap();
    let (store, intake) = open(dir.path(), false);
    let other = event("other", "completed", 1);
    assert_eq!(
        intake
            .keep(event("poison", "completed", 1), Timestamp::now())
            .await
            .unwrap(),
        Kept::Spooled
    );
    assert_eq!(
        intake.keep(other.clone(), Timestamp::now()).await.unwrap(),
        Kept::Stored,
        "the store is not away for one poisonous record"
    );
    drained(&intake).await;
    assert!(store.get(&other.key).await.unwrap().is_some());
    let letters = DeadLetters::new(dir.path(), None);
    let waiting = letters.all().await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(
        waiting[0].reason.contains("never") && waiting[0].image.contains("poison"),
        "{waiting:?}"
    );
}

/// Of one that was answered with 200 and never came into the store the letter is all there is.
#[tokio::test(flavor = "multi_thread")]
async fn the_letter_of_a_result_becomes_its_record_when_the_store_takes_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, intake) = open(dir.path(), false);
    let heard_at = Timestamp::parse("2026-05-01T13:00:00Z").unwrap();
    let (poison, other) = (event("poison", "completed", 1), event("poison", "completed", 2));
    for record in [&poison, &other] {
        intake.keep(record.clone(), heard_at).await.unwrap();
    }
    drained(&intake).await;
    let letters = DeadLetters::new(dir.path(), None);
    let waiting = letters.all().await.unwrap();
    let nowhere = Server::plain("http://127.0.0.1:9", "default", "t");
    let command = async |action| {
        let mut out = Vec::new();
        let done = dead_letters::command::run(&action, &letters, Some(&*store), &nowhere, &mut out).await;
        (done.is_ok(), String::from_utf8(out).unwrap())
    };
    let (done, said) = command(Action::Replay(Which::all())).await;
    assert!(!done && said.ends_with("replayed 0\n"), "{said}");
    assert_eq!(letters.count().await.unwrap(), 2, "refused again, they stay");

    store.poisoned.store(false, Ordering::Relaxed);
    let first = Which::of([waiting[0].id.clone()]);
    assert_eq!(command(Action::Replay(first)).await, (true, "replayed 1\n".to_owned()));
    let stored = store.get(&poison.key).await.unwrap().unwrap();
    assert_eq!(stored.created_at, heard_at, "when it was heard of first");
    assert_eq!(
        command(Action::Purge(Which::all())).await,
        (true, "purged 1\n".to_owned())
    );
    assert_eq!(letters.count().await.unwrap(), 0);
}

/// Nothing of it is lost, and it is stored when it can be.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_for_which_the_store_fails_alone_holds_up_no_other() {
    let outrun = StoreError::Outrun {
        key: "k".to_owned(),
        times: 16,
    };
    for error in [outrun, StoreError::Unavailable("throttled".to_owned())] {
        let dir = tempfile::tempdir().unwrap();
        let (store, intake) = open(dir.path(), true);
        let stuck = event("stuck", "completed", 1);
        let others = [1, 2, 3].map(|job| event(&format!("job-{job}"), "completed", 1));
        for record in [&stuck].into_iter().chain(&others) {
            assert_eq!(
                intake.keep(record.clone(), Timestamp::now()).await.unwrap(),
                Kept::Spooled
            );
        }
        *store.stuck.lock().unwrap() = Some(error);
        store.away.store(false, Ordering::Relaxed);
        let (stop, task) = draining(&intake);
        eventually("the one alone", async || intake.level().results, |left| *left == 1).await;
        assert!(!intake.store_away());
        for record in &others {
            assert!(store.get(&record.key).await.unwrap().is_some());
        }
        *store.stuck.lock().unwrap() = None;
        eventually("an empty spool", async || intake.level().results, |left| *left == 0).await;
        stop.cancel();
        task.await.unwrap();
        assert_eq!(store.get(&stuck.key).await.unwrap().unwrap().record, stuck);
    }
}

/// Else they would wait on while others come in.
#[tokio::test(flavor = "multi_thread")]
async fn when_the_store_is_back_the_oldest_go_first() {
    let dir = tempfile::tempdir().unwrap();
    let (store, intake) = open(dir.path(), true);
    let name = |job: usize| format!("job-{job}");
    for job in 0..50 {
        let record = event(&name(job), "completed", 1);
        assert_eq!(intake.keep(record, Timestamp::now()).await.unwrap(), Kept::Spooled);
    }
    store.asked.lock().unwrap().clear();
    let (stop, task) = draining(&intake);
    let asked = || store.asked.lock().unwrap().clone();
    eventually("some to be asked about", async || asked().len(), |asked| *asked >= 3).await;
    store.away.store(false, Ordering::Relaxed);
    eventually("an empty spool", async || intake.level().results, |left| *left == 0).await;
    stop.cancel();
    task.await.unwrap();
    let asked = asked();
    let again = 1 + asked[1..].iter().position(|job| *job == name(0)).unwrap();
    assert_eq!(asked[..again], (0..again).map(name).collect::<Vec<_>>());
    assert!(again < 50, "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_race_that_was_lost_does_not_mean_that_the_store_is_away() {
    let dir = tempfile::tempdir().unwrap();
    let (store, intake) = open(dir.path(), false);
    *store.stuck.lock().unwrap() = Some(StoreError::Outrun {
        key: "k".to_owned(),
        times: 16,
    });
    for (job, kept) in [("stuck", Kept::Spooled), ("other", Kept::Stored)] {
        let record = event(job, "completed", 1);
        assert_eq!(intake.keep(record, Timestamp::now()).await.unwrap(), kept);
    }
    assert!(!intake.store_away());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drain_that_is_stopped_ends_what_it_has_begun_and_begins_nothing_more() {
    let dir = tempfile::tempdir().unwrap();
    let (store, intake) = with_waiting(dir.path(), 64).await;
    let gate = store.gate.acquire().await.unwrap();
    let (stop, task) = draining(&intake);
    let asked = async || store.asked.lock().unwrap().len();
    eventually("sixteen at once", asked, |asked| *asked == 16).await;
    stop.cancel();
    drop(gate);
    task.await.unwrap();
    assert_eq!((asked().await, intake.level().results), (16, 48));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failure_a_drain_goes_back_to_the_oldest_and_asks_for_none_between() {
    let dir = tempfile::tempdir().unwrap();
    let (store, intake) = with_waiting(dir.path(), 64).await;
    store.away.store(true, Ordering::Relaxed);
    let (stop, task) = draining(&intake);
    let asked = async || store.asked.lock().unwrap().clone();
    eventually("a second try", asked, |asked| asked.len() > 16).await;
    stop.cancel();
    task.await.unwrap();
    assert_eq!(asked().await[16], "job-00");
}

#[test]
fn a_spool_belongs_to_one_process() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("spool.db");
    let held = Spool::open(&path, LIMITS).unwrap();
    let error = Spool::open(&path, LIMITS).err().unwrap().to_string();
    assert!(error.starts_with("another oot-ingest uses"), "{error}");
    drop(held);
    // The writer's thread ends a moment after the last handle.
    Spool::open(&path, LIMITS).unwrap();
}

/// What was short is forgotten when it is there again, although nothing waited in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_spool_without_room_and_a_store_that_was_away_leave_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let no_room = Limits {
        max_bytes: 10,
        min_free_bytes: 0,
    };
    let (store, intake) = open_with(dir.path(), true, no_room);
    let record = event("job", "completed", 1);
    intake.keep(record.clone(), Timestamp::now()).await.unwrap_err();
    assert!(
        intake.store_away() && intake.ready().await.is_ok(),
        "a small result would still find room"
    );
    assert_eq!(intake.spool_full().map(|error| error.to_string()), None);
    store.away.store(false, Ordering::Relaxed);
    assert_eq!(intake.keep(record, Timestamp::now()).await.unwrap(), Kept::Stored);
    assert!(!intake.store_away() && intake.ready().await.is_ok());
}
