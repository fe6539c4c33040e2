//! Where a result can be looked at, and how it is told to others. Addresses in records are hostile: only `http` and `https` pass.

use crate::data::figures::duration;
use crate::data::glyph;
use crate::data::repo::{UPSTREAM, is_repo};
use crate::data::text::is_sha;
use crate::source::Cell;

/// A page of GitHub's.
const GITHUB: &str = "https://github.com";

/// The job's own page where it can be told, else its run's; none where neither is an address.
///
/// Only GitHub has a page for a job, and only of a check run with a number of its own: elsewhere the id is made of the run's.
pub fn of_job(cell: &Cell) -> Option<String> {
    let run = web(&cell.workflow_run_url)?;
    match run_of_github(run) {
        Some((repo, id)) if is_number(&cell.check_run_id) && cell.check_run_id != cell.run_id => {
            // Of its parts, so that what stands behind the run doesn't come in between.
            Some(format!("{GITHUB}/{repo}/actions/runs/{id}/job/{}", cell.check_run_id))
        }
        _ => Some(run.to_owned()),
    }
}

/// The repository and the number of the run that a page of GitHub is about.
fn run_of_github(url: &str) -> Option<(&str, &str)> {
    let path = url.strip_prefix(GITHUB)?.strip_prefix('/')?;
    let (repo, rest) = path.split_once("/actions/runs/")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (id, behind) = rest.split_at(end);
    let ends = behind.is_empty() || behind.starts_with(['/', '?', '#']);
    (is_repo(repo) && !id.is_empty() && ends).then_some((repo, id))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Its artifacts.
pub fn of_artifacts(cell: &Cell) -> Option<String> {
    web(&cell.artifact_url).map(str::to_owned)
}

/// A repository's page; none for what is no `owner/repo`.
pub fn of_repo(repo: &str) -> Option<String> {
    is_repo(repo).then(|| format!("{GITHUB}/{repo}"))
}

/// A pull request's page in the upstream repository that a record names; where it names none, in PyTorch's.
pub fn of_pull_request(upstream: &str, number: u64) -> String {
    let upstream = if is_repo(upstream) { upstream } else { UPSTREAM };
    format!("{GITHUB}/{upstream}/pull/{number}")
}

/// The address, if it is one that a browser may be sent to.
fn web(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
    let shown =
        |character: char| character.is_ascii_graphic() && !matches!(character, '"' | '\'' | '`' | '<' | '>' | '\\');
    (!rest.is_empty() && !rest.starts_with('/') && rest.chars().all(shown)).then_some(text)
}

/// A line for a comment on GitHub: what, how it ended, where.
pub fn markdown(cell: &Cell) -> String {
    let mut line = format!("**{}**", escaped(glyph::word(cell)));
    let job = escaped(&cell.job_name);
    match of_job(cell) {
        Some(url) => line.push_str(&format!(" [{job}]({})", url.replace('(', "%28").replace(')', "%29"))),
        None => line.push_str(&format!(" {job}")),
    }
    line.push_str(&format!(
        " · {} · {}",
        escaped(&cell.workflow_name),
        escaped(&cell.downstream_repo)
    ));
    if cell.run_attempt > 1 {
        line.push_str(&format!(" · attempt {}", cell.run_attempt));
    }
    if cell.duration.is_some() {
        line.push_str(&format!(" · ran {}", duration(cell.duration)));
    }
    if cell.failed_tests > 0 {
        line.push_str(&format!(
            " · {} of {} tests failed",
            cell.failed_tests, cell.total_tests
        ));
    }
    line
}

/// Text that stays text in Markdown: no markup, no link, and nobody and nothing is mentioned.
pub(crate) fn escaped(text: &str) -> String {
    // What GitHub makes links of by itself is none with a blank of no width in it.
    let text = text.replace("://", ":\u{200b}//").replace("www.", "www\u{200b}.");
    let text = without_references(&text);
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '@' => escaped.push_str("@\u{200b}"),
            '#' => escaped.push_str("\\#\u{200b}"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            // Two of them would hold a formula, and a backslash doesn't help.
            '$' => escaped.push_str("<span>$</span>"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '+' | '!' | '|' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// Breaks `GH-7`, which is an issue, and whole SHAs, which are commits. A part of a SHA that is long enough is one as well.
fn without_references(text: &str) -> String {
    const PART: usize = 6;
    let mut broken = String::with_capacity(text.len());
    // Words with what separates them from the next.
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let letters = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if is_sha(letters) {
            let parts: Vec<&str> = (0..letters.len())
                .step_by(PART)
                .map(|at| &letters[at..letters.len().min(at + PART)])
                .collect();
            broken.push_str(&parts.join("\u{200b}"));
            broken.push_str(&word[letters.len()..]);
        } else {
            broken.push_str(word);
        }
        if word.eq_ignore_ascii_case("gh-") {
            broken.push('\u{200b}');
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::matrix::tests::cell;

    fn with(url: &str, run_id: &str, check_run_id: &str) -> Cell {
        Cell {
            workflow_run_url: url.to_owned(),
            run_id: run_id.to_owned(),
            check_run_id: check_run_id.to_owned(),
            ..cell(7, "c", "w", "j", "failure", 1)
        }
    }

    #[test]
    fn only_a_check_run_of_github_has_a_page_of_its_own() {
        let run = "https://github.com/o/r/actions/runs/24";
        assert_eq!(of_job(&with(run, "24", "98")).unwrap(), format!("{run}/job/98"));
        assert_eq!(of_job(&with(run, "24", "24-1")).unwrap(), run);
        assert_eq!(of_job(&with(run, "24", "")).unwrap(), run);
        // The rest of the address, whatever it is, is not in the way.
        for more in ["/", "/attempts/2", "?pr=7", "#summary", "/job/5?x"] {
            let url = with(&format!("{run}{more}"), "24", "98");
            assert_eq!(of_job(&url).unwrap(), format!("{run}/job/98"), "{more}");
        }
        for odd in [
            "o/r/actions/runs/abc",
            "o/r/actions/runs/24x",
            "o/actions/runs/24",
            "o/../actions/runs/24",
        ] {
            let url = format!("https://github.com/{odd}");
            assert_eq!(of_job(&with(&url, "24", "98")).unwrap(), url, "no page is made of it");
        }
        let other = "https://buildkite.com/o/p/builds/7";
        assert_eq!(of_job(&with(other, "uuid", "98")).unwrap(), other);
    }

    #[test]
    fn a_browser_is_sent_to_the_web_alone() {
        for url in [
            "",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "http://",
            "https:///x",
            "https://h/a b",
            "https://h/\u{202e}",
            "--help",
            "https://h/'$(id)'",
        ] {
            assert_eq!(of_job(&with(url, "1", "2")), None, "{url}");
        }
        assert_eq!(of_repo("o/r.x-y_z").unwrap(), "https://github.com/o/r.x-y_z");
        for repo in ["o", "o/", "o/r/x", "o/r?x", "o/../r"] {
            assert_eq!(of_repo(repo), None, "{repo}");
        }
    }

    #[test]
    fn a_pull_request_is_its_upstreams() {
        assert_eq!(of_pull_request("o/fork", 7), "https://github.com/o/fork/pull/7");
        for no_repo in ["", "o", "o/r?x", "o/../r"] {
            assert_eq!(of_pull_request(no_repo, 7), "https://github.com/pytorch/pytorch/pull/7");
        }
    }

    #[test]
    fn what_is_pasted_is_text() {
        let hostile = Cell {
            job_name: "](http://evil) @pytorch/all <img> *x* $y$ o/r#1 www.evil".to_owned(),
            conclusion: "x** @all".to_owned(),
            verdict: "other".to_owned(),
            ..with("https://github.com/o/r/actions/runs/24", "24", "98")
        };
        assert_eq!(
            markdown(&hostile),
            "**x\\*\\* @\u{200b}all** [\\]\\(http:\u{200b}//evil\\) @\u{200b}pytorch/all &lt;img> \\*x\\* <span>$</span>y<span>$</span> o/r\\#\u{200b}1 www\u{200b}.evil](https://github.com/o/r/actions/runs/24/job/98) · w · a/b"
        );
    }

    #[test]
    fn what_is_pasted_refers_to_nothing() {
        assert_eq!(escaped("GH-179565 gh-7"), "GH-\u{200b}179565 gh-\u{200b}7");
        let sha = "0123456789abcdef0123456789abcdef01234567";
        for text in [
            sha.to_owned(),
            format!("o/r@{sha}"),
            format!("({sha},"),
            format!("é{}é", sha.to_uppercase()),
        ] {
            let escaped = escaped(&text);
            let longest = escaped.split(|c: char| !c.is_ascii_hexdigit()).map(str::len).max();
            assert_eq!(longest, Some(6), "{escaped}");
            let mut read = escaped.replace(['\u{200b}', '\\'], "");
            read.retain(|c| text.contains(c));
            assert_eq!(read, text);
        }
        assert_eq!(escaped("shard-1 of 0123456789"), "shard-1 of 0123456789");
    }
}
