//! What a page of GitHub is of: who has it open pastes its address.

use crate::data::repo::{UPSTREAM, is_repo, same_repo};

/// What an address leads to here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// In the upstream repository.
    PullRequest(u64),
    /// A SHA, or its beginning, as it stands there.
    Commit(String),
    /// `owner/repo`
    Repository(String),
}

impl Address {
    /// Reads an address of GitHub's; none for what is no such.
    ///
    /// # Errors
    /// A sentence for a pull request of another repository than PyTorch's: its number would be another's here.
    pub fn read(text: &str) -> Option<Result<Self, String>> {
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let rest = rest.unwrap_or(text);
        let rest = rest.strip_prefix("www.").unwrap_or(rest).strip_prefix("github.com/")?;
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let [owner, name, page @ ..] = parts.as_slice() else {
            return None;
        };
        let repo = format!("{owner}/{}", name.strip_suffix(".git").unwrap_or(name));
        if !is_repo(&repo) {
            return None;
        }
        Some(match page {
            ["commit", sha, ..] | ["pull", _, "commits", sha, ..] => Ok(Self::Commit((*sha).to_owned())),
            ["pull", number, ..] => match number.parse() {
                Ok(number) if number > 0 && same_repo(&repo, UPSTREAM) => Ok(Self::PullRequest(number)),
                Ok(_) => Err(format!("a pull request of {repo}; results are of {UPSTREAM}'s")),
                Err(_) => return None,
            },
            _ => Ok(Self::Repository(repo)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_of_a_pull_request_a_commit_or_a_repository() {
        let commit = |sha: &str| Address::Commit(sha.to_owned());
        let repo = |repo: &str| Address::Repository(repo.to_owned());
        for (text, address) in [
            (
                "https://github.com/pytorch/pytorch/pull/179565",
                Address::PullRequest(179_565),
            ),
            (
                "github.com/PyTorch/PyTorch/pull/7/files#diff-1",
                Address::PullRequest(7),
            ),
            ("https://github.com/pytorch/pytorch/commit/3F7868ab", commit("3F7868ab")),
            (
                "https://github.com/pytorch/pytorch/pull/7/commits/3f7868ab",
                commit("3f7868ab"),
            ),
            ("https://github.com/intel/torch-xpu-ops/", repo("intel/torch-xpu-ops")),
            ("https://www.github.com/a/b.git?tab=readme", repo("a/b")),
            ("http://github.com/a/b/actions/runs/1", repo("a/b")),
        ] {
            assert_eq!(Address::read(text), Some(Ok(address)), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_of_github_is_none() {
        for text in [
            "",
            "a/b",
            "https://example.com/a/b",
            "https://github.com/a",
            "github.com/a/b c",
            "github.com/a/b/pull/x",
        ] {
            assert_eq!(Address::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_pull_request_of_another_repository_is_no_number_here() {
        let refused = Address::read("https://github.com/Ascend/pytorch/pull/7")
            .unwrap()
            .unwrap_err();
        assert_eq!(
            refused,
            "a pull request of Ascend/pytorch; results are of pytorch/pytorch's"
        );
    }
}
