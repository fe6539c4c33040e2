//! Arguments → mode → exit code.

use std::ffi::OsString;
use std::io::{ErrorKind, IsTerminal as _, Write as _};
use std::process::ExitCode;

use oot_hud::clock;
use oot_hud::data::health::Health;
use oot_hud::printed;
use oot_hud::printed::LineFormat;
use oot_hud::screen::{picture, run};
use oot_hud::settings::args::{Cli, Command, Format};
use oot_hud::settings::config::{Config, Environment};
use oot_hud::settings::theme::{Colours, Look, Theme};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    match run_to_end(start(&words)) {
        Ok(code) => code,
        Err(error) => {
            let is_said = asks_for_status(&words) && say_in_a_line(&*error, line_format(&words));
            if !is_said {
                printed::complain(&*error);
            }
            ExitCode::from(2)
        }
    }
}

/// What is still under way at the end (a name that is looked up, an answer nobody waits for) holds nobody up.
fn run_to_end<T>(main: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(main);
    runtime.shutdown_background();
    ended
}

async fn start(words: &[OsString]) -> Result<ExitCode, Failure> {
    let cli = match Cli::read(words) {
        Ok(cli) => cli,
        Err(asked) if !asked.use_stderr() => {
            return said(asked.print());
        }
        Err(error) => {
            return Err(error
                .render()
                .to_string()
                .trim_start_matches("error: ")
                .trim_end()
                .into());
        }
    };
    let config = Config::load(Environment::read(), &cli.global, &cli.choice)?;
    if cli.global.print_config {
        return said(std::io::stdout().write_all(config.to_toml().as_bytes()));
    }
    if cli.choice.size.is_some() && !matches!(cli.choice.format, Some(Format::Svg | Format::Text)) {
        return Err("--size: is for --format svg and text".into());
    }
    if let Some(Command::Status { watch }) = cli.command {
        return status(&config, cli.choice.format, watch).await;
    }
    let command = match cli.command {
        Some(command) => Some(printed::names::resolved(&config, command).await?),
        None => None,
    };
    match cli.choice.format {
        Some(Format::Plain | Format::Tmux) => {
            Err("--format: expected table, json, csv, markdown, svg or text; plain and tmux are for status".into())
        }
        Some(format @ (Format::Svg | Format::Text)) => {
            let size = cli.choice.size.unwrap_or_default();
            let command = command.unwrap_or(Command::Summary);
            let complete = picture::print(&config, command, cli.typed.event, size, format == Format::Svg).await?;
            ended(complete)
        }
        None if std::io::stdout().is_terminal() => {
            run::open(config, command, cli.typed).await?;
            Ok(ExitCode::SUCCESS)
        }
        format => {
            let format = format.unwrap_or(Format::Table);
            let command = command.unwrap_or(Command::Summary);
            let complete = printed::rows(&config, command, cli.typed.event, format).await?;
            ended(complete)
        }
    }
}

/// What is printed may lack a part.
fn ended(complete: bool) -> Result<ExitCode, Failure> {
    match complete {
        true => Ok(ExitCode::SUCCESS),
        false => Err("not all daemons have answered".into()),
    }
}

/// Who reads no further has what they wanted.
fn said(written: std::io::Result<()>) -> Result<ExitCode, Failure> {
    match written.and_then(|()| std::io::stdout().flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(ExitCode::SUCCESS),
    }
}

async fn status(config: &Config, format: Option<Format>, watch: bool) -> Result<ExitCode, Failure> {
    let now = clock::now();
    if format == Some(Format::Svg) && !watch {
        let health = printed::health_now(config, now, true).await;
        said(std::io::stdout().write_all(picture::health(&health, config.look, now).as_bytes()))?;
        return Ok(ExitCode::from(health.state.exit_code()));
    }
    let format = match format {
        None | Some(Format::Plain) => LineFormat::Plain,
        Some(Format::Tmux) => LineFormat::Tmux,
        Some(Format::Json) => LineFormat::Json,
        Some(Format::Table | Format::Csv | Format::Markdown | Format::Svg | Format::Text) => {
            return Err("--format: expected plain, tmux, json or svg for status".into());
        }
    };
    // A pane is drawn again and again, and mustn't stand still; whoever asks once, or from cron, means now.
    let awaited = format != LineFormat::Tmux;
    if watch {
        printed::watch(config, format).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let health = printed::health_now(config, now, awaited).await;
    printed::health(&health, format, now, config.look, &mut std::io::stdout().lock())?;
    Ok(ExitCode::from(health.state.exit_code()))
}

/// Whoever waits for a health line gets one, whatever happens. Gives whether it says why: in a pane there is no room for that.
fn say_in_a_line(error: &dyn std::error::Error, format: LineFormat) -> bool {
    let text = error.to_string();
    let words: Vec<&str> = text.split_whitespace().collect();
    let unknown = Health::unknown(words.join(" "));
    // What the file or a flag says of colours isn't known.
    let theme = match Environment::read().no_colour {
        true => Theme::Monochrome,
        false => Theme::default(),
    };
    let look = Look {
        theme,
        colours: Colours::None,
        ascii: false,
    };
    printed::health(&unknown, format, 0, look, &mut std::io::stdout()).is_ok() && format != LineFormat::Tmux
}

fn asks_for_status(words: &[OsString]) -> bool {
    match Cli::read(words) {
        Ok(cli) => matches!(cli.command, Some(Command::Status { .. })),
        // They make no sense otherwise.
        Err(_) => words.iter().skip(1).any(|word| word == "status"),
    }
}

fn line_format(words: &[OsString]) -> LineFormat {
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    let joined = words.iter().find_map(|word| word.strip_prefix("--format="));
    let apart = words
        .windows(2)
        .find(|pair| pair[0] == "--format")
        .map(|pair| &*pair[1]);
    match joined.or(apart) {
        Some("tmux") => LineFormat::Tmux,
        Some("json") => LineFormat::Json,
        _ => LineFormat::Plain,
    }
}
