//! Files that are nobody else's to read: read with a limit, and replaced whole, never through a link. All of it blocks.

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, OpenOptions};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::OFlags;

/// Of what is written beside a file before it takes its place.
const BESIDE: &str = "new";
/// Nobody writes for longer: what is older was left behind by a process that was killed.
const LEFT_BEHIND_AFTER: Duration = Duration::from_secs(3_600);

/// What stands in it.
///
/// # Errors
/// Also when it has more than `max_bytes`, or is no file.
pub fn read(path: &Path, max_bytes: usize) -> io::Result<Vec<u8>> {
    // A pipe would be waited for before it can be seen that it is one.
    let no_wait = OFlags::NONBLOCK.bits() as i32;
    let file = OpenOptions::new().read(true).custom_flags(no_wait).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let mut text = Vec::new();
    file.take(max_bytes as u64 + 1).read_to_end(&mut text)?;
    if text.len() > max_bytes {
        return Err(io::Error::other(format!("it has more than {max_bytes} bytes")));
    }
    Ok(text)
}

/// Puts a text in its place, with the directories above it. Whoever reads meanwhile finds the one before, or this one.
///
/// # Errors
/// When there is no place for it; what was there stays.
pub fn replace(path: &Path, text: &[u8]) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        make_directory(directory)?;
        sweep(directory, path);
    }
    let beside = beside(path);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let written = options.open(&beside).and_then(|mut file| file.write_all(text));
    let replaced = written.and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&beside);
    }
    replaced
}

/// Makes a directory for one's own eyes, with those above it.
///
/// # Errors
/// When it can't be made.
pub fn make_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// A name beside a file that is nobody else's.
pub fn beside(path: &Path) -> PathBuf {
    let random = RandomState::new().build_hasher().finish();
    let mut name = beginning(path);
    name.push(format!("{random:016x}.{BESIDE}"));
    path.with_file_name(name)
}

/// With which all names beside it begin.
fn beginning(path: &Path) -> OsString {
    let mut beginning = path.file_stem().unwrap_or_default().to_owned();
    beginning.push(".");
    beginning
}

/// Removes what was left behind beside a file.
fn sweep(directory: &Path, path: &Path) {
    let beginning = beginning(path);
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let (name, its) = (entry.file_name(), entry.path());
        let is_beside = name.as_encoded_bytes().starts_with(beginning.as_encoded_bytes())
            && its.extension() == Some(OsStr::new(BESIDE));
        let age = || entry.metadata().ok()?.modified().ok()?.elapsed().ok();
        if is_beside && age().is_some_and(|age| age > LEFT_BEHIND_AFTER) {
            let _ = fs::remove_file(its);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn what_is_kept_is_ones_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/file.json");
        replace(&path, b"one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read(&path, 3).unwrap(), b"two");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let beside = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(beside, 1, "nothing is left beside it");
    }

    #[test]
    fn a_link_is_replaced_and_what_it_leads_to_stays() {
        let dir = tempfile::tempdir().unwrap();
        let (path, elsewhere) = (dir.path().join("file.json"), dir.path().join("elsewhere"));
        fs::write(&elsewhere, "other").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &path).unwrap();
        replace(&path, b"one").unwrap();
        assert_eq!(fs::read(&elsewhere).unwrap(), b"other");
        assert!(path.symlink_metadata().unwrap().is_file());
    }

    #[test]
    fn what_was_left_behind_is_swept_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let made = |name: &str| fs::File::create(dir.path().join(name)).unwrap();
        for name in ["file.7.new", "other.7.new", "file.lock"] {
            made(name).set_modified(std::time::UNIX_EPOCH).unwrap();
        }
        made("file.8.new");
        replace(&dir.path().join("file.json"), b"one").unwrap();
        let entries = fs::read_dir(dir.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["file.8.new", "file.json", "file.lock", "other.7.new"]);
    }

    #[test]
    fn what_is_too_long_or_no_file_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.json");
        replace(&path, b"1234").unwrap();
        assert!(read(&path, 3).unwrap_err().to_string().contains("more than 3 bytes"));
        assert!(read(dir.path(), 3).is_err() && read(Path::new("/dev/null"), 3).is_err());
    }

    #[test]
    fn what_has_no_place_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file.json");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"one").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(replace(Path::new("/dev/null/file.json"), b"one").is_err());
    }
}
