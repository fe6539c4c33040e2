use super::*;
use crate::payload;
use crate::record::Record;
use std::collections::{BTreeMap, BTreeSet};

const START: i64 = 1_790_000_000_000;

fn live(seed: u64, count: i64) -> Vec<Callback> {
    let mut traffic = Traffic::new(seed, START, Pace::Live, i64::MAX);
    (0..count).map(|slot| traffic.next_live(START + slot * 200)).collect()
}

#[test]
fn a_seed_and_a_start_give_the_same_bytes() {
    let bodies = |seed| {
        live(seed, 400)
            .into_iter()
            .map(|callback| callback.body)
            .collect::<Vec<_>>()
    };
    assert_eq!(bodies(7), bodies(7));
    assert_ne!(bodies(7), bodies(8));
}

#[test]
fn every_body_is_one_that_the_contract_takes() {
    for callback in live(3, 3_000) {
        let accepted =
            payload::parse(callback.body.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}: {}", callback.body));
        let key = callback.report.key();
        let record = Record::from_callback(accepted.callback).unwrap();
        assert_eq!(record.key, key);
        assert_eq!(record.run_attempt, callback.report.run_attempt);
    }
}

#[test]
fn nothing_is_reported_before_it_happened() {
    for callback in live(5, 3_000) {
        let report = &callback.report;
        let started = report.started_at.map(|at| at.millis()).unwrap_or(0);
        let completed = report.completed_at.map(|at| at.millis()).unwrap_or(started);
        assert!(started <= completed && completed <= callback.at, "{report:?}");
    }
}

#[test]
fn a_job_execution_has_a_key_of_its_own() {
    let mut executions = BTreeMap::<String, BTreeSet<(String, u32)>>::new();
    for callback in live(11, 3_000) {
        let job = (callback.report.job_name.clone(), callback.report.run_attempt);
        executions.entry(callback.report.key()).or_default().insert(job);
    }
    assert!(executions.values().all(|jobs| jobs.len() == 1));
}

#[test]
fn within_a_minute_of_five_a_second_all_backends_have_reported() {
    let callbacks = live(1, 300);
    let repos: BTreeSet<_> = callbacks.iter().map(|callback| callback.report.repo).collect();
    assert_eq!(repos.len(), BACKENDS.len());
    assert!(callbacks.iter().any(|callback| callback.report.completed_at.is_some()));
}

#[test]
fn everything_that_really_occurs_occurs() {
    let callbacks = live(2, 6_000);
    let seen = |what: &dyn Fn(&Callback) -> bool| callbacks.iter().any(what);
    for event in ["pull_request", "push", "nightly", "periodic"] {
        assert!(seen(&|callback| callback.report.event_type == event), "{event}");
    }
    for conclusion in ["success", "failure", "cancelled", "timed_out", "skipped", "neutral"] {
        assert!(
            seen(&|callback| callback.report.conclusion == Some(conclusion)),
            "{conclusion}"
        );
    }
    assert!(seen(&|callback| callback.report.run_attempt == 2));
    assert!(seen(&|callback| callback.body.len() > 20_000));
    let mut posted = BTreeMap::<(String, bool), usize>::new();
    for callback in &callbacks {
        *posted
            .entry((callback.report.key(), callback.report.completed_at.is_some()))
            .or_default() += 1;
    }
    assert!(posted.values().any(|times| *times > 1));
}
