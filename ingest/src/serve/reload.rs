//! Tokens and certificate, taken anew while the endpoint goes on: at SIGHUP, and when one of their files has changed.

use std::path::PathBuf;
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

/// The files that tokens and certificate are read from.
pub(super) fn files(config: &Config) -> Vec<PathBuf> {
    let tls = config.tls.iter().flat_map(|files| [&files.certificate, &files.key]);
    let made = super::tokens_are_made(config).then(|| super::token_path(config));
    config.token_file.iter().chain(tls).cloned().chain(made).collect()
}

/// Runs until it is aborted. What can't be read changes nothing, and is tried again when it has changed once more.
pub(super) async fn run(
    tokens: Arc<TokenKeeper>,
    tls: Option<Arc<TlsKeeper>>,
    files: Vec<PathBuf>,
    mut hang_ups: Signal,
) {
    let mut seen = stamps(&files);
    loop {
        let asked = tokio::select! {
            _ = hang_ups.recv() => true,
            () = tokio::time::sleep(LOOK) => false,
        };
        let now = stamps(&files);
        if asked || now != seen {
            seen = now;
            let (tokens, tls) = (Arc::clone(&tokens), tls.clone());
            // A file may lie on a disk that is slow.
            let _ = tokio::task::spawn_blocking(move || reload(&tokens, tls.as_deref())).await;
        }
    }
}

fn reload(tokens: &TokenKeeper, tls: Option<&TlsKeeper>) {
    match tokens.reload() {
        Ok(()) => tracing::info!("took the tokens anew"),
        Err(error) => tracing::error!(%error, "could not take the tokens anew; those of before stay valid"),
    }
    match tls.map(TlsKeeper::reload) {
        None => {}
        Some(Ok(())) => tracing::info!("took the certificate anew"),
        Some(Err(error)) => tracing::error!(%error, "could not take the certificate anew; the one of before stays"),
    }
}

fn stamps(files: &[PathBuf]) -> Vec<Option<SystemTime>> {
    files
        .iter()
        .map(|file| std::fs::metadata(file).and_then(|file| file.modified()).ok())
        .collect()
}
