//! What is meant: file < environment < flags, over the defaults.
//!
//! One file serves both programs. This one reads `[clickhouse]` and `[hud]`; `[ingest]` is the other's and is passed over.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::args::{Choice, EventView, Global, Range};

/// `clickhouse.url` of the engine inside `oot-ingest serve`, which listens here by default.
const EMBEDDED: &str = "embedded";
const EMBEDDED_URL: &str = "http://127.0.0.1:8154";
const DEFAULT_TABLE: &str = "default.oot_workflow_job";
const DEFAULT_REFRESH_SECONDS: u32 = 15;
const MASK: &str = "***";

/// What every screen and command goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub clickhouse: ClickHouse,
    /// The daemon, when its lag is to count.
    pub ingest: Option<String>,
    pub allowlist: Option<PathBuf>,
    /// Zero is never.
    pub refresh: Duration,
    pub range: Range,
    pub event: EventView,
}

/// Where the results are, and as whom we come.
#[derive(Clone, PartialEq, Eq)]
pub struct ClickHouse {
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: String,
    pub table: String,
}

/// The password is masked.
impl std::fmt::Debug for ClickHouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}.{}", self.url, self.database, self.table)
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
}

/// The file. Unknown sections and keys are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    clickhouse: ClickHouseSection,
    hud: HudSection,
    #[serde(rename = "ingest")]
    _ingest: toml::Table,
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
struct HudSection {
    ingest: Option<String>,
    allowlist: Option<PathBuf>,
    refresh: Option<u32>,
    range: Option<Range>,
    event: Option<EventView>,
}

/// Variables of the environment that have no flag: a password in a flag would stand in `ps`.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub clickhouse_user: Option<String>,
    pub clickhouse_password: Option<String>,
}

impl Environment {
    /// Reads `OOT_CLICKHOUSE_USER` and `OOT_CLICKHOUSE_PASSWORD`.
    pub fn read() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            clickhouse_user: variable("OOT_CLICKHOUSE_USER"),
            clickhouse_password: variable("OOT_CLICKHOUSE_PASSWORD"),
        }
    }
}

impl Config {
    /// Puts file, environment and flags together. Without `--config` the default file is read, when it is there.
    ///
    /// # Errors
    /// [`ConfigError`], which names file, line and key.
    pub fn load(environment: Environment, flags: &Global, choice: &Choice) -> Result<Self, ConfigError> {
        let named = flags.config.clone();
        let file = match named.or_else(|| default_file().filter(|path| path.exists())) {
            Some(path) => read_file(&path)?,
            None => File::default(),
        };
        Self::resolve(file, environment, flags.clone(), choice)
    }

    fn resolve(file: File, environment: Environment, flags: Global, choice: &Choice) -> Result<Self, ConfigError> {
        let File { clickhouse, hud, .. } = file;
        let url = match flags.clickhouse.or(clickhouse.url) {
            None => EMBEDDED_URL.to_owned(),
            Some(url) if url == EMBEDDED => EMBEDDED_URL.to_owned(),
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => url,
            Some(got) => {
                let expected = "http://…, https://… or \"embedded\"";
                return Err(ConfigError::Value {
                    key: "clickhouse.url",
                    expected,
                    got,
                });
            }
        };
        let table = flags
            .table
            .or(clickhouse.table)
            .unwrap_or_else(|| DEFAULT_TABLE.to_owned());
        let parts = table
            .split_once('.')
            .filter(|(database, table)| !database.is_empty() && !table.is_empty());
        let Some((database, table)) = parts else {
            return Err(ConfigError::Value {
                key: "clickhouse.table",
                expected: "DATABASE.TABLE",
                got: table,
            });
        };
        let password = match (
            environment.clickhouse_password.or(clickhouse.password),
            clickhouse.password_file,
        ) {
            (Some(password), _) => Some(password),
            (None, Some(path)) => Some(read_text(&path)?.trim().to_owned()),
            (None, None) => None,
        };
        let refresh = flags.refresh.or(hud.refresh).unwrap_or(DEFAULT_REFRESH_SECONDS);
        Ok(Self {
            clickhouse: ClickHouse {
                url,
                user: environment.clickhouse_user.or(clickhouse.user),
                password,
                database: database.to_owned(),
                table: table.to_owned(),
            },
            ingest: flags.ingest.or(hud.ingest),
            allowlist: flags.allowlist.or(hud.allowlist),
            refresh: Duration::from_secs(refresh.into()),
            range: choice.range.or(hud.range).unwrap_or(Range::Week),
            event: choice.event.or(hud.event).unwrap_or(EventView::Pr),
        })
    }

    /// The configuration as a file that would give it, secrets masked.
    pub fn to_toml(&self) -> String {
        #[derive(Serialize)]
        struct Shown {
            clickhouse: ClickHouseSection,
            hud: HudSection,
        }
        let clickhouse = ClickHouseSection {
            url: Some(self.clickhouse.url.clone()),
            user: self.clickhouse.user.clone(),
            password: self.clickhouse.password.as_ref().map(|_| MASK.to_owned()),
            password_file: None,
            table: Some(format!("{}.{}", self.clickhouse.database, self.clickhouse.table)),
        };
        let hud = HudSection {
            ingest: self.ingest.clone(),
            allowlist: self.allowlist.clone(),
            refresh: Some(self.refresh.as_secs() as u32),
            range: Some(self.range),
            event: Some(self.event),
        };
        toml::to_string(&Shown { clickhouse, hud }).expect("texts, paths and numbers are TOML")
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

fn read_text(path: &Path) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|error| ConfigError::Read {
        path: path.to_owned(),
        error,
    })
}

fn read_file(path: &Path) -> Result<File, ConfigError> {
    let text = read_text(path)?;
    toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let line = text[..start].lines().count().max(1) + usize::from(text[..start].ends_with('\n') && start > 0);
        ConfigError::File {
            path: path.to_owned(),
            line,
            key: key_at(&text, start),
            reason: error.message().replace('\n', " "),
        }
    })
}

/// The key at a place of the file, with its section.
fn key_at(text: &str, at: usize) -> String {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text[line_start..].lines().next().unwrap_or_default().trim();
    if line.starts_with('[') {
        return line.trim_matches(['[', ']']).to_owned();
    }
    let key = line.split('=').next().unwrap_or_default().trim();
    let section = before.lines().rev().map(str::trim).find(|line| line.starts_with('['));
    match section {
        Some(section) => format!("{}.{key}", section.trim_matches(['[', ']'])),
        None => key.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, flags: Global) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, file).unwrap();
        let flags = Global {
            config: Some(path),
            ..flags
        };
        Config::load(Environment::default(), &flags, &Choice::default())
            .map_err(|error| error.to_string().replace(&dir.path().display().to_string(), ""))
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_the_default() {
        let file = "[clickhouse]\nurl = \"https://h:8443\"\ntable = \"default.crcr_workflow_job\"\n[hud]\nrange = \"24h\"\nrefresh = 0\n[ingest]\nlisten = \"x\"\n";
        let config = load(
            file,
            Global {
                clickhouse: Some("http://other:1".to_owned()),
                ..Global::default()
            },
        )
        .unwrap();
        assert_eq!(config.clickhouse.url, "http://other:1");
        assert_eq!(
            (config.clickhouse.database.as_str(), config.clickhouse.table.as_str()),
            ("default", "crcr_workflow_job")
        );
        assert_eq!(
            (config.range, config.refresh, config.event),
            (Range::Day, Duration::ZERO, EventView::Pr)
        );
    }

    #[test]
    fn a_wrong_key_or_value_is_named_with_its_place() {
        let error = load("# a comment\n[hud]\nrefrsh = 3\n", Global::default()).unwrap_err();
        assert!(
            error.starts_with("/config.toml:3: hud.refrsh: unknown field `refrsh`"),
            "{error}"
        );
        let error = load("[hud]\n\nrange = \"9d\"\n", Global::default()).unwrap_err();
        assert!(
            error.starts_with("/config.toml:3: hud.range: unknown variant `9d`"),
            "{error}"
        );
        let error = load("[colour]\n", Global::default()).unwrap_err();
        assert!(
            error.starts_with("/config.toml:1: colour: unknown field `colour`"),
            "{error}"
        );
        let error = load("[clickhouse]\ntable = \"t\"\n", Global::default()).unwrap_err();
        assert_eq!(error, "clickhouse.table: expected DATABASE.TABLE, got \"t\"");
    }

    #[test]
    fn what_is_printed_gives_the_same_again_but_for_the_password() {
        let file = "[clickhouse]\nuser = \"reader\"\npassword = \"secret\"\n[hud]\nevent = \"nightly\"\n";
        let config = load(file, Global::default()).unwrap();
        let printed = config.to_toml();
        assert!(!printed.contains("secret"));
        let mut again = load(&printed, Global::default()).unwrap();
        again.clickhouse.password.clone_from(&config.clickhouse.password);
        assert_eq!(again, config);
        assert!(!format!("{config:?}").contains("secret"));
    }
}
