//! Where the results are, and as whom we come.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, read_text};
use super::url::{MASK, address, masked};

/// `clickhouse.url` of the engine inside `oot-ingest serve`.
const EMBEDDED: &str = "embedded";
const DEFAULT_TABLE: &str = "default.oot_workflow_job";

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

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section: [clickhouse]")]
pub(super) struct ClickHouseSection {
    pub(super) url: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) table: Option<String>,
}

impl ClickHouse {
    /// What a section means under the flags, and a user and a password of the environment. The engine inside `oot-ingest` is at `embedded`.
    ///
    /// # Errors
    /// [`ConfigError`], which names the key or the flag.
    pub(super) fn resolve(
        mut section: ClickHouseSection,
        (flagged_url, flagged_table): (Option<String>, Option<String>),
        (user, password): (Option<String>, Option<String>),
        embedded: &str,
    ) -> Result<Self, ConfigError> {
        let (key, url) = one_of(("--clickhouse", flagged_url), ("clickhouse.url", section.url));
        let url = match url {
            Some(url) if url != EMBEDDED => {
                let url = address(key, "http://…, https://… or \"embedded\"", url)?;
                without_user(key, url)?
            }
            _ => {
                // It has one user, and no password: those of the file are for a server.
                (section.user, section.password, section.password_file) = (None, None, None);
                embedded.to_owned()
            }
        };
        let (key, table) = one_of(("--table", flagged_table), ("clickhouse.table", section.table));
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
        let (key, password) = match (password, section.password, section.password_file) {
            (Some(password), ..) => ("OOT_CLICKHOUSE_PASSWORD", Some(password)),
            (None, None, Some(path)) => ("clickhouse.password_file", Some(read_text(&path)?.trim().to_owned())),
            (None, password, _) => ("clickhouse.password", password),
        };
        let password = in_a_header(key, password)?;
        let (key, user) = one_of(("OOT_CLICKHOUSE_USER", user), ("clickhouse.user", section.user));
        Ok(Self {
            url,
            user: in_a_header(key, user)?,
            password,
            database: database.to_owned(),
            table: table.to_owned(),
        })
    }

    /// As a section that would give it, secrets masked.
    pub(super) fn section(&self) -> ClickHouseSection {
        ClickHouseSection {
            url: Some(masked(&self.url)),
            user: self.user.clone(),
            password: self.password.as_ref().map(|_| MASK.to_owned()),
            password_file: None,
            table: Some(format!("{}.{}", self.database, self.table)),
        }
    }
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
