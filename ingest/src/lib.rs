//! oot-ingest: from a relay's POST to a row in ClickHouse.
//!
//! ```text
//! POST ─► payload ─► record ─► store ─► replicate ─► ClickHouse (chdb, or a server)
//! ```

pub mod chdb;
pub mod clickhouse;
pub mod http;
pub mod migrate;
pub mod payload;
pub mod record;
pub mod replicate;
pub mod simulate;
pub mod store;
pub mod timestamp;
