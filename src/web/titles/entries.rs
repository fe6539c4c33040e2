//! What is known of which pull request, since when, and when that is to be asked for again.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::Title;
use super::github::Found;
use crate::data::text::printable;

const HOUR: i64 = 3_600_000_000_000;
/// Titles change while a pull request is open.
const OPEN_FOR: i64 = 24 * HOUR;
/// Afterwards hardly ever.
const CLOSED_FOR: i64 = 30 * 24 * HOUR;
/// A number without a pull request may get one.
const MISSING_FOR: i64 = HOUR;
/// No more are kept: those that were asked for last.
const ENTRIES_MAX: usize = 20_000;
/// So many of the longest fit.
pub(super) const FILE_MAX_BYTES: usize = 32 << 20;
/// GitHub has no longer ones.
const TITLE_MAX: usize = 256;
const AUTHOR_MAX: usize = 64;

/// What is known, by number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Entries {
    by_number: HashMap<u64, Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// None when there is no such pull request.
    title: Option<(String, String)>,
    open: bool,
    /// In nanoseconds since 1970.
    asked_at: i64,
}

impl Entries {
    pub(super) fn has(&self, number: u64) -> bool {
        self.by_number.contains_key(&number)
    }

    pub(super) fn title(&self, number: u64) -> Option<(u64, Title)> {
        let (title, author) = self.by_number.get(&number)?.title.as_ref()?;
        let title = Title {
            title: title.clone(),
            author: author.clone(),
        };
        Some((number, title))
    }

    /// Is it to be asked for?
    pub(super) fn is_due(&self, number: u64, now: i64) -> bool {
        let Some(entry) = self.by_number.get(&number) else {
            return true;
        };
        let lasts = match (&entry.title, entry.open) {
            (None, _) => MISSING_FOR,
            (Some(_), true) => OPEN_FOR,
            (Some(_), false) => CLOSED_FOR,
        };
        // One of the future is of a clock that was set back since.
        !(0..lasts).contains(&now.saturating_sub(entry.asked_at))
    }

    /// At most so many: those without an entry first, then the newest.
    pub(super) fn most_wanted(&self, wanted: &BTreeSet<u64>, max: usize) -> Vec<u64> {
        let mut wanted: Vec<u64> = wanted.iter().copied().collect();
        wanted.sort_by_key(|number| (self.has(*number), Reverse(*number)));
        wanted.truncate(max);
        wanted
    }

    /// Takes an answer about these numbers.
    pub(super) fn answered(&mut self, numbers: &[u64], mut found: HashMap<u64, Found>, now: i64) {
        for number in numbers {
            let entry = match found.remove(number) {
                Some(Found::Title { title, author, open }) => Entry {
                    title: Some((capped(&title, TITLE_MAX), capped(&author, AUTHOR_MAX))),
                    open,
                    asked_at: now,
                },
                Some(Found::Nothing) => Entry {
                    title: None,
                    open: false,
                    asked_at: now,
                },
                // What was known before is better than nothing.
                None => Entry {
                    asked_at: now,
                    ..self.by_number.remove(number).unwrap_or(Entry {
                        title: None,
                        open: false,
                        asked_at: now,
                    })
                },
            };
            self.by_number.insert(*number, entry);
        }
        self.forget();
    }

    /// Takes what others know, where that is newer. Their text is as hostile as GitHub's.
    pub(super) fn merge(&mut self, others: Self) {
        for (number, mut entry) in others.by_number {
            if self
                .by_number
                .get(&number)
                .is_some_and(|own| own.asked_at >= entry.asked_at)
            {
                continue;
            }
            if let Some((title, author)) = &mut entry.title {
                (*title, *author) = (capped(title, TITLE_MAX), capped(author, AUTHOR_MAX));
            }
            self.by_number.insert(number, entry);
        }
        self.forget();
    }

    fn forget(&mut self) {
        let Some(too_many @ 1..) = self.by_number.len().checked_sub(ENTRIES_MAX) else {
            return;
        };
        let mut by_age: Vec<(i64, u64)> = (self.by_number.iter())
            .map(|(number, entry)| (entry.asked_at, *number))
            .collect();
        by_age.sort_unstable();
        for (_, number) in by_age.iter().take(too_many) {
            self.by_number.remove(number);
        }
    }
}

/// Fit for a terminal, and at most so many characters. (Columns are no limit: a mark takes none.)
fn capped(text: &str, characters: usize) -> String {
    let text: String = text.trim().chars().take(characters).collect();
    printable(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000_000_000;

    fn found(title: &str, open: bool) -> Found {
        Found::Title {
            title: title.to_owned(),
            author: "bob".to_owned(),
            open,
        }
    }

    #[test]
    fn open_ones_last_a_day_closed_ones_a_month_missing_ones_an_hour() {
        let mut entries = Entries::default();
        let answer = [
            (1, found("open", true)),
            (2, found("closed", false)),
            (3, Found::Nothing),
        ];
        entries.answered(&[1, 2, 3], answer.into(), NOW);
        let due = |after: i64| [1, 2, 3, 4].map(|number| entries.is_due(number, NOW + after));
        assert_eq!(due(0), [false, false, false, true]);
        assert_eq!(due(HOUR), [false, false, true, true]);
        assert_eq!(due(24 * HOUR), [true, false, true, true]);
        assert_eq!(due(30 * 24 * HOUR), [true, true, true, true]);
        assert_eq!(due(-1), [true; 4], "the clock was set back");
    }

    #[test]
    fn what_was_known_survives_an_answer_that_says_nothing_of_it() {
        let mut entries = Entries::default();
        entries.answered(&[1], [(1, found("known", true))].into(), NOW);
        entries.answered(&[1, 2], HashMap::new(), NOW + 25 * HOUR);
        assert_eq!(entries.title(1).unwrap().1.title, "known");
        assert!(!entries.is_due(1, NOW + 26 * HOUR) && entries.is_due(2, NOW + 26 * HOUR));
        entries.answered(&[1], [(1, Found::Nothing)].into(), NOW);
        assert_eq!(entries.title(1), None);
    }

    #[test]
    fn hostile_text_is_capped_and_made_visible() {
        let hostile = format!("\u{1b}[31m{}", "x\u{301}\u{202e}".repeat(1_000));
        let mut entries = Entries::default();
        let title = Found::Title {
            title: hostile.clone(),
            author: hostile.clone(),
            open: true,
        };
        entries.answered(&[1], [(1, title)].into(), NOW);
        // A cache may have been written by anybody.
        let raw = format!(
            "{{\"2\":{{\"title\":[{0},{0}],\"open\":true,\"asked_at\":1}}}}",
            serde_json::json!(hostile)
        );
        entries.merge(serde_json::from_str(&raw).unwrap());
        for number in [1, 2] {
            let (_, title) = entries.title(number).unwrap();
            assert!(
                !title
                    .title
                    .chars()
                    .chain(title.author.chars())
                    .any(crate::data::text::is_unsafe)
            );
            assert_eq!((title.title.chars().count(), title.author.chars().count()), (256, 64));
        }
    }

    #[test]
    fn those_asked_for_last_are_kept() {
        let mut entries = Entries::default();
        let old: Vec<u64> = (1..ENTRIES_MAX as u64).collect();
        entries.answered(&old, HashMap::new(), NOW);
        entries.answered(&[1, 90_000, 90_001], HashMap::new(), NOW + 1);
        assert_eq!(entries.by_number.len(), ENTRIES_MAX);
        assert!([1, 90_000, 90_001].iter().all(|number| entries.has(*number)) && !entries.has(2));
    }

    #[test]
    fn as_many_as_are_kept_have_a_place_in_the_file() {
        let mut entries = Entries::default();
        let longest = Found::Title {
            title: "\u{10ffff}".repeat(TITLE_MAX),
            author: "\u{10ffff}".repeat(AUTHOR_MAX),
            open: false,
        };
        entries.answered(&[u64::MAX], [(u64::MAX, longest)].into(), i64::MIN);
        let one = serde_json::to_vec(&entries).unwrap().len();
        assert!(one * ENTRIES_MAX < FILE_MAX_BYTES, "{one}");
    }

    #[test]
    fn what_is_newer_wins() {
        let (mut one, mut other) = (Entries::default(), Entries::default());
        one.answered(
            &[1, 2],
            [(1, found("newer", true)), (2, found("older", true))].into(),
            NOW,
        );
        other.answered(&[1], [(1, found("older", true))].into(), NOW - 1);
        other.answered(&[2], [(2, found("newer", true))].into(), NOW + 1);
        one.merge(other);
        assert!(
            [1, 2]
                .iter()
                .all(|number| one.title(*number).unwrap().1.title == "newer")
        );
    }

    #[test]
    fn who_has_no_title_comes_first_then_the_newest() {
        let mut entries = Entries::default();
        entries.answered(&[8, 9], HashMap::new(), NOW);
        let wanted = BTreeSet::from([1, 2, 8, 9]);
        assert_eq!(entries.most_wanted(&wanted, 3), [2, 1, 9]);
    }
}
