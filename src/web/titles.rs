//! Titles of pull requests, from GitHub: what is known at once, and the rest when it comes.
//!
//! ```text
//!  numbers ─► entries (memory, disk) ─► titles
//!                │ missing, old             ▲
//!                └─► one question at a time ┘   github: the text of a question, and what an answer means
//! ```
//!
//! Without a token nothing is asked, and nothing is known.

mod entries;
mod github;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, watch};

use crate::files::cache_file::CacheFile;
use crate::files::timely::Timely;
use crate::settings::github::GitHub;
use crate::settings::url::masked;
use crate::web;
use entries::{Entries, FILE_MAX_BYTES};
use github::{Answer, Limits, Refusal};

/// What a pull request is called, and by whom it is. Fit for a terminal, and of a limited length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Title {
    pub title: String,
    /// Empty when the account is gone.
    pub author: String,
}

/// An answer that comes later is none.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// A hundred titles are some 60 kB.
const ANSWER_MAX_BYTES: usize = 1 << 20;
/// What the disk doesn't give or take by then it doesn't.
const DISK_WITHIN: Duration = Duration::from_secs(1);
/// Of one list no more are asked for in a row; the others are when it is looked at again.
const WANTED_MAX: usize = 2_000;
/// GitHub takes no larger number for an answer.
const NUMBER_MAX: u64 = i32::MAX as u64;
const SECOND: i64 = 1_000_000_000;
/// After a refusal nothing is asked for a minute, then for twice as long, and for an hour at most.
const BACK_OFF_MIN: i64 = 60 * SECOND;
const BACK_OFF_MAX: i64 = 3_600 * SECOND;

/// Knows titles, and asks for those that it doesn't know.
#[derive(Clone, Default)]
pub struct Titles {
    /// None without a token.
    asker: Option<Arc<Asker>>,
}

struct Asker {
    github: GitHub,
    authorization: HeaderValue,
    cache: Timely,
    notices: Option<UnboundedSender<String>>,
    client: OnceCell<reqwest::Client>,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    entries: Entries,
    /// What was kept on disk is among them, or will never be.
    loaded: bool,
    /// The disk or GitHub.
    asking: bool,
    /// To be asked for.
    wanted: BTreeSet<u64>,
    /// Not asked before this moment, in nanoseconds since 1970.
    not_before: i64,
    /// Refusals without an answer between them.
    refusals: u32,
    /// The last one.
    why: Option<String>,
}

impl Titles {
    /// Asks when a title is first asked for; what is wrong with that is told to `notices`.
    pub fn new(github: &GitHub, notices: Option<UnboundedSender<String>>) -> Self {
        let of = format!("{} {}/{}", github.url, github.owner, github.name);
        Self::with_cache(github, CacheFile::new("titles", &of, FILE_MAX_BYTES), notices)
    }

    fn with_cache(github: &GitHub, cache: CacheFile, notices: Option<UnboundedSender<String>>) -> Self {
        let token = github.token.as_ref();
        let authorization = token.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok());
        let asker = authorization.map(|mut authorization| {
            authorization.set_sensitive(true);
            Arc::new(Asker {
                github: github.clone(),
                authorization,
                cache: Timely::new(cache, DISK_WITHIN),
                notices,
                client: OnceCell::new(),
                state: watch::Sender::new(State::default()),
            })
        });
        Self { asker }
    }

    /// Those that are known of these numbers. Asks for what is missing or old at this moment, in nanoseconds since 1970, and waits
    /// for what is missing, but not longer than `wait`.
    pub async fn known(&self, numbers: &[u64], now: i64, wait: Duration) -> HashMap<u64, Title> {
        let Some(asker) = &self.asker else {
            return HashMap::new();
        };
        let mut seen = BTreeSet::new();
        let numbers = numbers.iter().copied();
        let askable = numbers.filter(|number| (1..=NUMBER_MAX).contains(number) && seen.insert(*number));
        let numbers: Vec<u64> = askable.collect();
        asker.ask_if_due(&numbers, now);
        let known = async {
            let mut states = asker.state.subscribe();
            let are_there = |state: &State| numbers.iter().all(|number| state.entries.has(*number));
            let _ = states.wait_for(|state| !state.asking || are_there(state)).await;
        };
        // What comes later is there the next time.
        let _ = tokio::time::timeout(wait, known).await;
        let state = asker.state.borrow();
        let known = numbers.iter().filter_map(|number| state.entries.title(*number));
        known.collect()
    }

    /// Are some on their way?
    pub fn are_awaited(&self) -> bool {
        self.asker.as_ref().is_some_and(|asker| asker.state.borrow().asking)
    }
}

impl Asker {
    /// Takes what was kept on disk, and what is known by that is wanted no more.
    async fn load(&self, now: i64) {
        let kept = self.cache.read::<Entries>().await;
        self.state.send_modify(|state| {
            state.entries.merge(kept.unwrap_or_default());
            state.loaded = true;
            state.wanted.retain(|number| state.entries.is_due(*number, now));
            state.wanted = BTreeSet::from_iter(state.entries.most_wanted(&state.wanted, WANTED_MAX));
        });
    }

    /// Never two questions at once: what is wanted meanwhile is asked for by whoever asks.
    fn ask_if_due(self: &Arc<Self>, numbers: &[u64], now: i64) {
        let starts = self.state.send_if_modified(|state| {
            // One of the far future is of a clock that was set back since.
            if now < state.not_before && now >= state.not_before - github::PAUSE_MAX {
                return false;
            }
            let due = numbers.iter().filter(|number| state.entries.is_due(**number, now));
            // Before it is known what is kept, all of them may be.
            let most = if state.loaded { WANTED_MAX } else { numbers.len() };
            state.wanted.extend(due.take(most));
            let starts = !state.asking && !state.wanted.is_empty();
            state.asking |= starts;
            starts
        });
        if starts {
            // On its own: whoever waits may lose patience.
            tokio::spawn(Arc::clone(self).ask(now));
        }
    }

    /// Asks until nothing is wanted any more, or GitHub has had enough.
    async fn ask(self: Arc<Self>, now: i64) {
        let is_loaded = self.state.borrow().loaded;
        if !is_loaded {
            self.load(now).await;
        }
        loop {
            let mut numbers = Vec::new();
            self.state.send_if_modified(|state| {
                numbers = state.entries.most_wanted(&state.wanted, github::NUMBERS_MAX);
                for number in &numbers {
                    state.wanted.remove(number);
                }
                state.asking = !numbers.is_empty();
                numbers.is_empty()
            });
            if numbers.is_empty() {
                return;
            }
            let answer = match tokio::time::timeout(ANSWER_WITHIN, self.fetch(&numbers, now)).await {
                Ok(answer) => answer,
                Err(_) => Err(Refusal::new(format!("no answer within {} s", ANSWER_WITHIN.as_secs()))),
            };
            match answer {
                Ok(answer) => self.take(&numbers, answer, now).await,
                Err(refusal) => return self.back_off(refusal, now),
            }
        }
    }

    async fn take(&self, numbers: &[u64], answer: Answer, now: i64) {
        let mut entries = self.state.borrow().entries.clone();
        entries.answered(numbers, answer.found, now);
        let mut kept = entries.clone();
        // Before anybody has them: a program that only prints ends then.
        let written = self.cache.with(move |cache| {
            // Others may have asked for others.
            if let Some(others) = cache.read::<Entries>() {
                kept.merge(others);
            }
            cache.write(&kept);
        });
        written.await;
        self.state.send_modify(|state| {
            // Nobody else has changed them meanwhile: one asks at a time.
            state.entries = entries;
            (state.refusals, state.why) = (0, None);
            if let Some(until) = answer.pause_until {
                state.not_before = until;
                state.wanted.clear();
            }
        });
    }

    fn back_off(&self, refusal: Refusal, now: i64) {
        let Refusal { mut why, until } = refusal;
        crate::data::text::make_printable(&mut why);
        let mut is_new = false;
        self.state.send_modify(|state| {
            let longer = BACK_OFF_MIN << state.refusals.min(10);
            state.not_before = until.unwrap_or(now + longer.min(BACK_OFF_MAX));
            state.refusals = state.refusals.saturating_add(1);
            state.wanted.clear();
            state.asking = false;
            is_new = state.why.as_ref() != Some(&why);
            state.why = Some(why.clone());
        });
        if let (Some(notices), true) = (&self.notices, is_new) {
            let url = masked(&self.github.url);
            // Nobody listens any more when the program ends.
            let _ = notices.send(format!("titles from {url}: {why}"));
        }
    }

    async fn fetch(&self, numbers: &[u64], now: i64) -> Result<Answer, Refusal> {
        // A redirect may lead anywhere, and the token is nobody else's.
        let made = || web::client(&self.github.url, 0);
        let client = self.client.get_or_try_init(made).await;
        let request = client
            .map_err(Refusal::new)?
            .post(&self.github.url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(CONTENT_TYPE, "application/json")
            .body(github::question(&self.github.owner, &self.github.name, numbers));
        let response = request.send().await.map_err(|error| Refusal::new(web::cause(error)))?;
        let (status, limits) = (response.status().as_u16(), limits(response.headers()));
        let body = web::body(response, ANSWER_MAX_BYTES).await.map_err(Refusal::new)?;
        let body =
            body.ok_or_else(|| Refusal::new(format!("its answer is longer than {} MiB", ANSWER_MAX_BYTES >> 20)))?;
        github::read(status, limits, &body, now)
    }
}

fn limits(headers: &HeaderMap) -> Limits {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse().ok();
    Limits {
        retry_after: number("retry-after"),
        remaining: number("x-ratelimit-remaining"),
        reset: number("x-ratelimit-reset"),
    }
}

#[cfg(test)]
mod tests;
