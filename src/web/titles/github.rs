//! The question to GitHub's GraphQL API, and what an answer means. Pure.
//!
//! Limits are those of <https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api>.

use std::collections::HashMap;

use serde::Deserialize;

use crate::data::figures::DAY;

/// In one question.
pub(super) const NUMBERS_MAX: usize = 100;
/// However long GitHub wants to be left alone, after a day it is asked again. In nanoseconds.
pub(super) const PAUSE_MAX: i64 = DAY;
const SECOND: i64 = 1_000_000_000;
/// A refusal by the token lasts until somebody does something about it.
const HOUR: i64 = 3_600 * SECOND;
/// Characters of what GitHub says.
const MESSAGE_MAX: usize = 120;

/// What an answer says of a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Title {
        title: String,
        author: String,
        open: bool,
    },
    /// No pull request has it.
    Nothing,
}

/// What came back.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// A number that isn't in it could not be told.
    pub(super) found: HashMap<u64, Found>,
    /// Not asked before this moment, in nanoseconds since 1970.
    pub(super) pause_until: Option<i64>,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) why: String,
    /// Not asked before this moment, in nanoseconds since 1970; none leaves it to us.
    pub(super) until: Option<i64>,
}

impl Refusal {
    pub(super) fn new(why: String) -> Self {
        Self { why, until: None }
    }
}

/// What the headers say: seconds, requests, seconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) retry_after: Option<i64>,
    pub(super) remaining: Option<i64>,
    pub(super) reset: Option<i64>,
}

impl Limits {
    /// Until when nothing may be asked.
    fn pause_until(self, now: i64) -> Option<i64> {
        let reset = self.reset.filter(|_| self.remaining == Some(0));
        let until = match (self.retry_after, reset) {
            (Some(seconds), _) => now.saturating_add(seconds.saturating_mul(SECOND)),
            (None, Some(reset)) => reset.saturating_mul(SECOND),
            (None, None) => return None,
        };
        // One that is over by our clock is of another clock.
        (until > now).then(|| until.min(now + PAUSE_MAX))
    }
}

/// One question for all of these numbers.
pub(super) fn question(owner: &str, name: &str, numbers: &[u64]) -> Vec<u8> {
    let aliases: String = numbers
        .iter()
        .map(|number| format!(" p{number}: pullRequest(number: {number}) {{ title author {{ login }} state }}"))
        .collect();
    let query = format!(
        "query($owner: String!, $name: String!) {{ rateLimit {{ remaining resetAt }} \
         repository(owner: $owner, name: $name) {{{aliases} }} }}"
    );
    let variables = serde_json::json!({ "owner": owner, "name": name });
    serde_json::json!({ "query": query, "variables": variables })
        .to_string()
        .into_bytes()
}

#[derive(Deserialize)]
struct Body {
    data: Option<Data>,
    errors: Option<Vec<GraphError>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    rate_limit: Option<RateLimit>,
    repository: Option<HashMap<String, serde_json::Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RateLimit {
    remaining: Option<i64>,
    reset_at: Option<String>,
}

#[derive(Deserialize)]
struct GraphError {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    path: Option<Vec<serde_json::Value>>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct PullRequest {
    title: String,
    author: Option<Author>,
    state: String,
}

#[derive(Deserialize)]
struct Author {
    login: String,
}

impl GraphError {
    fn is(&self, kind: &str) -> bool {
        self.kind.as_deref() == Some(kind)
    }

    /// The alias that it is about.
    fn alias(&self) -> Option<&str> {
        self.path.as_ref()?.get(1)?.as_str()
    }
}

/// What came back, at a moment in nanoseconds since 1970.
///
/// # Errors
/// [`Refusal`], when nothing can be had of it.
pub(super) fn read(status: u16, limits: Limits, body: &[u8], now: i64) -> Result<Answer, Refusal> {
    let refused = |why: String, until| Err(Refusal { why, until });
    match status {
        200 => {}
        401 => return refused("401, it doesn't take the token".to_owned(), Some(now + HOUR)),
        403 | 429 => {
            let until = limits.pause_until(now);
            let why = if until.is_some() || status == 429 {
                "it wants to be left alone for a while (rate limit)"
            } else {
                "it doesn't let this token in"
            };
            return refused(format!("{status}, {why}"), until);
        }
        300..=399 => {
            return refused(
                format!("{status}, it is elsewhere, and the token doesn't go there"),
                None,
            );
        }
        _ => return refused(format!("it answers {status}"), None),
    }
    let Ok(body) = serde_json::from_slice::<Body>(body) else {
        return refused("its answer is none of GraphQL".to_owned(), None);
    };
    let errors = body.errors.unwrap_or_default();
    let (rate_limit, repository) = match body.data {
        Some(data) => (data.rate_limit, data.repository),
        None => (None, None),
    };
    let pause_until = limits
        .pause_until(now)
        .or_else(|| of_body(rate_limit?).pause_until(now));
    let Some(repository) = repository else {
        if errors.iter().any(|error| error.is("RATE_LIMITED")) {
            return refused(
                "it wants to be left alone for a while (rate limit)".to_owned(),
                pause_until,
            );
        }
        let said = errors.into_iter().find_map(|error| error.message);
        let said: String = said.unwrap_or_default().chars().take(MESSAGE_MAX).collect();
        return refused(format!("it has no answer: {said}"), pause_until);
    };
    let mut found = HashMap::new();
    for (alias, value) in repository {
        let Some(number) = number(&alias) else { continue };
        if let Ok(Some(it)) = serde_json::from_value::<Option<PullRequest>>(value) {
            let author = it.author.map(|author| author.login).unwrap_or_default();
            let (title, open) = (it.title, it.state == "OPEN");
            found.insert(number, Found::Title { title, author, open });
        }
    }
    let missing = errors.iter().filter(|error| error.is("NOT_FOUND"));
    for number in missing.filter_map(|error| number(error.alias()?)) {
        found.entry(number).or_insert(Found::Nothing);
    }
    Ok(Answer { found, pause_until })
}

fn number(alias: &str) -> Option<u64> {
    alias.strip_prefix('p')?.parse().ok()
}

fn of_body(limit: RateLimit) -> Limits {
    use time::format_description::well_known::Rfc3339;
    let reset = limit.reset_at.as_deref();
    let reset = reset.and_then(|text| time::OffsetDateTime::parse(text, &Rfc3339).ok());
    Limits {
        retry_after: None,
        remaining: limit.remaining,
        reset: reset.map(time::OffsetDateTime::unix_timestamp),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000 * SECOND;

    fn limits(retry_after: Option<i64>, remaining: Option<i64>, reset: Option<i64>) -> Limits {
        Limits {
            retry_after,
            remaining,
            reset,
        }
    }

    #[test]
    fn one_that_is_missing_costs_no_other() {
        let body = br#"{"data": {"rateLimit": {"remaining": 4999, "resetAt": "2026-09-21T15:00:00Z"}, "repository": {
            "p1": {"title": "One", "author": {"login": "bob"}, "state": "OPEN"}, "p2": null, "p3": null, "p4": {"title": 7},
            "p5": {"title": "Of a ghost", "author": null, "state": "MERGED"}}},
            "errors": [{"type": "NOT_FOUND", "path": ["repository", "p2"], "message": "no"},
                       {"type": "INTERNAL", "path": ["repository", "p3"], "message": "oh"}]}"#;
        let answer = read(200, Limits::default(), body, NOW).unwrap();
        let title = |title: &str, author: &str, open| Found::Title {
            title: title.to_owned(),
            author: author.to_owned(),
            open,
        };
        let found = [
            (1, title("One", "bob", true)),
            (2, Found::Nothing),
            (5, title("Of a ghost", "", false)),
        ];
        assert_eq!((answer.found, answer.pause_until), (found.into(), None));
    }

    #[test]
    fn a_limit_is_told_by_headers_or_body() {
        let until = |status, limits, body: &str| match read(status, limits, body.as_bytes(), NOW) {
            Ok(answer) => answer.pause_until,
            Err(refusal) => refusal.until,
        };
        let after = |seconds: i64| Some(NOW + seconds * SECOND);
        let reset = NOW / SECOND + 900;
        let ok = r#"{"data": {"repository": {}}}"#;
        let spent = r#"{"data": {"rateLimit": {"remaining": 0, "resetAt": "2026-09-21T14:33:20Z"}, "repository": {}}}"#;
        let limited = r#"{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}"#;
        assert_eq!(until(429, limits(Some(30), None, None), ""), after(30));
        assert_eq!(until(403, limits(None, Some(0), Some(reset)), ""), after(900));
        assert_eq!(until(403, limits(None, Some(7), Some(reset)), ""), None);
        assert_eq!(until(200, limits(None, Some(0), Some(reset)), ok), after(900));
        assert_eq!(until(200, limits(None, Some(0), Some(reset)), limited), after(900));
        assert_eq!(until(200, Limits::default(), spent), after(1_200));
        assert_eq!(until(200, Limits::default(), ok), None);
        // Nobody silences us for ever.
        assert_eq!(until(429, limits(Some(i64::MAX), None, None), ""), after(86_400));
        assert_eq!(until(403, limits(None, Some(0), Some(i64::MIN)), ""), None);
        assert_eq!(until(401, Limits::default(), ""), after(3_600));
    }

    #[test]
    fn what_is_no_answer_is_a_refusal() {
        for (status, body, why) in [
            (200, "<html>", "its answer is none of GraphQL"),
            (200, "{}", "it has no answer: "),
            (
                200,
                r#"{"data": {"repository": null}, "errors": [{"type": "NOT_FOUND", "path": ["repository"], "message": "No a/b"}]}"#,
                "it has no answer: No a/b",
            ),
            (502, "", "it answers 502"),
        ] {
            let refusal = read(status, Limits::default(), body.as_bytes(), NOW).unwrap_err();
            assert_eq!((refusal.why.as_str(), refusal.until), (why, None));
        }
    }
}
