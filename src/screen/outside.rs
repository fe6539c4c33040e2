//! What is done outside of the screen for a user: a text is copied, a page is opened, a file is written.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _, stdout};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

use crate::data::text::printable;
use crate::files::private_file;
use crate::screen::export::Contents;

/// A program that runs for longer has not failed.
const FAILS_WITHIN: Duration = Duration::from_secs(1);

/// Something to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Into the clipboard.
    Copy(String),
    /// In a browser; an address of [`crate::data::links`].
    Open(String),
    /// Into a file.
    Write {
        /// Its path; `~/` is the home directory.
        file: String,
        contents: Contents,
        /// Over a file that is there.
        overwrite: bool,
        /// What it is, in a word or two.
        what: String,
    },
}

impl Errand {
    /// Is it lost when the program ends before it is done? A browser goes on alone.
    pub fn matters_at_the_end(&self) -> bool {
        match self {
            Self::Copy(_) | Self::Write { .. } => true,
            Self::Open(_) => false,
        }
    }
}

/// Does errands; says what it did, or why not.
pub type Errands = Arc<dyn Fn(Errand) -> Pin<Box<dyn Future<Output = Result<String, String>> + Send>> + Send + Sync>;

/// On the real terminal and desktop.
pub fn errands() -> Errands {
    Arc::new(|errand| {
        Box::pin(async move {
            match errand {
                Errand::Copy(text) => copy(text).await,
                Errand::Open(url) => open(url).await,
                Errand::Write {
                    file,
                    contents,
                    overwrite,
                    what,
                } => write(&file, contents, overwrite)
                    .await
                    .map(|path| format!("wrote {what} to {path}")),
            }
        })
    })
}

/// Inside tmux by its own buffer, which it passes on to the terminal; else by OSC 52, which goes through ssh as well.
async fn copy(text: String) -> Result<String, String> {
    let said = format!("copied {text}");
    let copied = if std::env::var_os("TMUX").is_some() {
        let mut tmux = Command::new("tmux");
        tmux.args(["load-buffer", "-w", "-"]).stderr(Stdio::piped());
        run(tmux, text).await
    } else {
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
    };
    copied.map_err(|error| format!("could not copy: {error}"))?;
    Ok(said)
}

async fn open(url: String) -> Result<String, String> {
    let browser = std::env::var("BROWSER").ok().filter(|browser| !browser.is_empty());
    let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let program = browser.unwrap_or_else(|| usual.to_owned());
    let mut browser = Command::new(&program);
    // It runs on after this program, where a pipe would break under it.
    browser.arg(&url).stderr(Stdio::null());
    run(browser, String::new())
        .await
        .map_err(|error| format!("could not open it with {program}: {error}; its link can be copied instead"))?;
    Ok(format!("opened {url}"))
}

/// Gives the path as it may be shown.
async fn write(file: &str, contents: Contents, overwrite: bool) -> Result<String, String> {
    let path = match (file.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(file),
    };
    let (sender, written) = tokio::sync::oneshot::channel();
    let to = path.clone();
    // Not on the runtime's own threads: a file system that hangs would hold up the end of the program, and rows that are many the screen.
    std::thread::spawn(move || sender.send(write_file(&to, &contents, overwrite)));
    let shown = printable(&path.to_string_lossy()).into_owned();
    match written.await {
        Ok(Ok(())) => Ok(shown),
        Ok(Err(error)) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(format!("{shown} is there already; `export!` writes over it"))
        }
        Ok(Err(error)) => Err(format!("could not write {shown}: {error}")),
        Err(_) => Err(format!("could not write {shown}")),
    }
}

fn write_file(path: &Path, contents: &Contents, overwrite: bool) -> io::Result<()> {
    // A terminal or a pipe is there as well, and nothing that waits for a screen's rows.
    if overwrite && path.metadata().is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("it is not a file"));
    }
    if overwrite && path.exists() {
        return write_over(path, contents);
    }
    let file = File::create_new(path)?;
    let written = write_into(file, contents);
    if written.is_err() {
        // Half a file would stand in the way of the next attempt.
        let _ = fs::remove_file(path);
    }
    written
}

/// Beside the file, and then in its place: a disk that is full leaves what is there. Where a link leads to is meant, and the link stays.
fn write_over(path: &Path, contents: &Contents) -> io::Result<()> {
    let path = path.canonicalize()?;
    // One that may not be written on is not replaced either.
    let permissions = File::options().write(true).open(&path)?.metadata()?.permissions();
    let beside = private_file::beside(&path);
    let written = (|| {
        let file = File::create_new(&beside)?;
        file.set_permissions(permissions)?;
        write_into(file, contents)?;
        fs::rename(&beside, &path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_into(file: File, contents: &Contents) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    contents.write(&mut out)?;
    out.flush()
}

/// Starts a program and gives it its input. One that fails at once has failed; one that runs on, as browsers do, is left alone: it keeps
/// neither the screen nor the end of this program waiting.
async fn run(command: Command, input: String) -> io::Result<()> {
    let (sender, ended) = tokio::sync::oneshot::channel();
    // Nobody may wait for it any more.
    std::thread::spawn(move || sender.send(run_to_end(command, &input)));
    match tokio::time::timeout(FAILS_WITHIN, ended).await {
        Ok(Ok(ran)) => ran,
        Ok(Err(_)) | Err(_) => Ok(()),
    }
}

/// Says what the program says on stderr, if it is piped, when it fails.
fn run_to_end(mut command: Command, input: &str) -> io::Result<()> {
    use std::os::unix::process::CommandExt as _;

    // In a group of its own: what stops or ends this program is not meant for it.
    let mut child = command
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let given = child
        .stdin
        .take()
        .map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
    let ended = child.wait_with_output()?;
    if !ended.status.success() {
        let said = String::from_utf8_lossy(&ended.stderr);
        let said = said.lines().map(str::trim).find(|line| !line.is_empty());
        let why = said.map_or_else(|| ended.status.to_string(), |line| printable(line).into_owned());
        return Err(io::Error::other(why));
    }
    match given {
        // It needed no more of it, or else it would have failed.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        given => given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_that_is_there_is_kept_unless_it_is_meant() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        let file = path.to_str().unwrap();
        assert_eq!(write(file, "one".to_owned().into(), false).await, Ok(file.to_owned()));
        let refused = write(file, "other".to_owned().into(), false).await.unwrap_err();
        assert!(
            refused.ends_with("rows.csv is there already; `export!` writes over it"),
            "{refused}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(write(file, "two".to_owned().into(), true).await, Ok(file.to_owned()));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
    }

    #[tokio::test]
    async fn what_cannot_be_written_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let nowhere = dir.path().join("nowhere/rows.csv");
        let error = write(nowhere.to_str().unwrap(), String::new().into(), false)
            .await
            .unwrap_err();
        assert!(
            error.starts_with("could not write ") && error.contains("No such file"),
            "{error}"
        );
        for no_file in [dir.path().to_str().unwrap(), "/dev/null"] {
            let error = write(no_file, String::new().into(), true).await.unwrap_err();
            assert!(error.ends_with("it is not a file"), "{error}");
        }
    }

    /// Rows that are many take seconds, and a screen may not stand still so long.
    #[tokio::test]
    async fn what_is_written_is_made_on_a_thread_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.csv");
        let (sender, made) = std::sync::mpsc::channel();
        let contents = Contents::new(move |out| {
            sender.send(std::thread::current().id()).map_err(io::Error::other)?;
            out.write_all(b"rows")
        });
        write(path.to_str().unwrap(), contents, false).await.unwrap();
        assert_ne!(made.recv(), Ok(std::thread::current().id()));
        assert_eq!(fs::read_to_string(&path).unwrap(), "rows");
    }

    #[test]
    fn what_is_written_over_keeps_its_place_and_its_permissions() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (path, link) = (dir.path().join("rows.csv"), dir.path().join("link.csv"));
        fs::write(&path, "one").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let open = File::open(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_file(&link, &"two".to_owned().into(), true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(
            io::read_to_string(open).unwrap(),
            "one",
            "the one before is whole for who reads it"
        );
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_program_that_reads_nothing_is_waited_for_and_heard() {
        let much = "x".repeat(1 << 20);
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]).stderr(Stdio::piped());
            run_to_end(command, &much)
        };
        assert!(shell("exec <&-").is_ok());
        let error = shell("exec <&-; echo >&2; echo no server >&2; echo more >&2; exit 3").unwrap_err();
        assert_eq!(error.to_string(), "no server");
        let error = shell("exit 3").unwrap_err();
        assert!(error.to_string().contains("exit status: 3"), "{error}");
    }
}
