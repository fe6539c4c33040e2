//! The whole state of the terminal program.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tui_input::Input;

use crate::action::{Action, On};
use crate::args::{Commit, EventView, Range};
use crate::attempts::{Attempts, Looked};
use crate::backend::Backend;
use crate::effect::Subject;
use crate::keymap::Keymap;
use crate::links;
use crate::list::{Filter, Line, List};
use crate::matrix::{Head, Matrix};
use crate::palette::Palette;
use crate::pipeline::{Pipeline, Row};
use crate::pull_request::{self, PullRequest};
use crate::rows::Summary;
use crate::slot::Slot;
use crate::source::{Cell, Execution, RelayRow};
use crate::summary;
use crate::table::Sort;
use crate::theme::Look;
use crate::trend::{Trends, jobs};

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
    /// Lines of the help that have gone by.
    pub help_scroll: usize,
    /// What its lines have.
    pub help_filter: String,
    /// Everything by a few letters, while it is open.
    pub palette: Option<Palette>,
    /// What is being typed.
    pub typing: Option<Typing>,
    pub keymap: Keymap,
    /// The terminal tells of the mouse.
    pub mouse: bool,
    /// Something that was wrong at the start; said until the first key.
    pub notice: Option<String>,
    /// Columns and rows.
    pub size: (u16, u16),
    pub look: Look,
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

/// A line while it is typed.
#[derive(Clone, Debug)]
pub struct Typing {
    pub kind: TypingKind,
    pub input: Input,
    /// Why it was not understood.
    pub error: Option<String>,
}

/// What a line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypingKind {
    /// Behind `/`: the rows follow it.
    Filter,
    /// The lines of the help follow it.
    Help,
    /// Behind `:`: where to go.
    Go,
}

impl Typing {
    pub fn filter(text: &str) -> Self {
        Self::new(TypingKind::Filter, text)
    }

    pub fn help(text: &str) -> Self {
        Self::new(TypingKind::Help, text)
    }

    pub fn go() -> Self {
        Self::new(TypingKind::Go, "")
    }

    /// Where to, with its beginning.
    pub fn export() -> Self {
        Self::new(TypingKind::Go, "export ")
    }

    fn new(kind: TypingKind, text: &str) -> Self {
        Self {
            kind,
            input: Input::new(text.to_owned()),
            error: None,
        }
    }
}

/// What a screen is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    Summary,
    /// `owner/repo`
    Backend(String),
    PullRequest(u64),
    /// The beginning of a SHA.
    Commit(String),
    /// Of a backend, or of all together.
    Trends(Option<String>),
    Pipeline,
}

impl Place {
    /// The command that opens it.
    pub fn command(&self) -> String {
        match self {
            Self::Summary => "summary".to_owned(),
            Self::Backend(repo) => format!("backend {repo}"),
            Self::PullRequest(number) => format!("pr {number}"),
            Self::Commit(sha) => format!("commit {sha}"),
            Self::Trends(None) => "trends".to_owned(),
            Self::Trends(Some(repo)) => format!("trends {repo}"),
            Self::Pipeline => "pipeline".to_owned(),
        }
    }

    /// Whose actions work here.
    pub fn on(&self) -> On {
        match self {
            Self::Summary => On::Summary,
            Self::Backend(_) => On::Backend,
            Self::PullRequest(_) | Self::Commit(_) => On::PullRequest,
            Self::Trends(_) => On::Trends,
            Self::Pipeline => On::Pipeline,
        }
    }

    /// How many columns it can be sorted by.
    pub fn sortable(&self) -> Option<usize> {
        match self {
            Self::Summary => Some(summary::COLUMNS.len()),
            Self::Trends(_) => Some(jobs::COLUMNS.len()),
            Self::Backend(_) | Self::PullRequest(_) | Self::Commit(_) | Self::Pipeline => None,
        }
    }

    /// What is asked for it.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Summary => Subject::Summary,
            Self::Backend(_) => Subject::Backend,
            Self::PullRequest(_) | Self::Commit(_) => Subject::PullRequest,
            Self::Trends(_) => Subject::Trends,
            Self::Pipeline => Subject::Pipeline,
        }
    }
}

/// An answer: what a screen shows, or what is known of what is selected on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Summary {
        rows: Vec<Summary>,
        /// By pull requests,
        relay: Vec<RelayRow>,
        /// and by nightly runs.
        relay_nightly: Vec<RelayRow>,
        /// The pass rate of the range before this one.
        before: Option<f64>,
    },
    Backend(Box<Backend>),
    PullRequest(PullRequest),
    Trends(Trends),
    Pipeline(Pipeline),
    Attempts(Attempts),
}

/// The level whose checks a merge needs.
pub const GATING: &str = "L4";

/// What of a matrix is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Only {
    /// Rows and columns in which something failed.
    pub failures: bool,
    /// Rows that say something else than the one before.
    pub changes: bool,
}

/// One screen.
#[derive(Debug)]
pub struct Screen {
    pub place: Place,
    pub slot: Slot<Data>,
    pub filter: String,
    pub list: List,
    pub sort: Sort,
    /// The columns of the matrix as they are shown,
    pub heads: Vec<Head>,
    /// the selected one of them,
    pub column: usize,
    /// groups of shards that are unfolded,
    pub unfolded: BTreeSet<String>,
    /// pull requests whose older commits are shown,
    pub unfolded_pull_requests: BTreeSet<u64>,
    /// which rows and columns are shown,
    pub only: Only,
    /// whether its readiness for level 3 is shown,
    pub shows_readiness: bool,
    /// and how many pull requests are asked for.
    pub pull_requests: u64,
    /// Which commits of a pull request are shown.
    pub commit: Commit,
    /// Which of its results, where that was asked for by name; a pull request's number is its view.
    pub event: EventView,
    /// The backends on these commits.
    pub boxes: Vec<pull_request::Box>,
    /// The lines of the pipeline's screen.
    pub pipeline_rows: Vec<Row>,
    /// The key of the row to select when the first answer comes.
    pub wanted: Option<String>,
    /// What is known of the result that is selected,
    pub looked: Looked,
    /// and what is to be done when it is known.
    pub then: Option<Action>,
}

/// So many pull requests of a matrix are asked for at first; more when one gets there.
pub const FIRST_PULL_REQUESTS: u64 = 200;

impl Screen {
    pub fn new(place: Place) -> Self {
        // Who asks for a commit means it, whichever is the newest.
        let commit = match place {
            Place::Commit(_) => Commit::All,
            _ => Commit::Latest,
        };
        Self {
            place,
            commit,
            slot: Slot::default(),
            filter: String::new(),
            list: List::default(),
            sort: Sort::default(),
            heads: Vec::new(),
            column: 0,
            unfolded: BTreeSet::new(),
            unfolded_pull_requests: BTreeSet::new(),
            only: Only::default(),
            shows_readiness: false,
            pull_requests: FIRST_PULL_REQUESTS,
            looked: Looked::default(),
            then: None,
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
            Data::Backend(backend) => {
                let row = backend.matrix.rows.get(row)?;
                format!("{} {}", row.pr, row.commit)
            }
            Data::PullRequest(pull_request) => PullRequest::key(pull_request.cells.get(row)?),
            Data::Trends(trends) => {
                let job = trends.jobs.get(row)?;
                format!("{}\n{}\n{}", job.repo, job.workflow, job.job)
            }
            Data::Pipeline(_) | Data::Attempts(_) => return None,
        })
    }

    /// The job and the commit whose result is selected; in a matrix, of shards the worst. With the pull request, 0 for none.
    pub fn selected_execution(&self) -> Option<(Execution, u64)> {
        let row = self.list.selected()?;
        match self.slot.value()? {
            Data::Backend(backend) => {
                let matrix = &backend.matrix;
                let Place::Backend(repo) = &self.place else { return None };
                let (_, column) = matrix.worst(row, self.heads.get(self.column)?)?;
                let (row, job) = (matrix.rows.get(row)?, matrix.columns[column].id);
                let (repo, commit) = (repo.clone(), row.commit.clone());
                Some((Execution { repo, commit, job }, row.pr))
            }
            Data::PullRequest(pull_request) => {
                let cell = pull_request.cells.get(row)?;
                let execution = Execution {
                    repo: cell.downstream_repo.clone(),
                    commit: cell.commit.clone(),
                    job: cell.job_id,
                };
                Some((execution, cell.pr_number))
            }
            Data::Summary { .. } | Data::Trends(_) | Data::Pipeline(_) | Data::Attempts(_) => None,
        }
    }

    /// What is known of the result that is selected; none while it is awaited.
    pub fn attempts(&self) -> Option<&Slot<Attempts>> {
        self.looked.at(&self.selected_execution()?.0)
    }

    /// The selected result. A matrix doesn't hold it: it is there when it was looked at.
    pub fn selected_cell(&self) -> Option<&Cell> {
        match self.slot.value()? {
            Data::PullRequest(pull_request) => pull_request.cells.get(self.list.selected()?),
            _ => self.attempts()?.value()?.current(),
        }
    }

    /// Where what is selected can be looked at: the job, else the pull request, or the backend's repository.
    pub fn link(&self) -> Option<String> {
        if let Some(link) = self.selected_cell().and_then(links::of_job) {
            return Some(link);
        }
        let row = self.list.selected()?;
        match self.slot.value()? {
            Data::Summary { rows, .. } => links::of_repo(&rows.get(row)?.repo),
            Data::Backend(backend) => {
                let pr = backend.matrix.rows.get(row)?.pr;
                (pr > 0).then(|| links::of_pull_request(pr))
            }
            Data::Trends(trends) => links::of_repo(&trends.jobs.get(row)?.repo),
            Data::PullRequest(_) | Data::Pipeline(_) | Data::Attempts(_) => None,
        }
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
        let column = self.heads.get(self.column).map(|head| head.key.clone());
        let boxes = match self.slot.value() {
            Some(Data::PullRequest(pull_request)) => pull_request.boxes(&self.commit),
            _ => Vec::new(),
        };
        let lines = match self.slot.value() {
            None | Some(Data::Attempts(_)) => Vec::new(),
            Some(Data::Summary { rows, .. }) => summary::lines(rows, &filter, self.sort, moment),
            Some(Data::Backend(backend)) => {
                let matrix = &backend.matrix;
                self.heads = matrix.heads(&self.unfolded);
                if self.only.failures {
                    let fails =
                        |head: &Head| (0..matrix.rows.len()).any(|row| matrix.failed(row, head).next().is_some());
                    self.heads.retain(fails);
                }
                matrix_lines(matrix, &self.heads, &filter, self.only, &self.unfolded_pull_requests)
            }
            Some(Data::PullRequest(pull_request)) => box_lines(pull_request, &boxes, &filter),
            Some(Data::Trends(trends)) => jobs::lines(&trends.jobs, &filter, self.sort, moment),
            Some(Data::Pipeline(pipeline)) => {
                self.pipeline_rows = pipeline.rows(&filter);
                (0_u32..)
                    .zip(&self.pipeline_rows)
                    .map(|(at, _)| Line::Row(at))
                    .collect()
            }
        };
        self.boxes = boxes;
        let same = self.heads.iter().position(|head| Some(&head.key) == column.as_ref());
        self.column = same.unwrap_or(self.column).min(self.heads.len().saturating_sub(1));
        let mut list = std::mem::take(&mut self.list);
        list.replace(lines, |row| selected.is_some() && self.key(row).as_deref() == selected);
        self.list = list;
    }
}

/// Older commits of a pull request are folded away, unless they are wanted: unfolded, or found where the newest isn't.
fn matrix_lines(matrix: &Matrix, heads: &[Head], filter: &Filter, only: Only, unfolded: &BTreeSet<u64>) -> Vec<Line> {
    let failing = |row: usize| heads.iter().any(|head| matrix.failed(row, head).next().is_some());
    let found = |row: usize| {
        let it = &matrix.rows[row];
        let said = matrix.titles.get(&it.pr);
        let (title, author) = said.map_or(("", ""), |said| (said.title.as_str(), said.author.as_str()));
        let pr = it.pr.to_string();
        filter.passes_in(&[
            ("commit", &it.commit),
            ("pr", &pr),
            ("title", title),
            ("author", author),
        ])
    };
    let mut lines = Vec::new();
    let mut newest_is_found = false;
    for (number, row) in (0_u32..).zip(0..matrix.rows.len()) {
        let it = &matrix.rows[row];
        let is_found = found(row);
        if it.is_newest() {
            newest_is_found = is_found;
        }
        let is_shown = it.is_newest() || !newest_is_found || unfolded.contains(&it.pr);
        if is_shown && is_found && (!only.failures || failing(row)) && (!only.changes || matrix.has_changed(row)) {
            lines.push(Line::Row(number));
        }
    }
    lines
}

fn box_lines(pull_request: &PullRequest, boxes: &[pull_request::Box], filter: &Filter) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, it) in (0_u32..).zip(boxes) {
        let passes = |cell: &u32| {
            let cell = &pull_request.cells[*cell as usize];
            let columns = [
                ("commit", it.commit.as_str()),
                ("backend", &it.repo),
                ("level", &it.level),
                ("workflow", &cell.workflow_name),
                ("job", &cell.job_name),
                ("result", crate::glyph::word(cell)),
            ];
            filter.passes_in(&columns)
        };
        let rows: Vec<Line> = it.cells.iter().copied().filter(passes).map(Line::Row).collect();
        if !rows.is_empty() {
            lines.push(Line::Heading(number));
            lines.extend(rows);
        }
    }
    lines
}

/// An answer that takes longer than this is worth a spinner: 300 ms, in nanoseconds.
const SLOW: i64 = 300_000_000;
/// How long each of a spinner's pictures stands, in nanoseconds.
pub const SPIN: i64 = 100_000_000;

impl Model {
    /// Is an answer awaited that is seen?
    pub fn is_waiting(&self) -> bool {
        self.screen().slot.waiting(self.now).is_some()
    }

    /// How many pictures a spinner has gone by, once an answer is slow.
    pub fn spinner(&self) -> Option<usize> {
        let waiting = self.screen().slot.waiting(self.now)?;
        (waiting > SLOW).then(|| usize::try_from(waiting / SPIN).unwrap_or_default())
    }

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
