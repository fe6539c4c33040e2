//! The screens' rows without a screen: tables for people, JSON and CSV for programs.

use std::borrow::Cow;
use std::io::{self, Write};

use serde::Serialize;

use crate::data::ascii::in_ascii;
use crate::data::attempts::before_in_words;
use crate::data::figures::{DAY, age, count, day, duration, percent};
use crate::data::glyph::expected;
use crate::data::links::escaped;
use crate::data::result::JobResult;
use crate::data::summary::Summary;
use crate::data::text::{fit, judged, printable, width};
use crate::settings::args::Format;
use crate::source::Verdict;

/// The longest text in a table, in columns.
pub(super) const TEXT: usize = 48;

/// A row that can be a line of a table.
pub trait Tabular: Serialize + Default {
    /// Heads and whether the column is of numbers.
    const HEADS: &'static [(&'static str, bool)];
    /// What stands in them, fit for a terminal. `now` is in nanoseconds since 1970.
    fn cells(&self, now: i64) -> Vec<String>;
}

/// How rows are written.
#[derive(Clone, Copy, Debug)]
pub struct How {
    pub format: Format,
    /// The moment that ages count up to, in nanoseconds since 1970.
    pub now: i64,
    /// Tables have ASCII alone: they are for terminals. What programs read holds what there is.
    pub ascii: bool,
}

/// Writes rows in a format. A reader that went away is no error.
///
/// # Errors
/// Those of the output.
pub fn write<T: Tabular>(rows: &[T], how: How, out: &mut impl Write) -> io::Result<()> {
    let written = match how.format {
        Format::Json => json(&rows, out),
        Format::Csv => csv(rows, out),
        Format::Markdown => markdown(rows, how.now, out),
        // The others are no formats of rows.
        Format::Table | Format::Plain | Format::Tmux | Format::Svg | Format::Text => table(rows, how, out),
    };
    match written.and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// JSON in which each character that isn't fit for a terminal is escaped.
///
/// # Errors
/// Those of the output.
pub fn json(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Escaping);
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Compact JSON, with more escaped than JSON asks for.
struct Escaping;

impl serde_json::ser::Formatter for Escaping {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        if let Cow::Borrowed(fit) = printable(fragment) {
            return out.write_all(fit.as_bytes());
        }
        for (character, is_fit) in judged(fragment) {
            if is_fit {
                write!(out, "{character}")?;
                continue;
            }
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

fn csv<T: Serialize + Default>(rows: &[T], out: &mut impl Write) -> io::Result<()> {
    let text = csv_text(rows)?;
    // The head is made with the first row; it stands also where there is none.
    let head = match rows {
        [] => csv_text(&[T::default()])?
            .lines()
            .next()
            .map(|head| format!("{head}\n")),
        _ => None,
    };
    let text = head.unwrap_or(text);
    // Line breaks are the format's own; what else isn't text must not reach a terminal by way of `cat`.
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(printable).collect();
    out.write_all(lines.join("\n").as_bytes())
}

fn csv_text<T: Serialize>(rows: &[T]) -> io::Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(io::Error::other)?;
    }
    let raw = ended(writer)?;
    let mut writer = csv::Writer::from_writer(Vec::with_capacity(raw.len()));
    let mut lines = csv::ReaderBuilder::new().has_headers(false).from_reader(&raw[..]);
    for line in lines.records() {
        let line = line.map_err(io::Error::other)?;
        let cells = line.iter().map(no_formula);
        writer
            .write_record(cells.map(|cell| cell.into_owned()))
            .map_err(io::Error::other)?;
    }
    String::from_utf8(ended(writer)?).map_err(io::Error::other)
}

fn ended(writer: csv::Writer<Vec<u8>>) -> io::Result<Vec<u8>> {
    writer.into_inner().map_err(|error| io::Error::other(error.to_string()))
}

/// What a spreadsheet would reckon out gets an apostrophe in front, and stays what it is: names are anybody's.
fn no_formula(cell: &str) -> Cow<'_, str> {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) && cell.parse::<f64>().is_err();
    match is_formula {
        true => format!("'{cell}").into(),
        false => cell.into(),
    }
}

/// A table that stays one on GitHub, whatever is in it.
fn markdown<T: Tabular>(rows: &[T], now: i64, out: &mut impl Write) -> io::Result<()> {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let heads = T::HEADS.iter().map(|(head, _)| (*head).to_owned());
    let rules = T::HEADS.iter().map(|(_, number)| match number {
        true => "---:".to_owned(),
        false => "---".to_owned(),
    });
    write!(out, "{}{}", line(heads.collect()), line(rules.collect()))?;
    for row in rows {
        let cells = row.cells(now);
        out.write_all(line(cells.iter().map(|cell| escaped(cell)).collect()).as_bytes())?;
    }
    Ok(())
}

fn table<T: Tabular>(rows: &[T], how: How, out: &mut impl Write) -> io::Result<()> {
    let lines: Vec<Vec<String>> = rows.iter().map(|row| row.cells(how.now)).collect();
    let widths: Vec<usize> = T::HEADS
        .iter()
        .enumerate()
        .map(|(column, (head, _))| {
            lines
                .iter()
                .map(|line| width(&line[column]))
                .fold(width(head), usize::max)
        })
        .collect();
    let heads: Vec<String> = T::HEADS.iter().map(|(head, _)| (*head).to_owned()).collect();
    for line in std::iter::once(&heads).chain(&lines) {
        let mut text = String::new();
        for ((cell, wide), (_, number)) in line.iter().zip(&widths).zip(T::HEADS) {
            let blank = " ".repeat(wide.saturating_sub(width(cell)));
            let (before, behind) = if *number {
                (blank.as_str(), "")
            } else {
                ("", blank.as_str())
            };
            text.extend([before, cell, behind, "  "]);
        }
        let text = text.trim_end();
        match how.ascii {
            true => writeln!(out, "{}", in_ascii(text)),
            false => writeln!(out, "{text}"),
        }?;
    }
    Ok(())
}

impl Tabular for Summary {
    const HEADS: &'static [(&'static str, bool)] = &[
        ("LEVEL", false),
        ("BACKEND", false),
        ("PASS", true),
        ("OK", true),
        ("FAIL", true),
        ("TIME", true),
        ("CANC", true),
        ("OTHER", true),
        ("RUN", true),
        ("P50", true),
        ("P95", true),
        ("QUEUE", true),
        ("LAST", true),
        ("RED FROM", true),
        ("ON CALL", false),
    ];

    fn cells(&self, now: i64) -> Vec<String> {
        let text = |text: &str| fit(&printable(text), TEXT).into_owned();
        let probe = if self.probe { " (relay probe)" } else { "" };
        vec![
            text(self.level.as_deref().unwrap_or("–")),
            format!("{}{probe}", text(&self.repo)),
            percent(self.pass_rate),
            count(self.success),
            count(self.failure),
            count(self.timed_out),
            count(self.cancelled),
            count(self.other),
            count(self.running),
            duration(self.duration_p50),
            duration(self.duration_p95),
            duration(self.queue_p50),
            self.last_run.map_or("–".to_owned(), |at| age(at, now)),
            self.red_since
                .map_or(String::new(), |since| since.marked(&day(since.day * DAY))),
            text(&self.on_call()),
        ]
    }
}

impl Tabular for JobResult {
    const HEADS: &'static [(&'static str, bool)] = ResultCells::HEADS;

    fn cells(&self, now: i64) -> Vec<String> {
        let result = match (self.conclusion.as_deref(), self.status.as_str()) {
            (Some(conclusion), _) => {
                let expected = expected(Verdict::of(&self.verdict), conclusion);
                format!("{}{expected}", fit(&printable(conclusion), TEXT))
            }
            (None, "completed") => "unknown".to_owned(),
            (None, _) if self.overdue => "overdue".to_owned(),
            (None, _) => "running".to_owned(),
        };
        let beside = match self.flaky {
            true => Some("flaky"),
            false => before_in_words(self.passed_before, self.failed_before),
        };
        let cells = ResultCells {
            result: beside.map_or(result.clone(), |beside| format!("{result} ({beside})")),
            backend: &self.downstream_repo,
            pr: self.pr_number,
            commit: self.pytorch_head_sha.as_deref(),
            workflow: &self.workflow_name,
            job: &self.job_name,
            attempt: self.run_attempt,
            ran: self.duration_seconds,
            queued: self.queue_time,
            failed_tests: self.failed_tests,
            since: self.belongs,
        };
        cells.texts(TEXT, now)
    }
}

/// What a table tells of a result, whether a command printed it or a screen shows it.
pub(crate) struct ResultCells<'a> {
    /// Fit to be shown.
    pub(crate) result: String,
    pub(crate) backend: &'a str,
    pub(crate) pr: Option<u64>,
    pub(crate) commit: Option<&'a str>,
    pub(crate) workflow: &'a str,
    pub(crate) job: &'a str,
    pub(crate) attempt: u32,
    /// Seconds.
    pub(crate) ran: Option<f64>,
    /// Seconds.
    pub(crate) queued: Option<f64>,
    pub(crate) failed_tests: u64,
    /// Nanoseconds since 1970.
    pub(crate) since: i64,
}

impl ResultCells<'_> {
    pub(crate) const HEADS: &'static [(&'static str, bool)] = &[
        ("RESULT", false),
        ("BACKEND", false),
        ("PR", true),
        ("COMMIT", false),
        ("WORKFLOW", false),
        ("JOB", false),
        ("TRY", true),
        ("RAN", true),
        ("QUEUE", true),
        ("FAILED", true),
        ("AGE", true),
    ];

    /// Texts of at most so many columns.
    pub(crate) fn texts(self, columns: usize, now: i64) -> Vec<String> {
        let text = |text: &str| fit(&printable(text), columns).into_owned();
        let commit = self.commit.unwrap_or("–");
        vec![
            self.result,
            text(self.backend),
            self.pr.map_or("–".to_owned(), |number| number.to_string()),
            text(commit.get(..8).unwrap_or(commit)),
            text(self.workflow),
            text(self.job),
            self.attempt.to_string(),
            duration(self.ran),
            duration(self.queued),
            count(self.failed_tests),
            age(self.since, now),
        ]
    }
}

#[cfg(test)]
mod tests;
