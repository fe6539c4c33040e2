//! Asking again: of what nothing has come to since, what is shown stands, for a while.
//!
//! ```text
//!  what is shown, its basis ─► what came since? ─┬─ nothing                ─► it stands
//!                                                ├─ to some of a summary   ─► these are asked for
//!                                                └─ to the rest; too long  ─► all is asked for
//! ```
//!
//! What came is counted by the moment of insertion, on the server's clock. It may be overlooked for as long as what is shown stands: a row
//! that another replica has, one that ends what began before the range, or one that comes in a second with another that is merged away.

use std::sync::Arc;
use std::time::Duration;

use super::{Found, Sources};
use crate::data::Answer;
use crate::data::basis::{Arrivals, Basis};
use crate::data::figures::DAY_MILLIS;
use crate::data::repo::same_repo;
use crate::source::{Question, SourceError, Subject, SummaryRow};

/// So long it stands at most, in nanoseconds: ranges move on, and what runs becomes overdue, though nothing comes.
pub(super) const STANDS: i64 = 120_000_000_000;
/// What came since is worth no longer a wait: it is only to spare the rest.
const ARRIVED_WITHIN: Duration = Duration::from_secs(2);
/// From so long ago on it is counted what comes, in seconds,
const FROM: i64 = 900;
/// until that is so long ago: else there would be ever more of it.
const UNTIL: i64 = 3_600;
/// What was inserted elsewhere may be seen so much later, in seconds.
const SEEN_LATE: i64 = 300;

/// A question, as of a moment in nanoseconds since 1970.
pub(super) struct Again<'a> {
    pub(super) sources: &'a Sources,
    pub(super) subject: Subject,
    pub(super) question: &'a Question,
    pub(super) now: i64,
}

/// To which backends of a summary something came since.
pub(super) struct Came {
    /// In lower case.
    to: Vec<String>,
    /// How all of them stood before.
    before: Vec<SummaryRow>,
}

impl Came {
    pub(super) fn is_to(&self, repo: &str) -> bool {
        self.to.iter().any(|backend| same_repo(backend, repo))
    }

    /// These backends, and the rows of the others.
    pub(super) fn parted(mut self) -> (Vec<String>, Vec<SummaryRow>) {
        let mut others = std::mem::take(&mut self.before);
        others.retain(|row| !self.is_to(&row.repo));
        (self.to, others)
    }
}

impl Again<'_> {
    /// What is found out; or that what is shown is just that: by its basis.
    pub(super) async fn ask<F>(
        self,
        shown: Option<Arc<Basis>>,
        find_out: impl FnOnce(Option<Came>) -> F,
    ) -> Result<Answer, SourceError>
    where
        F: Future<Output = Result<Found, SourceError>>,
    {
        let shown = shown.filter(|basis| basis.is_of(self.subject, self.question));
        let arrivals = match &shown {
            // Before the rest is asked for: what comes in between is seen the next time.
            Some(basis) => self.arrivals(basis.arrivals.since).await,
            None => None,
        };
        // Nobody knows: then all is asked for.
        let arrivals = arrivals.unwrap_or(Arrivals {
            since: self.now / 1_000_000_000 - FROM,
            backends: None,
        });
        let stands = |basis: &Arc<Basis>| !self.question.anew && (0..STANDS).contains(&(self.now - basis.asked_at));
        let shown = shown.filter(stands);
        let came = shown.as_ref().and_then(|basis| arrivals.since(&basis.arrivals));
        if came.as_ref().is_some_and(Vec::is_empty) {
            return Ok(Answer::Same);
        }
        let (mut asked_at, mut came_to_some) = (self.now, None);
        if let (Some(basis), Some(to)) = (shown, came)
            && let Some(before) = &basis.rows
            // Of most of them it is no dearer to ask for all.
            && 2 * to.len() <= before.len()
        {
            asked_at = basis.asked_at;
            let before = before.clone();
            came_to_some = Some(Came { to, before });
        }
        let found = find_out(came_to_some).await?;
        let basis = Basis {
            subject: self.subject,
            question: self.question.clone(),
            asked_at,
            arrivals,
            rows: found.kept,
        };
        Ok(Answer::Screen {
            data: found.data,
            basis: found.is_whole.then(|| Arc::new(basis)),
        })
    }

    /// What came since a moment; or since another one, where that one is too long ago, or not one of the server's. None where it isn't told
    /// in time, or not at all.
    async fn arrivals(&self, since: i64) -> Option<Arrivals> {
        let arrivals = tokio::time::timeout(ARRIVED_WITHIN, async {
            let (clock, arrivals) = self.arrived(since).await?;
            if (SEEN_LATE..UNTIL).contains(&(clock - since)) {
                return Ok(arrivals);
            }
            Ok::<_, SourceError>(self.arrived(clock - FROM).await?.1)
        });
        arrivals.await.ok()?.ok()
    }

    /// The server's clock, and what came since.
    async fn arrived(&self, since: i64) -> Result<(i64, Arrivals), SourceError> {
        let question = Question {
            // A range may be shown from the beginning of its first day on.
            since: (self.question.since - DAY_MILLIS).max(0),
            ..self.question.clone()
        };
        let row = self.sources.reader.arrived(&question, since).await?;
        let backends = row.backends.into_iter().map(|(repo, rows, last)| (repo, (rows, last)));
        let backends = Some(backends.collect());
        Ok((row.clock.into(), Arrivals { since, backends }))
    }
}
