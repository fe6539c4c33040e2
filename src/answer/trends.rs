//! Trends: what each whole day (UTC) of a range had, and how each job did in these days.

use crate::data::figures::DAY;
use crate::data::trend::{self, Trends};
use crate::source::{Question, Reader, SourceError, TrendRow, UsualRow};

/// Whole days (UTC), as many as the range has, up to today ([`crate::data::chosen::Range::title_in_days`]); and the jobs of these days.
pub(super) async fn trends(reader: &Reader, question: &Question) -> Result<Trends, SourceError> {
    let question = in_whole_days(question);
    let (days, mut jobs) = tokio::try_join!(reader.days(&question), reader.usual(&question))?;
    jobs.iter_mut().for_each(UsualRow::make_printable);
    Ok(put_together(days, jobs, &question))
}

/// The days alone.
///
/// # Errors
/// [`SourceError`].
pub async fn trends_by_day(reader: &Reader, question: &Question) -> Result<Trends, SourceError> {
    let question = in_whole_days(question);
    Ok(put_together(reader.days(&question).await?, Vec::new(), &question))
}

/// The jobs alone, of the same days, under their names as they are.
///
/// # Errors
/// [`SourceError`].
pub async fn trends_by_job(reader: &Reader, question: &Question) -> Result<Trends, SourceError> {
    let question = in_whole_days(question);
    Ok(put_together(Vec::new(), reader.usual(&question).await?, &question))
}

/// The day in which the range begins would be cut; of a day's range that leaves less than a day.
fn in_whole_days(question: &Question) -> Question {
    let (moment, since) = (question.now * 1_000_000, question.since * 1_000_000);
    let first = trend::day_of(since) + i64::from(moment - since > DAY);
    Question {
        since: first * DAY / 1_000_000,
        ..question.clone()
    }
}

fn put_together(days: Vec<TrendRow>, jobs: Vec<UsualRow>, question: &Question) -> Trends {
    let (moment, since) = (question.now * 1_000_000, question.since * 1_000_000);
    Trends::new(days, jobs, since, moment, !question.repo.is_empty())
}
