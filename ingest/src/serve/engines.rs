//! The engines of a configuration: record store, spool and ClickHouse, opened and made ready.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::chdb::{Embedded, EngineError};
use crate::clickhouse::{Server, masked};
use crate::config::{ClickHouse, Config, Store as StoreConfig};
use crate::migrate;
use crate::store::dynamodb::Dynamo;
use crate::store::spool::Spool;
use crate::store::sqlite::Sqlite;
use crate::store::{Changes, Leases, Store, StoreError};

/// A server's schema must have been seen by then.
const CHECKED_WITHIN: Duration = Duration::from_secs(5);

/// The record store, from all its sides.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) changes: Arc<dyn Changes>,
    pub(super) leases: Arc<dyn Leases>,
}

/// The store of a daemon. One that is away may come back, and until then results wait in the spool.
pub(super) async fn open_store(config: &Config) -> anyhow::Result<Opened> {
    open(config, |error| {
        tracing::warn!(%error, "starting without the store");
        Ok(())
    })
    .await
}

/// A command looks at what is there: making a store would hide that it was sought in the wrong place.
pub(super) fn expect_store(config: &Config) -> anyhow::Result<()> {
    let path = config.data.join("store.db");
    if config.store == StoreConfig::Embedded && !path.exists() {
        anyhow::bail!(
            "there is no store in {}; --data names the directory that `serve` was given",
            config.data.display()
        );
    }
    Ok(())
}

/// The store for a command, which can't do without.
pub(super) async fn store_for_command(config: &Config) -> anyhow::Result<Opened> {
    expect_store(config)?;
    open(config, Err).await
}

async fn open(config: &Config, away: impl Fn(StoreError) -> Result<(), StoreError>) -> anyhow::Result<Opened> {
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
                Err(error @ StoreError::Unavailable(_)) => away(error)?,
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

pub(super) async fn open_spool(config: &Config) -> anyhow::Result<Spool> {
    let (path, limits) = (config.data.join("spool.db"), config.spool);
    let spool = tokio::task::spawn_blocking(move || Spool::open(&path, limits)).await??;
    let waiting = spool.level().results;
    if waiting > 0 {
        tracing::info!(waiting, "results wait in the spool");
    }
    Ok(spool)
}

/// The ClickHouse engine in this process, when it is configured. It is closed last: the replicator needs it until then.
pub(super) async fn start_engine(config: &Config) -> anyhow::Result<Option<Embedded>> {
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
pub(super) async fn replica_for_command(config: &Config) -> anyhow::Result<(Server, Option<Embedded>)> {
    let ClickHouse::Embedded { libchdb, .. } = &config.clickhouse else {
        return Ok((replica(config, None), None));
    };
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    match Embedded::start(&config.data.join("clickhouse"), any_port, libchdb.as_deref()).await {
        Ok(engine) => Ok((replica(config, Some(&engine)), Some(engine))),
        Err(error) if matches!(error.downcast_ref(), Some(EngineError::InUse { .. })) => {
            let server = std::fs::read_to_string(url_path(config)).map(|url| embedded_server(config, url.trim()));
            match server {
                Ok(server) if is_of(&server, &config.data.join("clickhouse")).await => Ok((server, None)),
                _ => Err(error
                    .context("a command goes through the daemon that has the embedded ClickHouse, and here is none")),
            }
        }
        Err(error) => Err(error),
    }
}

/// Whether the engine at an address has this directory: another may have taken a port that was let go.
async fn is_of(server: &Server, directory: &Path) -> bool {
    let client = server.client().with_database("default");
    let path = client.query_raw(include_str!("path.sql")).fetch_one::<String>();
    match tokio::time::timeout(CHECKED_WITHIN, path).await {
        Ok(Ok(path)) => Path::new(&path).canonicalize().ok() == directory.canonicalize().ok(),
        _ => false,
    }
}

/// Where rows go: the configured server, or the engine in this process.
pub(super) fn replica(config: &Config, engine: Option<&Embedded>) -> Server {
    match (&config.clickhouse, engine) {
        (ClickHouse::Server(server), _) => server.clone(),
        (ClickHouse::Embedded { .. }, Some(engine)) => embedded_server(config, engine.url()),
        (ClickHouse::Embedded { .. }, None) => unreachable!("the embedded engine is started when it is configured"),
    }
}

pub(super) fn embedded_server(config: &Config, url: &str) -> Server {
    let (database, table) = config.clickhouse.table();
    Server {
        retention_days: config.retention_days,
        ..Server::plain(url, database, table)
    }
}

/// The schema for a command, which can't do without. A server's is only checked: changing it is an operator's decision.
pub(super) async fn schema_for_command(replica: &Server, embedded: bool) -> anyhow::Result<()> {
    if embedded {
        return prepare_embedded(replica).await;
    }
    let url = || masked(&replica.url);
    tokio::time::timeout(CHECKED_WITHIN, migrate::check(replica))
        .await
        .with_context(|| format!("ClickHouse at {} does not answer", url()))?
        .with_context(|| format!("at {}", url()))
}

/// The embedded engine is migrated at each start.
pub(super) async fn prepare_embedded(replica: &Server) -> anyhow::Result<()> {
    for name in migrate::migrate(replica).await? {
        tracing::info!(name, "applied to the embedded ClickHouse");
    }
    migrate::retention::apply(replica).await?;
    migrate::fsync_inserts(replica).await?;
    Ok(())
}

pub(super) fn prepare_data_directory(data: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("can't make the data directory {}", data.display()))
}
