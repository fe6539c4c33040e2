//! Shards of one job, as one group: `ops-shard-1` to `ops-shard-8` are `ops-shard 1…8`.
//!
//! What a shard is can only be told from the names: three or more that differ in one number,
//! and whose numbers follow one another.

use std::collections::BTreeMap;

use crate::matrix::natural;

/// Fewer shards than this stay as they are.
const FEWEST: usize = 3;

/// What may stand before a shard's number.
const SEPARATORS: [char; 4] = ['-', '_', ' ', '('];

/// The shards of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// `ops-shard 1…8`; for `test (1, 4)` and the like, `test 1…4`.
    pub label: String,
    /// Where their names are in the input, by the number of the shard: three or more.
    pub members: Vec<usize>,
}

/// A job by itself, as its place in the input; or a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    Single(usize),
    Group(Group),
}

/// A shard's name without its number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern<'a> {
    before: &'a str,
    after: &'a str,
    /// The `4` of `(1, 4)`.
    total: Option<u32>,
}

/// A name that may be a shard's.
#[derive(Clone, Copy)]
struct Shard<'a> {
    place: usize,
    digits: &'a str,
    number: u32,
}

/// Finds the groups in the names of one workflow's jobs, in natural order of their first names.
pub fn group(names: &[&str]) -> Vec<Entry> {
    let mut patterns = BTreeMap::<Pattern<'_>, Vec<Shard<'_>>>::new();
    for (place, name) in names.iter().enumerate() {
        if let Some((pattern, digits, number)) = one_of_total(name).or_else(|| last_number(name)) {
            patterns
                .entry(pattern)
                .or_default()
                .push(Shard { place, digits, number });
        }
    }
    let mut alone = vec![true; names.len()];
    let mut entries = Vec::new();
    for (pattern, shards) in patterns {
        for run in pattern.runs(shards) {
            let members: Vec<usize> = run.iter().map(|shard| shard.place).collect();
            for &place in &members {
                alone[place] = false;
            }
            let label = pattern.label(run[0].digits, run[run.len() - 1].digits);
            entries.push((members[0], Entry::Group(Group { label, members })));
        }
    }
    let singles = (0..names.len()).filter(|&place| alone[place]);
    entries.extend(singles.map(|place| (place, Entry::Single(place))));
    // Names can be equal in natural order: `a-1` and `a-01`, `a` and `A`.
    entries.sort_by_cached_key(|&(first, _)| (natural(names[first]), names[first], first));
    entries.into_iter().map(|(_, entry)| entry).collect()
}

impl<'a> Pattern<'a> {
    /// The runs of numbers without a gap that are groups.
    ///
    /// Numbers with leading zeros are of one width: `08`, `09`, `10`.
    /// A `10` goes with them if it can, else with `8` and `9`.
    fn runs(&self, mut shards: Vec<Shard<'a>>) -> Vec<Vec<Shard<'a>>> {
        shards.sort_unstable_by_key(|shard| (shard.digits.len(), shard.number, shard.place));
        let mut found = Vec::new();
        let mut without_zeros = Vec::new();
        for run in shards.chunk_by(|one, next| one.digits.len() == next.digits.len() && one.precedes(next)) {
            // Of one width, those with leading zeros are the smallest.
            if run[0].has_leading_zero() && self.is_group(run) {
                found.push(run.to_vec());
            } else {
                without_zeros.extend(run.iter().filter(|shard| !shard.has_leading_zero()).copied());
            }
        }
        let runs = without_zeros.chunk_by(Shard::precedes);
        found.extend(runs.filter(|run| self.is_group(run)).map(<[_]>::to_vec));
        found
    }

    /// Without a total, a run starts at 0 or 1: `py-310`, `py-311`, `py-312` are versions.
    /// With a total, it is a part of 1 to `n`, or of 0 to `n - 1`.
    fn is_group(&self, run: &[Shard<'_>]) -> bool {
        let (first, last) = (run[0].number, run[run.len() - 1].number);
        run.len() >= FEWEST
            && match self.total {
                None => first <= 1,
                Some(total) => last < total || (last == total && first > 0),
            }
    }

    /// `test (default, 1, 4, linux.rocm)` and the like are `test 1…4 (default, linux.rocm)`.
    fn label(&self, first: &str, last: &str) -> String {
        if self.total.is_some() {
            let (name, words_before) = self.before.rsplit_once('(').unwrap_or((self.before, ""));
            let name = name.trim_end_matches(SEPARATORS);
            let (words_after, rest) = without_total(self.after);
            let words = [words_before.trim_end_matches([',', ' ']), words_after];
            let words: Vec<&str> = words.into_iter().filter(|words| !words.is_empty()).collect();
            let space = if name.is_empty() { "" } else { " " };
            let words = match words.as_slice() {
                [] => String::new(),
                words => format!(" ({})", words.join(", ")),
            };
            return format!("{name}{space}{first}…{last}{words}{rest}");
        }
        let in_parentheses = self.before.ends_with('(');
        let name = if in_parentheses {
            self.before
        } else {
            self.before.trim_end_matches(SEPARATORS)
        };
        let space = if in_parentheses || name.is_empty() { "" } else { " " };
        format!("{name}{space}{first}…{last}{}", self.after)
    }
}

impl Shard<'_> {
    fn precedes(&self, next: &Self) -> bool {
        self.number.checked_add(1) == Some(next.number)
    }

    fn has_leading_zero(&self) -> bool {
        self.digits.len() > 1 && self.digits.starts_with('0')
    }
}

/// `name (1, 4)`, `name (default, 1, 4, linux)`: the last such pair in a parenthesis.
fn one_of_total(name: &str) -> Option<(Pattern<'_>, &str, u32)> {
    name.rmatch_indices(['(', ',']).find_map(|(at, _)| {
        let start = at + name[at..].len() - name[at + 1..].trim_start_matches(' ').len();
        let (before, rest) = name.split_at(start);
        let opened = before.rfind('(')? >= before.rfind(')').unwrap_or(0);
        let (digits, after) = leading_digits(rest);
        let number = digits.parse().ok()?;
        let (total, end) = leading_digits(after.strip_prefix(',')?.trim_start_matches(' '));
        let total = Some(total.parse().ok()?);
        let pattern = Pattern { before, after, total };
        (opened && end.starts_with([',', ')'])).then_some((pattern, digits, number))
    })
}

/// `name-1`, `name_1`, `name 1`, `name-1-linux`: the last number that stands by itself.
///
/// Numbers in words and versions don't: `gfx942`, `3d`, `3.10`.
fn last_number(name: &str) -> Option<(Pattern<'_>, &str, u32)> {
    let is_digit = |character: char| character.is_ascii_digit();
    let mut rest = name;
    while let Some(last) = rest.rfind(is_digit) {
        let (until, after) = name.split_at(last + 1);
        let before = until.trim_end_matches(is_digit);
        let digits = &until[before.len()..];
        let by_itself = before.ends_with(SEPARATORS)
            && !after.starts_with(|character: char| character == '.' || character.is_alphanumeric());
        if by_itself && let Ok(number) = digits.parse() {
            let pattern = Pattern {
                before,
                after,
                total: None,
            };
            return Some((pattern, digits, number));
        }
        rest = before;
    }
    None
}

/// What follows the number in `(1, 4, linux) x`, without the total: `linux`, and ` x`.
fn without_total(after: &str) -> (&str, &str) {
    let (_, end) = leading_digits(after.trim_start_matches([',', ' ']));
    let (words, rest) = end.split_once(')').unwrap_or((end, ""));
    (words.trim_start_matches([',', ' ']), rest)
}

fn leading_digits(text: &str) -> (&str, &str) {
    let rest = text.trim_start_matches(|character: char| character.is_ascii_digit());
    text.split_at(text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    /// A single as its name, a group as its label and its names.
    fn shown(names: &[&str]) -> Vec<String> {
        let entries = group(names).into_iter().map(|entry| match entry {
            Entry::Single(place) => names[place].to_owned(),
            Entry::Group(Group { label, members }) => {
                let members: Vec<&str> = members.into_iter().map(|place| names[place]).collect();
                format!("{label} = {}", members.join(" + "))
            }
        });
        entries.collect()
    }

    /// What is no group stays as it is.
    fn stays(names: &[&str]) {
        assert_eq!(shown(names), names);
    }

    #[test]
    fn shards_are_numbered_after_a_dash_an_underscore_or_a_space() {
        assert_eq!(
            shown(&["ops-shard-1", "ops-shard-2", "ops-shard-3"]),
            ["ops-shard 1…3 = ops-shard-1 + ops-shard-2 + ops-shard-3"]
        );
        assert_eq!(shown(&["a_0", "a_1", "a_2"]), ["a 0…2 = a_0 + a_1 + a_2"]);
        assert_eq!(shown(&["a 1", "a 2", "a 3"]), ["a 1…3 = a 1 + a 2 + a 3"]);
        stays(&["a1", "a2", "a3"]);
    }

    #[test]
    fn members_and_entries_are_in_natural_order() {
        let names: Vec<String> = (1..=11).rev().map(|number| format!("b-{number}")).collect();
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        names.extend(["c", "a"]);
        let members = (0..11).rev().collect();
        let label = "b 1…11".to_owned();
        assert_eq!(
            group(&names),
            [
                Entry::Single(12),
                Entry::Group(Group { label, members }),
                Entry::Single(11)
            ]
        );
    }

    #[test]
    fn two_are_no_group() {
        stays(&["a-1", "a-2"]);
        stays(&[]);
    }

    #[test]
    fn a_gap_ends_a_group() {
        assert_eq!(
            shown(&["a-0", "a-1", "a-2", "a-4", "a-5", "a-6"]),
            ["a 0…2 = a-0 + a-1 + a-2", "a-4", "a-5", "a-6"]
        );
        stays(&["a-1", "a-2", "a-4"]);
    }

    #[test]
    fn versions_are_no_shards() {
        stays(&["py-3", "py-310", "py-311"]);
        stays(&["py-310", "py-311", "py-312"]);
        stays(&["py-3.0", "py-3.1", "py-3.2"]);
        stays(&["torch-1.x", "torch-2.x", "torch-3.x"]);
    }

    #[test]
    fn the_text_around_the_number_is_the_same() {
        assert_eq!(
            shown(&["a-1-linux", "a-2-linux", "a-3-linux", "a-4-mac"]),
            ["a 1…3-linux = a-1-linux + a-2-linux + a-3-linux", "a-4-mac"]
        );
        stays(&["a 1", "a-2", "a_3"]);
        stays(&["a-1", "A-2", "b-3"]);
    }

    #[test]
    fn a_number_in_a_word_is_passed_over() {
        assert_eq!(
            shown(&["a-1-gfx942", "a-2-gfx942", "a-3-gfx942"]),
            ["a 1…3-gfx942 = a-1-gfx942 + a-2-gfx942 + a-3-gfx942"]
        );
        stays(&["conv-1d", "conv-2d", "conv-3d"]);
    }

    #[test]
    fn leading_zeros_are_of_one_width() {
        assert_eq!(shown(&["a-01", "a-02", "a-03"]), ["a 01…03 = a-01 + a-02 + a-03"]);
        stays(&["a-01", "a-2", "a-003"]);
        stays(&["a-00", "a-001", "a-002"]);
        stays(&["a-01", "a-1", "a-02", "a-2"]);
    }

    #[test]
    fn ten_goes_with_leading_zeros_if_it_can() {
        let padded: Vec<String> = (1..=10).map(|number| format!("a-{number:02}")).collect();
        let plain: Vec<String> = (1..=9).map(|number| format!("a-{number}")).collect();
        let labels = |names: &[String]| -> Vec<String> {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            shown(&names)
                .iter()
                .map(|text| text.split(" = ").next().unwrap().to_owned())
                .collect()
        };
        assert_eq!(labels(&padded), ["a 01…10"]);
        assert_eq!(labels(&[&padded[..], &plain].concat()), ["a 01…10", "a 1…9"]);
        assert_eq!(labels(&[&padded[8..], &plain].concat()), ["a 1…10", "a-09"]);
    }

    #[test]
    fn a_total_is_the_same_in_all() {
        assert_eq!(
            shown(&["test (1, 4)", "test (2, 4)", "test (3, 4)", "test (4, 4)"]),
            ["test 1…4 = test (1, 4) + test (2, 4) + test (3, 4) + test (4, 4)"]
        );
        stays(&["test (1, 4)", "test (2, 4)", "test (3, 5)"]);
    }

    #[test]
    fn other_values_of_a_matrix_stay_in_the_label() {
        assert_eq!(
            shown(&[
                "test (0, 4, linux.rocm)",
                "test (1, 4, linux.rocm)",
                "test (2, 4, linux.rocm)"
            ]),
            ["test 0…2 (linux.rocm) = test (0, 4, linux.rocm) + test (1, 4, linux.rocm) + test (2, 4, linux.rocm)"]
        );
        assert_eq!(
            shown(&["test (1, cuda12.4)", "test (2, cuda12.4)", "test (3, cuda12.4)"]),
            ["test (1…3, cuda12.4) = test (1, cuda12.4) + test (2, cuda12.4) + test (3, cuda12.4)"]
        );
        assert_eq!(
            shown(&["a (b (1, 3))", "a (b (2, 3))", "a (b (3, 3))"]),
            ["a (b 1…3) = a (b (1, 3)) + a (b (2, 3)) + a (b (3, 3))"]
        );
        stays(&["test (1, 4, mac)", "test (2, 4, linux)", "test (3, 4, mac)"]);
    }

    #[test]
    fn with_a_total_a_run_starts_anywhere_within_it() {
        assert_eq!(
            shown(&["t (1, 9)", "t (7, 9)", "t (8, 9)", "t (9, 9)"]),
            ["t (1, 9)", "t 7…9 = t (7, 9) + t (8, 9) + t (9, 9)"]
        );
        stays(&["t (2, 3)", "t (3, 3)", "t (4, 3)"]);
        stays(&["t (0, 3)", "t (1, 3)", "t (2, 3)", "t (3, 3)"]);
    }

    #[test]
    fn a_total_may_stand_anywhere_in_the_parenthesis() {
        assert_eq!(
            shown(&[
                "test (default, 1, 3, linux)",
                "test (default, 2, 3, linux)",
                "test (default, 3, 3, linux)"
            ]),
            [
                "test 1…3 (default, linux) = test (default, 1, 3, linux) + test (default, 2, 3, linux) + test (default, 3, 3, linux)"
            ]
        );
        stays(&["t, 1, 3", "t, 2, 3", "t, 3, 3"]);
        stays(&["t (2, 4.1)", "t (3, 4.1)", "t (4, 4.1)"]);
    }

    #[test]
    fn a_total_goes_before_the_last_number() {
        assert_eq!(
            shown(&["a (2, 4) (1, 3)", "a (2, 4) (2, 3)", "a (2, 4) (3, 3)"]),
            ["a (2, 4) 1…3 = a (2, 4) (1, 3) + a (2, 4) (2, 3) + a (2, 4) (3, 3)"]
        );
        assert_eq!(
            shown(&["a-1 (1, 4)", "a-1 (2, 4)", "a-1 (3, 4)", "a-2 (2, 4)", "a-3 (2, 4)"]),
            [
                "a-1 1…3 = a-1 (1, 4) + a-1 (2, 4) + a-1 (3, 4)",
                "a-2 (2, 4)",
                "a-3 (2, 4)"
            ]
        );
        stays(&["a (1, 1)", "a (1, 2)", "a (1, 3)"]);
    }

    #[test]
    fn the_last_number_is_the_shard() {
        assert_eq!(
            shown(&["a-2-0", "a-2-1", "a-2-2", "a-1-2", "a-3-2"]),
            ["a-1-2", "a-2 0…2 = a-2-0 + a-2-1 + a-2-2", "a-3-2"]
        );
    }

    #[test]
    fn a_number_beyond_32_bits_is_none() {
        stays(&["a-4294967296", "a-4294967297", "a-4294967298"]);
        stays(&["t (4294967295, 4294967295)"]);
        assert_eq!(
            shown(&["a-1-4294967296", "a-2-4294967296", "a-3-4294967296"]),
            ["a 1…3-4294967296 = a-1-4294967296 + a-2-4294967296 + a-3-4294967296"]
        );
    }

    /// Names that are near to being shards, and any others.
    fn names() -> impl Strategy<Value = BTreeSet<String>> {
        let parts = vec![
            "a",
            "é",
            "-",
            "_",
            " ",
            "(",
            ", ",
            ")",
            ".",
            "0",
            "1",
            "2",
            "01",
            "4294967295",
            "\u{661}",
        ];
        let name = prop_oneof![
            4 => "[aA]?[-_ ]0?[0-4](-x)?",
            4 => "[ab] ?\\(0?[0-5], ?[45](, x)?\\)",
            2 => prop::collection::vec(prop::sample::select(parts), 0..9).prop_map(|parts| parts.concat()),
            1 => any::<String>(),
        ];
        prop::collection::btree_set(name, 0..60)
    }

    proptest! {
        #[test]
        fn every_name_is_in_one_place(names in names()) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let mut places = Vec::new();
            for entry in group(&names) {
                match entry {
                    Entry::Single(place) => places.push(place),
                    Entry::Group(Group { members, .. }) => {
                        prop_assert!(members.len() >= FEWEST);
                        places.extend(members);
                    }
                }
            }
            places.sort_unstable();
            prop_assert!(places.into_iter().eq(0..names.len()));
        }

        #[test]
        fn the_order_of_the_names_changes_nothing(
            (names, shuffled) in names().prop_flat_map(|names| {
                let names: Vec<String> = names.into_iter().collect();
                (Just(names.clone()), Just(names).prop_shuffle())
            })
        ) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let shuffled: Vec<&str> = shuffled.iter().map(String::as_str).collect();
            prop_assert_eq!(shown(&names), shown(&shuffled));
        }

        #[test]
        fn any_text_is_a_name(names in prop::collection::vec(any::<String>(), 0..20)) {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            prop_assert!(group(&names).len() <= names.len());
        }
    }
}
