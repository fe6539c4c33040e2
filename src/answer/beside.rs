//! What stands beside a screen's rows: each question with its own range, and with what tells it from all others while its answer holds.

use std::sync::Arc;

use super::Sources;
use super::held::{Asked, Held};
use crate::data::chosen::EventView;
use crate::data::figures::DAY_MILLIS;
use crate::data::levels::{self, Levels};
use crate::data::readiness::{DEMOTION_DAYS, PROMOTION_DAYS, Readiness};
use crate::data::repo::repo_key;
use crate::data::summary::pass_rate_of;
use crate::data::text::make_printable;
use crate::data::trend;
use crate::data::usual::LOOKED_BACK;
use crate::source::{DayRow, Question, Reader, ReadinessRow, RelayRow, SourceError, SummaryRow, UsualRow};

impl Sources {
    /// A side question of its own, to the reader.
    fn ask<V, F>(
        &self,
        held: &Arc<Held<V>>,
        key: String,
        now: i64,
        question: Question,
        ask: impl FnOnce(Arc<Reader>, Question) -> F,
    ) -> Asked<V>
    where
        V: Send + Sync + 'static,
        F: Future<Output = Result<V, SourceError>> + Send + 'static,
    {
        let anew = question.anew;
        held.ask(key, now / 1_000_000, anew, ask(Arc::clone(&self.reader), question))
    }

    /// Whatever is looked at: a repository has one level.
    pub(super) fn levels(&self, question: &Question, now: i64) -> Asked<Levels> {
        let key = as_of(question);
        self.ask(&self.levels, key, now, question.clone(), async |reader, question| {
            levels_of(&reader, &question).await
        })
    }

    /// How jobs did lately in pull requests, whatever is looked at.
    pub(super) fn usual(&self, question: &Question, now: i64) -> Asked<Vec<UsualRow>> {
        let lately = lately(question, LOOKED_BACK.millis() / DAY_MILLIS, EventView::Pr);
        self.ask(&self.usual, as_of(question), now, lately, usual)
    }

    /// How a backend's jobs did lately in what is looked at: as many days as are told of on a pull request's screen.
    pub(super) fn usual_of_one(&self, question: &Question, now: i64) -> Asked<Vec<UsualRow>> {
        let lately = Question {
            repo: question.repo.clone(),
            ..lately(question, LOOKED_BACK.millis() / DAY_MILLIS, question.event)
        };
        self.ask(&self.usual_of_one, range_of_one(&lately), now, lately, usual)
    }

    /// As many whole days as are shown.
    pub(super) fn days(&self, question: &Question, now: i64) -> Asked<Vec<DayRow>> {
        let first = trend::day_of(question.now * 1_000_000) - trend::SHOWN as i64 + 1;
        let key = format!("{} {} {first}", as_of(question), question.event.as_str());
        let days = Question {
            since: first * DAY_MILLIS,
            ..question.clone()
        };
        self.ask(&self.days, key, now, days, async |reader, days| {
            reader.daily(&days).await
        })
    }

    /// The pass rate of the range that lies before this one.
    pub(super) fn before(&self, question: &Question, now: i64) -> Asked<Option<f64>> {
        let before = Question {
            since: 2 * question.since - question.now,
            until: Some(question.since),
            ..question.clone()
        };
        self.ask(&self.before, range(question), now, before, async |reader, before| {
            Ok(pass_rate_of(&reader.summary(&before).await?))
        })
    }

    /// Whether the relay works; where nothing has come to its probe, as it was found out last.
    pub(super) fn relay(&self, question: &Question, event: EventView, stands: bool, now: i64) -> Asked<Vec<RelayRow>> {
        let key = format!("{} of {}", range(question), event.as_str());
        if let Some(last) = self.relay.as_it_was(&key).filter(|_| stands) {
            return last;
        }
        self.ask(
            &self.relay,
            key,
            now,
            question.clone(),
            async move |reader, question| {
                let mut rows = reader.relay_health(&question, event).await?;
                for row in &mut rows {
                    make_printable(&mut row.commit);
                    row.failing.iter_mut().for_each(make_printable);
                }
                Ok(rows)
            },
        )
    }

    /// How a backend stands over the whole range.
    pub(super) fn standing(&self, question: &Question, now: i64) -> Asked<Vec<SummaryRow>> {
        let key = range_of_one(question);
        self.ask(&self.standing, key, now, question.clone(), async |reader, question| {
            reader.summary(&question).await
        })
    }

    pub(super) fn readiness(&self, question: &Question, now: i64) -> Asked<Readiness> {
        let key = format!("{} {}", as_of(question), repo_key(&question.repo));
        self.ask(&self.readiness, key, now, question.clone(), async |reader, question| {
            readiness(&reader, &question).await
        })
    }
}

/// The level of each repository at the moment of asking.
///
/// # Errors
/// [`SourceError`].
pub(crate) async fn levels_of(reader: &Reader, question: &Question) -> Result<Levels, SourceError> {
    let lately = lately(question, levels::DAYS, EventView::All);
    Ok(Levels::from(reader.repositories(&lately).await?))
}

/// So many days before the moment of asking, of all repositories.
fn lately(question: &Question, days: i64, event: EventView) -> Question {
    Question {
        since: question.now - days * DAY_MILLIS,
        until: question.until,
        anew: question.anew,
        ..Question::of_all(question.now, event)
    }
}

/// What tells questions apart that are of a moment alone.
fn as_of(question: &Question) -> String {
    question.until.map_or(String::new(), |until| until.to_string())
}

/// What tells questions apart that are of a range and a view: the range as it moves on.
fn range(question: &Question) -> String {
    let length = question.now - question.since;
    format!("{} {} {length}", as_of(question), question.event.as_str())
}

/// The same, of a backend.
fn range_of_one(question: &Question) -> String {
    format!("{} {}", range(question), repo_key(&question.repo))
}

async fn usual(reader: Arc<Reader>, question: Question) -> Result<Vec<UsualRow>, SourceError> {
    let mut rows = reader.usual(&question).await?;
    rows.iter_mut().for_each(UsualRow::make_printable);
    Ok(rows)
}

/// Over windows of its own, whatever range is looked at, and of pull requests.
async fn readiness(reader: &Reader, question: &Question) -> Result<Readiness, SourceError> {
    let of_days = |days: i64| Question {
        since: question.now - days * DAY_MILLIS,
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
    Ok(Readiness::new(
        &row(promotion),
        &row(demotion),
        levels,
        question.now * 1_000_000,
    ))
}
