//! oot-ingest: from a relay's POST to a row in ClickHouse.
//!
//! ```text
//! POST ─► http ─► payload ─► record ─► intake ─► store ─► replicate ─► ClickHouse (a server, or chdb in this process)
//! ```

pub mod args;
pub mod backfill;
pub mod chdb;
pub mod clickhouse;
pub mod config;
pub mod dead_letters;
pub mod descriptors;
pub mod http;
pub mod intake;
pub mod log;
pub mod metrics;
pub mod migrate;
pub mod observe;
pub mod payload;
pub mod record;
pub mod replicate;
pub mod serve;
mod shown;
pub mod simulate;
pub mod store;
pub mod timestamp;
