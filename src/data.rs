//! What is shown: the rows of the source, put together. Pure.

pub mod address;
pub mod ascii;
pub mod attempts;
pub mod backend;
pub mod basis;
pub mod chosen;
pub mod figures;
pub mod filter;
pub mod glyph;
pub mod grouping;
pub mod health;
pub mod levels;
pub mod links;
pub mod list;
pub mod looked;
pub mod matrix;
pub mod missing;
pub mod names;
pub mod pipeline;
pub mod pull_request;
pub mod readiness;
pub mod relay;
pub mod repo;
pub mod result;
pub mod slot;
pub mod summary;
pub mod table;
pub mod text;
pub mod trend;
pub mod usual;

use std::sync::Arc;

use crate::source::RelayRow;
use attempts::Attempts;
use backend::Backend;
use basis::Basis;
use missing::Missing;
use names::Names;
use pipeline::Pipeline;
use pull_request::PullRequest;
use summary::Summary;
use trend::Trends;

/// What a question is answered with.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Screen {
        data: Data,
        /// None where it is to be asked for again whatever has come.
        basis: Option<Arc<Basis>>,
    },
    /// A screen's answer that is shown stands.
    Same,
    /// That of what is selected on one.
    Attempts(Attempts),
    Repositories(Names),
}

impl From<Data> for Answer {
    fn from(data: Data) -> Self {
        Self::Screen { data, basis: None }
    }
}

impl From<Attempts> for Answer {
    fn from(attempts: Attempts) -> Self {
        Self::Attempts(attempts)
    }
}

/// What a screen shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Summary {
        rows: Vec<Summary>,
        /// By pull requests; none where it could not be found out,
        relay: Option<Vec<RelayRow>>,
        /// and by nightly runs.
        relay_nightly: Option<Vec<RelayRow>>,
        /// The pass rate of the range before this one.
        before: Option<f64>,
        missing: Missing,
    },
    Backend(Box<Backend>),
    PullRequest(PullRequest),
    Trends(Trends),
    Pipeline(Pipeline),
}

impl Data {
    /// What stands beside the rows and could not be found out.
    pub fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Summary { missing, .. } => Some(missing),
            Self::Backend(it) => Some(&it.missing),
            Self::PullRequest(it) => Some(&it.missing),
            Self::Trends(_) | Self::Pipeline(_) => None,
        }
    }
}

/// The level whose checks a merge needs.
pub const GATING: &str = "L4";
