//! The reader: one client, two layouts, a deadline; each query's rows have a struct beside it.
//!
//! No setting is ever sent: a user with `readonly=1` may not change any.

mod asking;
mod client;
pub mod daemons;
mod error;
mod matrix_rows;
mod query;
mod question;
mod rows;

use std::time::Duration;

use clickhouse::Client;
use tokio::sync::{Mutex, OnceCell};

use crate::data::chosen::EventView;
use crate::settings::clickhouse::ClickHouse;

pub use error::SourceError;
pub(crate) use error::deepest;
pub use matrix_rows::{LetteredRow, MatrixRows};
use query::{
    ARRIVED, ATTEMPTS, CELLS, DAILY, DAYS, JOBS, LEVELS, NAMES, READINESS, RELAY_HEALTH, REPOSITORIES, RESULTS, ROWS,
    SUMMARY, USUAL,
};
pub use query::{Layout, texts};
pub use question::{Execution, Question, Subject};
pub use rows::{
    ArrivedRow, Cell, DayRow, JobRow, LevelRow, MatrixRow, ReadinessRow, RelayRow, RepositoryRow, ResultRow,
    SummaryRow, TrendRow, UsualRow, Verdict,
};

/// An answer that comes later is none.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The health probe of the relay, a repository of its own.
pub const PROBE: &str = "pytorch/crcr-test";

/// Asks ClickHouse.
pub struct Reader {
    client: OnceCell<Client>,
    place: ClickHouse,
    deadline: Duration,
    /// As it was found last; it may be another by now.
    layout: Mutex<Option<Layout>>,
}

impl Reader {
    /// Connects at the first question.
    pub fn new(place: &ClickHouse) -> Self {
        Self {
            client: OnceCell::new(),
            place: place.clone(),
            deadline: DEADLINE,
            layout: Mutex::new(None),
        }
    }

    /// With the layout that another reader has found.
    pub fn told(self, layout: Option<Layout>) -> Self {
        Self {
            layout: Mutex::new(layout),
            ..self
        }
    }

    /// The layout, where it is known.
    pub async fn layout(&self) -> Option<Layout> {
        *self.layout.lock().await
    }

    /// With another deadline for each question.
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// One row per repository that reported.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn summary(&self, question: &Question) -> Result<Vec<SummaryRow>, SourceError> {
        self.ask(&SUMMARY, question).await
    }

    /// One row per repository and day.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn daily(&self, question: &Question) -> Result<Vec<DayRow>, SourceError> {
        self.ask(&DAILY, question).await
    }

    /// One row per day.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn days(&self, question: &Question) -> Result<Vec<TrendRow>, SourceError> {
        self.ask(&DAYS, question).await
    }

    /// The probe's last pull requests, or its commits in another view; and what failed there.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn relay_health(&self, question: &Question, event: EventView) -> Result<Vec<RelayRow>, SourceError> {
        let question = Question {
            repo: PROBE.to_owned(),
            event,
            ..question.clone()
        };
        self.ask(&RELAY_HEALTH, &question).await
    }

    /// How each job usually does.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn usual(&self, question: &Question) -> Result<Vec<UsualRow>, SourceError> {
        self.ask(&USUAL, question).await
    }

    /// Which jobs there are.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn jobs(&self, question: &Question) -> Result<Vec<JobRow>, SourceError> {
        self.ask(&JOBS, question).await
    }

    /// How a backend does by the measures of level 3: one row.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn readiness(&self, question: &Question) -> Result<Vec<ReadinessRow>, SourceError> {
        self.ask(&READINESS, question).await
    }

    /// One row per repository: its level and its last runs.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn repositories(&self, question: &Question) -> Result<Vec<RepositoryRow>, SourceError> {
        self.ask(&REPOSITORIES, question).await
    }

    /// Since when a backend has which level, the oldest first.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn levels(&self, question: &Question) -> Result<Vec<LevelRow>, SourceError> {
        self.ask(&LEVELS, question).await
    }

    /// What stands in a backend's matrix: the newest pull requests first.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn rows(&self, question: &Question) -> Result<MatrixRows, SourceError> {
        self.ask_into(&ROWS, question, MatrixRows::push).await
    }

    /// Every attempt at the question's execution, the one that counts first.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn attempts(&self, question: &Question) -> Result<Vec<Cell>, SourceError> {
        self.ask(&ATTEMPTS, question).await
    }

    /// What a screen shows of each current result, newest first.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn cells(&self, question: &Question) -> Result<Vec<Cell>, SourceError> {
        self.ask(&CELLS, question).await
    }

    /// Everything about each current result, newest first. The deadline is for each of them: there may be many.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn results(&self, question: &Question) -> Result<Vec<ResultRow>, SourceError> {
        self.ask_for_many(&RESULTS, question).await
    }

    /// Every repository that ever reported, in each of its spellings.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn names(&self) -> Result<Vec<String>, SourceError> {
        self.ask(&NAMES, &Question::of_all(0, EventView::All)).await
    }

    /// What came since a moment of the server's clock, in seconds since 1970, to what is asked about: rows of results, whichever of them
    /// are current.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn arrived(&self, question: &Question, since: i64) -> Result<ArrivedRow, SourceError> {
        let question = Question {
            arrived_since: since,
            ..question.clone()
        };
        let rows = self.ask(&ARRIVED, &question).await?;
        Ok(rows.into_iter().next().unwrap_or_default())
    }
}
