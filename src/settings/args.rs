//! What was typed. What is meant by it, together with file and environment, is [`crate::settings::config`].

mod format;
mod moment;
pub(crate) mod typed;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, Resettable, TypedValueParser as _};
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{Arg, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::data::chosen::{Commit, EventView, Range};
use crate::settings::location::Location;
use crate::settings::theme::Theme;

pub use format::{Format, Size};
pub use moment::Moment;
use typed::{pull_request, repository, sha};

/// Results of PyTorch's out-of-tree backends, live in a terminal.
#[derive(Debug, Parser)]
#[command(name = "oot-hud", version, about, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(flatten)]
    pub choice: Choice,
    #[arg(skip)]
    pub typed: Typed,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Its range, view and moment are its own, it is one line, and it has no screen to go back to.
const REFUSED_BY_STATUS: [&str; 5] = ["range", "as_of", "event", "size", "resume"];

impl Cli {
    /// Reads a command line, the program's name first.
    ///
    /// # Errors
    /// What is wrong with it; also what was asked of clap itself, such as help.
    pub fn read(words: &[OsString]) -> Result<Self, clap::Error> {
        let matches = Self::grammar().try_get_matches_from(words)?;
        let mut cli = Self::from_arg_matches(&matches)?;
        // The environment may name them, for whatever is opened.
        let is_typed = |name: &str| matches.value_source(name) == Some(ValueSource::CommandLine);
        cli.typed = Typed {
            range: cli.choice.range.filter(|_| is_typed("range")),
            event: cli.choice.event.filter(|_| is_typed("event")),
        };
        let name = REFUSED_BY_STATUS.into_iter().find(|name| is_typed(name));
        let (Some(Command::Status { .. }), Some(name)) = (&cli.command, name) else {
            return Ok(cli);
        };
        let why = match name {
            "size" | "resume" => "status is one line",
            _ => "status is over the last 24 hours of pull requests",
        };
        let said = format_args!("--{}: {why}", name.replace('_', "-"));
        Err(clap::Error::raw(ErrorKind::ArgumentConflict, said))
    }

    /// What may be typed. A flag that a command refuses doesn't stand in its help.
    fn grammar() -> clap::Command {
        let command = Self::command().mut_args(unset_where_empty);
        let is_refused = |flag: &&Arg| REFUSED_BY_STATUS.contains(&flag.get_id().as_str());
        let refused: Vec<Arg> = command.get_arguments().filter(is_refused).cloned().collect();
        // What a command has already is not handed down to it.
        command.mut_subcommand("status", |status| {
            status.args(refused.into_iter().map(|flag| flag.hide(true)))
        })
    }
}

/// A flag whose variable is set to nothing, as scripts and service files do it, is one whose variable isn't set.
fn unset_where_empty(flag: Arg) -> Arg {
    match flag.get_env().map(std::env::var_os) {
        Some(Some(value)) if value.is_empty() => flag.env(Resettable::Reset),
        _ => flag,
    }
}

const EXIT_CODES: &str = "A command prints when --format is given or stdout is not a terminal, and opens its screen otherwise.\n\
    Exit status: 0, or 2 with an error on stderr, also where a pull request or a commit has no results. `status` says what is wrong in its line, \
    and alone exits with 1 when something is degraded.";

/// A day.
pub const REFRESH_SECONDS_MAX: u32 = 86_400;

/// Where to read, for every command.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Configuration file [default: $XDG_CONFIG_HOME/oot-hud/config.toml, when it is there]
    #[arg(long, global = true, value_name = "FILE", env = "OOT_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print the configuration that results from file, environment and flags, secrets masked, and exit
    #[arg(long, global = true)]
    pub print_config: bool,
    /// ClickHouse as http(s)://HOST:PORT, or `embedded` for the one inside oot-ingest [default: http://127.0.0.1:8154]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "OOT_CLICKHOUSE_URL",
        hide_env_values = true
    )]
    pub clickhouse: Option<String>,
    /// Table as DATABASE.TABLE; the HUD's own will do [default: default.oot_workflow_job]
    #[arg(long, global = true, value_name = "DB.NAME", env = "OOT_CLICKHOUSE_TABLE")]
    pub table: Option<String>,
    /// Addresses of oot-ingest, so that a pipeline that lags or stands still is seen [default: none is asked]
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "OOT_HUD_INGEST",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub ingest: Vec<String>,
    /// Allowlist of the upstream repository: levels, and the backends that never reported
    #[arg(long, global = true, value_name = "FILE|URL", env = "OOT_HUD_ALLOWLIST", hide_env_values = true, value_parser = OsStringValueParser::new().map(Location::from))]
    pub allowlist: Option<Location>,
    /// Seconds between refreshes, at most a day; 0 is never [default: 15]
    #[arg(value_parser = clap::value_parser!(u32).range(..=i64::from(REFRESH_SECONDS_MAX)), long, global = true, value_name = "SECONDS", env = "OOT_HUD_REFRESH")]
    pub refresh: Option<u32>,
    /// Start where the last one was quit: its screen with the way there, range, view, moment, filter, order and selection
    #[arg(long, global = true)]
    pub resume: bool,
}

/// What to show of it, for the screens.
#[derive(Clone, Debug, Default, Args)]
pub struct Choice {
    /// How far back [default: 7d]
    #[arg(long, global = true, value_name = "RANGE", env = "OOT_HUD_RANGE")]
    pub range: Option<Range>,
    /// As it stood at this moment: `2026-11-20`, `11-20`, `yesterday`, with `12:00` behind it or without, `12:00`, RFC 3339 (all in UTC), or `-2h` or `-3d` before now [default: now]
    #[arg(long, global = true, value_name = "MOMENT", allow_hyphen_values = true)]
    pub as_of: Option<Moment>,
    /// What set the jobs off; `pr` is whatever has a pull request [default: pr]
    #[arg(long, global = true, value_name = "EVENT", env = "OOT_HUD_EVENT")]
    pub event: Option<EventView>,
    /// Print instead of opening a screen
    #[arg(long, global = true, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Columns and rows of what `--format svg` and `text` draw, 80x20 to 500x300 [default: 120x40]
    #[arg(long, global = true, value_name = "COLUMNSxROWS")]
    pub size: Option<Size>,
    /// Colours; NO_COLOR asks for monochrome where this flag doesn't say another [default: dark]
    #[arg(long, global = true, value_name = "THEME", env = "OOT_HUD_THEME")]
    pub theme: Option<Theme>,
    /// Draw, and print lines and tables, with ASCII alone; by itself in a locale of another charmap than UTF-8, and on the console of Linux
    #[arg(long, global = true, value_name = "BOOL", env = "OOT_HUD_ASCII", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub ascii: Option<bool>,
}

/// What of a [`Choice`] is meant by whoever starts the program now, and doesn't come from the environment: it goes before what a screen
/// has of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    pub range: Option<Range>,
    pub event: Option<EventView>,
}

#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// How every backend stands
    Summary,
    /// A backend's results: pull request × job
    Backend {
        /// The backend's repository; words that no other has in its name will do, or its address on GitHub
        #[arg(value_name = "OWNER/REPO", value_parser = repository)]
        repo: String,
    },
    /// A pull request's results in all backends
    Pr {
        /// Its number in the upstream repository, or its address on GitHub
        #[arg(value_parser = pull_request)]
        number: u64,
        /// Which of its commits: `latest`, `all`, or the beginning of a SHA
        #[arg(long, value_name = "COMMIT", default_value = "latest")]
        commit: Commit,
    },
    /// The results on a commit, in all backends
    Commit {
        /// Its SHA, or 4 digits of it at least, or its address on GitHub
        #[arg(value_name = "SHA", value_parser = sha)]
        sha: String,
    },
    /// Day by day, and job by job: pass rate, failures, runs, durations; the days are printed, or with --jobs the jobs
    Trends {
        /// A backend's repository, as for `backend` [default: all of them together]
        #[arg(value_name = "OWNER/REPO", value_parser = repository)]
        repo: Option<String>,
        /// Print a row for each job, not for each day
        #[arg(long)]
        jobs: bool,
    },
    /// How results get here: what the daemons say of themselves
    Pipeline,
    /// One line of health, for tmux panes and scripts: over the last 24 hours of pull requests
    ///
    /// All panes and scripts of a user share one answer, which is asked for anew after the refresh interval, and waited for up to 5
    /// seconds. With --format tmux nobody who has an answer of before waits longer than 300 ms: then that stands, with its age.
    Status {
        /// A line now and after each refresh interval, until it is told to end
        #[arg(long)]
        watch: bool,
    },
}

#[cfg(test)]
mod tests;
