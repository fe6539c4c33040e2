//! Do store and ClickHouse say the same? And if not: which keys, and how to mend them.
//!
//! Both sides are brought down to a hash of the key, the version and the creation time of each record: 24 bytes. Where these differ,
//! keys are looked up on both sides once more, until what is left is no matter of a stream that is a moment behind.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::difference::{Difference, Found, Print, Report, Row, odd_ones, print};
use crate::clickhouse::{Server, describe};
use crate::record::{Stored, key_hash};
use crate::replicate::sink::{Batch, Sink, Undelivered};
use crate::store::{Change, ChangeKind, Changes, StoreError, Then};
use crate::timestamp::Timestamp;

/// How often what differs is looked at.
pub(super) const ROUNDS: u32 = 4;
/// Hashes in one query.
const ASKED_AT_ONCE: usize = 1000;
/// Rows in one insert.
const MENDED_AT_ONCE: usize = 8192;

/// What a comparison is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// So many records so far.
    ReadsStore(usize),
    ReadsTable,
    /// So many keys differed when it looked last.
    LooksAgain {
        keys: usize,
        round: u32,
    },
}

/// Why it couldn't be found out.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("ClickHouse: {}", describe(.0))]
    ClickHouse(#[from] clickhouse::error::Error),
    #[error(transparent)]
    Undelivered(#[from] Undelivered),
}

/// Both sides.
pub struct Verify {
    pub changes: Arc<dyn Changes>,
    pub server: Server,
    /// What was heard of before is left alone: ClickHouse need not have it any more.
    pub since: Timestamp,
    /// How long the stream is given before what differs is looked at again.
    pub patience: Duration,
}

#[derive(clickhouse::Row, Deserialize)]
struct PrintRow {
    hash: u64,
    version: u64,
    created: i64,
}

impl Verify {
    /// Compares all records that were heard of since; tells what it is at.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn run(&self, mut said: impl FnMut(Step)) -> Result<Report, VerifyError> {
        let mut in_store = Vec::new();
        let mut unreadable = HashSet::new();
        let mut scan = Scan::default();
        while let Some(found) = self.next_page(&mut scan).await? {
            for change in found {
                match change {
                    Found::Record(stored) => in_store.push(print(&stored)),
                    Found::Unreadable(key) => drop(unreadable.insert(key_hash(&key))),
                }
            }
            said(Step::ReadsStore(in_store.len()));
        }
        said(Step::ReadsTable);
        let mut in_rows: Vec<Print> = self.prints().await?;
        let mut report = Report {
            records: in_store.len() as u64,
            rows: in_rows.len() as u64,
            ..Report::default()
        };
        in_store.sort_unstable();
        in_rows.sort_unstable();
        let mut suspects: HashSet<u64> = odd_ones(&in_store, &in_rows);
        suspects.extend(unreadable);
        for round in 0..ROUNDS {
            if suspects.is_empty() {
                break;
            }
            said(Step::LooksAgain {
                keys: suspects.len(),
                round: round + 1,
            });
            if round > 0 {
                tokio::time::sleep(self.patience).await;
            }
            report.differences = self.look_closer(&suspects).await?;
            suspects = report.differences.keys().map(|key| key_hash(key)).collect();
        }
        if suspects.is_empty() {
            report.differences.clear();
        }
        Ok(report)
    }

    /// Mends what differs: rows are written anew, those too many get a tombstone. A row that ClickHouse refuses becomes a dead letter.
    ///
    /// # Errors
    /// [`VerifyError`]; what was mended before stays so.
    pub async fn repair(&self, report: Report, sink: &Sink) -> Result<(), VerifyError> {
        let (mut behind, mut removals) = (HashSet::new(), Vec::new());
        for (key, difference) in report.differences {
            match difference {
                Difference::Behind { extra } => {
                    behind.insert(key);
                    add_removals(&mut removals, extra);
                }
                Difference::Extra(rows) => add_removals(&mut removals, rows),
                Difference::Ahead | Difference::Unreadable => {}
            }
        }
        // Records as the store has them now, a page of it at a time: all of them may be behind.
        let mut scan = Scan::default();
        while !behind.is_empty()
            && let Some(found) = self.next_page(&mut scan).await?
        {
            let records = found.into_iter().filter_map(|found| match found {
                Found::Record(stored) if behind.remove(&stored.record.key) => Some(written(stored)),
                _ => None,
            });
            sink.deliver(Batch::new("repair", records.collect())).await?;
        }
        while !removals.is_empty() {
            let batch = removals.split_off(removals.len().saturating_sub(MENDED_AT_ONCE));
            sink.deliver(Batch::new("repair", batch)).await?;
        }
        Ok(())
    }

    /// What the store has now, page after page; `None` behind the last.
    async fn next_page(&self, scan: &mut Scan) -> Result<Option<Vec<Found>>, StoreError> {
        if scan.segment == self.changes.segments() {
            return Ok(None);
        }
        let page = self.changes.scan(scan.segment, scan.after.as_deref()).await?;
        scan.after = page
            .changes
            .last()
            .map(|last| last.position.clone())
            .or(scan.after.take());
        if page.then == Then::End {
            *scan = Scan {
                segment: scan.segment + 1,
                after: None,
            };
        }
        let found = page.changes.into_iter().filter_map(|change| match change.kind {
            ChangeKind::Written(stored) => (stored.created_at >= self.since).then_some(Found::Record(stored)),
            ChangeKind::Unreadable { .. } => Some(Found::Unreadable(change.position)),
            ChangeKind::Removed(_) => None,
        });
        Ok(Some(found.collect()))
    }

    async fn prints(&self) -> Result<Vec<Print>, clickhouse::error::Error> {
        let mut rows = self
            .server
            .client()
            .query_raw(include_str!("prints.sql"))
            .param("table", &self.server.table)
            .param("since", self.since.millis())
            .fetch::<PrintRow>()?;
        let mut prints = Vec::new();
        while let Some(row) = rows.next().await? {
            prints.push((row.hash, row.version, row.created));
        }
        Ok(prints)
    }

    async fn look_closer(&self, suspects: &HashSet<u64>) -> Result<BTreeMap<String, Difference>, VerifyError> {
        // Rows first: what the store has then is never older.
        let mut rows = BTreeMap::<String, Vec<Row>>::new();
        let all: Vec<u64> = suspects.iter().copied().collect();
        for hashes in all.chunks(ASKED_AT_ONCE) {
            let found: Vec<Row> = self
                .server
                .client()
                .query_raw(include_str!("keys.sql"))
                .param("table", &self.server.table)
                .param("hashes", hashes)
                .fetch_all()
                .await?;
            for row in found {
                rows.entry(row.key.clone()).or_default().push(row);
            }
        }
        let mut differences = BTreeMap::new();
        let mut scan = Scan::default();
        while let Some(found) = self.next_page(&mut scan).await? {
            for found in found
                .into_iter()
                .filter(|found| suspects.contains(&key_hash(found.key())))
            {
                let of_key = rows.remove(found.key()).unwrap_or_default();
                if let Some(difference) = found.differs(of_key) {
                    differences.insert(found.key().to_owned(), difference);
                }
            }
        }
        for (key, mut rows) in rows {
            rows.retain(|row| row.created >= self.since.millis());
            if !rows.is_empty() {
                differences.insert(key, Difference::Extra(rows));
            }
        }
        Ok(differences)
    }
}

/// How far a scan of the store has come.
#[derive(Default)]
struct Scan {
    segment: u32,
    after: Option<String>,
}

fn written(stored: Box<Stored>) -> Change {
    Change {
        position: stored.record.key.clone(),
        at: None,
        kind: ChangeKind::Written(stored),
    }
}

/// What we can't have written is left where it is, and goes on differing.
fn add_removals(changes: &mut Vec<Change>, rows: Vec<Row>) {
    for row in rows {
        let (key, created) = (row.key.clone(), row.created);
        match row.removal() {
            Some(removal) => changes.push(removal),
            None => tracing::warn!(key, created, "a row of this creation time is not ours; it stays"),
        }
    }
}
