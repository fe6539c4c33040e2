//! The commands that run engines: they open them, start endpoint and replicator, and end all of it in order.

mod reload;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::backfill::verify::Verify;
use crate::backfill::{self, Backfill};
use crate::chdb::{Embedded, EngineError};
use crate::clickhouse::{Server, is_unreachable};
use crate::config::{ClickHouse, Config, Store as StoreConfig};
use crate::dead_letters::{self, DeadLetters};
use crate::http::auth::{TokenError, TokenKeeper, Tokens};
use crate::http::rate::RateGuard;
use crate::http::tls::TlsKeeper;
use crate::http::{Endpoint, router, server};
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::migrate::{self, MigrateError};
use crate::replicate::owner::Owner;
use crate::replicate::progress::Progress;
use crate::replicate::sink::Sink;
use crate::replicate::{LEASE_TIME, Replicator};
use crate::store::dynamodb::Dynamo;
use crate::store::spool::Spool;
use crate::store::sqlite::Sqlite;
use crate::store::{Changes, Leases, Store, StoreError};
use crate::timestamp::Timestamp;

/// A stream that is followed is behind by less.
const VERIFY_PATIENCE: Duration = Duration::from_secs(2);
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

/// Runs `backfill`; gives whether all is well.
///
/// # Errors
/// Those of [`backfill::command`], and when the engines can't be reached.
pub async fn backfill(
    config: &Config,
    options: &backfill::command::Options,
    stop: CancellationToken,
) -> anyhow::Result<bool> {
    let opened = open_store(config).await?;
    let (replica, engine) = replica_for_command(config).await?;
    let told = Told::new(config, &replica);
    migrate::check(&replica).await?;
    let destination = migrate::destination(&replica).await?;
    let sink = Sink::new(&replica, told.dead_letters, told.metrics, destination.clone());
    let out = &mut std::io::stdout();
    let well = if options.verify || options.repair {
        let verify = Verify {
            changes: opened.changes,
            server: replica,
            since: Timestamp::from_millis(0).expect("1970 is within the range"),
            patience: VERIFY_PATIENCE,
        };
        backfill::command::verify(&verify, options.repair.then_some(&sink), out).await
    } else {
        let backfill = Backfill {
            changes: opened.changes,
            leases: opened.leases,
            sink: Arc::new(sink),
            destination,
            rate: options.rate,
            done: Arc::default(),
        };
        backfill::command::copy(backfill, &stop, out).await.map(|()| true)
    };
    if let Some(engine) = engine {
        engine.close().await;
    }
    well
}

/// Runs `dead-letter`.
///
/// # Errors
/// Those of [`dead_letters::command::run`], and when the engines can't be reached.
pub async fn dead_letter(config: &Config, action: &dead_letters::command::Action) -> anyhow::Result<()> {
    let opened = open_store(config).await?;
    let (replica, engine) = replica_for_command(config).await?;
    let letters = DeadLetters::new(&config.data, Some(&replica));
    let done = dead_letters::command::run(action, &letters, &*opened.store, &replica, &mut std::io::stdout()).await;
    if let Some(engine) = engine {
        engine.close().await;
    }
    done
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

/// The record store, from all its sides.
struct Opened {
    store: Arc<dyn Store>,
    changes: Arc<dyn Changes>,
    leases: Arc<dyn Leases>,
}

async fn open_store(config: &Config) -> anyhow::Result<Opened> {
    match &config.store {
        StoreConfig::Embedded => {
            let path = config.data.join("store.db");
            let store = Arc::new(tokio::task::spawn_blocking(move || Sqlite::open(&path)).await??);
            Ok(Opened {
                store: store.clone(),
                changes: store.clone(),
                leases: store,
            })
        }
        StoreConfig::Dynamodb(location) => {
            let store = Dynamo::new(location).await;
            match store.check().await {
                Ok(()) => {}
                // It may come back, and until then results wait in the spool.
                Err(error @ StoreError::Unavailable(_)) => tracing::warn!(%error, "starting without the store"),
                Err(error) => return Err(error.into()),
            }
            Ok(Opened {
                changes: Arc::new(store.changes()),
                leases: Arc::new(store.leases()),
                store: Arc::new(store),
            })
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

/// The ClickHouse engine in this process, when it is configured. It is closed last: the replicator needs it until then.
async fn start_engine(config: &Config) -> anyhow::Result<Option<Embedded>> {
    let ClickHouse::Embedded { listen, libchdb, .. } = &config.clickhouse else {
        return Ok(None);
    };
    let engine = Embedded::start(&config.data.join("clickhouse"), *listen, libchdb.as_deref()).await?;
    tracing::info!(url = engine.url(), "the embedded ClickHouse listens");
    // For commands that come while the engine is this process's.
    let url = url_path(config);
    std::fs::write(&url, engine.url()).with_context(|| format!("can't write {}", url.display()))?;
    Ok(Some(engine))
}

/// Where the embedded ClickHouse of a data directory says its address.
fn url_path(config: &Config) -> PathBuf {
    config.data.join("clickhouse.url")
}

/// The replica for a command that may come while a daemon runs: then the engine is the daemon's, and is reached where that listens.
async fn replica_for_command(config: &Config) -> anyhow::Result<(Server, Option<Embedded>)> {
    let ClickHouse::Embedded { libchdb, .. } = &config.clickhouse else {
        return Ok((replica(config, None), None));
    };
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    match Embedded::start(&config.data.join("clickhouse"), any_port, libchdb.as_deref()).await {
        Ok(engine) => Ok((replica(config, Some(&engine)), Some(engine))),
        Err(error) if matches!(error.downcast_ref(), Some(EngineError::InUse { .. })) => {
            let path = url_path(config);
            let url = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
            Ok((embedded_server(config, url.trim()), None))
        }
        Err(error) => Err(error),
    }
}

/// Where rows go: the configured server, or the engine in this process.
fn replica(config: &Config, engine: Option<&Embedded>) -> Server {
    match (&config.clickhouse, engine) {
        (ClickHouse::Server(server), _) => server.clone(),
        (ClickHouse::Embedded { .. }, Some(engine)) => embedded_server(config, engine.url()),
        (ClickHouse::Embedded { .. }, None) => unreachable!("the embedded engine is started when it is configured"),
    }
}

fn embedded_server(config: &Config, url: &str) -> Server {
    let (database, table) = config.clickhouse.table();
    Server {
        url: url.to_owned(),
        user: None,
        password: None,
        database: database.to_owned(),
        table: table.to_owned(),
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
