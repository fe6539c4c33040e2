//! `oot-ingest backfill`: the progress on stderr, what was found on stdout.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::Backfill;
use super::verify::{Difference, Report, Verify};
use crate::replicate::sink::Sink;

/// How often the bar is drawn anew.
const DRAW_INTERVAL: Duration = Duration::from_millis(200);
/// Differing keys that are named; the others are counted.
const NAMED_MAX: usize = 100;

/// Flags of `backfill`.
#[derive(Clone, Debug, Default, Args)]
pub struct Options {
    /// Records a second, at most [default: as fast as it goes]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,
    /// Copy nothing: compare both sides, and name the keys that differ; exit status 1 when some do
    #[arg(long)]
    pub verify: bool,
    /// Compare both sides, and mend the keys that differ
    #[arg(long, conflicts_with = "verify")]
    pub repair: bool,
}

/// Copies everything, and shows how far it is.
///
/// # Errors
/// Those of [`Backfill::run`].
pub async fn copy(backfill: Backfill, stop: &CancellationToken, out: &mut impl Write) -> anyhow::Result<()> {
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
/// Those of [`Verify::run`].
pub async fn verify(verify: &Verify, repair: Option<&Sink>, out: &mut impl Write) -> anyhow::Result<bool> {
    let report = verify.run().await?;
    say(&report, out)?;
    let Some(sink) = repair.filter(|_| !report.differences.is_empty()) else {
        return Ok(report.differences.is_empty());
    };
    verify.repair(report, sink).await?;
    let after = verify.run().await?;
    writeln!(out, "mended; now:")?;
    say(&after, out)?;
    Ok(after.differences.is_empty())
}

fn say(report: &Report, out: &mut impl Write) -> std::io::Result<()> {
    for (key, difference) in report.differences.iter().take(NAMED_MAX) {
        let what = match difference {
            Difference::Behind(_) => "behind",
            Difference::Extra { .. } => "extra",
        };
        // Keys hold what came.
        writeln!(out, "{what}  {}", key.escape_debug())?;
    }
    let (records, rows, differ) = (report.records, report.rows, report.differences.len());
    if differ > NAMED_MAX {
        writeln!(out, "… and {} more", differ - NAMED_MAX)?;
    }
    writeln!(
        out,
        "{records} records in the store, {rows} rows in ClickHouse, {differ} keys differ"
    )
}
