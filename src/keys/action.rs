//! Everything a user can do: name, help and keys, in one table. Keys, footer, help and palette are made of it.

use clap::ValueEnum;
use crossterm::event::KeyCode;

use crate::keys::key::Key;

/// Something a user can do. Its name in the configuration is its name here in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Action {
    Open,
    Back,
    Up,
    Down,
    Left,
    Right,
    Unfold,
    UnfoldShards,
    Readiness,
    Detail,
    NextFailure,
    PreviousFailure,
    OpenLink,
    OpenArtifacts,
    CopyLink,
    CopyMarkdown,
    OnlyFailures,
    OnlyChanges,
    PageUp,
    PageDown,
    First,
    Last,
    Filter,
    Go,
    Palette,
    Sort,
    SortReverse,
    NextView,
    PreviousView,
    NextRange,
    OlderCommit,
    NewerCommit,
    PullRequest,
    Backend,
    Export,
    Trends,
    Pipeline,
    Refresh,
    Pause,
    Mouse,
    Help,
    Suspend,
    Quit,
}

impl Action {
    /// As the configuration calls it: `open-link`.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or(String::new(), |value| value.get_name().to_owned())
    }
}

/// Where an action does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Everywhere,
    Summary,
    Backend,
    PullRequest,
    Commit,
    Trends,
    Pipeline,
    /// Where view and range choose what is shown.
    Ranged,
    /// Where there is a table of figures.
    Sorted,
    /// Where there is something to go into.
    Inside,
    /// Where something can be opened: gone into, or looked at more closely.
    Opened,
    /// Where there are results.
    Results,
    /// Where these are of several backends.
    Boxes,
    /// Where something has a link.
    Links,
}

/// Every screen, with what it is called.
pub const SCREENS: [(On, &str); 6] = [
    (On::Summary, "summary"),
    (On::Backend, "backend"),
    (On::PullRequest, "pull request"),
    (On::Commit, "commit"),
    (On::Trends, "trends"),
    (On::Pipeline, "pipeline"),
];

impl On {
    /// Do view and range choose what a screen shows?
    pub(crate) fn is_ranged(self) -> bool {
        matches!(self, Self::Summary | Self::Backend | Self::Trends)
    }

    pub(crate) fn covers(self, screen: On) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Ranged => screen.is_ranged(),
            Self::Sorted => matches!(screen, Self::Summary | Self::Trends),
            Self::Results => matches!(screen, Self::Backend | Self::PullRequest | Self::Commit),
            Self::Boxes => matches!(screen, Self::PullRequest | Self::Commit),
            Self::Opened | Self::Links => screen != Self::Pipeline,
            Self::Inside => matches!(screen, Self::Summary | Self::Backend | Self::Trends),
            on => on == screen,
        }
    }
}

/// One line of the table.
pub struct Entry {
    pub action: Action,
    pub on: On,
    /// Where the configuration names no others. The first is the one that the footer shows.
    pub keys: &'static [Key],
    /// One word, where the footer has room for it.
    pub footer: Option<&'static str>,
    pub help: &'static str,
}

const fn key(code: KeyCode) -> Key {
    Key::plain(code)
}

const fn letter(letter: char) -> Key {
    Key::plain(KeyCode::Char(letter))
}

const fn control(letter: char) -> Key {
    Key::control(letter)
}

const SHIFT_TAB: Key = Key::shift(KeyCode::Tab);

macro_rules! table {
    ($($action:ident, $on:ident, [$($key:expr),+], $footer:expr, $help:literal;)+) => {
        &[$(Entry { action: Action::$action, on: On::$on, keys: &[$($key),+], footer: $footer, help: $help },)+]
    };
}

/// Every action, in the order of footer and help.
pub const TABLE: &[Entry] = table! {
    Open, Opened, [key(KeyCode::Enter)], Some("open"), "open what is selected";
    Back, Everywhere, [key(KeyCode::Esc)], Some("back"), "clear the filter, else go to the screen before";
    OlderCommit, PullRequest, [letter('['), letter('<')], Some("older commit"), "the commit before this one";
    NewerCommit, PullRequest, [letter(']'), letter('>')], Some("newer"), "the commit after this one";
    PullRequest, Commit, [letter('P')], Some("pull request"), "the pull request of this commit";
    Backend, Boxes, [letter('b')], Some("backend"), "the backend of the selected result, at its job: does it fail elsewhere?";
    Detail, Results, [letter('d')], Some("detail"), "all that is known of the selected result";
    OnlyFailures, Backend, [letter('f')], Some("failures"), "only rows and jobs that failed, or all again";
    OnlyChanges, Backend, [letter('c')], Some("changes"), "only rows that differ from the one before, or all again";
    Unfold, Results, [key(KeyCode::Char(' '))], Some("unfold"), "a pull request's older commits; a result's attempts";
    UnfoldShards, Backend, [letter('x')], Some("shards"), "the shards of a job, or the job again";
    Readiness, Backend, [letter('L')], Some("level"), "how it stands towards level 3, or keeps its level";
    Filter, Everywhere, [letter('/')], Some("filter"), "rows with a word; `!word` without it, `%column word`";
    Go, Everywhere, [letter(':')], Some("go to"), "a pull request, commit, backend, range, moment by name";
    NextFailure, Results, [letter('n')], Some("next failure"), "the next result below that failed; in a matrix of this job";
    PreviousFailure, Results, [letter('N')], None, "the same, above";
    Sort, Sorted, [letter('s')], Some("sort"), "sort by the next column";
    SortReverse, Sorted, [letter('S')], None, "the other way round";
    NextView, Ranged, [key(KeyCode::Tab)], Some("view"), "pull requests, nightly, periodic, pushes, all";
    PreviousView, Ranged, [SHIFT_TAB], None, "the view before";
    NextRange, Ranged, [letter('t')], Some("range"), "24 hours, 7, 14, 30, 90 days";
    OpenLink, Links, [letter('o')], Some("browser"), "look at what is selected in a browser";
    OpenArtifacts, Results, [letter('a')], None, "its artifacts in a browser";
    CopyLink, Links, [letter('y')], Some("copy link"), "copy the link of what is selected";
    CopyMarkdown, Results, [letter('Y')], None, "copy it for a comment";
    Export, Everywhere, [letter('e')], None, "write the rows or the screen to a file";
    Trends, Inside, [letter('T')], Some("trends"), "day by day, and which job to mend first";
    Pipeline, Everywhere, [letter('i')], Some("pipeline"), "how results get here: what the daemons say of themselves";
    Refresh, Everywhere, [letter('r'), control('r')], Some("refresh"), "ask again now";
    Pause, Everywhere, [letter('p')], Some("pause"), "stop and resume refreshing by itself";
    Palette, Everywhere, [control('p')], Some("anything"), "actions, screens, backends, commits by a few letters";
    Mouse, Everywhere, [letter('m')], None, "the mouse selects and opens; or the terminal's again";
    Help, Everywhere, [letter('?')], Some("help"), "this help; filter narrows it";
    Quit, Everywhere, [letter('q'), control('c')], Some("quit"), "close what is open, else quit";
    Suspend, Everywhere, [control('z')], None, "suspend; fg comes back";
    Up, Everywhere, [key(KeyCode::Up), letter('k')], None, "one row up";
    Down, Everywhere, [key(KeyCode::Down), letter('j')], None, "one row down";
    Left, Backend, [key(KeyCode::Left), letter('h')], None, "one job to the left";
    Right, Backend, [key(KeyCode::Right), letter('l')], None, "one job to the right";
    PageUp, Everywhere, [key(KeyCode::PageUp), control('u')], None, "one page up";
    PageDown, Everywhere, [key(KeyCode::PageDown), control('d')], None, "one page down";
    First, Everywhere, [key(KeyCode::Home), letter('g')], None, "the first row";
    Last, Everywhere, [key(KeyCode::End), letter('G')], None, "the last row";
};
