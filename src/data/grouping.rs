//! Shards of one job, as one group: `ops-shard-1` to `ops-shard-8` are `ops-shard 1…8`.
//!
//! What a shard is can only be told from the names: three or more that differ in one number,
//! and whose numbers follow one another.

use std::collections::BTreeMap;

use crate::data::text::natural;

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
mod tests;
