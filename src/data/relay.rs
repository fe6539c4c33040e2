//! How the relay itself does, by its probe (relay contract, section 7).

use serde::{Deserialize, Serialize};

use crate::source::RelayRow;

/// How the relay itself does, by its probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relay {
    #[serde(rename = "healthy")]
    Healthy,
    #[serde(rename = "degraded")]
    Degraded,
    #[serde(rename = "no data")]
    NoData,
}

impl Relay {
    /// Healthy when nothing failed on any of the probe's last pull requests.
    pub fn of(rows: &[RelayRow]) -> Self {
        match rows {
            [] => Self::NoData,
            rows if rows.iter().all(|row| row.failing.is_empty()) => Self::Healthy,
            _ => Self::Degraded,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::NoData => "no data",
        }
    }
}

/// What failed on one of the probe's pull requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayFailing {
    pub pr: u64,
    pub jobs: Vec<String>,
}
