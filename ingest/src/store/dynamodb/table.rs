//! The tables themselves: made from `schema/dynamodb-*.json`, and checked before they are trusted.

use std::time::Duration;

use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, StreamSpecification,
    StreamViewType, TableDescription, TableStatus,
};
use serde::Deserialize;

use super::{Dynamo, StoreError, classify};

/// The tables as data: the parameters of `CreateTable`, in AWS's own spelling.
const TABLE: &str = include_str!("../../../../schema/dynamodb-table.json");
const LEASE_TABLE: &str = include_str!("../../../../schema/dynamodb-lease-table.json");

/// How long a table may take to become active.
const ACTIVE_WITHIN: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableSchema {
    table_name: String,
    key_schema: Vec<Key>,
    attribute_definitions: Vec<Attribute>,
    billing_mode: String,
    stream_specification: Option<Stream>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Key {
    attribute_name: String,
    key_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_name: String,
    attribute_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stream {
    stream_enabled: bool,
    stream_view_type: String,
}

fn schema(text: &str) -> TableSchema {
    serde_json::from_str(text).expect("schema/dynamodb-*.json is compiled in and tested")
}

/// The table's name when none is configured.
pub(crate) fn default_name() -> String {
    schema(TABLE).table_name
}

/// The table beside it that holds who replicates its stream, and how far.
pub(super) fn lease_table(table: &str) -> String {
    format!("{table}-lease")
}

/// The parameters of `CreateTable` for both tables, for those who make them with their own tools.
pub(crate) fn printed(table: &str) -> [String; 2] {
    [(TABLE, table.to_owned()), (LEASE_TABLE, lease_table(table))]
        .map(|(text, name)| text.trim_end().replace(&schema(text).table_name, &name))
}

/// Makes what is missing; says what it did.
pub(super) async fn migrate(dynamo: &Dynamo) -> Result<Vec<String>, StoreError> {
    let (table, leases) = (&dynamo.table, &lease_table(&dynamo.table));
    let mut done = Vec::new();
    if describe(dynamo, table).await?.is_none() {
        create(dynamo, table, &schema(TABLE)).await?;
        done.push(format!("made the DynamoDB table {table} with its stream"));
    } else if let Err(StoreError::Unusable(reason)) = check_stream(dynamo).await {
        return Err(StoreError::Unusable(reason));
    }
    if describe(dynamo, leases).await?.is_none() {
        create(dynamo, leases, &schema(LEASE_TABLE)).await?;
        done.push(format!("made the DynamoDB table {leases}"));
    }
    for table in [table, leases] {
        wait_until_active(dynamo, table).await?;
    }
    Ok(done)
}

async fn create(dynamo: &Dynamo, name: &str, schema: &TableSchema) -> Result<(), StoreError> {
    let mut request = dynamo
        .client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::from(schema.billing_mode.as_str()))
        .set_stream_specification(
            schema
                .stream_specification
                .as_ref()
                .map(stream_specification)
                .transpose()?,
        );
    for key in &schema.key_schema {
        request = request.key_schema(key_element(&key.attribute_name, KeyType::from(key.key_type.as_str()))?);
    }
    for attribute in &schema.attribute_definitions {
        let kind = ScalarAttributeType::from(attribute.attribute_type.as_str());
        request = request.attribute_definitions(definition(&attribute.attribute_name, kind)?);
    }
    request.send().await.map_err(|error| classify(error, name))?;
    Ok(())
}

/// Whether both tables are there, and the stream carries both images.
pub(super) async fn check(dynamo: &Dynamo) -> Result<(), StoreError> {
    check_stream(dynamo).await?;
    let leases = lease_table(&dynamo.table);
    match describe(dynamo, &leases).await? {
        Some(_) => Ok(()),
        None => Err(missing(&leases)),
    }
}

/// The stream's ARN. A stream that was disabled and enabled again has a new one.
pub(super) async fn stream_arn(dynamo: &Dynamo) -> Result<String, StoreError> {
    let table = describe(dynamo, &dynamo.table)
        .await?
        .ok_or_else(|| missing(&dynamo.table))?;
    table.latest_stream_arn.ok_or_else(|| no_stream(&dynamo.table))
}

/// How many items there were when DynamoDB counted last.
pub(super) async fn item_count(dynamo: &Dynamo) -> Result<Option<u64>, StoreError> {
    let table = describe(dynamo, &dynamo.table).await?;
    Ok(table.and_then(|table| u64::try_from(table.item_count?).ok()))
}

async fn check_stream(dynamo: &Dynamo) -> Result<(), StoreError> {
    let table = describe(dynamo, &dynamo.table)
        .await?
        .ok_or_else(|| missing(&dynamo.table))?;
    let key = table.key_schema().first().map(KeySchemaElement::attribute_name);
    if key != Some(super::item::KEY) {
        return Err(StoreError::Unusable(format!(
            "the DynamoDB table {} has the hash key {}, expected {}: it is another table",
            dynamo.table,
            key.unwrap_or("(none)"),
            super::item::KEY
        )));
    }
    match table.stream_specification.and_then(|stream| stream.stream_view_type) {
        Some(StreamViewType::NewAndOldImages) => Ok(()),
        _ => Err(no_stream(&dynamo.table)),
    }
}

async fn describe(dynamo: &Dynamo, table: &str) -> Result<Option<TableDescription>, StoreError> {
    match dynamo.client.describe_table().table_name(table).send().await {
        Ok(output) => Ok(output.table),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|error| error.is_resource_not_found_exception()) =>
        {
            Ok(None)
        }
        Err(error) => Err(classify(error, table)),
    }
}

async fn wait_until_active(dynamo: &Dynamo, table: &str) -> Result<(), StoreError> {
    let active = async {
        loop {
            let status = describe(dynamo, table).await?.and_then(|table| table.table_status);
            if status == Some(TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    };
    tokio::time::timeout(ACTIVE_WITHIN, active).await.unwrap_or_else(|_| {
        Err(StoreError::Unavailable(format!(
            "the DynamoDB table {table} did not become active"
        )))
    })
}

fn stream_specification(stream: &Stream) -> Result<StreamSpecification, StoreError> {
    StreamSpecification::builder()
        .stream_enabled(stream.stream_enabled)
        .stream_view_type(StreamViewType::from(stream.stream_view_type.as_str()))
        .build()
        .map_err(incomplete)
}

fn key_element(name: &str, kind: KeyType) -> Result<KeySchemaElement, StoreError> {
    KeySchemaElement::builder()
        .attribute_name(name)
        .key_type(kind)
        .build()
        .map_err(incomplete)
}

fn definition(name: &str, kind: ScalarAttributeType) -> Result<AttributeDefinition, StoreError> {
    AttributeDefinition::builder()
        .attribute_name(name)
        .attribute_type(kind)
        .build()
        .map_err(incomplete)
}

fn incomplete(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unusable(format!("schema/dynamodb-*.json is incomplete: {error}"))
}

fn missing(table: &str) -> StoreError {
    StoreError::Unusable(format!(
        "DynamoDB has no table {table}: make it with `oot-ingest migrate`"
    ))
}

fn no_stream(table: &str) -> StoreError {
    StoreError::Unusable(format!(
        "the DynamoDB table {table} has no stream of NEW_AND_OLD_IMAGES, which the replica is fed from: enable it on the table"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_are_complete() {
        let table = schema(TABLE);
        assert_eq!(table.table_name, "torchci-oot-workflow-job");
        assert_eq!(table.key_schema[0].attribute_name, super::super::item::KEY);
        assert!(stream_specification(&table.stream_specification.unwrap()).is_ok());
        assert_eq!(schema(LEASE_TABLE).table_name, lease_table(&table.table_name));
    }

    #[test]
    fn what_is_printed_makes_the_tables_that_are_used() {
        let names = printed("other").map(|text| schema(&text).table_name);
        assert_eq!(names, ["other", "other-lease"]);
    }
}
