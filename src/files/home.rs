//! Where programs keep what is their user's own: the XDG base directories. None where there is no home.

use std::path::PathBuf;

/// `$XDG_CACHE_HOME`, by default `~/.cache`.
pub fn cache() -> Option<PathBuf> {
    directory("XDG_CACHE_HOME", ".cache")
}

/// `$XDG_CONFIG_HOME`, by default `~/.config`.
pub fn config() -> Option<PathBuf> {
    directory("XDG_CONFIG_HOME", ".config")
}

/// `$XDG_DATA_HOME`, by default `~/.local/share`.
pub fn data() -> Option<PathBuf> {
    directory("XDG_DATA_HOME", ".local/share")
}

/// `$XDG_STATE_HOME`, by default `~/.local/state`.
pub fn state() -> Option<PathBuf> {
    directory("XDG_STATE_HOME", ".local/state")
}

fn directory(variable: &str, usual: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).filter(|path| !path.is_empty());
    named
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(usual)))
}
