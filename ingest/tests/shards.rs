//! Replicators over a stream that splits, closes, is trimmed and made anew, with leases among them: nothing is lost, and nothing
//! goes backwards. The stream is a script; leases are real, and so is ClickHouse.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/awaited.rs"]
mod awaited;
#[path = "support/clickhouse.rs"]
mod clickhouse;
#[path = "shards/script.rs"]
mod script;
#[path = "shards/stage.rs"]
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use awaited::eventually;
use clickhouse::ClickHouse;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use oot_ingest::observe::probe::Probe;
use oot_ingest::observe::{Observer, Told};
use oot_ingest::store::sqlite::Sqlite;
use oot_ingest::store::{Checkpoint, Lease, Leases, StoreError};
use oot_ingest::timestamp::Timestamp;
use stage::{Running, Stage};
use tokio_util::sync::CancellationToken;

const LEASE_TIME: Duration = Duration::from_millis(600);

fn gaps(running: &Running) -> String {
    let text = running.metrics.text(true, true);
    text.lines()
        .find(|line| line.starts_with("oot_gaps_total "))
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn parents_are_read_to_their_end_before_their_children() {
    let stage = Stage::set().await;
    let script = &stage.script;
    script.shard("root", None);
    let running = stage.start("one");
    (0..5).for_each(|job| script.write(Some("root"), job));
    stage.has_rows(5).await;
    script.shard("left", Some("root"));
    script.shard("right", Some("root"));
    script.shard("leaf", Some("left"));
    script.write(Some("left"), 10);
    script.write(Some("right"), 11);
    script.write(Some("leaf"), 12);
    script.write(Some("root"), 5);
    script.close("left");
    // They are listed, and nobody reads them yet.
    stage.has_rows(6).await;
    script.close("root");
    stage.has_rows(9).await;
    let expected = ["leaf", "left", "right", "root"].map(|shard| (shard.to_owned(), true));
    assert_eq!(script.state().first_reads, BTreeMap::from(expected));
    assert_eq!(gaps(&running), "oot_gaps_total 0");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_trimmed_shard_took_with_it_is_scanned() {
    let stage = Stage::set().await;
    let script = &stage.script;
    script.shard("old", None);
    (0..4).for_each(|job| script.write(Some("old"), job));
    let running = stage.start("one");
    stage.has_rows(4).await;
    running.stop().await;
    // A day passes in which nobody reads.
    (4..9).for_each(|job| script.write(Some("old"), job));
    script.close("old");
    script.shard("young", Some("old"));
    script.write(Some("young"), 9);
    script.trim("old");
    let running = stage.start("one");
    stage.has_rows(10).await;
    assert_eq!(gaps(&running), "oot_gaps_total 1");
    running.stop().await;
    // It was missed once, and is not missed again.
    let running = stage.start("one");
    script.write(Some("young"), 10);
    stage.has_rows(11).await;
    assert_eq!(gaps(&running), "oot_gaps_total 0");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_was_made_anew_is_noticed_and_reconciled() {
    let stage = Stage::set().await;
    let script = &stage.script;
    script.shard("before", None);
    script.write(Some("before"), 0);
    let running = stage.start("one");
    stage.has_rows(1).await;
    script.make_anew();
    // Between the two streams: in neither.
    (1..5).for_each(|job| script.write(None, job));
    script.shard("after", None);
    script.write(Some("after"), 5);
    stage.has_rows(6).await;
    assert!(gaps(&running) != "oot_gaps_total 0");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scan_begins_anew_though_who_scans_writes_its_checkpoint_meanwhile() {
    let stage = Stage::set().await;
    let script = &stage.script;
    script.shard("before", None);
    script.write(Some("before"), 0);
    let busy = Arc::new(Watched {
        scans_in_the_way: Some(Mutex::default()),
        ..Watched::of(&stage)
    });
    script.close("before");
    let running = stage.start_over("one", busy.clone());
    stage.has_rows(1).await;
    stage.is_held("nothing any more", BTreeMap::is_empty).await;
    // Between the two streams; and nothing else says that something is missing.
    script.write(None, 1);
    script.make_anew();
    script.shard("after", None);
    stage.has_rows(2).await;
    assert!(!busy.scans_in_the_way.as_ref().unwrap().lock().unwrap().is_empty());
    running.stop().await;
}

/// Of a shard that was read before, a position tells what is gone. Of one that never was, only the time does.
#[tokio::test(flavor = "multi_thread")]
async fn a_shard_that_nobody_came_to_read_in_time_is_scanned() {
    let stage = Stage::set().await;
    let script = &stage.script;
    script.state().kept_for = Some(Duration::from_secs(24 * 3600));
    script.shard("parent", None);
    script.write(Some("parent"), 0);
    script.shard("child", Some("parent"));
    script.close("parent");
    let running = stage.start("one");
    stage.has_rows(1).await;
    stage.is_held("the child alone", |held| held.values().eq(&[1])).await;
    running.stop().await;
    // The child's first change is no longer kept by the time that somebody looks again.
    script.write(None, 1);
    script.write(Some("child"), 2);
    stage.looked_ago(Duration::from_secs(26 * 3600)).await;
    let running = stage.start("one");
    stage.has_rows(3).await;
    assert_eq!(gaps(&running), "oot_gaps_total 1");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_made_anew_is_filled_again_though_nothing_failed() {
    let stage = Stage::set().await;
    let script = &stage.script;
    script.shard("shard", None);
    (0..3).for_each(|job| script.write(Some("shard"), job));
    let running = stage.start("one");
    stage.has_rows(3).await;
    stage.make_tables_anew().await;
    stage.has_rows(3).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicators_share_the_shards_and_take_over_from_the_dead() {
    let stage = Stage::set().await;
    let script = &stage.script;
    let names: Vec<String> = (0..6).map(|number| format!("shard-{number}")).collect();
    names.iter().for_each(|name| script.shard(name, None));
    let mut job = 0;
    let mut write_to_all = || {
        for name in &names {
            script.write(Some(name), job);
            job += 1;
        }
    };
    write_to_all();
    let first = stage.start("one");
    stage
        .is_held("all held by one", |held| {
            held.len() == 1 && held.values().sum::<usize>() == 6
        })
        .await;
    let second = stage.start("two");
    stage.is_held("shared by two", |held| held.values().eq(&[3, 3])).await;
    let third = stage.start("three");
    stage
        .is_held("shared by three", |held| held.values().eq(&[2, 2, 2]))
        .await;
    write_to_all();
    stage.has_rows(12).await;

    // Dead without a word: its leases run out. Stopped in order: it gives them back.
    second.task.abort();
    third.stop().await;
    write_to_all();
    stage.has_rows(18).await;
    stage
        .is_held("all held by the one that is left", |held| held.len() == 1)
        .await;
    first.stop().await;
    assert_eq!(stage.held().await, BTreeMap::from([(String::new(), 6)]));
}

/// Leases whose owner can be frozen, as by SIGSTOP; and which positions were written for good, by whomever.
struct Watched {
    leases: Arc<Sqlite>,
    frozen: Arc<tokio::sync::Mutex<()>>,
    written: Arc<Mutex<Vec<String>>>,
    /// Scans whose lease was written, once each, just before somebody else did, as one that scans does all the time; none where that
    /// isn't played.
    scans_in_the_way: Option<Mutex<BTreeSet<String>>>,
}

impl Watched {
    fn of(stage: &Stage) -> Self {
        Self {
            leases: stage.leases.clone(),
            frozen: Arc::default(),
            written: Arc::default(),
            scans_in_the_way: None,
        }
    }
}

impl Leases for Watched {
    fn list<'a>(&'a self, destination: &'a str) -> BoxFuture<'a, Result<Vec<Lease>, StoreError>> {
        async move {
            drop(self.frozen.lock().await);
            self.leases.list(destination).await
        }
        .boxed()
    }

    fn replace<'a>(
        &'a self,
        destination: &'a str,
        seen: &'a Lease,
        owner: Option<&'a str>,
        checkpoint: Option<&'a Checkpoint>,
    ) -> BoxFuture<'a, Result<Option<Lease>, StoreError>> {
        async move {
            drop(self.frozen.lock().await);
            let is_reset =
                seen.shard.starts_with("scan-") && seen.counter > 0 && owner.is_none() && checkpoint.is_none();
            if let Some(scans) = self.scans_in_the_way.as_ref().filter(|_| is_reset)
                && scans.lock().unwrap().insert(seen.shard.clone())
            {
                let end = Some(&Checkpoint::End);
                self.leases.replace(destination, seen, None, end).await?;
            }
            let replaced = self.leases.replace(destination, seen, owner, checkpoint).await?;
            if let (Some(_), "shard", Some(Checkpoint::After(position))) = (&replaced, seen.shard.as_str(), checkpoint)
            {
                self.written.lock().unwrap().push(position.clone());
            }
            Ok(replaced)
        }
        .boxed()
    }

    fn forget<'a>(&'a self, destination: &'a str, seen: &'a Lease) -> BoxFuture<'a, Result<(), StoreError>> {
        self.leases.forget(destination, seen)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_only_slow_can_not_move_a_checkpoint_back() {
    let stage = Stage::set().await;
    let script = &stage.script;
    script.shard("shard", None);
    let (frozen, written) = (Arc::new(tokio::sync::Mutex::new(())), Arc::default());
    let watched = |frozen: &Arc<tokio::sync::Mutex<()>>| {
        Arc::new(Watched {
            frozen: Arc::clone(frozen),
            written: Arc::clone(&written),
            ..Watched::of(&stage)
        })
    };
    let slow = stage.start_over("slow", watched(&frozen));
    script.write(Some("shard"), 0);
    stage.reaches("shard", 1).await;
    let held = frozen.lock().await;
    // Delivered, and the checkpoint stands still: it waits to be written.
    script.write(Some("shard"), 1);
    stage.has_rows(2).await;
    let quick = stage.start_over("quick", watched(&Arc::default()));
    (2..7).for_each(|job| script.write(Some("shard"), job));
    stage.reaches("shard", 7).await;
    drop(held);
    // Thawed, it finds that the shard is another's; where that one ends, it goes on from there.
    quick.stop().await;
    script.write(Some("shard"), 7);
    stage.reaches("shard", 8).await;
    assert_eq!(stage.rows().await, 8);
    slow.stop().await;
    let written = written.lock().unwrap().clone();
    assert!(written.is_sorted(), "{written:?}");
}

/// Waits for what a replicator tells.
async fn tells(what: &str, so: impl Fn() -> bool) {
    eventually(what, async || so(), |so| *so).await;
}

/// Between two batches, too.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_behind_never_says_that_there_is_no_lag() {
    let stage = Stage::set().await;
    stage.script.shard("shard", None);
    let running = stage.start("one");
    let is_there = || running.told.progress.lag_seconds(Timestamp::now()) == Some(0.0);
    tells("that nothing is there yet", is_there).await;
    stage.script.state().told = Some(running.told.clone());
    let jobs = 25_000;
    stage.script.write_all(Some("shard"), 0..jobs);
    stage.reaches("shard", jobs as u64).await;
    let lags = std::mem::take(&mut stage.script.state().lags);
    assert!(lags.len() > 1_000, "{} pages were looked at", lags.len());
    assert!(
        lags.iter().all(|lag| lag.is_none_or(|lag| lag > 0.0)),
        "no lag, it said"
    );
    tells("that all is there", is_there).await;
    running.stop().await;
}

/// Memory is bounded by what is read, and nothing is read while a batch waits.
#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_away_stops_the_reader_and_says_so() {
    let mut stage = Stage::set_over(ClickHouse::embedded()).await;
    stage.script.shard("shard", None);
    let running = stage.start("one");
    stage.script.write(Some("shard"), 0);
    stage.has_rows(1).await;
    stage.clickhouse = None;
    for job in 1..=30_000 {
        stage.script.write(Some("shard"), job);
    }
    tells("a trouble with ClickHouse", || {
        !running.told.progress.troubles().is_empty()
    })
    .await;
    let reads = stage.script.state().reads;
    tells("lag", || {
        running.told.progress.lag_seconds(Timestamp::now()) > Some(1.0)
    })
    .await;
    assert_eq!(stage.script.state().reads, reads, "it went on reading");
    // A page of this script has three changes.
    assert!(reads < 10_000, "{reads} pages read");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replicator_is_ready_while_its_sink_answers() {
    let mut stage = Stage::set_over(ClickHouse::embedded()).await;
    let told = Told::new(stage.dir.path(), Some(&stage.server));
    let probe = Arc::new(Probe::new(&stage.server, told.dead_letters.clone()));
    let observer = Observer::of_replicator(&told, probe.clone());
    assert!(observer.ready().await.is_err(), "it has not asked yet");
    let stop = CancellationToken::new();
    let probing = tokio::spawn({
        let (probe, stop) = (probe.clone(), stop.clone());
        async move { probe.run(stop).await }
    });
    tells("a sink that answers", || probe.ready().is_ok()).await;
    assert_eq!(probe.dead_letters(), Some(0));
    assert_eq!(observer.ready().await, Ok(()));
    stage.clickhouse = None;
    tells("a sink that is away", || probe.ready().is_err()).await;
    assert!(observer.ready().await.is_err());
    stop.cancel();
    probing.await.unwrap();
}
