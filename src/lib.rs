//! oot-hud
