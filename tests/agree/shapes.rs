//! What is expected, in the shapes that surfaces have.

use oot_hud::data::glyph::Mark;
use oot_hud::source::{Cell, TrendRow};
use oot_tests::history::rfc3339;
use oot_tests::reference::{self, Day, Layout, Outcome, Standing, Verdict};
use serde_json::{Value, json};

fn given(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// Of what a surface says, only what is expected of something.
pub(crate) fn picked(said: &[Value], keys: &Value) -> Vec<Value> {
    let pick = |row: &Value| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(|(key, _)| (key.clone(), row[key].clone()))
            .collect::<serde_json::Map<_, _>>()
    };
    said.iter().map(|row| Value::Object(pick(row))).collect()
}

/// A current result, printed.
pub(crate) fn result(result: &Outcome, layout: Layout) -> Value {
    let it = &result.record;
    json!({
        "dynamoKey": it.key,
        "status": if it.completed { "completed" } else { "in_progress" },
        "conclusion": given(&it.conclusion),
        "verdict": word(result.verdict),
        "downstream_repo": it.repo,
        "downstream_repo_level": given(&it.level),
        "probe": reference::is_same_repo(&it.repo, reference::PROBE),
        "event_type": given(&it.event),
        "pr_number": Some(it.pr).filter(|pr| *pr > 0),
        "pytorch_head_sha": given(&it.sha),
        "delivery_id": it.delivery,
        "workflow_name": it.workflow,
        "job_name": it.job,
        "run_attempt": it.attempt,
        "attempts": result.attempts,
        "flaky": result.flaky,
        "passed_before": result.passed_before,
        "failed_before": result.failed_before,
        "overdue": result.overdue,
        "queue_time": it.queue_time,
        "execution_time": it.execution_time,
        "duration_seconds": result.duration,
        "started_at": it.started.map(rfc3339),
        "completed_at": it.ended.map(rfc3339),
        "created_at": (layout == Layout::Own).then(|| rfc3339(it.created)),
        "failed_tests": it.failed_tests,
    })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Success => "success",
        Verdict::Failure => "failure",
        Verdict::TimedOut => "timed_out",
        Verdict::Cancelled => "cancelled",
        Verdict::Other => "other",
        Verdict::Running => "running",
    }
}

/// A repository, printed.
pub(crate) fn standing(it: &Standing) -> Value {
    json!({
        "repo": it.repo,
        "probe": it.probe,
        "level": it.level,
        "success": it.counts.success,
        "failure": it.counts.failure,
        "timed_out": it.counts.timed_out,
        "cancelled": it.counts.cancelled,
        "other": it.counts.other,
        "running": it.counts.running,
        "overdue": it.counts.overdue,
        "total": it.counts.total(),
        "pass_rate": it.counts.pass_rate(),
        "duration_p50": it.duration_p50,
        "duration_p95": it.duration_p95,
        "queue_p50": it.queue_p50,
        "last_run": it.last_run.map(rfc3339),
        "on_call": null,
    })
}

/// A day, printed.
pub(crate) fn day(it: &Day) -> Value {
    json!({
        "day": rfc3339(it.number * reference::DAY)[..10],
        "success": it.counts.success,
        "failure": it.counts.failure,
        "timed_out": it.counts.timed_out,
        "total": it.counts.total(),
        "flaky": it.counts.flaky,
        "pass_rate": it.counts.pass_rate(),
        "duration_p50": it.duration_p50,
        "queue_p50": it.queue_p50,
    })
}

/// A day on screen; one without results is none.
pub(crate) fn day_on_screen(row: Option<&TrendRow>) -> Value {
    let finite = |seconds: f64| Some(seconds).filter(|seconds| !seconds.is_nan());
    match row {
        None => json!([0, 0, 0, 0, 0, null, null]),
        Some(row) => json!([
            row.success,
            row.failure,
            row.timed_out,
            row.total,
            row.flaky_jobs,
            finite(row.duration_p50),
            finite(row.queue_p50)
        ]),
    }
}

/// The same, as it is expected.
pub(crate) fn day_expected(it: &Day) -> Value {
    let counts = &it.counts;
    json!([
        counts.success,
        counts.failure,
        counts.timed_out,
        counts.total(),
        counts.flaky,
        it.duration_p50,
        it.queue_p50
    ])
}

/// A cell on screen.
pub(crate) fn cell(cell: &Cell) -> Value {
    json!({
        "key": cell.dynamoKey,
        "commit": cell.commit,
        "level": given(&cell.level),
        "said_level": given(&cell.downstream_repo_level),
        "verdict": format!("{:?}", cell.verdict()),
        "glyph": Mark::of(cell).glyph().0,
        "ended": cell.ended,
        "attempts": cell.attempts,
        "flaky": cell.flaky,
        "passed_before": cell.passed_before,
        "failed_before": cell.failed_before,
        "overdue": cell.overdue,
        "started": cell.started,
        "completed": cell.completed,
        "duration": cell.duration,
        "queue": cell.queue_time,
        "failed_tests": cell.failed_tests,
    })
}

/// The same, as it is expected, with the level of its repository.
pub(crate) fn cell_expected(result: &Outcome, level: Option<String>) -> Value {
    let it = &result.record;
    json!({
        "key": it.key,
        "commit": result.commit,
        "level": level,
        "said_level": given(&it.level),
        "verdict": format!("{:?}", result.verdict),
        "glyph": reference::glyph(result),
        "ended": it.completed,
        "attempts": result.attempts,
        "flaky": result.flaky,
        "passed_before": result.passed_before,
        "failed_before": result.failed_before,
        "overdue": result.overdue,
        "started": it.started,
        "completed": it.ended,
        "duration": result.duration,
        "queue": it.queue_time,
        "failed_tests": it.failed_tests,
    })
}
