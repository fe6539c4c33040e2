//! oot-hud: results of PyTorch's out-of-tree backends, live in a terminal.
//!
//! ```text
//!  queries/*.sql ─► source ─► rows, pipeline ─► export, status            printed
//!  daemons' /status ─┘ │
//!                      └────► message ─► update ─► model ─► view          on screen (run holds the loop)
//!                                          └─► effect ─► source, outside
//! ```

pub mod action;
pub mod allowlist;
pub mod answer;
pub mod args;
pub mod ascii;
pub mod attempts;
pub mod backend;
pub mod cache_file;
pub mod config;
pub mod effect;
pub mod export;
pub mod figures;
pub mod glyph;
pub mod grouping;
pub mod key;
pub mod keymap;
pub mod known;
pub mod links;
pub mod list;
pub mod matrix;
pub mod message;
pub mod model;
pub mod outside;
pub mod palette;
pub mod picture;
pub mod pipeline;
pub mod printed;
pub mod private_file;
pub mod prompt;
pub mod pull_request;
pub mod readiness;
pub mod resume;
pub mod rows;
pub mod run;
pub mod slot;
pub mod source;
pub mod status;
pub mod summary;
pub mod table;
pub mod terminal;
pub mod text;
pub mod theme;
pub mod titles;
pub mod trend;
pub mod update;
pub mod usual;
pub mod view;
pub mod web;
