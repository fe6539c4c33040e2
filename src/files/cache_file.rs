//! Files in the user's cache: private, read with a limit, replaced whole.
//!
//! A cache that can't be read or written is none, and no error.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::files::{home, private_file};

/// What is kept of one thing. Its calls block.
#[derive(Clone, Debug)]
pub struct CacheFile {
    /// Without a place for caches nothing is kept.
    path: Option<PathBuf>,
    /// Of what it is.
    of: String,
    max_bytes: usize,
}

/// As it stands in the file.
#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    of: String,
    kept: T,
}

impl CacheFile {
    /// A file of this kind, for what is told from all others by `of`; a longer one than `max_bytes` is neither read nor written.
    pub fn new(kind: &str, of: &str, max_bytes: usize) -> Self {
        Self::in_home(home::cache(), kind, of, max_bytes)
    }

    /// The same in a place of its own.
    pub fn in_home(home: Option<PathBuf>, kind: &str, of: &str, max_bytes: usize) -> Self {
        let name = format!("{kind}-{:016x}.json", hash(&of));
        Self {
            path: home.map(|home| home.join("oot-hud").join(name)),
            // Addresses may hold secrets, and files outlive their reason.
            of: format!("{} {:016x}", env!("CARGO_PKG_VERSION"), hash(&("of", of))),
            max_bytes,
        }
    }

    /// Where it is kept.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What is kept, if it is of the same.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        let text = private_file::read(self.path.as_ref()?, self.max_bytes).ok()?;
        let envelope: Envelope<T> = serde_json::from_slice(&text).ok()?;
        (envelope.of == self.of).then_some(envelope.kept)
    }

    /// Keeps it. Whoever reads meanwhile finds the one before, or this one.
    pub fn write<T: Serialize>(&self, kept: &T) {
        let Some(path) = &self.path else { return };
        let of = self.of.clone();
        let Ok(text) = serde_json::to_vec(&Envelope { of, kept }) else {
            return;
        };
        if text.len() <= self.max_bytes {
            let _ = private_file::replace(path, &text);
        }
    }
}

fn hash(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn file(home: &Path, of: &str) -> CacheFile {
        CacheFile::in_home(Some(home.to_owned()), "kind", of, 100)
    }

    #[test]
    fn what_is_kept_is_private_and_of_the_same() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let one = file(dir.path(), "https://u:s3cret@h");
        assert_eq!(one.read::<String>(), None);
        one.write(&"kept");
        assert_eq!(one.read::<String>().as_deref(), Some("kept"));
        assert_eq!(file(dir.path(), "https://other").read::<String>(), None);
        let path = one.path.unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert!(!fs::read_to_string(&path).unwrap().contains("s3cret"));
        assert!(!path.to_string_lossy().contains("s3cret"));
    }

    #[test]
    fn what_is_too_long_or_damaged_or_has_no_place_is_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let one = file(dir.path(), "one");
        one.write(&"x".repeat(200));
        assert_eq!(one.read::<String>(), None);
        one.write(&"kept");
        let path = one.path.clone().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{text}{}", " ".repeat(100))).unwrap();
        assert_eq!(one.read::<String>(), None, "too long");
        fs::write(&path, &text[..20]).unwrap();
        assert_eq!(one.read::<String>(), None, "torn");
        let nowhere = file(Path::new("/dev/null"), "one");
        nowhere.write(&"kept");
        assert_eq!(nowhere.read::<String>(), None);
    }
}
