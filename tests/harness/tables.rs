//! The table that holds results, in both layouts.

use std::sync::LazyLock;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{ClickHouse, hud};

/// Ours, file by file.
pub const SCHEMA: [&str; 7] = [
    include_str!("../../schema/0001_oot_workflow_job.sql"),
    include_str!("../../schema/0003_oot_days.sql"),
    include_str!("../../schema/0004_oot_days_of_rows.sql"),
    include_str!("../../schema/0005_oot_workflow_job_derived.sql"),
    include_str!("../../schema/0006_oot_backends.sql"),
    include_str!("../../schema/0007_oot_backends_of_rows.sql"),
    include_str!("../../schema/0008_oot_backends_fill.sql"),
];

/// The reference layout: section 6 of the relay contract; but when a row was inserted can be said.
const HUD: &str = "CREATE TABLE crcr_workflow_job (
    dynamoKey String, status String, downstream_repo String, upstream_repo String, pr_number UInt64, pytorch_head_sha String,
    delivery_id String, workflow_run_url String, workflow_name String, conclusion String, job_name String DEFAULT '',
    check_run_id String DEFAULT '', run_id String DEFAULT '', run_attempt UInt32 DEFAULT 1, failed_tests_json String DEFAULT '',
    artifact_url String DEFAULT '', environment String DEFAULT '', downstream_repo_level String DEFAULT '',
    event_type String DEFAULT 'pull_request', queue_time Nullable(Float64), execution_time Nullable(Float64),
    started_at DateTime64(9), completed_at DateTime64(9), total_tests UInt64 DEFAULT 0, passed_tests UInt64 DEFAULT 0,
    failed_tests UInt64 DEFAULT 0, skipped_tests UInt64 DEFAULT 0, _inserted_at DateTime DEFAULT now(),
    repository_full_name String ALIAS downstream_repo)
    ENGINE = ReplacingMergeTree ORDER BY (downstream_repo, delivery_id, dynamoKey)";

/// Ours, and the reference.
pub const TABLES: [&str; 2] = ["default.oot_workflow_job", "default.crcr_workflow_job"];

/// Makes both, empty.
pub fn make_tables(clickhouse: &ClickHouse) {
    SCHEMA.iter().for_each(|statement| apply(clickhouse, statement));
    clickhouse.run(HUD);
}

/// Runs a file of the schema.
pub fn apply(clickhouse: &ClickHouse, statement: &str) {
    let named = statement
        .replace("{table:Identifier}", "oot_workflow_job")
        .replace("{days:Identifier}", "oot_workflow_job_days")
        .replace("{days_of_rows:Identifier}", "oot_workflow_job_days_of_rows")
        .replace("{backends:Identifier}", "oot_workflow_job_backends")
        .replace("{backends_of_rows:Identifier}", "oot_workflow_job_backends_of_rows");
    clickhouse.run(&named);
}

/// A ClickHouse with both tables, and a way to put the same record into each.
pub struct Both {
    pub clickhouse: ClickHouse,
    _data: tempfile::TempDir,
}

impl Both {
    #[allow(clippy::new_without_default, reason = "it starts a process")]
    pub fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let clickhouse = ClickHouse::start(data.path());
        make_tables(&clickhouse);
        Self {
            clickhouse,
            _data: data,
        }
    }

    /// Puts records in: each is told from an ordinary one, started an hour ago, by what it has of its own.
    pub fn insert(&self, records: &[Value]) {
        let mut lines = [String::new(), String::new()];
        for (number, own) in records.iter().enumerate() {
            let mut record = json!({
                "dynamoKey": format!("key-{number:04}"), "status": "completed", "conclusion": "success",
                "downstream_repo": "a/b", "upstream_repo": "pytorch/pytorch", "pr_number": 7,
                "pytorch_head_sha": "a".repeat(40), "delivery_id": "d1", "workflow_run_url": "", "workflow_name": "w",
                "job_name": "j", "downstream_repo_level": "L2", "event_type": "pull_request",
                "started_at": ago(60), "completed_at": ago(50),
            });
            record.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
            lines[1].push_str(&format!("{record}\n"));
            // It was heard of when it started; without a start, when it ended; without both, an hour ago.
            let said = |time: &str| record[time].as_str().filter(|at| !at.starts_with("1970"));
            let heard = said("started_at").or_else(|| said("completed_at")).map(str::to_owned);
            record["created_at"] = heard.unwrap_or_else(|| ago(60)).into();
            record["_version"] = 1.into();
            lines[0].push_str(&format!("{record}\n"));
        }
        for (table, lines) in TABLES.iter().zip(lines) {
            self.clickhouse.run(&format!(
                "INSERT INTO {table} SETTINGS date_time_input_format = 'best_effort' FORMAT JSONEachRow\n{lines}"
            ));
        }
    }

    /// The rows of a command, which must be the same from both tables.
    pub fn rows(&self, arguments: &[&str]) -> Vec<Value> {
        let of = |table: &str| {
            let printed = hud(
                &self.clickhouse.url,
                &[arguments, &["--table", table, "--format", "json"]].concat(),
            );
            assert_eq!(printed.code, Some(0), "{printed:?}");
            let mut rows = printed.json();
            for row in rows.as_array_mut().unwrap() {
                let row = row.as_object_mut().unwrap();
                row.remove("created_at");
                // When it was put into this table, which the backends' rows tell.
                if row.contains_key("dynamoKey") {
                    assert!(row.remove("_inserted_at").is_some_and(|at| at.is_string()));
                    assert_eq!(row["repository_full_name"], row["downstream_repo"]);
                }
            }
            rows.as_array().unwrap().clone()
        };
        let [own, reference] = TABLES.map(of);
        assert_eq!(own, reference);
        own
    }

    /// The health line: exit status and JSON.
    pub fn status(&self) -> (Option<i32>, Value) {
        let printed = hud(&self.clickhouse.url, &["status", "--format", "json"]);
        (printed.code, printed.json())
    }
}

/// So many minutes ago, as RFC 3339: counted from one moment, so that what is five minutes apart is that.
pub fn ago(minutes: i64) -> String {
    static START: LazyLock<OffsetDateTime> = LazyLock::new(|| OffsetDateTime::now_utc().replace_nanosecond(0).unwrap());
    (*START - time::Duration::minutes(minutes)).format(&Rfc3339).unwrap()
}
