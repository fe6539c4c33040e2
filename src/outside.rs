//! What is done outside of the screen for a user: a text is copied, a page is opened.

use std::io::{self, Write as _, stdout};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;

/// A program that runs for longer has not failed.
const FAILS_WITHIN: Duration = Duration::from_secs(1);

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
        let mut tmux = Command::new("tmux");
        tmux.args(["load-buffer", "-w", "-"]);
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
    browser.arg(&url);
    run(browser, String::new())
        .await
        .map_err(|error| format!("could not open it with {program}: {error}; y copies the link"))?;
    Ok(format!("opened {url}"))
}

/// Starts a program and gives it its input. One that fails at once has failed; one that runs on, as browsers do, is left alone: it keeps
/// neither the screen nor the end of this program waiting.
async fn run(mut command: Command, input: String) -> io::Result<()> {
    let (sender, ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let ran = (|| {
            let mut child = command
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(input.as_bytes())?;
            }
            match child.wait()? {
                status if status.success() => Ok(()),
                status => Err(io::Error::other(status.to_string())),
            }
        })();
        // Nobody waits for it any more.
        let _ = sender.send(ran);
    });
    match tokio::time::timeout(FAILS_WITHIN, ended).await {
        Ok(Ok(ran)) => ran,
        Ok(Err(_)) | Err(_) => Ok(()),
    }
}
