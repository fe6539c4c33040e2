//! What the probe says of the relay, by night.

use oot_hud::data::chosen::EventView;
use oot_hud::source::{PROBE, RelayRow};
use oot_tests::{Both, ago};
use serde_json::{Value, json};

use crate::{NONE, all_of, answer, sha};

/// A nightly result of the probe on a commit, so many minutes ago.
fn nightly(commit: &str, job: &str, conclusion: &str, minutes: i64) -> Value {
    json!({ "downstream_repo": PROBE, "pr_number": 0, "event_type": "nightly", "pytorch_head_sha": commit, "job_name": job,
        "conclusion": conclusion, "started_at": ago(minutes), "completed_at": ago(minutes - 1) })
}

/// First letter of a commit, and what failed there.
fn health(both: &Both, event: EventView) -> Vec<(String, String)> {
    // Whatever backend is looked at.
    let question = all_of("a/b", EventView::Pr);
    let rows: Vec<RelayRow> = answer(both, async |reader| reader.relay_health(&question, event).await);
    rows.into_iter()
        .map(|row| (row.commit[..1].to_owned(), row.failing.join(", ")))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(commit, failing): &(&str, &str)| ((*commit).to_owned(), (*failing).to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn the_last_five_commits_that_have_ended_are_told_newest_first() {
    let both = Both::new();
    let mut records: Vec<Value> = ["a", "b", "c", "d", "e", "f", "1"]
        .iter()
        .enumerate()
        .map(|(number, letter)| nightly(&letter.repeat(40), "j", "success", 100 + 10 * number as i64))
        .collect();
    // Its latest start makes it the newest but one, its first the oldest.
    records.push(nightly(&sha('e'), "late", "success", 105));
    records.push(nightly(&sha('e'), "early", "success", 900));
    // Something of it runs.
    let mut runs = nightly(&sha('b'), "hangs", "", 50);
    runs["status"] = "in_progress".into();
    runs["completed_at"] = NONE.into();
    records.push(runs);
    both.insert(&records);
    let five = [("a", ""), ("e", ""), ("c", ""), ("d", ""), ("f", "")];
    assert_eq!(health(&both, EventView::Nightly), pairs(&five));
}

#[test]
fn what_failed_is_named_and_what_fails_on_purpose_has_passed() {
    let both = Both::new();
    let (a, b) = (sha('a'), sha('b'));
    let again = |attempt: u32, conclusion: &str| {
        let mut record = nightly(&a, "again", conclusion, 60);
        record["run_attempt"] = attempt.into();
        record
    };
    both.insert(&[
        nightly(&a, "xfail", "failure", 60),
        nightly(&a, "linux-xcancel", "cancelled", 60),
        nightly(&a, "xtimeout (1)", "timed_out", 60),
        nightly(&a, "xfail, but passes", "success", 60),
        again(1, "failure"),
        again(2, "success"),
        nightly(&b, "plain", "failure", 70),
        nightly(&b, "fine", "success", 70),
        nightly(&b, "xfail", "cancelled", 70),
        nightly(&b, "skipped", "skipped", 70),
        // A SHA in capitals is the same.
        nightly(&b.to_uppercase(), "capitals", "timed_out", 71),
        // Another backend's night.
        json!({ "pr_number": 0, "event_type": "nightly", "pytorch_head_sha": b, "conclusion": "failure" }),
    ]);
    let expected = [("a", ""), ("b", "w / capitals, w / plain, w / skipped, w / xfail")];
    assert_eq!(health(&both, EventView::Nightly), pairs(&expected));
}

#[test]
fn a_commit_stands_for_a_pull_request_only_by_night() {
    let both = Both::new();
    let of_pull_request = |commit: char, conclusion: &str, minutes: i64| json!({ "downstream_repo": PROBE, "pytorch_head_sha": sha(commit), "conclusion": conclusion, "started_at": ago(minutes) });
    both.insert(&[
        nightly(&sha('a'), "j", "failure", 60),
        nightly("no SHA", "j", "failure", 70),
        // Of its two commits the newest one counts.
        of_pull_request('c', "failure", 90),
        of_pull_request('d', "success", 80),
    ]);
    // The delivery, d1, stands for the commit.
    assert_eq!(
        health(&both, EventView::Nightly),
        pairs(&[("a", "w / j"), ("d", "w / j")])
    );
    assert_eq!(health(&both, EventView::Pr), pairs(&[("d", "")]));
    assert_eq!(health(&both, EventView::Periodic), []);
}
