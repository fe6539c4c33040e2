//! The record of what was applied.

use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::Migration;
use crate::clickhouse::Server;

pub(super) const RECORD_TABLE: &str = "oot_schema_migration";
/// In the place of a migration's name: what it made is gone, and it is to be applied again.
const AGAIN: &str = "to be applied again";

/// A migration that was applied; or, under the name of [`AGAIN`], one of which the last time counts no more.
#[derive(Clone, Row, Serialize, Deserialize)]
pub(super) struct Applied {
    pub(super) table: String,
    pub(super) number: u32,
    pub(super) name: String,
    pub(super) checksum: String,
}

impl Applied {
    pub(super) fn of(server: &Server, migration: &Migration) -> Self {
        Self {
            table: server.table.clone(),
            number: migration.number,
            name: migration.name.to_owned(),
            checksum: checksum(migration),
        }
    }

    /// That one time counts no more.
    pub(super) fn again(server: &Server, migration: &Migration) -> Self {
        Self {
            name: AGAIN.to_owned(),
            ..Self::of(server, migration)
        }
    }
}

pub(super) fn checksum(migration: &Migration) -> String {
    hex::encode(Sha256::digest(migration.sql))
}

pub(super) async fn applied(server: &Server, client: &Client) -> Result<Vec<Applied>, clickhouse::error::Error> {
    client
        .query_raw(include_str!("applied.sql"))
        .param("table", &server.table)
        .fetch_all()
        .await
}

pub(super) fn is_in(applied: &[Applied], migration: &Migration) -> bool {
    times_in(applied, migration) > 0
}

/// How much more often it was applied than that came to count no more.
pub(super) fn times_in(applied: &[Applied], migration: &Migration) -> usize {
    let of_it = applied.iter().filter(|done| done.number == migration.number);
    let (again, done): (Vec<_>, Vec<_>) = of_it.partition(|done| done.name == AGAIN);
    done.len().saturating_sub(again.len())
}

pub(super) async fn put(client: &Client, records: Vec<Applied>) -> Result<(), clickhouse::error::Error> {
    if records.is_empty() {
        return Ok(());
    }
    let mut insert = client.insert::<Applied>(RECORD_TABLE).await?;
    for record in &records {
        insert.write(record).await?;
    }
    insert.end().await
}
