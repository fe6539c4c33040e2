//! The letters as lines of JSON in a file, appended and synced.

use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

use super::{DeadLetter, LetterError};

pub(super) struct LetterFile {
    /// Held while the file is read or written, as the lock file beside it is, for other processes: a letter that one adds while another
    /// takes some away must not go with them.
    path: Arc<Mutex<PathBuf>>,
}

impl LetterFile {
    /// The file is made with the first letter.
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: Arc::new(Mutex::new(path.to_owned())),
        }
    }

    pub(super) async fn append(&self, letter: &DeadLetter) -> Result<(), LetterError> {
        let mut line = serde_json::to_vec(letter).expect("a letter is text");
        line.push(b'\n');
        self.blocking(move |path| {
            let mut file = std::fs::OpenOptions::new()
                .create(true)
                .read(true)
                .append(true)
                .open(path)?;
            // Half a line, from a crash, must not swallow this one.
            if file.seek(io::SeekFrom::End(0))? > 0 {
                let mut last = [0];
                file.seek(io::SeekFrom::End(-1))?;
                file.read_exact(&mut last)?;
                if last != *b"\n" {
                    line.insert(0, b'\n');
                }
            }
            file.write_all(&line)?;
            file.sync_data()?;
            sync_names_beside(path)
        })
        .await
    }

    /// A line that can't be read is half of one, from a crash: the change it was of is delivered again.
    pub(super) async fn all(&self) -> Result<Vec<DeadLetter>, LetterError> {
        self.blocking(read).await
    }

    pub(super) async fn remove(&self, letters: &[DeadLetter]) -> Result<(), LetterError> {
        let gone: Vec<String> = letters.iter().map(|letter| letter.id.clone()).collect();
        self.blocking(move |path| {
            let all = read(path)?;
            let count = all.len();
            let left: Vec<DeadLetter> = all.into_iter().filter(|letter| !gone.contains(&letter.id)).collect();
            match left.len() {
                unchanged if unchanged == count => Ok(()),
                0 => std::fs::remove_file(path),
                _ => rewrite(path, &left),
            }
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, LetterError> {
        let path = Arc::clone(&self.path).lock_owned().await;
        let named = path.clone();
        let work = move || {
            let lock = std::fs::OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(path.with_extension("lock"));
            let lock = match lock {
                Ok(lock) => lock,
                // No letter is there, or one may only look.
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                    return work(&path);
                }
                Err(error) => return Err(error),
            };
            lock.lock()?;
            work(&path)
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|panic| Err(io::Error::other(panic)))
            .map_err(|error| LetterError::File { path: named, error })
    }
}

/// The name of a file that is new must outlive a power cut, too.
fn sync_names_beside(path: &Path) -> io::Result<()> {
    path.parent()
        .map_or(Ok(()), |directory| std::fs::File::open(directory)?.sync_all())
}

fn read(path: &Path) -> io::Result<Vec<DeadLetter>> {
    match std::fs::read(path) {
        Ok(text) => Ok(text
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Beside it first, so that a crash leaves the old file or the new one.
fn rewrite(path: &Path, letters: &[DeadLetter]) -> io::Result<()> {
    let beside = path.with_extension("jsonl.new");
    let mut file = std::fs::File::create(&beside)?;
    for letter in letters {
        serde_json::to_writer(&mut file, letter)?;
        file.write_all(b"\n")?;
    }
    file.sync_all()?;
    std::fs::rename(beside, path)?;
    sync_names_beside(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn half_a_line_swallows_no_letter() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("letters.jsonl");
        // In the middle of a character.
        std::fs::write(&path, b"{\"id\":\"half \xe2\x80").unwrap();
        let file = LetterFile::new(&path);
        for position in ["1", "2"] {
            let letter = DeadLetter::new("reason", "shard", position, None, "{}".to_owned());
            file.append(&letter).await.unwrap();
        }
        let positions: Vec<String> = file.all().await.unwrap().into_iter().map(|it| it.position).collect();
        assert_eq!(positions, ["1", "2"]);
    }

    /// As a command and a daemon do: neither knows of the other's lock.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_letter_that_comes_while_others_are_taken_away_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("letters.jsonl");
        let (daemon, command) = (LetterFile::new(&path), LetterFile::new(&path));
        let letter = |position: usize| DeadLetter::new("reason", "shard", &position.to_string(), None, "{}".to_owned());
        let purging = tokio::spawn(async move {
            for position in 0..200 {
                let purged = letter(position);
                command.append(&purged).await.unwrap();
                command.remove(&[purged]).await.unwrap();
            }
        });
        for position in 1_000..1_200 {
            daemon.append(&letter(position)).await.unwrap();
        }
        purging.await.unwrap();
        assert_eq!(daemon.all().await.unwrap().len(), 200);
    }
}
