//! File descriptors: each connection takes one, and without one no connection is accepted, which its client waits for in vain.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For stores, logs and connections to others.
const OWN: u64 = 256;

/// Raises the limit of this process to the highest that it may have. Gives it; none is without limit.
pub fn raise() -> Option<u64> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    );
    match raised {
        Ok(()) => maximum,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files stays as it is");
            current
        }
    }
}

/// How many connections may be served at once where so many are wanted: as many again may have to be told to come back.
pub fn connections(limit: Option<u64>, wanted: usize) -> usize {
    let Some(limit) = limit else { return wanted };
    let most = limit.saturating_sub(OWN) / 2;
    wanted.min(usize::try_from(most).unwrap_or(wanted)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_no_more_connections_than_descriptors() {
        assert_eq!(connections(None, 2048), 2048);
        assert_eq!(connections(Some(1 << 20), 2048), 2048);
        assert_eq!(connections(Some(1024), 2048), 384);
        assert_eq!(connections(Some(10), 2048), 1);
    }
}
