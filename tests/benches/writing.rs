//! What it costs to write: results a second over sockets, how soon they are visible, how fast a log and a store are copied. Results go to
//! `assets/bench/writing.json`. The endpoint's own share has a benchmark in its package.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "writing/copying.rs"]
mod copying;
#[path = "writing/load.rs"]
mod load;
#[path = "report.rs"]
mod report;
#[path = "writing/stream.rs"]
mod stream;

use serde_json::json;

fn main() {
    let figures = json!({
        "sockets": load::over_sockets(),
        "lag": load::lag(),
        "replicator": copying::replicator(),
        "from_a_stream": stream::from_stream(),
        "backfill": copying::backfill(),
    });
    report::write("writing", figures);
}
