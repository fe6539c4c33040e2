//! What is shown of one backend: how it stands, and its matrix.

use std::sync::Arc;

use crate::data::matrix::Matrix;
use crate::data::missing::Missing;
use crate::data::readiness::Readiness;
use crate::data::summary::Summary;

/// A backend in a range and an event view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backend {
    /// Over the whole range, however much of it the matrix holds; none without results.
    pub summary: Option<Summary>,
    pub matrix: Matrix,
    /// None where it isn't known yet, or could not be found out.
    pub readiness: Option<Arc<Readiness>>,
    /// The last question for it had no answer.
    pub readiness_failed: bool,
    pub missing: Missing,
}

impl Backend {
    /// Why its readiness isn't there, in a few words.
    pub fn without_readiness(&self) -> &'static str {
        match self.readiness_failed {
            true => "could not be found out",
            false => "not found out yet",
        }
    }
}
