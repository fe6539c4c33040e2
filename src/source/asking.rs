//! How it is asked: in the layout that the table has, with a deadline.

use clickhouse::error::Error;
use clickhouse::{Client, RowOwned, RowRead};

use super::query::{COLUMNS, Query};
use super::{Layout, Question, Reader, SourceError, client};
use crate::data::figures::OVERDUE_MILLIS;
use crate::data::readiness::LONG_JOB_SECONDS;
use crate::data::repo::repo_key;
use crate::settings::url::masked;

/// The last millisecond whose nanoseconds fit into 64 bits.
const OPEN: i64 = i64::MAX / 1_000_000;

impl Reader {
    pub(super) async fn ask<T: RowOwned + RowRead>(
        &self,
        query: &Query,
        question: &Question,
    ) -> Result<Vec<T>, SourceError> {
        self.ask_into(query, question, Vec::push).await
    }

    /// Adds each row, as it comes, to what there is of them.
    pub(super) async fn ask_into<T: RowOwned + RowRead, A: Default>(
        &self,
        query: &Query,
        question: &Question,
        add: impl Fn(&mut A, T),
    ) -> Result<A, SourceError> {
        self.in_time(async {
            let layout = self.known_layout().await?;
            let rows = match self.ask_of(layout, query, question, &add).await {
                Err(error @ Error::BadResponse(_)) => {
                    let layout = self.another_layout(layout, &error).await?;
                    self.ask_of(layout, query, question, &add).await
                }
                rows => rows,
            };
            rows.map_err(|error| self.failed(&error))
        })
        .await
    }

    /// With the deadline for each row, not for all of them: of a large table they come for as long as they come.
    pub(super) async fn ask_for_many<T: RowOwned + RowRead>(
        &self,
        query: &Query,
        question: &Question,
    ) -> Result<Vec<T>, SourceError> {
        let layout = self.in_time(self.known_layout()).await?;
        let rows = match self.ask_many_of(layout, query, question).await {
            Err(error @ Error::BadResponse(_)) => {
                let layout = self.in_time(self.another_layout(layout, &error)).await?;
                self.ask_many_of(layout, query, question).await
            }
            rows => rows,
        };
        rows.map_err(|error| self.failed(&error))
    }

    async fn known_layout(&self) -> Result<Layout, SourceError> {
        let mut known = self.layout.lock().await;
        match *known {
            Some(layout) => Ok(layout),
            None => Ok(*known.insert(self.find_layout().await?)),
        }
    }

    /// The server found fault with a query: the table may be another by now, which is told. Where it is not, that is what was wrong.
    async fn another_layout(&self, layout: Layout, failed: &Error) -> Result<Layout, SourceError> {
        let found = self.find_layout().await;
        *self.layout.lock().await = found.as_ref().ok().copied();
        match found {
            Ok(found) if found != layout => Ok(found),
            Err(error @ (SourceError::NoTable { .. } | SourceError::Foreign { .. })) => Err(error),
            _ => Err(self.failed(failed)),
        }
    }

    async fn client(&self) -> Result<&Client, Error> {
        let client = self.client.get_or_try_init(|| client::of(&self.place)).await;
        client.map_err(Error::Other)
    }

    async fn in_time<T>(&self, answer: impl Future<Output = Result<T, SourceError>>) -> Result<T, SourceError> {
        match tokio::time::timeout(self.deadline, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(self.failed(&Error::TimedOut)),
        }
    }

    async fn ask_of<T: RowOwned + RowRead, A: Default>(
        &self,
        layout: Layout,
        query: &Query,
        question: &Question,
        add: &impl Fn(&mut A, T),
    ) -> Result<A, Error> {
        let mut cursor = self.filled(layout, query, question).await?.fetch::<T>()?;
        let mut all = A::default();
        while let Some(row) = cursor.next().await? {
            add(&mut all, row);
        }
        Ok(all)
    }

    async fn ask_many_of<T: RowOwned + RowRead>(
        &self,
        layout: Layout,
        query: &Query,
        question: &Question,
    ) -> Result<Vec<T>, Error> {
        let mut cursor = self.filled(layout, query, question).await?.fetch::<T>()?;
        let mut rows = Vec::new();
        loop {
            let next = tokio::time::timeout(self.deadline, cursor.next()).await;
            match next.map_err(|_| Error::TimedOut)?? {
                Some(row) => rows.push(row),
                None => return Ok(rows),
            }
        }
    }

    /// A query in a layout, with what is asked in it.
    async fn filled(
        &self,
        layout: Layout,
        query: &Query,
        question: &Question,
    ) -> Result<clickhouse::query::Query, Error> {
        let execution = question.execution.as_ref();
        let repo = execution.map_or(&question.repo, |execution| &execution.repo);
        let repos = match repo.is_empty() {
            true => question.repos.clone(),
            false => vec![repo_key(repo)],
        };
        let filled = self
            .client()
            .await?
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
            .param("whole_commit", execution.map_or("", |execution| &execution.commit));
        Ok(filled)
    }

    async fn find_layout(&self) -> Result<Layout, SourceError> {
        let columns = async {
            let query = self
                .client()
                .await?
                .query_raw(COLUMNS)
                .param("database", &self.place.database)
                .param("table", &self.place.table)
                .param("days", self.days_table())
                .param("backends", self.backends_table());
            query.fetch_all::<(String, String)>().await
        };
        let columns = columns.await.map_err(|error| self.failed(&error))?;
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
        let url = masked(&self.place.url);
        match error {
            Error::TimedOut => SourceError::Late {
                url,
                seconds: self.deadline.as_secs(),
            },
            error => SourceError::of(url, error),
        }
    }
}
