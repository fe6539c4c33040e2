//! From a question to what a screen shows: the queries that it takes, asked at once, and their rows put together.
//! Hostile text ends here: what goes into the model is fit for a terminal.

mod again;
mod beside;
mod held;
mod trends;

use std::sync::Arc;
use std::time::Duration;

use crate::data::GATING;
use crate::data::attempts::Attempts;
use crate::data::backend::Backend;
use crate::data::basis::Basis;
use crate::data::chosen::EventView;
use crate::data::levels::Levels;
use crate::data::matrix::Matrix;
use crate::data::missing::{Missing, Told};
use crate::data::names::Names;
use crate::data::pull_request::PullRequest;
use crate::data::readiness::Readiness;
use crate::data::repo::same_repo;
use crate::data::summary::{Summary, summaries};
use crate::data::text::{make_printable, printable};
use crate::data::trend;
use crate::data::{Answer, Data};
use crate::source::daemons::Daemons;
use crate::source::{
    Cell, DEADLINE, DayRow, PROBE, Question, Reader, RelayRow, SourceError, Subject, SummaryRow, UsualRow,
};
use crate::web::allowlist::{AllowlistSource, Known, Wait};
use crate::web::titles::Titles;
use again::{Again, Came};
pub(crate) use beside::levels_of;
use held::Held;
pub use trends::{trends_by_day, trends_by_job};

/// An answer waits no longer for the first allowlist,
const ALLOWLIST_WITHIN: Duration = Duration::from_secs(2);
/// no longer for titles,
const TITLES_WITHIN: Duration = Duration::from_secs(1);
/// and, once its own rows are there, no longer for what stands beside them.
const SIDE_WITHIN: Duration = Duration::from_secs(1);
/// For so long at most what weeks look like is taken for the same, in milliseconds,
const WEEKS_HOLD: i64 = 10 * 60_000;
/// and for so long at most what hardly changes but at its end.
const EARLIER_HOLD: i64 = 5 * 60_000;
/// and so long what stands beside figures of the same days.
const LATELY_HOLD: i64 = 60_000;
/// What is of now is asked for each time.
const NO_HOLD: i64 = 0;

/// What was found out for a screen.
struct Found {
    data: Data,
    /// Nothing of it is on its way, or would be found out if it were asked for again.
    is_whole: bool,
    /// The rows, of a summary.
    kept: Option<Vec<SummaryRow>>,
}

/// Whom an answer is from.
///
/// A screen's own rows are asked for and awaited. What stands beside them is asked at the same time, each on a task of its own: it may be
/// late or fail, and costs its own part ([`Missing`]).
pub struct Sources {
    reader: Arc<Reader>,
    allowlist: AllowlistSource,
    daemons: Daemons,
    titles: Titles,
    within: Option<Duration>,
    readiness: Arc<Held<Readiness>>,
    usual: Arc<Held<Vec<UsualRow>>>,
    usual_of_one: Arc<Held<Vec<UsualRow>>>,
    levels: Arc<Held<Levels>>,
    days: Arc<Held<Vec<DayRow>>>,
    before: Arc<Held<Option<f64>>>,
    relay: Arc<Held<Vec<RelayRow>>>,
    standing: Arc<Held<Vec<SummaryRow>>>,
}

impl Sources {
    pub fn new(reader: Reader, allowlist: AllowlistSource, daemons: Daemons, titles: Titles) -> Self {
        Self {
            reader: Arc::new(reader),
            allowlist,
            daemons,
            titles,
            within: None,
            readiness: Held::for_millis(LATELY_HOLD),
            usual: Held::unless(Vec::is_empty, WEEKS_HOLD),
            usual_of_one: Held::unless(Vec::is_empty, EARLIER_HOLD),
            levels: Held::for_millis(WEEKS_HOLD),
            days: Held::unless(Vec::is_empty, EARLIER_HOLD),
            before: Held::for_millis(EARLIER_HOLD),
            relay: Held::for_millis(NO_HOLD),
            standing: Held::for_millis(NO_HOLD),
        }
    }

    /// Waits for what stands beside the rows as long as for them: nothing comes after its answers.
    #[must_use]
    pub fn patient(self) -> Self {
        self.waiting(DEADLINE)
    }

    /// Waits no longer than this for whatever stands beside the rows.
    #[must_use]
    pub fn waiting(self, within: Duration) -> Self {
        Self {
            within: Some(within),
            ..self
        }
    }

    fn within(&self, usually: Duration) -> Duration {
        self.within.unwrap_or(usually)
    }

    /// Finds out what is asked, at a moment in nanoseconds since 1970; or that what is still shown stands.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn answer(
        &self,
        subject: Subject,
        question: &Question,
        shown: Option<Arc<Basis>>,
        now: i64,
    ) -> Result<Answer, SourceError> {
        let again = Again {
            sources: self,
            subject,
            question,
            now,
        };
        match subject {
            Subject::Summary => again.ask(shown, |came| self.summary(question, came, now)).await,
            Subject::Backend => again.ask(shown, |_| self.backend(question, now)).await,
            Subject::PullRequest => again.ask(shown, |_| self.pull_request(question, now)).await,
            Subject::Trends => again.ask(shown, |_| self.trends(question)).await,
            Subject::Pipeline => Ok(Data::Pipeline(self.daemons.ask().await).into()),
            Subject::Attempts => Ok(self.attempts(question, now).await?.into()),
            Subject::Repositories => Ok(Answer::Repositories(self.names(now).await?)),
        }
    }

    async fn listed(&self, now: i64) -> Known {
        let wait = Wait::ForAny(self.within(ALLOWLIST_WITHIN));
        self.allowlist.known(now, wait).await
    }

    /// All of it; or what has come to some backends, beside what is kept of the others.
    async fn summary(&self, question: &Question, came: Option<Came>, now: i64) -> Result<Found, SourceError> {
        let (levels, days, before) = (
            self.levels(question, now),
            self.days(question, now),
            self.before(question, now),
        );
        let relay_stands = came.as_ref().is_some_and(|came| !came.is_to(PROBE));
        let relay = |view| self.relay(question, view, relay_stands, now);
        let (relay, relay_nightly) = (relay(EventView::Pr), relay(EventView::Nightly));
        let (repos, others) = came.map_or_else(Default::default, Came::parted);
        let of_these = Question {
            repos,
            ..question.clone()
        };
        let (rows, allowlist) = tokio::join!(self.reader.summary(&of_these), self.listed(now));
        let mut rows = rows?;
        rows.extend(others);
        let kept = rows.clone();
        let within = self.within(SIDE_WITHIN);
        let (levels, days, before, relay, relay_nightly) = tokio::join!(
            levels.within(within),
            days.within(within),
            before.within(within),
            relay.within(within),
            relay_nightly.within(within),
        );
        let mut missing = Missing::default();
        let levels = missing.part(LEVELS, levels).unwrap_or_default();
        let mut rows = summaries(rows, &levels, question.event, &allowlist.list);
        if let Some(days) = missing.part("days", days) {
            trend::attach(&mut rows, &days, question.now * 1_000_000);
        }
        rows.iter_mut().for_each(Summary::make_printable);
        let owned = |rows: Arc<Vec<RelayRow>>| Vec::clone(&rows);
        let data = Data::Summary {
            rows,
            relay: missing.part("the relay", relay).map(owned),
            relay_nightly: missing.part("the relay by night", relay_nightly).map(owned),
            before: missing.part("the range before", before).and_then(|rate| *rate),
            missing,
        };
        Ok(Found {
            is_whole: data.missing().is_none_or(Missing::is_whole) && is_settled(&allowlist),
            data,
            kept: Some(kept),
        })
    }

    async fn backend(&self, question: &Question, now: i64) -> Result<Found, SourceError> {
        // One more than is shown tells whether there are more, and what the last one that is shown changes.
        let with_next = Question {
            pull_requests: question.pull_requests.saturating_add(1),
            ..question.clone()
        };
        let levels = self.levels(question, now);
        // Two after two: of a large table each takes a server's memory. Without the second the columns have no names.
        let (rows, jobs, allowlist) = tokio::join!(
            self.reader.rows(&with_next),
            self.reader.jobs(question),
            self.listed(now)
        );
        let (rows, jobs) = (rows?, jobs?);
        let (standing, usual) = (self.standing(question, now), self.usual_of_one(question, now));
        let readiness = self.readiness(question, now);
        let shown = rows.rows_of(question.pull_requests);
        let numbers: Vec<u64> = rows.rows[..shown].iter().map(|row| row.pr_number).collect();
        let within = self.within(SIDE_WITHIN);
        let (levels, standing, usual, readiness, titles) = tokio::join!(
            levels.within(within),
            standing.within(within),
            usual.within(within),
            readiness.within(within),
            self.titles.known(&numbers, now, self.within(TITLES_WITHIN)),
        );
        let mut missing = Missing::default();
        let levels = missing.part(LEVELS, levels).unwrap_or_default();
        let usual = missing.part(USUAL, usual).unwrap_or_default();
        let standing = missing
            .part("the backend as a whole", standing)
            .map_or(Vec::new(), |rows| Vec::clone(&rows));
        let summary = summaries(standing, &levels, question.event, &allowlist.list);
        let mut summary = summary.into_iter().find(|row| same_repo(&row.repo, &question.repo));
        summary.iter_mut().for_each(Summary::make_printable);
        let backend = Backend {
            summary,
            readiness_failed: matches!(readiness, Told::Failed(..)),
            readiness: missing.part("level 3", readiness),
            matrix: Matrix::new(rows, shown, jobs).with_usual(&usual).with_titles(titles),
            missing,
        };
        Ok(Found {
            is_whole: backend.missing.is_whole() && is_settled(&allowlist) && !self.titles.are_awaited(),
            data: Data::Backend(Box::new(backend)),
            kept: None,
        })
    }

    async fn pull_request(&self, question: &Question, now: i64) -> Result<Found, SourceError> {
        let (levels, usual) = (self.levels(question, now), self.usual(question, now));
        let (cells, allowlist) = tokio::join!(self.reader.cells(question), self.listed(now));
        let mut cells = cells?;
        let numbers: Vec<u64> = cells.iter().map(|cell| cell.pr_number).collect();
        let within = self.within(SIDE_WITHIN);
        let (levels, usual, titles) = tokio::join!(
            levels.within(within),
            usual.within(within),
            self.titles.known(&numbers, now, self.within(TITLES_WITHIN)),
        );
        let mut missing = Missing::default();
        let levels = missing.part(LEVELS, levels).unwrap_or_default();
        levels.set(&mut cells, &allowlist.list);
        cells.iter_mut().for_each(Cell::make_printable);
        let gating = levels.at(GATING, &allowlist.list).into_iter();
        let gating = gating.filter(|repo| !same_repo(repo, PROBE));
        let gating = gating.map(|repo| printable(&repo).into_owned()).collect();
        let usual = missing.part(USUAL, usual).unwrap_or_default();
        let it = PullRequest::new(cells).gated_by(gating).with_usual(&usual);
        Ok(Found {
            is_whole: missing.is_whole() && is_settled(&allowlist) && !self.titles.are_awaited(),
            data: Data::PullRequest(it.with_titles(titles).without(missing)),
            kept: None,
        })
    }

    async fn trends(&self, question: &Question) -> Result<Found, SourceError> {
        Ok(Found {
            data: Data::Trends(trends::trends(&self.reader, question).await?),
            is_whole: true,
            kept: None,
        })
    }

    async fn names(&self, now: i64) -> Result<Names, SourceError> {
        let (mut names, Known { again, .. }) = all_names(&self.reader, self.listed(now)).await?;
        names.iter_mut().for_each(make_printable);
        Ok(Names { names, again })
    }

    /// Why a level is missing is said by the screen of the result, which asks for the same levels.
    async fn attempts(&self, question: &Question, now: i64) -> Result<Attempts, SourceError> {
        let levels = self.levels(question, now);
        let (cells, allowlist) = tokio::join!(self.reader.attempts(question), self.listed(now));
        let mut cells = cells?;
        let levels = Missing::default().part(LEVELS, levels.within(self.within(SIDE_WITHIN)).await);
        levels.unwrap_or_default().set(&mut cells, &allowlist.list);
        Ok(Attempts::new(cells))
    }
}

/// The names of all repositories, of the data and of the allowlist, as they come; with what is known of that.
///
/// # Errors
/// [`SourceError`].
pub(crate) async fn all_names(
    reader: &Reader,
    allowlist: impl Future<Output = Known>,
) -> Result<(Vec<String>, Known), SourceError> {
    let (names, allowlist) = tokio::join!(reader.names(), allowlist);
    let mut names = names?;
    names.extend(allowlist.list.repos.iter().map(|listed| listed.repo.clone()));
    Ok((names, allowlist))
}

/// No other list is about to come.
fn is_settled(allowlist: &Known) -> bool {
    allowlist.again.is_none_or(|again| again >= again::STANDS)
}

/// What several screens say of it.
const LEVELS: &str = "levels";
const USUAL: &str = "what is usual";
