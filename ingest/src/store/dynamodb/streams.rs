//! The table's change stream: shards, iterators, pages; and the table itself, scanned.
//!
//! Source: the DynamoDB Streams API reference. An iterator lives 15 minutes and a record 24 hours; a shard may be read five
//! times a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodbstreams::types::{
    AttributeValue as StreamValue, OperationType, Record as StreamRecord, ShardIteratorType,
};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::item::{self, Item};
use super::{Dynamo, classify, table};
use crate::store::{Change, ChangeKind, Changes, Listing, Page, Shard, StoreError, Then};
use crate::timestamp::Timestamp;

/// AWS: "DynamoDB Streams Low-Level API", data retention limit.
const KEPT_FOR: Duration = Duration::from_secs(24 * 3600);
/// Between two reads of a shard.
const READ_INTERVAL: Duration = Duration::from_millis(200);
/// What a read begins late by its timer, which tells milliseconds, does not put off the next one: five a second are five, not 4.95.
const TIMER_LATE: Duration = Duration::from_millis(5);
/// Records in one page, at most.
const PAGE_MAX: i32 = 1000;
/// Parts of a scan, each of which may be another process's.
const SEGMENTS: u32 = 4;

/// The changes of the table. Cheap to clone.
#[derive(Clone)]
pub struct DynamoStreams {
    table: Dynamo,
    client: Client,
    cursors: Arc<Mutex<HashMap<String, Cursor>>>,
    /// The stream that was listed last.
    arn: Arc<Mutex<Option<String>>>,
}

/// Where the last read of a shard ended, so that the next needs no new iterator.
struct Cursor {
    after: Option<String>,
    iterator: String,
    /// When it may be read next.
    due: Instant,
}

impl DynamoStreams {
    pub(super) fn new(table: &Dynamo) -> Self {
        Self {
            table: table.clone(),
            client: Client::new(&table.config),
            cursors: Arc::default(),
            arn: Arc::default(),
        }
    }

    async fn list(&self) -> Result<Listing, StoreError> {
        let arn = table::stream_arn(&self.table).await?;
        *self.arn.lock().await = Some(arn.clone());
        let mut shards = Vec::new();
        let mut start = None;
        loop {
            let output = self
                .client
                .describe_stream()
                .stream_arn(&arn)
                .set_exclusive_start_shard_id(start)
                .send()
                .await
                .map_err(|error| classify(error, &self.table.table))?;
            let Some(description) = output.stream_description else {
                break;
            };
            for shard in description.shards() {
                let Some(id) = shard.shard_id() else { continue };
                shards.push(Shard {
                    id: id.to_owned(),
                    parent: shard.parent_shard_id().map(str::to_owned),
                });
            }
            start = description.last_evaluated_shard_id;
            if start.is_none() {
                break;
            }
        }
        Ok(Listing { stream: arn, shards })
    }

    async fn iterator(&self, shard: &str, after: Option<&str>) -> Result<String, StoreError> {
        let arn = match self.arn.lock().await.clone() {
            Some(arn) => arn,
            None => table::stream_arn(&self.table).await?,
        };
        let request = self.client.get_shard_iterator().stream_arn(&arn).shard_id(shard);
        let request = match after {
            Some(position) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .sequence_number(position),
            // Never LATEST: what is kept and was not replicated is still to be replicated.
            None => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        let output = request.send().await.map_err(|error| self.failed(error, shard, after))?;
        output
            .shard_iterator
            .ok_or_else(|| StoreError::Unavailable("DynamoDB Streams gave no shard iterator".to_owned()))
    }

    async fn page(&self, shard: &str, after: Option<&str>) -> Result<Page, StoreError> {
        let cursor = self.cursors.lock().await.remove(shard);
        let due = cursor.as_ref().map(|cursor| cursor.due);
        if let Some(due) = due {
            tokio::time::sleep_until(due).await;
        }
        let mut iterator = match cursor.filter(|cursor| cursor.after.as_deref() == after) {
            Some(cursor) => cursor.iterator,
            None => self.iterator(shard, after).await?,
        };
        let mut renewed = false;
        let (output, due) = loop {
            let read_at = Instant::now();
            match self
                .client
                .get_records()
                .shard_iterator(&iterator)
                .limit(PAGE_MAX)
                .send()
                .await
            {
                Ok(output) => break (output, next_read(due, read_at)),
                Err(SdkError::ServiceError(error)) if !renewed && error.err().is_expired_iterator_exception() => {
                    renewed = true;
                    iterator = self.iterator(shard, after).await?;
                }
                Err(error) => return Err(self.failed(error, shard, after)),
            }
        };
        let changes: Vec<Change> = output.records().iter().flat_map(changes).collect();
        let Some(next) = output.next_shard_iterator else {
            return Ok(Page {
                changes,
                then: Then::End,
            });
        };
        let then = if changes.is_empty() { Then::Wait } else { Then::ReadOn };
        let after = changes
            .last()
            .map(|change| change.position.clone())
            .or_else(|| after.map(str::to_owned));
        self.cursors.lock().await.insert(
            shard.to_owned(),
            Cursor {
                after,
                iterator: next,
                due,
            },
        );
        Ok(Page { changes, then })
    }

    async fn scan_page(&self, segment: u32, after: Option<&str>) -> Result<Page, StoreError> {
        let start = after.map(|key| HashMap::from([(item::KEY.to_owned(), AttributeValue::S(key.to_owned()))]));
        let output = self
            .table
            .client
            .scan()
            .table_name(&self.table.table)
            .segment(segment as i32)
            .total_segments(SEGMENTS as i32)
            .consistent_read(true)
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(|error| classify(error, &self.table.table))?;
        let then = if output.last_evaluated_key.is_some() {
            Then::ReadOn
        } else {
            Then::End
        };
        let changes = output.items().iter().map(scanned).collect();
        Ok(Page { changes, then })
    }

    /// What is said of a shard that is gone, or of a position that is older than the stream, is one thing: changes were missed.
    fn failed<E, R>(&self, error: SdkError<E, R>, shard: &str, after: Option<&str>) -> StoreError
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        R: std::fmt::Debug + Send + Sync + 'static,
    {
        match error.as_service_error().and_then(ProvideErrorMetadata::code) {
            Some("TrimmedDataAccessException" | "ResourceNotFoundException") => StoreError::Trimmed {
                shard: shard.to_owned(),
                position: after.unwrap_or("its start").to_owned(),
            },
            _ => classify(error, &self.table.table),
        }
    }
}

impl Changes for DynamoStreams {
    fn shards(&self) -> BoxFuture<'_, Result<Listing, StoreError>> {
        self.list().boxed()
    }

    fn read<'a>(&'a self, shard: &'a str, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        self.page(shard, after).boxed()
    }

    fn before<'a>(&'a self, _shard: &'a str, _at: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        // A day's worth, which is all there is.
        std::future::ready(Ok(None)).boxed()
    }

    fn kept_for(&self) -> Option<Duration> {
        Some(KEPT_FOR)
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        // A stream tells nobody; reads are paced by themselves.
        std::future::ready(()).boxed()
    }

    fn estimate(&self) -> BoxFuture<'_, Result<Option<u64>, StoreError>> {
        // DynamoDB counts every six hours or so.
        table::item_count(&self.table).boxed()
    }

    fn segments(&self) -> u32 {
        SEGMENTS
    }

    fn scan<'a>(&'a self, segment: u32, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        self.scan_page(segment, after).boxed()
    }

    fn prune<'a>(&'a self, _shard: &'a str, _up_to: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        // A stream trims itself, after a day.
        std::future::ready(Ok(())).boxed()
    }
}

/// When a shard may be read next, where a read that was `due` then has begun at `began`.
fn next_read(due: Option<Instant>, began: Instant) -> Instant {
    let counts_from = due
        .filter(|due| began.duration_since(*due) <= TIMER_LATE)
        .unwrap_or(began);
    counts_from + READ_INTERVAL
}

/// A scanned item as a change.
fn scanned(item: &Item) -> Change {
    let position = item
        .get(item::KEY)
        .and_then(|key| key.as_s().ok())
        .cloned()
        .unwrap_or_default();
    let kind = item::read(item::table_fields(item)).map_or_else(|unreadable| unreadable, ChangeKind::Written);
    Change {
        position,
        at: None,
        kind,
    }
}

/// A stream record as changes: one, or two where the row's key has changed and the old row is to go.
///
/// One without a position can't be placed, and one without an image says nothing: neither occurs in a stream of both images.
fn changes(record: &StreamRecord) -> Vec<Change> {
    let Some((data, position)) = record.dynamodb().and_then(|data| Some((data, data.sequence_number()?))) else {
        return Vec::new();
    };
    let at = data
        .approximate_creation_date_time()
        .and_then(|at| Timestamp::from_millis(at.to_millis().ok()?));
    let change = |kind| Change {
        position: position.to_owned(),
        at,
        kind,
    };
    let read = |image: &HashMap<String, StreamValue>| item::read(item::stream_fields(image));
    let (old, new) = (data.old_image().map(read), data.new_image().map(read));
    let removed = record.event_name() == Some(&OperationType::Remove);
    item::kinds(removed, old, new).into_iter().map(change).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timers_lateness_does_not_add_up_and_a_pause_is_not_made_up_for() {
        let first = Instant::now();
        let second = next_read(None, first);
        assert_eq!(second, first + READ_INTERVAL);
        assert_eq!(next_read(Some(second), second + TIMER_LATE), second + READ_INTERVAL);
        let late = second + TIMER_LATE + Duration::from_millis(1);
        assert_eq!(next_read(Some(second), late), late + READ_INTERVAL);
    }
}
