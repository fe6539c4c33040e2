//! A relay: realistic callbacks for the repositories of the sample allowlist.
//!
//! Live, it posts to an endpoint as the real one does, habits included ([`relay`]). For the past it writes below the endpoint,
//! with the clock set back, so that `created_at` lies in the past too. What it sends is a pure function of seed and start
//! ([`traffic`]).

mod backends;
mod body;
mod due;
mod job;
mod relay;
mod tally;
mod traffic;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::http::auth;
use crate::payload;
use crate::record::Record;
use crate::store::sqlite::Sqlite;
use crate::store::{Store, spool};
use crate::timestamp::Timestamp;
use relay::{Outcome, Relay, Sent};
use tally::Tally;
use traffic::{Callback, Pace, Traffic};

/// Flags of `simulate`.
#[derive(Clone, Debug, clap::Args)]
#[command(
    override_usage = "oot-ingest simulate --url URL --token-file FILE [OPTIONS]\n       oot-ingest simulate --data DIR --history DAYS [OPTIONS]"
)]
pub struct Options {
    /// Results endpoint to post to
    #[arg(long, value_name = "URL", requires = "token_file", required_unless_present = "history", conflicts_with_all = ["history", "data"])]
    pub url: Option<String>,
    /// File whose first line is the token
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Callbacks a second
    #[arg(long, value_name = "N", default_value_t = 5.0, value_parser = rate)]
    pub rate: f64,
    /// Callbacks under way at once: slow answers don't slow the others
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub in_flight: u32,
    /// Stop after so many callbacks [default: run until stopped]
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// Same seed, same traffic [default: random]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Write a JSON line for each callback; `-` is stdout
    #[arg(long, value_name = "FILE|-")]
    pub log: Option<PathBuf>,
    /// Fill the embedded store of this data directory instead, while nothing serves it
    #[arg(long, value_name = "DIR", requires = "history")]
    pub data: Option<PathBuf>,
    /// Days of the past to fill
    #[arg(long, value_name = "DAYS", requires = "data", value_parser = clap::value_parser!(u32).range(1..=400))]
    pub history: Option<u32>,
    /// Where that past ends, in RFC 3339: with the same seed, the same rows [default: now]
    #[arg(long, value_name = "MOMENT", requires = "history", value_parser = Timestamp::parse)]
    pub until: Option<Timestamp>,
    /// Upstream events in a day of the past, each some 50 jobs
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub events_per_day: u32,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "expected a number".to_owned())?;
    if (0.001..=100_000.0).contains(&rate) {
        Ok(rate)
    } else {
        Err("expected 0.001 to 100000 callbacks a second".to_owned())
    }
}

/// Writes under way at once, when the past is filled.
const WRITES_AHEAD: usize = 512;
const DAY: i64 = 86_400_000;

/// Runs `simulate` until it is done, or until `stop`.
///
/// # Errors
/// When the token can't be read, the log can't be written, or the store can't be opened.
pub async fn run(options: Options, stop: CancellationToken) -> anyhow::Result<()> {
    let seed = options.seed.unwrap_or_else(rand::random);
    match (&options.url, &options.data, options.history) {
        (Some(url), ..) => live(url, seed, &options, stop).await,
        (None, Some(data), Some(days)) => history(data, days, seed, &options, stop).await,
        _ => anyhow::bail!("name an endpoint with --url, or a data directory with --data and --history"),
    }
}

async fn live(url: &str, seed: u64, options: &Options, stop: CancellationToken) -> anyhow::Result<()> {
    let token_file = options.token_file.as_deref().context("--token-file is missing")?;
    let relay = Relay::new(endpoint(url)?, &first_token(token_file)?)?;
    let mut tally = Tally::new(options.log.as_deref(), options.count, "callbacks")?;
    let start = Timestamp::now().millis();
    let mut traffic = Traffic::new(seed, start, Pace::Live, i64::MAX);
    let mut clock = tokio::time::interval(Duration::from_secs_f64(1.0 / options.rate));
    let mut posts = JoinSet::new();
    let mut note = |posted: Result<(u64, Callback, Sent), _>| {
        let (seq, callback, sent) = posted?;
        tally.note(seq, &callback, sent)
    };
    for seq in 0..options.count.unwrap_or(u64::MAX) {
        tokio::select! {
            _ = clock.tick() => {}
            () = stop.cancelled() => break,
        }
        let mut callback = traffic.next_live(start + (seq as f64 * 1_000.0 / options.rate) as i64);
        let (relay, body) = (relay.clone(), std::mem::take(&mut callback.body));
        posts.spawn(async move {
            let sent = relay.post(body).await;
            (seq, callback, sent)
        });
        while posts.len() >= options.in_flight as usize {
            posts.join_next().await.map_or(Ok(()), &mut note)?;
        }
        while let Some(posted) = posts.try_join_next() {
            note(posted)?;
        }
    }
    // What was sent has an outcome; a stop doesn't wait out the relay's patience.
    tokio::select! {
        drained = async { while let Some(posted) = posts.join_next().await { note(posted)?; } anyhow::Ok(()) } => drained?,
        () = async { stop.cancelled().await; tokio::time::sleep(Duration::from_secs(1)).await } => {}
    }
    tally.end()
}

async fn history(data: &Path, days: u32, seed: u64, options: &Options, stop: CancellationToken) -> anyhow::Result<()> {
    std::fs::create_dir_all(data).with_context(|| format!("can't make {}", data.display()))?;
    let (spool, path) = (data.join("spool.db"), data.join("store.db"));
    // What is made up doesn't get among what a daemon is told.
    let _held = tokio::task::spawn_blocking(move || spool::claim(&spool)).await??;
    let store = Arc::new(tokio::task::spawn_blocking(move || Sqlite::open(&path)).await??);
    let end = options.until.unwrap_or_else(Timestamp::now).millis();
    let start = end - i64::from(days) * DAY;
    let events = u64::from(days) * u64::from(options.events_per_day);
    let mut tally = Tally::new(options.log.as_deref(), None, "callbacks written")?;
    let mut moments = moments(seed, start, end, events);
    moments.push(end);
    let mut traffic = Traffic::new(seed, start, Pace::History, end);
    let mut writes = JoinSet::new();
    let mut seq = 0;
    for moment in moments {
        while let Some(callback) = traffic.next_due(moment) {
            if stop.is_cancelled() {
                break;
            }
            let store = Arc::clone(&store);
            writes.spawn(async move { write(&*store, callback).await });
            while writes.len() >= WRITES_AHEAD {
                if let Some(written) = writes.join_next().await {
                    tally.note(seq, &written??, DONE)?;
                    seq += 1;
                }
            }
        }
        traffic.happen(moment);
    }
    while let Some(written) = writes.join_next().await {
        tally.note(seq, &written??, DONE)?;
        seq += 1;
    }
    tally.end()
}

const DONE: Sent = Sent {
    outcome: Outcome::Acknowledged,
    http_status: None,
    attempts: 1,
};

/// As the endpoint would have, at the callback's own time.
async fn write(store: &dyn Store, callback: Callback) -> anyhow::Result<Callback> {
    let accepted = payload::parse(callback.body.as_bytes())?;
    let record = Record::from_callback(accepted.callback)?;
    let at = Timestamp::from_millis(callback.at).context("a moment outside 1970–2261")?;
    store.apply(record, at).await?;
    Ok(callback)
}

/// When events happen: more of them in working hours, none in order of anything.
fn moments(seed: u64, start: i64, end: i64, count: u64) -> Vec<i64> {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut moments: Vec<i64> = (0..count)
        .map(|_| {
            let (one, other) = (rng.random_range(start..end), rng.random_range(start..end));
            let from_noon = |at: i64| (at % DAY - DAY * 2 / 3).abs();
            if from_noon(one) < from_noon(other) { one } else { other }
        })
        .collect();
    moments.sort_unstable();
    moments
}

/// The endpoint's URL; a bare address gets the path.
fn endpoint(url: &str) -> anyhow::Result<String> {
    let parsed =
        reqwest::Url::parse(url).with_context(|| format!("--url: expected http(s)://HOST:PORT/PATH, got {url:?}"))?;
    ensure!(
        matches!(parsed.scheme(), "http" | "https"),
        "--url: expected http or https, got {url:?}"
    );
    let path = if parsed.path() == "/" {
        "/api/oot/results"
    } else {
        parsed.path()
    };
    Ok(parsed.join(path)?.to_string())
}

fn first_token(file: &Path) -> anyhow::Result<String> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("can't read the token file {}", file.display()))?;
    Ok(auth::lines(&text)
        .next()
        .with_context(|| format!("the token file {} is empty", file.display()))?
        .to_owned())
}
