//! Which rows of a matrix and of a pull request are shown.

use std::collections::BTreeSet;

use super::Only;
use crate::list::{Filter, Line};
use crate::matrix::{Head, Matrix};
use crate::pull_request::{self, PullRequest};

/// Older commits of a pull request are folded away, unless they are wanted: unfolded, or found where the newest isn't.
pub(super) fn of_matrix(
    matrix: &Matrix,
    heads: &[Head],
    filter: &Filter,
    only: Only,
    unfolded: &BTreeSet<u64>,
) -> Vec<Line> {
    let failing = |row: usize| heads.iter().any(|head| matrix.failed(row, head).next().is_some());
    let found = |row: usize| {
        let it = &matrix.rows[row];
        let said = matrix.titles.get(&it.pr);
        let (title, author) = said.map_or(("", ""), |said| (said.title.as_str(), said.author.as_str()));
        let pr = it.pr.to_string();
        filter.passes_in(&[
            ("commit", &it.commit),
            ("pr", &pr),
            ("title", title),
            ("author", author),
        ])
    };
    let mut lines = Vec::new();
    let mut newest_is_found = false;
    for (number, row) in (0_u32..).zip(0..matrix.rows.len()) {
        let it = &matrix.rows[row];
        let is_found = found(row);
        if it.is_newest() {
            newest_is_found = is_found;
        }
        let is_shown = it.is_newest() || !newest_is_found || unfolded.contains(&it.pr);
        if is_shown && is_found && (!only.failures || failing(row)) && (!only.changes || matrix.has_changed(row)) {
            lines.push(Line::Row(number));
        }
    }
    lines
}

pub(super) fn of_boxes(pull_request: &PullRequest, boxes: &[pull_request::Box], filter: &Filter) -> Vec<Line> {
    let mut lines = Vec::new();
    for (number, it) in (0_u32..).zip(boxes) {
        let passes = |cell: &u32| {
            let cell = &pull_request.cells[*cell as usize];
            let columns = [
                ("commit", it.commit.as_str()),
                ("backend", &it.repo),
                ("level", &it.level),
                ("workflow", &cell.workflow_name),
                ("job", &cell.job_name),
                ("result", crate::glyph::word(cell)),
            ];
            filter.passes_in(&columns)
        };
        let rows: Vec<Line> = it.cells.iter().copied().filter(passes).map(Line::Row).collect();
        if !rows.is_empty() {
            lines.push(Line::Heading(number));
            lines.extend(rows);
        }
    }
    lines
}
