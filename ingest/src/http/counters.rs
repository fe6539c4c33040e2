//! What the endpoint counts, in the text format of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since start.
#[derive(Default)]
pub struct Counters {
    outcomes: Mutex<BTreeMap<&'static str, u64>>,
    warnings: AtomicU64,
}

impl Counters {
    /// One more callback with this outcome.
    pub(super) fn count(&self, outcome: &'static str) {
        let mut outcomes = self.outcomes.lock().expect("nothing panics while it holds this lock");
        *outcomes.entry(outcome).or_default() += 1;
    }

    /// Fields left out of accepted callbacks.
    pub(super) fn count_warnings(&self, fields: usize) {
        self.warnings.fetch_add(fields as u64, Ordering::Relaxed);
    }

    /// The exposition text.
    pub(super) fn text(&self) -> String {
        let mut text = String::from(
            "# HELP oot_callbacks_total Callbacks, by what was answered.\n# TYPE oot_callbacks_total counter\n",
        );
        for (outcome, count) in self
            .outcomes
            .lock()
            .expect("nothing panics while it holds this lock")
            .iter()
        {
            let _ = writeln!(text, "oot_callbacks_total{{outcome=\"{outcome}\"}} {count}");
        }
        let _ = writeln!(
            text,
            "# HELP oot_fields_left_out_total Optional fields of accepted callbacks that could not be used.\n\
             # TYPE oot_fields_left_out_total counter\noot_fields_left_out_total {}",
            self.warnings.load(Ordering::Relaxed)
        );
        text
    }
}
