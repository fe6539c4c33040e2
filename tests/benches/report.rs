//! What a benchmark has measured: figures, and the file that keeps them.

#![allow(dead_code, reason = "each benchmark takes what it needs")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Writes `assets/bench/NAME.json`: when, on what and of which commit it was measured, and the figures.
pub(crate) fn write(name: &str, figures: Value) {
    let report = json!({
        "benchmark": name,
        "date": OffsetDateTime::now_utc().replace_nanosecond(0).unwrap().format(&Rfc3339).unwrap(),
        "commit": printed("git", &["rev-parse", "--short", "HEAD"]),
        "rustc": printed("rustc", &["--version"]),
        "machine": machine(),
        "figures": figures,
    });
    let directory = root().join("assets/bench");
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join(format!("{name}.json"));
    std::fs::write(&path, format!("{report:#}\n")).unwrap();
    println!("wrote {}", path.display());
}

/// Criterion, which keeps what it measures beside the build.
pub(crate) fn criterion() -> criterion::Criterion {
    criterion::Criterion::default()
        .without_plots()
        .output_directory(&criterion_directory())
        .configure_from_args()
}

fn criterion_directory() -> PathBuf {
    root().join("target/criterion")
}

/// What criterion has found of `GROUP/NAME`: the median and its bounds at 95 %, in microseconds.
pub(crate) fn of_criterion(name: &str) -> Value {
    let path = criterion_directory().join(name).join("new/estimates.json");
    let found: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let micros = |of: &Value| of.as_f64().unwrap() / 1e3;
    let median = &found["median"];
    let bounds = &median["confidence_interval"];
    json!({
        "median_us": micros(&median["point_estimate"]),
        "from_us": micros(&bounds["lower_bound"]),
        "to_us": micros(&bounds["upper_bound"]),
    })
}

fn machine() -> Value {
    let of_file = |path: &str, name: &str| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.map(|line| line.trim_start_matches([':', '\t', ' ']).to_owned())
    };
    json!({
        "processor": of_file("/proc/cpuinfo", "model name"),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "memory": of_file("/proc/meminfo", "MemTotal:"),
        "kernel": printed("uname", &["-sr"]),
    })
}

fn printed(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(root()).output();
    output.map_or(String::new(), |output| {
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    })
}

/// Times in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    /// Times something once.
    pub(crate) fn time<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        self.take(begun.elapsed());
        done
    }

    pub(crate) fn take(&mut self, took: Duration) {
        self.0.push(took.as_secs_f64() * 1e3);
    }

    /// The time that this part of them stays under, from 0 to 1.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (part * sorted.len() as f64).ceil() as usize;
        sorted
            .get(at.clamp(1, sorted.len().max(1)) - 1)
            .copied()
            .unwrap_or(f64::NAN)
    }

    pub(crate) fn json(&self) -> Value {
        let rounded = |part: f64| (self.quantile(part) * 1e3).round() / 1e3;
        json!({ "runs": self.0.len(), "p50_ms": rounded(0.5), "p99_ms": rounded(0.99) })
    }
}

/// Seconds of CPU that a process has had, of all its threads.
pub(crate) fn cpu_seconds(process: u32) -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|field| field.parse::<f64>().ok())
            .unwrap_or_default()
    };
    (ticks(11) + ticks(12)) / TICKS_A_SECOND
}

/// What a process holds in memory, by its name in Linux's `/proc/PID/status`: `VmRSS:` now, `VmHWM:` at most. None once it has ended.
pub(crate) fn resident_kilobytes(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
