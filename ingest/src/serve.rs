//! The commands that run engines: they open them, start endpoint and replicator, and end all of it in order.

mod commands;
mod engines;
mod reload;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::clickhouse::{Server, masked};
use crate::config::Config;
use crate::descriptors;
use crate::http::auth::{TokenError, TokenKeeper, Tokens};
use crate::http::rate::RateGuard;
use crate::http::tls::TlsKeeper;
use crate::http::{Endpoint, observation, router, server};
use crate::intake::Intake;
use crate::observe::probe::Probe;
use crate::observe::{Observer, Told};
use crate::replicate::owner::Owner;
use crate::replicate::progress::REPLICATION;
use crate::replicate::{LEASE_TIME, Replicator};
use engines::{Opened, open_spool, open_store, prepare_data_directory, prepare_embedded, replica, start_engine};

pub use commands::{backfill, clickhouse, dead_letter, migrate, print_schema, replicate_events, verify};

/// After an error that someone has to mend.
const TRY_AGAIN: Duration = Duration::from_secs(10);

/// Runs `serve` until `stop`.
///
/// # Errors
/// When it can't start, or someone has to act.
pub async fn serve(config: &Config, replicate: bool, stop: CancellationToken) -> anyhow::Result<()> {
    let hang_ups = reload::hang_ups()?;
    prepare_data_directory(&config.data)?;
    if tokens_are_made(config) {
        Tokens::regenerate_empty(&token_path(config))?;
    }
    let files = reload::Files::of(config);
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
    let told = Told::new(&config.data, Some(&replica));
    // Of a server nothing is asked here: whatever it says, results come in, and the replicator waits for it.
    if replicate && engine.is_some() {
        prepare_embedded(&replica).await?;
    }
    let listener = listen(config.listen, "--listen").await?;
    let address = listener.local_addr()?;

    let intake = Arc::new(Intake::new(
        Arc::clone(&opened.store),
        spool,
        Arc::clone(&told.dead_letters),
        Arc::clone(&told.metrics),
    ));
    let mut observer = Observer::of_intake(Arc::clone(&intake), Arc::clone(&told.metrics));
    // The replicator is told to end after intake is closed: what came until then is still brought home.
    let closed = CancellationToken::new();
    let mut replication = None;
    if replicate {
        let probe = start_probe(&replica, &told, &stop);
        observer = observer.and_replicator(&told, probe);
        let replicator = replicator(config, &opened, replica, engine.is_some(), &told).await?;
        replication = Some(tokio::spawn(replicate_beside(replicator, closed.clone())));
    }
    let draining = tokio::spawn({
        let (intake, stop) = (Arc::clone(&intake), stop.clone());
        async move { intake.drain(stop).await }
    });
    let reloading = tokio::spawn(reload::run(Arc::clone(&tokens), tls.clone(), files, hang_ups));
    let endpoint = Endpoint {
        intake,
        tokens,
        rate: Arc::new(RateGuard::new(config.callbacks_per_minute)),
        in_flight: Arc::new(Semaphore::new(config.in_flight_max)),
        recent: Arc::clone(&observer.recent),
        metrics: Arc::clone(&told.metrics),
    };
    let limit = descriptors::raise();
    let connections_max = descriptors::connections(limit, config.connections_max);
    if connections_max < config.connections_max {
        tracing::warn!(
            connections_max,
            ?limit,
            "fewer connections than configured: each is an open file"
        );
    }
    let server = server::Server {
        connections_max,
        metrics: told.metrics,
        tls,
    };
    let scheme = if server.tls.is_some() { "https" } else { "http" };
    say(&format!("listening on {scheme}://{address}"));
    let router = router(endpoint, Arc::new(observer));
    server.serve(listener, router, stop.cancelled()).await;
    reloading.abort();
    draining.await.context("the spool's task panicked")?;

    closed.cancel();
    if let Some(replication) = replication {
        replication.await.context("the replicator panicked")?;
    }
    if let Some(engine) = engine {
        engine.close().await;
    }
    tracing::info!("ended");
    Ok(())
}

/// Runs `replicate` until `stop`.
///
/// # Errors
/// When it can't start, or someone has to act.
pub async fn replicate(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    // It has nothing to take anew, but the same unit file may send it.
    let _hang_ups = reload::hang_ups()?;
    prepare_data_directory(&config.data)?;
    let listener = listen(config.status_listen, "--status-listen").await?;
    let address = listener.local_addr()?;
    let opened = open_store(config).await?;
    let engine = start_engine(config).await?;
    let replica = replica(config, engine.as_ref());
    if engine.is_some() {
        prepare_embedded(&replica).await?;
    }
    let url = masked(&replica.url);
    say(&format!("replicating into {url}, status on http://{address}"));
    let told = Told::new(&config.data, Some(&replica));
    let observer = Observer::of_replicator(&told, start_probe(&replica, &told, &stop));
    let observing = tokio::spawn({
        let (stop, server) = (stop.clone(), server::Server::plain());
        let router = observation::router(Arc::new(observer));
        async move { server.serve(listener, router, stop.cancelled()).await }
    });
    let replicator = replicator(config, &opened, replica, engine.is_some(), &told).await?;
    let replicated = replicator.run(stop).await;
    observing.abort();
    if let Some(engine) = engine {
        engine.close().await;
    }
    tracing::info!("ended");
    replicated
}

async fn listen(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("can't listen on {address}; {flag} names another address"))
}

fn start_probe(replica: &Server, told: &Told, stop: &CancellationToken) -> Arc<Probe> {
    let probe = Arc::new(Probe::new(replica, Arc::clone(&told.dead_letters)));
    tokio::spawn({
        let (probe, stop) = (Arc::clone(&probe), stop.clone());
        async move { probe.run(stop).await }
    });
    probe
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

async fn replicator(
    config: &Config,
    opened: &Opened,
    server: Server,
    embedded: bool,
    told: &Told,
) -> anyhow::Result<Replicator> {
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
        confirms: embedded,
        told: told.clone(),
    })
}

/// Replicates until `stop`. What someone has to mend is mended elsewhere, and then it goes on: the endpoint doesn't stop for it.
async fn replicate_beside(replicator: Replicator, stop: CancellationToken) {
    let told = replicator.told.clone();
    while let Err(error) = replicator.run(stop.clone()).await {
        tracing::error!("replication is interrupted: {error:#}");
        told.progress.trouble(REPLICATION, &format_args!("{error:#}"));
        tokio::select! {
            () = tokio::time::sleep(TRY_AGAIN) => {}
            () = stop.cancelled() => return,
        }
    }
}
