//! What a comparison of store and ClickHouse finds: which keys differ, and how.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;

use crate::payload::Status;
use crate::record::{Completion, Details, Record, Stored, key_hash};
use crate::store::{Change, ChangeKind};
use crate::timestamp::Timestamp;

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
    pub(super) key: String,
    repo: String,
    level: String,
    event: String,
    pr: u64,
    /// Milliseconds since 1970.
    pub(super) created: i64,
    version: u64,
}

impl Row {
    /// The removal of the record that it seems to be of: as much of it as a tombstone needs, which is read as a row by what counts
    /// them (`schema/0007`). None outside of the years that we write.
    pub(super) fn removal(self) -> Option<Change> {
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

/// A record, as far as it is compared at first.
pub(super) type Print = (u64, u64, i64);

pub(super) fn print(stored: &Stored) -> Print {
    (key_hash(&stored.record.key), stored.version, stored.created_at.millis())
}

/// Hashes of what is in one of two sorted lists and not in the other.
pub(super) fn odd_ones(one: &[Print], other: &[Print]) -> HashSet<u64> {
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

/// What a scan finds.
pub(super) enum Found {
    Record(Box<Stored>),
    /// By its key.
    Unreadable(String),
}

impl Found {
    pub(super) fn key(&self) -> &str {
        match self {
            Self::Record(stored) => &stored.record.key,
            Self::Unreadable(key) => key,
        }
    }

    /// From the rows of its key.
    pub(super) fn differs(&self, rows: Vec<Row>) -> Option<Difference> {
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
