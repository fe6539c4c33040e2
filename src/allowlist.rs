//! The upstream repository's list of downstream repositories: level and on-calls of each (relay contract, section 8).

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

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
}

/// Why a list can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AllowlistError {
    #[error("can't read the allowlist {0}")]
    Read(String),
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

const LEVELS: [&str; 4] = ["L1", "L2", "L3", "L4"];

/// Any YAML value.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Yaml {
    Map(BTreeMap<String, Yaml>),
    List(Vec<Yaml>),
    Bool(#[expect(dead_code, reason = "only its kind is told")] bool),
    Number(#[expect(dead_code, reason = "only its kind is told")] f64),
    Text(String),
    Null,
}

impl Yaml {
    fn kind(&self) -> &'static str {
        match self {
            Self::Map(_) => "a mapping",
            Self::List(_) => "a list",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Null => "nothing",
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
        Self::parse(&text.map_err(|error| AllowlistError::Read(format!("{}: {error}", path.display())))?)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`AllowlistError`].
    pub fn parse(text: &str) -> Result<Self, AllowlistError> {
        let root: Yaml = serde_saphyr::from_str(text).map_err(|error| {
            let message = error.to_string();
            AllowlistError::Syntax(message.lines().next().unwrap_or_default().to_owned())
        })?;
        let levels = match root {
            Yaml::Map(levels) => levels,
            other => return Err(AllowlistError::Root(other.kind())),
        };
        let mut list = Self::default();
        for (name, entries) in levels {
            match LEVELS.into_iter().find(|level| *level == name) {
                Some("L3") => list.devices(entries)?,
                Some(level) => list.entries(level, entries)?,
                None => list
                    .warnings
                    .push(format!("allowlist: {name:?} is not a level that is known here")),
            }
        }
        Ok(list)
    }

    /// A repository's level, whatever the case of its name.
    pub fn level(&self, repo: &str) -> Option<&'static str> {
        self.find(repo).map(|listed| listed.level)
    }

    fn find(&self, repo: &str) -> Option<&Listed> {
        self.repos.iter().find(|listed| listed.repo.eq_ignore_ascii_case(repo))
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
            if device.trim().is_empty() {
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
            Yaml::Text(repo) => self.add(level, repo, Vec::new()),
            Yaml::Map(repos) => {
                let many = repos.len() > 1 && level != "L3";
                for (repo, oncalls) in repos {
                    // Beside the repository there may be keys that a later version gave a meaning.
                    if many && !repo.contains('/') {
                        self.warnings
                            .push(format!("allowlist: {level}: {repo:?} is not known here"));
                        continue;
                    }
                    self.add(level, repo, names(oncalls))?;
                }
                Ok(())
            }
            other => Err(AllowlistError::Entry {
                level,
                entry: other.kind().to_owned(),
            }),
        }
    }

    fn add(&mut self, level: &'static str, repo: String, oncalls: Vec<String>) -> Result<(), AllowlistError> {
        let mut parts = repo.split('/');
        let whole = [parts.next(), parts.next()]
            .iter()
            .all(|part| part.is_some_and(|part| !part.trim().is_empty()));
        if !whole || parts.next().is_some() {
            return Err(AllowlistError::Entry { level, entry: repo });
        }
        if self.find(&repo).is_some() {
            return Err(AllowlistError::Twice { repo });
        }
        self.repos.push(Listed { repo, level, oncalls });
        Ok(())
    }
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
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_read_whole() {
        let list = Allowlist::parse(include_str!("../assets/allowlist.yml")).unwrap();
        let levels: Vec<_> = list.repos.iter().map(|listed| listed.level).collect();
        assert_eq!(
            levels,
            ["L1", "L1", "L2", "L2", "L2", "L2", "L2", "L3", "L3", "L4", "L4"]
        );
        assert_eq!(
            list.find("torchedhat/PYTORCH-redhat-ci").unwrap().oncalls,
            ["redhat-oncall-1", "redhat-oncall-2"]
        );
        assert_eq!(
            list.find("apple/mps-backend").unwrap().oncalls,
            ["mps-oncall-1", "mps-oncall-2"]
        );
        assert_eq!(list.find("intel/torch-xpu-ops").unwrap().oncalls, ["xpu-oncall"]);
        assert_eq!(list.warnings, [""; 0]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, message) in [
            ("- a/b", "allowlist: expected a mapping of levels, got a list"),
            ("L3: [a/b]\n", ""),
            ("L3: text", "allowlist: L3: expected a mapping of devices, got a text"),
            ("L3: {'': {a/b: []}}", "allowlist: L3: a device without a name"),
            ("L1: [ab]", "allowlist: L1: expected owner/repo, got \"ab\""),
            ("L1: [a/b/c]", "allowlist: L1: expected owner/repo, got \"a/b/c\""),
            ("L1: [a/b]\nL4: [A/B: x]", "allowlist: A/B is listed twice"),
            ("L1: 7", "allowlist: L1: expected a list of repositories, got a number"),
        ] {
            if message.is_empty() {
                assert!(Allowlist::parse(text).is_err(), "{text}");
            } else {
                assert_eq!(Allowlist::parse(text).unwrap_err().to_string(), message, "{text}");
            }
        }
        assert!(matches!(Allowlist::parse("L1: [a/b"), Err(AllowlistError::Syntax(_))));
    }

    #[test]
    fn what_is_not_known_is_a_warning() {
        let list = Allowlist::parse("L9: [x/y]\nL2:\n  - a/b: one\n    since: 2026\nL4:\n").unwrap();
        assert_eq!(list.repos.len(), 1);
        assert_eq!(list.warnings.len(), 2);
    }
}
