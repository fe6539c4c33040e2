//! The configuration file as it is written: its sections, and where in it something is wrong.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use super::keys::{self, KeysSection};
use super::one_or_more::OneOrMore;
use crate::data::chosen::{EventView, Range};
use crate::files::home;
use crate::keys::keymap::Keymap;
use crate::settings::clickhouse::ClickHouseSection;
use crate::settings::error::{ConfigError, read_text};
use crate::settings::github::GitHubSection;
use crate::settings::location::Location;
use crate::settings::theme::{Colours, Theme};

/// The file. Unknown sections and keys are errors.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) clickhouse: ClickHouseSection,
    pub(super) hud: HudSection,
    pub(super) github: GitHubSection,
    keys: KeysSection,
    /// What `keys` means.
    #[serde(skip)]
    pub(super) keymap: Keymap,
    /// The other program's, but for where its ClickHouse listens,
    pub(super) ingest: toml::Table,
    /// and its `data`.
    #[serde(skip)]
    pub(super) data: Option<PathBuf>,
    #[serde(skip)]
    pub(super) written: Written,
}

/// The file's text, and where it is.
#[derive(Debug, Default)]
pub(super) struct Written {
    path: PathBuf,
    text: String,
}

impl Written {
    /// A key with file and line where it stands there: `FILE:3: hud.refresh`; else the key alone.
    pub(super) fn with_its_line(&self, key: String) -> String {
        match self.place_of(&key) {
            Some(at) => format!("{}:{}: {key}", self.path.display(), line_of(&self.text, at)),
            None => key,
        }
    }

    fn place_of(&self, key: &str) -> Option<usize> {
        let (section, key) = key.split_once('.')?;
        let file = DeTable::parse(&self.text).ok()?;
        let section = file.get_ref().get(section)?.get_ref().as_table()?;
        let (key, _) = section.get_key_value(key)?;
        Some(key.span().start)
    }
}

/// The number of the line that a place is in; the first is 1.
fn line_of(text: &str, at: usize) -> usize {
    1 + text[..at].matches('\n').count()
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section: [hud]")]
pub(super) struct HudSection {
    pub(super) ingest: Option<OneOrMore>,
    pub(super) allowlist: Option<Location>,
    pub(super) refresh: Option<u32>,
    pub(super) range: Option<Range>,
    pub(super) event: Option<EventView>,
    pub(super) theme: Option<Theme>,
    pub(super) colours: Option<Colours>,
    pub(super) ascii: Option<bool>,
    pub(super) mouse: Option<bool>,
    pub(super) resume: Option<bool>,
}

impl File {
    /// The file named, else the default one when it is there, else nothing.
    ///
    /// # Errors
    /// [`ConfigError`], which names file, line and key.
    pub(super) fn load(named: Option<&Path>) -> Result<Self, ConfigError> {
        let default = || Some(home::config()?.join("oot-hud/config.toml")).filter(|path| path.exists());
        let Some(path) = named.map(Path::to_owned).or_else(default) else {
            return Ok(Self::default());
        };
        let mut file = read_file(&path)?;
        // Beside the file that names them, wherever one calls from.
        let beside = path.parent().unwrap_or(Path::new(""));
        file.hud.allowlist = file.hud.allowlist.map(|it| it.beside(beside));
        for named in [&mut file.github.token_file, &mut file.clickhouse.password_file] {
            *named = named.take().map(|path| beside.join(path));
        }
        file.data = file
            .ingest
            .get("data")
            .and_then(toml::Value::as_str)
            .map(|path| beside.join(path));
        Ok(file)
    }
}

fn read_file(path: &Path) -> Result<File, ConfigError> {
    let text = read_text(path)?;
    let wrong = |start: usize, key: String, reason: String| ConfigError::File {
        path: path.to_owned(),
        line: line_of(&text, start),
        key,
        reason,
    };
    let mut file: File = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let key = key_at(&text, start);
        let reason = match key.contains("password") || key.contains("token") {
            // The value is a secret, whatever its type.
            true => "expected text in quotes".to_owned(),
            false => in_plain_words(error.message()),
        };
        wrong(start, key, reason)
    })?;
    file.keymap = keys::keymap(&file.keys).map_err(|it| wrong(it.at, format!("keys.{}", it.action), it.reason))?;
    let path = path.to_owned();
    file.written = Written { path, text };
    Ok(file)
}

/// Who writes the file knows nothing of this program's types.
fn in_plain_words(message: &str) -> String {
    match message {
        "wanted string or table" => "expected text in quotes".to_owned(),
        _ => message
            .replace('\n', " ")
            .replace("expected u32", "expected a whole number"),
    }
}

/// The key that a place of the file belongs to, with its section: never a value, which may be a secret.
fn key_at(text: &str, at: usize) -> String {
    let section = |line: &str| Some(line.trim().strip_prefix('[')?.split(']').next()?.to_owned());
    let key = |line: &str| {
        let line = line.trim();
        let end = line.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_-.".contains(letter)));
        line[..end.unwrap_or(line.len())].to_owned()
    };
    let lines: Vec<&str> = text.lines().take(line_of(text, at)).collect();
    // A list goes over several lines.
    let of_section = lines.iter().rev().take_while(|line| section(line).is_none());
    let key = of_section.map(|line| key(line)).find(|key| !key.is_empty());
    let section = lines.iter().rev().find_map(|line| section(line));
    let named: Vec<String> = section.into_iter().chain(key).collect();
    named.join(".")
}
