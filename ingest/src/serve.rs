//! The commands that run engines: they open them, start endpoint and replicator, and end all of it in order.

mod commands;
mod engines;
mod reload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::clickhouse::Server;
use crate::config::Config;
use crate::dead_letters::DeadLetters;
use crate::http::auth::{TokenError, TokenKeeper, Tokens};
use crate::http::rate::RateGuard;
use crate::http::tls::TlsKeeper;
use crate::http::{Endpoint, router, server};
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::replicate::owner::Owner;
use crate::replicate::progress::Progress;
use crate::replicate::{LEASE_TIME, Replicator};
use engines::{Opened, open_spool, open_store, prepare_data_directory, prepare_schema, replica, start_engine};

pub use commands::{backfill, clickhouse, dead_letter, migrate, print_schema, replicate_events};

/// After an error that someone has to mend.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Runs `serve` until `stop`.
///
/// # Errors
/// When it can't start, or someone has to act.
pub async fn serve(config: &Config, replicate: bool, stop: CancellationToken) -> anyhow::Result<()> {
    prepare_data_directory(&config.data)?;
    let tokens = Arc::new(TokenKeeper::new({
        let config = config.clone();
        move || tokens(&config)
    })?);
    if tokens_are_made(config) {
        let path = token_path(config);
        tracing::info!(file = %path.display(), "callbacks need the token in this file");
    }
    let tls = config.tls.clone().map(TlsKeeper::new).transpose()?.map(Arc::new);
    let spool = open_spool(config).await?;
    let opened = open_store(config).await?;
    let engine = start_engine(config).await?;
    let replica = replica(config, engine.as_ref());
    let told = Told::new(config, &replica);
    if replicate {
        prepare_schema(&replica, engine.is_some()).await?;
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("can't listen on {}", config.listen))?;
    let address = listener.local_addr()?;

    let replication = if replicate {
        let replicator = replicator(config, &opened, replica, &told).await?;
        tokio::spawn(replicate_beside(replicator, stop.clone()))
    } else {
        tokio::spawn(std::future::ready(()))
    };
    let intake = Arc::new(Intake::new(
        opened.store,
        spool,
        told.dead_letters,
        Arc::clone(&told.metrics),
    ));
    let draining = tokio::spawn({
        let (intake, stop) = (Arc::clone(&intake), stop.clone());
        async move { intake.drain(stop).await }
    });
    let reloading = tokio::spawn(reload::run(Arc::clone(&tokens), tls.clone(), reload::files(config)));
    let endpoint = Endpoint {
        intake,
        tokens,
        rate: Arc::new(RateGuard::new(config.callbacks_per_minute)),
        in_flight: Arc::new(Semaphore::new(config.in_flight_max)),
        progress: told.progress,
        metrics: Arc::clone(&told.metrics),
    };
    let server = server::Server {
        connections_max: config.connections_max,
        metrics: told.metrics,
        tls,
    };
    let scheme = if server.tls.is_some() { "https" } else { "http" };
    say(&format!("listening on {scheme}://{address}"));
    server.serve(listener, router(endpoint), stop.cancelled()).await;
    reloading.abort();
    draining.await.context("the spool's task panicked")?;

    // Intake is closed: let the replicator bring its last batch home, then close the engine under it.
    replication.await.context("the replicator panicked")?;
    if let Some(engine) = engine {
        engine.close().await;
    }
    Ok(())
}

/// Runs `replicate` until `stop`.
///
/// # Errors
/// When it can't start, or someone has to act.
pub async fn replicate(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    prepare_data_directory(&config.data)?;
    let opened = open_store(config).await?;
    let engine = start_engine(config).await?;
    let replica = replica(config, engine.as_ref());
    prepare_schema(&replica, engine.is_some()).await?;
    say(&format!("replicating into {}", replica.url));
    let told = Told::new(config, &replica);
    let replicator = replicator(config, &opened, replica, &told).await?;
    let replicated = replicator.run(stop).await;
    if let Some(engine) = engine {
        engine.close().await;
    }
    replicated
}

/// A line on stdout, where scripts wait for it.
fn say(line: &str) {
    use std::io::Write as _;
    // Whoever reads may be gone; that is no reason to stop.
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// The configured tokens, else one that is made. A made one is not for the open network.
fn tokens(config: &Config) -> Result<Tokens, TokenError> {
    let digests = Tokens::from_digests(&config.token_sha256)?;
    match &config.token_file {
        Some(path) => Ok(Tokens::from_file(path)?.and(digests)),
        None if !config.token_sha256.is_empty() => Ok(digests),
        None if !config.listen.ip().is_loopback() => Err(TokenError::NotLoopback(config.listen)),
        None => Tokens::generated(&token_path(config)),
    }
}

fn tokens_are_made(config: &Config) -> bool {
    config.token_file.is_none() && config.token_sha256.is_empty()
}

fn token_path(config: &Config) -> PathBuf {
    config.data.join("token")
}

/// What the parts of the daemon tell those who look.
#[derive(Clone)]
struct Told {
    dead_letters: Arc<DeadLetters>,
    progress: Arc<Progress>,
    metrics: Arc<Metrics>,
}

impl Told {
    fn new(config: &Config, replica: &Server) -> Self {
        Self {
            dead_letters: Arc::new(DeadLetters::new(&config.data, Some(replica))),
            progress: Arc::default(),
            metrics: Arc::default(),
        }
    }
}

async fn replicator(config: &Config, opened: &Opened, server: Server, told: &Told) -> anyhow::Result<Replicator> {
    let path = config.data.join("replicator");
    let owner = tokio::task::spawn_blocking(move || Owner::claim(&path))
        .await?
        .context("can't make a name for this replicator")?;
    Ok(Replicator {
        changes: Arc::clone(&opened.changes),
        leases: Arc::clone(&opened.leases),
        owner,
        lease_time: LEASE_TIME,
        server,
        dead_letters: Arc::clone(&told.dead_letters),
        progress: Arc::clone(&told.progress),
        metrics: Arc::clone(&told.metrics),
    })
}

/// Replicates until `stop`. What someone has to mend is mended elsewhere, and then it goes on: the endpoint doesn't stop for it.
async fn replicate_beside(replicator: Replicator, stop: CancellationToken) {
    while let Err(error) = replicator.run(stop.clone()).await {
        tracing::error!("replication is interrupted: {error:#}");
        tokio::select! {
            () = tokio::time::sleep(TRY_AGAIN) => {}
            () = stop.cancelled() => return,
        }
    }
}
