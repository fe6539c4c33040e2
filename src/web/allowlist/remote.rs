//! A list that is had from an address: asked for every ten minutes, by ETag and date, and kept on disk.
//!
//! Whatever goes wrong, the last good list stands, with a word about its age. What comes back is hostile: it has an end, follows few
//! redirects, and is a list of repositories or nothing.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{OnceCell, watch};
use tokio::task::spawn_blocking;

use super::Allowlist;
use super::known::{Known, Wait, warnings};
use crate::data::figures::age;
use crate::data::text::printable;
use crate::files::cache_file::CacheFile;
use crate::files::timely::Timely;
use crate::settings::url::masked;
use crate::web;

/// Between two questions, in nanoseconds.
const INTERVAL: i64 = 600 * SECOND;
/// The same while there is no list at all.
const INTERVAL_WITHOUT: i64 = 60 * SECOND;
const SECOND: i64 = 1_000_000_000;
/// A longer list is none.
const LIST_MAX_BYTES: usize = 1 << 20;
/// As JSON text a list may be some times longer.
const CACHE_MAX_BYTES: usize = 8 << 20;
/// A longer ETag or date is not kept.
const VALIDATOR_MAX_BYTES: usize = 1 << 10;
const REDIRECTS_MAX: usize = 3;
/// An answer that comes later is none.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// What the disk doesn't give or take by then it doesn't.
const DISK_WITHIN: Duration = Duration::from_secs(1);

/// Asks for the list, one question at a time.
pub struct Remote {
    url: String,
    cache: Timely,
    notices: Option<UnboundedSender<String>>,
    client: OnceCell<reqwest::Client>,
    state: watch::Sender<State>,
}

#[derive(Default)]
struct State {
    good: Option<Good>,
    /// What was kept on disk is known, or will never be.
    loaded: bool,
    /// The disk or the address.
    asking: bool,
    /// Not asked before this moment.
    next: i64,
    /// Why the last question had no answer.
    failed: Option<String>,
}

impl State {
    fn is_due(&self, now: i64) -> bool {
        // A question of the far future is of a clock that was set back since.
        now >= self.next || now < self.next - INTERVAL
    }
}

/// The last good list.
#[derive(Clone)]
struct Good {
    list: Arc<Allowlist>,
    document: Document,
}

/// The same as it came.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Document {
    text: String,
    etag: Option<String>,
    last_modified: Option<String>,
    /// When it was the newest, in nanoseconds since 1970.
    checked_at: i64,
}

impl Remote {
    /// Asks when the list is first asked for.
    pub fn new(url: &str, notices: Option<UnboundedSender<String>>) -> Self {
        Self::with_cache(url, CacheFile::new("allowlist", url, CACHE_MAX_BYTES), notices)
    }

    fn with_cache(url: &str, cache: CacheFile, notices: Option<UnboundedSender<String>>) -> Self {
        Self {
            url: url.to_owned(),
            cache: Timely::new(cache, DISK_WITHIN),
            notices,
            client: OnceCell::new(),
            state: watch::Sender::new(State::default()),
        }
    }

    /// The list as it is known at a moment, in nanoseconds since 1970. Asks for it where that is due.
    pub async fn known(self: &Arc<Self>, now: i64, wait: Wait) -> Known {
        let is_due = self.state.send_if_modified(|state| {
            let starts = state.is_due(now) && !state.asking;
            state.asking |= starts;
            starts
        });
        if is_due {
            // On its own: whoever waits may lose patience.
            tokio::spawn(Arc::clone(self).ask(now));
        }
        let (at_most, any) = match wait {
            Wait::ForAny(at_most) => (at_most, true),
            Wait::ForNew(at_most) => (at_most, false),
        };
        let mut states = self.state.subscribe();
        let settled = states.wait_for(|state| !state.asking || (any && state.good.is_some()));
        let late = tokio::time::timeout(at_most, settled).await.is_err();
        let state = self.state.borrow();
        let why = match &state.failed {
            _ if late => Some(format!("no answer within {} s", at_most.as_secs())),
            failed => failed.clone(),
        };
        Known {
            list: state
                .good
                .as_ref()
                .map(|good| Arc::clone(&good.list))
                .unwrap_or_default(),
            trouble: why.map(|why| self.trouble(&why, state.good.as_ref(), now)),
            again: match state.asking {
                true => Some(ANSWER_WITHIN.as_nanos() as i64),
                false => state.failed.as_ref().map(|_| (state.next - now).max(SECOND)),
            },
        }
    }

    /// Takes what was kept on disk. Gives whether the address is to be asked all the same.
    async fn load(&self, now: i64) -> bool {
        let good = self.cache.with(|cache| {
            let document: Document = cache.read()?;
            let list = Arc::new(parse(&document.text).ok()?);
            Some(Good { list, document })
        });
        let good = good.await.flatten();
        if let Some(good) = &good {
            self.tell(warnings(&good.list));
        }
        self.state.send_modify(|state| {
            if let Some(good) = good {
                let checked_at = good.document.checked_at;
                // Another process may have asked a moment ago.
                state.next = if checked_at <= now { checked_at + INTERVAL } else { 0 };
                state.good = Some(good);
            }
            state.loaded = true;
            state.asking = state.is_due(now);
        });
        self.state.borrow().asking
    }

    async fn ask(self: Arc<Self>, now: i64) {
        let is_loaded = self.state.borrow().loaded;
        if !is_loaded && !self.load(now).await {
            return;
        }
        let before = self.state.borrow().good.clone();
        let answer = match tokio::time::timeout(ANSWER_WITHIN, self.fetch(before.as_ref(), now)).await {
            Ok(answer) => answer,
            Err(_) => Err(format!("no answer within {} s", ANSWER_WITHIN.as_secs())),
        };
        let notice = match &answer {
            Ok(good) if before.is_none_or(|before| before.list != good.list) => warnings(&good.list),
            Ok(_) => None,
            Err(why) => Some(self.trouble(why, self.state.borrow().good.as_ref(), now)),
        };
        if let Ok(good) = &answer {
            // Before anybody has it: a program that only prints ends then.
            self.cache.write(good.document.clone()).await;
        }
        self.state.send_modify(|state| {
            state.asking = false;
            match answer {
                Ok(good) => (state.good, state.failed) = (Some(good), None),
                Err(why) => state.failed = Some(why),
            }
            let interval = if state.good.is_some() {
                INTERVAL
            } else {
                INTERVAL_WITHOUT
            };
            state.next = now + interval;
        });
        self.tell(notice);
    }

    /// The list of now: another one, or the one before when it has not changed.
    async fn fetch(&self, before: Option<&Good>, now: i64) -> Result<Good, String> {
        let made = || web::client(&self.url, REDIRECTS_MAX);
        let client = self.client.get_or_try_init(made).await?;
        let mut request = client.get(&self.url);
        if let Some(good) = before {
            for (name, value) in [
                (IF_NONE_MATCH, &good.document.etag),
                (IF_MODIFIED_SINCE, &good.document.last_modified),
            ] {
                if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
                    request = request.header(name, value);
                }
            }
        }
        let response = request.send().await.map_err(web::cause)?;
        if let (StatusCode::NOT_MODIFIED, Some(good)) = (response.status(), before) {
            let mut good = good.clone();
            good.document.checked_at = now;
            return Ok(good);
        }
        if response.status() != StatusCode::OK {
            return Err(format!("it answers {}", response.status()));
        }
        let validator = |name| validator(response.headers(), name);
        let (etag, last_modified) = (validator(ETAG), validator(LAST_MODIFIED));
        let body = web::body(response, LIST_MAX_BYTES).await?;
        let body = body.ok_or_else(|| format!("it is longer than {} KiB", LIST_MAX_BYTES >> 10))?;
        let text = String::from_utf8(body).map_err(|_| "it is not text".to_owned())?;
        let parsed = spawn_blocking(move || (parse(&text), text)).await;
        let (list, text) = parsed.map_err(|_| "it can't be read".to_owned())?;
        Ok(Good {
            list: Arc::new(list?),
            document: Document {
                text,
                etag,
                last_modified,
                checked_at: now,
            },
        })
    }

    fn trouble(&self, why: &str, good: Option<&Good>, now: i64) -> String {
        let stands = match good {
            Some(good) => format!("the list of {} ago stands", age(good.document.checked_at, now)),
            None => "levels are those of the results".to_owned(),
        };
        format!("allowlist {}: {}; {stands}", masked(&self.url), printable(why))
    }

    fn tell(&self, notice: Option<String>) {
        if let (Some(notices), Some(notice)) = (&self.notices, notice) {
            // Nobody listens any more when the program ends.
            let _ = notices.send(notice);
        }
    }
}

fn validator(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    (value.len() <= VALIDATOR_MAX_BYTES).then(|| value.to_owned())
}

/// A text of the web: a page that says what is wrong may be YAML, too, but lists no repository.
fn parse(text: &str) -> Result<Allowlist, String> {
    let list = Allowlist::parse(text).map_err(|error| {
        // That it is one is said with its address.
        error.to_string().trim_start_matches("allowlist: ").to_owned()
    })?;
    if list.repos.is_empty() {
        return Err("it lists no repository".to_owned());
    }
    Ok(list)
}

#[cfg(test)]
mod tests;
