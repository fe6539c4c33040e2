//! What the screens show: the model's questions, answered and put into the model.

use std::collections::{BTreeMap, BTreeSet};

use oot_hud::data::Data;
use oot_hud::data::chosen::Commit;
use oot_hud::data::matrix::Matrix;
use oot_hud::data::pull_request::PullRequest;
use oot_hud::data::trend;
use oot_hud::screen::effect::Effect;
use oot_hud::screen::message::Message;
use oot_hud::screen::model::Model;
use oot_hud::screen::{run, update};
use oot_hud::settings::args::Command;
use oot_tests::reference::{self, Counts, DAY, Filters, Job, Levels, Outcome, View};
use proptest::prop_assert_eq;
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};

use super::shapes;
use crate::{Case, LISTED, World};

pub(crate) fn agree(world: &World, case: &Case<'_>) -> TestCaseResult {
    summary(world, case)?;
    backend(world, case)?;
    pull_request(world, case)?;
    commit(world, case)?;
    trends(world, case, case.ask.pr.is_multiple_of(2).then_some(case.ask.repo))
}

/// A screen that has its answer.
fn opened(world: &World, case: &Case<'_>, command: Command) -> Model {
    let mut model = run::model(&case.config(world), command, (120, 40), None);
    let mut effects = update::update(&mut model, Message::Tick(case.now));
    let Some(Effect::Ask {
        generation,
        subject,
        question,
        ..
    }) = effects.pop()
    else {
        panic!("a screen asks for what it shows: {effects:?}");
    };
    let sources = world.sources(case.layout);
    let asked = sources.answer(subject, &question, None, case.now);
    let answer = world.runtime.block_on(asked).map_err(|error| error.to_string());
    update::update(&mut model, Message::Answered { generation, answer });
    model
}

fn data(model: &Model) -> &Data {
    let slot = &model.screen().slot;
    slot.value().unwrap_or_else(|| panic!("no answer: {:?}", slot.error()))
}

fn summary(world: &World, case: &Case<'_>) -> TestCaseResult {
    let model = opened(world, case, Command::Summary);
    let Data::Summary {
        rows, relay, before, ..
    } = data(&model)
    else {
        panic!("another screen");
    };
    let filters = case.in_range();
    let expected = reference::standings(case.records, &filters, LISTED);
    let said: Vec<Value> = rows.iter().map(|row| serde_json::to_value(row).unwrap()).collect();
    let expected_rows: Vec<Value> = expected.iter().map(shapes::standing).collect();
    let said = shapes::picked(&said, &expected_rows[0]);
    prop_assert_eq!(said, expected_rows, "summary, {:?}", case.layout);

    let none = vec![None; trend::SHOWN];
    for row in rows {
        let rates = &row.daily.rates;
        let daily = if rates.is_empty() { &none } else { rates };
        let expected = reference::daily(case.records, &filters, &row.repo, trend::SHOWN as i64);
        prop_assert_eq!(daily, &expected, "days of {}, {:?}", &row.repo, case.layout);
    }

    let relay: Vec<_> = relay
        .iter()
        .flatten()
        .map(|row| (row.pr_number, row.failing.clone()))
        .collect();
    prop_assert_eq!(
        relay,
        reference::relay(case.records, &filters),
        "relay, {:?}",
        case.layout
    );

    // As it stood when the range began.
    let since = case.moment() - case.range();
    let earlier = Filters {
        since: Some(since - case.range()),
        as_of: Some(since),
        ..filters
    };
    prop_assert_eq!(
        *before,
        reference::overall_pass_rate(case.records, &earlier),
        "range before, {:?}",
        case.layout
    );
    Ok(())
}

fn backend(world: &World, case: &Case<'_>) -> TestCaseResult {
    let filters = Filters {
        repo: Some(case.ask.repo.to_owned()),
        ..case.in_range()
    };
    let repo = case.ask.repo.to_owned();
    let model = opened(world, case, Command::Backend { repo });
    let Data::Backend(backend) = data(&model) else {
        panic!("another screen");
    };
    let current = reference::current(case.records, &filters);
    let said: Option<Value> = backend.summary.as_ref().map(|row| serde_json::to_value(row).unwrap());
    let standings = reference::standings(case.records, &filters, LISTED);
    let stands = standings
        .iter()
        .find(|row| reference::is_same_repo(&row.repo, case.ask.repo));
    let expected: Vec<Value> = stands.map(shapes::standing).into_iter().collect();
    let keys = expected.first().cloned().unwrap_or_default();
    let said = shapes::picked(said.as_slice(), &keys);
    prop_assert_eq!(said, expected, "head of the matrix, {:?}", case.layout);

    let matrix = &backend.matrix;
    let expected = current.iter().map(|result| {
        let it = result.record.clone();
        (
            it.pr,
            result.commit.clone(),
            it.workflow,
            it.job,
            reference::glyph(result),
        )
    });
    prop_assert_eq!(in_matrix(matrix), expected.collect(), "matrix, {:?}", case.layout);
    let said: Vec<_> = matrix.rows.iter().map(|row| (row.pr, row.commit.clone())).collect();
    prop_assert_eq!(said, rows(&current), "rows, {:?}", case.layout);
    for row in matrix.rows.iter().filter(|row| row.pr > 0 && row.is_newest()) {
        let of_pr: Vec<&Outcome> = current.iter().filter(|result| result.record.pr == row.pr).collect();
        let newest = reference::newest_commit(&of_pr);
        prop_assert_eq!(
            Some(&row.commit),
            newest.as_ref(),
            "newest of PR {}, {:?}",
            row.pr,
            case.layout
        );
    }
    let lately = Filters {
        since: Some(case.moment() - 14 * DAY),
        ..filters.clone()
    };
    let jobs = reference::jobs(&reference::current(case.records, &lately));
    for (column, usual) in matrix.columns.iter().zip(&matrix.usual) {
        let name = [
            case.ask.repo.to_lowercase(),
            column.workflow.clone(),
            column.job.clone(),
        ];
        let expected = jobs.get(&name).cloned().unwrap_or_default();
        prop_assert_eq!(
            (usual.success, usual.failure, usual.duration),
            (expected.success, expected.failure, expected.duration),
            "usual for {:?}, {:?}",
            name,
            case.layout
        );
    }
    Ok(())
}

/// Pull request and commit of each row: the newest activity first, and of one moment the greater.
fn rows(current: &[Outcome]) -> Vec<(u64, String)> {
    let mut newest = BTreeMap::<(u64, &str), i64>::new();
    for result in current {
        let seen = newest.entry((result.record.pr, &result.commit)).or_insert(result.seen);
        *seen = result.seen.max(*seen);
    }
    // The commits of a pull request stand together; what is of none stands by itself.
    let active = |pr: u64, commit: &str| {
        let own = newest
            .iter()
            .filter(|((of, other), _)| *of == pr && (pr > 0 || *other == commit));
        own.map(|(_, seen)| *seen).max()
    };
    let mut rows: Vec<_> = newest
        .iter()
        .map(|((pr, commit), seen)| (*pr, *commit, *seen))
        .collect();
    rows.sort_by_cached_key(|(pr, commit, seen)| {
        let by_itself = if *pr == 0 { *commit } else { "" };
        std::cmp::Reverse((active(*pr, commit), *pr, by_itself, *seen, *commit))
    });
    rows.into_iter()
        .map(|(pr, commit, _)| (pr, commit.to_owned()))
        .collect()
}

/// Pull request, commit, workflow, job and letter of each cell.
fn in_matrix(matrix: &Matrix) -> BTreeSet<(u64, String, String, String, char)> {
    let mut found = BTreeSet::new();
    for (number, row) in matrix.rows.iter().enumerate() {
        for (place, column) in matrix.columns.iter().enumerate() {
            if let Some(mark) = matrix.mark(number, place) {
                let (workflow, job) = (column.workflow.clone(), column.job.clone());
                found.insert((row.pr, row.commit.clone(), workflow, job, mark.glyph().0));
            }
        }
    }
    found
}

fn cells(case: &Case<'_>, current: &[Outcome]) -> Vec<Value> {
    let levels = Levels::of(case.records, &case.all());
    let level = |result: &Outcome| levels.level(current, &result.record.repo, LISTED);
    current
        .iter()
        .map(|result| shapes::cell_expected(result, level(result)))
        .collect()
}

fn pull_request(world: &World, case: &Case<'_>) -> TestCaseResult {
    let filters = Filters {
        pr: Some(case.ask.pr),
        ..case.all()
    };
    let (number, commit) = (case.ask.pr, Commit::Latest);
    let model = opened(world, case, Command::Pr { number, commit });
    let current = reference::current(case.records, &filters);
    let newest = reference::newest_commit(&current.iter().collect::<Vec<_>>());
    let shown = |result: &&Outcome| Some(&result.commit) == newest.as_ref();
    boxes(
        case,
        &model,
        &current,
        &current.iter().filter(shown).collect::<Vec<_>>(),
    )
}

fn commit(world: &World, case: &Case<'_>) -> TestCaseResult {
    let sha = case.ask.commit.to_owned();
    let filters = Filters {
        commit: Some(sha.clone()),
        ..case.all()
    };
    let model = opened(world, case, Command::Commit { sha });
    let current = reference::current(case.records, &filters);
    boxes(case, &model, &current, &current.iter().collect::<Vec<_>>())
}

/// The boxes hold what is shown, and each result has beside it what is usual for its job.
fn boxes(case: &Case<'_>, model: &Model, current: &[Outcome], shown: &[&Outcome]) -> TestCaseResult {
    let Data::PullRequest(it) = data(model) else {
        panic!("another screen");
    };
    let (place, layout) = (&model.screen().place, case.layout);
    let said: Vec<Value> = it.cells.iter().map(shapes::cell).collect();
    prop_assert_eq!(said, cells(case, current), "{:?}, {:?}", place, layout);

    // Commit and repository, its level, how many failed, run, passed and did otherwise, and of which records.
    let said: BTreeSet<String> = model
        .screen()
        .boxes
        .iter()
        .map(|of| {
            let keys: BTreeSet<&str> = of
                .cells
                .iter()
                .map(|cell| it.cells[*cell as usize].dynamoKey.as_str())
                .collect();
            let counts = [of.failed, of.running, of.passed, of.other];
            json!([of.commit, of.repo.to_lowercase(), of.level, of.probe, counts, keys]).to_string()
        })
        .collect();
    let mut by_repo = BTreeMap::<(String, String), Vec<&Outcome>>::new();
    for result in shown {
        let of = (result.commit.clone(), result.record.repo.to_lowercase());
        by_repo.entry(of).or_default().push(result);
    }
    let levels = Levels::of(case.records, &case.all());
    let expected: BTreeSet<String> = by_repo
        .iter()
        .map(|((commit, repo), results)| {
            let keys: BTreeSet<&str> = results.iter().map(|result| result.record.key.as_str()).collect();
            let level = levels.level(current, repo, LISTED).unwrap_or_default();
            let it = Counts::of(results);
            let counts = [
                it.failure + it.timed_out,
                it.running,
                it.success,
                it.cancelled + it.other,
            ];
            json!([
                commit,
                repo,
                level,
                reference::is_same_repo(repo, reference::PROBE),
                counts,
                keys
            ])
            .to_string()
        })
        .collect();
    prop_assert_eq!(said, expected, "boxes of {:?}, {:?}", place, layout);
    usual(case, it, current)
}

/// Told from two weeks of pull requests, whatever is looked at.
fn usual(case: &Case<'_>, it: &PullRequest, current: &[Outcome]) -> TestCaseResult {
    let lately = Filters {
        view: View::Pr,
        since: Some(case.moment() - 14 * DAY),
        ..case.all()
    };
    let lately = reference::current(case.records, &lately);
    let jobs = reference::jobs(&lately);
    for (usual, result) in it.usual.iter().zip(current) {
        let expected = jobs
            .get(&reference::job_of(&result.record))
            .cloned()
            .unwrap_or_default();
        prop_assert_eq!(
            (usual.success, usual.failure, usual.duration, usual.failing_prs),
            (
                expected.success,
                expected.failure,
                expected.duration,
                reference::failing_prs(result, &lately)
            ),
            "usual for {}, {:?}",
            &result.record.key,
            case.layout
        );
    }
    Ok(())
}

fn trends(world: &World, case: &Case<'_>, repo: Option<&str>) -> TestCaseResult {
    let repo = repo.map(str::to_owned);
    let filters = Filters {
        repo: repo.clone(),
        ..case.in_range()
    };
    let model = opened(world, case, Command::Trends { repo, jobs: false });
    let Data::Trends(trends) = data(&model) else {
        panic!("another screen");
    };
    let (days, jobs) = reference::trends(case.records, &filters, case.range());
    prop_assert_eq!(trends.first, days[0].number, "the first day");
    let said: Vec<Value> = trends
        .days
        .iter()
        .map(|day| shapes::day_on_screen(day.as_ref()))
        .collect();
    let expected: Vec<Value> = days.iter().map(shapes::day_expected).collect();
    prop_assert_eq!(said, expected, "days, {:?}", case.layout);

    let mut said = BTreeMap::new();
    for job in &trends.jobs {
        let figures = Job {
            success: job.success,
            failure: job.failure,
            flaky: job.flaky,
            duration: job.duration,
        };
        let name = [job.repo.to_lowercase(), job.workflow.clone(), job.job.clone()];
        prop_assert_eq!(said.insert(name, figures), None, "a job stands once");
    }
    prop_assert_eq!(said, jobs, "jobs, {:?}", case.layout);
    Ok(())
}
