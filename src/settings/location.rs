//! A file, or an address where it can be had.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::url::masked;

/// Where something is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    File(PathBuf),
    /// `http://…` or `https://…`
    Url(String),
}

impl Location {
    /// A file's path, seen from a directory.
    pub(super) fn beside(self, directory: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(directory.join(path)),
            url @ Self::Url(_) => url,
        }
    }
}

impl From<OsString> for Location {
    fn from(text: OsString) -> Self {
        match text.into_string() {
            Ok(url) if url.starts_with("http://") || url.starts_with("https://") => Self::Url(url),
            Ok(path) => Self::File(path.into()),
            Err(path) => Self::File(path.into()),
        }
    }
}

/// Secrets of an address are masked.
impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(url) => masked(url).fmt(f),
        }
    }
}

impl std::fmt::Debug for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl<'de> Deserialize<'de> for Location {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(OsString::from(String::deserialize(deserializer)?).into())
    }
}

impl Serialize for Location {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
