//! When two names are of one repository: whatever the case of their ASCII letters, as GitHub has it, and ClickHouse's `lower`.

/// Do both name the same?
pub fn same_repo(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// What all names of one repository have in common: to find it by, and to put names in order.
pub fn repo_key(repo: &str) -> String {
    repo.to_ascii_lowercase()
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
