//! What is typed and configured: arguments, file and environment, colours.

pub mod args;
pub mod clickhouse;
pub mod config;
pub mod error;
pub mod github;
pub mod location;
pub mod theme;
pub(crate) mod url;
