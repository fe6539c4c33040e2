//! The replica's schema: applies `schema/*.sql` in order, once each, and keeps a record of what was applied.
//!
//! A file that was edited after it was applied is refused: what is in the database and what the file says would differ without
//! anyone noticing. A table that was dropped is made again: that this was begun is recorded before, so that one who is cut off is known
//! not to have come to the end. `serve` and `replicate` only [`check`], but for the embedded engine.

mod gone;
mod record;
pub mod retention;

use std::time::Duration;

use clickhouse::Client;

use crate::clickhouse::{Server, code, describe, masked};
use gone::{Gone, gone};
use record::{Applied, RECORD_TABLE, checksum, is_in, times_in};

/// What is asked here are a few rows.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// One file of `schema/`.
struct Migration {
    number: u32,
    name: &'static str,
    sql: &'static str,
}

macro_rules! migrations {
    ($($number:literal = $name:literal,)+) => {
        &[$(Migration { number: $number, name: $name, sql: include_str!(concat!("../../schema/", $name)) },)+]
    };
}

const MIGRATIONS: &[Migration] = migrations! {
    1 = "0001_oot_workflow_job.sql",
    2 = "0002_oot_dead_letter.sql",
    3 = "0003_oot_days.sql",
    4 = "0004_oot_days_of_rows.sql",
    5 = "0005_oot_workflow_job_derived.sql",
    6 = "0006_oot_backends.sql",
    7 = "0007_oot_backends_of_rows.sql",
    8 = "0008_oot_backends_fill.sql",
};

/// Where it is recorded what was applied. Its `id` tells a wiped database from the one that was there before.
const RECORD: &str = include_str!("migrate/record.sql");

/// Why the schema is not ours.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    #[error("ClickHouse: {}", describe(.0))]
    ClickHouse(clickhouse::error::Error),
    #[error(
        "{table} has no schema yet, an older one, or not all of it ({missing} is missing): apply it with `oot-ingest migrate --clickhouse {url}`"
    )]
    Missing {
        url: String,
        table: String,
        missing: &'static str,
    },
    #[error("{table} is gone: make it again with `oot-ingest migrate --clickhouse {url}`{then}")]
    Gone {
        url: String,
        table: String,
        then: &'static str,
    },
    #[error("{name} was edited after it was applied to {table}: restore the file, and put the change into a new one")]
    Edited { table: String, name: &'static str },
    #[error("{table} has the migration {number} ({name}), which this program doesn't know: use a newer oot-ingest")]
    Newer { table: String, number: u32, name: String },
    #[error("{table} exists and is not ours: it has no column {column}. Name another table with clickhouse.table")]
    Foreign { table: String, column: String },
}

/// Without the error as its source: it is told in full.
impl From<clickhouse::error::Error> for MigrateError {
    fn from(error: clickhouse::error::Error) -> Self {
        Self::ClickHouse(error)
    }
}

/// Applies what is missing; returns the names of the files that were applied.
///
/// # Errors
/// [`MigrateError`]; what was applied before the error stays applied and recorded.
pub async fn migrate(server: &Server) -> Result<Vec<&'static str>, MigrateError> {
    let client = server.client();
    client.query_raw(&statement(RECORD, server)).execute().await?;
    let applied = record::applied(server, &client).await?;
    let gone = gone(server, &client, &applied).await?;
    let missing = missing(server, &applied, &gone)?;
    let again = missing
        .iter()
        .flat_map(|migration| std::iter::repeat_n(Applied::again(server, migration), times_in(&applied, migration)));
    record::put(&client, again.collect()).await?;
    let mut done = Vec::new();
    for migration in missing {
        if migration.number == 1 {
            refuse_foreign_table(server, &client).await?;
        }
        client.query_raw(&statement(migration.sql, server)).execute().await?;
        record::put(&client, vec![Applied::of(server, migration)]).await?;
        done.push(migration.name);
    }
    Ok(done)
}

/// The statements that [`migrate`] would run on an empty database, for those who run them with their own tools.
pub fn printed(server: &Server) -> String {
    let mut text = format!("{};\n", statement(RECORD, server));
    for migration in MIGRATIONS {
        let Applied {
            table,
            number,
            name,
            checksum,
        } = Applied::of(server, migration);
        text.push_str(&format!(
            "\n{};\nINSERT INTO {} (`table`, `number`, `name`, `checksum`) VALUES ('{}', {number}, '{name}', '{checksum}');\n",
            statement(migration.sql, server),
            qualified(server, RECORD_TABLE),
            table.replace('\\', "\\\\").replace('\'', "\\'"),
        ));
    }
    for sql in retention::statements(server) {
        text.push_str(&format!("\n{sql};\n"));
    }
    text
}

/// A file of the schema for this server: with its names, and on a cluster with replicated engines.
///
/// A plain server needs nothing else, and ClickHouse Cloud puts its own engines in the place of plain ones. Names can't be
/// parameters here: what is printed is what is run.
fn statement(sql: &str, server: &Server) -> String {
    let sql = names(server)
        .iter()
        .fold(sql.trim_end().to_owned(), |sql, (placeholder, name)| {
            sql.replace(placeholder, &qualified(server, name))
        });
    match &server.cluster {
        None => sql.replace(ON_CLUSTER, ""),
        Some(cluster) => sql
            .replace(ON_CLUSTER, &format!(" ON CLUSTER {}", quoted(cluster)))
            .replace("ENGINE = ReplacingMergeTree", "ENGINE = ReplicatedReplacingMergeTree")
            .replace(
                "ENGINE = AggregatingMergeTree",
                "ENGINE = ReplicatedAggregatingMergeTree",
            )
            .replace("ENGINE = MergeTree", "ENGINE = ReplicatedMergeTree"),
    }
}

/// What the placeholders in the schema's files stand for.
fn names(server: &Server) -> [(&'static str, String); 7] {
    [
        ("{table:Identifier}", server.table.clone()),
        ("{dead_letters:Identifier}", server.dead_letters()),
        ("{days:Identifier}", server.days()),
        ("{days_of_rows:Identifier}", format!("{}_of_rows", server.days())),
        ("{backends:Identifier}", server.backends()),
        (
            "{backends_of_rows:Identifier}",
            format!("{}_of_rows", server.backends()),
        ),
        ("{migrations:Identifier}", RECORD_TABLE.to_owned()),
    ]
}

/// Where a cluster is named, in the schema's files.
const ON_CLUSTER: &str = " /* ON CLUSTER */";

fn qualified(server: &Server, table: &str) -> String {
    format!("{}.{}", quoted(&server.database), quoted(table))
}

fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('\\', "\\\\").replace('`', "\\`"))
}

/// Makes an insert durable before it is acknowledged, at the cost of an fsync: for tables with no replica beside them.
///
/// # Errors
/// Those of the query.
pub async fn fsync_inserts(server: &Server) -> Result<(), clickhouse::error::Error> {
    for table in [
        &server.table,
        &server.dead_letters(),
        &server.days(),
        &server.backends(),
    ] {
        server
            .client()
            .query_raw(include_str!("migrate/fsync.sql"))
            .param("table", table)
            .execute()
            .await?;
    }
    Ok(())
}

/// Whether the schema is the one this program was built with.
///
/// # Errors
/// [`MigrateError`] with a sentence when it is not, or no answer comes within [`ANSWERED_WITHIN`].
pub async fn check(server: &Server) -> Result<(), MigrateError> {
    let client = server.client();
    let applied = match in_time(record::applied(server, &client)).await {
        // No record at all: nothing was ever applied here.
        Err(error) if matches!(code(&error), Some(UNKNOWN_TABLE | UNKNOWN_DATABASE)) => Vec::new(),
        applied => applied?,
    };
    let url = || masked(&server.url);
    if let Some(migration) = missing(server, &applied, &[])?.first() {
        return Err(MigrateError::Missing {
            url: url(),
            table: server.table.clone(),
            missing: migration.name,
        });
    }
    match in_time(gone(server, &client, &applied)).await?.into_iter().next() {
        None => Ok(()),
        Some(gone) => Err(MigrateError::Gone {
            url: url(),
            then: gone.then(),
            table: gone.name,
        }),
    }
}

/// Identifies the destination: another, new or wiped one has another identity, as has one of which a part was made again, and is filled from
/// the start.
///
/// # Errors
/// Those of the query, and when no answer comes within [`ANSWERED_WITHIN`].
pub async fn destination(server: &Server) -> Result<String, clickhouse::error::Error> {
    let client = server.client();
    let question = client.query_raw(include_str!("migrate/destination.sql"));
    in_time(question.param("table", &server.table).fetch_one()).await
}

/// A server that takes a question and never answers is asked again by who waits for it.
async fn in_time<T>(
    question: impl Future<Output = Result<T, clickhouse::error::Error>>,
) -> Result<T, clickhouse::error::Error> {
    let answer = tokio::time::timeout(ANSWERED_WITHIN, question).await;
    answer.unwrap_or(Err(clickhouse::error::Error::TimedOut))
}

const UNKNOWN_TABLE: u32 = 60;
const UNKNOWN_DATABASE: u32 = 81;

/// What is to be applied: what never was, what works on a table that is gone, and, of what makes no table, what follows on such a one: it
/// changes or fills what was made before.
fn missing(server: &Server, applied: &[Applied], gone: &[Gone]) -> Result<Vec<&'static Migration>, MigrateError> {
    let table = || server.table.clone();
    for done in applied {
        match MIGRATIONS.iter().find(|migration| migration.number == done.number) {
            None => {
                return Err(MigrateError::Newer {
                    table: table(),
                    number: done.number,
                    name: done.name.clone(),
                });
            }
            Some(migration) if checksum(migration) != done.checksum => {
                return Err(MigrateError::Edited {
                    table: table(),
                    name: migration.name,
                });
            }
            Some(_) => {}
        }
    }
    let mut before = false;
    let is_missing = |migration: &&'static Migration| {
        let works_on_what_is_gone = gone.iter().any(|gone| migration.sql.contains(gone.placeholder));
        let follows = before && migration.makes().is_none();
        before = !is_in(applied, migration) || works_on_what_is_gone || follows;
        before
    };
    Ok(MIGRATIONS.iter().filter(is_missing).collect())
}

/// `CREATE TABLE IF NOT EXISTS` would be content with any table of that name.
async fn refuse_foreign_table(server: &Server, client: &Client) -> Result<(), MigrateError> {
    let columns: Vec<String> = client
        .query_raw(include_str!("migrate/columns.sql"))
        .param("table", &server.table)
        .fetch_all()
        .await?;
    if columns.is_empty() {
        return Ok(());
    }
    match ["created_at", "_version", "_deleted"]
        .into_iter()
        .find(|column| !columns.iter().any(|has| has == column))
    {
        None => Ok(()),
        Some(column) => Err(MigrateError::Foreign {
            table: server.table.clone(),
            column: column.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_gets_replicated_engines_and_no_other_server_does() {
        let plain = Server::plain("http://h", "default", "t");
        let text = printed(&plain);
        assert!(
            !text.contains("CLUSTER") && !text.contains("Replicated") && !text.contains("TTL"),
            "{text}"
        );
        let text = printed(&Server {
            cluster: Some("c`1".to_owned()),
            retention_days: Some(100),
            ..plain
        });
        // The record of migrations is a table, too.
        let tables = 1 + MIGRATIONS.iter().filter(|it| it.sql.contains("CREATE TABLE")).count();
        assert_eq!(text.matches("ON CLUSTER `c\\`1`\n(").count(), tables, "{text}");
        assert_eq!(text.matches("ENGINE = Replicated").count(), tables, "{text}");
        assert!(
            text.contains("VIEW IF NOT EXISTS `default`.`t_days_of_rows` ON CLUSTER `c\\`1` TO `default`.`t_days` AS"),
            "{text}"
        );
        assert!(
            text.contains("ALTER TABLE `default`.`t` ON CLUSTER `c\\`1`\n    --"),
            "{text}"
        );
        assert!(
            text.contains("ALTER TABLE `default`.`t` ON CLUSTER `c\\`1` MODIFY TTL _inserted_at + INTERVAL 100 DAY"),
            "{text}"
        );
    }

    #[test]
    fn every_file_of_the_schema_is_applied_in_order() {
        let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../schema"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".sql"))
            .collect();
        files.sort();
        assert_eq!(
            MIGRATIONS.iter().map(|migration| migration.name).collect::<Vec<_>>(),
            files
        );
        for (at, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(migration.number as usize, at + 1);
            assert!(migration.name.starts_with(&format!("{:04}_", migration.number)));
        }
    }
}
