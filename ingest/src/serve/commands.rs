//! The commands that do one thing and end.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;

use super::engines::{
    Opened, embedded_server, expect_store, prepare_data_directory, replica, replica_for_command, schema_for_command,
    start_engine, store_for_command,
};
use super::say;
use crate::args::Printed;
use crate::backfill::command::Repair;
use crate::backfill::verify::Verify;
use crate::backfill::{self, Backfill};
use crate::chdb::{Embedded, EngineError};
use crate::clickhouse::{Server, masked};
use crate::config::{ClickHouse, Config, Store as StoreConfig};
use crate::dead_letters::command::Action;
use crate::dead_letters::{self, DeadLetters};
use crate::migrate::{self, MigrateError};
use crate::observe::Told;
use crate::replicate::sink::{Batch, Sink};
use crate::shown::ForReaders;
use crate::store::dynamodb::{self, Dynamo};
use crate::timestamp::Timestamp;

/// A stream that is followed is behind by less.
const VERIFY_PATIENCE: Duration = Duration::from_secs(2);

/// Runs `migrate --print`: nothing is touched.
pub fn print_schema(config: &Config, what: Printed) {
    let table = match (&config.store, what) {
        (StoreConfig::Dynamodb(location), Printed::All | Printed::Dynamodb) => Some(location.table.clone()),
        (StoreConfig::Embedded, Printed::Dynamodb) => Some(dynamodb::default_table()),
        _ => None,
    };
    if let Some(table) = table {
        if what == Printed::All {
            say(
                "-- DynamoDB: `aws dynamodb create-table --cli-input-json` for each. `--print dynamodb` prints them alone.",
            );
        }
        for table in dynamodb::printed(&table) {
            say(&table);
        }
    }
    if what == Printed::Dynamodb {
        return;
    }
    if what == Printed::All && config.store != StoreConfig::Embedded {
        say("\n-- ClickHouse. `--print clickhouse` prints it alone.");
    }
    let server = match &config.clickhouse {
        ClickHouse::Server(server) => server.clone(),
        ClickHouse::Embedded { .. } => embedded_server(config, ""),
    };
    say(migrate::printed(&server).trim_end());
}

/// Runs `migrate`: makes what is missing, says what it did.
///
/// # Errors
/// When a table is not ours, or can't be reached.
pub async fn migrate(config: &Config) -> anyhow::Result<()> {
    if let ClickHouse::Embedded { .. } = config.clickhouse {
        prepare_data_directory(&config.data)?;
    }
    if let StoreConfig::Dynamodb(location) = &config.store {
        for done in Dynamo::new(location).await.migrate().await? {
            say(&done);
        }
    }
    let engine = start_engine(config).await?;
    let replica = replica(config, engine.as_ref());
    let applied = migrate::migrate(&replica)
        .await
        .with_context(|| format!("can't migrate {}", masked(&replica.url)))?;
    for name in &applied {
        say(&format!("applied {name} to {}.{}", replica.database, replica.table));
    }
    if migrate::retention::apply(&replica).await? {
        let kept = replica
            .retention_days
            .map_or("for good".to_owned(), |days| format!("for {days} days"));
        say(&format!(
            "rows of {}.{} are kept {kept}",
            replica.database, replica.table
        ));
    }
    if applied.is_empty() {
        say(&format!("{}.{} is up to date", replica.database, replica.table));
    }
    close(engine).await;
    Ok(())
}

/// Runs `backfill`; gives whether all is well.
///
/// # Errors
/// Those of [`backfill::command::copy`], and when the engines can't be reached.
pub async fn backfill(
    config: &Config,
    options: &backfill::command::Options,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    let Sides {
        opened,
        replica,
        engine,
    } = both_sides(config).await?;
    let told = Told::new(&config.data, Some(&replica));
    let destination = migrate::destination(&replica).await?;
    let backfill = Backfill {
        changes: opened.changes,
        leases: opened.leases,
        sink: Arc::new(Sink::new(&replica, told, destination.clone())),
        destination,
        rate: options.rate,
        since: replica.keeps_since(Timestamp::now()),
        restart: options.restart,
        done: Arc::default(),
    };
    let done = backfill::command::copy(backfill, stop, &mut ForReaders(std::io::stdout())).await;
    close(engine).await;
    done.map(|()| true)
}

/// Runs `backfill --verify` and `--repair`; gives whether both sides say the same.
///
/// # Errors
/// Those of [`backfill::command::verify`], and when the engines can't be reached.
pub async fn verify(config: &Config, options: &backfill::command::Options) -> anyhow::Result<bool> {
    let Sides {
        opened,
        replica,
        engine,
    } = both_sides(config).await?;
    let told = Told::new(&config.data, Some(&replica));
    let sink = Sink::new(&replica, told.clone(), migrate::destination(&replica).await?);
    let store = store_in_words(config);
    let repair = options.repair.then(|| Repair {
        sink: &sink,
        told: &told,
        removals_max: options.removals_max,
        store: &store,
    });
    let verify = Verify {
        changes: opened.changes,
        since: replica.keeps_since(Timestamp::now()),
        server: replica,
        patience: VERIFY_PATIENCE,
    };
    let well = backfill::command::verify(&verify, repair.as_ref(), &mut ForReaders(std::io::stdout())).await;
    close(engine).await;
    well
}

/// Store and ClickHouse of a command that needs both.
struct Sides {
    opened: Opened,
    replica: Server,
    engine: Option<Embedded>,
}

async fn both_sides(config: &Config) -> anyhow::Result<Sides> {
    let opened = store_for_command(config).await?;
    let (replica, engine) = replica_with_schema(config).await?;
    Ok(Sides {
        opened,
        replica,
        engine,
    })
}

async fn close(engine: Option<Embedded>) {
    if let Some(engine) = engine {
        engine.close().await;
    }
}

fn store_in_words(config: &Config) -> String {
    match &config.store {
        StoreConfig::Embedded => format!("SQLite in {}", config.data.display()),
        StoreConfig::Dynamodb(location) => match &location.url {
            Some(url) => format!("DynamoDB at {}, table {}", masked(url), location.table),
            None => format!("DynamoDB, table {}", location.table),
        },
    }
}

/// Runs `replicate --events`.
///
/// # Errors
/// When the file holds something else, or ClickHouse can't be reached.
pub async fn replicate_events(config: &Config, file: &Path) -> anyhow::Result<()> {
    let path = file.to_owned();
    // Whoever writes into stdin may take their time.
    let read = tokio::task::spawn_blocking(move || match path.as_os_str() == "-" {
        true => std::io::read_to_string(std::io::stdin()).context("can't read stdin"),
        false => std::fs::read_to_string(&path).with_context(|| format!("can't read {}", path.display())),
    });
    let text = read.await??;
    let table = match &config.store {
        StoreConfig::Dynamodb(location) => location.table.clone(),
        StoreConfig::Embedded => dynamodb::default_table(),
    };
    let events = dynamodb::events::parse(&text, &table).with_context(|| file.display().to_string())?;
    prepare_data_directory(&config.data)?;
    let (replica, engine) = replica_with_schema(config).await?;
    let told = Told::new(&config.data, Some(&replica));
    let destination = migrate::destination(&replica).await?;
    let metrics = Arc::clone(&told.metrics);
    let sink = Sink::new(&replica, told, destination);
    let changes = events.changes.len();
    let delivered = sink.deliver(Batch::new("events", events.changes)).await;
    close(engine).await;
    delivered?;
    // Whoever sent them must not send them again for these.
    let letters = metrics.dead_letters.get();
    let set_aside = match letters {
        0 => String::new(),
        _ => format!(", set {letters} aside as dead letters (`oot-ingest dead-letter list`)"),
    };
    let replicated = changes.saturating_sub(usize::try_from(letters).unwrap_or(usize::MAX));
    say(&format!(
        "{table}: replicated {replicated} changes, passed over {} of other tables{set_aside}",
        events.others
    ));
    Ok(())
}

/// Runs `dead-letter`.
///
/// # Errors
/// Those of [`dead_letters::command::run`], and when the engines can't be reached.
pub async fn dead_letter(config: &Config, action: &Action) -> anyhow::Result<()> {
    // Who only looks needs no store.
    let opened = match action {
        Action::Replay(_) => Some(store_for_command(config).await?),
        _ => {
            expect_store(config)?;
            None
        }
    };
    let out = &mut ForReaders(std::io::stdout());
    let (replica, engine) = match replica_with_schema(config).await {
        Ok(reached) => reached,
        // Just then letters lie in the file.
        Err(error) if action.only_looks() && is_away(&error) => {
            let letters = DeadLetters::new(&config.data, None);
            let all = letters.all().await?;
            warn(&format!(
                "ClickHouse is away, so these are the letters in {} alone: {error:#}",
                letters.file().display()
            ));
            return dead_letters::command::look(action, &all, out);
        }
        Err(error) => return Err(error),
    };
    let letters = DeadLetters::new(&config.data, Some(&replica));
    let store = opened.as_ref().map(|opened| &*opened.store);
    let done = dead_letters::command::run(action, &letters, store, &replica, out).await;
    close(engine).await;
    done
}

async fn replica_with_schema(config: &Config) -> anyhow::Result<(Server, Option<Embedded>)> {
    let (replica, engine) = replica_for_command(config).await?;
    schema_for_command(&replica, engine.is_some()).await?;
    Ok((replica, engine))
}

/// Whether it can't be reached just now, or is another process's that can't. Where it answers, or its library is missing, someone has to
/// act: its letters may well be there.
fn is_away(error: &anyhow::Error) -> bool {
    use clickhouse::error::Error::{Network, TimedOut};
    error.is::<tokio::time::error::Elapsed>()
        || matches!(
            error.downcast_ref(),
            Some(MigrateError::ClickHouse(Network(_) | TimedOut))
        )
        || matches!(error.downcast_ref(), Some(EngineError::InUse { .. }))
}

/// A line on stderr, however little is logged there.
fn warn(line: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "oot-ingest: {line}");
}

/// Runs `clickhouse` until `stop`: the embedded engine alone.
///
/// # Errors
/// Those of [`Embedded::start`].
pub async fn clickhouse(
    data: &Path,
    listen: SocketAddr,
    libchdb: Option<&Path>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let engine = Embedded::start(data, listen, libchdb).await?;
    say(&format!("listening on {}", engine.url()));
    stop.cancelled().await;
    engine.close().await;
    Ok(())
}
