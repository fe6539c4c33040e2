//! What a person types or pastes to name a thing: a number behind `#`, a SHA, a repository, or an address on GitHub.

use crate::data::address::Address;
use crate::data::chosen::Commit;

/// A pull request's number, with or without `#`, or its address.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn pull_request(text: &str) -> Result<u64, String> {
    match Address::read(text).transpose()? {
        Some(Address::PullRequest(number)) => return Ok(number),
        Some(_) => {}
        None => match text.strip_prefix('#').unwrap_or(text).parse() {
            Ok(number) if number > 0 => return Ok(number),
            _ => {}
        },
    }
    Err("expected a number, or a pull request's address".to_owned())
}

/// The beginning of a SHA in lower case, from itself or from a commit's address.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn sha(text: &str) -> Result<String, String> {
    let address = Address::read(text).transpose()?;
    let text = match &address {
        Some(Address::Commit(sha)) => sha,
        Some(_) => "",
        None => text,
    };
    match text.parse() {
        Ok(Commit::Sha(sha)) => Ok(sha),
        _ => Err("expected 4 to 40 hexadecimal digits of a SHA, or a commit's address".to_owned()),
    }
}

/// `OWNER/REPO`, from itself or from an address; or words of it.
///
/// # Errors
/// A sentence that says what was expected.
pub(crate) fn repository(text: &str) -> Result<String, String> {
    match Address::read(text).transpose()? {
        Some(Address::Repository(repo)) => Ok(repo),
        None if !text.trim().is_empty() && !text.contains("://") => Ok(text.trim().to_owned()),
        _ => Err("expected OWNER/REPO, words of it, or its address".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PULL_REQUEST: &str = "https://github.com/pytorch/pytorch/pull/179565";
    const COMMIT: &str = "https://github.com/pytorch/pytorch/commit/3F7868";
    const REPO: &str = "https://github.com/apple/mps-backend";

    #[test]
    fn each_is_named_by_itself_or_by_its_address() {
        for text in ["179565", "#179565", PULL_REQUEST] {
            assert_eq!(pull_request(text), Ok(179_565), "{text}");
        }
        for text in ["3F7868", COMMIT] {
            assert_eq!(sha(text), Ok("3f7868".to_owned()), "{text}");
        }
        for text in ["apple/mps-backend", REPO] {
            assert_eq!(repository(text), Ok("apple/mps-backend".to_owned()), "{text}");
        }
        assert_eq!(repository(" mps backend "), Ok("mps backend".to_owned()));
    }

    #[test]
    fn the_address_of_another_thing_is_refused() {
        for text in ["0", "#", "x", COMMIT, REPO] {
            assert!(
                pull_request(text).unwrap_err().starts_with("expected a number"),
                "{text}"
            );
        }
        for text in ["3f7", "xyzw", "https://github.com/a/b/commit/main", PULL_REQUEST, REPO] {
            assert!(sha(text).unwrap_err().starts_with("expected 4 to 40"), "{text}");
        }
        for text in [" ", COMMIT, PULL_REQUEST, "https://example.com/a/b"] {
            assert!(
                repository(text).unwrap_err().starts_with("expected OWNER/REPO"),
                "{text}"
            );
        }
    }
}
