//! Names of repositories. Two are of one whatever the case of their ASCII letters, as GitHub has it, and ClickHouse's `lower`.

/// Whose pull requests are dispatched.
pub(crate) const UPSTREAM: &str = "pytorch/pytorch";

/// Do both name the same?
pub fn same_repo(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// What all names of one repository have in common: to find it by, and to put names in order.
pub fn repo_key(repo: &str) -> String {
    repo.to_ascii_lowercase()
}

/// Is it `owner/repo`, and nothing that an address could be made another with?
pub(super) fn is_repo(repo: &str) -> bool {
    let plain = |part: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        !matches!(part, "" | "." | "..") && part.bytes().all(allowed)
    };
    repo.split_once('/')
        .is_some_and(|(owner, name)| plain(owner) && plain(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn names_are_the_same_where_their_keys_are(one in "[aAbBäÄkK\u{212a}/]{0,4}", other in "[aAbBäÄkK\u{212a}/]{0,4}") {
            prop_assert_eq!(same_repo(&one, &other), repo_key(&one) == repo_key(&other));
        }
    }
}
