//! A ClickHouse to test against: a database of the server in `OOT_TEST_CLICKHOUSE_URL`, else an embedded one in a process of its own; for
//! as long as it is held.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use oot_ingest::clickhouse::Server;

/// Results have a table in it, which is not made yet. Dropping it leaves nothing behind.
pub(crate) struct ClickHouse {
    url: String,
    database: String,
    process: Option<Process>,
}

struct Process {
    child: Child,
    _directory: tempfile::TempDir,
}

impl ClickHouse {
    /// Starts it with nothing in it.
    pub(crate) async fn start() -> Self {
        let Ok(url) = std::env::var("OOT_TEST_CLICKHOUSE_URL") else {
            return Self::embedded();
        };
        provide_tls();
        let server = Self {
            url,
            database: format!("oot_test_{:016x}", rand::random::<u64>()),
            process: None,
        };
        server.run("CREATE DATABASE").await;
        server
    }

    /// Starts an embedded one in any case: it can be ended.
    pub(crate) fn embedded() -> Self {
        provide_tls();
        let directory = tempfile::tempdir().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_oot-ingest"))
            .args([
                "--log-level",
                "error",
                "clickhouse",
                "--listen",
                "127.0.0.1:0",
                "--data",
            ])
            .arg(directory.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().strip_prefix("listening on ");
        Self {
            url: url
                .unwrap_or_else(|| panic!("it doesn't listen; `make test` fetches libchdb"))
                .to_owned(),
            database: "default".to_owned(),
            process: Some(Process {
                child,
                _directory: directory,
            }),
        }
    }

    /// Its table of results.
    pub(crate) fn server(&self) -> Server {
        Server::plain(&self.url, &self.database, "oot_workflow_job")
    }

    /// Does something to its database.
    async fn run(&self, what: &str) {
        let client = self.server().client().with_database("default");
        let sql = format!("{what} {}", self.database);
        client.query_raw(&sql).execute().await.unwrap();
    }
}

impl Drop for ClickHouse {
    fn drop(&mut self) {
        match &mut self.process {
            Some(process) => {
                let _ = process.child.kill();
                let _ = process.child.wait();
            }
            // On a thread of its own: this one runs the test's tasks.
            None => std::thread::scope(|scope| {
                let dropped = || {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    runtime.block_on(self.run("DROP DATABASE"));
                };
                let _ = scope.spawn(dropped).join();
            }),
        }
    }
}

/// The client of these tests wants a TLS provider even for plain HTTP.
fn provide_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}
