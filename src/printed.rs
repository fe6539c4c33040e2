//! What is printed without a screen: the screens' rows, and the health line.

pub mod export;

pub(crate) mod daemons;
pub(crate) mod days;
mod health;
pub(crate) mod jobs;
pub mod names;

use std::collections::HashMap;
use std::fmt::Display;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use crate::answer;
use crate::clock;
use crate::data::chosen::{Commit, EventView};
use crate::data::figures::minute;
use crate::data::filter::Filter;
use crate::data::levels::Levels;
use crate::data::list::row_numbers;
use crate::data::pipeline::NO_DAEMON;
use crate::data::repo::repo_key;
use crate::data::result::{JobResult, on_commit};
use crate::data::summary::summaries;
use crate::data::table::Sort;
use crate::data::text::natural;
use crate::data::trend;
use crate::settings::args::{Command, Format};
use crate::settings::config::Config;
use crate::source::daemons::Daemons;
use crate::source::{Question, Reader, Verdict};
use crate::web::allowlist::{Allowlist, AllowlistSource, Wait};
use daemons::DaemonRow;
use days::DayRow;
use export::How;
use jobs::JobRow;

pub use health::{LineFormat, health, health_now, watch};

/// Of an allowlist; what it is about is plain by then.
const WARNINGS_MAX: usize = 10;
/// Rows wait no longer for the allowlist of now.
const ALLOWLIST_WITHIN: Duration = Duration::from_secs(5);

/// Says on stderr what is wrong. Where that is gone, nobody is told, and that is all.
pub fn complain(what: impl Display) {
    let _ = writeln!(io::stderr(), "oot-hud: {what}");
}

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
    let now = clock::now();
    let moment = config.as_of.unwrap_or(now);
    let all = Question {
        until: config.as_of.map(|nanos| nanos / 1_000_000),
        ..Question::of_all(moment / 1_000_000, config.event)
    };
    let in_range = Question {
        since: all.now - config.range.millis(),
        ..all.clone()
    };
    let chosen = |range: &str| {
        let moment = moment_in_words(config.as_of).map_or(String::new(), |moment| format!(", {moment}"));
        let event = config.event.title();
        format!("{event}, {range}{moment}; --event and --range choose others")
    };
    let how = How {
        format,
        now: moment,
        ascii: config.look.ascii,
    };
    let mut out = io::stdout().lock();
    match command {
        Command::Summary | Command::Status { .. } => {
            let (rows, levels, allowlist) = tokio::join!(
                reader.summary(&in_range),
                answer::levels_of(&reader, &in_range),
                allowlist(config, now)
            );
            let rows = rows?;
            let levels = levels.unwrap_or_else(|why| {
                complain(format_args!("levels may be older ones: {why}"));
                Levels::default()
            });
            let rows = summaries(rows, &levels, config.event, &allowlist);
            if rows.iter().all(|row| row.newest.is_none()) {
                complain(format_args!("no results: {}", chosen(config.range.title())));
            }
            export::write(&rows, how, &mut out)?;
        }
        Command::Backend { repo } => {
            let question = Question { repo, ..in_range };
            let rows = reader.results(&question).await?;
            let rows: Vec<JobResult> = rows.into_iter().map(JobResult::from).collect();
            if rows.is_empty() {
                names::is_somebody(config, &question.repo).await?;
                let chosen = chosen(config.range.title());
                complain(format_args!("no results of this backend: {chosen}"));
            }
            export::write(&rows, how, &mut out)?;
        }
        Command::Pr { number, commit } => {
            let event = event.unwrap_or(EventView::All);
            let question = Question {
                pr: number,
                event,
                ..all
            };
            let mut rows = on_commit(reader.results(&question).await?, &commit);
            in_order_of_reading(&mut rows, format);
            if rows.is_empty() {
                return Err(nothing_on_pull_request(number, &commit, event, config.as_of).into());
            }
            export::write(&rows, how, &mut out)?;
        }
        Command::Commit { sha } => {
            let event = event.unwrap_or(EventView::All);
            let question = Question {
                commit: sha.clone(),
                event,
                ..all
            };
            let rows = reader.results(&question).await?;
            if rows.is_empty() {
                return Err(nothing_on_commit(&sha, event, config.as_of).into());
            }
            let mut rows: Vec<JobResult> = rows.into_iter().map(JobResult::from).collect();
            in_order_of_reading(&mut rows, format);
            export::write(&rows, how, &mut out)?;
        }
        Command::Trends { repo, jobs: true } => {
            let question = Question {
                repo: repo.unwrap_or_default(),
                ..in_range
            };
            let jobs = answer::trends_by_job(&reader, &question).await?.jobs;
            let shown = trend::jobs::lines(&jobs, &Filter::default(), Sort::default(), moment);
            let rows: Vec<JobRow> = row_numbers(&shown).map(|row| JobRow::from(&jobs[row])).collect();
            if rows.is_empty() {
                names::is_somebody(config, &question.repo).await?;
                complain(format_args!("no results: {}", chosen(config.range.title_in_days())));
            }
            export::write(&rows, how, &mut out)?;
        }
        Command::Trends { repo, jobs: false } => {
            let question = Question {
                repo: repo.unwrap_or_default(),
                ..in_range
            };
            let trends = answer::trends_by_day(&reader, &question).await?;
            let days = (trends.first..).zip(trends.days);
            let rows: Vec<DayRow> = days.map(|(day, row)| DayRow::new(day, row)).collect();
            if rows.iter().all(|row| row.total == 0) {
                names::is_somebody(config, &question.repo).await?;
                complain(format_args!("no results: {}", chosen(config.range.title_in_days())));
            }
            export::write(&rows, how, &mut out)?;
        }
        Command::Pipeline => {
            let daemons = Daemons::new(&config.ingest);
            if !daemons.any() {
                return Err(NO_DAEMON.into());
            }
            let rows: Vec<DaemonRow> = daemons.ask().await.daemons.into_iter().map(DaemonRow::from).collect();
            export::write(&rows, how, &mut out)?;
            return Ok(rows.iter().all(|row| row.error.is_none()));
        }
    }
    Ok(true)
}

/// Why nothing is shown of a pull request that was named.
pub(crate) fn nothing_on_pull_request(number: u64, commit: &Commit, event: EventView, as_of: Option<i64>) -> String {
    let only = only(event, as_of);
    match commit {
        Commit::Sha(_) => {
            format!("pull request {number} has no result on such a commit{only}; `--commit all` shows them all")
        }
        Commit::Latest | Commit::All => format!("no backend has reported on pull request {number}{only}"),
    }
}

/// The same, of a commit.
pub(crate) fn nothing_on_commit(sha: &str, event: EventView, as_of: Option<i64>) -> String {
    format!("no backend has reported on a commit {sha}{}", only(event, as_of))
}

/// People read what failed first, commit by commit; programs get the newest first.
fn in_order_of_reading(rows: &mut [JobResult], format: Format) {
    if !matches!(format, Format::Table | Format::Markdown) {
        return;
    }
    let mut commits = HashMap::new();
    for row in rows.iter() {
        let next = commits.len();
        commits.entry(row.pytorch_head_sha.clone()).or_insert(next);
    }
    rows.sort_by_cached_key(|row| {
        let verdict = Verdict::of(&row.verdict);
        let name = |name: &str| (natural(name), name.to_owned());
        let names = (
            repo_key(&row.downstream_repo),
            name(&row.workflow_name),
            name(&row.job_name),
        );
        (commits[&row.pytorch_head_sha], row.probe, verdict, names)
    });
}

fn only(event: EventView, as_of: Option<i64>) -> String {
    let event = (event != EventView::All).then(|| event.title().to_owned());
    let words: Vec<String> = event.into_iter().chain(moment_in_words(as_of)).collect();
    match words.as_slice() {
        [] => String::new(),
        words => format!(" ({})", words.join(", ")),
    }
}

/// `as of 2026-11-20 12:00 UTC`; none for now.
fn moment_in_words(as_of: Option<i64>) -> Option<String> {
    as_of.map(|at| format!("as of {} UTC", minute(at)))
}

/// A list that can't be had hides nothing: the data stand without it.
pub(crate) async fn allowlist(config: &Config, now: i64) -> Arc<Allowlist> {
    let source = AllowlistSource::new(config.allowlist.as_ref(), None).await;
    let known = source.known(now, Wait::ForNew(ALLOWLIST_WITHIN)).await;
    let warnings = &known.list.warnings;
    for wrong in known.trouble.iter().chain(warnings.iter().take(WARNINGS_MAX)) {
        complain(wrong);
    }
    if warnings.len() > WARNINGS_MAX {
        let more = warnings.len() - WARNINGS_MAX;
        complain(format_args!("allowlist: {more} more like these"));
    }
    known.list
}
