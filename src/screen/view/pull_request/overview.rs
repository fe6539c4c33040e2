//! What stands over a pull request's boxes: its commit, how many backends failed, and what a merge waits for.

use ratatui::text::{Line, Span};

use super::state;
use crate::data::GATING;
use crate::data::figures::counted;
use crate::data::glyph::Tone;
use crate::data::pull_request::PullRequest;
use crate::data::repo::same_repo;
use crate::keys::action::Action;
use crate::screen::model::{Model, Place};
use crate::screen::view::style;
use crate::source::Verdict;

/// Which commit it is, and how its backends did.
pub(super) fn commit(model: &Model, pull_request: &PullRequest) -> Line<'static> {
    let screen = model.screen();
    let commits = pull_request.commits.len();
    let mut spans = match screen.shown_commit() {
        Some(at) => {
            let commit = pull_request.commits[at].as_str();
            let place = match (at, commits) {
                _ if matches!(screen.place, Place::Commit(_)) => {
                    of_pull_requests(model, &pull_request.numbers_of(commit))
                }
                (_, 1) => ", the only one".to_owned(),
                (0, commits) => format!(", newest of {commits}"),
                (at, commits) => format!(", {} of {commits}, older", at + 1),
            };
            vec![
                Span::styled(" commit ", style::dim()),
                Span::styled(commit.get(..8).unwrap_or(commit).to_owned(), style::bold()),
                Span::styled(place, style::dim()),
            ]
        }
        None => {
            let shown = pull_request.chosen(&screen.commit).len();
            vec![Span::styled(format!(" {shown} of {commits} commits"), style::dim())]
        }
    };
    let mut boxes = PullRequest::newest_of(&screen.boxes);
    boxes.retain(|it| !it.probe);
    let count = |verdict: Verdict| boxes.iter().filter(|it| it.verdict() == verdict).count();
    spans.push(Span::styled(
        format!(" · {}", counted(boxes.len(), "backend")),
        style::dim(),
    ));
    for (verdict, word, tone) in [
        (Verdict::Failure, "failed", Tone::Bad),
        (Verdict::Running, "running", Tone::Running),
        (Verdict::Success, "passed", Tone::Good),
    ] {
        if count(verdict) > 0 {
            spans.push(Span::styled(" · ", style::dim()));
            spans.push(Span::styled(
                format!("{} {word}", count(verdict)),
                style::of(tone, model),
            ));
        }
    }
    Line::from(spans)
}

/// Whose commit it is, and the key that leads there.
fn of_pull_requests(model: &Model, numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(|number| format!("#{number}")).collect();
    match numbers.as_slice() {
        [] => " of no pull request".to_owned(),
        numbers => {
            let key = model.keymap.shown(Action::PullRequest);
            format!(" of PR {} ({key} opens it)", numbers.join(", "))
        }
    }
}

/// Backends that a merge waits for: those that reported as gating, and those of the allowlist that did not report at all. None where no
/// pull request is to be merged.
pub(super) fn to_merge(model: &Model, pull_request: &PullRequest) -> Option<Line<'static>> {
    if pull_request.cells.iter().all(|cell| cell.pr_number == 0) {
        return None;
    }
    let mut spans = vec![Span::styled(format!(" to merge ({GATING})"), style::dim())];
    let boxes = PullRequest::newest_of(&model.screen().boxes);
    let reported = boxes.iter().filter(|it| it.level == GATING && !it.probe);
    let mut gating: Vec<(char, Tone, &str)> = reported
        .map(|it| {
            let (letter, tone) = state(it);
            (letter, tone, it.repo.as_str())
        })
        .collect();
    let silent = pull_request.gating.iter();
    let silent = silent.filter(|repo| !boxes.iter().any(|it| same_repo(&it.repo, repo)));
    gating.extend(silent.map(|repo| ('–', Tone::Dim, repo.as_str())));
    if gating.is_empty() {
        spans.push(Span::styled("  no gating backend is known", style::dim()));
    }
    for (letter, tone, repo) in gating {
        spans.push(Span::styled(format!("  {letter}"), style::of(tone, model)));
        spans.push(Span::raw(format!(" {repo}")));
    }
    Some(Line::from(spans))
}
