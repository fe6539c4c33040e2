//! The health line: one answer for all panes, asked for in time.

mod cache;

use std::fs::File;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use crate::clock;
use crate::data::ascii::in_ascii;
use crate::data::chosen::{EventView, Range};
use crate::data::health::{Health, TOO_OLD_SECONDS};
use crate::data::levels::Levels;
use crate::data::summary::summaries;
use crate::printed::export;
use crate::settings::config::{Config, DEFAULT_REFRESH_SECONDS};
use crate::settings::theme::{Look, Theme};
use crate::source::daemons::Daemons;
use crate::source::{Layout, Question, Reader};
use crate::web::allowlist::Allowlist;
use cache::{Cache, Found, Kept, Turn};

/// How the line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineFormat {
    Plain,
    /// With tmux's colour marks.
    Tmux,
    Json,
}

/// A pane of tmux waits no longer for its line, where there is an older one.
const BUDGET: Duration = Duration::from_millis(300);
/// How often it is looked whether somebody else has the answer.
const ASKED_BY_OTHERS: Duration = Duration::from_millis(20);
/// Set for a process that asks on.
const SUCCESSOR: &str = "OOT_HUD_STATUS_SUCCESSOR";
/// An answer is awaited no longer.
const STATUS_WITHIN: Duration = Duration::from_secs(5);
/// Whoever asks has answered by then, or never will.
const OTHERS_WITHIN: Duration = Duration::from_secs(6);

/// How all of it does: the answer that all panes share, while it is young enough; else one that is asked for now. Where there is an
/// older one, and the new one is not `awaited`, it is asked for by a process of its own, and the last one is given when that takes
/// longer than [`BUDGET`].
pub async fn health_now(config: &Config, now: i64, awaited: bool) -> Health {
    let begun = Instant::now();
    let cache = Cache::new(config);
    let kept = cache.read().await;
    let found = kept.as_ref().and_then(|kept| kept.layout);
    let asker = Asker {
        config,
        cache,
        found: found.filter(|found| found.holds(now)),
        now,
        begun,
    };
    // It has come by its turn from the one that started it.
    if std::env::var_os(SUCCESSOR).is_some() {
        return asker.ask().await;
    }
    if let Some(kept) = kept.as_ref().filter(|kept| kept.is_young(now, shared_for(config))) {
        return kept.health.clone().at(now, 0.0, false);
    }
    match kept.and_then(|kept| Some((kept.age(now)?, kept.health))) {
        Some((age, last)) if !awaited => {
            let rest = BUDGET.saturating_sub(begun.elapsed());
            match tokio::time::timeout(rest, asker.by_a_successor()).await {
                Ok(health) => health,
                Err(_) => last.at(now, age, true),
            }
        }
        _ => asker.in_turn().await,
    }
}

/// Whoever finds no answer that is young enough.
struct Asker<'a> {
    config: &'a Config,
    cache: Cache,
    found: Option<Found>,
    /// When it began, in nanoseconds since 1970.
    now: i64,
    begun: Instant,
}

impl Asker<'_> {
    /// What others have found out meanwhile, or else we, one after the other.
    async fn in_turn(&self) -> Health {
        let turn = async {
            loop {
                let turn = self.turn().await;
                // Whoever had the turn before may have asked for all of us.
                if let Some(health) = self.of_others().await {
                    return Err(health);
                }
                if let Turn::Ours(lock) = turn {
                    return Ok(lock);
                }
                tokio::time::sleep(ASKED_BY_OTHERS).await;
            }
        };
        match tokio::time::timeout(OTHERS_WITHIN, turn).await {
            Ok(Err(health)) => health,
            Ok(Ok(lock)) => {
                let health = self.ask().await;
                drop(lock);
                health
            }
            // Whoever has the turn is stopped, or none of us.
            Err(_) => self.ask().await,
        }
    }

    /// What a process finds out that has the time: one for all, so that it is asked once however long it takes.
    async fn by_a_successor(&self) -> Health {
        let mut is_left = false;
        loop {
            let turn = match is_left {
                true => Turn::Others,
                false => self.turn().await,
            };
            if let Some(health) = self.of_others().await {
                return health;
            }
            match turn {
                Turn::Others => {}
                // What can't be locked can't be kept: nobody else's answer would ever come here.
                Turn::Ours(None) => return self.ask().await,
                Turn::Ours(Some(lock)) => {
                    if !leave_a_successor(lock).await {
                        return self.ask().await;
                    }
                    is_left = true;
                }
            }
            tokio::time::sleep(ASKED_BY_OTHERS).await;
        }
    }

    async fn turn(&self) -> Turn {
        let passed = i64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(i64::MAX);
        self.cache.turn(self.now.saturating_add(passed)).await
    }

    async fn of_others(&self) -> Option<Health> {
        let kept = self.cache.read().await?;
        let is_young = kept.is_young(self.now, shared_for(self.config));
        is_young.then(|| kept.health.at(self.now, 0.0, false))
    }

    /// Asks, and keeps the answer for all.
    async fn ask(&self) -> Health {
        let (health, layout) = ask_health(self.config, self.found.map(|found| found.layout), self.now).await;
        let found = self.found.filter(|found| Some(found.layout) == layout);
        let found_now = layout.map(|layout| Found {
            layout,
            found_at: self.now,
        });
        self.cache
            .write(&Kept {
                asked_at: self.now,
                health: health.clone(),
                layout: found.or(found_now),
            })
            .await;
        health
    }
}

/// For how long an answer is everybody's: as long as a refresh, and not so long that it says nothing of now.
fn shared_for(config: &Config) -> Duration {
    let refresh = if config.refresh.is_zero() {
        Duration::from_secs(DEFAULT_REFRESH_SECONDS.into())
    } else {
        config.refresh
    };
    refresh.min(Duration::from_secs(TOO_OLD_SECONDS.into()))
}

/// Starts a process that asks the same, with our turn as its stdin: it ends with that process. Gives whether there is one.
async fn leave_a_successor(turn: File) -> bool {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Command, Stdio};
    let started = tokio::task::spawn_blocking(|| {
        Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .env(SUCCESSOR, "1")
            .stdin(Stdio::from(turn))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
    });
    matches!(started.await, Ok(Ok(_)))
}

/// A line now, and one after each interval, until nobody reads any more.
///
/// # Errors
/// Those of the output.
pub async fn watch(config: &Config, format: LineFormat) -> io::Result<()> {
    loop {
        let now = clock::now();
        // Whoever watches has the time.
        let health = health_now(config, now, true).await;
        match line(&health, format, now, config.look, &mut io::stdout().lock()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
        tokio::time::sleep(shared_for(config)).await;
    }
}

/// Finds out how all of it does, within [`STATUS_WITHIN`], and how the table is laid out.
async fn ask_health(config: &Config, layout: Option<Layout>, now: i64) -> (Health, Option<Layout>) {
    let reader = Reader::new(&config.clickhouse).within(STATUS_WITHIN).told(layout);
    let daemons = Daemons::new(&config.ingest);
    let now_millis = now / 1_000_000;
    let question = Question {
        since: now_millis - Range::Day.millis(),
        ..Question::of_all(now_millis, EventView::Pr)
    };
    let rows = async { tokio::try_join!(reader.summary(&question), reader.relay_health(&question, EventView::Pr)) };
    let health = match tokio::join!(rows, daemons.ask()) {
        (Ok((rows, relay)), pipeline) => Health::of(
            &summaries(rows, &Levels::default(), EventView::Pr, &Allowlist::default()),
            &relay,
            &pipeline,
            now,
        ),
        (Err(error), pipeline) => Health::unknown(error.to_string()).with(&pipeline),
    };
    (health, reader.layout().await)
}

/// The health line: always one, and as it is to look. A reader that went away has what it wanted.
///
/// # Errors
/// Those of the output.
pub fn health(health: &Health, format: LineFormat, now: i64, look: Look, out: &mut impl Write) -> io::Result<()> {
    match line(health, format, now, look, out) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

fn line(health: &Health, format: LineFormat, now: i64, look: Look, out: &mut impl Write) -> io::Result<()> {
    let seen = |line: String| if look.ascii { in_ascii(&line) } else { line };
    match format {
        LineFormat::Plain => writeln!(out, "{}", seen(health.plain(now))),
        LineFormat::Tmux => writeln!(out, "{}", seen(health.tmux(now, look.theme != Theme::Monochrome))),
        LineFormat::Json => export::json(health, out),
    }?;
    out.flush()
}
