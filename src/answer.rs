//! From a question to what a screen shows: the queries that it takes, asked at once, and their rows put together.
//! Hostile text ends here: what goes into the model is fit for a terminal.

mod held;

use std::sync::Arc;
use std::time::Duration;

use crate::data::Data;
use crate::data::GATING;
use crate::data::attempts::Attempts;
use crate::data::backend::Backend;
use crate::data::matrix::Matrix;
use crate::data::pull_request::PullRequest;
use crate::data::readiness::{DEMOTION_DAYS, PROMOTION_DAYS, Readiness};
use crate::data::rows::{overall_pass_rate, set_levels, summaries};
use crate::data::text::{make_printable, printable};
use crate::data::trend::{self, Trends};
use crate::settings::args::{EventView, Range};
use crate::source::Subject;
use crate::source::daemons::Daemons;
use crate::source::{Cell, DEADLINE, MatrixRow, Question, Reader, ReadinessRow, SourceError, UsualRow};
use crate::web::allowlist::{Allowlist, AllowlistSource, Wait};
use crate::web::titles::Titles;
use held::Held;

/// An answer waits no longer for the first allowlist,
const ALLOWLIST_WITHIN: Duration = Duration::from_secs(2);
/// no longer for titles,
const TITLES_WITHIN: Duration = Duration::from_secs(1);
/// and no longer for how it stands towards level 3.
const READINESS_WITHIN: Duration = Duration::from_secs(1);
/// For so long what two weeks look like is taken for the same, in milliseconds.
const TWO_WEEKS_HOLD: i64 = 10 * 60_000;

/// Whom an answer is from.
pub struct Sources {
    reader: Arc<Reader>,
    allowlist: AllowlistSource,
    daemons: Daemons,
    titles: Titles,
    readiness: Arc<Held<Readiness>>,
    usual: Held<Vec<UsualRow>>,
    patient: bool,
}

impl Sources {
    pub fn new(reader: Reader, allowlist: AllowlistSource, daemons: Daemons, titles: Titles) -> Self {
        Self {
            reader: Arc::new(reader),
            allowlist,
            daemons,
            titles,
            readiness: Arc::new(Held::for_millis(TWO_WEEKS_HOLD)),
            usual: Held::for_millis(TWO_WEEKS_HOLD),
            patient: false,
        }
    }

    /// Waits for what stands beside the rows as long as for them: nothing comes after its answers.
    pub fn patient(self) -> Self {
        Self { patient: true, ..self }
    }

    fn within(&self, usually: Duration) -> Duration {
        if self.patient { DEADLINE } else { usually }
    }

    /// Finds out what is asked, at a moment in nanoseconds since 1970.
    ///
    /// # Errors
    /// [`SourceError`].
    pub async fn answer(&self, subject: Subject, question: &Question, now: i64) -> Result<Data, SourceError> {
        Ok(match subject {
            Subject::Summary => self.summary(question, now).await?,
            Subject::Backend => Data::Backend(Box::new(self.backend(question, now).await?)),
            Subject::PullRequest => Data::PullRequest(self.pull_request(question, now).await?),
            Subject::Trends => Data::Trends(trends(&self.reader, question).await?),
            Subject::Pipeline => Data::Pipeline(self.daemons.ask().await),
            Subject::Attempts => Data::Attempts(self.attempts(question, now).await?),
        })
    }

    /// Asked for beside the results: neither waits for the other, and none fails for it.
    async fn allowlist(&self, now: i64) -> Result<Arc<Allowlist>, SourceError> {
        let known = self
            .allowlist
            .known(now, Wait::ForAny(self.within(ALLOWLIST_WITHIN)))
            .await;
        Ok(known.list)
    }

    async fn summary(&self, question: &Question, now: i64) -> Result<Data, SourceError> {
        // As many whole days as are shown, and the range that lies before this one.
        let days = Question {
            since: (trend::day_of(question.now * 1_000_000) - trend::SHOWN as i64 + 1) * trend::DAY / 1_000_000,
            ..question.clone()
        };
        let before = Question {
            since: 2 * question.since - question.now,
            until: Some(question.since),
            ..question.clone()
        };
        let (rows, mut relay, mut relay_nightly, days, before, allowlist) = tokio::try_join!(
            self.reader.summary(question),
            self.reader.relay_health(question, EventView::Pr),
            self.reader.relay_health(question, EventView::Nightly),
            self.reader.daily(&days),
            self.reader.summary(&before),
            self.allowlist(now)
        )?;
        let mut rows = summaries(rows, &allowlist);
        trend::attach(&mut rows, &days, question.now * 1_000_000);
        let before = overall_pass_rate(&summaries(before, &allowlist));
        for row in &mut rows {
            row.oncalls.iter_mut().for_each(make_printable);
            make_printable(&mut row.repo);
            row.level.as_mut().map(make_printable);
        }
        for row in relay.iter_mut().chain(&mut relay_nightly) {
            make_printable(&mut row.commit);
            row.failing.iter_mut().for_each(make_printable);
        }
        Ok(Data::Summary {
            rows,
            relay,
            relay_nightly,
            before,
        })
    }

    async fn backend(&self, question: &Question, now: i64) -> Result<Backend, SourceError> {
        // One more than is shown tells whether there are more, and what the last one that is shown changes.
        let with_next = Question {
            pull_requests: question.pull_requests.saturating_add(1),
            ..question.clone()
        };
        // Two after two: of a large table each takes a server's memory.
        let (mut rows, jobs, allowlist) = tokio::try_join!(
            self.reader.rows(&with_next),
            self.reader.usual(question),
            self.allowlist(now)
        )?;
        let (summary, (readiness, readiness_failed)) =
            tokio::join!(self.reader.summary(question), self.readiness(question));
        let summary = summary?;
        let mut summary = summaries(summary, &allowlist)
            .into_iter()
            .find(|row| row.repo.eq_ignore_ascii_case(&question.repo));
        if let Some(row) = &mut summary {
            make_printable(&mut row.repo);
            row.level.as_mut().map(make_printable);
        }
        let next = split_off_next(&mut rows, question.pull_requests);
        let numbers: Vec<u64> = rows.iter().map(|row| row.pr_number).collect();
        let titles = self.titles.known(&numbers, now, self.within(TITLES_WITHIN)).await;
        Ok(Backend {
            summary,
            readiness,
            readiness_failed,
            matrix: Matrix::new(rows, &next, jobs).with_titles(titles),
        })
    }

    /// As it was told last where there is no answer in time; the matrix doesn't wait for it. And whether there was none, rather than
    /// none yet.
    async fn readiness(&self, question: &Question) -> (Option<Arc<Readiness>>, bool) {
        let key = format!("{} {:?}", question.repo.to_lowercase(), question.until);
        if let Some(readiness) = self.readiness.fresh(&key, question.now) {
            return (Some(readiness), false);
        }
        let mut has_failed = false;
        if self.readiness.begins(&key) {
            let (reader, held) = (Arc::clone(&self.reader), Arc::clone(&self.readiness));
            let (question, key) = (question.clone(), key.clone());
            let asked = tokio::spawn(async move {
                let answer = readiness(&reader, &question).await.ok();
                held.ends(&key, question.now, answer)
            });
            match tokio::time::timeout(self.within(READINESS_WITHIN), asked).await {
                Ok(Ok(Some(readiness))) => return (Some(readiness), false),
                Ok(Ok(None) | Err(_)) => has_failed = true,
                Err(_) => {}
            }
        }
        (self.readiness.last(&key), has_failed)
    }

    /// How jobs did lately in pull requests, whatever is looked at.
    async fn usual(&self, question: &Question) -> Result<Arc<Vec<UsualRow>>, SourceError> {
        let key = format!("{:?}", question.until);
        if let Some(usual) = self.usual.fresh(&key, question.now) {
            return Ok(usual);
        }
        let lately = Question {
            since: question.now - Range::Fortnight.millis(),
            until: question.until,
            ..Question::of_all(question.now, EventView::Pr)
        };
        let mut rows = self.reader.usual(&lately).await?;
        rows.iter_mut().for_each(UsualRow::make_printable);
        let usual = self.usual.ends(&key, question.now, Some(rows));
        Ok(usual.unwrap_or_default())
    }

    async fn pull_request(&self, question: &Question, now: i64) -> Result<PullRequest, SourceError> {
        let (mut cells, usual, allowlist) =
            tokio::try_join!(self.reader.cells(question), self.usual(question), self.allowlist(now))?;
        cells.iter_mut().for_each(Cell::make_printable);
        set_levels(&mut cells, &allowlist);
        let gating = allowlist.at_level(GATING).map(|repo| printable(repo).into_owned());
        let numbers: Vec<u64> = cells.iter().map(|cell| cell.pr_number).collect();
        let titles = self.titles.known(&numbers, now, self.within(TITLES_WITHIN)).await;
        let it = PullRequest::new(cells).gated_by(gating.collect()).with_usual(&usual);
        Ok(it.with_titles(titles))
    }

    async fn attempts(&self, question: &Question, now: i64) -> Result<Attempts, SourceError> {
        let (mut cells, allowlist) = tokio::try_join!(self.reader.attempts(question), self.allowlist(now))?;
        set_levels(&mut cells, &allowlist);
        Ok(Attempts::new(cells))
    }
}

/// Over windows of its own, whatever range is looked at, and of pull requests.
async fn readiness(reader: &Reader, question: &Question) -> Result<Readiness, SourceError> {
    let of_days = |days: i64| Question {
        since: question.now - days * 86_400_000,
        event: EventView::Pr,
        ..question.clone()
    };
    let all = Question {
        since: 0,
        event: EventView::All,
        ..question.clone()
    };
    let promotion = reader.readiness(&of_days(PROMOTION_DAYS)).await?;
    let demotion = of_days(DEMOTION_DAYS);
    let (demotion, levels) = tokio::try_join!(reader.readiness(&demotion), reader.levels(&all))?;
    let row = |rows: Vec<ReadinessRow>| rows.into_iter().next().unwrap_or_default();
    Ok(Readiness::new(&row(promotion), &row(demotion), levels, question.now * 1_000_000))
}

/// Keeps so many pull requests, and gives what came after them. What belongs to none counts as one.
fn split_off_next(rows: &mut Vec<MatrixRow>, pull_requests: u64) -> Vec<MatrixRow> {
    let is_first = |at: &usize| {
        let number = rows[*at].pr_number;
        number == 0 || *at == 0 || rows[*at - 1].pr_number != number
    };
    let most = usize::try_from(pull_requests).unwrap_or(usize::MAX);
    let end = (0..rows.len()).filter(is_first).nth(most);
    rows.split_off(end.unwrap_or(rows.len()))
}

/// Whole days, as many as the range has; and the jobs of these days.
///
/// # Errors
/// [`SourceError`].
pub async fn trends(reader: &Reader, question: &Question) -> Result<Trends, SourceError> {
    let moment = question.now * 1_000_000;
    // The first of them would be cut; of a day's range that leaves less than a day.
    let is_long = moment - question.since * 1_000_000 > trend::DAY;
    let first = trend::day_of(question.since * 1_000_000) + i64::from(is_long);
    let question = Question {
        since: first * trend::DAY / 1_000_000,
        ..question.clone()
    };
    let (days, mut jobs) = tokio::try_join!(reader.days(&question), reader.usual(&question))?;
    jobs.iter_mut().for_each(UsualRow::make_printable);
    Ok(Trends::new(
        days,
        jobs,
        first * trend::DAY,
        moment,
        !question.repo.is_empty(),
    ))
}
