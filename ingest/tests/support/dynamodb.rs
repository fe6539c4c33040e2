//! A DynamoDB to test against: the endpoint in `OOT_TEST_DYNAMODB_URL`, else an emulator of our own for as long as it is held.

#[path = "emulator.rs"]
mod emulator;

use std::sync::atomic::{AtomicU32, Ordering};

use emulator::Emulator;
use oot_ingest::store::dynamodb::Location;

/// An endpoint; dropping it ends the emulator.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    _emulator: Option<Emulator>,
}

impl Endpoint {
    /// A table of its own name, not made yet.
    pub(crate) fn location(&self) -> Location {
        static TABLES: AtomicU32 = AtomicU32::new(0);
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        Location {
            url: Some(self.url.clone()),
            table: format!("oot-test-{}-{number}", std::process::id()),
        }
    }
}

/// The configured endpoint, or an emulator that listens.
pub(crate) fn endpoint() -> Endpoint {
    match std::env::var("OOT_TEST_DYNAMODB_URL") {
        Ok(url) => Endpoint { url, _emulator: None },
        Err(_) => {
            let emulator = Emulator::start();
            Endpoint {
                url: emulator.url.clone(),
                _emulator: Some(emulator),
            }
        }
    }
}
