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
/// Records of the store between two words about it.
const SAID_EVERY: usize = 1000;
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
            Difference::Ahead => 0,
            Difference::Behind { extra, .. } | Difference::Extra(extra) => extra.len(),
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
    Behind { stored: Box<Stored>, extra: Vec<Row> },
    /// ClickHouse has it, the store has not; or ClickHouse has it more than once, and these are not how the store has it.
    Extra(Vec<Row>),
    /// ClickHouse has a newer version: the store is not what it was. Nothing here can mend that.
    Ahead,
}

/// A row of the table, as far as it is compared.
#[derive(Debug, PartialEq, clickhouse::Row, Deserialize)]
pub struct Row {
    key: String,
    repo: String,
    /// Milliseconds since 1970.
    created: i64,
    version: u64,
}

impl Row {
    /// The removal of the record that it seems to be of: as much of it as a tombstone needs. None outside of the years that we write.
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
            details: Details::default(),
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
    #[error("the destination is another one now: start again")]
    DestinationChanged,
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
        self.scan(|stored| {
            in_store.push(print(&stored));
            if in_store.len() % SAID_EVERY == 0 {
                said(Step::ReadsStore(in_store.len()));
            }
        })
        .await?;
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
        let mut changes = Vec::new();
        for (key, difference) in report.differences {
            match difference {
                Difference::Behind { stored, extra } => {
                    changes.push(Change {
                        position: key,
                        at: None,
                        kind: ChangeKind::Written(stored),
                    });
                    add_removals(&mut changes, extra);
                }
                Difference::Extra(rows) => add_removals(&mut changes, rows),
                Difference::Ahead => {}
            }
        }
        while !changes.is_empty() {
            let batch = changes.split_off(changes.len().saturating_sub(MENDED_AT_ONCE));
            match sink.deliver(Batch::new("repair", batch)).await {
                Ok(()) => {}
                Err(Undelivered::DestinationChanged) => return Err(VerifyError::DestinationChanged),
            }
        }
        Ok(())
    }

    /// What the store has now, one after the other. What can't be read there is the dead letters' affair.
    async fn scan(&self, mut each: impl FnMut(Box<Stored>)) -> Result<(), StoreError> {
        for segment in 0..self.changes.segments() {
            let mut after: Option<String> = None;
            loop {
                let page = self.changes.scan(segment, after.as_deref()).await?;
                if let Some(last) = page.changes.last() {
                    after = Some(last.position.clone());
                }
                for change in page.changes {
                    match change.kind {
                        ChangeKind::Written(stored) if stored.created_at >= self.since => each(stored),
                        _ => {}
                    }
                }
                if page.then == Then::End {
                    break;
                }
            }
        }
        Ok(())
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
        let mut stored = BTreeMap::new();
        self.scan(|it| {
            if suspects.contains(&key_hash(&it.record.key)) {
                stored.insert(it.record.key.clone(), it);
            }
        })
        .await?;
        let mut differences = BTreeMap::new();
        for (key, it) in stored {
            let rows = rows.remove(&key).unwrap_or_default();
            let created = it.created_at.millis();
            let (own, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.created == created);
            let difference = match own.iter().map(|row| row.version).max() {
                Some(newer) if newer > it.version => Difference::Ahead,
                Some(same) if same == it.version && others.is_empty() => continue,
                Some(same) if same == it.version => Difference::Extra(others),
                _ => Difference::Behind {
                    stored: it,
                    extra: others,
                },
            };
            differences.insert(key, difference);
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
