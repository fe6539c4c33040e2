//! Dead letters: changes that can't become rows, kept with reason, position and body, so that nothing is lost and nothing waits.
//!
//! A file of JSON lines, appended and synced.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::Serialize;

use crate::timestamp::Timestamp;

/// Where dead letters go.
pub struct DeadLetters {
    path: PathBuf,
    file: Mutex<Option<File>>,
}

/// One change that could not be delivered.
#[derive(Debug, Serialize)]
pub struct DeadLetter<'a> {
    /// When it was given up.
    pub at: Timestamp,
    /// Why.
    pub reason: &'a str,
    pub shard: &'a str,
    /// Where it stands in its shard.
    pub position: &'a str,
    /// The record's image as JSON text.
    pub image: &'a str,
}

impl DeadLetters {
    /// Dead letters in this file, which is made with the first of them.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            file: Mutex::new(None),
        }
    }

    /// Keeps a letter. Blocks for a sync to disk.
    ///
    /// # Errors
    /// When the file can't be written: the change is then not to be passed over.
    pub fn keep(&self, letter: &DeadLetter<'_>) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(letter)?;
        line.push(b'\n');
        let mut file = self
            .file
            .lock()
            .map_err(|_| std::io::Error::other("a writer panicked"))?;
        let file = match &mut *file {
            Some(file) => file,
            closed => closed.insert(OpenOptions::new().create(true).append(true).open(&self.path)?),
        };
        file.write_all(&line)?;
        file.sync_data()?;
        tracing::error!(
            reason = letter.reason,
            shard = letter.shard,
            position = letter.position,
            file = %self.path.display(),
            "a change can't be replicated; kept as a dead letter"
        );
        Ok(())
    }
}
