//! Do store and ClickHouse say the same? And if not: which keys, and how to mend them.
//!
//! Both sides are brought down to a hash of the key, the version and the creation time of each record: 24 bytes. Where these differ,
//! keys are looked up on both sides once more, until what is left is no matter of a stream that is a moment behind.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use clickhouse::Row;
use serde::Deserialize;

use crate::clickhouse::{Server, describe};
use crate::record::{Stored, key_hash};
use crate::replicate::sink::{Batch, Sink, Undelivered};
use crate::store::{Change, ChangeKind, Changes, StoreError, Then};
use crate::timestamp::Timestamp;

/// How often what differs is looked at.
const ROUNDS: u32 = 4;
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

/// How a key differs.
#[derive(Debug, PartialEq)]
pub enum Difference {
    /// The store has it and ClickHouse has not, or has an older version, or has it under another creation time.
    Behind(Box<Stored>),
    /// ClickHouse has it, the store has not; or ClickHouse has it twice, and this is not how the store has it.
    Extra {
        /// Milliseconds since 1970, of each such row.
        created_at: Vec<i64>,
    },
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

#[derive(Row, Deserialize)]
struct PrintRow {
    hash: u64,
    version: u64,
    created: i64,
}

#[derive(Row, Deserialize)]
struct KeyRow {
    key: String,
    version: u64,
    created: i64,
}

impl Verify {
    /// Compares all records that were heard of since.
    ///
    /// # Errors
    /// [`VerifyError`].
    pub async fn run(&self) -> Result<Report, VerifyError> {
        let mut in_store = Vec::new();
        self.scan(|stored| in_store.push(print(&stored))).await?;
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

    /// Mends what differs: rows are written anew, those too many get a tombstone.
    ///
    /// # Errors
    /// [`VerifyError`]; what was mended before stays so.
    pub async fn repair(&self, report: Report, sink: &Sink) -> Result<(), VerifyError> {
        let mut behind = Vec::new();
        for (key, difference) in report.differences {
            match difference {
                Difference::Behind(stored) => behind.push(Change {
                    position: key,
                    at: None,
                    kind: ChangeKind::Written(stored),
                }),
                Difference::Extra { created_at } => {
                    for created in created_at {
                        self.server
                            .client()
                            .query_raw(include_str!("tombstone.sql"))
                            .param("table", &self.server.table)
                            .param("key", &key)
                            .param("created", created)
                            .execute()
                            .await?;
                    }
                }
            }
        }
        while !behind.is_empty() {
            let rows = behind.split_off(behind.len().saturating_sub(MENDED_AT_ONCE));
            match sink.deliver(Batch::new("repair", rows)).await {
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
        let mut rows = BTreeMap::<String, Vec<(u64, i64)>>::new();
        let all: Vec<u64> = suspects.iter().copied().collect();
        for hashes in all.chunks(ASKED_AT_ONCE) {
            let found: Vec<KeyRow> = self
                .server
                .client()
                .query_raw(include_str!("keys.sql"))
                .param("table", &self.server.table)
                .param("hashes", hashes)
                .fetch_all()
                .await?;
            for row in found {
                rows.entry(row.key).or_default().push((row.version, row.created));
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
            let (own, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, at)| *at == created);
            if !own.iter().any(|(version, _)| *version == it.version) {
                differences.insert(key, Difference::Behind(it));
            } else if !others.is_empty() {
                let created_at = others.into_iter().map(|(_, at)| at).collect();
                differences.insert(key, Difference::Extra { created_at });
            }
        }
        for (key, rows) in rows {
            let since = self.since.millis();
            let created_at: Vec<i64> = rows.into_iter().map(|(_, at)| at).filter(|at| *at >= since).collect();
            if !created_at.is_empty() {
                differences.insert(key, Difference::Extra { created_at });
            }
        }
        Ok(differences)
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
