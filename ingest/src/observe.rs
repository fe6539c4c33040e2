//! What the daemon tells those who look: the figures its parts leave behind, and the document made of them (`GET /status`).
//!
//! ```text
//! endpoint, intake, replicator ─► Told ─► Observer ─► /metrics, /status, /readyz ─► Prometheus, oot-hud
//! ```

pub mod probe;
pub mod recent;
mod status;

use std::path::Path;
use std::sync::Arc;

use crate::clickhouse::Server;
use crate::dead_letters::DeadLetters;
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::replicate::progress::Progress;
use crate::timestamp::Timestamp;
use probe::Probe;
use recent::Recent;

pub use status::Status;

/// Where the parts of the daemon leave what they have to tell. Cheap to clone.
#[derive(Clone)]
pub struct Told {
    pub dead_letters: Arc<DeadLetters>,
    pub progress: Arc<Progress>,
    pub metrics: Arc<Metrics>,
}

impl Told {
    /// Nothing yet; dead letters go beside the table of `replica`, or into the data directory.
    pub fn new(data: &Path, replica: Option<&Server>) -> Self {
        Self {
            dead_letters: Arc::new(DeadLetters::new(data, replica)),
            progress: Arc::default(),
            metrics: Arc::default(),
        }
    }
}

/// Answers those who look. Nothing that is asked here waits for a dependency.
pub struct Observer {
    pub started_at: Timestamp,
    pub metrics: Arc<Metrics>,
    /// In a process that accepts results.
    pub intake: Option<Arc<Intake>>,
    /// What it accepted lately.
    pub recent: Arc<Recent>,
    /// In a process that replicates: how far it is,
    pub progress: Option<Arc<Progress>>,
    /// and whether its sink answers.
    pub probe: Option<Arc<Probe>>,
}

impl Observer {
    /// Of a process that only accepts results.
    pub fn of_intake(intake: Arc<Intake>, metrics: Arc<Metrics>) -> Self {
        Self {
            started_at: Timestamp::now(),
            metrics,
            intake: Some(intake),
            recent: Arc::default(),
            progress: None,
            probe: None,
        }
    }

    /// Of a process that only replicates.
    pub fn of_replicator(told: &Told, probe: Arc<Probe>) -> Self {
        Self {
            started_at: Timestamp::now(),
            metrics: Arc::clone(&told.metrics),
            intake: None,
            recent: Arc::default(),
            progress: Some(Arc::clone(&told.progress)),
            probe: Some(probe),
        }
    }

    /// Of a process that does both.
    #[must_use]
    pub fn and_replicator(self, told: &Told, probe: Arc<Probe>) -> Self {
        Self {
            progress: Some(Arc::clone(&told.progress)),
            probe: Some(probe),
            ..self
        }
    }

    /// Whether it can do its work now; if not, why. A process that accepts results is ready while it can keep them, whatever else is
    /// away; one that only replicates is ready while its sink answers.
    ///
    /// # Errors
    /// What is away.
    pub async fn ready(&self) -> Result<(), String> {
        match (&self.intake, &self.probe) {
            (Some(intake), _) => intake.ready().await.map_err(|error| error.to_string()),
            (None, Some(probe)) => probe.ready(),
            (None, None) => Ok(()),
        }
    }

    /// The metrics' text, with what is measured at the moment of asking.
    pub fn metrics_text(&self, now: Timestamp) -> String {
        if let Some(intake) = &self.intake {
            self.metrics.observe_spool(&intake.level(), now);
        }
        if let Some(progress) = &self.progress {
            self.metrics.observe_progress(progress, now);
        }
        if let Some(probe) = &self.probe {
            self.metrics.observe_probe(probe);
        }
        self.metrics.text(self.intake.is_some(), self.progress.is_some())
    }

    /// The document of `GET /status`.
    pub fn status(&self, now: Timestamp) -> Status {
        Status::of(self, now)
    }
}
