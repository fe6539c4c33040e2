//! Where an accepted result becomes durable: in the record store, or in the spool while that is away.
//!
//! ```text
//! result ─► store ──fails, or takes too long──► spool ─► drain ─► store
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clickhouse::back_off;
use crate::dead_letters::{DeadLetter, DeadLetters, SPOOL};
use crate::metrics::Metrics;
use crate::record::Record;
use crate::store::spool::{Level, Spool, Waiting};
use crate::store::{Store, StoreError};
use crate::timestamp::Timestamp;

/// The store must have taken a result by then; the relay waits 10 s, and the spool wants its time too.
const STORE_WITHIN: Duration = Duration::from_secs(2);
/// Results taken from the spool at a time,
const DRAIN_PAGE: usize = 256;
/// and of these sent to the store at once.
const DRAIN_AT_ONCE: usize = 16;

/// The way in.
pub struct Intake {
    store: Arc<dyn Store>,
    spool: Spool,
    dead_letters: Arc<DeadLetters>,
    metrics: Arc<Metrics>,
    /// The store failed, and has taken nothing since: asking it again with every result would cost each one its deadline.
    away: AtomicBool,
    spooled: Notify,
}

/// What was passed over comes again after so many pages at most, however much comes in meanwhile.
const PAGES_BEYOND: u32 = 64;
/// A position in the spool before all there are.
const FROM_THE_OLDEST: i64 = 0;

/// What became of a page of the spool.
struct Page {
    /// Where the last that was begun stands.
    last: i64,
    moved: usize,
    /// Those for which the store failed.
    failed: usize,
    /// Why something of it waits on.
    error: Option<StoreError>,
}

/// Whether an error says nothing of other records.
fn is_of_one(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused { .. } | StoreError::Outrun { .. })
}

/// Where a result is durable now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    Stored,
    Spooled,
}

impl Intake {
    /// Results go to `store`, or wait in `spool`; what the store can never take goes to `dead_letters`.
    pub fn new(store: Arc<dyn Store>, spool: Spool, dead_letters: Arc<DeadLetters>, metrics: Arc<Metrics>) -> Self {
        Self {
            store,
            spool,
            dead_letters,
            metrics,
            away: AtomicBool::new(false),
            spooled: Notify::new(),
        }
    }

    /// Keeps a result. Returns when it is on disk, here or there.
    ///
    /// # Errors
    /// [`StoreError`] of the spool, when neither takes it.
    pub async fn keep(&self, record: Record, now: Timestamp) -> Result<Kept, StoreError> {
        if self.away.load(Ordering::Relaxed) && self.spool(&record, now).await.is_ok() {
            return Ok(Kept::Spooled);
        }
        match self.store(record.clone(), now).await {
            Ok(()) => {
                self.is_back();
                Ok(Kept::Stored)
            }
            Err(error) => {
                if !is_of_one(&error) && !self.away.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "the record store is away; results go to the spool");
                    self.metrics.store_away.set(1);
                }
                self.spool(&record, now).await?;
                Ok(Kept::Spooled)
            }
        }
    }

    /// How much waits in the spool.
    pub fn level(&self) -> Level {
        self.spool.level()
    }

    /// How much may wait there, in bytes.
    pub fn spool_max_bytes(&self) -> u64 {
        self.spool.limits().max_bytes
    }

    /// Why the spool takes no more; `None` while it does.
    pub fn spool_full(&self) -> Option<StoreError> {
        self.spool.ready().err()
    }

    /// Whether the store takes nothing at the moment.
    pub fn store_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Whether a result could be kept now. While the spool can take it, no dependency is asked.
    ///
    /// # Errors
    /// [`StoreError`] of the store, when neither could.
    pub async fn ready(&self) -> Result<(), StoreError> {
        let Err(full) = self.spool.ready() else { return Ok(()) };
        if self.away.load(Ordering::Relaxed) {
            return Err(full);
        }
        tokio::time::timeout(STORE_WITHIN, self.store.ready())
            .await
            .unwrap_or_else(|_| Err(late()))
    }

    /// Moves what waits in the spool into the store, until `stop`. What fails alone is passed over, and comes again soon: when the rest has
    /// been moved, after some pages, and when the store is back.
    pub async fn drain(&self, stop: CancellationToken) {
        let (mut attempt, mut after) = (0, FROM_THE_OLDEST);
        // Pages since something was passed over.
        let mut passed_over: Option<u32> = None;
        while !stop.is_cancelled() {
            let was_away = self.away.load(Ordering::Relaxed);
            let page = self.drain_page(after, &stop).await;
            let is_back = was_away && !self.away.load(Ordering::Relaxed);
            let pause = match page {
                Ok(None) if passed_over.is_none() => {
                    attempt = 0;
                    tokio::select! {
                        () = self.spooled.notified() => {}
                        () = stop.cancelled() => {}
                    }
                    continue;
                }
                Ok(None) => {
                    (after, passed_over) = (FROM_THE_OLDEST, None);
                    continue;
                }
                Ok(Some(page)) => {
                    if page.moved > 0 {
                        attempt = 0;
                    }
                    passed_over = match (passed_over, &page.error) {
                        (Some(pages), _) => Some(pages + 1),
                        (None, Some(_)) => Some(0),
                        (None, None) => None,
                    };
                    // Where the store failed for many and took none, it is no single one that is in the way.
                    let of_all = page.failed > 1 && page.moved == 0;
                    if of_all || is_back || passed_over.is_some_and(|pages| pages >= PAGES_BEYOND) {
                        (after, passed_over) = (FROM_THE_OLDEST, None);
                    } else {
                        after = page.last;
                    }
                    let Some(error) = page.error else { continue };
                    tracing::debug!(%error, attempt, "the spool waits on");
                    back_off(attempt)
                }
                Err(error) => {
                    tracing::debug!(%error, attempt, "the spool waits on");
                    back_off(attempt)
                }
            };
            attempt += 1;
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Sends the oldest after a position to the store; `None` when there are none. After one for which the store failed, or `stop`, no
    /// other is begun.
    async fn drain_page(&self, after: i64, stop: &CancellationToken) -> Result<Option<Page>, StoreError> {
        // While the store is away one result finds out whether it is back, each time another: some may fail alone.
        let page = if self.away.load(Ordering::Relaxed) {
            1
        } else {
            DRAIN_PAGE
        };
        let page = self.spool.oldest(after, page).await?;
        if page.is_empty() {
            return Ok(None);
        }
        let ends = stop.child_token();
        let mut results = stream::iter(page)
            .take_while(|_| std::future::ready(!ends.is_cancelled()))
            .map(|waiting| async move {
                let moved = self.move_on(&waiting).await;
                (waiting, moved)
            })
            .buffer_unordered(DRAIN_AT_ONCE);
        let (mut done, mut error) = (Vec::new(), None);
        let (mut last, mut failed) = (after, 0);
        while let Some((waiting, moved)) = results.next().await {
            last = last.max(waiting.position);
            match moved {
                Ok(()) => done.push(waiting),
                Err(reason) => {
                    if !is_of_one(&reason) {
                        failed += 1;
                        ends.cancel();
                    }
                    error = Some(reason);
                }
            }
        }
        if !done.is_empty() {
            self.spool.forget(&done).await?;
            self.metrics.drained.inc_by(done.len() as u64);
        }
        Ok(Some(Page {
            last,
            moved: done.len(),
            failed,
            error,
        }))
    }

    /// Into the store, or, when that can never be, among the dead letters.
    async fn move_on(&self, waiting: &Waiting) -> Result<(), StoreError> {
        let refused = match &waiting.record {
            Ok(record) => match self.store(Record::clone(record), waiting.heard_at).await {
                Ok(()) => {
                    self.is_back();
                    return Ok(());
                }
                Err(error @ StoreError::Refused { .. }) => {
                    (error.to_string(), serde_json::to_string(record).unwrap_or_default())
                }
                Err(error) => {
                    if is_of_one(&error) {
                        self.is_back();
                    }
                    return Err(error);
                }
            },
            Err(unreadable) => unreadable.clone(),
        };
        let letter = DeadLetter {
            at: waiting.heard_at.to_millis(),
            ..DeadLetter::new(&refused.0, SPOOL, &waiting.position.to_string(), None, refused.1)
        };
        self.dead_letters
            .keep(&letter)
            .await
            .map_err(|error| StoreError::Unavailable(format!("a dead letter can't be kept: {error}")))
    }

    /// The store has taken a result.
    fn is_back(&self) {
        if self.away.swap(false, Ordering::Relaxed) {
            tracing::info!(waiting = self.level().results, "the record store is back");
            self.metrics.store_away.set(0);
        }
    }

    async fn spool(&self, record: &Record, now: Timestamp) -> Result<(), StoreError> {
        self.spool.keep(record, now).await?;
        self.metrics.spooled.inc();
        self.spooled.notify_one();
        Ok(())
    }

    async fn store(&self, record: Record, now: Timestamp) -> Result<(), StoreError> {
        let asked = Instant::now();
        let (result, stored) = match tokio::time::timeout(STORE_WITHIN, self.store.apply(record, now)).await {
            Ok(Ok(applied)) => {
                self.metrics.merge_conflicts.inc_by(applied.conflicts.into());
                ("stored", Ok(()))
            }
            Ok(Err(error)) => ("failed", Err(error)),
            Err(_) => ("late", Err(late())),
        };
        self.metrics.observe_store(result, asked.elapsed());
        stored
    }
}

fn late() -> StoreError {
    StoreError::Unavailable(format!("it did not answer within {} s", STORE_WITHIN.as_secs()))
}
