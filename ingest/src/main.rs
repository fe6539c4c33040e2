//! Arguments → command → exit code.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::CommandFactory as _;
use oot_ingest::args::{Cli, Command, Global, LogLevel};
use oot_ingest::config::{Config, Environment};
use oot_ingest::log::{self, LeftOut};
use oot_ingest::{descriptors, serve, simulate};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::filter::LevelFilter;

/// What still blocks a thread when all is done may take so long.
const BLOCKED_WITHIN: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let cli = match Cli::read() {
        Ok(cli) => cli,
        Err(asked) => {
            let text = asked.render().to_string();
            let Some(wrong) = text.strip_prefix("error: ") else {
                // Help, or the version.
                let _ = asked.print();
                return ExitCode::from(u8::try_from(asked.exit_code()).unwrap_or(2));
            };
            return ends_with(wrong.trim_end());
        }
    };
    let (log, left_out) = log_to_stderr(&cli.global);
    let left_out = Arc::new(left_out);
    let done = tokio::runtime::Runtime::new()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| {
            let watched = Arc::clone(&left_out);
            runtime.spawn(async move { watched.watch().await });
            let done = runtime.block_on(run(cli));
            // A statement that the engine is still at ends with the process.
            runtime.shutdown_timeout(BLOCKED_WITHIN);
            done
        });
    left_out.tell();
    // What was logged stands before the last word.
    drop(log);
    match done {
        Ok(code) => code,
        Err(error) => ends_with(&format!("{error:#}")),
    }
}

fn ends_with(error: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "oot-ingest: {error}");
    ExitCode::from(2)
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    descriptors::raise();
    let stop = stop_on_signal()?;
    let settings = cli.command.as_ref().map(Command::settings).unwrap_or_default();
    let config = || Config::load(cli.global.config.as_deref(), Environment::read(), &settings);
    if cli.global.print_config {
        print!("{}", config()?.to_toml().context("can't print the configuration")?);
        return Ok(ExitCode::SUCCESS);
    }
    match cli.command {
        Some(Command::Backfill { options, .. }) => {
            let config = config()?;
            let well = if options.verify || options.repair {
                until(&stop, serve::verify(&config, &options)).await?
            } else {
                serve::backfill(&config, &options, &stop).await?
            };
            return Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Some(Command::Serve { no_replicate, .. }) => serve::serve(&config()?, !no_replicate, stop).await,
        Some(Command::Replicate {
            events: Some(events), ..
        }) => until(&stop, serve::replicate_events(&config()?, &events)).await,
        Some(Command::Replicate { .. }) => serve::replicate(&config()?, stop).await,
        Some(Command::Migrate { print: Some(what), .. }) => {
            serve::print_schema(&config()?, what);
            Ok(())
        }
        Some(Command::Migrate { .. }) => until(&stop, serve::migrate(&config()?)).await,
        Some(Command::DeadLetter { action, .. }) => until(&stop, serve::dead_letter(&config()?, &action)).await,
        Some(Command::Simulate(options)) => simulate::run(options, stop).await,
        Some(Command::Clickhouse { data, listen, libchdb }) => {
            serve::clickhouse(&data, listen, libchdb.as_deref(), stop).await
        }
        None => Ok(Cli::command().print_help()?),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// A command that is told to end leaves things as they are then.
async fn until<T>(stop: &CancellationToken, command: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::select! {
        done = command => done,
        () = stop.cancelled() => anyhow::bail!("was told to end; what was done before stays so"),
    }
}

/// Cancelled by SIGTERM and SIGINT.
fn stop_on_signal() -> std::io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let on_signal = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("SIGTERM: ending"),
            _ = interrupt.recv() => tracing::info!("SIGINT: ending"),
        }
        on_signal.cancel();
    });
    Ok(stop)
}

/// Dropping the guard writes what waits.
fn log_to_stderr(global: &Global) -> (WorkerGuard, LeftOut) {
    let level = match global.log_level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let (stderr, guard, left_out) = log::writer(std::io::stderr());
    let log = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()))
        .log_internal_errors(false)
        .with_writer(stderr);
    if global.log_json {
        log.json().init()
    } else {
        log.init()
    }
    (guard, left_out)
}
