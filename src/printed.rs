//! What is printed without a screen: the screens' rows, and the health line.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;

use crate::allowlist::Allowlist;
use crate::args::{Command, Commit, EventView, Format, Range};
use crate::config::{Config, DEFAULT_REFRESH_SECONDS};
use crate::export::{self, Tabular};
use crate::figures::{count, duration, lag, pass_rate, percent, rfc3339};
use crate::pipeline::{Daemon, Status};
use crate::rows::{JobResult, on_commit, summaries};
use crate::source::daemons::Daemons;
use crate::source::{Question, Reader, TrendRow};
use crate::status::cache::{Cache, Kept, Turn};
use crate::status::{Health, LineFormat};
use crate::text::printable;
use crate::trend;

/// A pane waits no longer for its line, where there is an older one.
const BUDGET: Duration = Duration::from_millis(300);
/// How often it is looked whether somebody else has the answer.
const ASKED_BY_OTHERS: Duration = Duration::from_millis(20);
/// Set for a process that asks on.
const SUCCESSOR: &str = "OOT_HUD_STATUS_SUCCESSOR";
/// An answer is awaited no longer.
const STATUS_WITHIN: Duration = Duration::from_secs(5);

/// A screen's rows, on stdout; what is strange about them, on stderr.
///
/// A pull request's number is its view, but for one that was asked for by name: `event`.
///
/// Gives whether all who were asked have answered.
///
/// # Errors
/// When there is no answer, or nothing can be written.
pub async fn rows(
    config: &Config,
    command: Command,
    event: Option<EventView>,
    format: Format,
) -> Result<bool, Box<dyn std::error::Error>> {
    let reader = Reader::new(&config.clickhouse);
    let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64;
    let moment = config.as_of.unwrap_or(now);
    let all = Question {
        until: config.as_of.map(|nanos| nanos / 1_000_000),
        ..Question::of_all(moment / 1_000_000, config.event)
    };
    let in_range = Question {
        since: all.now - config.range.millis(),
        ..all.clone()
    };
    let chosen = format!(
        "{}, {}; --event and --range choose others",
        config.event.title(),
        config.range.title()
    );
    let mut out = io::stdout().lock();
    match command {
        Command::Summary | Command::Status { .. } => {
            let allowlist = allowlist_or_none(config);
            let rows = summaries(reader.summary(&in_range).await?, &allowlist);
            if rows.iter().all(|row| row.last_run.is_none()) {
                eprintln!("oot-hud: no results: {chosen}");
            }
            export::write(&rows, format, moment, &mut out)?;
        }
        Command::Backend { repo } => {
            let rows = reader.results(&Question { repo, ..in_range }).await?;
            let rows: Vec<JobResult> = rows.into_iter().map(JobResult::from).collect();
            if rows.is_empty() {
                eprintln!("oot-hud: no results of this backend: {chosen}");
            }
            export::write(&rows, format, moment, &mut out)?;
        }
        Command::Pr { number, commit } => {
            let event = event.unwrap_or(EventView::All);
            let question = Question {
                pr: number,
                event,
                ..all
            };
            let rows = on_commit(reader.results(&question).await?, &commit);
            if rows.is_empty() && matches!(commit, Commit::Sha(_)) {
                let text = "has no result on such a commit; `--commit all` shows them all";
                return Err(format!("pull request {number} {text}").into());
            }
            if rows.is_empty() {
                eprintln!("oot-hud: no backend has reported on pull request {number}");
            }
            export::write(&rows, format, moment, &mut out)?;
        }
        Command::Commit { sha } => {
            let question = Question {
                commit: sha.clone(),
                event: event.unwrap_or(EventView::All),
                ..all
            };
            let rows = reader.results(&question).await?;
            if rows.is_empty() {
                return Err(format!("no backend has reported on a commit {sha}").into());
            }
            let rows: Vec<JobResult> = rows.into_iter().map(JobResult::from).collect();
            export::write(&rows, format, moment, &mut out)?;
        }
        Command::Trends { repo } => {
            let question = Question {
                repo: repo.unwrap_or_default(),
                ..in_range
            };
            let trends = crate::run::trends(&reader, &question).await?;
            let days = (trends.first..).zip(trends.days);
            let rows: Vec<DayRow> = days.map(|(day, row)| DayRow::new(day, row)).collect();
            if rows.iter().all(|row| row.total == 0) {
                eprintln!("oot-hud: no results: {chosen}");
            }
            export::write(&rows, format, moment, &mut out)?;
        }
        Command::Pipeline => {
            let daemons = Daemons::new(&config.ingest);
            if !daemons.any() {
                return Err("no daemon is configured: name one with --ingest URL, or as hud.ingest".into());
            }
            let rows: Vec<DaemonRow> = daemons.ask().await.daemons.into_iter().map(DaemonRow::from).collect();
            export::write(&rows, format, moment, &mut out)?;
            return Ok(rows.iter().all(|row| row.error.is_none()));
        }
    }
    Ok(true)
}

/// A list that can't be read hides nothing: the data stand without it.
fn allowlist_or_none(config: &Config) -> Allowlist {
    let Some(path) = &config.allowlist else {
        return Allowlist::default();
    };
    match Allowlist::read(path) {
        Ok(list) => {
            list.warnings.iter().for_each(|warning| eprintln!("oot-hud: {warning}"));
            list
        }
        Err(error) => {
            eprintln!("oot-hud: {error}");
            Allowlist::default()
        }
    }
}

/// How all of it does: the answer that all panes share, while it is young enough; else one that is asked for now. Where that takes
/// longer than [`BUDGET`], it is left to a process of its own, and the last answer is given.
pub async fn health_now(config: &Config, now: i64) -> Health {
    let cache = Cache::new(config);
    let young = || cache.read().filter(|kept| kept.is_young(now, shared_for(config)));
    if let Some(kept) = young() {
        return kept.health.at(now, 0.0, false);
    }
    let last = cache.read().and_then(|kept| Some((kept.age(now)?, kept.health)));
    let is_successor = std::env::var_os(SUCCESSOR).is_some();
    let ask = async {
        let mut turn = cache.turn();
        while let Turn::Others = turn {
            if is_successor {
                return None;
            }
            tokio::time::sleep(ASKED_BY_OTHERS).await;
            turn = cache.turn();
        }
        // Whoever had the turn before may have asked for all of us.
        if let Some(kept) = young() {
            return Some(kept.health.at(now, 0.0, false));
        }
        let health = ask_health(config, now).await;
        cache.write(&Kept {
            asked_at: now,
            health: health.clone(),
        });
        drop(turn);
        Some(health)
    };
    match last {
        Some((age, last)) if !is_successor => match tokio::time::timeout(BUDGET, ask).await {
            Ok(Some(health)) => health,
            Ok(None) | Err(_) => {
                leave_a_successor();
                last.at(now, age, true)
            }
        },
        _ => ask
            .await
            .unwrap_or_else(|| Health::unknown("somebody else asks".to_owned())),
    }
}

/// For how long an answer is everybody's.
fn shared_for(config: &Config) -> Duration {
    if config.refresh.is_zero() {
        Duration::from_secs(DEFAULT_REFRESH_SECONDS.into())
    } else {
        config.refresh
    }
}

/// The same question once more, by a process that has the time, for those who come next.
fn leave_a_successor() {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};
    let Ok(program) = std::env::current_exe() else { return };
    // If it can't be started, whoever comes next asks.
    let _ = Command::new(program)
        .args(std::env::args_os().skip(1).filter(|word| word != "--watch"))
        .env(SUCCESSOR, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn();
}

/// A line now, and one after each interval, until nobody reads any more.
///
/// # Errors
/// Those of the output.
pub async fn watch(config: &Config, format: LineFormat) -> io::Result<()> {
    loop {
        let now = time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64;
        let health = health_now(config, now).await;
        match line(&health, format, now, &mut io::stdout().lock()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
        tokio::time::sleep(shared_for(config)).await;
    }
}

/// Finds out how all of it does, within [`STATUS_WITHIN`].
async fn ask_health(config: &Config, now: i64) -> Health {
    let reader = Reader::new(&config.clickhouse).within(STATUS_WITHIN);
    let daemons = Daemons::new(&config.ingest);
    let now_millis = now / 1_000_000;
    let question = Question {
        since: now_millis - Range::Day.millis(),
        ..Question::of_all(now_millis, EventView::Pr)
    };
    let rows = async { tokio::try_join!(reader.summary(&question), reader.relay_health(&question)) };
    match tokio::join!(rows, daemons.ask()) {
        (Ok((rows, relay)), pipeline) => Health::of(&summaries(rows, &Allowlist::default()), &relay, &pipeline, now),
        (Err(error), pipeline) => Health::unknown(error.to_string()).with(&pipeline),
    }
}

/// The health line: always one. A reader that went away has what it wanted.
///
/// # Errors
/// Those of the output.
pub fn health(health: &Health, format: LineFormat, now: i64, out: &mut impl Write) -> io::Result<()> {
    match line(health, format, now, out) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn line(health: &Health, format: LineFormat, now: i64, out: &mut impl Write) -> io::Result<()> {
    match format {
        LineFormat::Plain => writeln!(out, "{}", health.plain(now)),
        LineFormat::Tmux => writeln!(out, "{}", health.tmux(now)),
        LineFormat::Json => export::json(health, out),
    }?;
    out.flush()
}

/// One day (UTC). One without results has zeros, and no rate.
#[derive(Default, Serialize)]
struct DayRow {
    /// `2026-11-20`
    day: String,
    success: u64,
    failure: u64,
    timed_out: u64,
    total: u64,
    flaky: u64,
    pass_rate: Option<f64>,
    /// Seconds.
    duration_p50: Option<f64>,
    /// Seconds.
    queue_p50: Option<f64>,
}

impl DayRow {
    fn new(day: i64, row: Option<TrendRow>) -> Self {
        let day = rfc3339(day * trend::DAY).get(..10).unwrap_or_default().to_owned();
        let finite = |seconds: f64| Some(seconds).filter(|seconds| seconds.is_finite());
        match row {
            None => Self { day, ..Self::default() },
            Some(row) => Self {
                day,
                success: row.success,
                failure: row.failure,
                timed_out: row.timed_out,
                total: row.total,
                flaky: row.flaky_jobs,
                pass_rate: pass_rate(row.success, row.failure, row.timed_out),
                duration_p50: finite(row.duration_p50),
                queue_p50: finite(row.queue_p50),
            },
        }
    }
}

impl Tabular for DayRow {
    const HEADS: &'static [(&'static str, bool)] = &[
        ("DAY", false),
        ("PASS", true),
        ("OK", true),
        ("FAIL", true),
        ("TIME", true),
        ("TOTAL", true),
        ("FLAKY", true),
        ("P50", true),
        ("QUEUE", true),
    ];

    fn cells(&self, _now: i64) -> Vec<String> {
        vec![
            self.day.clone(),
            percent(self.pass_rate),
            count(self.success),
            count(self.failure),
            count(self.timed_out),
            count(self.total),
            count(self.flaky),
            duration(self.duration_p50),
            duration(self.queue_p50),
        ]
    }
}

/// One daemon. What it doesn't do, or doesn't say, is null.
#[derive(Default, Serialize)]
struct DaemonRow {
    url: String,
    /// Why it doesn't answer.
    error: Option<String>,
    version: Option<String>,
    uptime_seconds: Option<f64>,
    lag_seconds: Option<f64>,
    spooled: Option<u64>,
    spool_full: Option<String>,
    store_away: Option<bool>,
    dead_letters: Option<u64>,
    /// Of the last hour.
    accepted: Option<u64>,
    refused: Option<u64>,
    unavailable: Option<u64>,
    sink_answers: Option<bool>,
    gaps: Option<u64>,
    /// Shards that may be followed now, by anyone,
    shards_workable: Option<u64>,
    /// by this process,
    shards_followed: Option<u64>,
    /// and by others.
    shards_elsewhere: Option<u64>,
    /// What stands in the way of results; null when nothing does.
    trouble: Option<String>,
}

impl From<Daemon> for DaemonRow {
    fn from(daemon: Daemon) -> Self {
        let (status, error) = match daemon.answer {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        let row = Self {
            url: daemon.url,
            error,
            ..Self::default()
        };
        let in_the_way = status.as_ref().map_or(Vec::new(), Status::in_the_way);
        let Some(Status {
            version,
            uptime_seconds,
            lag_seconds,
            dead_letters,
            intake,
            replication,
            ..
        }) = status
        else {
            return row;
        };
        let answers = intake.as_ref().map(|intake| intake.last_hour);
        let replication = replication.as_ref();
        Self {
            version: Some(version),
            uptime_seconds: Some(uptime_seconds),
            lag_seconds,
            dead_letters,
            spooled: intake.as_ref().map(|intake| intake.spool.results),
            store_away: intake.as_ref().map(|intake| intake.store_away),
            spool_full: intake.and_then(|intake| intake.spool.full),
            accepted: answers.map(|answers| answers.accepted),
            refused: answers.map(|answers| answers.refused),
            unavailable: answers.map(|answers| answers.unavailable),
            sink_answers: replication.map(|it| it.sink_answers),
            gaps: replication.map(|it| it.gaps),
            shards_workable: replication.map(|it| it.shards.workable),
            shards_followed: replication.map(|it| it.shards.followed),
            shards_elsewhere: replication.map(|it| it.shards.others),
            trouble: (!in_the_way.is_empty()).then(|| in_the_way.join("; ")),
            ..row
        }
    }
}

impl Tabular for DaemonRow {
    const HEADS: &'static [(&'static str, bool)] = &[
        ("DAEMON", false),
        ("LAG", true),
        ("SPOOLED", true),
        ("LETTERS", true),
        ("ACCEPTED 1H", true),
        ("REFUSED 1H", true),
        ("UNAVAIL. 1H", true),
        ("SHARDS", true),
        ("ELSEWHERE", true),
        ("TROUBLE", false),
    ];

    fn cells(&self, _now: i64) -> Vec<String> {
        let number = |number: Option<u64>| number.map_or("–".to_owned(), count);
        let trouble = match &self.error {
            Some(error) => format!("silent: {error}"),
            None => self.trouble.clone().unwrap_or_default(),
        };
        vec![
            printable(&self.url).into_owned(),
            self.lag_seconds.map_or("–".to_owned(), lag),
            number(self.spooled),
            number(self.dead_letters),
            number(self.accepted),
            number(self.refused),
            number(self.unavailable),
            match (self.shards_followed, self.shards_workable) {
                (Some(followed), Some(workable)) => format!("{followed} of {workable}"),
                _ => "–".to_owned(),
            },
            number(self.shards_elsewhere),
            trouble,
        ]
    }
}
