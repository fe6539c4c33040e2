//! The configuration file as it is written: its sections, and where in it something is wrong.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ConfigError;
use crate::args::StoreKind;

/// The file. Unknown sections and keys are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) clickhouse: ClickHouseSection,
    pub(super) ingest: IngestSection,
    #[serde(rename = "hud")]
    _hud: toml::Table,
    #[serde(rename = "github")]
    _github: toml::Table,
    #[serde(rename = "keys")]
    _keys: toml::Table,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClickHouseSection {
    pub(super) url: Option<String>,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    pub(super) password_file: Option<PathBuf>,
    pub(super) table: Option<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct IngestSection {
    pub(super) data: Option<PathBuf>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) status_listen: Option<SocketAddr>,
    pub(super) token_file: Option<PathBuf>,
    pub(super) token_sha256: Vec<String>,
    pub(super) store: Option<StoreKind>,
    pub(super) dynamodb_url: Option<String>,
    pub(super) dynamodb_table: Option<String>,
    pub(super) clickhouse_listen: Option<SocketAddr>,
    pub(super) clickhouse_cluster: Option<String>,
    pub(super) retention_days: Option<u32>,
    pub(super) libchdb: Option<PathBuf>,
    pub(super) tls_certificate: Option<PathBuf>,
    pub(super) tls_key: Option<PathBuf>,
    pub(super) connections_max: Option<usize>,
    pub(super) in_flight_max: Option<usize>,
    pub(super) callbacks_per_minute: Option<u32>,
    pub(super) spool_max_bytes: Option<u64>,
    pub(super) spool_min_free_bytes: Option<u64>,
}

impl File {
    /// The file named, else the default one when it is there, else nothing.
    pub(super) fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let path = path
            .map(Path::to_owned)
            .or_else(|| default_file().filter(|path| path.exists()));
        let Some(path) = path else { return Ok(Self::default()) };
        let mut file = read_file(&path)?;
        // Beside the file that names them, wherever one calls from.
        let beside = path.parent().unwrap_or(Path::new(""));
        let (ingest, clickhouse) = (&mut file.ingest, &mut file.clickhouse);
        for named in [
            &mut ingest.data,
            &mut ingest.token_file,
            &mut ingest.libchdb,
            &mut ingest.tls_certificate,
            &mut ingest.tls_key,
            &mut clickhouse.password_file,
        ] {
            *named = named.take().map(|path| beside.join(path));
        }
        Ok(file)
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

pub(super) fn read_text(path: &Path) -> Result<String, ConfigError> {
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
            reason: reason(&key, error.message()),
            key,
        }
    })
}

/// A value of the wrong type is shown, but for those that are secret.
fn reason(key: &str, message: &str) -> String {
    let secret = ["password", "token_sha256"].iter().any(|secret| key.contains(secret));
    if secret {
        "expected text in quotes, or a list of it".to_owned()
    } else {
        message.to_owned()
    }
}

/// The line that holds a byte, and the key that it belongs to with its section: never a value, which may be a secret.
fn locate(text: &str, at: usize) -> (usize, String) {
    let before = &text[..at.min(text.len())];
    let line = before.matches('\n').count();
    let section = |line: &str| Some(line.trim().strip_prefix('[')?.split(']').next()?.to_owned());
    let key = |line: &str| {
        let line = line.trim();
        let end = line.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_-.".contains(letter)));
        line[..end.unwrap_or(line.len())].to_owned()
    };
    let lines: Vec<&str> = text.lines().take(line + 1).collect();
    // A list goes over several lines.
    let of_section = lines.iter().rev().take_while(|line| section(line).is_none());
    let key = of_section.map(|line| key(line)).find(|key| !key.is_empty());
    let section = lines.iter().rev().find_map(|line| section(line));
    let named: Vec<String> = section.into_iter().chain(key).collect();
    (line + 1, named.join("."))
}
