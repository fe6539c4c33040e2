//! What is shown: the rows of the source, put together. Pure.

pub mod attempts;
pub mod backend;
pub mod figures;
pub mod glyph;
pub mod grouping;
pub mod health;
pub mod levels;
pub mod links;
pub mod list;
pub mod looked;
pub mod matrix;
pub mod missing;
pub mod pipeline;
pub mod pull_request;
pub mod readiness;
pub mod relay;
pub mod rows;
pub mod slot;
pub mod summary;
pub mod table;
pub mod text;
pub mod trend;
pub mod usual;

use crate::source::RelayRow;
use attempts::Attempts;
use backend::Backend;
use missing::Missing;
use pipeline::Pipeline;
use pull_request::PullRequest;
use rows::Summary;
use trend::Trends;

/// An answer: what a screen shows, or what is known of what is selected on it.
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
    Attempts(Attempts),
}

impl Data {
    /// What stands beside the rows and could not be found out.
    pub fn missing(&self) -> Option<&Missing> {
        match self {
            Self::Summary { missing, .. } => Some(missing),
            Self::Backend(it) => Some(&it.missing),
            Self::PullRequest(it) => Some(&it.missing),
            Self::Trends(_) | Self::Pipeline(_) | Self::Attempts(_) => None,
        }
    }
}

/// The level whose checks a merge needs.
pub const GATING: &str = "L4";
