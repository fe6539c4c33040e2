//! What was typed: commands and flags. What is meant by it, together with file and environment, is [`crate::config`].

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Arg, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

/// The write path of oot-hud: relay callbacks → record store → ClickHouse.
#[derive(Debug, Parser)]
#[command(name = "oot-ingest", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Cli {
    /// Reads the command line.
    ///
    /// # Errors
    /// What is wrong with it; also what was asked of clap itself, such as help.
    pub fn read() -> Result<Self, clap::Error> {
        let matches = Self::grammar().try_get_matches()?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut Self::grammar()))
    }

    fn grammar() -> clap::Command {
        with_set_variables(Self::command())
    }
}

/// A flag whose variable is set to nothing, as scripts and service files do it, is one whose variable isn't set.
fn with_set_variables(command: clap::Command) -> clap::Command {
    let unset_where_empty = |flag: Arg| match flag.get_env().map(std::env::var_os) {
        Some(Some(value)) if value.is_empty() => flag.env(Resettable::Reset),
        _ => flag,
    };
    command.mut_args(unset_where_empty).mut_subcommands(with_set_variables)
}

/// Flags of every command.
#[derive(Debug, Args)]
pub struct Global {
    /// Configuration file [default: $XDG_CONFIG_HOME/oot-hud/config.toml, when it is there]
    #[arg(long, global = true, value_name = "FILE", env = "OOT_CONFIG")]
    pub config: Option<PathBuf>,
    /// Print the configuration that results from file, environment and flags, secrets masked, and exit
    #[arg(long, global = true)]
    pub print_config: bool,
    /// How much to log on stderr
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        env = "OOT_LOG_LEVEL",
        default_value = "info"
    )]
    pub log_level: LogLevel,
    /// Log as JSON, one object a line
    #[arg(long, global = true)]
    pub log_json: bool,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Accept results over HTTP, store them, and replicate them
    Serve {
        /// Only store; another process replicates
        #[arg(long)]
        no_replicate: bool,
        #[command(flatten)]
        endpoint: EndpointFlags,
        #[command(flatten)]
        engines: Engines,
    },
    /// Only replicate: the store's changes → ClickHouse
    Replicate {
        /// Replicate the DynamoDB stream events in this file, as a Lambda gets them, and end; `-` is stdin
        #[arg(long, value_name = "FILE|-")]
        events: Option<PathBuf>,
        #[command(flatten)]
        status: StatusFlags,
        #[command(flatten)]
        engines: Engines,
    },
    /// Make or update the tables, in ClickHouse and in DynamoDB
    Migrate {
        /// Touch nothing: print the statements for ClickHouse, the DynamoDB tables as JSON, or both, to be applied with other tools
        #[arg(long, value_name = "WHAT", num_args = 0..=1, default_missing_value = "all")]
        print: Option<Printed>,
        #[command(flatten)]
        engines: Engines,
    },
    /// Copy all records from the store to ClickHouse, or compare both
    Backfill {
        #[command(flatten)]
        options: crate::backfill::command::Options,
        #[command(flatten)]
        engines: Engines,
    },
    /// Changes that could not become rows: look at them, try them again, or throw them away
    DeadLetter {
        #[command(subcommand)]
        action: crate::dead_letters::command::Action,
        #[command(flatten)]
        engines: Engines,
    },
    /// Act as a relay: post realistic callbacks, or fill the past
    Simulate(crate::simulate::Options),
    /// Run the embedded ClickHouse alone
    Clickhouse {
        /// Directory of its data
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Loopback address of its HTTP interface; port 0 takes a free one
        #[arg(long, value_name = "ADDR")]
        listen: SocketAddr,
        /// The libchdb to load [default: where `make libchdb` puts it]
        #[arg(long, value_name = "FILE", env = "OOT_LIBCHDB")]
        libchdb: Option<PathBuf>,
    },
}

impl Command {
    /// The settings of a command, as far as it has any.
    pub fn settings(&self) -> Settings {
        // What has no flag here may stand in the environment all the same.
        let of = |engines: &Engines| Settings {
            engines: engines.clone(),
            endpoint: of_environment(),
            status_listen: of_environment::<StatusFlags>().status_listen,
        };
        match self {
            Self::Serve { engines, endpoint, .. } => Settings {
                endpoint: endpoint.clone(),
                ..of(engines)
            },
            Self::Replicate { engines, status, .. } => Settings {
                status_listen: status.status_listen,
                ..of(engines)
            },
            Self::Migrate { engines, .. } | Self::Backfill { engines, .. } | Self::DeadLetter { engines, .. } => {
                of(engines)
            }
            Self::Simulate(_) | Self::Clickhouse { .. } => Settings::default(),
        }
    }
}

/// What the environment says of flags that a command doesn't have.
fn of_environment<T: Args + Default>() -> T {
    let flags = T::augment_args(clap::Command::new("environment"));
    let matches = flags.try_get_matches_from(std::iter::empty::<&str>());
    matches
        .and_then(|matches| T::from_arg_matches(&matches))
        .unwrap_or_default()
}

/// What was typed of it. Each can stand in the configuration file and in the environment, too.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub engines: Engines,
    pub endpoint: EndpointFlags,
    /// Where `replicate` answers those who look.
    pub status_listen: Option<SocketAddr>,
}

/// Where results are stored and go.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Engines")]
pub struct Engines {
    /// Directory of the embedded engines, the generated token and the dead letters [default: $XDG_DATA_HOME/oot-hud/ingest]
    #[arg(long, global = true, value_name = "DIR", env = "OOT_INGEST_DATA")]
    pub data: Option<PathBuf>,
    /// Record store [default: embedded]
    #[arg(long, global = true, value_name = "STORE", env = "OOT_INGEST_STORE")]
    pub store: Option<StoreKind>,
    /// DynamoDB endpoint other than AWS's own
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "OOT_INGEST_DYNAMODB_URL",
        hide_env_values = true
    )]
    pub dynamodb_url: Option<String>,
    /// ClickHouse server as http(s)://HOST:PORT, or `embedded` [default: embedded]
    #[arg(
        long,
        global = true,
        value_name = "URL|embedded",
        env = "OOT_CLICKHOUSE_URL",
        hide_env_values = true
    )]
    pub clickhouse: Option<String>,
    /// Loopback address of the embedded ClickHouse [default: 127.0.0.1:8154]
    #[arg(long, global = true, value_name = "ADDR", env = "OOT_INGEST_CLICKHOUSE_LISTEN")]
    pub clickhouse_listen: Option<SocketAddr>,
    /// The libchdb to load for the embedded ClickHouse [default: where `make libchdb` puts it]
    #[arg(long, global = true, value_name = "FILE", env = "OOT_LIBCHDB")]
    pub libchdb: Option<PathBuf>,
}

/// Where results come in.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Endpoint")]
pub struct EndpointFlags {
    /// Address of the results endpoint [default: 127.0.0.1:8054]
    #[arg(long, global = true, value_name = "ADDR", env = "OOT_INGEST_LISTEN")]
    pub listen: Option<SocketAddr>,
    /// Valid tokens, one a line [default: one is made in the data directory]
    #[arg(long, global = true, value_name = "FILE", env = "OOT_INGEST_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,
    /// Certificate of the endpoint in PEM, the chain behind it; plain HTTP without
    #[arg(long, global = true, value_name = "FILE", env = "OOT_INGEST_TLS_CERTIFICATE")]
    pub tls_certificate: Option<PathBuf>,
    /// Its key in PEM
    #[arg(long, global = true, value_name = "FILE", env = "OOT_INGEST_TLS_KEY")]
    pub tls_key: Option<PathBuf>,
}

/// Where a process that only replicates is looked at.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Endpoint")]
pub struct StatusFlags {
    /// Where `replicate` answers /livez, /readyz, /metrics and /status [default: 127.0.0.1:8055]
    #[arg(long, global = true, value_name = "ADDR", env = "OOT_INGEST_STATUS_LISTEN")]
    pub status_listen: Option<SocketAddr>,
}

/// What `migrate --print` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Printed {
    /// Both, each under a comment
    All,
    /// Statements in SQL
    Clickhouse,
    /// The tables as `aws dynamodb create-table --cli-input-json` takes them, one after the other
    Dynamodb,
}

/// The record stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// SQLite in the data directory
    Embedded,
    /// A DynamoDB table
    Dynamodb,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    /// Two flags of one name, one of them global, would only clash when they are read.
    #[test]
    fn every_command_can_be_read() {
        for line in [
            "serve --data d --listen 127.0.0.1:0 --token-file t --store dynamodb --dynamodb-url http://h --no-replicate",
            "replicate --clickhouse http://h --libchdb l",
            "replicate --events events.json --clickhouse http://h",
            "migrate --print dynamodb --store dynamodb",
            "migrate --print --clickhouse embedded --clickhouse-listen 127.0.0.1:0",
            "backfill --data d --rate 500",
            "backfill --store dynamodb --repair",
            "dead-letter list --json --data d",
            "dead-letter --data d replay --all",
            "dead-letter --data d purge 0011aa 0022bb",
            "clickhouse --data d --listen 127.0.0.1:0",
            "simulate --url http://h --token-file t --rate 2.5 --count 3 --seed 4 --log -",
            "simulate --data d --history 30 --seed 4",
        ] {
            let words = ["oot-ingest", "--log-level", "warn", "--log-json"]
                .into_iter()
                .chain(line.split(' '));
            Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }
}
