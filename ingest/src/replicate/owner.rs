//! Who this replicator is, to the others that share the shards.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use rand::TryRng as _;

/// A name that no other process has at the same time.
///
/// It is kept in the data directory and held by a lock: a process that comes after one that was killed has the same name, and goes on
/// with its leases at once. A second process there has a name of its own.
pub struct Owner {
    name: String,
    _lock: Option<File>,
}

impl Owner {
    /// The name kept in a file, made on first use. Blocks.
    ///
    /// # Errors
    /// When there is no randomness, or the file can't be written.
    pub fn claim(path: &Path) -> std::io::Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        if file.try_lock().is_err() {
            return Ok(Self {
                name: random_name()?,
                _lock: None,
            });
        }
        let mut name = String::new();
        file.read_to_string(&mut name)?;
        let mut name = name.trim().to_owned();
        if name.is_empty() {
            name = random_name()?;
            file.rewind()?;
            writeln!(file, "{name}")?;
            file.sync_all()?;
        }
        Ok(Self {
            name,
            _lock: Some(file),
        })
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

fn random_name() -> std::io::Result<String> {
    let number = rand::rngs::SysRng.try_next_u64().map_err(std::io::Error::other)?;
    Ok(format!("replicator-{number:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_and_held_by_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("replicator");
        let first = Owner::claim(&path).unwrap();
        let second = Owner::claim(&path).unwrap();
        assert_ne!(first.name(), second.name());
        let name = first.name().to_owned();
        drop(first);
        assert_eq!(Owner::claim(&path).unwrap().name(), name);
    }
}
