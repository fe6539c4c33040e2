//! What is meant: file < environment < flags, over the defaults.
//!
//! One file serves both programs. This one reads `[clickhouse]`, `[hud]`, `[keys]` and `[github]`; `[ingest]` is the other's and is passed over.

mod embedded;
mod environment;
mod file;
mod keys;
mod one_or_more;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::args::{Choice, Global, REFRESH_SECONDS_MAX};
use super::clickhouse::{ClickHouse, ClickHouseSection};
use super::error::ConfigError;
use super::github::{GitHub, GitHubSection};
use super::location::Location;
use super::theme::Look;
use super::url::{address, masked};
use crate::data::chosen::{EventView, Range};
use crate::keys::keymap::Keymap;
use file::{File, HudSection};
use one_or_more::OneOrMore;

pub use environment::Environment;

pub const DEFAULT_REFRESH_SECONDS: u32 = 15;

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
            clickhouse,
            hud,
            github,
            keymap,
            ..
        } = file;
        let look = environment.look(choice, &hud);
        let clickhouse = ClickHouse::resolve(
            clickhouse,
            (flags.clickhouse, flags.table),
            (environment.clickhouse_user, environment.clickhouse_password),
            embedded,
        )?;
        let (key, ingest) = match hud.ingest {
            _ if !flags.ingest.is_empty() => ("--ingest", flags.ingest),
            Some(urls) => ("hud.ingest", urls.into_list()),
            None => ("hud.ingest", Vec::new()),
        };
        let ingest = ingest
            .into_iter()
            .map(|url| address(key, "http://… or https://…", url))
            .collect::<Result<_, _>>()?;
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
            clickhouse,
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
        toml::to_string(&Shown {
            clickhouse: self.clickhouse.section(),
            hud,
            github: self.github.section(),
            keys: keys::section(&self.keymap),
        })
        .expect("texts, paths and numbers are TOML")
    }
}

#[cfg(test)]
mod tests;
