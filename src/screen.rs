//! The terminal program: message → update → model → view, and what is done outside.

pub mod ascii;
pub mod effect;
pub mod export;
pub mod known;
pub mod message;
pub mod model;
pub mod outside;
pub mod palette;
pub mod picture;
pub mod prompt;
pub mod resume;
pub mod run;
pub mod signals;
pub mod terminal;
pub mod update;
pub mod view;
