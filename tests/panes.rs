//! The health line in many panes: one answer for all of them, and none of them waits long. Scripts wait.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

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

    /// So many at once.
    fn panes(&self, panes: usize, arguments: &[&str]) -> Vec<Printed> {
        std::thread::scope(|scope| {
            let panes: Vec<_> = (0..panes).map(|_| scope.spawn(|| self.status(arguments))).collect();
            panes.into_iter().map(|pane| pane.join().unwrap()).collect()
        })
    }

    /// What is kept (`json`), or whose turn it is to ask (`lock`).
    fn file(&self, extension: &str) -> PathBuf {
        let entries = fs::read_dir(self.cache().join("oot-hud")).unwrap();
        let mut paths = entries.map(|entry| entry.unwrap().path());
        paths
            .find(|path| path.extension().is_some_and(|it| it == extension))
            .unwrap()
    }

    /// The answer that is kept is of a minute before.
    fn let_a_minute_pass(&self) {
        let path = self.file("json");
        let mut file: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let asked_at = file["kept"]["asked_at"].as_i64().unwrap();
        file["kept"]["asked_at"] = (asked_at - 60_000_000_000).into();
        fs::write(&path, file.to_string()).unwrap();
    }

    /// What somebody holds who never asks: stopped, or none of us.
    fn somebody_is_stuck(&self) -> File {
        let file = OpenOptions::new().write(true).open(self.file("lock")).unwrap();
        file.lock().unwrap();
        file
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
    for printed in &server.panes(20, &[]) {
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
    let arguments = ["--refresh", "1", "--format", "tmux"];
    assert_eq!(server.status(&arguments).code, Some(0));
    server.insert("failure");
    server.front.set(Fault::Hangs);
    let stale = eventually("an answer that is too old to be everybody's", || {
        let printed = server.status(&arguments);
        printed.stdout.contains(" old)").then_some(printed)
    });
    assert_eq!(stale.code, Some(0), "{stale:?}");
    assert!(stale.stdout.contains("oot O#[default] 100.0%"), "{stale:?}");
    server.front.set(Fault::None);
    eventually("the answer of now", || {
        let printed = server.status(&arguments);
        (printed.code == Some(1) && printed.stdout.contains("oot X 1 red")).then_some(())
    });
}

/// From cron, each answer is too old for the next.
#[test]
fn a_script_waits_for_the_answer_of_now() {
    let server = Server::start();
    server.insert("success");
    assert_eq!(server.status(&[]).code, Some(0));
    server.front.set(Fault::Slow);
    for (minutes, format) in [(1, "plain"), (10, "plain"), (10, "json")] {
        (0..minutes).for_each(|_| server.let_a_minute_pass());
        let printed = server.status(&["--format", format]);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert!(
            printed.stdout.contains("healthy") && !printed.stdout.contains(" old"),
            "{printed:?}"
        );
    }
}

/// Longer than any of them waits; and how the table is laid out is known from before.
#[test]
fn twenty_panes_ask_a_slow_server_once() {
    let server = Server::start();
    server.insert("success");
    assert_eq!(server.status(&[]).code, Some(0));
    let before = server.front.calls();
    server.let_a_minute_pass();
    server.insert("failure");
    server.front.set(Fault::Slow);
    for printed in server.panes(20, &["--format", "tmux"]) {
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert!(
            printed.stdout.contains("100.0%") && printed.stdout.contains(" old)"),
            "{printed:?}"
        );
    }
    eventually("the answer of now", || {
        let printed = server.status(&[]);
        (printed.code == Some(1) && printed.stdout.contains("a/b passes 50.0%")).then_some(())
    });
    assert_eq!(server.front.calls(), before + 2);
}

/// `Ctrl-Z` in the wrong moment is enough.
#[test]
fn nobody_waits_for_ever_for_somebody_else_to_ask() {
    let server = Server::start();
    server.insert("success");
    assert_eq!(server.status(&[]).code, Some(0));
    let stuck = server.somebody_is_stuck();
    let says_a_line = |printed: &Printed| {
        assert_eq!(
            (printed.code, printed.stdout.lines().count()),
            (Some(0), 1),
            "{printed:?}"
        );
    };
    let pane = ["--format", "tmux"];
    // Who wants the answer of now,
    server.let_a_minute_pass();
    says_a_line(&server.status(&["--format", "json"]));
    // who has no older one,
    fs::remove_file(server.file("json")).unwrap();
    says_a_line(&server.status(&[]));
    // and who has: nobody asks for so long, and so it is somebody else's turn.
    server.let_a_minute_pass();
    server.insert("failure");
    stuck.set_modified(UNIX_EPOCH).unwrap();
    eventually("the answer of now", || {
        (server.status(&pane).code == Some(1)).then_some(())
    });
}

/// As one of another machine does.
#[test]
fn nobody_waits_for_a_disk_that_hangs() {
    let server = Server::start();
    server.insert("success");
    assert_eq!(server.status(&[]).code, Some(0));
    let lock = server.file("lock");
    fs::remove_file(&lock).unwrap();
    // Nobody reads from it, and so it can't be opened to be written to.
    let made = std::process::Command::new("mkfifo").arg(&lock).status();
    assert!(made.unwrap().success());
    server.let_a_minute_pass();
    server.insert("failure");
    let last = server.status(&["--format", "tmux"]);
    assert!(last.code == Some(0) && last.stdout.contains(" old)"), "{last:?}");
    // Who wants the answer of now, and who has no older one, asks without a turn.
    assert_eq!(server.status(&["--format", "json"]).code, Some(1));
    fs::remove_file(server.file("json")).unwrap();
    assert_eq!(server.status(&[]).code, Some(1));
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
