//! Tests across both programs.
