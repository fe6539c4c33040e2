//! oot-ingest: from a relay's POST to a row in ClickHouse.

pub mod chdb;
pub mod simulate;
