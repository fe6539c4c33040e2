//! A year of results in a ClickHouse, in our layout and in the reference layout.

use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

use oot_tests::{ClickHouse, eventually_within, make_tables};
use serde_json::{Value, json};

/// Ours, as the tests call it.
pub(crate) const OWN: &str = "oot_workflow_job";
pub(crate) const REFERENCE: &str = "bench_reference";

const JOBS: &str = include_str!("jobs.sql");
const RECORDS: &str = include_str!("records.sql");
const REFERENCE_TABLE: &str = include_str!("reference.sql");

/// What both layouts have.
const COLUMNS: &str = "dynamoKey, status, downstream_repo, upstream_repo, pr_number, pytorch_head_sha, delivery_id, workflow_run_url, \
    workflow_name, job_name, check_run_id, run_id, run_attempt, conclusion, event_type, downstream_repo_level, queue_time, execution_time, \
    started_at, completed_at, total_tests, passed_tests, failed_tests, skipped_tests, failed_tests_json, artifact_url, environment";
/// Records of one insert, of what is older.
const AT_ONCE: u64 = 250_000;
/// The last days come as they are replicated: hour by hour, what is said when jobs start, and an hour later what is said when they end.
/// ClickHouse merges it as it likes.
const DAYS_BY_HOUR: u64 = 10;
const DAY: u64 = 86_400;

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// But for second attempts, which are a thirtieth more.
    pub(crate) records: u64,
    pub(crate) days: u64,
    /// The reference layout, too.
    pub(crate) with_reference: bool,
}

/// A ClickHouse with results up to a moment.
pub(crate) struct World {
    pub(crate) clickhouse: ClickHouse,
    /// Milliseconds since 1970.
    pub(crate) now: i64,
    pub(crate) size: Size,
    /// Results that came since.
    added: Cell<u64>,
}

impl World {
    /// Fills the tables, and waits until ClickHouse has nothing to merge.
    pub(crate) fn new(directory: &Path, size: Size, now: i64) -> Self {
        let clickhouse = ClickHouse::start(directory);
        make_tables(&clickhouse);
        // When a row was put in can be said: else all of them would just have come.
        clickhouse.run(&format!(
            "ALTER TABLE {OWN} MODIFY COLUMN _inserted_at DateTime('UTC') DEFAULT now('UTC')"
        ));
        clickhouse.run(REFERENCE_TABLE);
        clickhouse.run(JOBS);
        let world = Self {
            clickhouse,
            now,
            size,
            added: Cell::default(),
        };
        world.fill();
        world.settle();
        world
    }

    fn fill(&self) {
        let number = |sql: &str| -> u64 { self.clickhouse.run(sql).parse().unwrap() };
        let jobs = number("SELECT count() FROM bench_jobs");
        let rounds = self.size.records as f64 / jobs as f64;
        let round_seconds = (self.size.days * DAY) as f64 / rounds;
        let insert = |table: &str, from: u64, to: u64, completed: bool| {
            let columns = match table {
                OWN => format!("{COLUMNS}, _inserted_at, created_at, _version"),
                _ => format!("{COLUMNS}, _inserted_at"),
            };
            let sql = RECORDS
                .replace("{table}", table)
                .replace("{columns}", &columns)
                .replace("{from}", &from.to_string())
                .replace("{to}", &to.to_string())
                .replace("{jobs}", &jobs.to_string())
                .replace("{now}", &(self.now / 1000).to_string())
                .replace("{round_seconds}", &round_seconds.to_string())
                .replace("{completed}", if completed { "1" } else { "0" });
            self.clickhouse.run(&sql);
        };
        let an_hour = (3_600.0 / round_seconds * jobs as f64).ceil() as u64;
        let by_hour = (24 * DAYS_BY_HOUR * an_hour).min(self.size.records);
        let both = |from: u64, to: u64, completed: bool| {
            for table in self.tables() {
                insert(table, from, to, completed);
            }
        };
        let mut to = self.size.records;
        while to > by_hour {
            let from = to.saturating_sub(AT_ONCE).max(by_hour);
            both(from, to, true);
            to = from;
        }
        while to > 0 {
            let from = to.saturating_sub(an_hour);
            both(from, to, false);
            both(to, (to + an_hour).min(by_hour), true);
            to = from;
        }
        both(0, an_hour.min(by_hour), true);
    }

    /// One more result of a backend, of a pull request or of the newest one there is.
    pub(crate) fn add(&self, table: &str, repo: &str, pr: u64) {
        let added = self.added.get() + 1;
        self.added.set(added);
        let ended = self.now / 1_000;
        let started = ended - 600;
        let (columns, created) = match table {
            OWN => (
                format!("{COLUMNS}, created_at, _version"),
                format!(", toDateTime64({started}, 3, 'UTC') AS created_at"),
            ),
            _ => (COLUMNS.to_owned(), String::new()),
        };
        let of = match pr {
            0 => "pr_number > 0".to_owned(),
            _ => format!("pr_number = {pr}"),
        };
        self.clickhouse.run(&format!(
            "INSERT INTO {table} ({columns}) SELECT {columns} FROM (SELECT * REPLACE (concat(dynamoKey, '-{added}') AS dynamoKey, \
             toDateTime64({started}, 9, 'UTC') AS started_at, toDateTime64({ended}, 9, 'UTC') AS completed_at{created}) \
             FROM {table} WHERE downstream_repo = '{repo}' AND {of} ORDER BY pr_number DESC LIMIT 1)"
        ));
    }

    fn tables(&self) -> impl Iterator<Item = &'static str> {
        [OWN, REFERENCE]
            .into_iter()
            .take(if self.size.with_reference { 2 } else { 1 })
    }

    /// Until no part has come or gone for a while.
    fn settle(&self) {
        let mut last = String::new();
        eventually_within(Duration::from_secs(900), "merges end", || {
            let now = self.clickhouse.run("SELECT (SELECT count() FROM system.merges), (SELECT groupArray(name) FROM (SELECT name FROM system.parts WHERE active ORDER BY name))");
            let is_quiet = now.starts_with("0\t") && now == last;
            last = now;
            std::thread::park_timeout(Duration::from_secs(2));
            is_quiet.then_some(())
        });
    }

    /// What the tables hold, as ClickHouse tells it.
    pub(crate) fn told(&self) -> Value {
        let of = |table: &str| {
            let sql = format!(
                "SELECT sum(rows), count(), sum(bytes_on_disk) FROM system.parts WHERE active AND table = '{table}'"
            );
            let told = self.clickhouse.run(&sql);
            let figures: Vec<u64> = told.split('\t').map(|figure| figure.parse().unwrap()).collect();
            json!({ "rows": figures[0], "parts": figures[1], "bytes_on_disk": figures[2] })
        };
        json!({
            "records": self.size.records,
            "days": self.size.days,
            "own": of(OWN),
            "reference": self.size.with_reference.then(|| of(REFERENCE)),
        })
    }
}
