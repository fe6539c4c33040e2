//! Arguments → mode → exit code.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use oot_hud::allowlist::Allowlist;
use oot_hud::args::{Cli, Command, Commit, EventView, Format, Range};
use oot_hud::config::{Config, Environment};
use oot_hud::rows::{JobResult, on_commit, summaries};
use oot_hud::source::{Question, Reader};
use oot_hud::status::Health;
use oot_hud::{export, run};

/// A pane waits no longer for its line.
const STATUS_WITHIN: Duration = Duration::from_secs(5);

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match start(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("oot-hud: {error}");
            ExitCode::from(2)
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn start(cli: Cli) -> Result<ExitCode, Failure> {
    let config = Config::load(Environment::read(), &cli.global, &cli.choice)?;
    if cli.global.print_config {
        print!("{}", config.to_toml());
        return Ok(ExitCode::SUCCESS);
    }
    let command = cli.command.unwrap_or(Command::Summary);
    if matches!(command, Command::Status) {
        return status(&config, cli.choice.format).await;
    }
    match cli.choice.format {
        Some(Format::Plain | Format::Tmux) => {
            Err("--format: expected table, json or csv; plain and tmux are for status".into())
        }
        None if std::io::stdout().is_terminal() => {
            run::open(config, command, cli.choice.event).await?;
            Ok(ExitCode::SUCCESS)
        }
        format => {
            print(&config, command, cli.choice.event, format.unwrap_or(Format::Table)).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A screen's rows, on stdout.
///
/// A pull request's number is its view, but for one that was asked for by name: `cli_event`.
async fn print(config: &Config, command: Command, cli_event: Option<EventView>, format: Format) -> Result<(), Failure> {
    let reader = Reader::new(&config.clickhouse);
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64;
    let all = Question {
        since: 0,
        now: now / 1_000_000,
        event: config.event,
        repo: String::new(),
        pr: 0,
    };
    let in_range = Question {
        since: now / 1_000_000 - config.range.millis(),
        ..all.clone()
    };
    let mut out = std::io::stdout().lock();
    match command {
        Command::Summary | Command::Status => {
            let allowlist = allowlist_or_none(config);
            let rows = summaries(reader.summary(&in_range).await?, &allowlist);
            export::write(&rows, format, now, &mut out)?;
        }
        Command::Backend { repo } => {
            let rows = reader.results(&Question { repo, ..in_range }).await?;
            let rows: Vec<JobResult> = rows.into_iter().map(JobResult::from).collect();
            if rows.is_empty() {
                eprintln!(
                    "oot-hud: no results of {}, {}; --event and --range choose others",
                    config.event.title(),
                    config.range.title()
                );
            }
            export::write(&rows, format, now, &mut out)?;
        }
        Command::Pr { number, commit } => {
            let rows = on_commit(
                reader
                    .results(&Question {
                        pr: number,
                        event: cli_event.unwrap_or(EventView::All),
                        ..all
                    })
                    .await?,
                &commit,
            );
            if rows.is_empty() && matches!(commit, Commit::Sha(_)) {
                return Err(format!(
                    "pull request {number} has no result on such a commit; `--commit all` shows them all"
                )
                .into());
            }
            if rows.is_empty() {
                eprintln!("oot-hud: no backend has reported on pull request {number}");
            }
            export::write(&rows, format, now, &mut out)?;
        }
    }
    Ok(())
}

/// A list that can't be read hides nothing: the data stand without it.
fn allowlist_or_none(config: &Config) -> Allowlist {
    let Some(path) = &config.allowlist else {
        return Allowlist::default();
    };
    match Allowlist::read(path) {
        Ok(list) => {
            list.warnings.iter().for_each(|warning| eprintln!("oot-hud: {warning}"));
            list
        }
        Err(error) => {
            eprintln!("oot-hud: {error}");
            Allowlist::default()
        }
    }
}

/// The health line: always one, whatever happens.
async fn status(config: &Config, format: Option<Format>) -> Result<ExitCode, Failure> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64;
    let health = health(config, now).await;
    let mut out = std::io::stdout().lock();
    let written = match format {
        None | Some(Format::Plain) => writeln!(out, "{}", health.plain(now)),
        Some(Format::Tmux) => writeln!(out, "{}", health.tmux(now)),
        Some(Format::Json) => export::json(&health, &mut out),
        Some(Format::Table | Format::Csv) => return Err("--format: expected plain, tmux or json for status".into()),
    };
    // A reader that went away has what it wanted.
    if let Err(error) = written.and_then(|()| out.flush())
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        return Err(error.into());
    }
    Ok(ExitCode::from(health.state.exit_code()))
}

async fn health(config: &Config, now: i64) -> Health {
    let reader = Reader::new(&config.clickhouse).within(STATUS_WITHIN);
    let now_millis = now / 1_000_000;
    let since = now_millis - Range::Day.millis();
    let question = Question {
        since,
        now: now_millis,
        event: EventView::Pr,
        repo: String::new(),
        pr: 0,
    };
    match tokio::try_join!(reader.summary(&question), reader.relay_health(&question)) {
        Ok((rows, relay)) => Health::of(&summaries(rows, &Allowlist::default()), &relay, None, now),
        Err(error) => Health::unknown(error.to_string()),
    }
}
