//! What is chosen of the results: how far back, by what set them off, and which commits.

use clap::ValueEnum;

use crate::data::figures::DAY_MILLIS;

/// How far back results count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
pub enum Range {
    #[value(name = "24h")]
    #[serde(rename = "24h")]
    Day,
    #[value(name = "7d")]
    #[serde(rename = "7d")]
    Week,
    #[value(name = "14d")]
    #[serde(rename = "14d")]
    Fortnight,
    #[value(name = "30d")]
    #[serde(rename = "30d")]
    Month,
    #[value(name = "90d")]
    #[serde(rename = "90d")]
    Quarter,
}

impl Range {
    /// In milliseconds.
    pub fn millis(self) -> i64 {
        match self {
            Self::Day => DAY_MILLIS,
            Self::Week => 7 * DAY_MILLIS,
            Self::Fortnight => 14 * DAY_MILLIS,
            Self::Month => 30 * DAY_MILLIS,
            Self::Quarter => 90 * DAY_MILLIS,
        }
    }

    /// As the header says it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Day => "24 hours",
            Self::Week => "7 days",
            Self::Fortnight => "14 days",
            Self::Month => "30 days",
            Self::Quarter => "90 days",
        }
    }

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Fortnight => "14d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// As whole days, of which the last is today: of one day, yesterday as well, or in the morning there would be nothing.
    pub fn title_in_days(self) -> &'static str {
        match self {
            Self::Day => "2 UTC days",
            Self::Week => "7 UTC days",
            Self::Fortnight => "14 UTC days",
            Self::Month => "30 UTC days",
            Self::Quarter => "90 UTC days",
        }
    }

    /// The same, where there is little room.
    pub fn name_in_days(self) -> &'static str {
        match self {
            Self::Day => "2d",
            longer => longer.name(),
        }
    }

    /// The next longer one, then the shortest again.
    pub fn next(self) -> Self {
        match self {
            Self::Day => Self::Week,
            Self::Week => Self::Fortnight,
            Self::Fortnight => Self::Month,
            Self::Month => Self::Quarter,
            Self::Quarter => Self::Day,
        }
    }
}

/// Which results are looked at, by what set them off. `pr` is everything with a pull request's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EventView {
    Pr,
    Push,
    Nightly,
    Periodic,
    All,
}

impl EventView {
    /// The word on the command line and in queries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pr => "pr",
            Self::Push => "push",
            Self::Nightly => "nightly",
            Self::Periodic => "periodic",
            Self::All => "all",
        }
    }

    /// As the header says it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Pr => "pull requests",
            Self::Push => "pushes",
            Self::Nightly => "nightly",
            Self::Periodic => "periodic",
            Self::All => "all events",
        }
    }

    /// The next one, in a circle.
    pub fn next(self) -> Self {
        match self {
            Self::Pr => Self::Nightly,
            Self::Nightly => Self::Periodic,
            Self::Periodic => Self::Push,
            Self::Push => Self::All,
            Self::All => Self::Pr,
        }
    }
}

/// Which commits of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commit {
    /// The newest by activity.
    Latest,
    All,
    /// The beginning of a SHA, in lower case.
    Sha(String),
}

impl Commit {
    /// Whether it means this commit, of several of which `newest` is the newest.
    pub fn covers(&self, commit: &str, newest: &str) -> bool {
        match self {
            Self::All => true,
            Self::Latest => commit == newest,
            Self::Sha(beginning) => commit.starts_with(beginning.as_str()),
        }
    }
}

impl std::str::FromStr for Commit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "latest" => Ok(Self::Latest),
            "all" => Ok(Self::All),
            sha if (4..=40).contains(&sha.len()) && sha.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                Ok(Self::Sha(sha.to_ascii_lowercase()))
            }
            _ => Err("expected `latest`, `all`, or 4 to 40 hexadecimal digits of a SHA".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_is_a_word_or_the_beginning_of_a_sha() {
        assert_eq!("3F7868".parse(), Ok(Commit::Sha("3f7868".to_owned())));
        assert_eq!("all".parse(), Ok(Commit::All));
        assert!("3f".parse::<Commit>().is_err());
        assert!("newest".parse::<Commit>().is_err());
    }
}
