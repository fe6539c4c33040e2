//! What can be done, and by which keys.

pub mod action;
pub mod key;
pub mod keymap;
