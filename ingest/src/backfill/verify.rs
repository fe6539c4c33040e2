//! Do store and ClickHouse say the same? And if not: which keys, and how to mend them.
//!
//! Both sides are brought down to a hash of the key, the version and the creation time of each record: 24 bytes. Where these differ,
//! keys are looked up on both sides once more, until what is left is no matter of a stream that is a moment behind.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use crate::clickhouse::{Server, describe};
use crate::payload::Status;
use crate::record::{Completion, Details, Record, Stored, key_hash};
use crate::replicate::sink::{Batch, Sink, Undelivered};
use crate::store::{Change, ChangeKind, Changes, StoreError, Then};
use crate::timestamp::Timestamp;

/// How often what differs is looked at.
pub(super) const ROUNDS: u32 = 4;
/// Hashes in one query.
const ASKED_AT_ONCE: usize = 1000;
/// Rows in one insert.
const MENDED_AT_ONCE: usize = 8192;

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub struct Report {
    /// In the store.
    pub records: u64,
    /// In ClickHouse.
    pub rows: u64,
    /// By key.
    pub differences: BTreeMap<String, Difference>,
}

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

impl Report {
    /// Rows that a repair would take away.
    pub fn extra(&self) -> usize {
        let extra = |difference: &Difference| match difference {
            Difference::Ahead | Difference::Unreadable => 0,
            Difference::Behind { extra } | Difference::Extra(extra) => extra.len(),
        };
        self.differences.values().map(extra).sum()
    }

    /// How many a repair may take away unasked: a tenth of the rows, but not less than ten. An empty store says that it is the
    /// wrong one.
    pub fn removals_max(&self) -> usize {
        match self.records {
            0 => 0,
            _ => usize::try_from(self.rows / 10).unwrap_or(usize::MAX).max(10),
        }
    }
}

/// How a key differs.
#[derive(Debug, PartialEq)]
pub enum Difference {
    /// The store has it and ClickHouse has not, or has an older version, or has it under other creation times.
    Behind { extra: Vec<Row> },
    /// ClickHouse has it, the store has not; or ClickHouse has it more than once, and these are not how the store has it.
    Extra(Vec<Row>),
    /// ClickHouse has a newer version: the store is not what it was. Nothing here can mend that.
    Ahead,
    /// The store has it, and it can't be read there: what ClickHouse has of it is left alone.
    Unreadable,
}

/// A row of the table, as far as it is compared.
#[derive(Debug, PartialEq, clickhouse::Row, Deserialize)]
pub struct Row {
    key: String,
    repo: String,
    level: String,
    event: String,
    pr: u64,
    /// Milliseconds since 1970.
    created: i64,
    version: u64,
}

impl Row {
    /// The removal of the record that it seems to be of: as much of it as a tombstone needs, which is read as a row by what counts
    /// them (`schema/0007`). None outside of the years that we write.
    fn removal(self) -> Option<Change> {
        let created_at = Timestamp::from_millis(self.created)?;
        let record = Record {
            key: self.key.clone(),
            status: Status::Completed,
            downstream_repo: self.repo,
            delivery_id: String::new(),
            workflow_name: String::new(),
            job_name: String::new(),
            check_run_id: String::new(),
            run_attempt: 1,
            details: Details {
                downstream_repo_level: Some(self.level).filter(|level| !level.is_empty()),
                event_type: Some(self.event).filter(|event| !event.is_empty()),
                pr_number: Some(self.pr).filter(|pr| *pr > 0),
                ..Details::default()
            },
            completion: Completion::default(),
        };
        Some(Change {
            position: self.key,
            at: None,
            kind: ChangeKind::Removed(Box::new(Stored {
                record,
                created_at,
                version: self.version,
            })),
        })
    }
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

/// A record, as far as it is compared at first.
type Print = (u64, u64, i64);

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

/// What a scan finds.
enum Found {
    Record(Box<Stored>),
    /// By its key.
    Unreadable(String),
}

impl Found {
    fn key(&self) -> &str {
        match self {
            Self::Record(stored) => &stored.record.key,
            Self::Unreadable(key) => key,
        }
    }

    /// From the rows of its key.
    fn differs(&self, rows: Vec<Row>) -> Option<Difference> {
        let Self::Record(stored) = self else {
            return Some(Difference::Unreadable);
        };
        let created = stored.created_at.millis();
        let (own, extra): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.created == created);
        match own.iter().map(|row| row.version).max() {
            Some(newer) if newer > stored.version => Some(Difference::Ahead),
            Some(same) if same == stored.version => (!extra.is_empty()).then_some(Difference::Extra(extra)),
            _ => Some(Difference::Behind { extra }),
        }
    }
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

fn print(stored: &Stored) -> Print {
    (key_hash(&stored.record.key), stored.version, stored.created_at.millis())
}

/// Hashes of what is in one of two sorted lists and not in the other.
fn odd_ones(one: &[Print], other: &[Print]) -> HashSet<u64> {
    let (mut one, mut other) = (one.iter().peekable(), other.iter().peekable());
    let mut odd = HashSet::new();
    loop {
        let order = match (one.peek(), other.peek()) {
            (None, None) => return odd,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(b),
        };
        let (from_one, from_other) = (order.is_le().then(|| one.next()), order.is_ge().then(|| other.next()));
        if order.is_ne() {
            odd.extend(from_one.flatten().or(from_other.flatten()).map(|print| print.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_odd_ones_are_those_of_one_side_alone(
            one in prop::collection::btree_set((0..50_u64, 0..3_u64, 0..2_i64), 0..60),
            other in prop::collection::btree_set((0..50_u64, 0..3_u64, 0..2_i64), 0..60),
        ) {
            let expected: HashSet<u64> = one.symmetric_difference(&other).map(|print| print.0).collect();
            let (one, other): (Vec<_>, Vec<_>) = (one.into_iter().collect(), other.into_iter().collect());
            prop_assert_eq!(odd_ones(&one, &other), expected);
        }
    }
}
