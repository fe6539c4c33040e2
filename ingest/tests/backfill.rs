//! All of the store into ClickHouse, stopped and resumed; and both sides compared, and mended.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/clickhouse.rs"]
mod clickhouse;
#[path = "backfill/comparing.rs"]
mod comparing;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use clickhouse::ClickHouse;
use futures_util::{StreamExt as _, stream};
use oot_ingest::backfill::verify::Verify;
use oot_ingest::backfill::{Backfill, command};
use oot_ingest::clickhouse::Server;
use oot_ingest::migrate;
use oot_ingest::observe::Told;
use oot_ingest::payload;
use oot_ingest::record::Record;
use oot_ingest::replicate::sink::Sink;
use oot_ingest::store::sqlite::Sqlite;
use oot_ingest::store::{Changes as _, Checkpoint, Lease, Leases as _, Store as _};
use oot_ingest::timestamp::Timestamp;
use tokio_util::sync::CancellationToken;

struct Stage {
    store: Arc<Sqlite>,
    server: Server,
    dir: tempfile::TempDir,
    _clickhouse: Option<ClickHouse>,
}

fn record(job: usize, status: &str) -> Record {
    let body = format!(
        r#"{{"trusted":{{"verified_repo":"a/b"}},"untrusted":{{"callback_payload":{{"delivery_id":"d",
        "workflow":{{"status":"{status}","name":"w","job_name":"job-{job:05}","check_run_id":{job}}}}}}}}}"#
    );
    Record::from_callback(payload::parse(body.as_bytes()).unwrap().callback).unwrap()
}

impl Stage {
    async fn with_records(count: usize) -> Self {
        let clickhouse = ClickHouse::start().await;
        let server = clickhouse.server();
        migrate::migrate(&server).await.unwrap();
        Self {
            _clickhouse: Some(clickhouse),
            ..Self::with_records_in(count, server).await
        }
    }

    async fn with_records_in(count: usize, server: Server) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Sqlite::open(&dir.path().join("store.db")).unwrap());
        let writes = (0..count).map(|job| store.apply(record(job, "in_progress"), Timestamp::now()));
        let written: Vec<_> = stream::iter(writes).buffer_unordered(64).collect().await;
        assert!(written.iter().all(Result::is_ok));
        Self {
            store,
            server,
            dir,
            _clickhouse: None,
        }
    }

    async fn destination(&self) -> String {
        migrate::destination(&self.server).await.unwrap()
    }

    async fn sink(&self) -> Sink {
        let told = Told::new(self.dir.path(), Some(&self.server));
        Sink::new(&self.server, told, self.destination().await)
    }

    async fn backfill(&self, rate: Option<u32>) -> Backfill {
        Backfill {
            changes: self.store.clone(),
            leases: self.store.clone(),
            sink: Arc::new(self.sink().await),
            destination: self.destination().await,
            rate,
            since: Timestamp::from_millis(0).unwrap(),
            restart: false,
            done: Arc::new(AtomicU64::new(0)),
        }
    }

    /// Copies all of it.
    async fn copy(&self) {
        let stop = CancellationToken::new();
        command::copy(self.backfill(None).await, &stop, &mut Vec::new())
            .await
            .unwrap();
    }

    fn verify(&self) -> Verify {
        Verify {
            changes: self.store.clone(),
            server: self.server.clone(),
            since: Timestamp::from_millis(0).unwrap(),
            patience: Duration::from_millis(10),
        }
    }

    async fn repair(&self, removals_max: Option<usize>, out: &mut Vec<u8>) -> anyhow::Result<bool> {
        let told = Told::new(self.dir.path(), Some(&self.server));
        let sink = Sink::new(&self.server, told.clone(), self.destination().await);
        let repair = command::Repair {
            sink: &sink,
            told: &told,
            removals_max,
            store: "SQLite",
        };
        command::verify(&self.verify(), Some(&repair), out).await
    }

    async fn execute(&self, sql: &str) {
        self.server.client().query_raw(sql).execute().await.unwrap();
    }
}

/// Copies a part of 9,000 records, and is stopped.
async fn unfinished() -> Stage {
    let stage = Stage::with_records(9000).await;
    let stop = CancellationToken::new();
    // After the first page this one waits for a second.
    let backfill = stage.backfill(Some(4000)).await;
    let stopping = async {
        let destination = stage.destination().await;
        while stage
            .store
            .list(&destination)
            .await
            .unwrap()
            .iter()
            .all(|lease| lease.checkpoint.is_none())
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        stop.cancel();
    };
    let mut out = Vec::new();
    let (copied, ()) = tokio::join!(command::copy(backfill, &stop, &mut out), stopping);
    copied.unwrap();
    let said = String::from_utf8(out).unwrap();
    assert!(
        said.starts_with("stopped after ") && said.ends_with(" records; the next backfill goes on from there\n"),
        "{said}"
    );
    stage
}

/// Runs it to its end; gives what it says.
async fn said_by(backfill: Backfill) -> String {
    let mut out = Vec::new();
    command::copy(backfill, &CancellationToken::new(), &mut out)
        .await
        .unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_that_was_stopped_goes_on_where_it_was_and_says_when_that_was() {
    let before = Timestamp::now().to_millis();
    let stage = unfinished().await;
    let after = Timestamp::now();
    let said = said_by(stage.backfill(None).await).await;
    let (first, rest) = said.split_once('\n').unwrap();
    let moment = first
        .strip_prefix("going on from a backfill that was stopped at ")
        .and_then(|rest| rest.strip_suffix("; --restart copies all of it"));
    let moment = Timestamp::parse(moment.unwrap_or_else(|| panic!("{said}"))).unwrap();
    assert!((before..=after).contains(&moment), "{said}");
    assert_eq!(rest, "copied 4904 records\n");
    assert_eq!(stage.verify().run(|_| {}).await.unwrap().rows, 9000);
    assert_eq!(
        stage.store.list(&stage.destination().await).await.unwrap(),
        [],
        "the next one begins anew"
    );
    assert_eq!(said_by(stage.backfill(None).await).await, "copied 9000 records\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_that_was_stopped_is_started_over_where_that_is_asked_for() {
    let stage = unfinished().await;
    let backfill = Backfill {
        restart: true,
        ..stage.backfill(None).await
    };
    assert_eq!(said_by(backfill).await, "copied 9000 records\n");
    assert_eq!(stage.verify().run(|_| {}).await.unwrap().rows, 9000);
}

/// It died before it could forget how far it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_backfill_that_came_to_its_end_is_not_gone_on_with() {
    let stage = Stage::with_records(10).await;
    let destination = stage.destination().await;
    for segment in 0..stage.store.segments() {
        let lease = Lease::unwritten(&format!("backfill-{segment}"));
        let written = stage.store.replace(&destination, &lease, None, Some(&Checkpoint::End));
        written.await.unwrap().unwrap();
    }
    assert_eq!(said_by(stage.backfill(None).await).await, "copied 10 records\n");
}

/// Also where one page holds all there is.
#[tokio::test(flavor = "multi_thread")]
async fn a_rate_bounds_what_is_under_way() {
    let stage = Stage::with_records(30).await;
    let backfill = Arc::new(stage.backfill(Some(10)).await);
    let (done, stop) = (backfill.done.clone(), CancellationToken::new());
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { backfill.run(&stop).await }
    });
    while done.load(std::sync::atomic::Ordering::Relaxed) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    stop.cancel();
    assert!(!running.await.unwrap().unwrap());
    let rows = stage.verify().run(|_| {}).await.unwrap().rows;
    assert!((10..30).contains(&rows), "{rows}");
}

/// Rows live for so many days after their insertion; what is older is neither missed nor copied again.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_older_than_the_retention_is_left_alone() {
    let mut stage = Stage::with_records(3).await;
    let long_ago = Timestamp::from_millis(Timestamp::now().millis() - 200 * 86_400_000).unwrap();
    stage.store.apply(record(77, "completed"), long_ago).await.unwrap();
    stage.server.retention_days = Some(100);
    assert!(migrate::retention::apply(&stage.server).await.unwrap());
    assert!(
        !migrate::retention::apply(&stage.server).await.unwrap(),
        "it is so already"
    );
    let since = stage.server.keeps_since(Timestamp::now());
    let backfill = Backfill {
        since,
        ..stage.backfill(None).await
    };
    let mut out = Vec::new();
    command::copy(backfill, &CancellationToken::new(), &mut out)
        .await
        .unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "copied 3 records\n");
    let verify = Verify {
        since,
        ..stage.verify()
    };
    let report = verify.run(|_| {}).await.unwrap();
    assert_eq!((report.records, report.rows, report.differences.len()), (3, 3, 0));

    let old = "INSERT INTO oot_workflow_job (dynamoKey, created_at, _inserted_at) VALUES ('old', now(), now() - INTERVAL 101 DAY)";
    let client = stage
        .server
        .client()
        .with_setting("insert_allow_materialized_columns", "1");
    client.query_raw(old).execute().await.unwrap();
    stage.execute("OPTIMIZE TABLE oot_workflow_job FINAL").await;
    assert_eq!(
        stage.verify().run(|_| {}).await.unwrap().rows,
        3,
        "the row of 101 days ago is gone"
    );
    stage.server.retention_days = None;
    assert!(
        migrate::retention::apply(&stage.server).await.unwrap(),
        "and now they stay"
    );
}

/// ClickHouse remembers the tokens of the inserts it had; they must not make it pass over what it has lost since.
#[tokio::test(flavor = "multi_thread")]
async fn what_clickhouse_has_lost_is_copied_again() {
    let stage = Stage::with_records(50).await;
    for _ in 0..2 {
        stage.copy().await;
        assert_eq!(stage.verify().run(|_| {}).await.unwrap().rows, 50);
        stage
            .execute("ALTER TABLE oot_workflow_job DELETE WHERE 1 SETTINGS mutations_sync = 1")
            .await;
    }
}
