//! After a power cut the engine in this process may have lost its last parts, and the checkpoint be ahead of the data. So what lies
//! before the checkpoint is held against the rows once, and what isn't there is delivered again.

use std::collections::HashMap;

use clickhouse::Row;
use serde::Deserialize;

use super::tail::Tail;
use crate::clickhouse::{Server, describe};
use crate::record::key_hash;
use crate::replicate::sink::{Batch, Undelivered};
use crate::store::{Change, ChangeKind, StoreError, Then};
use crate::timestamp::Timestamp;

#[derive(Row, Deserialize)]
struct VersionRow {
    hash: u64,
    created: i64,
    version: u64,
}

impl Tail {
    /// Delivers again what a shard's changes up to `checkpoint` say and the table doesn't. Told to stop, it leaves the rest to the next
    /// start.
    pub(super) async fn confirm(&self, checkpoint: &str) -> Result<Result<(), Undelivered>, StoreError> {
        let changes = &self.shared.changes;
        let mut after = changes.before(&self.shard, checkpoint).await?;
        let mut delivered = 0;
        loop {
            let page = changes.read(&self.shard, after.as_deref()).await?;
            let Some(last) = page.changes.last() else { break };
            after = Some(last.position.clone());
            let end = page.changes.iter().rposition(|change| change.position == checkpoint);
            let then = page.then;
            let mut changes = page.changes;
            if let Some(end) = end {
                changes.truncate(end + 1);
            }
            // What has had its time is gone by intent.
            let since = self.shared.sink.server().keeps_since(Timestamp::now());
            changes.retain(|change| change.is_kept_since(since));
            let deliver = async {
                let missing = missing(self.shared.sink.server(), changes).await;
                let count = missing.len();
                let delivered = self.shared.sink.deliver(Batch::new(&self.shard, missing)).await;
                delivered.map(|()| count)
            };
            tokio::select! {
                again = deliver => match again {
                    Ok(count) => delivered += count,
                    Err(undelivered) => return Ok(Err(undelivered)),
                },
                // The checkpoint stands, and is confirmed at the next start.
                () = self.shared.now.cancelled() => break,
            }
            if end.is_some() || then != Then::ReadOn || self.shared.stop.is_cancelled() {
                break;
            }
        }
        if delivered > 0 {
            tracing::warn!(
                shard = self.shard,
                delivered,
                "the checkpoint was ahead of the data; delivered again"
            );
        }
        Ok(Ok(()))
    }
}

/// The changes that the table has neither in their version nor in a newer one. What can't be asked counts as missing: it is delivered
/// once more, which shows nothing twice.
async fn missing(server: &Server, changes: Vec<Change>) -> Vec<Change> {
    let marks: Vec<Option<(u64, i64, u64)>> = changes.iter().map(mark).collect();
    let hashes: Vec<u64> = marks.iter().flatten().map(|(hash, ..)| *hash).collect();
    let created = || marks.iter().flatten().map(|(_, created, _)| *created);
    let rows = server
        .client()
        .query_raw(include_str!("confirm.sql"))
        .param("table", &server.table)
        .param("hashes", hashes)
        .param("first", created().min().unwrap_or_default())
        .param("last", created().max().unwrap_or_default())
        .fetch_all::<VersionRow>()
        .await;
    let rows = match rows {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(
                error = describe(&error),
                "can't tell what is missing; delivering all of it again"
            );
            return changes;
        }
    };
    let there: HashMap<(u64, i64), u64> = rows
        .into_iter()
        .map(|row| ((row.hash, row.created), row.version))
        .collect();
    let is_there =
        |(hash, created, version): (u64, i64, u64)| there.get(&(hash, created)).is_some_and(|it| *it >= version);
    let marked = changes.into_iter().zip(marks);
    marked
        .filter(|(_, mark)| mark.is_some_and(|mark| !is_there(mark)))
        .map(|(change, _)| change)
        .collect()
}

/// Hash of the key, creation time and version of the row that a change makes; none for what makes none.
fn mark(change: &Change) -> Option<(u64, i64, u64)> {
    let (stored, version) = match &change.kind {
        ChangeKind::Written(stored) => (stored, stored.version),
        ChangeKind::Removed(stored) => (stored, stored.version + 1),
        ChangeKind::Unreadable { .. } => return None,
    };
    Some((key_hash(&stored.record.key), stored.created_at.millis(), version))
}
