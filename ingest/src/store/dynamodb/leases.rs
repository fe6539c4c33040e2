//! The leases, in a table of their own beside the records: one item per destination and shard, each write of it conditional.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Dynamo, classify, table};
use crate::store::{Checkpoint, Lease, Leases, StoreError};

/// The attributes of a lease; `owner`, `counter` and `position` are words of DynamoDB's own and go by placeholders.
const DESTINATION: &str = "destination";
const SHARD: &str = "shard";
const OWNER: &str = "owner";
const COUNTER: &str = "counter";
const POSITION: &str = "position";
const ENDED: &str = "ended";

/// The leases of the table's replicators. Cheap to clone.
#[derive(Clone)]
pub struct DynamoLeases(pub(super) Dynamo);

impl DynamoLeases {
    async fn query(&self, destination: &str) -> Result<Vec<Lease>, StoreError> {
        let table = table::lease_table(&self.0.table);
        let (mut leases, mut start) = (Vec::new(), None);
        loop {
            let output = self
                .0
                .client
                .query()
                .table_name(&table)
                .consistent_read(true)
                .key_condition_expression("#destination = :destination")
                .expression_attribute_names("#destination", DESTINATION)
                .expression_attribute_values(":destination", AttributeValue::S(destination.to_owned()))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| classify(error, &table))?;
            leases.extend(output.items().iter().filter_map(from_item));
            start = output.last_evaluated_key;
            if start.is_none() {
                return Ok(leases);
            }
        }
    }

    async fn put(&self, destination: &str, seen: u64, lease: Lease) -> Result<Option<Lease>, StoreError> {
        let table = table::lease_table(&self.0.table);
        let answer = self
            .0
            .client
            .put_item()
            .table_name(&table)
            .set_item(Some(to_item(destination, &lease)))
            .condition_expression(if seen == 0 {
                "attribute_not_exists(#counter) OR #counter = :seen"
            } else {
                "#counter = :seen"
            })
            .expression_attribute_names("#counter", COUNTER)
            .expression_attribute_values(":seen", AttributeValue::N(seen.to_string()))
            .send()
            .await;
        match answer {
            Ok(_) => Ok(Some(lease)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(classify(error, &table)),
        }
    }

    async fn delete(&self, destination: &str, seen: &Lease) -> Result<(), StoreError> {
        let table = table::lease_table(&self.0.table);
        let answer = self
            .0
            .client
            .delete_item()
            .table_name(&table)
            .key(DESTINATION, AttributeValue::S(destination.to_owned()))
            .key(SHARD, AttributeValue::S(seen.shard.clone()))
            .condition_expression("#counter = :seen")
            .expression_attribute_names("#counter", COUNTER)
            .expression_attribute_values(":seen", AttributeValue::N(seen.counter.to_string()))
            .send()
            .await;
        match answer {
            Err(error)
                if !error
                    .as_service_error()
                    .is_some_and(|error| error.is_conditional_check_failed_exception()) =>
            {
                Err(classify(error, &table))
            }
            _ => Ok(()),
        }
    }
}

impl Leases for DynamoLeases {
    fn list<'a>(&'a self, destination: &'a str) -> BoxFuture<'a, Result<Vec<Lease>, StoreError>> {
        self.query(destination).boxed()
    }

    fn replace<'a>(
        &'a self,
        destination: &'a str,
        seen: &'a Lease,
        owner: Option<&'a str>,
        checkpoint: Option<&'a Checkpoint>,
    ) -> BoxFuture<'a, Result<Option<Lease>, StoreError>> {
        let lease = seen.next(owner, checkpoint);
        self.put(destination, seen.counter, lease).boxed()
    }

    fn forget<'a>(&'a self, destination: &'a str, seen: &'a Lease) -> BoxFuture<'a, Result<(), StoreError>> {
        self.delete(destination, seen).boxed()
    }
}

fn to_item(destination: &str, lease: &Lease) -> HashMap<String, AttributeValue> {
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let mut item = HashMap::from([
        (DESTINATION.to_owned(), text(destination)),
        (SHARD.to_owned(), text(&lease.shard)),
        (COUNTER.to_owned(), AttributeValue::N(lease.counter.to_string())),
    ]);
    if let Some(owner) = &lease.owner {
        item.insert(OWNER.to_owned(), text(owner));
    }
    match &lease.checkpoint {
        None => {}
        Some(Checkpoint::After(position)) => drop(item.insert(POSITION.to_owned(), text(position))),
        Some(Checkpoint::End) => drop(item.insert(ENDED.to_owned(), AttributeValue::Bool(true))),
    }
    item
}

fn from_item(item: &HashMap<String, AttributeValue>) -> Option<Lease> {
    let text = |name| {
        item.get(name)
            .and_then(|value: &AttributeValue| value.as_s().ok())
            .cloned()
    };
    let checkpoint = match item.get(ENDED) {
        Some(AttributeValue::Bool(true)) => Some(Checkpoint::End),
        _ => text(POSITION).map(Checkpoint::After),
    };
    Some(Lease {
        shard: text(SHARD)?,
        owner: text(OWNER),
        counter: item.get(COUNTER)?.as_n().ok()?.parse().ok()?,
        checkpoint,
    })
}
