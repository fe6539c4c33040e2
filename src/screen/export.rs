//! What a screen shows, as a file: its rows, or the screen itself.

mod contents;
mod results;

use crate::data::Data;
use crate::data::figures::{counted, rfc3339};
use crate::data::list::row_numbers;
use crate::data::matrix::Matrix;
use crate::data::summary::Summary;
use crate::printed::daemons::DaemonRow;
use crate::printed::export::{How, Tabular, write};
use crate::printed::jobs::JobRow;
use crate::screen::model::{Model, Place};
use crate::screen::picture;
use crate::settings::args::Format;
use crate::source::Cell;
pub use contents::Contents;
use results::{MarkedResult, ShownResult};

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// A name made of the screen and of now.
    pub name: String,
    pub contents: Contents,
    /// What it is, in a word or two.
    pub what: String,
}

/// Rows in the order in which they stand there, without those that the filter hides; `svg` and `text` are the screen itself.
///
/// # Errors
/// A sentence when there is nothing yet, or no such file.
pub fn of_screen(model: &mut Model, format: Format) -> Result<Export, String> {
    let extension = format.extension().ok_or("there is no such file")?;
    let screen = model.screen();
    let Some(data) = screen.slot.value() else {
        return Err("there is nothing yet that could be written".to_owned());
    };
    let name = file_name(&screen.place.command(), model.now, extension);
    let (contents, what) = match format {
        Format::Svg => (picture::svg(model).into(), "the screen".to_owned()),
        Format::Text => (picture::text(model).into(), "the screen".to_owned()),
        _ => {
            let shown: Vec<usize> = row_numbers(screen.list.lines()).collect();
            let how = How {
                format,
                now: model.moment(),
                ascii: false,
            };
            match data {
                Data::Summary { rows, .. } => {
                    let rows: Vec<Summary> = shown.iter().map(|row| rows[*row].clone()).collect();
                    written(rows, "backend", how)
                }
                Data::Backend(backend) => {
                    let columns: Vec<usize> = screen.heads.iter().flat_map(|head| &head.members).copied().collect();
                    let repo = match &screen.place {
                        Place::Backend(repo) => repo.clone(),
                        _ => String::new(),
                    };
                    // Who sees the rows with failures alone wants these.
                    let failures = screen.only.failures;
                    let is_written = move |matrix: &Matrix, (row, column): &(usize, usize)| {
                        let mark = matrix.mark(*row, *column);
                        mark.is_some_and(|mark| !failures || mark.has_failed())
                    };
                    let results = marks(&shown, &columns).filter(|it| is_written(&backend.matrix, it));
                    let mut what = counted(results.count(), if failures { "failed result" } else { "result" });
                    if screen.folded > 0 {
                        what.push_str(&format!(
                            " (without {} folded away)",
                            counted(screen.folded, "older commit")
                        ));
                    }
                    // Marks are small; their rows, of which each has all the names, are made elsewhere.
                    let matrix = backend.matrix.clone();
                    let contents = Contents::new(move |mut out| {
                        let written = marks(&shown, &columns).filter(|it| is_written(&matrix, it));
                        let of = |(row, column)| MarkedResult::of(&repo, &matrix, row, column);
                        let rows: Vec<MarkedResult> = written.filter_map(of).collect();
                        write(&rows, how, &mut out)
                    });
                    (contents, what)
                }
                Data::PullRequest(it) => {
                    // Without the attempts that count no more.
                    let cells = shown.iter().filter_map(|row| it.cells.get(*row));
                    written(results(cells), "result", how)
                }
                Data::Trends(trends) => {
                    let rows: Vec<JobRow> = shown.iter().map(|row| JobRow::from(&trends.jobs[*row])).collect();
                    written(rows, "job", how)
                }
                Data::Pipeline(pipeline) => {
                    let rows: Vec<DaemonRow> = pipeline.daemons.iter().cloned().map(DaemonRow::from).collect();
                    written(rows, "daemon", how)
                }
            }
        }
    };
    Ok(Export { name, contents, what })
}

fn results<'a>(cells: impl Iterator<Item = &'a Cell>) -> Vec<ShownResult> {
    cells.map(ShownResult::from).collect()
}

/// Row by row, each column of it.
fn marks<'a>(rows: &'a [usize], columns: &'a [usize]) -> impl Iterator<Item = (usize, usize)> + 'a {
    rows.iter()
        .flat_map(|row| columns.iter().map(move |column| (*row, *column)))
}

fn written<T: Tabular + Send + Sync + 'static>(rows: Vec<T>, what: &str, how: How) -> (Contents, String) {
    let what = counted(rows.len(), what);
    (Contents::new(move |mut out| write(&rows, how, &mut out)), what)
}

/// `oot-hud-summary-20261124T221500Z.svg`. Names come from payloads: what isn't plain in them becomes `-`.
fn file_name(command: &str, now: i64, extension: &str) -> String {
    const NAME: usize = 100;
    let plain = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '_' => character,
        _ => '-',
    };
    let command: String = command.chars().map(plain).take(NAME).collect();
    let moment = rfc3339(now);
    let moment = moment.get(..19).unwrap_or_default().replace(['-', ':'], "");
    format!("oot-hud-{command}-{moment}Z.{extension}")
}
