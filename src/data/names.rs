//! Backends by their names: which one some words mean, and what a mistyped name was to be.

use crate::data::filter::Filter;
use crate::data::repo::{repo_key, same_repo};

/// Names that are less alike have little in common.
const ALIKE: f64 = 0.85;

/// The names of all backends, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// In each of their spellings.
    pub names: Vec<String>,
    /// In how many nanoseconds there may be more, where a list of them isn't the one of now.
    pub again: Option<i64>,
}

/// What words mean among the names that are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant<'a> {
    /// The one that is called so, or has all of them in its name.
    One(&'a str),
    Several(Vec<&'a str>),
    None,
}

/// Which of the names are meant by words of it, in any case.
pub fn meant<'a>(names: &[&'a str], words: &str) -> Meant<'a> {
    if let Some(same) = names.iter().find(|name| same_repo(name, words)) {
        return Meant::One(same);
    }
    let filter = Filter::new(words);
    let found: Vec<&str> = names.iter().copied().filter(|name| filter.passes(&[name])).collect();
    match found.as_slice() {
        [] => Meant::None,
        [one] => Meant::One(one),
        _ => Meant::Several(found),
    }
}

/// By name, each once: in the first of its spellings.
pub fn put_in_order<T: AsRef<str>>(names: &mut Vec<T>) {
    names.sort_by_cached_key(|name| repo_key(name.as_ref()));
    names.dedup_by(|one, other| same_repo(one.as_ref(), other.as_ref()));
}

/// Is it `OWNER/REPO`, and so a name that need not be known?
pub fn is_whole(name: &str) -> bool {
    let parts: Vec<&str> = name.split('/').collect();
    matches!(parts.as_slice(), [owner, repo] if !owner.is_empty() && !repo.is_empty()) && !name.contains(' ')
}

/// Which of several?
pub fn which(names: &[&str]) -> String {
    match names {
        [one, other] => format!("{one} or {other}?"),
        [one, other, ..] => format!("{one}, {other} or another of {}?", names.len()),
        _ => names.concat(),
    }
}

/// That a name is nobody's, and whose it may have been meant to be.
pub fn nobody(name: &str, names: &[&str]) -> String {
    let wanted = name.to_lowercase();
    let alike = |name: &str| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    let nearest = names.iter().map(|name| (alike(name), name));
    let nearest = nearest.max_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest.filter(|(alike, _)| *alike >= ALIKE) {
        Some((_, nearest)) => format!("no backend is called {name}; is it {nearest}?"),
        None => format!("no backend is called {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = [
        "apple/mps-backend",
        "Ascend/pytorch",
        "intel/torch-xpu-ops",
        "intel/torch-xpu",
    ];

    #[test]
    fn words_mean_the_one_name_that_has_them() {
        assert_eq!(meant(&NAMES, "MPS"), Meant::One("apple/mps-backend"));
        assert_eq!(meant(&NAMES, "ops torch"), Meant::One("intel/torch-xpu-ops"));
        assert_eq!(
            meant(&NAMES, "Intel/Torch-XPU"),
            Meant::One("intel/torch-xpu"),
            "it is called so"
        );
        assert_eq!(meant(&NAMES, "tpu"), Meant::None);
        assert_eq!(meant(&NAMES, "intel"), Meant::Several(vec![NAMES[2], NAMES[3]]));
    }

    #[test]
    fn of_several_names_two_are_said() {
        assert_eq!(which(&NAMES[..2]), "apple/mps-backend or Ascend/pytorch?");
        assert_eq!(which(&NAMES), "apple/mps-backend, Ascend/pytorch or another of 4?");
    }

    #[test]
    fn a_mistyped_name_is_told_from_one_that_is_like_none() {
        assert_eq!(
            nobody("apple/MPS-backnd", &NAMES),
            "no backend is called apple/MPS-backnd; is it apple/mps-backend?"
        );
        assert_eq!(nobody("some/thing", &NAMES), "no backend is called some/thing");
        assert_eq!(nobody("some/thing", &[]), "no backend is called some/thing");
    }

    #[test]
    fn a_whole_name_has_an_owner_and_a_repository() {
        assert!(is_whole("a/b"));
        for part in ["a", "a/", "/b", "a/b/c", "a /b", ""] {
            assert!(!is_whole(part), "{part:?}");
        }
    }
}
