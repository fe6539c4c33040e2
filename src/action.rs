//! Everything a user can do: name, help and keys, in one table. Keys, footer and help are made of it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Something a user can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    Sort,
    SortReverse,
    NextView,
    PreviousView,
    NextRange,
    OlderCommit,
    NewerCommit,
    Export,
    Trends,
    Pipeline,
    Refresh,
    Pause,
    Help,
    Suspend,
    Quit,
}

/// Where an action does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Everywhere,
    Summary,
    Backend,
    PullRequest,
    Trends,
    Pipeline,
    /// Where view and range choose what is shown.
    Ranged,
    /// Where there is something to go into.
    Inside,
    /// Where there are results.
    Results,
    /// Where something has a link.
    Links,
}

impl On {
    fn covers(self, screen: On) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Ranged => matches!(screen, Self::Summary | Self::Backend | Self::Trends),
            Self::Results => matches!(screen, Self::Backend | Self::PullRequest),
            Self::Links => screen != Self::Pipeline,
            Self::Inside => matches!(screen, Self::Summary | Self::Backend | Self::Trends),
            on => on == screen,
        }
    }
}

/// One line of the table.
pub struct Entry {
    pub action: Action,
    pub on: On,
    /// The first is the one that the footer shows.
    pub keys: &'static [Key],
    /// One word, where the footer has room for it.
    pub footer: Option<&'static str>,
    pub help: &'static str,
}

/// A key: a code, perhaps with Ctrl.
pub struct Key {
    pub name: &'static str,
    code: KeyCode,
    control: bool,
}

const fn key(name: &'static str, code: KeyCode) -> Key {
    Key {
        name,
        code,
        control: false,
    }
}

const fn letter(name: &'static str, letter: char) -> Key {
    key(name, KeyCode::Char(letter))
}

const fn control(name: &'static str, letter: char) -> Key {
    Key {
        name,
        code: KeyCode::Char(letter),
        control: true,
    }
}

macro_rules! table {
    ($($action:ident, $on:ident, [$($key:expr),+], $footer:expr, $help:literal;)+) => {
        &[$(Entry { action: Action::$action, on: On::$on, keys: &[$($key),+], footer: $footer, help: $help },)+]
    };
}

/// Every action, in the order of footer and help.
pub const TABLE: &[Entry] = table! {
    Open, Inside, [key("Enter", KeyCode::Enter)], Some("open"), "open what is selected";
    Back, Everywhere, [key("Esc", KeyCode::Esc)], Some("back"), "back: clear the filter, else the screen before";
    OlderCommit, PullRequest, [letter("[", '['), letter("<", '<')], Some("older commit"), "the commit before this one";
    NewerCommit, PullRequest, [letter("]", ']'), letter(">", '>')], Some("newer"), "the commit after this one";
    OnlyFailures, Backend, [letter("f", 'f')], Some("failures"), "only rows and jobs that failed, or all again";
    OnlyChanges, Backend, [letter("c", 'c')], Some("changes"), "only rows that differ from the one before, or all again";
    Unfold, Backend, [key("Space", KeyCode::Char(' '))], Some("unfold"), "the older commits of a pull request, or its newest alone";
    UnfoldShards, Backend, [letter("x", 'x')], Some("shards"), "the shards of a job, or the job again";
    Readiness, Backend, [letter("L", 'L')], Some("level 3"), "its readiness for level 3, and its levels so far";
    Filter, Everywhere, [letter("/", '/')], Some("filter"), "rows with a word; `!word` without it, `%column word`";
    Go, Everywhere, [letter(":", ':')], Some("go to"), "a pull request, commit, backend, range, moment by name";
    Sort, Summary, [letter("s", 's')], Some("sort"), "sort by the next column";
    SortReverse, Summary, [letter("S", 'S')], None, "the other way round";
    NextView, Ranged, [key("Tab", KeyCode::Tab)], Some("view"), "pull requests, nightly, periodic, pushes, all";
    PreviousView, Ranged, [key("Shift-Tab", KeyCode::BackTab)], None, "the view before";
    NextRange, Ranged, [letter("t", 't')], Some("range"), "24 hours, 7, 14, 30, 90 days";
    OpenLink, Links, [letter("o", 'o')], Some("browser"), "look at what is selected in a browser";
    OpenArtifacts, Results, [letter("a", 'a')], None, "its artifacts in a browser";
    CopyLink, Links, [letter("y", 'y')], Some("copy link"), "copy the link of what is selected";
    CopyMarkdown, Results, [letter("Y", 'Y')], None, "copy it for a comment";
    Export, Everywhere, [letter("e", 'e')], None, "rows, screen to a file";
    Trends, Inside, [letter("T", 'T')], Some("trends"), "day by day, and which job to mend first";
    Pipeline, Everywhere, [letter("i", 'i')], Some("pipeline"), "how results get here: what the daemons say of themselves";
    Refresh, Everywhere, [letter("r", 'r'), control("Ctrl-R", 'r')], Some("refresh"), "ask again now";
    Pause, Everywhere, [letter("p", 'p')], Some("pause"), "stop and resume refreshing by itself";
    Help, Everywhere, [letter("?", '?')], Some("help"), "this help";
    Quit, Everywhere, [letter("q", 'q'), control("Ctrl-C", 'c')], Some("quit"), "close this help, else quit";
    Suspend, Everywhere, [control("Ctrl-Z", 'z')], None, "leave it to the shell";
    Up, Everywhere, [key("↑", KeyCode::Up), letter("k", 'k')], None, "one row up";
    Down, Everywhere, [key("↓", KeyCode::Down), letter("j", 'j')], None, "one row down";
    Left, Backend, [key("←", KeyCode::Left), letter("h", 'h')], None, "one job to the left";
    Right, Backend, [key("→", KeyCode::Right), letter("l", 'l')], None, "one job to the right";
    PageUp, Everywhere, [key("PgUp", KeyCode::PageUp), control("Ctrl-U", 'u')], None, "one page up";
    PageDown, Everywhere, [key("PgDn", KeyCode::PageDown), control("Ctrl-D", 'd')], None, "one page down";
    First, Everywhere, [key("Home", KeyCode::Home), letter("g", 'g')], None, "the first row";
    Last, Everywhere, [key("End", KeyCode::End), letter("G", 'G')], None, "the last row";
};

/// What a key does on a screen.
pub fn of(event: KeyEvent, screen: On) -> Option<Action> {
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let matches = |key: &Key| key.code == event.code && key.control == control;
    TABLE
        .iter()
        .find(|entry| entry.on.covers(screen) && entry.keys.iter().any(matches))
        .map(|entry| entry.action)
}

/// What works on a screen.
pub fn on(screen: On) -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(move |entry| entry.on.covers(screen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_does_two_things_on_one_screen() {
        for screen in [On::Summary, On::Backend, On::PullRequest, On::Trends, On::Pipeline] {
            let keys: Vec<_> = on(screen)
                .flat_map(|entry| entry.keys)
                .map(|key| (key.code, key.control))
                .collect();
            for (at, key) in keys.iter().enumerate() {
                assert!(!keys[..at].contains(key), "{key:?} on {screen:?}");
            }
        }
    }

    #[test]
    fn a_letter_with_control_is_another_key() {
        let event = |modifiers| KeyEvent::new(KeyCode::Char('c'), modifiers);
        assert_eq!(of(event(KeyModifiers::CONTROL), On::Summary), Some(Action::Quit));
        assert_eq!(of(event(KeyModifiers::NONE), On::Summary), None);
    }
}
