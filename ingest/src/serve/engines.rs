//! The engines of a configuration: record store, spool and ClickHouse, opened and made ready.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::chdb::{Embedded, EngineError};
use crate::clickhouse::{Server, describe, is_unreachable, masked};
use crate::config::{ClickHouse, Config, Store as StoreConfig};
use crate::migrate::{self, MigrateError};
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
            let path = url_path(config);
            let url = std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display()))?;
            Ok((embedded_server(config, url.trim()), None))
        }
        Err(error) => Err(error),
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

/// The embedded engine is migrated on start. A server's schema is only checked: changing it is an operator's decision.
pub(super) async fn prepare_schema(replica: &Server, embedded: bool) -> anyhow::Result<()> {
    if embedded {
        return prepare_embedded(replica).await;
    }
    // Results come in whatever ClickHouse does: the start doesn't wait for one that hangs.
    match tokio::time::timeout(CHECKED_WITHIN, migrate::check(replica)).await {
        Ok(Err(MigrateError::ClickHouse(error))) if is_unreachable(&error) => {
            let error = describe(&error);
            tracing::warn!(error, "starting without ClickHouse; results wait in the store");
            Ok(())
        }
        Ok(checked) => checked.with_context(|| format!("at {}", masked(&replica.url))),
        Err(_) => {
            tracing::warn!("ClickHouse doesn't answer; starting without it, results wait in the store");
            Ok(())
        }
    }
}

/// The same for a command, which can't do without.
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

async fn prepare_embedded(replica: &Server) -> anyhow::Result<()> {
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
