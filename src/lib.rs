//! oot-hud: results of PyTorch's out-of-tree backends, live in a terminal.
//!
//! ```text
//!  queries/*.sql     ─► source ─┐  ┌─► answer ─► data ─► screen    message ─► update ─► model ─► view
//!  daemons' /status  ─► source ─┼──┤
//!  GitHub, allowlist ─► web ────┘  └───────────► data ─► printed   rows, and the health line
//! ```
//!
//! What is printed asks the reader itself, once, and waits for all of it; names, levels and trends `answer` finds out for both. A screen
//! exports its rows as `printed` writes them, which knows of no screen.
//!
//! Beside them: `settings`, what is typed and configured; `keys`, what can be done, by which keys; `files`, what is kept; `clock`.

pub mod answer;
pub mod clock;
pub mod data;
pub mod files;
pub mod keys;
pub mod printed;
pub mod screen;
pub mod settings;
pub mod source;
pub mod web;
