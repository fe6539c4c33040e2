//! Dead letters: changes that can't become rows, kept with reason, position and body, so that nothing is lost and nothing waits.
//!
//! They are rows of a table beside the replica's; when ClickHouse itself is the trouble, lines of a file in the data directory.

pub mod command;
mod file;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::clickhouse::{Server, describe};
use crate::timestamp::Timestamp;
use file::LetterFile;
use table::LetterTable;

/// ClickHouse must have taken a letter by then, else it goes into the file.
const KEPT_WITHIN: Duration = Duration::from_secs(10);

/// The source of letters that never came into the store.
pub const SPOOL: &str = "spool";

/// One change that could not be delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Follows from the row, else from source, position and body: what is set aside again is the same letter.
    pub id: String,
    /// When it was set aside first; of one that waited in the spool, when its result came.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// The shard, the part of a scan, or the spool.
    pub source: String,
    /// Where it stands there.
    pub position: String,
    /// The record's image as JSON text.
    pub image: String,
}

impl DeadLetter {
    /// A letter of now, of the row with this name, as far as that can be told.
    pub fn new(reason: &str, source: &str, position: &str, row: Option<&str>, image: String) -> Self {
        let digest = match row {
            Some(row) => Sha256::digest(row),
            // Positions alone would not do: each daemon's spool counts from 1.
            None => Sha256::digest(format!("{source}\n{position}\n{image}")),
        };
        Self {
            id: hex::encode(&digest[..6]),
            at: Timestamp::now().to_millis(),
            reason: reason.to_owned(),
            source: source.to_owned(),
            position: position.to_owned(),
            image,
        }
    }

    /// Repository and job it is of, as far as its body says; else where it was read.
    fn of(&self) -> String {
        let image: serde_json::Value = serde_json::from_str(&self.image).unwrap_or_default();
        let text = |name: &str| image.get(name)?.as_str().filter(|text| !text.is_empty());
        match (text("downstream_repo"), text("job_name"), text("dynamoKey")) {
            (Some(repo), Some(job), _) => format!("{repo} {job}"),
            (_, _, Some(key)) => key.to_owned(),
            _ => format!("{} {}", self.source, self.position),
        }
    }
}

/// Where dead letters are.
pub struct DeadLetters {
    table: Option<LetterTable>,
    path: PathBuf,
    file: LetterFile,
}

/// Why letters can't be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    #[error("{path}: {error}")]
    File { path: PathBuf, error: std::io::Error },
    #[error("ClickHouse: {}", describe(.0))]
    ClickHouse(#[from] clickhouse::error::Error),
}

impl DeadLetters {
    /// In the table beside the one of `server`, when there is a server, and in `dead-letters.jsonl` in the data directory.
    pub fn new(data: &Path, server: Option<&Server>) -> Self {
        let path = data.join("dead-letters.jsonl");
        Self {
            table: server.map(LetterTable::new),
            file: LetterFile::new(&path),
            path,
        }
    }

    /// Where letters are that the table doesn't take.
    pub fn file(&self) -> &Path {
        &self.path
    }

    /// Keeps a letter. Returns when it is in the table, or on disk.
    ///
    /// # Errors
    /// [`LetterError`] when neither takes it: the change is then not to be passed over.
    pub async fn keep(&self, letter: &DeadLetter) -> Result<(), LetterError> {
        let DeadLetter {
            id,
            reason,
            source,
            position,
            ..
        } = letter;
        tracing::error!(
            id,
            reason,
            source,
            position,
            "a change can't be replicated; kept as a dead letter"
        );
        if let Some(table) = &self.table {
            match tokio::time::timeout(KEPT_WITHIN, table.put(letter)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => tracing::warn!(%error, "the dead letter goes into a file"),
                Err(_) => tracing::warn!("ClickHouse doesn't answer: the dead letter goes into a file"),
            }
        }
        self.file.append(letter).await
    }

    /// All letters, the oldest first.
    ///
    /// # Errors
    /// [`LetterError`].
    pub async fn all(&self) -> Result<Vec<DeadLetter>, LetterError> {
        let mut letters = match &self.table {
            Some(table) => table.all().await?,
            None => Vec::new(),
        };
        for letter in self.file.all().await? {
            if !letters.iter().any(|it| it.id == letter.id) {
                letters.push(letter);
            }
        }
        letters.sort_by(|one, other| (one.at, &one.id).cmp(&(other.at, &other.id)));
        Ok(letters)
    }

    /// How many letters there are.
    ///
    /// # Errors
    /// [`LetterError`].
    pub async fn count(&self) -> Result<u64, LetterError> {
        match &self.table {
            // Those of the file may be in the table as well.
            Some(table) if self.file.all().await?.is_empty() => Ok(table.count().await?),
            _ => Ok(self.all().await?.len() as u64),
        }
    }

    /// Removes letters, wherever they are.
    ///
    /// # Errors
    /// [`LetterError`]; some may be gone then, and the rest is still there.
    pub async fn remove(&self, letters: &[DeadLetter]) -> Result<(), LetterError> {
        if let Some(table) = &self.table {
            for letter in letters {
                table.remove(letter).await?;
            }
        }
        self.file.remove(letters).await
    }
}
