//! What is typed and configured: arguments, file and environment, colours.

pub mod args;
pub mod config;
pub mod theme;
