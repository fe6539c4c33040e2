//! The health line in many panes: one answer for all of them, and none of them waits long.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use oot_tests::{ClickHouse, Fault, Faulty, Printed, eventually, hud_with_cache, ingest};

/// A ClickHouse with the tables, and what counts the calls in front of it.
struct Server {
    front: Faulty,
    clickhouse: ClickHouse,
    data: tempfile::TempDir,
}

impl Server {
    fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let clickhouse = ClickHouse::start(&data.path().join("server"));
        let printed = ingest(&[
            "migrate",
            "--data",
            data.path().join("ingest").to_str().unwrap(),
            "--clickhouse",
            &clickhouse.url,
        ]);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        Self {
            front: Faulty::before(&clickhouse.url),
            clickhouse,
            data,
        }
    }

    fn cache(&self) -> &Path {
        self.data.path()
    }

    fn status(&self, arguments: &[&str]) -> Printed {
        hud_with_cache(self.cache(), &self.front.url, &[&["status"], arguments].concat())
    }

    fn insert(&self, conclusion: &str) {
        self.clickhouse.run(&format!(
            "INSERT INTO oot_workflow_job (dynamoKey, status, conclusion, downstream_repo, pr_number, pytorch_head_sha, workflow_name,
             job_name, started_at, completed_at, created_at, _version) SELECT '{conclusion}', 'completed', '{conclusion}', 'a/b', 7,
             repeat('a', 40), 'w', '{conclusion}', now() - 60, now() - 30, now(), 1"
        ));
    }
}

#[test]
fn twenty_panes_ask_once() {
    let server = Server::start();
    server.insert("success");
    let printed = std::thread::scope(|scope| {
        let panes: Vec<_> = (0..20).map(|_| scope.spawn(|| server.status(&[]))).collect();
        let printed: Vec<_> = panes.into_iter().map(|pane| pane.join().unwrap()).collect();
        printed
    });
    for printed in &printed {
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert!(printed.stdout.starts_with("oot healthy · 100.0%"), "{printed:?}");
    }
    // One pane's: which layout it is, the summary, and the relay's health.
    assert_eq!(server.front.calls(), 3);
    // Another user's answer, or that of another table, is another.
    server.status(&["--table", "default.other"]);
    assert!(server.front.calls() > 3);
}

#[test]
fn a_pane_does_not_wait_for_a_server_that_hangs() {
    let server = Server::start();
    server.insert("success");
    // Each answer is too old at once, or nearly so.
    let arguments = ["--refresh", "1"];
    assert_eq!(server.status(&arguments).code, Some(0));
    server.insert("failure");
    server.front.set(Fault::Hangs);
    let stale = eventually("an answer that is too old to be everybody's", || {
        let printed = server.status(&arguments);
        printed.stdout.contains(" old)").then_some(printed)
    });
    assert_eq!(stale.code, Some(0), "{stale:?}");
    assert!(stale.stdout.starts_with("oot healthy · 100.0%"), "{stale:?}");
    server.front.set(Fault::None);
    eventually("the answer of now", || {
        let printed = server.status(&arguments);
        (printed.code == Some(1) && printed.stdout.contains("a/b passes 50.0%")).then_some(())
    });
}

#[test]
fn a_watch_says_a_line_at_each_interval_until_nobody_reads() {
    use std::io::{BufRead as _, BufReader};
    let server = Server::start();
    server.insert("success");
    let mut watch = std::process::Command::new(oot_tests::program("oot-hud"))
        .args(["--clickhouse", &server.front.url, "status", "--watch", "--refresh", "1"])
        .env("XDG_CACHE_HOME", server.cache())
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("oot healthy"));
    server.insert("failure");
    let changed = lines.any(|line| line.unwrap().starts_with("oot degraded"));
    assert!(changed);
    drop(lines);
    assert!(watch.wait().unwrap().success());
}
