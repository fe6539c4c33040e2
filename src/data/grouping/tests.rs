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
