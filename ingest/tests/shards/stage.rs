//! Replicators over a script, and what is seen of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use oot_ingest::clickhouse::Server;
use oot_ingest::metrics::Metrics;
use oot_ingest::migrate;
use oot_ingest::observe::Told;
use oot_ingest::replicate::Replicator;
use oot_ingest::replicate::owner::Owner;
use oot_ingest::store::sqlite::Sqlite;
use oot_ingest::store::{Checkpoint, Leases};
use oot_ingest::timestamp::Timestamp;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::LEASE_TIME;
use crate::awaited::eventually;
use crate::clickhouse::ClickHouse;
use crate::script::Script;

/// A script, leases, and a ClickHouse of its own.
pub(crate) struct Stage {
    pub(crate) script: Arc<Script>,
    pub(crate) leases: Arc<Sqlite>,
    pub(crate) server: Server,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) clickhouse: Option<ClickHouse>,
}

/// A replicator that runs.
pub(crate) struct Running {
    pub(crate) told: Told,
    pub(crate) stop: CancellationToken,
    pub(crate) task: JoinHandle<anyhow::Result<()>>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Running {
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

impl Stage {
    pub(crate) async fn set() -> Self {
        Self::set_over(ClickHouse::start().await).await
    }

    pub(crate) async fn set_over(clickhouse: ClickHouse) -> Self {
        let server = clickhouse.server();
        migrate::migrate(&server).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        Self {
            script: Arc::default(),
            leases: Arc::new(Sqlite::open(&dir.path().join("leases.db")).unwrap()),
            server,
            dir,
            clickhouse: Some(clickhouse),
        }
    }

    pub(crate) fn start(&self, name: &str) -> Running {
        self.start_over(name, self.leases.clone())
    }

    pub(crate) fn start_over(&self, name: &str, leases: Arc<dyn Leases>) -> Running {
        let file = |name: &str| -> Box<Path> { self.dir.path().join(name).into() };
        let told = Told::new(self.dir.path(), Some(&self.server));
        let metrics = told.metrics.clone();
        let replicator = Replicator {
            changes: self.script.clone(),
            leases,
            owner: Owner::claim(&file(name)).unwrap(),
            lease_time: LEASE_TIME,
            server: self.server.clone(),
            confirms: false,
            told: told.clone(),
        };
        let stop = CancellationToken::new();
        let task = tokio::spawn({
            let stop = stop.clone();
            async move { replicator.run(stop).await }
        });
        Running {
            told,
            stop,
            task,
            metrics,
        }
    }

    pub(crate) async fn rows(&self) -> u64 {
        let sql = format!("SELECT count() FROM {} FINAL", self.server.table);
        self.server.client().query(&sql).fetch_one().await.unwrap()
    }

    pub(crate) async fn has_rows(&self, expected: u64) {
        let rows = async || self.rows().await;
        eventually(&format!("{expected} rows"), rows, |rows| *rows == expected).await;
    }

    /// As if the last look at the stream had been so long ago.
    pub(crate) async fn looked_ago(&self, ago: Duration) {
        let destination = migrate::destination(&self.server).await.unwrap();
        let leases = self.leases.list(&destination).await.unwrap();
        let seen = leases.into_iter().find(|lease| lease.shard == "looked").unwrap();
        let at = Checkpoint::After((Timestamp::now().millis() - ago.as_millis() as i64).to_string());
        let written = self.leases.replace(&destination, &seen, None, Some(&at)).await;
        assert!(written.unwrap().is_some());
    }

    /// All tables are dropped and made again, empty.
    pub(crate) async fn make_tables_anew(&self) {
        let client = self.server.client();
        let tables = client.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY engine LIKE '%View' DESC",
        );
        for table in tables.fetch_all::<String>().await.unwrap() {
            client
                .query(&format!("DROP TABLE `{table}` SYNC"))
                .execute()
                .await
                .unwrap();
        }
        migrate::migrate(&self.server).await.unwrap();
    }

    /// Shards and scans by owner; those of nobody under "".
    pub(crate) async fn held(&self) -> BTreeMap<String, usize> {
        let destination = migrate::destination(&self.server).await.unwrap();
        let mut held = BTreeMap::new();
        for lease in self.leases.list(&destination).await.unwrap() {
            if !["stream", "looked"].contains(&lease.shard.as_str()) && lease.checkpoint != Some(Checkpoint::End) {
                *held.entry(lease.owner.unwrap_or_default()).or_default() += 1;
            }
        }
        held
    }

    /// Waits until the checkpoint of a shard stands at a position.
    pub(crate) async fn reaches(&self, shard: &str, position: u64) {
        let destination = migrate::destination(&self.server).await.unwrap();
        let expected = Some(Checkpoint::After(format!("{position:021}")));
        let checkpoint = async || {
            let leases = self.leases.list(&destination).await.unwrap();
            leases.into_iter().find(|lease| lease.shard == shard)?.checkpoint
        };
        eventually(&format!("{shard} at {position}"), checkpoint, |it| *it == expected).await;
    }

    pub(crate) async fn is_held(&self, what: &str, so: impl Fn(&BTreeMap<String, usize>) -> bool) {
        eventually(what, async || self.held().await, so).await;
    }
}
