//! Job control: the terminal is left to the shell, and taken again when it is ours.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures_util::{Stream, StreamExt as _};

use crate::screen::signals::Signal;
use crate::screen::terminal::{Stops, Tty};

/// A shell that ends a stopped job continues it right behind; of two signals another thread may hear the first one, a moment later.
const AT_ONCE: Duration = Duration::from_millis(100);

/// The signals that the loop hears.
pub type Signals = Pin<Box<dyn Stream<Item = Signal> + Send>>;

/// Gives the terminal back and stops, until somebody continues us and it is ours again. False when the program is to end instead.
pub(super) async fn suspend(tty: &mut dyn Tty, signals: &mut Signals, stops: Stops) -> io::Result<bool> {
    tty.give_back();
    tty.stop(stops)?;
    Ok(is_continued(signals).await && is_ours(tty, signals).await?)
}

/// Waits until we are in the foreground, stopped meanwhile as whatever wants the terminal in the background is. False when the program is to
/// end instead: to touch the terminal would only stop it again.
pub(super) async fn is_ours(tty: &mut dyn Tty, signals: &mut Signals) -> io::Result<bool> {
    while !tty.is_ours() {
        match tokio::time::timeout(AT_ONCE, signals.next()).await {
            Ok(Some(Signal::End) | None) => return Ok(false),
            Ok(Some(Signal::Suspend | Signal::Continue)) => continue,
            Err(_) => {}
        }
        tty.stop(Stops::Background)?;
        if !is_continued(signals).await {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Waits for SIGCONT. False when the program is to end.
async fn is_continued(signals: &mut Signals) -> bool {
    loop {
        match signals.next().await {
            Some(Signal::Continue) => return true,
            Some(Signal::Suspend) => {}
            Some(Signal::End) | None => return false,
        }
    }
}
