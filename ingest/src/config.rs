//! What is meant: file < environment < flags, over the defaults.
//!
//! One file serves both programs. This one reads `[clickhouse]` and `[ingest]`; `[hud]`, `[keys]` and `[github]` are the other's and are passed
//! over.

mod file;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::args::{Settings, StoreKind};
use crate::clickhouse::{self, Server, masked};
use crate::http::tls;
use crate::store::{dynamodb, spool};
use file::{ClickHouseSection, File, IngestSection, read_text};

/// `clickhouse.url` of the engine inside `serve`.
const EMBEDDED: &str = "embedded";
const DEFAULT_LISTEN: SocketAddr = loopback(8054);
const DEFAULT_STATUS_LISTEN: SocketAddr = loopback(8055);
const DEFAULT_CLICKHOUSE_LISTEN: SocketAddr = loopback(8154);
const DEFAULT_TABLE: &str = "default.oot_workflow_job";
const DEFAULT_CONNECTIONS_MAX: usize = 2048;
const DEFAULT_IN_FLIGHT_MAX: usize = 256;
const DEFAULT_RETENTION_DAYS: u32 = 100;
const DEFAULT_SPOOL: spool::Limits = spool::Limits {
    max_bytes: 1 << 30,
    min_free_bytes: 256 << 20,
};
const MASK: &str = "***";

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

/// The configuration of `serve`, `replicate` and `migrate`.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub data: PathBuf,
    pub listen: SocketAddr,
    /// Where `replicate` says how it does.
    pub status_listen: SocketAddr,
    pub token_file: Option<PathBuf>,
    /// SHA-256 digests of tokens, in hexadecimal.
    pub token_sha256: Vec<String>,
    pub store: Store,
    pub clickhouse: ClickHouse,
    /// Rows of the replica are kept for so many days; forever without.
    pub retention_days: Option<u32>,
    /// Plain HTTP without.
    pub tls: Option<tls::Files>,
    /// Connections to the endpoint at once.
    pub connections_max: usize,
    /// Callbacks read and stored at once; each holds up to 2 MiB in memory.
    pub in_flight_max: usize,
    /// Of one repository; none is without limit.
    pub callbacks_per_minute: Option<u32>,
    pub spool: spool::Limits,
}

/// The record store in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    Embedded,
    Dynamodb(dynamodb::Location),
}

/// The ClickHouse in use.
#[derive(Clone, Debug, PartialEq)]
pub enum ClickHouse {
    /// libchdb in this process, listening on a loopback address.
    Embedded {
        listen: SocketAddr,
        libchdb: Option<PathBuf>,
        database: String,
        table: String,
    },
    Server(Server),
}

impl ClickHouse {
    /// Database and table of the results.
    pub fn table(&self) -> (&str, &str) {
        match self {
            Self::Embedded { database, table, .. } | Self::Server(Server { database, table, .. }) => (database, table),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("can't read {path}: {error}")]
    Read { path: PathBuf, error: std::io::Error },
    #[error("{path}:{line}: {key}: {reason}")]
    File {
        path: PathBuf,
        line: usize,
        key: String,
        reason: String,
    },
    #[error("{key}: expected {expected}, got {got:?}")]
    Value {
        key: &'static str,
        expected: &'static str,
        got: String,
    },
    #[error(
        "--clickhouse-listen (or OOT_INGEST_CLICKHOUSE_LISTEN) is {listen}, where an embedded ClickHouse would listen, and a server is \
         configured: {url} (--clickhouse, OOT_CLICKHOUSE_URL or clickhouse.url). Leave one of them out"
    )]
    ListensNowhere {
        listen: SocketAddr,
        /// Masked.
        url: String,
    },
    #[error("no home directory to keep data in: name one with --data")]
    NoHome,
}

/// Variables of the environment that have no flag.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub clickhouse_user: Option<String>,
    pub clickhouse_password: Option<String>,
    pub clickhouse_table: Option<String>,
}

impl Environment {
    /// Reads `OOT_CLICKHOUSE_USER`, `…_PASSWORD` and `…_TABLE`.
    pub fn read() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            clickhouse_user: variable("OOT_CLICKHOUSE_USER"),
            clickhouse_password: variable("OOT_CLICKHOUSE_PASSWORD"),
            clickhouse_table: variable("OOT_CLICKHOUSE_TABLE"),
        }
    }
}

impl Config {
    /// Puts file, environment and flags together. Without `path` the default file is read, when it is there.
    ///
    /// # Errors
    /// [`ConfigError`], which names file, line and key.
    pub fn load(path: Option<&Path>, environment: Environment, flags: &Settings) -> Result<Self, ConfigError> {
        Self::resolve(File::load(path)?, environment, flags.clone())
    }

    fn resolve(file: File, environment: Environment, flags: Settings) -> Result<Self, ConfigError> {
        let File { clickhouse, ingest, .. } = file;
        let Settings {
            engines,
            endpoint,
            status_listen,
        } = flags;
        let data = match engines.data.or(ingest.data) {
            Some(data) => data,
            None => data_home().ok_or(ConfigError::NoHome)?.join("oot-hud/ingest"),
        };
        let dynamodb_url = engines.dynamodb_url.or(ingest.dynamodb_url);
        let store = match engines.store.or(ingest.store).unwrap_or(StoreKind::Embedded) {
            StoreKind::Embedded => Store::Embedded,
            StoreKind::Dynamodb => Store::Dynamodb(dynamodb::Location {
                url: dynamodb_url,
                table: ingest.dynamodb_table.unwrap_or_else(dynamodb::default_table),
            }),
        };
        let table = environment
            .clickhouse_table
            .or(clickhouse.table)
            .unwrap_or_else(|| DEFAULT_TABLE.to_owned());
        let Some((database, table)) = table
            .split_once('.')
            .filter(|(database, table)| !database.is_empty() && !table.is_empty())
        else {
            return Err(ConfigError::Value {
                key: "clickhouse.table",
                expected: "DATABASE.TABLE",
                got: table,
            });
        };
        let (database, table) = (database.to_owned(), table.to_owned());
        let url = engines
            .clickhouse
            .or(clickhouse.url)
            .unwrap_or_else(|| EMBEDDED.to_owned());
        // As in the reference; on one machine rows stay.
        let default_days = if url == EMBEDDED { 0 } else { DEFAULT_RETENTION_DAYS };
        let retention_days = Some(ingest.retention_days.unwrap_or(default_days)).filter(|days| *days > 0);
        let clickhouse = if url == EMBEDDED {
            let listen = engines
                .clickhouse_listen
                .or(ingest.clickhouse_listen)
                .unwrap_or(DEFAULT_CLICKHOUSE_LISTEN);
            if !listen.ip().is_loopback() {
                // It has no users: whoever reaches it may do anything.
                return Err(ConfigError::Value {
                    key: "clickhouse_listen",
                    expected: "a loopback address",
                    got: listen.to_string(),
                });
            }
            ClickHouse::Embedded {
                listen,
                libchdb: engines.libchdb.or(ingest.libchdb),
                database,
                table,
            }
        } else if clickhouse::is_http(&url) {
            // In the file it may stand for other times.
            if let Some(listen) = engines.clickhouse_listen {
                return Err(ConfigError::ListensNowhere {
                    listen,
                    url: masked(&url),
                });
            }
            if clickhouse::names_a_user(&url) {
                return Err(ConfigError::Value {
                    key: "clickhouse.url",
                    expected: "an address without a user (that is clickhouse.user or OOT_CLICKHOUSE_USER, and the same of the password)",
                    got: masked(&url),
                });
            }
            let password = match (
                environment.clickhouse_password.or(clickhouse.password),
                clickhouse.password_file,
            ) {
                (Some(password), _) => Some(password),
                (None, Some(path)) => Some(read_text(&path)?.trim().to_owned()),
                (None, None) => None,
            };
            let user = environment.clickhouse_user.or(clickhouse.user);
            ClickHouse::Server(Server {
                url,
                user,
                password,
                database,
                table,
                cluster: ingest.clickhouse_cluster,
                retention_days,
            })
        } else {
            return Err(ConfigError::Value {
                key: "clickhouse.url",
                expected: "http://…, https://… or \"embedded\"",
                got: masked(&url),
            });
        };
        let tls = match (
            endpoint.tls_certificate.or(ingest.tls_certificate),
            endpoint.tls_key.or(ingest.tls_key),
        ) {
            (None, None) => None,
            (Some(certificate), Some(key)) => Some(tls::Files { certificate, key }),
            (certificate, _) => {
                return Err(ConfigError::Value {
                    key: if certificate.is_some() {
                        "tls_key"
                    } else {
                        "tls_certificate"
                    },
                    expected: "both tls_certificate and tls_key, or neither",
                    got: String::new(),
                });
            }
        };
        Ok(Self {
            retention_days,
            tls,
            connections_max: at_least_one("connections_max", ingest.connections_max, DEFAULT_CONNECTIONS_MAX)?,
            in_flight_max: at_least_one("in_flight_max", ingest.in_flight_max, DEFAULT_IN_FLIGHT_MAX)?,
            callbacks_per_minute: ingest.callbacks_per_minute.filter(|per_minute| *per_minute > 0),
            spool: spool::Limits {
                max_bytes: ingest.spool_max_bytes.unwrap_or(DEFAULT_SPOOL.max_bytes),
                min_free_bytes: ingest.spool_min_free_bytes.unwrap_or(DEFAULT_SPOOL.min_free_bytes),
            },
            data,
            listen: endpoint.listen.or(ingest.listen).unwrap_or(DEFAULT_LISTEN),
            status_listen: status_listen.or(ingest.status_listen).unwrap_or(DEFAULT_STATUS_LISTEN),
            token_file: endpoint.token_file.or(ingest.token_file),
            token_sha256: ingest.token_sha256,
            store,
            clickhouse,
        })
    }

    /// The configuration as a file that would give it, secrets masked.
    ///
    /// # Errors
    /// When a path is not UTF-8.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        #[derive(Serialize)]
        struct Shown {
            clickhouse: ClickHouseSection,
            ingest: IngestSection,
        }
        let mut ingest = IngestSection {
            data: Some(self.data.clone()),
            listen: Some(self.listen),
            status_listen: Some(self.status_listen),
            token_file: self.token_file.clone(),
            token_sha256: self.token_sha256.iter().map(|_| MASK.to_owned()).collect(),
            store: Some(StoreKind::Embedded),
            retention_days: Some(self.retention_days.unwrap_or(0)),
            tls_certificate: self.tls.as_ref().map(|files| files.certificate.clone()),
            tls_key: self.tls.as_ref().map(|files| files.key.clone()),
            connections_max: Some(self.connections_max),
            in_flight_max: Some(self.in_flight_max),
            callbacks_per_minute: self.callbacks_per_minute,
            spool_max_bytes: Some(self.spool.max_bytes),
            spool_min_free_bytes: Some(self.spool.min_free_bytes),
            ..IngestSection::default()
        };
        if let Store::Dynamodb(location) = &self.store {
            ingest.store = Some(StoreKind::Dynamodb);
            ingest.dynamodb_url = location.url.as_deref().map(masked);
            ingest.dynamodb_table = Some(location.table.clone());
        }
        let clickhouse = match &self.clickhouse {
            ClickHouse::Embedded {
                listen,
                libchdb,
                database,
                table,
            } => {
                ingest.clickhouse_listen = Some(*listen);
                ingest.libchdb = libchdb.clone();
                ClickHouseSection {
                    url: Some(EMBEDDED.to_owned()),
                    table: Some(format!("{database}.{table}")),
                    ..ClickHouseSection::default()
                }
            }
            ClickHouse::Server(server) => {
                ingest.clickhouse_cluster.clone_from(&server.cluster);
                ClickHouseSection {
                    url: Some(masked(&server.url)),
                    user: server.user.clone(),
                    password: server.password.as_ref().map(|_| MASK.to_owned()),
                    password_file: None,
                    table: Some(format!("{}.{}", server.database, server.table)),
                }
            }
        };
        toml::to_string(&Shown { clickhouse, ingest })
    }
}

fn at_least_one(key: &'static str, value: Option<usize>, default: usize) -> Result<usize, ConfigError> {
    match value.unwrap_or(default) {
        0 => Err(ConfigError::Value {
            key,
            expected: "a whole number of at least 1",
            got: "0".to_owned(),
        }),
        value => Ok(value),
    }
}

/// `$XDG_DATA_HOME`, by default `~/.local/share`.
pub fn data_home() -> Option<PathBuf> {
    let home = std::env::var_os("XDG_DATA_HOME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    home.or_else(|| Some(std::env::home_dir()?.join(".local/share")))
}

#[cfg(test)]
mod tests;
