//! What is wrong with what was configured.

use std::path::{Path, PathBuf};

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("can't read {path}: {error}")]
    Read { path: PathBuf, error: std::io::Error },
    #[error("{path}:{line}: {key}: {reason}")]
    File {
        path: PathBuf,
        line: usize,
        key: String,
        reason: String,
    },
    /// The key with its line where it stands in the file; or the flag.
    #[error("{key}: expected {expected}, got {got:?}")]
    Value {
        key: String,
        expected: &'static str,
        got: String,
    },
    #[error("--as-of: {0}")]
    AsOf(String),
}

/// # Errors
/// [`ConfigError::Read`].
pub(super) fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
        path: path.to_owned(),
        error,
    })
}
