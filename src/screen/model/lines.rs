//! Which rows of a matrix and of a pull request are shown.

use std::collections::BTreeSet;

use super::{AttemptRow, Only};
use crate::data::filter::Filter;
use crate::data::list::Line;
use crate::data::looked::Looked;
use crate::data::matrix::{Head, Matrix, Row};
use crate::data::pull_request::{self, PullRequest};
use crate::data::slot::Slot;

/// What a filter may name of a matrix: of its jobs,
pub(super) const OF_JOBS: [&str; 2] = ["job", "workflow"];
/// of its rows,
pub(super) const OF_ROWS: [&str; 4] = ["commit", "pr", "title", "author"];
/// and of a pull request's results.
pub(super) const OF_RESULTS: [&str; 6] = ["commit", "backend", "level", "workflow", "job", "result"];

/// Older commits of a pull request are folded away, unless they are wanted: unfolded, or found where the newest isn't. Where only some of
/// the jobs are seen, a row that failed or changed is one that did in these.
pub(super) fn of_matrix(
    matrix: &Matrix,
    filter: &Filter,
    only: Only,
    some: Option<&[Head]>,
    unfolded: &BTreeSet<u64>,
) -> (Vec<Line>, usize) {
    let has_failed = |number: u32, it: &Row| {
        let in_these = |heads: &[Head]| {
            heads
                .iter()
                .any(|head| matrix.failed(number as usize, head).next().is_some())
        };
        it.has_failed && some.is_none_or(in_these)
    };
    let found = |it: &Row| {
        if filter.is_empty() {
            return true;
        }
        let said = matrix.titles.get(&it.pr);
        let (title, author) = said.map_or(("", ""), |said| (said.title.as_str(), said.author.as_str()));
        let pr = it.pr.to_string();
        let [of_commit, of_pr, of_title, of_author] = OF_ROWS;
        filter.passes_in(&[
            (of_commit, &it.commit),
            (of_pr, &pr),
            (of_title, title),
            (of_author, author),
        ])
    };
    let changes = some.filter(|_| only.changes).map(|heads| matrix.changes(heads));
    let mut lines = Vec::with_capacity(matrix.rows.len());
    let (mut newest_is_found, mut folded) = (false, 0);
    for (number, it) in (0_u32..).zip(&matrix.rows) {
        let is_found = found(it);
        if it.is_newest() {
            newest_is_found = is_found;
        }
        let is_unfolded = unfolded.contains(&it.pr);
        let is_shown = it.is_newest() || !newest_is_found || is_unfolded;
        // Against the row below, as it is shown.
        let changed = changes.as_ref().map_or(it.changed, |changes| changes[number as usize]);
        let has_changed = match it.is_newest() && !is_unfolded {
            true => changed.since_pull_requests,
            false => changed.since_older,
        };
        let is_meant = is_found && (!only.failures || has_failed(number, it)) && (!only.changes || has_changed);
        match is_shown {
            true if is_meant => lines.push(Line::Row(number)),
            false if is_meant => folded += 1,
            _ => {}
        }
    }
    (lines, folded)
}

/// Headings and results, under each the attempts that are unfolded. Their rows are numbered behind those of the results, in the order in
/// which they are given beside.
pub(super) fn of_boxes(
    pull_request: &PullRequest,
    boxes: &[pull_request::Box],
    filter: &Filter,
    looked: &Looked,
) -> (Vec<Line>, Vec<AttemptRow>) {
    let (mut lines, mut attempt_rows) = (Vec::new(), Vec::new());
    for (number, it) in (0_u32..).zip(boxes) {
        let passes = |cell: &u32| {
            let cell = &pull_request.cells[*cell as usize];
            let texts = [
                it.commit.as_str(),
                &it.repo,
                &it.level,
                &cell.workflow_name,
                &cell.job_name,
                crate::data::glyph::word(cell),
            ];
            let columns = std::array::from_fn::<_, 6, _>(|at| (OF_RESULTS[at], texts[at]));
            filter.passes_in(&columns)
        };
        let mut has_heading = false;
        for result in it.cells.iter().copied().filter(passes) {
            if !has_heading {
                lines.push(Line::Heading(number));
                has_heading = true;
            }
            lines.push(Line::Row(result));
            let cell = &pull_request.cells[result as usize];
            let slot = looked.unfolded(cell).filter(|slot| !slot.is_outdated());
            let Some(attempts) = slot.and_then(Slot::value) else {
                continue;
            };
            for place in attempts.before(&cell.dynamoKey) {
                lines.push(Line::Row((pull_request.cells.len() + attempt_rows.len()) as u32));
                attempt_rows.push(AttemptRow { result, place });
            }
        }
    }
    (lines, attempt_rows)
}
