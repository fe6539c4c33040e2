//! What breaks, and who posts to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use oot_tests::{ClickHouse, Daemon, Faulty, eventually_within, get, ingest, start_ingest};

use crate::RATE;
use crate::emulator::Emulator;

/// A daemon over DynamoDB and a ClickHouse server, either of which can break.
pub(crate) struct Stack {
    pub(crate) data: tempfile::TempDir,
    pub(crate) store: Faulty,
    pub(crate) clickhouse: Option<ClickHouse>,
    pub(crate) daemon: Option<Daemon>,
    pub(crate) _emulator: Emulator,
}

impl Stack {
    pub(crate) fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let emulator = Emulator::start();
        let clickhouse = ClickHouse::start(&data.path().join("server"));
        let mut stack = Self {
            store: Faulty::before(&emulator.url),
            data,
            clickhouse: Some(clickhouse),
            daemon: None,
            _emulator: emulator,
        };
        let printed = ingest(&[&["migrate"], &words(&stack.flags())[..]].concat());
        assert_eq!(printed.code, Some(0), "{printed:?}");
        stack.start_daemon();
        stack
    }

    pub(crate) fn flags(&self) -> Vec<String> {
        let data = self.data.path().join("daemon");
        let clickhouse = &self.clickhouse.as_ref().unwrap().url;
        [
            "--store",
            "dynamodb",
            "--dynamodb-url",
            &self.store.url,
            "--clickhouse",
            clickhouse,
            "--data",
            data.to_str().unwrap(),
        ]
        .map(str::to_owned)
        .into()
    }

    pub(crate) fn start_daemon(&mut self) {
        self.daemon = Some(Daemon::start_with(
            &self.data.path().join("daemon"),
            &words(&self.flags()),
        ));
    }

    pub(crate) fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    /// A relay that posts for so long, in the background.
    pub(crate) fn relay(&self, time: Duration) -> Load {
        Load::start(self.daemon(), self.data.path(), time.as_secs() * RATE, RATE)
    }

    pub(crate) fn status(&self) -> serde_json::Value {
        serde_json::from_str(&get(&format!("{}/status", self.daemon().url)).unwrap().body).unwrap()
    }

    /// Holds what is in ClickHouse against what was acknowledged, as soon as nothing is under way any more.
    pub(crate) fn settle(&self, name: &str, load: Load) -> Counts {
        let acknowledged = load.acknowledged();
        let clickhouse = self.clickhouse.as_ref().unwrap();
        let rows = || {
            let text = clickhouse.run("SELECT dynamoKey, status FROM oot_workflow_job FINAL FORMAT TSV");
            let rows: Vec<(String, String)> = text
                .lines()
                .map(|line| line.split_once('\t').unwrap())
                .map(|(key, status)| (key.to_owned(), status.to_owned()))
                .collect();
            rows
        };
        let behind = || {
            let rows: BTreeMap<String, String> = rows().into_iter().collect();
            let missing = acknowledged.iter().filter(|(key, completed)| match rows.get(*key) {
                None => true,
                Some(status) => **completed && status != "completed",
            });
            missing.count()
        };
        eventually_within(Duration::from_secs(120), "all that was acknowledged, as rows", || {
            (behind() == 0).then_some(())
        });
        eventually_within(Duration::from_secs(60), "an empty spool, and no lag", || {
            let status = self.status();
            let empty = status["intake"]["spool"]["results"] == 0;
            let lag = status["lag_seconds"].as_f64();
            // A process that only accepts knows of none.
            (empty && lag.is_none_or(|lag| lag < 1.0)).then_some(())
        });
        let rows = rows();
        let keys: BTreeSet<&String> = rows.iter().map(|(key, _)| key).collect();
        let counts = Counts {
            callbacks: load.outcomes.len(),
            acknowledged: load.outcomes.iter().filter(|it| it.acknowledged).count(),
            failed: load.outcomes.iter().filter(|it| !it.acknowledged).count(),
            spooled: self.metric("oot_spooled_total"),
            rows: rows.len(),
        };
        assert_eq!(keys.len(), rows.len(), "{name}: shown twice");
        println!("{name}: {counts:?}; acknowledged and lost 0, shown twice 0");
        counts
    }

    /// Rows in ClickHouse.
    pub(crate) fn rows(&self) -> u64 {
        let clickhouse = self.clickhouse.as_ref().unwrap();
        let rows = clickhouse.run("SELECT count() FROM oot_workflow_job FINAL");
        rows.parse().unwrap()
    }

    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = get(&format!("{}/metrics", self.daemon().url)).unwrap().body;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
        line.unwrap().parse().unwrap()
    }
}

pub(crate) fn words(flags: &[String]) -> Vec<&str> {
    flags.iter().map(String::as_str).collect()
}

/// What a scenario came to.
#[derive(Debug)]
#[allow(dead_code, reason = "the rest is printed")]
pub(crate) struct Counts {
    pub(crate) callbacks: usize,
    pub(crate) acknowledged: usize,
    pub(crate) failed: usize,
    pub(crate) spooled: u64,
    pub(crate) rows: usize,
}

/// `oot-ingest simulate`, with the relay's habits.
pub(crate) struct Load {
    pub(crate) process: Option<Child>,
    pub(crate) log: PathBuf,
    pub(crate) outcomes: Vec<Outcome>,
}

pub(crate) struct Outcome {
    pub(crate) key: String,
    pub(crate) completed: bool,
    pub(crate) acknowledged: bool,
}

impl Load {
    /// So many callbacks, so many a second.
    pub(crate) fn start(daemon: &Daemon, directory: &Path, count: u64, rate: u64) -> Self {
        let log = directory.join("relay.log");
        let token = directory.join("relay.token");
        std::fs::write(&token, daemon.token()).unwrap();
        let process = start_ingest(&[
            "simulate",
            "--url",
            &daemon.url,
            "--token-file",
            token.to_str().unwrap(),
            "--rate",
            &rate.to_string(),
            "--count",
            &count.to_string(),
            "--in-flight",
            "1000",
            "--seed",
            &rate.to_string(),
            "--log",
            log.to_str().unwrap(),
        ]);
        Self {
            process: Some(process),
            log,
            outcomes: Vec::new(),
        }
    }

    /// Stops it; gives what it posted until then.
    pub(crate) fn stop(self) -> Self {
        let id = self.process.as_ref().unwrap().id().to_string();
        assert!(std::process::Command::new("kill").arg(id).status().unwrap().success());
        self.end()
    }

    /// Waits until it has posted all.
    pub(crate) fn end(mut self) -> Self {
        let mut process = self.process.take().unwrap();
        process.wait().unwrap();
        let log = std::fs::read_to_string(&self.log).unwrap();
        self.outcomes = log
            .lines()
            .map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).unwrap();
                Outcome {
                    key: line["key"].as_str().unwrap().to_owned(),
                    completed: line["status"] == "completed",
                    acknowledged: line["outcome"] == "acknowledged",
                }
            })
            .collect();
        self
    }

    /// Keys, and whether their completion was acknowledged.
    pub(crate) fn acknowledged(&self) -> BTreeMap<String, bool> {
        let mut acknowledged = BTreeMap::new();
        for it in self.outcomes.iter().filter(|it| it.acknowledged) {
            *acknowledged.entry(it.key.clone()).or_default() |= it.completed;
        }
        acknowledged
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// `oot-ingest replicate`, beside a daemon that only stores.
pub(crate) struct Replicator(Child);

impl Replicator {
    pub(crate) fn start(stack: &Stack, name: &str) -> Self {
        let data = stack.data.path().join(name);
        let mut flags = stack.flags();
        let at = flags.iter().position(|flag| flag == "--data").unwrap() + 1;
        flags[at] = data.to_str().unwrap().to_owned();
        let command = ["--log-level", "error", "replicate", "--status-listen", "127.0.0.1:0"];
        Self(start_ingest(&[&command, &words(&flags)[..]].concat()))
    }

    pub(crate) fn signal(&self, signal: &str) {
        let id = self.0.id().to_string();
        assert!(
            std::process::Command::new("kill")
                .args([signal, &id])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Replicator {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Stack {
    /// With the daemon only storing.
    pub(crate) fn without_replicator() -> Self {
        let mut stack = Self::start();
        assert_eq!(stack.daemon.take().unwrap().stop(), Some(0));
        let flags = stack.flags();
        let flags = [&words(&flags)[..], &["--no-replicate"]].concat();
        stack.daemon = Some(Daemon::start_with(&stack.data.path().join("daemon"), &flags));
        stack
    }
}
