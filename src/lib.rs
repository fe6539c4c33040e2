//! oot-hud: results of PyTorch's out-of-tree backends, live in a terminal.

pub mod allowlist;
pub mod args;
pub mod config;
pub mod export;
pub mod figures;
pub mod rows;
pub mod run;
pub mod source;
pub mod status;
pub mod text;
