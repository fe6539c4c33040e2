//! The reader: one client, two layouts, a deadline; each query's rows have a struct beside it.
//!
//! No setting is ever sent: a user with `readonly=1` may not change any.

mod client;
pub mod daemons;
mod error;
mod matrix_rows;
mod query;
mod question;
mod rows;

use std::time::Duration;

use clickhouse::error::Error;
use clickhouse::{Client, RowOwned, RowRead};
use tokio::sync::OnceCell;

use crate::data::figures::OVERDUE_MILLIS;
use crate::data::readiness::LONG_JOB_SECONDS;
use crate::settings::args::EventView;
use crate::settings::config::{ClickHouse, masked};

pub use error::SourceError;
pub(crate) use error::deepest;
pub use matrix_rows::{LetteredRow, MatrixRows};
use query::{
    ARRIVED, ATTEMPTS, CELLS, COLUMNS, DAILY, DAYS, JOBS, LEVELS, NAMES, Query, READINESS, RELAY_HEALTH, REPOSITORIES,
    RESULTS, ROWS, SUMMARY, USUAL,
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

/// The last millisecond whose nanoseconds fit into 64 bits.
const OPEN: i64 = i64::MAX / 1_000_000;

/// Asks ClickHouse.
pub struct Reader {
    client: Client,
    place: ClickHouse,
    deadline: Duration,
    layout: OnceCell<Layout>,
    /// As it was found before; it may be another by now.
    told: Option<Layout>,
}

impl Reader {
    /// Connects at the first question.
    pub fn new(place: &ClickHouse) -> Self {
        let mut client = client::client(&place.url).with_product_info("oot-hud", env!("CARGO_PKG_VERSION"));
        if let Some(user) = &place.user {
            client = client.with_user(user);
        }
        if let Some(password) = &place.password {
            client = client.with_password(password);
        }
        Self {
            client,
            place: place.clone(),
            deadline: DEADLINE,
            layout: OnceCell::new(),
            told: None,
        }
    }

    /// With the layout that another reader has found: it is asked for only when a query fails.
    pub fn told(self, layout: Option<Layout>) -> Self {
        Self { told: layout, ..self }
    }

    /// The layout, where it is known.
    pub fn layout(&self) -> Option<Layout> {
        self.layout.get().copied().or(self.told)
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

    async fn ask<T: RowOwned + RowRead>(&self, query: &Query, question: &Question) -> Result<Vec<T>, SourceError> {
        self.ask_into(query, question, Vec::push).await
    }

    /// Adds each row, as it comes, to what there is of them.
    async fn ask_into<T: RowOwned + RowRead, A: Default>(
        &self,
        query: &Query,
        question: &Question,
        add: impl Fn(&mut A, T),
    ) -> Result<A, SourceError> {
        let answer = self.in_time(async {
            let told = self.told.filter(|_| self.layout.get().is_none());
            let failed = match told {
                None => None,
                Some(told) => match self.ask_of(told, query, question, &add).await {
                    // A word of the server's: the table may have changed.
                    Err(error @ Error::BadResponse(_)) => Some(error),
                    rows => return rows.map_err(|error| self.failed(&error)),
                },
            };
            let layout = *self.layout.get_or_try_init(|| self.find_layout()).await?;
            let rows = match failed {
                Some(error) if told == Some(layout) => Err(error),
                _ => self.ask_of(layout, query, question, &add).await,
            };
            rows.map_err(|error| self.failed(&error))
        });
        answer.await
    }

    /// With the deadline for each row, not for all of them: of a large table they come for as long as they come.
    async fn ask_for_many<T: RowOwned + RowRead>(
        &self,
        query: &Query,
        question: &Question,
    ) -> Result<Vec<T>, SourceError> {
        let cursor = self.in_time(async {
            let layout = *self.layout.get_or_try_init(|| self.find_layout()).await?;
            let cursor = self.filled(layout, query, question).fetch::<T>();
            cursor.map_err(|error| self.failed(&error))
        });
        let (mut cursor, mut rows) = (cursor.await?, Vec::new());
        let mut next = async || {
            let row = self.in_time(async { cursor.next().await.map_err(|error| self.failed(&error)) });
            row.await
        };
        while let Some(row) = next().await? {
            rows.push(row);
        }
        Ok(rows)
    }

    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, SourceError>>) -> Result<T, SourceError> {
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(SourceError::Late {
                url: masked(&self.place.url),
                seconds: self.deadline.as_secs(),
            }),
        }
    }

    async fn ask_of<T: RowOwned + RowRead, A: Default>(
        &self,
        layout: Layout,
        query: &Query,
        question: &Question,
        add: &impl Fn(&mut A, T),
    ) -> Result<A, Error> {
        let mut cursor = self.filled(layout, query, question).fetch::<T>()?;
        let mut all = A::default();
        while let Some(row) = cursor.next().await? {
            add(&mut all, row);
        }
        Ok(all)
    }

    /// A query in a layout, with what is asked in it.
    fn filled(&self, layout: Layout, query: &Query, question: &Question) -> clickhouse::query::Query {
        let execution = question.execution.as_ref();
        let repo = execution.map_or(&question.repo, |execution| &execution.repo);
        // As ClickHouse's `lower` has it.
        let repos = match repo.is_empty() {
            true => question.repos.clone(),
            false => vec![repo.to_ascii_lowercase()],
        };
        self.client
            .query_raw(query.sql(layout, question))
            .param("database", &self.place.database)
            .param("table", &self.place.table)
            .param("days", self.days_table())
            .param("backends", self.backends_table())
            .param("since", question.since)
            .param("until", question.until.unwrap_or(OPEN))
            .param("commit", &question.commit)
            .param("now", question.now)
            .param("overdue", OVERDUE_MILLIS)
            .param("long_job", LONG_JOB_SECONDS)
            .param("event", question.event.as_str())
            .param("repo", repo)
            .param("repos", repos)
            .param("arrived_since", question.arrived_since)
            .param("pr", question.pr)
            .param("pull_requests", question.pull_requests)
            .param("job", execution.map_or(0, |execution| execution.job))
            .param("whole_commit", execution.map_or("", |execution| &execution.commit))
    }

    async fn find_layout(&self) -> Result<Layout, SourceError> {
        let columns: Vec<(String, String)> = self
            .client
            .query_raw(COLUMNS)
            .param("database", &self.place.database)
            .param("table", &self.place.table)
            .param("days", self.days_table())
            .param("backends", self.backends_table())
            .fetch_all()
            .await
            .map_err(|error| self.failed(&error))?;
        let table = || format!("{}.{}", self.place.database, self.place.table);
        let columns_of = |of: &str| {
            let columns = columns.iter().filter(|(table, _)| table == of);
            columns.map(|(_, column)| column.as_str()).collect::<Vec<_>>()
        };
        let columns = columns_of(&self.place.table);
        let has = |name: &str| columns.contains(&name);
        let has_table = |table: &str, wanted: &[&str]| {
            let columns = columns_of(table);
            wanted.iter().all(|column| columns.contains(column))
        };
        if columns.is_empty() {
            return Err(SourceError::NoTable {
                url: masked(&self.place.url),
                table: table(),
            });
        }
        if let Some(column) = ["dynamoKey", "downstream_repo", "run_attempt"]
            .into_iter()
            .find(|column| !has(column))
        {
            return Err(SourceError::Foreign { table: table(), column });
        }
        // Of an older schema it is read as the HUD's is: it has its columns.
        let is_own = ["_version", "created_at", "_belongs"].into_iter().all(has);
        Ok(match is_own {
            true => Layout::Own {
                has_days: has_table(&self.days_table(), &["pr_number", "commit", "day"]),
                has_backends: has_table(&self.backends_table(), &["day", "first", "last"]),
            },
            false => Layout::Hud,
        })
    }

    /// The tables beside ours, as `oot-ingest migrate` names them.
    fn days_table(&self) -> String {
        format!("{}_days", self.place.table)
    }

    fn backends_table(&self) -> String {
        format!("{}_backends", self.place.table)
    }

    fn failed(&self, error: &Error) -> SourceError {
        SourceError::of(masked(&self.place.url), error)
    }
}
