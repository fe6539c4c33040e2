//! What is typed behind `:`: where to go, and what to look at.
//!
//! ```text
//! :pr 179565   :commit 3f7868   :repo xpu   :range 30d   :event nightly   :as-of 2026-11-20 12:00   :as-of now
//! ```

use clap::ValueEnum as _;

use crate::settings::args::{Commit, EventView, Format, Moment, Range};

/// What was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Go {
    PullRequest(u64),
    /// The beginning of a SHA, in lower case.
    Commit(String),
    /// Words of a repository's name.
    Repo(String),
    Range(Range),
    Event(EventView),
    /// Nanoseconds since 1970; none is now.
    AsOf(Option<i64>),
    Summary,
    Trends,
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
    ("pr", "NUMBER", "a pull request; its number alone will do"),
    ("commit", "SHA", "a commit, by 4 digits or more; these alone will do"),
    ("repo", "WORDS", "a backend with these words in its name"),
    ("range", "24h|7d|14d|30d|90d", "how far back"),
    ("event", "pr|push|nightly|periodic|all", "what set the jobs off"),
    (
        "as-of",
        "MOMENT|now",
        "as it stood then: 2026-11-20, 2026-11-20 12:00 (UTC)",
    ),
    ("summary", "", "every backend"),
    ("trends", "", "all backends, day by day and job by job"),
    ("pipeline", "", "how results get here"),
    (
        "export",
        "json|csv|markdown|svg|text [FILE]",
        "Enter alone writes rows as markdown; export! writes over a file",
    ),
    ("q", "", "quit"),
];

/// Reads a line.
///
/// # Errors
/// A sentence that says what was expected.
pub fn parse(line: &str) -> Result<Go, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match word.to_lowercase().as_str() {
        "pr" => pull_request(rest).ok_or_else(|| "pr: expected a number".to_owned()),
        "commit" => commit(rest).ok_or_else(|| "commit: expected 4 to 40 hexadecimal digits".to_owned()),
        "repo" | "backend" if !rest.is_empty() => Ok(Go::Repo(rest.to_owned())),
        "repo" | "backend" => Err("repo: expected words of its name".to_owned()),
        "range" => Range::from_str(rest, true)
            .map(Go::Range)
            .map_err(|_| "range: expected 24h, 7d, 14d, 30d or 90d".to_owned()),
        "event" => EventView::from_str(rest, true)
            .map(Go::Event)
            .map_err(|_| "event: expected pr, push, nightly, periodic or all".to_owned()),
        "as-of" | "asof" => match rest {
            "now" | "" => Ok(Go::AsOf(None)),
            moment => moment
                .parse::<Moment>()
                .map(|moment| Go::AsOf(Some(moment.0)))
                .map_err(|error| format!("as-of: {error}, or now")),
        },
        "summary" => Ok(Go::Summary),
        "trends" => Ok(Go::Trends),
        "pipeline" => Ok(Go::Pipeline),
        "export" => export(rest, false),
        "export!" => export(rest, true),
        "q" | "quit" => Ok(Go::Quit),
        _ if rest.is_empty() => pull_request(word).or_else(|| commit(word)).ok_or_else(|| unknown(word)),
        _ => Err(unknown(word)),
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

fn export(rest: &str, overwrite: bool) -> Result<Go, String> {
    let (format, file) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let file = Some(file.trim()).filter(|file| !file.is_empty()).map(str::to_owned);
    match Format::from_str(format, true) {
        // What is pasted most.
        Err(_) if rest.is_empty() => Ok(Go::Export(Order {
            format: Format::Markdown,
            file,
            overwrite,
        })),
        Ok(format) if format.extension().is_some() => Ok(Go::Export(Order {
            format,
            file,
            overwrite,
        })),
        _ => Err("export: expected json, csv, markdown, svg or text, and a file".to_owned()),
    }
}

fn unknown(word: &str) -> String {
    let words: Vec<&str> = WORDS.iter().map(|(word, ..)| *word).collect();
    format!("{word}: expected {}, or a number or SHA alone", words.join(", "))
}

fn pull_request(text: &str) -> Option<Go> {
    let number = text.strip_prefix('#').unwrap_or(text).parse().ok()?;
    // A short SHA of digits alone is rarer than a pull request; `commit` says which is meant.
    (number > 0).then_some(Go::PullRequest(number))
}

fn commit(text: &str) -> Option<Go> {
    match text.parse() {
        Ok(Commit::Sha(sha)) => Some(Go::Commit(sha)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_says_where_to_go() {
        for (line, go) in [
            ("pr 179565", Go::PullRequest(179_565)),
            (" #179565 ", Go::PullRequest(179_565)),
            ("179565", Go::PullRequest(179_565)),
            ("commit 3F7868", Go::Commit("3f7868".to_owned())),
            ("3f7868ab", Go::Commit("3f7868ab".to_owned())),
            ("commit 179565", Go::Commit("179565".to_owned())),
            ("repo torch xpu", Go::Repo("torch xpu".to_owned())),
            ("range 30d", Go::Range(Range::Month)),
            ("event Nightly", Go::Event(EventView::Nightly)),
            ("as-of now", Go::AsOf(None)),
            ("as-of 2026-09-21 14:13", Go::AsOf(Some(1_789_999_980_000_000_000))),
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
        for line in ["export png", "export tmux x", "export table"] {
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
            ("as-of tomorrow", "as-of: expected 2026-11-20"),
            ("nonsense", "nonsense: expected pr, commit"),
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
            assert!(!error.contains("or a number or SHA alone"), "{word}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_answered(line in "\\PC*") {
            let _ = parse(&line);
        }
    }
}
