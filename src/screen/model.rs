//! The whole state of the terminal program.

mod cover;
mod lines;
mod screen;

use serde::{Deserialize, Serialize};
use tui_input::Input;

use crate::data::chosen::{EventView, Range};
use crate::data::filter::Filter;
use crate::data::pipeline::Pipeline;
use crate::data::repo::same_repo;
use crate::data::slot::Slot;
use crate::data::summary;
use crate::data::trend::jobs;
use crate::keys::action::{Action, On};
use crate::keys::keymap::Keymap;
use crate::screen::palette::Palette;
use crate::settings::theme::Look;
use crate::source::Subject;

pub use cover::Cover;
pub use screen::{AttemptRow, FIRST_PULL_REQUESTS, Only, Screen, Search, Selection, Shown};

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
    /// Lines of the selected result's detail that have gone by; none while it is closed.
    pub detail: Option<usize>,
    /// Everything by a few letters, while it is open.
    pub palette: Option<Palette>,
    /// What is being typed.
    pub typing: Option<Typing>,
    /// Lines behind `:` that were followed, the newest last.
    pub followed: Vec<String>,
    pub keymap: Keymap,
    /// The terminal tells of the mouse.
    pub mouse: bool,
    /// What the last key or errand did, or what is wrong in the background; said until the next key, or until the screen has an error that is new.
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
    /// The names of all backends, for palette and `:repo`; the summary has those of its range and view alone.
    pub repositories: Slot<Vec<String>>,
    /// The ClickHouse that is asked, and its table, without secrets.
    pub reads_from: String,
    /// There are daemons to ask.
    pub has_daemons: bool,
    /// The terminal has the keyboard, as far as it says.
    pub has_focus: bool,
}

/// What of the results is looked at, on all screens alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    pub event: EventView,
    pub range: Range,
    /// Nanoseconds since 1970; none is now.
    pub as_of: Option<i64>,
}

/// A line while it is typed.
#[derive(Clone, Debug)]
pub struct Typing {
    pub kind: TypingKind,
    pub input: Input,
    /// What stood there before; Esc goes back to it. Behind `:`, what was typed before another line was recalled.
    pub before: String,
    /// What was selected when it was begun, unless another was chosen since; Esc selects it again.
    pub selected: Option<Selection>,
    /// How many lines behind `:` it goes back.
    pub back: usize,
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
    /// Of a screen's rows.
    pub fn filter(screen: &Screen) -> Self {
        Self {
            selected: Some(screen.selection()),
            ..Self::new(TypingKind::Filter, &screen.filter)
        }
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

    /// Of which moment, with its beginning.
    pub fn as_of() -> Self {
        Self::new(TypingKind::Go, "as-of ")
    }

    fn new(kind: TypingKind, text: &str) -> Self {
        Self {
            kind,
            input: Input::new(text.to_owned()),
            before: text.to_owned(),
            selected: None,
            back: 0,
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

    /// Is it of the same? Repositories are by any case.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Backend(one), Self::Backend(other)) | (Self::Trends(Some(one)), Self::Trends(Some(other))) => {
                same_repo(one, other)
            }
            (one, other) => one == other,
        }
    }

    /// Whose actions work here.
    pub fn on(&self) -> On {
        match self {
            Self::Summary => On::Summary,
            Self::Backend(_) => On::Backend,
            Self::PullRequest(_) => On::PullRequest,
            Self::Commit(_) => On::Commit,
            Self::Trends(_) => On::Trends,
            Self::Pipeline => On::Pipeline,
        }
    }

    /// What a filter may name behind `%`.
    pub fn filtered_by(&self) -> Vec<&'static str> {
        let heads = |names: &[&'static str], heads: &mut dyn Iterator<Item = &'static str>| {
            names.iter().copied().chain(heads).collect()
        };
        match self {
            Self::Summary => heads(
                &["backend", "level", "oncall"],
                &mut summary::columns::COLUMNS.iter().map(|column| column.head),
            ),
            Self::Trends(_) => heads(
                &["backend", "workflow", "job"],
                &mut jobs::COLUMNS.iter().map(|column| column.head),
            ),
            Self::Backend(_) => [&lines::OF_JOBS[..], &lines::OF_ROWS].concat(),
            Self::PullRequest(_) | Self::Commit(_) => lines::OF_RESULTS.to_vec(),
            Self::Pipeline => Vec::new(),
        }
    }

    /// Why nothing passes a filter that names a column which isn't there.
    pub fn no_such_column(&self, filter: &str) -> Option<String> {
        let columns = self.filtered_by();
        let filter = Filter::new(filter);
        let unknown = filter.unknown(&columns)?;
        Some(match columns.as_slice() {
            [] => format!("no column {unknown}: there are none to filter by, words alone"),
            columns => format!("no column {unknown}: {}", columns.join(" ")),
        })
    }

    /// How many columns it can be sorted by.
    pub fn sortable(&self) -> Option<usize> {
        match self {
            Self::Summary => Some(summary::columns::COLUMNS.len()),
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

/// An answer that takes longer than this is worth a word: 300 ms, in nanoseconds.
pub const SLOW: i64 = 300_000_000;
/// How long each of a spinner's pictures stands, in nanoseconds.
pub const SPIN: i64 = 100_000_000;

impl Model {
    /// Is an answer awaited that is seen?
    pub fn is_waiting(&self) -> bool {
        self.screen().slot.waiting(self.now).is_some()
    }

    /// Is a question about to be asked for what is seen, once it stands?
    pub fn asks_soon(&self) -> bool {
        self.screen().slot.asks_soon(self.now)
    }

    /// Is the answer to the question of this number still wanted? Who asks one is to be found here.
    pub fn awaits(&self, generation: u64) -> bool {
        let of_screen = |screen: &Screen| screen.slot.awaits(generation) || screen.looked.awaits(generation);
        let of_all = self.pipeline.awaits(generation) || self.repositories.awaits(generation);
        of_all || self.screens.iter().any(of_screen)
    }

    /// How many pictures a spinner has gone by, once an answer is slow.
    pub fn spinner(&self) -> Option<usize> {
        let waiting = self.screen().slot.waiting(self.now)?;
        (waiting > SLOW).then(|| usize::try_from(waiting / SPIN).unwrap_or_default())
    }

    /// What is chosen.
    pub fn chosen(&self) -> Chosen {
        Chosen {
            event: self.event,
            range: self.range,
            as_of: self.as_of,
        }
    }

    /// Says what the screens of a moment can't tell, unless there is something else to say: the header has room for it in wide terminals
    /// alone.
    pub fn caution(&mut self) {
        if self.as_of.is_some() {
            let key = self.keymap.shown(Action::Go);
            let said = || {
                format!("what was replaced since shows its later value; `as-of now` behind {key} leaves that moment")
            };
            self.notice.get_or_insert_with(said);
        }
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
