//! What is meant: file < environment < flags, over the defaults.
//!
//! One file serves both programs. This one reads `[clickhouse]` and `[ingest]`; `[hud]` is the other's and is passed over.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::args::{Settings, StoreKind};
use crate::clickhouse::Server;
use crate::store::dynamodb;

/// `clickhouse.url` of the engine inside `serve`.
const EMBEDDED: &str = "embedded";
const DEFAULT_LISTEN: SocketAddr = loopback(8054);
const DEFAULT_CLICKHOUSE_LISTEN: SocketAddr = loopback(8154);
const DEFAULT_TABLE: &str = "default.oot_workflow_job";
const MASK: &str = "***";

const fn loopback(port: u16) -> SocketAddr {
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), port)
}

/// The configuration of `serve`, `replicate` and `migrate`.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub data: PathBuf,
    pub listen: SocketAddr,
    pub token_file: Option<PathBuf>,
    /// SHA-256 digests of tokens, in hexadecimal.
    pub token_sha256: Vec<String>,
    pub store: Store,
    pub clickhouse: ClickHouse,
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
    #[error("no home directory to keep data in: name one with --data")]
    NoHome,
}

/// The file. Unknown sections and keys are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    clickhouse: ClickHouseSection,
    ingest: IngestSection,
    #[serde(rename = "hud")]
    _hud: toml::Table,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ClickHouseSection {
    url: Option<String>,
    user: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    table: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IngestSection {
    data: Option<PathBuf>,
    listen: Option<SocketAddr>,
    token_file: Option<PathBuf>,
    token_sha256: Vec<String>,
    store: Option<StoreKind>,
    dynamodb_url: Option<String>,
    dynamodb_table: Option<String>,
    clickhouse_listen: Option<SocketAddr>,
    libchdb: Option<PathBuf>,
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
        let file = match path
            .map(Path::to_owned)
            .or_else(|| default_file().filter(|path| path.exists()))
        {
            Some(path) => read_file(&path)?,
            None => File::default(),
        };
        Self::resolve(file, environment, flags.clone())
    }

    fn resolve(file: File, environment: Environment, flags: Settings) -> Result<Self, ConfigError> {
        let File { clickhouse, ingest, .. } = file;
        let data = match flags.data.or(ingest.data) {
            Some(data) => data,
            None => data_home().ok_or(ConfigError::NoHome)?.join("oot-hud/ingest"),
        };
        let dynamodb_url = flags.dynamodb_url.or(ingest.dynamodb_url);
        let store = match flags.store.or(ingest.store).unwrap_or(StoreKind::Embedded) {
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
        let url = flags
            .clickhouse
            .or(clickhouse.url)
            .unwrap_or_else(|| EMBEDDED.to_owned());
        let clickhouse = if url == EMBEDDED {
            let listen = flags
                .clickhouse_listen
                .or(ingest.clickhouse_listen)
                .unwrap_or(DEFAULT_CLICKHOUSE_LISTEN);
            if !listen.ip().is_loopback() {
                // SQL can read the host's files: nobody else's business.
                return Err(ConfigError::Value {
                    key: "clickhouse_listen",
                    expected: "a loopback address",
                    got: listen.to_string(),
                });
            }
            ClickHouse::Embedded {
                listen,
                libchdb: flags.libchdb.or(ingest.libchdb),
                database,
                table,
            }
        } else if url.starts_with("http://") || url.starts_with("https://") {
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
            })
        } else {
            return Err(ConfigError::Value {
                key: "clickhouse.url",
                expected: "http://…, https://… or \"embedded\"",
                got: url,
            });
        };
        Ok(Self {
            data,
            listen: flags.listen.or(ingest.listen).unwrap_or(DEFAULT_LISTEN),
            token_file: flags.token_file.or(ingest.token_file),
            token_sha256: ingest.token_sha256,
            store,
            clickhouse,
        })
    }

    /// The configuration as a file that would give it, secrets masked.
    pub fn to_toml(&self) -> String {
        #[derive(Serialize)]
        struct Shown {
            clickhouse: ClickHouseSection,
            ingest: IngestSection,
        }
        let mut ingest = IngestSection {
            data: Some(self.data.clone()),
            listen: Some(self.listen),
            token_file: self.token_file.clone(),
            token_sha256: self.token_sha256.iter().map(|_| MASK.to_owned()).collect(),
            store: Some(StoreKind::Embedded),
            ..IngestSection::default()
        };
        if let Store::Dynamodb(location) = &self.store {
            ingest.store = Some(StoreKind::Dynamodb);
            ingest.dynamodb_url = location.url.clone();
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
            ClickHouse::Server(server) => ClickHouseSection {
                url: Some(server.url.clone()),
                user: server.user.clone(),
                password: server.password.as_ref().map(|_| MASK.to_owned()),
                password_file: None,
                table: Some(format!("{}.{}", server.database, server.table)),
            },
        };
        toml::to_string(&Shown { clickhouse, ingest }).expect("paths and addresses are text")
    }
}

fn default_file() -> Option<PathBuf> {
    let home = std::env::var_os("XDG_CONFIG_HOME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    Some(
        home.or_else(|| Some(std::env::home_dir()?.join(".config")))?
            .join("oot-hud/config.toml"),
    )
}

/// `$XDG_DATA_HOME`, by default `~/.local/share`.
pub fn data_home() -> Option<PathBuf> {
    let home = std::env::var_os("XDG_DATA_HOME")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    home.or_else(|| Some(std::env::home_dir()?.join(".local/share")))
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
        path: path.to_owned(),
        error,
    })
}

fn read_file(path: &Path) -> Result<File, ConfigError> {
    let text = read_text(path)?;
    toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let (line, key) = locate(&text, at);
        ConfigError::File {
            path: path.to_owned(),
            line,
            key,
            reason: error.message().to_owned(),
        }
    })
}

/// The line that holds a byte, and the key on it with its section.
fn locate(text: &str, at: usize) -> (usize, String) {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count();
    let lines: Vec<&str> = text.lines().collect();
    let here = lines.get(line).copied().unwrap_or_default().trim();
    let section = |line: &&str| {
        line.trim()
            .strip_prefix('[')
            .and_then(|line| line.split(']').next())
            .map(str::to_owned)
    };
    let key = match lines.iter().take(line).rev().find_map(section) {
        _ if here.starts_with('[') => here.trim_matches(['[', ']']).to_owned(),
        Some(section) => format!("{section}.{}", here.split('=').next().unwrap_or_default().trim()),
        None => here.split('=').next().unwrap_or_default().trim().to_owned(),
    };
    (line + 1, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str, environment: Environment, flags: &Settings) -> Result<Config, ConfigError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(Some(&path), environment, flags)
    }

    fn flags() -> Settings {
        Settings {
            data: Some("/data".into()),
            ..Settings::default()
        }
    }

    #[test]
    fn without_a_word_everything_is_embedded_and_on_loopback() {
        let config = load("", Environment::default(), &flags()).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:8054");
        assert_eq!(config.store, Store::Embedded);
        let ClickHouse::Embedded {
            listen,
            database,
            table,
            ..
        } = config.clickhouse
        else {
            panic!()
        };
        assert_eq!(
            (listen.to_string(), format!("{database}.{table}")),
            ("127.0.0.1:8154".to_owned(), DEFAULT_TABLE.to_owned())
        );
    }

    #[test]
    fn flags_beat_environment_beats_file() {
        let file = "[clickhouse]\nurl = \"http://file:1\"\nuser = \"file\"\npassword = \"file\"\n[ingest]\nlisten = \"127.0.0.1:1\"";
        let environment = Environment {
            clickhouse_user: Some("environment".to_owned()),
            ..Environment::default()
        };
        let flags = Settings {
            clickhouse: Some("http://flag:1".to_owned()),
            ..flags()
        };
        let config = load(file, environment, &flags).unwrap();
        let ClickHouse::Server(server) = &config.clickhouse else {
            panic!()
        };
        assert_eq!(server.url, "http://flag:1");
        assert_eq!(server.user.as_deref(), Some("environment"));
        assert_eq!(server.password.as_deref(), Some("file"));
        assert_eq!(config.listen.port(), 1);
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let error = |text: &str| load(text, Environment::default(), &flags()).unwrap_err().to_string();
        let unknown = error("[ingest]\nlisten = \"127.0.0.1:1\"\nlissten = 3\n");
        assert!(
            unknown.contains("config.toml:3: ingest.lissten: unknown field"),
            "{unknown}"
        );
        let wrong = error("[clickhouse]\n\nuser = 3\n");
        assert!(
            wrong.contains("config.toml:3: clickhouse.user: invalid type: integer `3`"),
            "{wrong}"
        );
        let section = error("[hud]\nanything = 1\n[injest]\n");
        assert!(section.contains("config.toml:3: injest: unknown field"), "{section}");
        assert!(error("[clickhouse]\nurl = \"tcp://x\"").contains("clickhouse.url: expected http://"));
        assert!(error("[clickhouse]\ntable = \"x\"").contains("clickhouse.table: expected DATABASE.TABLE"));
    }

    #[test]
    fn the_embedded_engine_stays_on_loopback() {
        let flags = Settings {
            clickhouse_listen: Some("0.0.0.0:8154".parse().unwrap()),
            ..flags()
        };
        assert!(load("", Environment::default(), &flags).is_err());
    }

    #[test]
    fn what_is_shown_reads_back_and_holds_no_secret() {
        let file = "[clickhouse]\nurl = \"https://x\"\nuser = \"u\"\npassword = \"geheim\"\n[ingest]\ntoken_sha256 = [\"abcdef\"]\nstore = \"dynamodb\"";
        let config = load(file, Environment::default(), &flags()).unwrap();
        let shown = config.to_toml();
        assert!(!shown.contains("geheim") && !shown.contains("abcdef"), "{shown}");
        assert!(!format!("{config:?}").contains("geheim"));
        assert_eq!(
            load(&shown, Environment::default(), &Settings::default())
                .unwrap()
                .to_toml(),
            shown
        );
    }
}
