//! Labels that stand upright over narrow columns: a letter in each line, the last one on the last line.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::data::text::width;

/// What all labels have in common tells none from another: bytes at their beginnings and at their ends, in whole words.
pub(super) fn common<'a>(mut labels: impl Iterator<Item = &'a str>) -> (usize, usize) {
    const SEPARATORS: [char; 5] = ['-', '_', ' ', '/', '.'];
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

/// Each label's letters, from the top on, in so many lines. One that is too long is cut in its middle; where another looks the same then, it
/// begins where they differ.
pub(super) fn stand<'a>(labels: &[&'a str], height: usize) -> Vec<Vec<&'a str>> {
    let labels: Vec<Vec<&str>> = labels.iter().map(|label| label.graphemes(true).collect()).collect();
    let tail = height / 2;
    let head = height - tail - 1;
    let cut: Vec<Vec<&str>> = labels.iter().map(|label| of_both_ends(label, head, tail)).collect();
    let shown = labels.iter().enumerate().map(|(at, label)| {
        let alike = labels
            .iter()
            .zip(&cut)
            .filter(|(other, shown)| **shown == cut[at] && *other != label);
        let same = |other: &[&str]| label.iter().zip(other).take_while(|(one, other)| one == other).count();
        let letters = match alike.map(|(other, _)| same(other)).max() {
            None => cut[at].clone(),
            Some(same) => {
                let rest = label[same.min(label.len() - 1)..].iter().take(height - 1);
                std::iter::once("…").chain(rest.copied()).collect()
            }
        };
        let mut lines = vec![" "; height.saturating_sub(letters.len())];
        // A letter of two columns would push its neighbours aside.
        lines.extend(
            letters
                .into_iter()
                .map(|letter| if width(letter) == 1 { letter } else { "·" }),
        );
        lines
    });
    shown.collect()
}

fn of_both_ends<'a>(label: &[&'a str], head: usize, tail: usize) -> Vec<&'a str> {
    match label.len() > head + 1 + tail {
        true => [&label[..head], &["…"], &label[label.len() - tail..]].concat(),
        false => label.to_vec(),
    }
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

    proptest! {
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
