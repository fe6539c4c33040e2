//! What the programs print.

use oot_tests::history::rfc3339;
use oot_tests::reference::{self, Filters, Outcome, View};
use oot_tests::{Printed, hud};
use proptest::prop_assert_eq;
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};

use super::shapes;
use crate::{Case, LISTED, World};

pub(crate) fn agree(world: &World, case: &Case<'_>) -> TestCaseResult {
    status(world, case)?;
    // One command a case and table: a process takes its time, and the screens stand on the same rows.
    match case.records.len() % 5 {
        0 => summary(world, case),
        1 => backend(world, case),
        2 => pull_request(world, case),
        3 => commit(world, case),
        _ => trends(world, case),
    }
}

fn run(world: &World, case: &Case<'_>, command: &[&str], chosen: bool) -> Printed {
    let (range, as_of) = (
        match case.ask.range {
            1 => "24h".to_owned(),
            days => format!("{days}d"),
        },
        case.ask.as_of.map(rfc3339),
    );
    let mut arguments = [command, &["--table", case.table(), "--format", "json"]].concat();
    if chosen {
        let view = match case.ask.view {
            View::Pr => "pr",
            View::Push => "push",
            View::Nightly => "nightly",
            View::Periodic => "periodic",
            View::All => "all",
        };
        arguments.extend(["--range", &range, "--event", view]);
    }
    if let Some(as_of) = &as_of {
        arguments.extend(["--as-of", as_of]);
    }
    hud(&world.clickhouse.url, &arguments)
}

/// The rows are those that are expected.
fn rows(printed: &Printed, expected: &[Value], what: &str) -> TestCaseResult {
    prop_assert_eq!(printed.code, Some(0), "{}: {}", what, printed.stderr);
    let said = printed.json();
    let said = said.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(first) = expected.first() else {
        prop_assert_eq!(said.len(), 0, "{}", what);
        return Ok(());
    };
    prop_assert_eq!(shapes::picked(said, first), expected, "{}", what);
    Ok(())
}

fn results(case: &Case<'_>, results: &[Outcome]) -> Vec<Value> {
    results
        .iter()
        .map(|result| shapes::result(result, case.layout))
        .collect()
}

/// Has the repository that is asked for never reported?
fn is_nobody(case: &Case<'_>) -> bool {
    let mut repos = case.records.iter().map(|record| &record.repo);
    !repos.any(|repo| repo.eq_ignore_ascii_case(case.ask.repo))
}

fn refused(printed: &Printed, what: &str) -> TestCaseResult {
    prop_assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""), "{}", what);
    Ok(())
}

fn summary(world: &World, case: &Case<'_>) -> TestCaseResult {
    let list = world.list.path().to_str().unwrap();
    let printed = run(world, case, &["summary", "--allowlist", list], true);
    let expected: Vec<Value> = reference::standings(case.records, &case.in_range(), LISTED)
        .iter()
        .map(shapes::standing)
        .collect();
    rows(&printed, &expected, "summary, printed")
}

fn backend(world: &World, case: &Case<'_>) -> TestCaseResult {
    let filters = Filters {
        repo: Some(case.ask.repo.to_owned()),
        ..case.in_range()
    };
    let expected = results(case, &reference::current(case.records, &filters));
    let printed = run(world, case, &["backend", case.ask.repo], true);
    if is_nobody(case) {
        return refused(&printed, "backend, printed");
    }
    rows(&printed, &expected, "backend, printed")
}

fn pull_request(world: &World, case: &Case<'_>) -> TestCaseResult {
    let filters = Filters {
        pr: Some(case.ask.pr),
        ..case.all()
    };
    let current = reference::current(case.records, &filters);
    let newest = reference::newest_commit(&current.iter().collect::<Vec<_>>());
    let on_newest: Vec<Outcome> = current
        .into_iter()
        .filter(|result| Some(&result.commit) == newest.as_ref())
        .collect();
    let printed = run(world, case, &["pr", &case.ask.pr.to_string()], false);
    if on_newest.is_empty() {
        return refused(&printed, "pull request, printed");
    }
    rows(&printed, &results(case, &on_newest), "pull request, printed")
}

fn commit(world: &World, case: &Case<'_>) -> TestCaseResult {
    let filters = Filters {
        commit: Some(case.ask.commit.to_owned()),
        ..case.all()
    };
    let expected = results(case, &reference::current(case.records, &filters));
    let printed = run(world, case, &["commit", case.ask.commit], false);
    if expected.is_empty() {
        return refused(&printed, "commit, printed");
    }
    rows(&printed, &expected, "commit, printed")
}

fn trends(world: &World, case: &Case<'_>) -> TestCaseResult {
    let filters = Filters {
        repo: Some(case.ask.repo.to_owned()),
        ..case.in_range()
    };
    let printed = run(world, case, &["trends", case.ask.repo], true);
    // A new day may have begun, on which the program counts others.
    let began =
        time::OffsetDateTime::now_utc().unix_timestamp_nanos() as i64 / reference::DAY != case.now / reference::DAY;
    if case.ask.as_of.is_none() && began {
        return Ok(());
    }
    if is_nobody(case) {
        return refused(&printed, "trends, printed");
    }
    let (days, _) = reference::trends(case.records, &filters, case.range());
    let expected: Vec<Value> = days.iter().map(shapes::day).collect();
    rows(&printed, &expected, "trends, printed")
}

/// It is of now, whatever else is asked.
fn status(world: &World, case: &Case<'_>) -> TestCaseResult {
    let printed = hud(
        &world.clickhouse.url,
        &["status", "--table", case.table(), "--format", "json"],
    );
    let expected = reference::health(case.records, case.layout, case.now);
    let (state, code) = if expected.degraded {
        ("degraded", 1)
    } else {
        ("healthy", 0)
    };
    let failing: Vec<Value> = expected
        .relay_failing
        .iter()
        .map(|(pr, jobs)| json!({ "pr": pr, "jobs": jobs }))
        .collect();
    let expected = json!({
        "state": state,
        "pass_rate": expected.pass_rate,
        "backends": expected.backends,
        "red": expected.red,
        "running": expected.running,
        "overdue": expected.overdue,
        "relay": expected.relay,
        "relay_failing": failing,
        "newest_result_at": expected.newest.map(rfc3339),
    });
    let mut said = printed.json();
    if let Some(red) = said["red"].as_array_mut() {
        red.sort_by_key(Value::to_string);
    }
    prop_assert_eq!(printed.code, Some(code), "status: {}", said);
    prop_assert_eq!(shapes::picked(&[said], &expected), [expected], "status");
    Ok(())
}
