//! What is done outside of the screen for a user: a text is copied, a page is opened.

use std::io::{self, Write as _, stdout};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

/// Something to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// Into the clipboard.
    Copy(String),
    /// In a browser; an address of [`crate::links`].
    Open(String),
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
            }
        })
    })
}

/// Inside tmux by its own buffer, which it passes on to the terminal; else by OSC 52, which goes through ssh as well.
async fn copy(text: String) -> Result<String, String> {
    let said = format!("copied {text}");
    let copied = if std::env::var_os("TMUX").is_some() {
        let into_tmux = move || {
            let mut tmux = Command::new("tmux")
                .args(["load-buffer", "-w", "-"])
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            if let Some(mut stdin) = tmux.stdin.take() {
                stdin.write_all(text.as_bytes())?;
            }
            succeeded(tmux.wait()?)
        };
        tokio::task::spawn_blocking(into_tmux).await.map_err(io::Error::other)
    } else {
        Ok(execute!(stdout(), CopyToClipboard::to_clipboard_from(text)))
    };
    copied
        .and_then(|copied| copied)
        .map_err(|error| format!("could not copy: {error}"))?;
    Ok(said)
}

async fn open(url: String) -> Result<String, String> {
    let said = format!("opened {url}");
    let browser = std::env::var("BROWSER").ok().filter(|browser| !browser.is_empty());
    let usual = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let program = browser.unwrap_or_else(|| usual.to_owned());
    let started = {
        let program = program.clone();
        move || {
            let mut browser = Command::new(program)
                .arg(url)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            succeeded(browser.wait()?)
        }
    };
    tokio::task::spawn_blocking(started)
        .await
        .map_err(io::Error::other)
        .and_then(|started| started)
        .map_err(|error| format!("could not open it with {program}: {error}; y copies the link"))?;
    Ok(said)
}

fn succeeded(status: std::process::ExitStatus) -> io::Result<()> {
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(status.to_string()))
    }
}
