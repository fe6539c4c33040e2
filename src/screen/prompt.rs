//! What is typed behind `:`: where to go, and what to look at.
//!
//! ```text
//! :pr 179565   :commit 3f7868   :repo xpu   :range 30d   :event nightly   :as-of 2026-11-20 12:00   :as-of now   :theme light
//! ```

use clap::ValueEnum as _;

use crate::data::address::Address;
use crate::data::chosen::{EventView, Range};
use crate::settings::args::{Format, Moment, typed};
use crate::settings::theme::Theme;

/// What was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    PullRequest(u64),
    /// The beginning of a SHA, in lower case.
    Commit(String),
    /// Words of a repository's name.
    Repo(String),
    /// Words that are no command: perhaps of a repository's name.
    Name(String),
    Range(Range),
    Event(EventView),
    Theme(Theme),
    /// Nanoseconds since 1970; none is now.
    AsOf(Option<i64>),
    Summary,
    /// Words of a repository's name; empty for all together.
    Trends(String),
    Pipeline,
    Export(Order),
    Quit,
}

/// What of a screen is written, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub format: Format,
    /// None is a name made of the screen and the moment.
    pub file: Option<String>,
    /// Over a file that is there.
    pub overwrite: bool,
}

/// Each word, with what follows it and what it does.
pub const WORDS: &[(&str, &str, &str)] = &[
    ("pr", "NUMBER", "a pull request; its number or address alone will do"),
    (
        "commit",
        "SHA",
        "a commit, by 4 digits or more; these alone will do, or its address",
    ),
    (
        "repo",
        "WORDS",
        "a backend with these words in its name; they alone will do",
    ),
    ("range", "24h|7d|14d|30d|90d", "how far back"),
    ("event", "pr|push|nightly|periodic|all", "what set the jobs off"),
    (
        "as-of",
        "MOMENT|now",
        "as it stood then: 2026-11-20, 2026-11-20 12:00 (UTC), yesterday, -2h",
    ),
    ("theme", "dark|light|colour-blind|monochrome", "the colours"),
    ("summary", "", "every backend"),
    (
        "trends",
        "[WORDS]",
        "day by day and job by job, of all backends or of one with these words in its name",
    ),
    ("pipeline", "", "how results get here"),
    (
        "export",
        "json|csv|markdown|svg|text [FILE]",
        "Enter alone writes rows as markdown; out.csv is csv; export! writes over a file",
    ),
    ("q", "", "quit"),
];

/// Reads a line; `now` is in nanoseconds since 1970.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse(line: &str, now: i64) -> Result<Go, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match word.to_lowercase().as_str() {
        "pr" => told("pr", typed::pull_request(rest).map(Go::PullRequest)),
        "commit" => told("commit", typed::sha(rest).map(Go::Commit)),
        "repo" | "backend" => told("repo", typed::repository(rest).map(Go::Repo)),
        "range" => Range::from_str(rest, true)
            .map(Go::Range)
            .map_err(|_| "range: expected 24h, 7d, 14d, 30d or 90d".to_owned()),
        "event" => EventView::from_str(rest, true)
            .map(Go::Event)
            .map_err(|_| "event: expected pr, push, nightly, periodic or all".to_owned()),
        "theme" => Theme::from_str(rest, true)
            .map(Go::Theme)
            .map_err(|_| "theme: expected dark, light, colour-blind or monochrome".to_owned()),
        "as-of" | "asof" => match rest {
            "now" | "" => Ok(Go::AsOf(None)),
            moment => moment
                .parse::<Moment>()
                .and_then(|moment| moment.at(now))
                .map(|moment| Go::AsOf(Some(moment)))
                .map_err(|error| format!("as-of: {error}, or now")),
        },
        "trends" if rest.is_empty() => Ok(Go::Trends(String::new())),
        "trends" => told("trends", typed::repository(rest).map(Go::Trends)),
        "export" => export(rest, false),
        "export!" => export(rest, true),
        "summary" => by_itself(word, rest, Go::Summary),
        "pipeline" => by_itself(word, rest, Go::Pipeline),
        "q" | "quit" => by_itself(word, rest, Go::Quit),
        _ => alone(line),
    }
}

fn told(word: &str, go: Result<Go, String>) -> Result<Go, String> {
    go.map_err(|error| format!("{word}: {error}"))
}

/// A word that nothing follows.
fn by_itself(word: &str, rest: &str, go: Go) -> Result<Go, String> {
    match rest {
        "" => Ok(go),
        _ => Err(format!("{word}: expected nothing behind it")),
    }
}

/// A line without a word of ours.
fn alone(line: &str) -> Result<Go, String> {
    match Address::read(line).transpose()? {
        Some(Address::PullRequest(_)) => return typed::pull_request(line).map(Go::PullRequest),
        Some(Address::Commit(_)) => return typed::sha(line).map(Go::Commit),
        Some(Address::Repository(repo)) => return Ok(Go::Repo(repo)),
        None => {}
    }
    // A short SHA of digits alone is rarer than a pull request; `commit` says which is meant.
    if let Ok(number) = typed::pull_request(line) {
        return Ok(Go::PullRequest(number));
    }
    if let Ok(sha) = typed::sha(line) {
        return Ok(Go::Commit(sha));
    }
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ' ');
    match !line.is_empty() && line.chars().all(is_of_name) {
        true => Ok(Go::Name(line.to_owned())),
        false => Err(unknown(line)),
    }
}

/// What may follow when a word is typed, and nothing behind it; where nothing is typed, the words.
pub fn hint(line: &str) -> Option<String> {
    if line.is_empty() {
        let words = WORDS.iter().map(|(word, rest, _)| format!("{word} {rest}"));
        let words: Vec<String> = words.map(|word| word.trim_end().to_owned()).collect();
        return Some(words.join(" · "));
    }
    let typed = line.strip_suffix(' ')?;
    let typed = typed.strip_suffix('!').unwrap_or(typed);
    let (_, rest, help) = WORDS.iter().find(|(word, ..)| *word == typed)?;
    (!rest.is_empty()).then(|| format!("{rest}: {help}"))
}

/// What may follow a word and has a name of its own.
pub fn values(word: &str) -> impl Iterator<Item = &'static str> + use<> {
    let word = word.strip_suffix('!').unwrap_or(word);
    let rest = WORDS
        .iter()
        .find(|(known, ..)| *known == word)
        .map_or("", |(_, rest, _)| rest);
    let names = rest.split_whitespace().next().unwrap_or_default().split('|');
    // What is in capitals stands for something else, in brackets as well.
    names.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()))
}

fn export(rest: &str, overwrite: bool) -> Result<Go, String> {
    let (word, file) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (format, file) = match Format::from_str(word, true) {
        Ok(format) => (Some(format), file.trim()),
        // What is pasted most.
        Err(_) if rest.is_empty() => (Some(Format::Markdown), ""),
        Err(_) => (Format::of_file(rest), rest.trim()),
    };
    match format.filter(|format| format.extension().is_some()) {
        Some(format) => Ok(Go::Export(Order {
            format,
            file: Some(file).filter(|file| !file.is_empty()).map(str::to_owned),
            overwrite,
        })),
        None => Err("export: expected json, csv, markdown, svg or text, and a file".to_owned()),
    }
}

/// What could have been typed instead of a line that says nothing.
pub fn unknown(line: &str) -> String {
    let word = line.split_whitespace().next().unwrap_or_default();
    let words: Vec<&str> = WORDS.iter().map(|(word, ..)| *word).collect();
    format!("{word}: expected {}, or a number, SHA or name alone", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 2026-09-21 14:13:20.
    const NOW: i64 = 1_790_000_000_000_000_000;

    fn parse(line: &str) -> Result<Go, String> {
        super::parse(line, NOW)
    }

    #[test]
    fn a_line_says_where_to_go() {
        for (line, go) in [
            ("pr 179565", Go::PullRequest(179_565)),
            (" #179565 ", Go::PullRequest(179_565)),
            ("179565", Go::PullRequest(179_565)),
            ("commit 3F7868", Go::Commit("3f7868".to_owned())),
            ("3f7868ab", Go::Commit("3f7868ab".to_owned())),
            ("commit 179565", Go::Commit("179565".to_owned())),
            (
                "https://github.com/pytorch/pytorch/pull/179565",
                Go::PullRequest(179_565),
            ),
            (
                "pr https://github.com/pytorch/pytorch/pull/179565/files",
                Go::PullRequest(179_565),
            ),
            (
                "https://github.com/pytorch/pytorch/commit/3F7868ab",
                Go::Commit("3f7868ab".to_owned()),
            ),
            ("https://github.com/a/b", Go::Repo("a/b".to_owned())),
            ("repo torch xpu", Go::Repo("torch xpu".to_owned())),
            ("Intel ops", Go::Name("Intel ops".to_owned())),
            ("range 30d", Go::Range(Range::Month)),
            ("event Nightly", Go::Event(EventView::Nightly)),
            ("theme Colour-Blind", Go::Theme(Theme::ColourBlind)),
            ("as-of now", Go::AsOf(None)),
            ("as-of 2026-09-21 14:13", Go::AsOf(Some(1_789_999_980_000_000_000))),
            ("as-of -2h", Go::AsOf(Some(NOW - 7_200_000_000_000))),
            ("trends", Go::Trends(String::new())),
            ("trends torch xpu", Go::Trends("torch xpu".to_owned())),
            ("Q", Go::Quit),
        ] {
            assert_eq!(parse(line), Ok(go), "{line}");
        }
    }

    #[test]
    fn an_export_has_a_format_and_perhaps_a_file() {
        let export = |format, file: Option<&str>, overwrite| {
            Ok(Go::Export(Order {
                format,
                file: file.map(str::to_owned),
                overwrite,
            }))
        };
        assert_eq!(parse("export svg"), export(Format::Svg, None, false));
        assert_eq!(
            parse("export! CSV  my rows.csv "),
            export(Format::Csv, Some("my rows.csv"), true)
        );
        assert_eq!(parse("export "), export(Format::Markdown, None, false));
        for (name, format) in [
            ("out.json", Format::Json),
            ("my rows.CSV", Format::Csv),
            ("a.md", Format::Markdown),
            ("a.b.text", Format::Text),
        ] {
            assert_eq!(parse(&format!("export {name}")), export(format, Some(name), false));
        }
        for line in [
            "export png",
            "export tmux x",
            "export table",
            "export a.png",
            "export json.",
            "export a.tmux",
        ] {
            let error = parse(line).unwrap_err();
            assert!(
                error.starts_with("export: expected json, csv, markdown"),
                "{line}: {error}"
            );
        }
    }

    #[test]
    fn a_hint_says_what_may_follow() {
        let export = hint("export ").unwrap();
        assert!(export.starts_with("json|csv|markdown|svg|text [FILE]: "), "{export}");
        assert_eq!(hint("export! "), Some(export));
        assert!(hint("").unwrap().starts_with("pr NUMBER · commit SHA"));
        for line in ["export s", "export", "summary ", "nonsense ", " "] {
            assert_eq!(hint(line), None, "{line:?}");
        }
    }

    #[test]
    fn what_is_not_understood_says_what_was_expected() {
        for (line, expected) in [
            ("pr x", "pr: expected a number"),
            ("pr 0", "pr: expected a number"),
            ("range 8d", "range: expected 24h"),
            ("event", "event: expected pr"),
            ("theme x", "theme: expected dark"),
            ("as-of tomorrow", "as-of: expected 2026-11-20"),
            ("as-of 2026-09-22", "as-of: that is still to come"),
            ("q!", "q!: expected pr, commit"),
            ("q now", "q: expected nothing behind it"),
            ("summary xpu", "summary: expected nothing"),
            ("pipeline 7", "pipeline: expected nothing"),
            ("https://github.com/a/b/pull/7", "a pull request of a/b; results are of"),
            ("", ": expected pr"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.starts_with(expected), "{line}: {error}");
        }
    }

    #[test]
    fn every_word_is_understood() {
        for (word, ..) in WORDS {
            let error = parse(&format!("{word} \u{1}")).err().unwrap_or_default();
            assert!(!error.contains("or a number, SHA or name alone"), "{word}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_answered(line in "\\PC*") {
            let _ = parse(&line);
        }
    }
}
