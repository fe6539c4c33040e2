//! A stream of changes that is played.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use oot_ingest::observe::Told;
use oot_ingest::payload;
use oot_ingest::record::{Record, Stored};
use oot_ingest::store::{Change, ChangeKind, Changes, Listing, Page, Shard, StoreError, Then};
use oot_ingest::timestamp::Timestamp;

/// A stream whose shards do as they are told.
#[derive(Default)]
pub(crate) struct Script(Mutex<State>);

#[derive(Default)]
pub(crate) struct State {
    pub(crate) stream: u32,
    pub(crate) position: u64,
    pub(crate) shards: Vec<Scripted>,
    /// All that is stored.
    pub(crate) records: BTreeMap<String, Stored>,
    /// Shards that were read, each with whether its parent was read to its end by then. One that isn't listed any more has no parent.
    pub(crate) first_reads: BTreeMap<String, bool>,
    /// Shards that were read to their end.
    pub(crate) ended: BTreeSet<String>,
    /// Pages that were read.
    pub(crate) reads: usize,
    /// Who tells the lag, and what it told whenever there was something to read on.
    pub(crate) told: Option<Told>,
    pub(crate) lags: Vec<Option<f64>>,
    pub(crate) kept_for: Option<Duration>,
}

pub(crate) struct Scripted {
    pub(crate) shard: Shard,
    pub(crate) changes: Vec<Change>,
    pub(crate) closed: bool,
}

impl Script {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(crate) fn shard(&self, id: &str, parent: Option<&str>) {
        self.state().shards.push(Scripted {
            shard: Shard {
                id: id.to_owned(),
                parent: parent.map(str::to_owned),
            },
            changes: Vec::new(),
            closed: false,
        });
    }

    pub(crate) fn close(&self, id: &str) {
        self.state().find(id).unwrap().closed = true;
    }

    pub(crate) fn trim(&self, id: &str) {
        self.state().shards.retain(|it| it.shard.id != id);
    }

    /// Another stream, with none of the old shards.
    pub(crate) fn make_anew(&self) {
        let mut state = self.state();
        state.stream += 1;
        state.shards.clear();
    }

    /// Writes a record; without a shard no stream tells of it.
    pub(crate) fn write(&self, shard: Option<&str>, job: usize) {
        self.write_all(shard, job..job + 1);
    }

    /// All of them at once, as far as a reader sees.
    pub(crate) fn write_all(&self, shard: Option<&str>, jobs: std::ops::Range<usize>) {
        let records: Vec<Stored> = jobs.map(Self::record).collect();
        let mut state = self.state();
        for stored in records {
            state.records.insert(stored.record.key.clone(), stored.clone());
            state.position += 1;
            let position = format!("{:021}", state.position);
            if let Some(shard) = shard {
                state.find(shard).unwrap().changes.push(change(position, stored));
            }
        }
    }

    pub(crate) fn record(job: usize) -> Stored {
        let body = format!(
            r#"{{"trusted":{{"verified_repo":"a/b"}},"untrusted":{{"callback_payload":{{"delivery_id":"d",
            "workflow":{{"status":"completed","name":"w","job_name":"job-{job}","check_run_id":{job}}}}}}}}}"#
        );
        Stored {
            record: Record::from_callback(payload::parse(body.as_bytes()).unwrap().callback).unwrap(),
            created_at: Timestamp::parse("2026-11-24T10:00:00Z").unwrap(),
            version: 1,
        }
    }
}

impl State {
    pub(crate) fn waits_behind(&mut self, shard: &str, after: &str) -> bool {
        let last = self.find(shard).and_then(|it| it.changes.last());
        last.is_some_and(|last| last.position.as_str() > after)
    }

    pub(crate) fn find(&mut self, id: &str) -> Option<&mut Scripted> {
        self.shards.iter_mut().find(|it| it.shard.id == id)
    }
}

pub(crate) fn change(position: String, stored: Stored) -> Change {
    Change {
        position,
        at: None,
        kind: ChangeKind::Written(Box::new(stored)),
    }
}

impl Changes for Script {
    fn shards(&self) -> BoxFuture<'_, Result<Listing, StoreError>> {
        let state = self.state();
        let listing = Listing {
            stream: format!("stream-{}", state.stream),
            // Children before their parents.
            shards: state.shards.iter().rev().map(|it| it.shard.clone()).collect(),
        };
        std::future::ready(Ok(listing)).boxed()
    }

    fn read<'a>(&'a self, shard: &'a str, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        let mut state = self.state();
        state.reads += 1;
        if after.is_some_and(|after| state.waits_behind(shard, after))
            && let Some(told) = &state.told
        {
            let lag = told.progress.lag_seconds(Timestamp::now());
            state.lags.push(lag);
        }
        let parent = state.find(shard).and_then(|it| it.shard.parent.clone());
        let parent = parent.filter(|parent| state.find(parent).is_some());
        let in_order = parent.is_none_or(|parent| state.ended.contains(&parent));
        state.first_reads.entry(shard.to_owned()).or_insert(in_order);
        let page = match state.find(shard) {
            None => Err(StoreError::Trimmed {
                shard: shard.to_owned(),
                position: after.unwrap_or_default().to_owned(),
            }),
            Some(it) => {
                let was_read = |change: &Change| after.is_some_and(|after| change.position.as_str() <= after);
                let rest = &it.changes[it.changes.partition_point(was_read)..];
                let changes: Vec<Change> = rest.iter().take(3).cloned().collect();
                let then = match rest.len() > changes.len() {
                    true => Then::ReadOn,
                    false if it.closed => Then::End,
                    false => Then::Wait,
                };
                Ok(Page { changes, then })
            }
        };
        if page.as_ref().is_ok_and(|page| page.then == Then::End) {
            state.ended.insert(shard.to_owned());
        }
        std::future::ready(page).boxed()
    }

    fn before<'a>(&'a self, _shard: &'a str, _at: &'a str) -> BoxFuture<'a, Result<Option<String>, StoreError>> {
        std::future::ready(Ok(None)).boxed()
    }

    fn kept_for(&self) -> Option<Duration> {
        self.state().kept_for
    }

    fn changed(&self) -> BoxFuture<'_, ()> {
        tokio::time::sleep(Duration::from_millis(20)).boxed()
    }

    fn estimate(&self) -> BoxFuture<'_, Result<Option<u64>, StoreError>> {
        std::future::ready(Ok(None)).boxed()
    }

    fn segments(&self) -> u32 {
        2
    }

    fn scan<'a>(&'a self, segment: u32, after: Option<&'a str>) -> BoxFuture<'a, Result<Page, StoreError>> {
        let state = self.state();
        let rest = state
            .records
            .iter()
            .filter(|(key, _)| key.len() as u32 % 2 == segment && after.is_none_or(|after| key.as_str() > after));
        let changes: Vec<Change> = rest
            .clone()
            .take(3)
            .map(|(key, stored)| change(key.clone(), stored.clone()))
            .collect();
        let then = if rest.count() > changes.len() {
            Then::ReadOn
        } else {
            Then::End
        };
        std::future::ready(Ok(Page { changes, then })).boxed()
    }

    fn prune<'a>(&'a self, _shard: &'a str, _up_to: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        std::future::ready(Ok(())).boxed()
    }
}
