//! A ClickHouse to test against: the embedded one, in a process of its own for as long as it is held.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use oot_ingest::clickhouse::Server;

/// A running engine; dropping it ends it.
pub(crate) struct ClickHouse {
    url: String,
    process: Child,
    _directory: tempfile::TempDir,
}

impl ClickHouse {
    /// Starts it on an empty directory.
    pub(crate) fn start() -> Self {
        // The client of these tests wants a TLS provider even for plain HTTP.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_oot-ingest"))
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
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().strip_prefix("listening on ");
        Self {
            url: url
                .unwrap_or_else(|| panic!("it doesn't listen; `make test` fetches libchdb"))
                .to_owned(),
            process,
            _directory: directory,
        }
    }

    /// Its table of results, not made yet.
    pub(crate) fn server(&self) -> Server {
        Server::plain(&self.url, "default", "oot_workflow_job")
    }
}

impl Drop for ClickHouse {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
