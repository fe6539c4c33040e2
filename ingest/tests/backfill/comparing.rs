//! Both sides compared, and mended.

use std::sync::Arc;

use oot_ingest::backfill::difference::Difference;
use oot_ingest::dead_letters::command::{Action, Which};
use oot_ingest::dead_letters::{self, DeadLetters};
use oot_ingest::store::Store as _;
use oot_ingest::store::sqlite::Sqlite;
use oot_ingest::timestamp::Timestamp;

use crate::{Stage, record};

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_differ_are_named_and_mended() {
    let stage = Stage::with_records(50).await;
    stage.copy().await;
    let report = stage.verify().run(|_| {}).await.unwrap();
    assert_eq!((report.records, report.rows, report.differences.len()), (50, 50, 0));

    stage
        .execute("ALTER TABLE oot_workflow_job DELETE WHERE job_name = 'job-00007' SETTINGS mutations_sync = 1")
        .await;
    stage
        .store
        .apply(record(8, "completed"), Timestamp::now())
        .await
        .unwrap();
    let copy = "INSERT INTO oot_workflow_job SELECT * REPLACE";
    let of = |job: usize| format!("FROM oot_workflow_job WHERE job_name = 'job-{job:05}'");
    stage
        .execute(&format!("{copy} ('a/b/d/w/foreign/1' AS dynamoKey) {}", of(1)))
        .await;
    stage
        .execute(&format!(
            "{copy} (created_at - INTERVAL 40 DAY AS created_at) {}",
            of(9)
        ))
        .await;

    stage
        .execute(&format!(
            "{copy} (created_at - INTERVAL 40 DAY AS created_at) {}",
            of(10)
        ))
        .await;
    stage
        .execute("ALTER TABLE oot_workflow_job DELETE WHERE job_name = 'job-00010' AND created_at > now() - INTERVAL 1 DAY SETTINGS mutations_sync = 1")
        .await;

    let report = stage.verify().run(|_| {}).await.unwrap();
    assert_eq!(report.extra(), 3);
    let found: Vec<(&str, bool)> = report
        .differences
        .iter()
        .map(|(key, difference)| (key.as_str(), matches!(difference, Difference::Behind { .. })))
        .collect();
    let expected = [
        ("a/b/d/w/foreign/1", false),
        ("a/b/d/w/job-00007/7", true),
        ("a/b/d/w/job-00008/8", true),
        ("a/b/d/w/job-00009/9", false),
        ("a/b/d/w/job-00010/10", true),
    ];
    assert_eq!(found, expected);

    let mut out = Vec::new();
    assert!(stage.repair(None, &mut out).await.unwrap());
    let out = String::from_utf8(out).unwrap();
    assert!(
        out.contains("behind  a/b/d/w/job-00007/7") && out.contains("extra  a/b/d/w/foreign/1"),
        "{out}"
    );
    assert!(
        out.ends_with("mended 5 keys; now:\n50 records in the store, 50 rows in ClickHouse, 0 keys differ\n"),
        "{out}"
    );
}

/// A store that was set back knows less than ClickHouse: nothing is taken from there.
#[tokio::test(flavor = "multi_thread")]
async fn what_clickhouse_knows_better_stays() {
    let stage = Stage::with_records(3).await;
    stage.copy().await;
    stage
        .execute("INSERT INTO oot_workflow_job SELECT * REPLACE (_version + 7 AS _version, 'completed' AS status) FROM oot_workflow_job WHERE job_name = 'job-00001'")
        .await;
    let mut out = Vec::new();
    assert!(!stage.repair(None, &mut out).await.unwrap());
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with("ahead  a/b/d/w/job-00001/1\n"), "{out}");
    let client = stage.server.client();
    let status = client.query_raw("SELECT status FROM oot_workflow_job FINAL WHERE job_name = 'job-00001'");
    assert_eq!(status.fetch_all::<String>().await.unwrap(), ["completed"]);
}

/// A row that should go and was refused at first goes when its letter is replayed, and the one beside it stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_was_refused_is_replayed() {
    let stage = Stage::with_records(3).await;
    stage.copy().await;
    stage
        .execute("INSERT INTO oot_workflow_job SELECT * REPLACE (created_at - INTERVAL 40 DAY AS created_at) FROM oot_workflow_job WHERE job_name = 'job-00001'")
        .await;
    stage
        .execute("ALTER TABLE oot_workflow_job ADD CONSTRAINT c CHECK _deleted = 0")
        .await;
    assert!(!stage.repair(None, &mut Vec::new()).await.unwrap());
    stage.execute("ALTER TABLE oot_workflow_job DROP CONSTRAINT c").await;
    let letters = DeadLetters::new(stage.dir.path(), Some(&stage.server));
    let (mut out, action) = (Vec::new(), Action::Replay(Which::all()));
    dead_letters::command::run(&action, &letters, Some(&*stage.store), &stage.server, &mut out)
        .await
        .unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "replayed 1\n");
    let report = stage.verify().run(|_| {}).await.unwrap();
    assert_eq!((report.rows, report.differences.len()), (3, 0));
}

/// A repair that is pointed at another store than the one the rows are of must not take them all away.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_against_the_wrong_store_takes_nothing_away_unasked() {
    let stage = Stage::with_records(50).await;
    stage.copy().await;
    for (records, extra) in [(0, 50), (3, 47)] {
        let dir = tempfile::tempdir().unwrap();
        let other = Arc::new(Sqlite::open(&dir.path().join("store.db")).unwrap());
        for job in 0..records {
            let first = stage.store.get(&record(job, "in_progress").key).await.unwrap().unwrap();
            other.apply(first.record, first.created_at).await.unwrap();
        }
        let wrong = Stage {
            store: other,
            server: stage.server.clone(),
            dir,
            _clickhouse: None,
        };
        let error = wrong.repair(None, &mut Vec::new()).await.unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("nothing was mended: {extra} of 50 rows would be taken away")),
            "{error}"
        );
        assert!(wrong.repair(Some(extra - 1), &mut Vec::new()).await.is_err());
        assert_eq!(stage.verify().run(|_| {}).await.unwrap().rows, 50);
    }
    let nothing = Stage::with_records_in(0, stage.server.clone()).await;
    assert!(nothing.repair(Some(50), &mut Vec::new()).await.unwrap());
    assert_eq!(nothing.verify().run(|_| {}).await.unwrap().rows, 0);
}

/// What ClickHouse refuses is a dead letter as anywhere else, and the rest is mended.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_is_refused_does_not_end_a_repair() {
    let stage = Stage::with_records(5).await;
    stage
        .execute("ALTER TABLE oot_workflow_job ADD CONSTRAINT c CHECK job_name != 'job-00002'")
        .await;
    let mut out = Vec::new();
    assert!(!stage.repair(None, &mut out).await.unwrap());
    let out = String::from_utf8(out).unwrap();
    assert!(
        out.contains("mended 4 keys; 1 row was refused by ClickHouse and is a dead letter"),
        "{out}"
    );
    assert!(
        out.ends_with(
            "now:\nbehind  a/b/d/w/job-00002/2\n5 records in the store, 4 rows in ClickHouse, 1 key differs\n"
        ),
        "{out}"
    );
}

/// A record that a later version wrote, or a hand.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_store_has_and_cannot_read_is_named_and_its_rows_stay() {
    let stage = Stage::with_records(3).await;
    stage.copy().await;
    let file = rusqlite::Connection::open(stage.dir.path().join("store.db")).unwrap();
    let key = record(1, "in_progress").key;
    let edited = file.execute(
        r#"UPDATE record SET record = replace(record, '"in_progress"', '"queued"') WHERE key = ?1"#,
        [&key],
    );
    assert_eq!(edited.unwrap(), 1);
    let mut out = Vec::new();
    assert!(!stage.repair(Some(10), &mut out).await.unwrap());
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with(&format!("unreadable  {key}\n")), "{out}");
    assert!(
        out.ends_with("2 records in the store, 3 rows in ClickHouse, 1 key differs\n"),
        "{out}"
    );
}
