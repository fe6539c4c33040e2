//! What is counted and measured, in Prometheus' terms. Names, units and meaning: `ingest/METRICS.md`, which a test holds to this.

use std::time::Duration;

use prometheus::{
    Encoder as _, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec,
    Opts, Registry, TextEncoder,
};

use crate::clickhouse::ErrorKind;
use crate::observe::probe::Probe;
use crate::replicate::progress::{Progress, ShardCounts, seconds_between};
use crate::store::spool::Level;
use crate::timestamp::Timestamp;

/// Upper bounds of the latency histograms, in seconds: from a cached write to past the relay's patience.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0,
];

/// Every metric of the daemon.
pub struct Metrics {
    parts: Parts,
    /// By outcome and reason.
    pub(crate) callbacks: IntCounterVec,
    pub(crate) callback_seconds: Histogram,
    pub(crate) fields_left_out: IntCounter,
    pub(crate) in_flight: IntGauge,
    pub(crate) connections: IntGauge,
    /// By result.
    pub(crate) store_seconds: HistogramVec,
    pub(crate) store_away: IntGauge,
    pub(crate) spooled: IntCounter,
    pub(crate) drained: IntCounter,
    pub(crate) rows_inserted: IntCounter,
    pub(crate) bytes_inserted: IntCounter,
    /// By kind.
    insert_errors: IntCounterVec,
    pub(crate) dead_letters: IntCounter,
    pub(crate) gaps: IntCounter,
    /// By state.
    shards: IntGaugeVec,
    /// By holder.
    leases: IntGaugeVec,
    pub(crate) leases_lost: IntCounter,
    dead_letters_waiting: IntGauge,
    sink_answers: IntGauge,
    pub(crate) merge_conflicts: IntCounter,
    lag_seconds: Gauge,
    poll_age_seconds: Gauge,
    checkpoint_age_seconds: Gauge,
    spool_results: IntGauge,
    spool_bytes: IntGauge,
    spool_oldest_seconds: Gauge,
}

/// What a process does decides which metrics it has: one that doesn't do a thing has no figure for it.
struct Parts {
    /// Of every process,
    every: Registry,
    /// of one that accepts results,
    intake: Registry,
    /// and of one that replicates.
    replication: Registry,
}

/// Every outcome and reason of a callback: each is shown from the start, so that a rate over it is right from the first one on.
pub(crate) const OUTCOMES: [(&str, &str); 13] = [
    ("accepted", "stored"),
    ("accepted", "spooled"),
    ("refused", "unauthorized"),
    ("refused", "method_not_allowed"),
    ("refused", "not_found"),
    ("refused", "too_large"),
    ("refused", "invalid"),
    ("unavailable", "incomplete"),
    ("unavailable", "late"),
    ("unavailable", "busy"),
    ("unavailable", "connections"),
    ("unavailable", "rate"),
    ("unavailable", "store"),
];

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero, in registries of their own.
    pub fn new() -> Self {
        let (every, intake, replication) = (Registry::new(), Registry::new(), Registry::new());
        let build = register(
            &every,
            IntGaugeVec::new(
                Opts::new("oot_build_info", "Always 1; which program this is."),
                &["version"],
            ),
        );
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        let metrics = Self {
            callbacks: counters(
                &intake,
                "oot_callbacks_total",
                "Callbacks, by what was answered and why.",
                &["outcome", "reason"],
            ),
            callback_seconds: histogram(&intake, "oot_callback_seconds", "From a callback's head to its answer."),
            fields_left_out: counter(
                &intake,
                "oot_fields_left_out_total",
                "Optional fields of accepted callbacks that could not be used.",
            ),
            in_flight: gauge(
                &intake,
                "oot_callbacks_in_flight",
                "Callbacks being read or stored now.",
            ),
            connections: gauge(&intake, "oot_connections", "Open connections to the endpoint."),
            store_seconds: register(
                &intake,
                HistogramVec::new(
                    HistogramOpts::new(
                        "oot_store_seconds",
                        "One write to the record store, by what became of it.",
                    )
                    .buckets(SECONDS.into()),
                    &["result"],
                ),
            ),
            store_away: gauge(
                &intake,
                "oot_store_away",
                "1 while the record store does not take results and they go to the spool, else 0.",
            ),
            spooled: counter(&intake, "oot_spooled_total", "Results put into the spool."),
            drained: counter(
                &intake,
                "oot_drained_total",
                "Results moved from the spool into the record store.",
            ),
            rows_inserted: counter(
                &replication,
                "oot_rows_inserted_total",
                "Rows that ClickHouse has acknowledged.",
            ),
            bytes_inserted: counter(
                &replication,
                "oot_bytes_inserted_total",
                "Bytes of the rows that ClickHouse has acknowledged, about, before compression.",
            ),
            insert_errors: counters(
                &replication,
                "oot_insert_errors_total",
                "Inserts that ClickHouse did not acknowledge.",
                &["kind"],
            ),
            dead_letters: counter(
                &every,
                "oot_dead_letters_total",
                "Changes that could not become rows and were kept as dead letters.",
            ),
            gaps: counter(
                &replication,
                "oot_gaps_total",
                "Times that changes were missed or a stream was made anew, and all records were scanned for it.",
            ),
            shards: register(
                &replication,
                IntGaugeVec::new(
                    Opts::new(
                        "oot_shards",
                        "Shards of the change stream and parts of scans, by state.",
                    ),
                    &["state"],
                ),
            ),
            leases: register(
                &replication,
                IntGaugeVec::new(
                    Opts::new(
                        "oot_leases",
                        "Leases of what may be followed now, by the process that holds them.",
                    ),
                    &["holder"],
                ),
            ),
            leases_lost: counter(
                &replication,
                "oot_leases_lost_total",
                "Times that another process took over a shard which this one followed.",
            ),
            dead_letters_waiting: gauge(
                &replication,
                "oot_dead_letters",
                "Dead letters that wait to be replayed or purged, by what ClickHouse said last; processes with the same table tell the same.",
            ),
            sink_answers: gauge(
                &replication,
                "oot_sink_answers",
                "1 while ClickHouse answers, else 0; asked every 2 s.",
            ),
            merge_conflicts: counter(
                &intake,
                "oot_merge_conflicts_total",
                "Writes that the record store refused because the record was not as expected; each was joined and written again.",
            ),
            lag_seconds: seconds(
                &replication,
                "oot_lag_seconds",
                "For how long the oldest change has waited that is in the store and not in ClickHouse yet; 0 when none does, NaN at the start.",
            ),
            poll_age_seconds: seconds(
                &replication,
                "oot_poll_age_seconds",
                "Since the change stream answered, for the shard where that is longest ago; 0 when none is followed. It is not asked while rows wait for ClickHouse.",
            ),
            checkpoint_age_seconds: seconds(
                &replication,
                "oot_checkpoint_age_seconds",
                "For how long a checkpoint has been due, for the shard where that is longest: since the last one or the first change after it; 0 when all is written.",
            ),
            spool_results: gauge(&intake, "oot_spool_results", "Results that wait in the spool."),
            spool_bytes: gauge(
                &intake,
                "oot_spool_bytes",
                "Bytes of the records that wait in the spool.",
            ),
            spool_oldest_seconds: seconds(
                &intake,
                "oot_spool_oldest_seconds",
                "For how long the oldest result has waited in the spool; 0 when none does.",
            ),
            parts: Parts {
                every,
                intake,
                replication,
            },
        };
        for labels in OUTCOMES {
            metrics.callbacks.with_label_values(&[labels.0, labels.1]);
        }
        for kind in ["rows", "passing"] {
            metrics.insert_errors.with_label_values(&[kind]);
        }
        for state in ["listed", "workable"] {
            metrics.shards.with_label_values(&[state]);
        }
        for holder in ["this", "another", "nobody"] {
            metrics.leases.with_label_values(&[holder]);
        }
        for result in ["stored", "failed", "late"] {
            metrics.store_seconds.with_label_values(&[result]);
        }
        metrics
    }

    /// Takes over what waits in the spool, just before it is shown.
    pub fn observe_spool(&self, level: &Level, now: Timestamp) {
        self.spool_results.set(signed(level.results));
        self.spool_bytes.set(signed(level.bytes));
        self.spool_oldest_seconds
            .set(level.oldest.map_or(0.0, |oldest| seconds_between(oldest, now)));
    }

    /// Takes over how far the replicator is, just before it is shown.
    pub fn observe_progress(&self, progress: &Progress, now: Timestamp) {
        // Not a number: it can't be told yet.
        self.lag_seconds.set(progress.lag_seconds(now).unwrap_or(f64::NAN));
        self.poll_age_seconds.set(progress.poll_age_seconds(now).unwrap_or(0.0));
        self.checkpoint_age_seconds
            .set(progress.checkpoint_age_seconds(now).unwrap_or(0.0));
        let ShardCounts {
            listed,
            workable,
            followed,
            others,
        } = progress.shard_counts();
        for (state, count) in [("listed", listed), ("workable", workable)] {
            self.shards.with_label_values(&[state]).set(signed(count as u64));
        }
        let nobody = workable.saturating_sub(followed + others);
        for (holder, count) in [("this", followed), ("another", others), ("nobody", nobody)] {
            self.leases.with_label_values(&[holder]).set(signed(count as u64));
        }
    }

    /// Takes over what ClickHouse said when it was asked last, just before it is shown.
    pub fn observe_probe(&self, probe: &Probe) {
        self.sink_answers.set(probe.ready().is_ok().into());
        if let Some(letters) = probe.dead_letters() {
            self.dead_letters_waiting.set(signed(letters));
        }
    }

    /// An insert that was not acknowledged.
    pub(crate) fn count_insert_error(&self, kind: ErrorKind) {
        let kind = match kind {
            ErrorKind::Rows => "rows",
            ErrorKind::Passing => "passing",
        };
        self.insert_errors.with_label_values(&[kind]).inc();
    }

    /// One write to the record store.
    pub(crate) fn observe_store(&self, result: &str, took: Duration) {
        self.store_seconds
            .with_label_values(&[result])
            .observe(took.as_secs_f64());
    }

    /// The exposition text, format 0.0.4, of a process that does these things.
    pub fn text(&self, accepts: bool, replicates: bool) -> String {
        let mut families = self.parts.every.gather();
        if accepts {
            families.extend(self.parts.intake.gather());
        }
        if replicates {
            families.extend(self.parts.replication.gather());
        }
        let mut text = Vec::new();
        TextEncoder::new()
            .encode(&families, &mut text)
            .expect("every metric has a name and a type");
        String::from_utf8(text).expect("names, labels and numbers are text")
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn register<T: prometheus::core::Collector + Clone + 'static>(registry: &Registry, made: prometheus::Result<T>) -> T {
    let metric = made.expect("names and labels are constants");
    registry
        .register(Box::new(metric.clone()))
        .expect("no two have the same name");
    metric
}

fn counter(registry: &Registry, name: &str, help: &str) -> IntCounter {
    register(registry, IntCounter::new(name, help))
}

fn counters(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    register(registry, IntCounterVec::new(Opts::new(name, help), labels))
}

fn gauge(registry: &Registry, name: &str, help: &str) -> IntGauge {
    register(registry, IntGauge::new(name, help))
}

fn seconds(registry: &Registry, name: &str, help: &str) -> Gauge {
    register(registry, Gauge::new(name, help))
}

fn histogram(registry: &Registry, name: &str, help: &str) -> Histogram {
    register(
        registry,
        Histogram::with_opts(HistogramOpts::new(name, help).buckets(SECONDS.into())),
    )
}

#[cfg(test)]
mod tests;
