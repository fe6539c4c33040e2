use super::*;

#[test]
fn the_sample_is_read_whole() {
    let list = Allowlist::parse(include_str!("../../../assets/allowlist.yml")).unwrap();
    let levels: Vec<_> = list.repos.iter().map(|listed| listed.level).collect();
    assert_eq!(
        levels,
        ["L1", "L1", "L2", "L2", "L2", "L2", "L2", "L3", "L3", "L4", "L4"]
    );
    assert_eq!(
        list.find("torchedhat/PYTORCH-redhat-ci").unwrap().oncalls,
        ["redhat-oncall-1", "redhat-oncall-2"]
    );
    assert_eq!(
        list.find("apple/mps-backend").unwrap().oncalls,
        ["mps-oncall-1", "mps-oncall-2"]
    );
    assert_eq!(list.find("intel/torch-xpu-ops").unwrap().oncalls, ["xpu-oncall"]);
    assert_eq!(list.warnings, [""; 0]);
}

#[test]
fn what_is_wrong_is_named() {
    for (text, message) in [
        ("- a/b", "allowlist: expected a mapping of levels, got a list"),
        ("L3: [a/b]\n", ""),
        ("L3: text", "allowlist: L3: expected a mapping of devices, got a text"),
        ("L3: {'': {a/b: []}}", "allowlist: L3: a device without a name"),
        ("L3: {~: {a/b: []}}", "allowlist: L3: a device without a name"),
        ("L2: [{ab: x, cd: y}]", "allowlist: L2: expected owner/repo, got \"ab\""),
        ("L2: [{a/b: [], a/b: []}]", "allowlist: a/b is listed twice"),
        ("L3: {cuda: {a/b: [], A/b: []}}", "allowlist: A/b is listed twice"),
        ("L1: [ab]", "allowlist: L1: expected owner/repo, got \"ab\""),
        ("L1: [a/b/c]", "allowlist: L1: expected owner/repo, got \"a/b/c\""),
        ("L1: [a/b]\nL4: [A/B: x]", "allowlist: A/B is listed twice"),
        ("L1: 7", "allowlist: L1: expected a list of repositories, got a number"),
    ] {
        if message.is_empty() {
            assert!(Allowlist::parse(text).is_err(), "{text}");
        } else {
            assert_eq!(Allowlist::parse(text).unwrap_err().to_string(), message, "{text}");
        }
    }
    assert!(matches!(Allowlist::parse("L1: [a/b"), Err(AllowlistError::Syntax(_))));
}

#[test]
fn what_is_not_known_is_a_warning() {
    let list = Allowlist::parse("L9: [x/y]\n1: [p/q]\nL2:\n  - a/b: one\n    since: 2026\nL4:\n").unwrap();
    assert_eq!((list.repos.len(), list.warnings.len()), (1, 3));
    let list = Allowlist::parse("L3: {cuda: {a/b: [x], since: 2026}}").unwrap();
    assert_eq!((list.repos.len(), list.warnings.len()), (1, 1));
}

#[test]
fn what_is_said_of_a_hostile_list_is_short_and_fit_for_a_terminal() {
    let hostile = format!("\\e[2J\\u202E{}", "x".repeat(900));
    let list = Allowlist::parse(&format!("\"{hostile}\": []\nL2: [{{\"{hostile}\": 1, a/b: c}}]")).unwrap();
    assert_eq!(list.warnings.len(), 2);
    let mut said = list.warnings;
    for text in [
        format!("L1: [\"a/{hostile}\", \"a/{hostile}\"]"),
        format!("L1: [\"{hostile}\"]"),
        format!("L1: *{}", "x".repeat(5_000)),
    ] {
        said.push(Allowlist::parse(&text).unwrap_err().to_string());
    }
    for said in said {
        assert!(
            said.chars().count() <= 200 && !said.chars().any(crate::data::text::is_unsafe),
            "{said}"
        );
    }
}

#[test]
fn a_quoted_entry_is_one_too() {
    let list = Allowlist::parse("L2: ['a/b: one, two', ' c/d ']").unwrap();
    assert_eq!(list.find("a/b").unwrap().oncalls, ["one", "two"]);
    assert_eq!(list.level("c/d"), Some("L2"));
}
