//! The letters as rows of `schema/0002_oot_dead_letter.sql`.

use clickhouse::{Client, Row};
use serde::{Deserialize, Serialize};

use super::DeadLetter;
use crate::clickhouse::Server;
use crate::timestamp::Timestamp;

pub(super) struct LetterTable {
    client: Client,
    table: String,
}

#[derive(Row, Serialize, Deserialize)]
struct LetterRow {
    id: String,
    /// Milliseconds since 1970.
    at: i64,
    reason: String,
    source: String,
    position: String,
    image: String,
    _version: u64,
    _deleted: u8,
}

impl LetterTable {
    pub(super) fn new(server: &Server) -> Self {
        Self {
            client: server.client().with_setting("async_insert", "0"),
            table: server.dead_letters(),
        }
    }

    /// Writes a letter, as of when it was set aside first.
    pub(super) async fn put(&self, letter: &DeadLetter) -> Result<(), clickhouse::error::Error> {
        let first: Option<i64> = self
            .client
            .query_raw(include_str!("first.sql"))
            .param("dead_letters", &self.table)
            .param("id", &letter.id)
            .fetch_optional()
            .await?;
        let at = first.and_then(Timestamp::from_millis).unwrap_or(letter.at);
        let letter = DeadLetter { at, ..letter.clone() };
        self.insert(&letter, false).await
    }

    /// Writes a letter's tombstone.
    pub(super) async fn remove(&self, letter: &DeadLetter) -> Result<(), clickhouse::error::Error> {
        self.insert(letter, true).await
    }

    async fn insert(&self, letter: &DeadLetter, removed: bool) -> Result<(), clickhouse::error::Error> {
        let mut insert = self.client.insert::<LetterRow>(&self.table).await?;
        insert
            .write(&LetterRow {
                id: letter.id.clone(),
                at: letter.at.millis(),
                reason: letter.reason.clone(),
                source: letter.source.clone(),
                position: letter.position.clone(),
                image: letter.image.clone(),
                _version: Timestamp::now().nanos() as u64,
                _deleted: removed.into(),
            })
            .await?;
        insert.end().await
    }

    pub(super) async fn count(&self) -> Result<u64, clickhouse::error::Error> {
        self.client
            .query_raw(include_str!("count.sql"))
            .param("dead_letters", &self.table)
            .fetch_one()
            .await
    }

    pub(super) async fn all(&self) -> Result<Vec<DeadLetter>, clickhouse::error::Error> {
        let rows: Vec<LetterRow> = self
            .client
            .query_raw(include_str!("all.sql"))
            .param("dead_letters", &self.table)
            .fetch_all()
            .await?;
        Ok(rows
            .into_iter()
            .map(|row| DeadLetter {
                id: row.id,
                at: Timestamp::from_millis(row.at).unwrap_or_else(Timestamp::now),
                reason: row.reason,
                source: row.source,
                position: row.position,
                image: row.image,
            })
            .collect())
    }
}
