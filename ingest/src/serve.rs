//! The commands that run engines: they open them, start endpoint and replicator, and end all of it in order.

mod reload;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::chdb::Embedded;
use crate::clickhouse::{Server, is_unreachable};
use crate::config::{ClickHouse, Config, Store as StoreConfig};
use crate::http::auth::{TokenError, TokenKeeper, Tokens};
use crate::http::rate::RateGuard;
use crate::http::tls::TlsKeeper;
use crate::http::{Endpoint, router, server};
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::migrate::{self, MigrateError};
use crate::replicate::Replicator;
use crate::replicate::dead_letters::DeadLetters;
use crate::store::dynamodb::Dynamo;
use crate::store::spool::Spool;
use crate::store::sqlite::Sqlite;
use crate::store::{Changes, Store, StoreError};

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
    let dead_letters = Arc::new(DeadLetters::new(&config.data.join("dead-letters.jsonl")));
    let metrics = Arc::new(Metrics::new());
    let spool = open_spool(config).await?;
    let (store, changes) = open_store(config).await?;
    let engine = start_engine(config).await?;
    let replica = replica(config, engine.as_ref());
    if replicate {
        prepare_schema(&replica, engine.is_some()).await?;
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("can't listen on {}", config.listen))?;
    let address = listener.local_addr()?;

    let replication = {
        let replicator = replicator(changes, replica, Arc::clone(&dead_letters));
        let stop = stop.clone();
        tokio::spawn(async move {
            if !replicate {
                return Ok(());
            }
            // The endpoint goes on: what it stores is replicated when the cause is mended.
            replicator
                .run(stop)
                .await
                .inspect_err(|error| tracing::error!("replication ended: {error:#}"))
        })
    };
    let intake = Arc::new(Intake::new(store, spool, dead_letters, Arc::clone(&metrics)));
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
        metrics: Arc::clone(&metrics),
    };
    let server = server::Server {
        connections_max: config.connections_max,
        metrics,
        tls,
    };
    let scheme = if server.tls.is_some() { "https" } else { "http" };
    say(&format!("listening on {scheme}://{address}"));
    server.serve(listener, router(endpoint), stop.cancelled()).await;
    reloading.abort();
    draining.await.context("the spool's task panicked")?;

    // Intake is closed: let the replicator bring its last batch home, then close the engine under it.
    let replicated = replication.await.context("the replicator panicked")?;
    if let Some(engine) = engine {
        engine.close().await;
    }
    replicated
}

/// Runs `replicate` until `stop`.
///
/// # Errors
/// When it can't start, or someone has to act.
pub async fn replicate(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    prepare_data_directory(&config.data)?;
    let (_, changes) = open_store(config).await?;
    let engine = start_engine(config).await?;
    let replica = replica(config, engine.as_ref());
    prepare_schema(&replica, engine.is_some()).await?;
    say(&format!("replicating into {}", replica.url));
    let dead_letters = Arc::new(DeadLetters::new(&config.data.join("dead-letters.jsonl")));
    let replicated = replicator(changes, replica, dead_letters).run(stop).await;
    if let Some(engine) = engine {
        engine.close().await;
    }
    replicated
}

/// Runs `migrate`: makes what is missing, says what it did.
///
/// # Errors
/// When a table is not ours, or can't be reached.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    prepare_data_directory(&config.data)?;
    if let StoreConfig::Dynamodb(location) = &config.store {
        for done in Dynamo::new(location).await.migrate().await? {
            say(&done);
        }
    }
    let engine = start_engine(config).await?;
    let replica = replica(config, engine.as_ref());
    let applied = migrate::migrate(&replica).await?;
    for name in &applied {
        say(&format!("applied {name} to {}.{}", replica.database, replica.table));
    }
    if applied.is_empty() {
        say(&format!("{}.{} is up to date", replica.database, replica.table));
    }
    if let Some(engine) = engine {
        engine.close().await;
    }
    Ok(())
}

/// Runs `clickhouse` until `stop`: the embedded engine alone.
///
/// # Errors
/// Those of [`Embedded::start`].
pub async fn clickhouse(
    data: &Path,
    listen: SocketAddr,
    libchdb: Option<&Path>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let engine = Embedded::start(data, listen, libchdb).await?;
    say(&format!("listening on {}", engine.url()));
    stop.cancelled().await;
    engine.close().await;
    Ok(())
}

/// A line on stdout, where scripts wait for it.
fn say(line: &str) {
    use std::io::Write as _;
    // Whoever reads may be gone; that is no reason to stop.
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn prepare_data_directory(data: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("can't make the data directory {}", data.display()))
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

async fn open_store(config: &Config) -> anyhow::Result<(Arc<dyn Store>, Arc<dyn Changes>)> {
    match &config.store {
        StoreConfig::Embedded => {
            let path = config.data.join("store.db");
            let store = tokio::task::spawn_blocking(move || Sqlite::open(&path)).await??;
            Ok((Arc::new(store.clone()), Arc::new(store)))
        }
        StoreConfig::Dynamodb(location) => {
            let store = Dynamo::new(location).await;
            match store.check().await {
                Ok(()) => {}
                // It may come back, and until then the relay is told to come again.
                Err(error @ StoreError::Unavailable(_)) => tracing::warn!(%error, "starting without the store"),
                Err(error) => return Err(error.into()),
            }
            Ok((Arc::new(store.clone()), Arc::new(store.changes())))
        }
    }
}

async fn open_spool(config: &Config) -> anyhow::Result<Spool> {
    let (path, limits) = (config.data.join("spool.db"), config.spool);
    let spool = tokio::task::spawn_blocking(move || Spool::open(&path, limits)).await??;
    let waiting = spool.level().results;
    if waiting > 0 {
        tracing::info!(waiting, "results wait in the spool");
    }
    Ok(spool)
}

fn replicator(changes: Arc<dyn Changes>, server: Server, dead_letters: Arc<DeadLetters>) -> Replicator {
    Replicator {
        changes,
        server,
        dead_letters,
    }
}

/// The ClickHouse engine in this process, when it is configured. It is closed last: the replicator needs it until then.
async fn start_engine(config: &Config) -> anyhow::Result<Option<Embedded>> {
    let ClickHouse::Embedded { listen, libchdb, .. } = &config.clickhouse else {
        return Ok(None);
    };
    let engine = Embedded::start(&config.data.join("clickhouse"), *listen, libchdb.as_deref()).await?;
    tracing::info!(url = engine.url(), "the embedded ClickHouse listens");
    Ok(Some(engine))
}

/// Where rows go: the configured server, or the engine in this process.
fn replica(config: &Config, engine: Option<&Embedded>) -> Server {
    match (&config.clickhouse, engine) {
        (ClickHouse::Embedded { database, table, .. }, Some(engine)) => Server {
            url: engine.url().to_owned(),
            user: None,
            password: None,
            database: database.clone(),
            table: table.clone(),
        },
        (ClickHouse::Server(server), _) => server.clone(),
        (ClickHouse::Embedded { .. }, None) => unreachable!("the embedded engine is started when it is configured"),
    }
}

/// The embedded engine is migrated on start. A server's schema is only checked: changing it is an operator's decision.
async fn prepare_schema(replica: &Server, embedded: bool) -> anyhow::Result<()> {
    if embedded {
        for name in migrate::migrate(replica).await? {
            tracing::info!(name, "applied to the embedded ClickHouse");
        }
        migrate::fsync_inserts(replica).await?;
        return Ok(());
    }
    match migrate::check(replica).await {
        Err(MigrateError::ClickHouse(error)) if is_unreachable(&error) => {
            tracing::warn!(%error, "starting without ClickHouse; results wait in the store");
            Ok(())
        }
        checked => Ok(checked?),
    }
}
