//! Sessions: connections that outlive a request, by the id that the client chose.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::exception::{Exception, Raised};
use super::ffi::Connection;

/// ClickHouse's default.
pub(super) const TIMEOUT: Duration = Duration::from_secs(60);
/// ClickHouse's `max_session_timeout`.
pub(super) const LONGEST_TIMEOUT: Duration = Duration::from_secs(3_600);
/// Each is a connection in memory.
const SESSIONS: usize = 100;

/// What a request says of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SessionUse {
    pub(super) id: String,
    pub(super) timeout: Duration,
    /// It must be there already.
    pub(super) check: bool,
}

#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<String, Session>>);

struct Session {
    connection: Arc<Slot>,
    expires: Instant,
}

type Slot = Mutex<Option<Connection>>;

/// A session in use: while this lives, nobody else gets it.
pub(super) struct Taken {
    /// Empty on the session's first request.
    pub(super) connection: Arc<Slot>,
}

impl Sessions {
    /// The session's connection, for one request.
    pub(super) fn take(&self, wanted: &SessionUse) -> Result<Taken, Exception> {
        let now = Instant::now();
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.expires > now || Arc::strong_count(&session.connection) > 1);
        let expires = now + wanted.timeout;
        if let Some(session) = sessions.get_mut(&wanted.id) {
            if Arc::strong_count(&session.connection) > 1 {
                return Err(Raised::SessionIsLocked
                    .because(format_args!("session {:?} is in use by another request", wanted.id)));
            }
            session.expires = expires;
            return Ok(Taken {
                connection: Arc::clone(&session.connection),
            });
        }
        if wanted.check {
            return Err(Raised::SessionNotFound.because(format_args!("there is no session {:?}", wanted.id)));
        }
        if sessions.len() >= SESSIONS {
            return Err(Raised::TooMany.because(format_args!("{SESSIONS} sessions are open, and no more are kept")));
        }
        let connection = Arc::<Slot>::default();
        sessions.insert(
            wanted.id.clone(),
            Session {
                connection: Arc::clone(&connection),
                expires,
            },
        );
        Ok(Taken { connection })
    }

    /// Closes those that nobody uses.
    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, check: bool) -> SessionUse {
        SessionUse {
            id: id.to_owned(),
            timeout: TIMEOUT,
            check,
        }
    }

    #[test]
    fn one_request_at_a_time_has_a_session() {
        let sessions = Sessions::default();
        let taken = sessions.take(&named("a", false)).map_err(|error| error.code);
        assert!(taken.is_ok());
        assert_eq!(
            sessions.take(&named("a", false)).err().map(|error| error.code),
            Some(373)
        );
        drop(taken);
        assert!(sessions.take(&named("a", true)).is_ok());
        assert_eq!(
            sessions.take(&named("b", true)).err().map(|error| error.code),
            Some(372)
        );
    }

    #[test]
    fn a_session_ends_with_its_timeout() {
        let sessions = Sessions::default();
        drop(sessions.take(&SessionUse {
            timeout: Duration::ZERO,
            ..named("a", false)
        }));
        assert_eq!(
            sessions.take(&named("a", true)).err().map(|error| error.code),
            Some(372)
        );
    }
}
