//! The table's change stream: shards, iterators, pages.
//!
//! Source: the DynamoDB Streams API reference. An iterator lives 15 minutes and a record 24 hours; a shard may be read five
//! times a second.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodbstreams::Client;
use aws_sdk_dynamodbstreams::error::SdkError;
use aws_sdk_dynamodbstreams::operation::get_records::GetRecordsError;
use aws_sdk_dynamodbstreams::types::{OperationType, Record as StreamRecord, ShardIteratorType};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::item::{self, Image};
use super::{Dynamo, classify, table};
use crate::store::{Change, ChangeKind, Changes, Checkpoint, Page, Shard, StoreError, Then};

/// Between two reads of a shard.
const READ_INTERVAL: Duration = Duration::from_millis(200);
/// Records in one page, at most.
const PAGE_MAX: i32 = 1000;

/// The changes of the table. Cheap to clone.
#[derive(Clone)]
pub struct DynamoStreams {
    table: Dynamo,
    client: Client,
    cursors: Arc<Mutex<HashMap<String, Cursor>>>,
}

/// Where the last read of a shard ended, so that the next needs no new iterator.
struct Cursor {
    after: Option<String>,
    iterator: String,
    read_at: Instant,
}

impl DynamoStreams {
    pub(super) fn new(table: &Dynamo) -> Self {
        Self {
            table: table.clone(),
            client: Client::new(&table.config),
            cursors: Arc::default(),
        }
    }

    async fn list(&self) -> Result<Vec<Shard>, StoreError> {
        let arn = table::stream_arn(&self.table).await?;
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
        Ok(shards)
    }

    async fn iterator(&self, shard: &str, after: Option<&str>) -> Result<String, StoreError> {
        let arn = table::stream_arn(&self.table).await?;
        let request = self.client.get_shard_iterator().stream_arn(&arn).shard_id(shard);
        let request = match after {
            Some(position) => request
                .shard_iterator_type(ShardIteratorType::AfterSequenceNumber)
                .sequence_number(position),
            // Never LATEST: what is kept and was not replicated is still to be replicated.
            None => request.shard_iterator_type(ShardIteratorType::TrimHorizon),
        };
        let output = request
            .send()
            .await
            .map_err(|error| classify(error, &self.table.table))?;
        output
            .shard_iterator
            .ok_or_else(|| StoreError::Unavailable("DynamoDB Streams gave no shard iterator".to_owned()))
    }

    async fn page(&self, shard: &str, after: Option<&str>) -> Result<Page, StoreError> {
        let cursor = self.cursors.lock().await.remove(shard);
        if let Some(cursor) = &cursor {
            tokio::time::sleep_until(cursor.read_at + READ_INTERVAL).await;
        }
        let mut iterator = match cursor.filter(|cursor| cursor.after.as_deref() == after) {
            Some(cursor) => cursor.iterator,
            None => self.iterator(shard, after).await?,
        };
        let mut renewed = false;
        let output = loop {
            let read_at = Instant::now();
            match self
                .client
                .get_records()
                .shard_iterator(&iterator)
                .limit(PAGE_MAX)
                .send()
                .await
            {
                Ok(output) => break (output, read_at),
                Err(SdkError::ServiceError(error))
                    if !renewed && matches!(error.err(), GetRecordsError::ExpiredIteratorException(_)) =>
                {
                    renewed = true;
                    iterator = self.iterator(shard, after).await?;
                }
                Err(error) => return Err(classify(error, &self.table.table)),
            }
        };
        let (output, read_at) = output;
        let changes: Vec<Change> = output.records().iter().filter_map(change).collect();
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
                read_at,
            },
        );
        Ok(Page { changes, then })
    }

    async fn load_checkpoint(&self, destination: &str, shard: &str) -> Result<Option<Checkpoint>, StoreError> {
        let table = table::checkpoint_table(&self.table.table);
        let output = self
            .table
            .client
            .get_item()
            .table_name(&table)
            .key("shard", AttributeValue::S(checkpoint_key(destination, shard)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify(error, &table))?;
        Ok(output.item.and_then(|item| {
            match (
                item.get("position").and_then(|value| value.as_s().ok()),
                item.get("end"),
            ) {
                (_, Some(AttributeValue::Bool(true))) => Some(Checkpoint::End),
                (Some(position), _) => Some(Checkpoint::After(position.clone())),
                _ => None,
            }
        }))
    }

    async fn store_checkpoint(
        &self,
        destination: &str,
        shard: &str,
        checkpoint: &Checkpoint,
    ) -> Result<(), StoreError> {
        let table = table::checkpoint_table(&self.table.table);
        let (name, value) = match checkpoint {
            Checkpoint::After(position) => ("position", AttributeValue::S(position.clone())),
            Checkpoint::End => ("end", AttributeValue::Bool(true)),
        };
        self.table
            .client
            .put_item()
            .table_name(&table)
            .item("shard", AttributeValue::S(checkpoint_key(destination, shard)))
            .item(name, value)
            .send()
            .await
            .map_err(|error| classify(error, &table))?;
        Ok(())
    }
}

impl Changes for DynamoStreams {
    fn shards(&self) -> BoxFuture<'_, Result<Vec<Shard>, StoreError>> {
        self.list().boxed()
    }

    fn read<'a>(&'a self, shard: &'a str, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        self.page(shard, after).boxed()
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        // A stream tells nobody; reads are paced by themselves.
        std::future::ready(()).boxed()
    }

    fn checkpoint<'a>(
        &'a self,
        destination: &'a str,
        shard: &'a str,
    ) -> BoxFuture<'a, Result<Option<Checkpoint>, StoreError>> {
        self.load_checkpoint(destination, shard).boxed()
    }

    fn set_checkpoint<'a>(
        &'a self,
        destination: &'a str,
        shard: &'a str,
        checkpoint: &'a Checkpoint,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.store_checkpoint(destination, shard, checkpoint).boxed()
    }
}

fn checkpoint_key(destination: &str, shard: &str) -> String {
    format!("{destination}/{shard}")
}

/// A stream record as a change. One without a position or an image can't be placed and says nothing.
fn change(record: &StreamRecord) -> Option<Change> {
    let data = record.dynamodb()?;
    let position = data.sequence_number()?.to_owned();
    let removed = record.event_name() == Some(&OperationType::Remove);
    let image = if removed { data.old_image() } else { data.new_image() }?;
    let kind = match Image::from_stream(image).and_then(Image::stored) {
        Ok(stored) if removed => ChangeKind::Removed(Box::new(stored)),
        Ok(stored) => ChangeKind::Written(Box::new(stored)),
        Err(reason) => ChangeKind::Unreadable {
            reason,
            image: item::stream_image_text(image),
        },
    };
    Some(Change { position, kind })
}
