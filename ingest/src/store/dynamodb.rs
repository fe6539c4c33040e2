//! The production store: a DynamoDB table, one item per job execution, written with `UpdateItem`.
//!
//! The common callback costs one call: what it says is set blindly, under a condition that holds only where that equals the
//! join. Where it doesn't hold, DynamoDB hands over the old item; the join is made here and the difference written under the
//! old version. There is one merge rule, and it is in Rust.

mod attribute;
pub mod events;
mod item;
mod leases;
mod streams;
mod table;
mod update;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_http_client::{Builder as HttpClient, tls};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::{Applied, Store, StoreError};
use crate::payload::Status;
use crate::record::{Record, Stored};
use crate::shown::deepest;
use crate::timestamp::Timestamp;
use item::{Image, Item};
use update::Update;

pub use leases::DynamoLeases;
pub use streams::DynamoStreams;

/// How often a lost race is run again before the result is handed back.
const RACES_MAX: u32 = 16;

/// Where the table is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// An endpoint other than AWS's own, such as DynamoDB Local.
    pub url: Option<String>,
    pub table: String,
}

/// The table's name when none is configured: that of `schema/dynamodb-table.json`.
pub fn default_table() -> String {
    table::default_name()
}

/// The tables as parameters of `CreateTable`, in JSON: that of the records and that of the leases.
pub fn printed(table: &str) -> [String; 2] {
    table::printed(table)
}

/// The table's client. Cheap to clone.
#[derive(Clone)]
pub struct Dynamo {
    client: Client,
    config: aws_config::SdkConfig,
    table: String,
}

impl Dynamo {
    /// Connects lazily: no call is made before the first use.
    pub async fn new(location: &Location) -> Self {
        let http = HttpClient::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let timeouts = aws_config::timeout::TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(1))
            .operation_attempt_timeout(Duration::from_secs(2))
            .operation_timeout(Duration::from_secs(4))
            .build();
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
            .http_client(http)
            .timeout_config(timeouts)
            .retry_config(aws_config::retry::RetryConfig::standard().with_max_attempts(3));
        if let Some(url) = &location.url {
            loader = loader.endpoint_url(url);
            // An emulator takes any region and credentials; looking for real ones would ask the network for seconds.
            let unsaid = |variable| is_local(url) && std::env::var_os(variable).is_none();
            if unsaid("AWS_REGION") && unsaid("AWS_DEFAULT_REGION") {
                loader = loader.region(aws_config::Region::new("us-east-1"));
            }
            if unsaid("AWS_ACCESS_KEY_ID") {
                let credentials = aws_sdk_dynamodb::config::Credentials::new("local", "local", None, None, "local");
                loader = loader.credentials_provider(credentials);
            }
        }
        let config = loader.load().await;
        Self {
            client: Client::new(&config),
            config,
            table: location.table.clone(),
        }
    }

    /// The table's change streams.
    pub fn changes(&self) -> DynamoStreams {
        DynamoStreams::new(self)
    }

    /// The leases of the table's replicators.
    pub fn leases(&self) -> DynamoLeases {
        DynamoLeases(self.clone())
    }

    /// Makes the table, its stream and the lease table where they are missing; says what it did.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when a table of that name exists and is another.
    pub async fn migrate(&self) -> Result<Vec<String>, StoreError> {
        self.expect_region()?;
        table::migrate(self).await
    }

    /// Whether the tables are there and as they should be.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] with a sentence when they are not.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.expect_region()?;
        table::check(self).await
    }

    /// Without a region every call fails, after looking for one all over the network.
    fn expect_region(&self) -> Result<(), StoreError> {
        match self.config.region() {
            Some(_) => Ok(()),
            None => Err(StoreError::Unusable(
                "no AWS region is configured: set AWS_REGION, which only an endpoint on this machine can do without"
                    .to_owned(),
            )),
        }
    }

    async fn set(&self, record: Record, now: Timestamp) -> Result<Applied, StoreError> {
        let written = |version, conflicts| Applied {
            version,
            changed: true,
            conflicts,
        };
        let mut refused = match self.set_blindly(&record, now).await? {
            Write::Done(version) => return Ok(written(version, 0)),
            Write::Refused(old) => old,
        };
        for conflicts in 1..=RACES_MAX {
            let old = match refused {
                Some(old) => Image::from_item(&old).map_err(|reason| unreadable(&record.key, reason))?,
                // Removed between the two calls, or an endpoint that doesn't hand the old item over.
                None => match self.load(&record.key).await? {
                    Some(old) => old,
                    None => match self.set_blindly(&record, now).await? {
                        Write::Done(version) => return Ok(written(version, conflicts)),
                        Write::Refused(old) => {
                            refused = old;
                            continue;
                        }
                    },
                },
            };
            let joined = old.record.clone().join(record.clone());
            if joined == old.record && !old.is_later_than(now) {
                return Ok(Applied {
                    version: old.version(),
                    changed: false,
                    conflicts,
                });
            }
            match self.set_difference(&old, &joined, now).await? {
                Write::Done(version) => return Ok(written(version, conflicts)),
                Write::Refused(newer) => refused = newer,
            }
        }
        Err(StoreError::Outrun {
            key: record.key,
            times: RACES_MAX,
        })
    }

    /// Sets what the event says, if that alone makes the join: nothing is stored yet, or this is the completion of a running
    /// job and contradicts nothing.
    async fn set_blindly(&self, record: &Record, now: Timestamp) -> Result<Write, StoreError> {
        let mut update = Update::new(&record.key, now);
        let mut contradicts_nothing = vec![
            "#status = :in_progress".to_owned(),
            "(attribute_not_exists(#created_at) OR #created_at <= :created_at)".to_owned(),
            // Other writers may store one as text, to which nothing can be added.
            "(attribute_not_exists(#version) OR #version >= :one)".to_owned(),
        ];
        let attributes = item::attributes(record);
        for (name, value) in &attributes {
            if name == item::KEY {
                continue;
            }
            let (name_at, value_at) = update.set(name, value.clone());
            if name != "status" && !item::COMPLETION.contains(&name.as_str()) {
                contradicts_nothing.push(format!("(attribute_not_exists({name_at}) OR {name_at} = {value_at})"));
            }
        }
        // What the event doesn't say of how the job ended would be left standing, and the completion is one event's, whole. The HUD's own
        // writer leaves all of it on a job that it sets back to running.
        let unsaid = item::COMPLETION.iter().filter(|name| !attributes.contains_key(**name));
        contradicts_nothing.extend(unsaid.map(|name| format!("attribute_not_exists({name})")));
        let first = format!("attribute_not_exists({})", item::KEY);
        let condition = match record.status {
            Status::InProgress => first,
            Status::Completed => {
                update.name("#status", "status");
                update.values.insert(
                    ":in_progress".to_owned(),
                    AttributeValue::S(Status::InProgress.as_str().to_owned()),
                );
                format!("{first} OR ({})", contradicts_nothing.join(" AND "))
            }
        };
        self.write(update, condition).await
    }

    async fn set_difference(&self, old: &Image, joined: &Record, now: Timestamp) -> Result<Write, StoreError> {
        let mut update = Update::new(&joined.key, now);
        if old.is_later_than(now) {
            update.replace_created_at();
        }
        let before = item::attributes(&old.record);
        let after = item::attributes(joined);
        for name in before.keys().filter(|name| !after.contains_key(*name)) {
            update.remove(name);
        }
        for (name, value) in after {
            if before.get(&name) != Some(&value) {
                update.set(&name, value);
            }
        }
        let condition = match &old.version_stored {
            Some(stored) => {
                if !(stored.is_n() && old.version.is_some()) {
                    let version = old.version.unwrap_or_else(|| now.millis().unsigned_abs());
                    update.replace_version(version.saturating_add(1));
                }
                update.values.insert(":old".to_owned(), stored.clone());
                "#version = :old"
            }
            None => "attribute_not_exists(#version)",
        };
        self.write(update, condition.to_owned()).await
    }

    async fn write(&self, update: Update, condition: String) -> Result<Write, StoreError> {
        let key = update.key.clone();
        let answer = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(item::KEY, AttributeValue::S(key.clone()))
            .update_expression(update.expression())
            .set_expression_attribute_names(Some(update.names))
            .set_expression_attribute_values(Some(update.values))
            .condition_expression(condition)
            .return_values(aws_sdk_dynamodb::types::ReturnValue::UpdatedNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(output) => {
                let version = output
                    .attributes()
                    .and_then(|item| item.get("version")?.as_n().ok()?.parse().ok());
                Ok(Write::Done(version.unwrap_or_default()))
            }
            Err(SdkError::ServiceError(error)) => match error.into_err() {
                UpdateItemError::ConditionalCheckFailedException(refused) => Ok(Write::Refused(refused.item)),
                // Too big an item, most likely: it will not shrink.
                error if error.code() == Some("ValidationException") => Err(StoreError::Refused {
                    key,
                    reason: format!("DynamoDB: {}", error.message().unwrap_or("ValidationException")),
                }),
                error => Err(service_error(&error, &self.table)),
            },
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn load(&self, key: &str) -> Result<Option<Image>, StoreError> {
        let output = self
            .client
            .get_item()
            .table_name(&self.table)
            .key(item::KEY, AttributeValue::S(key.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify(error, &self.table))?;
        output
            .item
            .as_ref()
            .map(Image::from_item)
            .transpose()
            .map_err(|reason| unreadable(key, reason))
    }
}

impl Store for Dynamo {
    fn apply(&self, record: Record, now: Timestamp) -> BoxFuture<'_, Result<Applied, StoreError>> {
        self.set(record, now).boxed()
    }

    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Stored>, StoreError>> {
        async move { Ok(self.load(key).await?.map(Image::stored)) }.boxed()
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.check().boxed()
    }
}

/// What became of a conditional write.
enum Write {
    /// Written; the version now.
    Done(u64),
    /// The condition did not hold; the item as it stands.
    Refused(Option<Item>),
}

fn is_local(url: &str) -> bool {
    let host = url.strip_prefix("http://").unwrap_or_default();
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|local| {
        host.strip_prefix(local)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

fn unreadable(key: &str, reason: String) -> StoreError {
    StoreError::Refused {
        key: key.to_owned(),
        reason: format!("what is stored can't be read: {reason}"),
    }
}

fn classify<
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    R: std::fmt::Debug + Send + Sync + 'static,
>(
    error: SdkError<E, R>,
    table: &str,
) -> StoreError {
    match error {
        SdkError::ServiceError(error) => service_error(error.err(), table),
        error => unavailable(&error),
    }
}

fn service_error<E: ProvideErrorMetadata>(error: &E, table: &str) -> StoreError {
    let code = error.code().unwrap_or("no code");
    let message = error.message().unwrap_or("no message");
    match code {
        "ResourceNotFoundException" => StoreError::Unusable(format!(
            "DynamoDB has no table {table}: make it with `oot-ingest migrate`, or name another with dynamodb_table ({message})"
        )),
        _ => StoreError::Unavailable(format!("DynamoDB: {code}: {message}")),
    }
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> StoreError {
    // The cause says more than "dispatch failure".
    StoreError::Unavailable(format!("DynamoDB: {error}: {}", deepest(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_loopback_address_over_http_is_an_emulator() {
        for url in ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000/"] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "https://127.0.0.1:8000",
            "http://localhost.example.org",
            "http://dynamodb.example.org",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}
