//! Who may do what in the embedded ClickHouse, as the engine's own configuration says it: `access.xml`.

use std::io;
use std::path::{Path, PathBuf};

const CONFIGURATION: &str = include_str!("access.xml");

/// Puts it into the engine's directory, anew at each start.
pub(super) fn write(directory: &Path) -> io::Result<PathBuf> {
    let path = directory.join("access.xml");
    std::fs::write(&path, CONFIGURATION)?;
    Ok(path)
}
