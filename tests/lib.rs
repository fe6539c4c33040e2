//! Tests across both programs: real engines, real sockets, a real terminal. Here is what they share.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod harness {
    pub(crate) mod counting;
    pub(crate) mod faulty;
    pub mod history;
    pub(crate) mod http;
    pub(crate) mod programs;
    pub mod reference;
    pub(crate) mod tables;
    pub(crate) mod terminal;
    pub(crate) mod tls;
}

pub use harness::counting::{Cost, Counting};
pub use harness::faulty::{Fault, Faulty};
pub use harness::http::{Answer, get, post};
pub use harness::programs::{
    ClickHouse, Daemon, Printed, hud, hud_unheard, hud_with_cache, ingest, program, run_in, start_ingest,
    start_ingest_into,
};
pub use harness::tables::{Both, SCHEMA, TABLES, ago, apply, make_tables};
pub use harness::terminal::Pty;
pub use harness::tls::Tls;
pub use harness::{history, reference};

/// Waits for a condition, and says what it was when it never came.
pub fn eventually<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    eventually_within(std::time::Duration::from_secs(60), what, condition)
}

/// The same, for what takes longer.
pub fn eventually_within<T>(limit: std::time::Duration, what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    const BETWEEN: std::time::Duration = std::time::Duration::from_millis(20);
    let start = std::time::Instant::now();
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(start.elapsed() < limit, "never: {what}");
        std::thread::park_timeout(BETWEEN);
    }
}

/// The sample payloads, in the order of their names.
pub fn samples() -> Vec<Vec<u8>> {
    let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/payloads");
    let mut paths: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    paths.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A callback: a result of its own for each number.
pub fn result(number: usize, status: &str) -> Vec<u8> {
    format!(
        r#"{{"trusted":{{"verified_repo":"a/b","ci_metrics":{{"queue_time":3}}}},"untrusted":{{"callback_payload":{{
        "delivery_id":"d{number}","payload":{{"pull_request":{{"number":7,"head":{{"sha":"{number:040x}"}}}}}},
        "workflow":{{"status":"{status}","conclusion":"success","name":"w","job_name":"j","check_run_id":"{number}",
        "completed_at":"2026-11-23T10:00:00Z"}}}}}}}}"#
    )
    .into_bytes()
}
