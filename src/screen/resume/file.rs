//! The file that the state is kept in: `oot-hud/view.json` in `$XDG_STATE_HOME`, by default `~/.local/state`.
//!
//! It says which backends and pull requests somebody looked at, and is theirs alone. Of several panes the last one that is quit writes.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::State;
use crate::files::{home, private_file};

/// A longer file is none of ours.
const MAX_BYTES: usize = 1 << 20;
/// Neither the beginning nor the end of the program waits longer.
const WITHIN: Duration = Duration::from_secs(1);

/// What was kept; none when nothing was yet.
///
/// # Errors
/// A sentence when there is something that can't be read, or it takes too long.
pub async fn read() -> Result<Option<State>, String> {
    let Some(path) = path() else { return Ok(None) };
    let shown = path.display().to_string();
    let read = in_time(WITHIN, move || Ok(read_from(&path))).await;
    read.unwrap_or_else(|error| Err(format!("{shown}: {error}")))
}

/// Keeps it, in place of what was kept before.
///
/// # Errors
/// A sentence when there is no place for it, or it takes too long.
pub async fn write(state: &State) -> Result<(), String> {
    let path = path().ok_or_else(|| "there is no home directory".to_owned())?;
    let text = serde_json::to_vec(state).map_err(|error| error.to_string())?;
    let shown = path.display().to_string();
    let written = in_time(WITHIN, move || private_file::replace(&path, &text)).await;
    written.map_err(|error| format!("{shown}: {error}"))
}

/// On a thread of its own: a file system that hangs holds up neither the screen nor the end of the program.
async fn in_time<T: Send + 'static>(
    at_most: Duration,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let (sender, done) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || sender.send(work()));
    match tokio::time::timeout(at_most, done).await {
        Ok(Ok(done)) => done,
        Ok(Err(_)) | Err(_) => Err(io::Error::other("it takes too long")),
    }
}

fn path() -> Option<PathBuf> {
    Some(home::state()?.join("oot-hud/view.json"))
}

fn read_from(path: &Path) -> Result<Option<State>, String> {
    let said = |why: String| format!("{}: {why}", path.display());
    match private_file::read(path, MAX_BYTES) {
        Ok(text) => State::parse(&text).map(Some).map_err(said),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(said(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::resume::tests::model;

    #[test]
    fn what_is_kept_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("oot-hud/view.json");
        assert_eq!(read_from(&path), Ok(None));
        let state = State::of(&model());
        private_file::replace(&path, &serde_json::to_vec(&state).unwrap()).unwrap();
        assert_eq!(read_from(&path), Ok(Some(state)));
    }

    #[test]
    fn a_damaged_file_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("view.json");
        std::fs::write(&path, b"{\"form\":1,").unwrap();
        let error = read_from(&path).unwrap_err();
        assert!(error.starts_with(&path.display().to_string()), "{error}");
    }

    #[tokio::test]
    async fn a_file_system_that_hangs_is_not_waited_for() {
        let (_held, hangs) = std::sync::mpsc::channel::<()>();
        let write = move || hangs.recv().map_err(io::Error::other);
        let error = in_time(Duration::from_millis(10), write).await.unwrap_err();
        assert_eq!(error.to_string(), "it takes too long");
    }
}
