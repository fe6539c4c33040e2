//! What was sent and what became of it: a log line each, a count, a progress bar.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::body::Report;
use super::relay::{Outcome, Sent};
use super::traffic::Callback;
use crate::timestamp::Timestamp;

/// One line of the log.
#[derive(Serialize)]
struct Line<'a> {
    seq: u64,
    at: Option<Timestamp>,
    key: String,
    #[serde(flatten)]
    report: &'a Report,
    outcome: Outcome,
    http_status: Option<u16>,
    attempts: u32,
}

/// Counts and reports.
pub(super) struct Tally {
    log: Option<Box<dyn Write + Send>>,
    bar: ProgressBar,
    acknowledged: u64,
    refused: u64,
    lost: u64,
    retries: u64,
    last_status: Option<u16>,
}

impl Tally {
    /// With a log, which `-` sends to stdout, and a length where it is known.
    pub(super) fn new(log: Option<&Path>, count: Option<u64>, unit: &str) -> anyhow::Result<Self> {
        let log: Option<Box<dyn Write + Send>> = match log {
            None => None,
            Some(path) if path == Path::new("-") => Some(Box::new(std::io::stdout())),
            Some(path) => {
                let file =
                    std::fs::File::create(path).with_context(|| format!("can't write the log {}", path.display()))?;
                Some(Box::new(std::io::BufWriter::new(file)))
            }
        };
        // Drawn on stderr, and only where that is a terminal.
        let bar = count.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let template = match count {
            Some(_) => "{bar:40} {pos}/{len} {msg} {eta}".replace("{msg}", &format!("{unit} {{msg}}")),
            None => format!("{{spinner}} {{pos}} {unit} {{msg}} {{elapsed}}"),
        };
        bar.set_style(ProgressStyle::with_template(&template)?);
        Ok(Self {
            log,
            bar,
            acknowledged: 0,
            refused: 0,
            lost: 0,
            retries: 0,
            last_status: None,
        })
    }

    /// Takes note of one callback.
    pub(super) fn note(&mut self, seq: u64, callback: &Callback, sent: Sent) -> anyhow::Result<()> {
        match sent.outcome {
            Outcome::Acknowledged => self.acknowledged += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Lost | Outcome::SilentlyLost => self.lost += 1,
        }
        self.retries += u64::from(sent.attempts - 1);
        self.last_status = sent.http_status;
        self.bar.inc(1);
        if self.refused + self.lost + self.retries > 0 {
            self.bar.set_message(format!(
                "({} refused, {} lost, {} retries)",
                self.refused, self.lost, self.retries
            ));
        }
        let Some(log) = &mut self.log else { return Ok(()) };
        let line = Line {
            seq,
            at: Timestamp::from_millis(callback.at),
            key: callback.report.key(),
            report: &callback.report,
            outcome: sent.outcome,
            http_status: sent.http_status,
            attempts: sent.attempts,
        };
        serde_json::to_writer(&mut *log, &line)?;
        log.write_all(b"\n").context("can't write the log")
    }

    /// Flushes the log and says on stderr what it came to.
    ///
    /// # Errors
    /// When the log can't be written, or nothing at all was acknowledged.
    pub(super) fn end(mut self) -> anyhow::Result<()> {
        self.bar.finish_and_clear();
        if let Some(log) = &mut self.log {
            log.flush().context("can't write the log")?;
        }
        let sent = self.acknowledged + self.refused + self.lost;
        // Whoever would read it may be gone.
        let _ = writeln!(
            std::io::stderr(),
            "{sent} callbacks: {} acknowledged, {} refused, {} lost; {} retries",
            self.acknowledged,
            self.refused,
            self.lost,
            self.retries
        );
        ensure!(
            sent == 0 || self.acknowledged > 0,
            "none was acknowledged: {}",
            self.why()
        );
        Ok(())
    }

    /// What the last one met.
    fn why(&self) -> String {
        match self.last_status {
            Some(401) => "the endpoint answers 401, so this is not a token of its".to_owned(),
            Some(status) => format!("the endpoint answers {status}"),
            None => "nothing answers at this URL".to_owned(),
        }
    }
}
