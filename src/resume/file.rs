//! The file that the state is kept in: `oot-hud/view.json` in `$XDG_STATE_HOME`, by default `~/.local/state`.
//!
//! It says which backends and pull requests somebody looked at, and is theirs alone. Of several panes the last one that is quit writes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::State;

/// What was kept; none when nothing was yet.
///
/// # Errors
/// A sentence when there is something that can't be read.
pub fn read() -> Result<Option<State>, String> {
    match path() {
        Some(path) => read_from(&path),
        None => Ok(None),
    }
}

/// Keeps it, in place of what was kept before.
///
/// # Errors
/// A sentence when there is no place for it.
pub fn write(state: &State) -> Result<(), String> {
    let path = path().ok_or_else(|| "there is no home directory".to_owned())?;
    write_to(&path, state)
}

fn path() -> Option<PathBuf> {
    let home = std::env::var_os("XDG_STATE_HOME").filter(|path| !path.is_empty());
    let home = home.map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".local/state")))?;
    Some(home.join("oot-hud/view.json"))
}

fn read_from(path: &Path) -> Result<Option<State>, String> {
    let said = |why: String| format!("{}: {why}", path.display());
    match fs::read(path) {
        Ok(text) => State::parse(&text).map(Some).map_err(said),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(said(error.to_string())),
    }
}

/// Whoever reads meanwhile finds the one before, or this one.
fn write_to(path: &Path, state: &State) -> Result<(), String> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let written = (|| {
        let directory = path.parent().unwrap_or(Path::new(""));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let text = serde_json::to_vec(state)?;
        let mut file: File = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(&text)?;
        fs::rename(&beside, path)
    })();
    written.map_err(|error: io::Error| {
        let _ = fs::remove_file(&beside);
        format!("{}: {error}", path.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resume::tests::model;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn what_is_kept_is_read_again_and_is_ones_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("oot-hud/view.json");
        assert_eq!(read_from(&path), Ok(None));
        let state = State::of(&model());
        write_to(&path, &state).unwrap();
        write_to(&path, &state).unwrap();
        assert_eq!(read_from(&path), Ok(Some(state)));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn a_damaged_file_and_a_place_that_is_none_are_said() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("view.json");
        fs::write(&path, b"{\"form\":1,").unwrap();
        let error = read_from(&path).unwrap_err();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
        assert!(write_to(Path::new("/dev/null/view.json"), &State::of(&model())).is_err());
    }
}
