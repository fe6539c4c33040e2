//! Where the titles of pull requests are.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, read_text};
use super::url::{MASK, masked};
use crate::data::repo::UPSTREAM;

const DEFAULT_URL: &str = "https://api.github.com/graphql";

/// GitHub's GraphQL API, and as whom we come.
#[derive(Clone, PartialEq, Eq)]
pub struct GitHub {
    pub url: String,
    pub owner: String,
    pub name: String,
    /// Without one nothing is asked.
    pub token: Option<String>,
}

/// The token is masked.
impl std::fmt::Debug for GitHub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{}", masked(&self.url), self.owner, self.name)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a section: [github]")]
pub(super) struct GitHubSection {
    pub(super) url: Option<String>,
    pub(super) repository: Option<String>,
    pub(super) token: Option<String>,
    pub(super) token_file: Option<PathBuf>,
}

impl GitHub {
    pub(super) fn resolve(section: GitHubSection, token: Option<String>) -> Result<Self, ConfigError> {
        let url = section.url.unwrap_or_else(|| DEFAULT_URL.to_owned());
        if !is_safe(&url) {
            return Err(ConfigError::Value {
                key: "github.url".to_owned(),
                expected: "https://…, or http://… of this machine: a token goes there",
                got: masked(&url),
            });
        }
        let repository = section.repository.unwrap_or_else(|| UPSTREAM.to_owned());
        let parts = repository.split_once('/');
        let Some((owner, name)) = parts.filter(|(owner, name)| is_name(owner) && is_name(name)) else {
            return Err(ConfigError::Value {
                key: "github.repository".to_owned(),
                expected: "OWNER/REPO",
                got: repository,
            });
        };
        let (key, token) = match (token, section.token, section.token_file) {
            (Some(token), ..) => ("OOT_GITHUB_TOKEN", Some(token)),
            (None, None, Some(path)) => ("github.token_file", Some(read_text(&path)?)),
            (None, token, _) => ("github.token", token),
        };
        let token = token.map(|token| token.trim().to_owned());
        let token = token.filter(|token| !token.is_empty());
        if let Some(token) = &token
            && !token.bytes().all(|byte| byte.is_ascii_graphic())
        {
            return Err(ConfigError::Value {
                key: key.to_owned(),
                expected: "a token: letters, digits and signs",
                got: MASK.to_owned(),
            });
        }
        Ok(Self {
            url,
            owner: owner.to_owned(),
            name: name.to_owned(),
            token,
        })
    }

    /// As a section that would give it, secrets masked.
    pub(super) fn section(&self) -> GitHubSection {
        GitHubSection {
            url: Some(masked(&self.url)),
            repository: Some(format!("{}/{}", self.owner, self.name)),
            token: self.token.as_ref().map(|_| MASK.to_owned()),
            token_file: None,
        }
    }
}

fn is_name(part: &str) -> bool {
    !part.is_empty() && !part.contains('/')
}

/// Nobody on the way to it can read along.
fn is_safe(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return url.starts_with("https://");
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(url: &str, token: Option<&str>) -> Result<GitHub, ConfigError> {
        let section = GitHubSection {
            url: Some(url.to_owned()),
            ..GitHubSection::default()
        };
        GitHub::resolve(section, token.map(str::to_owned))
    }

    #[test]
    fn a_token_goes_nowhere_in_the_open() {
        for url in [
            "https://h/graphql",
            "http://127.0.0.1:8/g",
            "http://localhost",
            "http://[::1]:8/g",
        ] {
            assert!(resolve(url, None).is_ok(), "{url}");
        }
        for url in [
            "http://h/graphql",
            "ftp://h",
            "http://127.0.0.1@h/",
            "http://localhost.h/",
            "http://h\\@127.0.0.1/",
            "http://h?@127.0.0.1/",
        ] {
            assert!(resolve(url, None).is_err(), "{url}");
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        let github = resolve("https://u:s3cret@h", Some(" s3cret2\n")).unwrap();
        assert_eq!(github.token.as_deref(), Some("s3cret2"));
        let shown = toml::to_string(&github.section()).unwrap();
        assert!(shown.contains("token = \"***\""), "{shown}");
        assert!(!format!("{shown}{github:?}").contains("s3cret"));
        let error = resolve("https://h", Some("s3cret 2")).unwrap_err();
        assert!(!format!("{error}{error:?}").contains("s3cret"), "{error}");
        assert_eq!(resolve("https://h", Some("\n")).unwrap().token, None);
    }
}
