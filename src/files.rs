//! Files of this program's own.

pub mod cache_file;
pub mod home;
pub mod private_file;
pub mod timely;
