//! What is known of the list, and how long one waits for it.

use std::sync::Arc;
use std::time::Duration;

use super::Allowlist;

/// The list, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub list: Arc<Allowlist>,
    /// Why it is not the list of now.
    pub trouble: Option<String>,
    /// In how many nanoseconds there may be a newer one, where it is not the list of now and is asked for.
    pub again: Option<i64>,
}

/// For what is waited, and how long at most.
#[derive(Clone, Copy, Debug)]
pub enum Wait {
    /// For a list of any age.
    ForAny(Duration),
    /// For the list of now.
    ForNew(Duration),
}

/// What is strange in a list, in one line.
pub(super) fn warnings(list: &Allowlist) -> Option<String> {
    let first = list.warnings.first()?;
    Some(match list.warnings.len() - 1 {
        0 => first.clone(),
        more => format!("{first}, and {more} more; `oot-hud summary --format table` says more of them"),
    })
}
