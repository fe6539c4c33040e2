//! The health line: one answer for all panes, asked for in time.

use std::io::{self, Write};
use std::time::Duration;

use crate::data::rows::summaries;
use crate::printed::export;
use crate::printed::status::cache::{Cache, Kept, Turn};
use crate::printed::status::{Health, LineFormat};
use crate::screen::picture;
use crate::settings::args::{EventView, Range};
use crate::settings::config::{Config, DEFAULT_REFRESH_SECONDS};
use crate::settings::theme::Look;
use crate::source::daemons::Daemons;
use crate::source::{Question, Reader};
use crate::web::allowlist::Allowlist;

/// A pane waits no longer for its line, where there is an older one.
const BUDGET: Duration = Duration::from_millis(300);
/// How often it is looked whether somebody else has the answer.
const ASKED_BY_OTHERS: Duration = Duration::from_millis(20);
/// Set for a process that asks on.
const SUCCESSOR: &str = "OOT_HUD_STATUS_SUCCESSOR";
/// An answer is awaited no longer.
const STATUS_WITHIN: Duration = Duration::from_secs(5);

/// How all of it does: the answer that all panes share, while it is young enough; else one that is asked for now. Where that takes
/// longer than [`BUDGET`], it is left to a process of its own, and the last answer is given; unless it is `awaited`.
pub async fn health_now(config: &Config, now: i64, awaited: bool) -> Health {
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
        Some((age, last)) if !is_successor && !awaited => match tokio::time::timeout(BUDGET, ask).await {
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
        .args(std::env::args_os().skip(1))
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
        // Whoever watches has the time.
        let health = health_now(config, now, true).await;
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
    let rows = async { tokio::try_join!(reader.summary(&question), reader.relay_health(&question, EventView::Pr)) };
    match tokio::join!(rows, daemons.ask()) {
        (Ok((rows, relay)), pipeline) => Health::of(&summaries(rows, &Allowlist::default()), &relay, &pipeline, now),
        (Err(error), pipeline) => Health::unknown(error.to_string()).with(&pipeline),
    }
}

/// The health line as it stands in a pane, as a picture.
///
/// # Errors
/// Those of the output.
pub fn health_picture(health: &Health, look: Look, now: i64, out: &mut impl Write) -> io::Result<()> {
    out.write_all(picture::health(health, look, now).as_bytes())?;
    out.flush()
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
