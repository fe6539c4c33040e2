//! Labels over narrow columns: in words on a few lines, or upright, a letter in each line. Their ends stand on the last line.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::data::text::width;

/// What words may be parted behind.
const SEPARATORS: [char; 7] = ['-', '_', ' ', '/', '.', ':', ','];

/// What all labels have in common tells none from another: bytes at their beginnings and at their ends, in whole words.
pub(super) fn common<'a>(mut labels: impl Iterator<Item = &'a str>) -> (usize, usize) {
    let Some(first) = labels.next() else { return (0, 0) };
    let (mut beginning, mut end) = (first, first);
    let mut shortest = first.len();
    let mut others = 0;
    for label in labels {
        let same = |one: &str, other: &str| -> usize {
            let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
            same.map(|(a, _)| a.len_utf8()).sum()
        };
        beginning = &beginning[..same(beginning, label)];
        let from_end = end.chars().rev().zip(label.chars().rev()).take_while(|(a, b)| a == b);
        let from_end: usize = from_end.map(|(a, _)| a.len_utf8()).sum();
        end = &end[end.len() - from_end..];
        shortest = shortest.min(label.len());
        others += 1;
    }
    if others == 0 {
        return (0, 0);
    }
    let beginning = beginning.rfind(SEPARATORS).map_or(0, |at| at + 1);
    let end = end.find(SEPARATORS).map_or(0, |at| end.len() - at);
    // Something is left of each.
    if beginning + end < shortest {
        (beginning, end)
    } else {
        (0, 0)
    }
}

/// A label without what is common to all.
pub(super) fn told(label: &str, (beginning, end): (usize, usize)) -> &str {
    label.get(beginning..label.len().saturating_sub(end)).unwrap_or(label)
}

/// Each label's letters, from the top on, in so many lines.
pub(super) fn stand<'a>(labels: &[&'a str], height: usize) -> Vec<Vec<&'a str>> {
    let shown = shorten(labels, height).into_iter().map(|letters| {
        let mut lines = vec![" "; height.saturating_sub(letters.len())];
        // A letter of two columns would push its neighbours aside.
        let narrow = |letter| if width(letter) == 1 { letter } else { "·" };
        lines.extend(letters.into_iter().map(narrow));
        lines
    });
    shown.collect()
}

/// Each label's lines, so many, of so many columns at most.
pub(super) fn stack(labels: &[&str], columns: usize, height: usize) -> Vec<Vec<String>> {
    // Letters of two columns leave one of them empty at a line's end.
    let mut room = columns * height;
    loop {
        let mut cut = shorten(labels, room);
        // Some scripts have letters of three columns and more.
        let too_wide = cut.iter_mut().flatten().filter(|letter| width(letter) > columns);
        too_wide.for_each(|letter| *letter = "·");
        let stacked: Option<Vec<Vec<String>>> = cut.iter().map(|letters| in_lines(letters, columns, height)).collect();
        match stacked {
            Some(stacked) => return stacked,
            None if room > 1 => room -= 1,
            None => return vec![vec![String::new(); height]; labels.len()],
        }
    }
}

/// The lines of so many columns on which all labels stand whole, in words; none where those are more than `most`.
pub(super) fn whole(labels: &[&str], columns: usize, most: usize) -> Option<usize> {
    let lines = labels.iter().map(|label| {
        let letters: Vec<&str> = label.graphemes(true).collect();
        let lines = in_words(&letters, columns).into_iter().map(|lines| lines.len());
        lines.into_iter().find(|lines| *lines <= most)
    });
    lines.max_by_key(|lines| lines.unwrap_or(usize::MAX)).unwrap_or(Some(1))
}

/// Is one of a label's words longer than so many columns?
pub(super) fn breaks(label: &str, columns: usize) -> bool {
    longest_word(&label.graphemes(true).collect::<Vec<_>>()) > columns
}

/// The fewest columns in which a label stands on so many lines at most, each of its words whole.
pub(super) fn fewest_columns(label: &str, most: usize) -> usize {
    let letters: Vec<&str> = label.graphemes(true).collect();
    let least = longest_word(&letters);
    let mut enough = (least..width(label)).filter(|columns| lines_in_words(&letters, *columns) <= most);
    enough.next().unwrap_or(width(label)).max(1)
}

/// The lines that a label takes in so many columns, in words.
pub(super) fn lines(label: &str, columns: usize) -> usize {
    lines_in_words(&label.graphemes(true).collect::<Vec<_>>(), columns)
}

/// A label's lines, so many, in columns in which it is whole.
pub(super) fn stack_whole(label: &str, columns: usize, height: usize) -> Vec<String> {
    let letters: Vec<&str> = label.graphemes(true).collect();
    in_lines(&letters, columns, height).unwrap_or_else(|| vec![String::new(); height])
}

fn lines_in_words(letters: &[&str], columns: usize) -> usize {
    let lines = in_words(letters, columns).into_iter().map(|lines| lines.len());
    lines.min().unwrap_or(1)
}

fn longest_word(letters: &[&str]) -> usize {
    let words = words(letters, false);
    let widths = words.iter().map(|word| width(word.concat().trim_end()));
    widths.max().unwrap_or_default()
}

/// Each label's letters, so many at most. One that is too long is cut in its middle; where another looks the same then, before what is
/// different in it.
fn shorten<'a>(labels: &[&'a str], most: usize) -> Vec<Vec<&'a str>> {
    let labels: Vec<Vec<&str>> = labels.iter().map(|label| label.graphemes(true).collect()).collect();
    let tail = most / 2;
    let head = most.saturating_sub(tail + 1);
    let cut: Vec<Vec<&str>> = labels.iter().map(|label| of_both_ends(label, head, tail)).collect();
    let shown = labels.iter().enumerate().map(|(at, label)| {
        let alike = labels
            .iter()
            .zip(&cut)
            .filter(|(other, shown)| **shown == cut[at] && *other != label);
        let same = |other: &[&str]| label.iter().zip(other).take_while(|(one, other)| one == other).count();
        match alike.map(|(other, _)| same(other)).max() {
            None => cut[at].clone(),
            Some(same) => {
                let rest = &label[same.min(label.len() - 1)..];
                let rest = &rest[..rest.len().min(most.saturating_sub(1))];
                // What is left for the beginning tells the group.
                let head = &label[..most.saturating_sub(rest.len() + 1).min(same)];
                [head, &["…"], rest].concat()
            }
        }
    });
    shown.collect()
}

fn of_both_ends<'a>(label: &[&'a str], head: usize, tail: usize) -> Vec<&'a str> {
    match label.len() > head + 1 + tail {
        true => [&label[..head], &["…"], &label[label.len() - tail..]].concat(),
        false => label.to_vec(),
    }
}

/// A label's letters on so many lines, the last one at the bottom: parted between words where that fits, else anywhere; none where they
/// don't fit at all.
fn in_lines(letters: &[&str], columns: usize, height: usize) -> Option<Vec<String>> {
    let single: Vec<&[&str]> = letters.chunks(1).collect();
    let mut candidates = in_words(letters, columns);
    candidates.push(filled(&single, columns, false));
    let mut lines = candidates.into_iter().find(|lines| lines.len() <= height)?;
    let blank = height - lines.len();
    lines.splice(0..0, std::iter::repeat_n(String::new(), blank));
    Some(lines)
}

/// As many lines as it takes; the nicer ones first.
fn in_words(letters: &[&str], columns: usize) -> Vec<Vec<String>> {
    let are_whole = |pieces: &[&[&str]]| pieces.iter().all(|piece| width(piece.concat().trim_end()) <= columns);
    let [bracketed, words] = [true, false].map(|keeps_brackets| words(letters, keeps_brackets));
    let bracketed = are_whole(&bracketed).then_some(bracketed);
    let pieces = bracketed.into_iter().chain([words]);
    let filled = |pieces: Vec<&[&str]>| {
        let [parted, going_on] = [true, false].map(|begins_line| filled(&pieces, columns, begins_line));
        if parted.len() <= going_on.len() {
            parted
        } else {
            going_on
        }
    };
    pieces.map(filled).collect()
}

/// Words with what parts them behind; what stands in brackets is one.
fn words<'a, 'b>(letters: &'b [&'a str], keeps_brackets: bool) -> Vec<&'b [&'a str]> {
    let mut is_inside = false;
    let is_end = |letter: &&str| {
        is_inside = keeps_brackets && (is_inside || *letter == "(") && *letter != ")";
        !is_inside && letter.ends_with(SEPARATORS)
    };
    letters.split_inclusive(is_end).collect()
}

/// Pieces on lines, as many as fit on each. One that is longer than a line goes on on the next; whether it begins one of its own is the
/// question: it may take one line more.
fn filled(pieces: &[&[&str]], columns: usize, begins_line: bool) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in pieces {
        let text = piece.concat();
        let columns_of = |lines: &[String]| lines.last().map_or(0, |line| width(line));
        // A blank behind a word needs no room.
        let (used, takes) = (columns_of(&lines), width(text.trim_end()));
        if used > 0 && used + takes > columns && (takes <= columns || begins_line) {
            lines.push(String::new());
        }
        for letter in *piece {
            if columns_of(&lines) + width(letter) > columns {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut()
                && !(line.is_empty() && *letter == " ")
            {
                line.push_str(letter);
            }
        }
    }
    if lines.len() > 1 && lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_all_labels_share_is_left_out_in_whole_words() {
        let told_of = |labels: &[&'static str]| -> Vec<&'static str> {
            let common = common(labels.iter().copied());
            labels.iter().map(|label| told(label, common)).collect()
        };
        assert_eq!(
            told_of(&["job-1-linux", "job-12-linux", "job-2-linux"]),
            ["1", "12", "2"]
        );
        assert_eq!(told_of(&["unit", "until"]), ["unit", "until"]);
        assert_eq!(told_of(&["test-a", "test"]), ["test-a", "test"]);
        assert_eq!(told_of(&["alone-1"]), ["alone-1"]);
        assert_eq!(told_of(&["test (1, 60)", "test (2, 60)"]), ["(1", "(2"]);
        assert_eq!(told_of(&["日-本-x", "日-語-x"]), ["本", "語"]);
    }

    #[test]
    fn an_upright_label_stands_on_the_last_line_and_is_cut_in_its_middle() {
        let column = |label: &str, height: usize| stand(&[label], height)[0].concat();
        assert_eq!(column("ab", 4), "  ab");
        assert_eq!(column("abcd", 4), "abcd");
        assert_eq!(column("abcdefgh", 5), "ab…gh");
        assert_eq!(column("日x", 2), "·x");
    }

    #[test]
    fn labels_that_differ_in_their_middle_begin_there() {
        let shown = |labels: &[&str], height: usize| -> Vec<String> {
            stand(labels, height).iter().map(|letters| letters.concat()).collect()
        };
        assert_eq!(
            shown(&["ops (1, 2)", "ops (2, 2)", "build"], 5),
            ["…1, 2", "…2, 2", "build"]
        );
        assert_eq!(
            shown(&["aXbbbbbb", "aYbbbbbb", "abbbbbbb"], 4),
            ["…Xbb", "…Ybb", "…bbb"]
        );
    }

    #[test]
    fn labels_stack_between_words_where_they_can() {
        let stacked = |label: &str, columns: usize| stack(&[label], columns, 3)[0].clone();
        assert_eq!(stacked("inductor: hf", 9), ["", "inductor:", "hf"]);
        assert_eq!(stacked("ops (1, 2)", 5), ["ops ", "(1, ", "2)"]);
        assert_eq!(stacked("inductor: hf", 5), ["induc", "tor: ", "hf"]);
        assert_eq!(stacked("linux-jammy-py3.10 / build", 5), ["linux", "-j…/ ", "build"]);
        assert_eq!(stacked("日本語-x", 4), ["", "日本", "語-x"]);
        assert_eq!(stacked("test-float32 (1, 4)", 11), ["test-", "float32 ", "(1, 4)"]);
        assert_eq!(whole(&["build", "ops (1, 2)"], 5, 3), Some(3));
        assert_eq!(whole(&["build", "ops (1, 2)"], 7, 3), Some(2));
        assert_eq!(whole(&["build", "inductor: hf"], 3, 3), None);
    }

    #[test]
    fn a_long_word_begins_a_line_where_that_takes_no_more_of_them() {
        let stacked = |label: &str, columns: usize| stack(&[label], columns, 3)[0].clone();
        assert_eq!(stacked("ab-distributed", 6), ["ab-", "distri", "buted"]);
        assert_eq!(stacked("ab_distributed", 5), ["ab_di", "strib", "uted"]);
        assert_eq!(stacked("ops/inductor", 7), ["", "ops/ind", "uctor"]);
    }

    #[test]
    fn a_label_takes_as_few_columns_as_its_words_do() {
        assert_eq!(fewest_columns("distributed", 3), 11);
        assert_eq!(fewest_columns("ops-shard-3", 3), 6);
        assert_eq!(fewest_columns("a b c d", 3), 3);
        assert_eq!(fewest_columns("a b c d", 1), 7);
        assert_eq!(fewest_columns("", 3), 1);
        assert_eq!(stack_whole("ops-shard-3", 6, 3), ["ops-", "shard-", "3"]);
        assert!(breaks("cpu-distributed", 10) && !breaks("cpu-distributed", 11));
    }

    #[test]
    fn labels_that_differ_at_their_ends_keep_them() {
        let labels = ["test-npu-float32 (1, 4)", "test-npu-float32 (2, 4)", "build"];
        let stacked: Vec<String> = stack(&labels, 4, 3).iter().map(|lines| lines.concat()).collect();
        assert_eq!(stacked, ["test-…(1, 4)", "test-…(2, 4)", "build"]);
        // What is different stands before a long end: the beginning gives way.
        let labels = ["unit (1, default, linux)", "unit (2, default, linux)"];
        let shown: Vec<String> = shorten(&labels, 12).iter().map(|letters| letters.concat()).collect();
        assert_eq!(shown, ["…1, default,", "…2, default,"]);
        let labels = ["test-npu-1, 4", "test-npu-2, 4"];
        let shown: Vec<String> = shorten(&labels, 8).iter().map(|letters| letters.concat()).collect();
        assert_eq!(shown, ["tes…1, 4", "tes…2, 4"]);
    }

    #[test]
    fn a_letter_that_is_wider_than_its_column_is_a_dot() {
        for lines in stack(&["\u{16b63}\u{abe3}\u{11937}"], 2, 2) {
            assert_eq!(lines, ["", "·"]);
        }
    }

    proptest! {
        #[test]
        fn every_stacked_label_keeps_to_its_columns(
            labels in prop::collection::vec("\\PC{0,30}", 0..8),
            columns in 2..12_usize,
            height in 1..5_usize,
        ) {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            for lines in stack(&labels, columns, height) {
                prop_assert_eq!(lines.len(), height);
                prop_assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            }
        }

        #[test]
        fn in_its_fewest_columns_a_label_is_whole(label in "\\PC{0,30}", most in 1..4_usize) {
            let columns = fewest_columns(&label, most);
            let lines = stack_whole(&label, columns, most);
            prop_assert!(lines.iter().all(|line| width(line) <= columns), "{lines:?}");
            let letters = |text: &str| text.replace(' ', "");
            prop_assert_eq!(letters(&lines.concat()), letters(&label));
        }

        #[test]
        fn every_label_fills_its_column(labels in prop::collection::vec("\\PC{0,20}", 0..8), height in 2..12_usize) {
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            for letters in stand(&labels, height) {
                prop_assert_eq!(letters.len(), height);
                prop_assert!(letters.iter().all(|letter| width(letter) == 1));
            }
        }

        #[test]
        fn labels_are_told_apart_by_what_is_left(labels in prop::collection::vec("[ab-]{1,5}(日-)?[ab-]{0,5}", 1..8)) {
            let common = common(labels.iter().map(String::as_str));
            for one in &labels {
                prop_assert!(!told(one, common).is_empty());
                for other in &labels {
                    prop_assert_eq!(one == other, told(one, common) == told(other, common));
                }
            }
        }
    }
}
