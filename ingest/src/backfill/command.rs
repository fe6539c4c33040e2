//! `oot-ingest backfill`: the progress on stderr, what was found on stdout.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::Backfill;
use super::difference::{Difference, Report};
use super::verify::{ROUNDS, Step, Verify};
use crate::observe::Told;
use crate::replicate::sink::Sink;
use crate::shown::shown;

/// How often the bar is drawn anew.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);

/// Flags of `backfill`.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// Records a second, at most [default: as fast as it goes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Copy all of it, also where an earlier backfill was stopped: else this one goes on from there
    #[arg(long, conflicts_with_all = ["verify", "repair"])]
    pub restart: bool,
    /// Copy nothing: compare both sides, and name the keys that differ; exit status 1 when some do
    ///
    /// A key is `behind` when ClickHouse has no row of it, an older one, or one under another creation time; `extra` when ClickHouse
    /// has a row that the store doesn't have; `ahead` when ClickHouse has a newer one, which no repair mends: the store was set back;
    /// `unreadable` when the store has a record that is none of ours: its rows stay as they are. What the stream brings within some seconds doesn't count.
    #[arg(long)]
    pub verify: bool,
    /// Compare both sides, and mend the keys that differ: rows are written anew, those too many get a tombstone
    #[arg(long, conflicts_with = "verify")]
    pub repair: bool,
    /// Rows that --repair may take away; it mends nothing when there are more [default: a tenth of all, at least 10]
    #[arg(long, value_name = "N", requires = "repair")]
    pub removals_max: Option<usize>,
}

/// Copies everything, and shows how far it is.
///
/// # Errors
/// Those of [`Backfill::run`].
pub async fn copy(backfill: Backfill, stop: &CancellationToken, out: &mut impl Write) -> anyhow::Result<()> {
    if let Some(unfinished) = backfill.unfinished().await? {
        let at = unfinished.stopped_at.map(|moment| format!(" at {moment}"));
        writeln!(
            out,
            "going on from a backfill that was stopped{}; --restart copies all of it",
            at.unwrap_or_default()
        )?;
    }
    let bar = match backfill.changes.estimate().await? {
        Some(records) => ProgressBar::new(records).with_style(ProgressStyle::with_template(
            "{bar:40} {human_pos} of about {human_len} records  {per_sec}  {eta} left",
        )?),
        None => ProgressBar::new_spinner(),
    };
    let backfill = Arc::new(backfill);
    let done = Arc::clone(&backfill.done);
    let mut run = std::pin::pin!(Arc::clone(&backfill).run(stop));
    let ended = loop {
        tokio::select! {
            ended = &mut run => break ended?,
            () = tokio::time::sleep(DRAW_INTERVAL) => bar.set_position(done.load(Ordering::Relaxed)),
        }
    };
    bar.finish_and_clear();
    let records = done.load(Ordering::Relaxed);
    if ended {
        writeln!(out, "copied {records} records")?;
    } else {
        writeln!(
            out,
            "stopped after {records} records; the next backfill goes on from there"
        )?;
    }
    Ok(())
}

/// Compares, and mends if asked to; gives whether both sides say the same now.
///
/// # Errors
/// Those of [`Verify::run`], and when a repair would take away more than it may: then nothing is mended.
pub async fn verify(verify: &Verify, repair: Option<&Repair<'_>>, out: &mut impl Write) -> anyhow::Result<bool> {
    let bar = ProgressBar::new_spinner();
    bar.enable_steady_tick(DRAW_INTERVAL);
    let said = |step| bar.set_message(message(step));
    let report = verify.run(said).await?;
    bar.suspend(|| say(&report, out))?;
    let Some(repair) = repair.filter(|_| !report.differences.is_empty()) else {
        return Ok(report.differences.is_empty());
    };
    let (extra, allowed) = (report.extra(), repair.removals_max.unwrap_or(report.removals_max()));
    if extra > allowed {
        bail!(
            "nothing was mended: {extra} of {} rows would be taken away, which the store doesn't have ({}). If it is the right store, \
             --removals-max {extra} does it",
            report.rows,
            repair.store
        );
    }
    bar.set_message(format!("mending {} keys", report.differences.len()));
    let differed = report.differences.len();
    let letters = &repair.told.metrics.dead_letters;
    let before = letters.get();
    verify.repair(report, repair.sink).await?;
    let refused = letters.get() - before;
    let after = verify.run(said).await?;
    bar.finish_and_clear();
    let mended = keys(differed.saturating_sub(after.differences.len()));
    match refused {
        0 => writeln!(out, "mended {mended}; now:")?,
        1 => writeln!(
            out,
            "mended {mended}; 1 row was refused by ClickHouse and is a dead letter; now:"
        )?,
        more => writeln!(
            out,
            "mended {mended}; {more} rows were refused by ClickHouse and are dead letters; now:"
        )?,
    }
    say(&after, out)?;
    Ok(after.differences.is_empty())
}

fn keys(number: usize) -> String {
    match number {
        1 => "1 key".to_owned(),
        number => format!("{number} keys"),
    }
}

/// What a repair needs.
pub struct Repair<'a> {
    pub sink: &'a Sink,
    pub told: &'a Told,
    /// Rows that it may take away; none is [`Report::removals_max`].
    pub removals_max: Option<usize>,
    /// Which store is compared, in words.
    pub store: &'a str,
}

fn message(step: Step) -> String {
    match step {
        Step::ReadsStore(records) => format!("read {records} records of the store"),
        Step::ReadsTable => "reading the rows in ClickHouse".to_owned(),
        Step::LooksAgain { keys, round: 1 } => format!("{keys} keys differ, looking closer"),
        Step::LooksAgain { keys, round } => {
            format!("{keys} keys differ still, waiting for the stream (look {round} of {ROUNDS})")
        }
    }
}

fn say(report: &Report, out: &mut impl Write) -> std::io::Result<()> {
    for (key, difference) in &report.differences {
        let what = match difference {
            Difference::Behind { .. } => "behind",
            Difference::Extra(_) => "extra",
            Difference::Ahead => "ahead",
            Difference::Unreadable => "unreadable",
        };
        writeln!(out, "{what}  {}", shown(key))?;
    }
    let (records, rows) = (report.records, report.rows);
    let differ = match report.differences.len() {
        1 => "1 key differs".to_owned(),
        number => format!("{number} keys differ"),
    };
    writeln!(
        out,
        "{records} records in the store, {rows} rows in ClickHouse, {differ}"
    )
}
