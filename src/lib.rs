//! oot-hud: results of PyTorch's out-of-tree backends, live in a terminal.
//!
//! ```text
//!  queries/*.sql     ─► source ─┐
//!  daemons' /status  ─► source ─┼─► answer ─► data ─┬─► printed   rows, and the health line
//!  GitHub, allowlist ─► web ────┘                   └─► screen    message ─► update ─► model ─► view
//! ```
//!
//! A screen exports rows as they are printed; `printed` knows of no screen.
//!
//! Beside them: `settings`, what is typed and configured; `keys`, what can be done, by which keys; `files`, what is kept.

pub mod answer;
pub mod data;
pub mod files;
pub mod keys;
pub mod printed;
pub mod screen;
pub mod settings;
pub mod source;
pub mod web;
