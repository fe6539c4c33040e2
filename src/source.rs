//! The reader: one client, two layouts, a deadline; each query's rows have a struct beside it.
//!
//! Every query is the layout's attempts, then the rule of the current result, then one question, put together at compile time.
//! No setting is ever sent: a user with `readonly=1` may not change any.

pub mod daemons;
mod rows;

use std::time::Duration;

use clickhouse::error::Error;
use clickhouse::{Client, RowOwned, RowRead};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use crate::data::figures::OVERDUE_MILLIS;
use crate::data::readiness::LONG_JOB_SECONDS;
use crate::settings::args::EventView;
use crate::settings::config::{ClickHouse, masked};

pub use rows::{
    Cell, DayRow, LevelRow, MatrixRow, ReadinessRow, RelayRow, RepositoryRow, ResultRow, SummaryRow, TrendRow,
    UsualRow, Verdict,
};

/// An answer that comes later is none.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The health probe of the relay, a repository of its own.
pub const PROBE: &str = "pytorch/crcr-test";

/// A query in both layouts.
struct Query {
    own: &'static str,
    hud: &'static str,
}

macro_rules! query {
    ($($file:literal),+) => {
        Query {
            own: concat!(
                include_str!("../queries/attempts_own.sql"),
                include_str!("../queries/current.sql"),
                $(include_str!(concat!("../queries/", $file))),+
            ),
            hud: concat!(
                include_str!("../queries/attempts_hud.sql"),
                include_str!("../queries/current.sql"),
                $(include_str!(concat!("../queries/", $file))),+
            ),
        }
    };
}

const SUMMARY: Query = query!("summary.sql");
const DAILY: Query = query!("daily.sql");
const DAYS: Query = query!("days.sql");
const RELAY_HEALTH: Query = query!("relay_health.sql");
const USUAL: Query = query!("usual.sql");
const ROWS: Query = query!("rows.sql");
const CELLS: Query = query!("cell.sql", "cells.sql");
const ATTEMPTS: Query = query!("cell.sql", "attempts.sql");
const RESULTS: Query = query!("results.sql");
const READINESS: Query = query!("readiness.sql");
const REPOSITORIES: Query = query!("repositories.sql");
const LEVELS: Query = query!("levels.sql");
/// It asks the table itself: which of a job's attempts counts is no matter.
const NAMES: Query = Query {
    own: include_str!("../queries/names.sql"),
    hud: include_str!("../queries/names.sql"),
};
const COLUMNS: &str = include_str!("../queries/columns.sql");

/// Which results are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Milliseconds since 1970; 0 for all there ever was.
    pub since: i64,
    /// As of this moment, in milliseconds since 1970; none is open: everything that is known.
    pub until: Option<i64>,
    /// The moment of asking, in milliseconds since 1970: what runs is overdue or not by it.
    pub now: i64,
    pub event: EventView,
    /// Empty for all.
    pub repo: String,
    /// 0 for all.
    pub pr: u64,
    /// The beginning of a SHA; empty for all.
    pub commit: String,
    /// So many pull requests of a matrix, the newest ones.
    pub pull_requests: u64,
    /// Of a job on a commit every attempt.
    pub execution: Option<Execution>,
}

/// What a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    Summary,
    Backend,
    PullRequest,
    Trends,
    Pipeline,
    /// One job on one commit.
    Attempts,
    /// The names of all backends.
    Repositories,
}

/// A job on a commit of a backend, however many attempts it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    pub repo: String,
    /// The SHA in lower case, or the delivery that stands for it.
    pub commit: String,
    /// [`UsualRow::id`]
    pub job: u64,
}

impl Execution {
    /// Whose attempt a result is.
    pub fn of(cell: &Cell) -> Self {
        Self {
            repo: cell.downstream_repo.clone(),
            commit: cell.commit.clone(),
            job: cell.job_id,
        }
    }

    /// Is a result one of its attempts?
    pub fn is_of(&self, cell: &Cell) -> bool {
        self.job == cell.job_id && self.commit == cell.commit && self.repo == cell.downstream_repo
    }
}

impl Question {
    /// Everything there ever was, in this view.
    pub fn of_all(now: i64, event: EventView) -> Self {
        Self {
            since: 0,
            until: None,
            now,
            event,
            repo: String::new(),
            pr: 0,
            commit: String::new(),
            pull_requests: u64::MAX,
            execution: None,
        }
    }
}

/// The last millisecond whose nanoseconds fit into 64 bits.
const OPEN: i64 = i64::MAX / 1_000_000;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("ClickHouse at {url}: {error}{hint}")]
    ClickHouse {
        url: String,
        error: String,
        hint: &'static str,
    },
    #[error("ClickHouse at {url} didn't answer within {seconds} s")]
    Late { url: String, seconds: u64 },
    #[error("{url} has no table {table}: name it with --table, or make it with `oot-ingest migrate`")]
    NoTable { url: String, table: String },
    #[error("{table} is not a table of results: it has no column {column}")]
    Foreign { table: String, column: &'static str },
}

/// How the table is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// `schema/`
    Own,
    /// The HUD's own, section 6 of the relay contract.
    Hud,
}

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
        let mut client = Client::default()
            .with_url(&place.url)
            .with_product_info("oot-hud", env!("CARGO_PKG_VERSION"));
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
    pub async fn rows(&self, question: &Question) -> Result<Vec<MatrixRow>, SourceError> {
        self.ask(&ROWS, question).await
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
    pub async fn names(&self, question: &Question) -> Result<Vec<String>, SourceError> {
        self.ask(&NAMES, question).await
    }

    async fn ask<T: RowOwned + RowRead>(&self, query: &Query, question: &Question) -> Result<Vec<T>, SourceError> {
        let answer = self.in_time(async {
            let told = self.told.filter(|_| self.layout.get().is_none());
            let failed = match told {
                None => None,
                Some(told) => match self.ask_of(told, query, question).await {
                    // A word of the server's: the table may have changed.
                    Err(error @ Error::BadResponse(_)) => Some(error),
                    rows => return rows.map_err(|error| self.failed(&error)),
                },
            };
            let layout = *self.layout.get_or_try_init(|| self.find_layout()).await?;
            let rows = match failed {
                Some(error) if told == Some(layout) => Err(error),
                _ => self.ask_of(layout, query, question).await,
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

    async fn ask_of<T: RowOwned + RowRead>(
        &self,
        layout: Layout,
        query: &Query,
        question: &Question,
    ) -> Result<Vec<T>, Error> {
        self.filled(layout, query, question).fetch_all().await
    }

    /// A query in a layout, with what is asked in it.
    fn filled(&self, layout: Layout, query: &Query, question: &Question) -> clickhouse::query::Query {
        let sql = match layout {
            Layout::Own => query.own,
            Layout::Hud => query.hud,
        };
        let execution = question.execution.as_ref();
        let repo = execution.map_or(&question.repo, |execution| &execution.repo);
        self.client
            .query_raw(sql)
            .param("database", &self.place.database)
            .param("table", &self.place.table)
            .param("since", question.since)
            .param("until", question.until.unwrap_or(OPEN))
            .param("commit", &question.commit)
            .param("now", question.now)
            .param("overdue", OVERDUE_MILLIS)
            .param("long_job", LONG_JOB_SECONDS)
            .param("event", question.event.as_str())
            .param("repo", repo)
            .param("pr", question.pr)
            .param("pull_requests", question.pull_requests)
            .param("job", execution.map_or(0, |execution| execution.job))
            .param("whole_commit", execution.map_or("", |execution| &execution.commit))
    }

    async fn find_layout(&self) -> Result<Layout, SourceError> {
        let columns: Vec<String> = self
            .client
            .query_raw(COLUMNS)
            .param("database", &self.place.database)
            .param("table", &self.place.table)
            .fetch_all()
            .await
            .map_err(|error| self.failed(&error))?;
        let table = || format!("{}.{}", self.place.database, self.place.table);
        let has = |name: &str| columns.iter().any(|column| column == name);
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
        Ok(if has("_version") && has("created_at") {
            Layout::Own
        } else {
            Layout::Hud
        })
    }

    /// The cause stands in front: a line has an end.
    fn failed(&self, error: &clickhouse::error::Error) -> SourceError {
        let mut text = deepest(error);
        if let clickhouse::error::Error::BadResponse(said) = error {
            text.clone_from(said);
        }
        let refused = text.contains("onnection refused");
        let hint = if refused {
            ". Is `oot-ingest serve` running, or another address meant (--clickhouse)?"
        } else if matches!(error, clickhouse::error::Error::BadResponse(said) if !said.contains("DB::Exception")) {
            ". Is that a ClickHouse? --clickhouse names another address"
        } else {
            ""
        };
        crate::data::text::make_printable(&mut text);
        SourceError::ClickHouse {
            url: masked(&self.place.url),
            error: text,
            hint,
        }
    }
}

/// The cause behind an error, which says more than "network error".
pub(crate) fn deepest(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}
