//! Tokens and certificate, taken anew while the endpoint goes on: at SIGHUP, and when one of their files has changed.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::config::Config;
use crate::http::auth::TokenKeeper;
use crate::http::tls::TlsKeeper;

/// How often the files are looked at: a mounted secret changes without a signal.
const LOOK: Duration = Duration::from_secs(5);

/// From now on SIGHUP ends nothing.
pub(super) fn hang_ups() -> std::io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// The files that tokens and certificate are read from, and as what they were seen last.
pub(super) struct Files {
    paths: Vec<PathBuf>,
    seen: Vec<Option<Stamp>>,
}

/// When it was written, and how long it is: it may be read while it is written, and once more within the clock's tick.
type Stamp = (SystemTime, u64);

impl Files {
    /// As they are before they are read first: what changes from then on is noticed.
    pub(super) fn of(config: &Config) -> Self {
        let tls = config.tls.iter().flat_map(|files| [&files.certificate, &files.key]);
        let made = super::tokens_are_made(config).then(|| super::token_path(config));
        let paths: Vec<PathBuf> = config.token_file.iter().chain(tls).cloned().chain(made).collect();
        let seen = paths.iter().map(|path| stamp(path)).collect();
        Self { paths, seen }
    }

    /// Whether one has changed since the last look.
    fn have_changed(&mut self) -> bool {
        let now = self.paths.iter().map(|path| stamp(path)).collect();
        let before = std::mem::replace(&mut self.seen, now);
        before != self.seen
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.modified().ok()?, file.len()))
}

/// Runs until it is aborted. What can't be read changes nothing, and is tried again when it has changed once more.
pub(super) async fn run(tokens: Arc<TokenKeeper>, tls: Option<Arc<TlsKeeper>>, mut files: Files, mut hang_ups: Signal) {
    loop {
        let asked = tokio::select! {
            _ = hang_ups.recv() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        if files.have_changed() || asked {
            let (tokens, tls) = (Arc::clone(&tokens), tls.clone());
            // A file may lie on a disk that is slow.
            let _ = tokio::task::spawn_blocking(move || reload(&tokens, tls.as_deref())).await;
        }
    }
}

fn reload(tokens: &TokenKeeper, tls: Option<&TlsKeeper>) {
    match tokens.reload() {
        Ok(true) => tracing::info!("took the tokens anew"),
        // The daemon itself has made the file, or it was touched.
        Ok(false) => tracing::debug!("the tokens are those of before"),
        Err(error) => tracing::error!(%error, "could not take the tokens anew; those of before stay valid"),
    }
    match tls.map(TlsKeeper::reload) {
        None => {}
        Some(Ok(())) => tracing::info!("took the certificate anew"),
        Some(Err(error)) => tracing::error!(%error, "could not take the certificate anew; the one of before stays"),
    }
}
