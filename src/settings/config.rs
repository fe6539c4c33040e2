//! What is meant: file < environment < flags, over the defaults.
//!
//! One file serves both programs. This one reads `[clickhouse]`, `[hud]`, `[keys]` and `[github]`; `[ingest]` is the other's and is passed over.

mod embedded;
mod environment;
mod file;
mod github;
mod keys;
mod location;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::data::chosen::{EventView, Range};
use crate::keys::keymap::Keymap;
use crate::settings::args::{Choice, Global};
use crate::settings::theme::Look;
use file::{ClickHouseSection, File, HudSection, OneOrMore, read_text};
use github::GitHubSection;

pub use environment::Environment;
pub use github::GitHub;
pub use location::Location;

/// `clickhouse.url` of the engine inside `oot-ingest serve`.
const EMBEDDED: &str = "embedded";
const DEFAULT_TABLE: &str = "default.oot_workflow_job";
pub const DEFAULT_REFRESH_SECONDS: u32 = 15;
/// A day.
pub const REFRESH_SECONDS_MAX: u32 = 86_400;
const MASK: &str = "***";

/// What every screen and command goes by.
#[derive(Clone, PartialEq)]
pub struct Config {
    pub clickhouse: ClickHouse,
    /// The daemons, when their state is to count.
    pub ingest: Vec<String>,
    pub allowlist: Option<Location>,
    /// Whom to ask for the titles of pull requests.
    pub github: GitHub,
    /// Zero is never.
    pub refresh: Duration,
    pub range: Range,
    pub event: EventView,
    /// As it stood then, in nanoseconds since 1970; none is now.
    pub as_of: Option<i64>,
    /// The mouse is ours from the start.
    pub mouse: bool,
    /// Starts where the last one was quit.
    pub resume: bool,
    pub keymap: Keymap,
    pub look: Look,
}

/// As it is printed: addresses of daemons hold secrets as well.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}as of {:?}", self.to_toml(), self.as_of)
    }
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

/// Where the results are, without secrets: `https://HOST:8443, table default.oot_workflow_job`.
impl std::fmt::Display for ClickHouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, table {}.{}", masked(&self.url), self.database, self.table)
    }
}

/// The password is masked.
impl std::fmt::Debug for ClickHouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}.{}", masked(&self.url), self.database, self.table)
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
    /// The key with its line where it stands in the file; or the flag.
    #[error("{key}: expected {expected}, got {got:?}")]
    Value {
        key: String,
        expected: &'static str,
        got: String,
    },
    #[error("--as-of: {0}")]
    AsOf(String),
}

impl Config {
    /// Puts file, environment and flags together. Without `--config` the default file is read, when it is there.
    ///
    /// # Errors
    /// [`ConfigError`], which names file, line and key, or the flag.
    pub fn load(environment: Environment, flags: &Global, choice: &Choice) -> Result<Self, ConfigError> {
        let mut file = File::load(flags.config.as_deref())?;
        let written = std::mem::take(&mut file.written);
        let embedded = embedded::url(&file, &environment);
        let resolved = Self::resolve(file, &embedded, environment, flags.clone(), choice);
        resolved.map_err(|error| match error {
            ConfigError::Value { key, expected, got } => ConfigError::Value {
                key: written.with_its_line(key),
                expected,
                got,
            },
            other => other,
        })
    }

    fn resolve(
        file: File,
        embedded: &str,
        environment: Environment,
        flags: Global,
        choice: &Choice,
    ) -> Result<Self, ConfigError> {
        let File {
            mut clickhouse,
            hud,
            github,
            keymap,
            ..
        } = file;
        let look = environment.look(choice, &hud);
        let (key, url) = one_of(("--clickhouse", flags.clickhouse), ("clickhouse.url", clickhouse.url));
        let url = match url {
            Some(url) if url != EMBEDDED => {
                let url = address(key, "http://…, https://… or \"embedded\"", url)?;
                without_user(key, url)?
            }
            _ => {
                // It has one user, and no password: those of the file are for a server.
                (clickhouse.user, clickhouse.password, clickhouse.password_file) = (None, None, None);
                embedded.to_owned()
            }
        };
        let (key, ingest) = match hud.ingest {
            _ if !flags.ingest.is_empty() => ("--ingest", flags.ingest),
            Some(urls) => ("hud.ingest", urls.into_list()),
            None => ("hud.ingest", Vec::new()),
        };
        let ingest = ingest
            .into_iter()
            .map(|url| address(key, "http://… or https://…", url))
            .collect::<Result<_, _>>()?;
        let (key, table) = one_of(("--table", flags.table), ("clickhouse.table", clickhouse.table));
        let table = table.unwrap_or_else(|| DEFAULT_TABLE.to_owned());
        let parts = table
            .split_once('.')
            .filter(|(database, table)| !database.is_empty() && !table.is_empty());
        let Some((database, table)) = parts else {
            return Err(ConfigError::Value {
                key: key.to_owned(),
                expected: "DATABASE.TABLE",
                got: table,
            });
        };
        let password = (
            environment.clickhouse_password,
            clickhouse.password,
            clickhouse.password_file,
        );
        let (key, password) = match password {
            (Some(password), ..) => ("OOT_CLICKHOUSE_PASSWORD", Some(password)),
            (None, None, Some(path)) => ("clickhouse.password_file", Some(read_text(&path)?.trim().to_owned())),
            (None, password, _) => ("clickhouse.password", password),
        };
        let password = in_a_header(key, password)?;
        let (key, user) = one_of(
            ("OOT_CLICKHOUSE_USER", environment.clickhouse_user),
            ("clickhouse.user", clickhouse.user),
        );
        let user = in_a_header(key, user)?;
        let as_of = choice.as_of.map(|moment| moment.at(environment.now)).transpose();
        let refresh = flags.refresh.or(hud.refresh).unwrap_or(DEFAULT_REFRESH_SECONDS);
        if refresh > REFRESH_SECONDS_MAX {
            return Err(ConfigError::Value {
                key: "hud.refresh".to_owned(),
                expected: "seconds, 86400 at most",
                got: refresh.to_string(),
            });
        }
        Ok(Self {
            clickhouse: ClickHouse {
                url,
                user,
                password,
                database: database.to_owned(),
                table: table.to_owned(),
            },
            ingest,
            allowlist: flags.allowlist.or(hud.allowlist),
            github: GitHub::resolve(github, environment.github_token)?,
            refresh: Duration::from_secs(refresh.into()),
            range: choice.range.or(hud.range).unwrap_or(Range::Week),
            event: choice.event.or(hud.event).unwrap_or(EventView::Pr),
            as_of: as_of.map_err(ConfigError::AsOf)?,
            mouse: hud.mouse.unwrap_or(false),
            resume: flags.resume || hud.resume.unwrap_or(false),
            keymap,
            look,
        })
    }

    /// The configuration as a file that would give it, secrets masked.
    pub fn to_toml(&self) -> String {
        #[derive(Serialize)]
        struct Shown {
            clickhouse: ClickHouseSection,
            hud: HudSection,
            github: GitHubSection,
            keys: BTreeMap<String, OneOrMore>,
        }
        let clickhouse = ClickHouseSection {
            url: Some(masked(&self.clickhouse.url)),
            user: self.clickhouse.user.clone(),
            password: self.clickhouse.password.as_ref().map(|_| MASK.to_owned()),
            password_file: None,
            table: Some(format!("{}.{}", self.clickhouse.database, self.clickhouse.table)),
        };
        let hud = HudSection {
            ingest: Some(OneOrMore::More(self.ingest.iter().map(|url| masked(url)).collect())),
            allowlist: self.allowlist.clone(),
            refresh: Some(self.refresh.as_secs() as u32),
            range: Some(self.range),
            event: Some(self.event),
            theme: Some(self.look.theme),
            colours: Some(self.look.colours),
            ascii: Some(self.look.ascii),
            mouse: Some(self.mouse),
            resume: Some(self.resume),
        };
        let (github, keys) = (self.github.section(), keys::section(&self.keymap));
        toml::to_string(&Shown {
            clickhouse,
            hud,
            github,
            keys,
        })
        .expect("texts, paths and numbers are TOML")
    }
}

fn address(key: &'static str, expected: &'static str, url: String) -> Result<String, ConfigError> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(url);
    }
    Err(ConfigError::Value {
        key: key.to_owned(),
        expected,
        got: masked(&url),
    })
}

/// The one that counts, with what it is called.
fn one_of<T>(flag: (&'static str, Option<T>), file: (&'static str, Option<T>)) -> (&'static str, Option<T>) {
    if flag.1.is_some() { flag } else { file }
}

/// An address that names nobody: its user would be dropped on the way, and another one let in, or none.
fn without_user(key: &'static str, url: String) -> Result<String, ConfigError> {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !authority.contains('@') {
        return Ok(url);
    }
    Err(ConfigError::Value {
        key: key.to_owned(),
        expected: "an address without a user (that is clickhouse.user or OOT_CLICKHOUSE_USER, and the same of the password)",
        got: masked(&url),
    })
}

/// A user or a password, which goes as a header. It is never shown: they are taken for each other.
fn in_a_header(key: &'static str, text: Option<String>) -> Result<Option<String>, ConfigError> {
    if text.as_ref().is_none_or(|text| !text.contains(char::is_control)) {
        return Ok(text);
    }
    Err(ConfigError::Value {
        key: key.to_owned(),
        expected: "one line of text",
        got: MASK.to_owned(),
    })
}

/// An address as it may be shown: without what stands before an `@`, and without parameters, where secrets are.
pub fn masked(url: &str) -> String {
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (&url[..scheme.len() + 3], rest),
        _ => ("", url),
    };
    // A password may hold any character: what stands before the last `@` is never shown.
    let (before, rest) = rest.rsplit_once('@').unwrap_or(("", rest));
    if before.contains(['?', '#']) {
        return format!("{scheme}{}", host_alone(before));
    }
    let user = if before.is_empty() { "" } else { "***@" };
    let (shown, hidden) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let mark = hidden.get(..1).map_or(String::new(), |mark| format!("{mark}{MASK}"));
    format!("{scheme}{user}{shown}{mark}")
}

/// Of an address with an `@` behind a `?` or `#`: that is a parameter's, or all of it is a password. A name with a dot, and without a
/// colon or an `@`, is the host where the request goes.
fn host_alone(rest: &str) -> String {
    let (host, behind) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    match host.contains('.') && host.bytes().all(is_host) {
        true => format!("{host}{}{MASK}", &behind[..1]),
        false => MASK.to_owned(),
    }
}

#[cfg(test)]
mod tests;
