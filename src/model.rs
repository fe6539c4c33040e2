//! The whole state of the terminal program.

use crate::action::On;
use crate::args::{Commit, EventView, Range};
use crate::list::{Filter, Line, List};
use crate::matrix::Matrix;
use crate::pipeline::{Pipeline, Row};
use crate::pull_request::{Box, PullRequest};
use crate::rows::Summary;
use crate::slot::Slot;
use crate::source::RelayRow;
use crate::summary::{self, Sort};
use tui_input::Input;

/// Everything that is drawn is drawn from this. Moments are nanoseconds since 1970.
#[derive(Debug)]
pub struct Model {
    pub now: i64,
    pub event: EventView,
    pub range: Range,
    /// The screens stand as they did then; none is now.
    pub as_of: Option<i64>,
    /// Nanoseconds between refreshes; none for never.
    pub refresh: Option<i64>,
    pub paused: bool,
    /// Where we are, and through where we came. Never empty.
    pub screens: Vec<Screen>,
    pub help: bool,
    /// The filter while it is typed.
    pub typing: Option<Input>,
    /// Something that was wrong at the start; said until the first key.
    pub notice: Option<String>,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Letters alone, without colours.
    pub monochrome: bool,
    pub quit: bool,
    /// Something changed since the last frame.
    pub dirty: bool,
    /// Questions asked so far.
    pub generation: u64,
    /// What the daemons say, for the header of every screen.
    pub pipeline: Slot<Pipeline>,
    /// There are daemons to ask.
    pub has_daemons: bool,
}

/// What a screen is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Summary,
    /// `owner/repo`
    Backend(String),
    PullRequest(u64),
    /// The beginning of a SHA.
    Commit(String),
    Pipeline,
}

impl Place {
    /// Whose actions work here.
    pub fn on(&self) -> On {
        match self {
            Self::Summary => On::Summary,
            Self::Backend(_) => On::Backend,
            Self::PullRequest(_) | Self::Commit(_) => On::PullRequest,
            Self::Pipeline => On::Pipeline,
        }
    }
}

/// What a screen shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Summary {
        rows: Vec<Summary>,
        relay: Vec<RelayRow>,
        /// The pass rate of the range before this one.
        before: Option<f64>,
    },
    Backend(Matrix),
    PullRequest(PullRequest),
    Pipeline(Pipeline),
}

/// The level whose checks a merge needs.
pub const GATING: &str = "L4";

/// One screen.
#[derive(Debug)]
pub struct Screen {
    pub place: Place,
    pub slot: Slot<Data>,
    pub filter: String,
    pub list: List,
    pub sort: Sort,
    /// The selected job of the matrix.
    pub column: usize,
    /// Which commits of a pull request are shown.
    pub commit: Commit,
    /// Which of its results, where that was asked for by name; a pull request's number is its view.
    pub event: EventView,
    /// The backends on these commits.
    pub boxes: Vec<Box>,
    /// The lines of the pipeline's screen.
    pub pipeline_rows: Vec<Row>,
    /// The key of the row to select when the first answer comes.
    pub wanted: Option<String>,
}

impl Screen {
    pub fn new(place: Place) -> Self {
        Self {
            place,
            slot: Slot::default(),
            filter: String::new(),
            list: List::default(),
            sort: Sort::default(),
            column: 0,
            commit: Commit::Latest,
            event: EventView::All,
            boxes: Vec::new(),
            pipeline_rows: Vec::new(),
            wanted: None,
        }
    }

    /// What tells the selected row from all others, across refreshes.
    pub fn selected_key(&self) -> Option<String> {
        self.key(self.list.selected()?)
    }

    fn key(&self, row: usize) -> Option<String> {
        Some(match self.slot.value()? {
            Data::Summary { rows, .. } => rows.get(row)?.repo.clone(),
            Data::Backend(matrix) => {
                let row = matrix.rows.get(row)?;
                format!("{} {}", row.pr, row.commit)
            }
            Data::PullRequest(pull_request) => PullRequest::key(pull_request.cells.get(row)?),
            Data::Pipeline(_) => return None,
        })
    }

    /// Where the commit that is shown stands among a pull request's, newest first; none when it shows several, or none.
    pub fn shown_commit(&self) -> Option<usize> {
        let Some(Data::PullRequest(pull_request)) = self.slot.value() else {
            return None;
        };
        match pull_request.chosen(&self.commit).as_slice() {
            [one] => pull_request.commits.iter().position(|commit| commit == one),
            _ => None,
        }
    }

    /// Puts the rows into lines anew, as they are at a moment; the selection goes to the row with this key.
    pub fn arrange(&mut self, selected: Option<&str>, moment: i64) {
        let filter = Filter::new(&self.filter);
        let boxes = match self.slot.value() {
            Some(Data::PullRequest(pull_request)) => pull_request.boxes(&self.commit),
            _ => Vec::new(),
        };
        let lines = match self.slot.value() {
            None => Vec::new(),
            Some(Data::Summary { rows, .. }) => summary::lines(rows, &filter, self.sort, moment),
            Some(Data::Backend(matrix)) => {
                let passes = |row: &crate::matrix::Row| filter.passes(&[&row.commit, &row.pr.to_string()]);
                (0_u32..)
                    .zip(&matrix.rows)
                    .filter(|(_, row)| passes(row))
                    .map(|(number, _)| Line::Row(number))
                    .collect()
            }
            Some(Data::PullRequest(pull_request)) => box_lines(pull_request, &boxes, &filter),
            Some(Data::Pipeline(pipeline)) => {
                self.pipeline_rows = pipeline.rows(&filter);
                (0_u32..)
                    .zip(&self.pipeline_rows)
                    .map(|(at, _)| Line::Row(at))
                    .collect()
            }
        };
        self.boxes = boxes;
        if let Some(Data::Backend(matrix)) = self.slot.value() {
            self.column = self.column.min(matrix.columns.len().saturating_sub(1));
        }
        let mut list = std::mem::take(&mut self.list);
        list.replace(lines, |row| selected.is_some() && self.key(row).as_deref() == selected);
        self.list = list;
    }
}

fn box_lines(pull_request: &PullRequest, boxes: &[Box], filter: &Filter) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, it) in (0_u32..).zip(boxes) {
        let passes = |cell: &u32| {
            let cell = &pull_request.cells[*cell as usize];
            filter.passes(&[
                &it.commit,
                &it.repo,
                &it.level,
                &cell.workflow_name,
                &cell.job_name,
                crate::glyph::word(cell),
            ])
        };
        let rows: Vec<Line> = it.cells.iter().copied().filter(passes).map(Line::Row).collect();
        if !rows.is_empty() {
            lines.push(Line::Heading(number));
            lines.extend(rows);
        }
    }
    lines
}

impl Model {
    /// The moment that the screens are of: ages count up to it.
    pub fn moment(&self) -> i64 {
        self.as_of.unwrap_or(self.now)
    }

    /// The screen that is seen.
    pub fn screen(&self) -> &Screen {
        self.screens.last().expect("there is always a screen")
    }

    pub fn screen_mut(&mut self) -> &mut Screen {
        self.screens.last_mut().expect("there is always a screen")
    }
}
