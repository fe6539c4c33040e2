//! What the terminal program costs: frames, the first of them, its memory, what it does when nothing happens. Results go to
//! `assets/bench/terminal.json`.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

#[path = "terminal/data.rs"]
mod data;
#[path = "terminal/frames.rs"]
mod frames;
#[path = "terminal/programs.rs"]
mod programs;
#[path = "report.rs"]
mod report;
#[path = "terminal/soak.rs"]
mod soak;

use serde_json::json;

fn main() {
    let binary = std::fs::metadata(oot_tests::program("oot-hud")).unwrap().len();
    println!("  oot-hud has {:.1} MB", binary as f64 / 1e6);
    let figures = json!({
        "binary_bytes": binary,
        "drawing": frames::measured(),
        "soak": soak::measured(),
        "programs": programs::measured(),
    });
    report::write("terminal", figures);
}
