//! Where libchdb.so is.

use std::path::{Path, PathBuf};

use crate::config::data_home;

#[cfg(target_os = "macos")]
const FILE: &str = "libchdb.dylib";
#[cfg(not(target_os = "macos"))]
const FILE: &str = "libchdb.so";

/// Why there is no library.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    #[error(
        "libchdb, the embedded ClickHouse, is not installed: looked for {looked_for}. Fetch it with `make libchdb`, or name a \
         file with --libchdb or OOT_LIBCHDB"
    )]
    Missing { looked_for: String },
    #[error("can't load {path}: {reason}. Fetch it anew with `make libchdb`")]
    Load { path: PathBuf, reason: String },
    #[error("{path} has no function {symbol}: it is another version. Fetch the right one with `make libchdb`")]
    Symbol { path: PathBuf, symbol: &'static str },
}

/// The library to load: the one that is named (by flag, file or `OOT_LIBCHDB`), else the one that `make libchdb` put into the
/// data directory, else whatever the system's loader finds.
pub(super) fn locate(named: Option<&Path>) -> Result<PathBuf, LibraryError> {
    let told = || std::env::var_os("OOT_LIBCHDB").filter(|path| !path.is_empty());
    let named = named.map(Path::to_owned).or_else(|| told().map(PathBuf::from));
    if let Some(path) = named {
        return if path.is_file() {
            Ok(path)
        } else {
            Err(LibraryError::Missing {
                looked_for: path.display().to_string(),
            })
        };
    }
    let installed = data_home().map(|home| home.join("oot-hud/lib").join(FILE));
    if let Some(path) = installed.as_deref().filter(|path| path.is_file()) {
        return Ok(path.to_owned());
    }
    Ok(PathBuf::from(FILE))
}

/// What to say when the loader failed: a bare name that it didn't find is a missing library.
pub(super) fn load_error(path: &Path, reason: String) -> LibraryError {
    if path == Path::new(FILE) {
        let installed = data_home().map_or("no home directory".to_owned(), |home| {
            home.join("oot-hud/lib").join(FILE).display().to_string()
        });
        return LibraryError::Missing {
            looked_for: format!("{installed}, and {FILE} in the system's library path"),
        };
    }
    LibraryError::Load {
        path: path.to_owned(),
        reason,
    }
}
