//! The upstream repository's list of downstream repositories: level and on-calls of each (relay contract, section 8).

mod known;
mod remote;
mod source;

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::data::repo::repo_key;
use crate::data::text::{fit, printable};

pub use known::{Known, Wait};
pub use remote::Remote;
pub use source::AllowlistSource;

/// A listed repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub repo: String,
    /// `L1` to `L4`.
    pub level: &'static str,
    pub oncalls: Vec<String>,
}

/// The list, in its own order, and what was strange in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowlist {
    pub repos: Vec<Listed>,
    pub warnings: Vec<String>,
    /// Their places, by name in lower case.
    places: HashMap<String, usize>,
}

/// Why a list can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AllowlistError {
    #[error("can't read the allowlist {0}")]
    Read(String),
    #[error("{path}: {error}")]
    In { path: PathBuf, error: Box<AllowlistError> },
    #[error("allowlist: not YAML: {0}")]
    Syntax(String),
    #[error("allowlist: expected a mapping of levels, got {0}")]
    Root(&'static str),
    #[error("allowlist: {level}: expected {expected}, got {got}")]
    Level {
        level: &'static str,
        expected: &'static str,
        got: &'static str,
    },
    #[error("allowlist: L3: a device without a name")]
    EmptyDevice,
    #[error("allowlist: {level}: expected owner/repo, got {entry:?}")]
    Entry { level: &'static str, entry: String },
    #[error("allowlist: {repo} is listed twice")]
    Twice { repo: String },
}

/// What is said of a text from a list shows no more of it, in columns.
const QUOTE: usize = 150;

const LEVELS: [&str; 4] = ["L1", "L2", "L3", "L4"];

/// Any YAML value. A mapping keeps every key, of whatever kind and however often it stands.
#[derive(Clone, Debug)]
enum Yaml {
    Map(Vec<(Yaml, Yaml)>),
    List(Vec<Yaml>),
    Bool,
    Number(String),
    Text(String),
    Null,
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Yaml;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a YAML value")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Yaml, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Yaml::Map(entries))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Yaml, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Yaml::List(items))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Yaml, E> {
                Ok(Yaml::Bool)
            }
            fn visit_i64<E>(self, number: i64) -> Result<Yaml, E> {
                Ok(Yaml::Number(number.to_string()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Yaml, E> {
                Ok(Yaml::Number(number.to_string()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Yaml, E> {
                Ok(Yaml::Number(number.to_string()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Yaml, E> {
                Ok(Yaml::Text(text.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Yaml, E> {
                Ok(Yaml::Null)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

impl Yaml {
    fn kind(&self) -> &'static str {
        match self {
            Self::Map(_) => "a mapping",
            Self::List(_) => "a list",
            Self::Bool => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Null => "nothing",
        }
    }

    /// As a key: what it says, empty for nothing.
    fn into_key(self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text.trim().to_owned(),
            Self::Null => String::new(),
            other => other.kind().to_owned(),
        }
    }
}

impl Allowlist {
    /// Reads a file.
    ///
    /// # Errors
    /// [`AllowlistError`].
    pub fn read(path: &Path) -> Result<Self, AllowlistError> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| AllowlistError::Read(format!("{}: {error}", path.display())))?;
        Self::parse(&text).map_err(|error| AllowlistError::In {
            path: path.to_owned(),
            error: Box::new(error),
        })
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`AllowlistError`].
    pub fn parse(text: &str) -> Result<Self, AllowlistError> {
        // A repository that stands twice is ours to name.
        let options = serde_saphyr::options! { duplicate_keys: serde_saphyr::DuplicateKeyPolicy::PassThrough };
        let root: Yaml = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let message = error.to_string();
            AllowlistError::Syntax(quote(message.lines().next().unwrap_or_default()))
        })?;
        let levels = match root {
            Yaml::Map(levels) => levels,
            other => return Err(AllowlistError::Root(other.kind())),
        };
        let mut list = Self::default();
        for (name, entries) in levels {
            let name = name.into_key();
            match LEVELS.into_iter().find(|level| *level == name) {
                Some("L3") => list.devices(entries)?,
                Some(level) => list.entries(level, entries)?,
                None => list.warnings.push(format!(
                    "allowlist: {:?} is not a level that is known here",
                    quote(&name)
                )),
            }
        }
        Ok(list)
    }

    /// A repository's level, whatever the case of its name.
    pub fn level(&self, repo: &str) -> Option<&'static str> {
        self.find(repo).map(|listed| listed.level)
    }

    /// The entry of a repository, however it is spelled.
    pub fn find(&self, repo: &str) -> Option<&Listed> {
        self.repos.get(*self.places.get(&repo_key(repo))?)
    }

    fn devices(&mut self, devices: Yaml) -> Result<(), AllowlistError> {
        let devices = match devices {
            Yaml::Map(devices) => devices,
            Yaml::Null => return Ok(()),
            other => {
                return Err(AllowlistError::Level {
                    level: "L3",
                    expected: "a mapping of devices",
                    got: other.kind(),
                });
            }
        };
        for (device, repos) in devices {
            if device.into_key().is_empty() {
                return Err(AllowlistError::EmptyDevice);
            }
            self.entries("L3", repos)?;
        }
        Ok(())
    }

    fn entries(&mut self, level: &'static str, entries: Yaml) -> Result<(), AllowlistError> {
        match entries {
            Yaml::Null => Ok(()),
            Yaml::List(entries) => entries.into_iter().try_for_each(|entry| self.entry(level, entry)),
            map @ Yaml::Map(_) if level == "L3" => self.entry(level, map),
            other => Err(AllowlistError::Level {
                level,
                expected: "a list of repositories",
                got: other.kind(),
            }),
        }
    }

    /// `owner/repo`, or a mapping of such names to their on-calls.
    fn entry(&mut self, level: &'static str, entry: Yaml) -> Result<(), AllowlistError> {
        match entry {
            Yaml::Text(text) => match text.split_once(':') {
                Some((repo, oncalls)) => self.add(level, repo, names(Yaml::Text(oncalls.to_owned()))),
                None => self.add(level, &text, Vec::new()),
            },
            Yaml::Map(repos) => {
                let repos: Vec<(String, Yaml)> = repos.into_iter().map(|(key, it)| (key.into_key(), it)).collect();
                let has_repo = repos.iter().any(|(repo, _)| repo.contains('/'));
                for (repo, oncalls) in repos {
                    // Beside the repository there may be keys that a later version gave a meaning.
                    if has_repo && !repo.contains('/') {
                        self.warnings
                            .push(format!("allowlist: {level}: {:?} is not known here", quote(&repo)));
                        continue;
                    }
                    self.add(level, &repo, names(oncalls))?;
                }
                Ok(())
            }
            other => Err(AllowlistError::Entry {
                level,
                entry: other.kind().to_owned(),
            }),
        }
    }

    fn add(&mut self, level: &'static str, repo: &str, oncalls: Vec<String>) -> Result<(), AllowlistError> {
        let repo = repo.trim().to_owned();
        let mut parts = repo.split('/');
        let whole = [parts.next(), parts.next()]
            .iter()
            .all(|part| part.is_some_and(|part| !part.trim().is_empty()));
        if !whole || parts.next().is_some() {
            let entry = quote(&repo);
            return Err(AllowlistError::Entry { level, entry });
        }
        if self.find(&repo).is_some() {
            return Err(AllowlistError::Twice { repo: quote(&repo) });
        }
        self.places.insert(repo_key(&repo), self.repos.len());
        self.repos.push(Listed { repo, level, oncalls });
        Ok(())
    }
}

/// Text of a list, wherever it is from, as messages say it: fit for a terminal, and of a limited length.
fn quote(text: &str) -> String {
    fit(&printable(text), QUOTE).into_owned()
}

/// `a, b`, or a list of them.
fn names(oncalls: Yaml) -> Vec<String> {
    match oncalls {
        Yaml::Text(text) => text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        Yaml::List(list) => list.into_iter().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
