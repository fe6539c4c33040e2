//! The summary's table: its columns, by which of them it is sorted, and its lines.
//!
//! Whatever can be seen can be sorted by and filtered for: columns are this one table.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::figures::{age, count, duration, percent};
use crate::list::{Filter, Line};
use crate::rows::Summary;

/// The levels, highest first, each with what it means. The last is for who has none.
pub const LEVELS: [(&str, &str); 5] = [
    ("L4", "merge-gating"),
    ("L3", "check run on request"),
    ("L2", "results on the HUD"),
    ("L1", "webhook only"),
    ("", "not on the allowlist"),
];

/// A column of numbers.
pub struct Column {
    /// As it is called on screen and in filters.
    pub head: &'static str,
    pub width: usize,
    /// What stands in it at a moment, in nanoseconds since 1970.
    pub text: fn(&Summary, i64) -> String,
    /// What it is sorted by, smallest first; none stands last.
    key: fn(&Summary) -> Option<f64>,
}

const fn column(
    head: &'static str,
    width: usize,
    text: fn(&Summary, i64) -> String,
    key: fn(&Summary) -> Option<f64>,
) -> Column {
    Column { head, width, text, key }
}

/// More stands before less.
fn most(number: u64) -> Option<f64> {
    Some(-(number as f64))
}

/// Every column. What is worst, most, longest or newest stands first when it is sorted by it.
pub const COLUMNS: &[Column] = &[
    column("pass", 7, |row, _| percent(row.pass_rate), |row| row.pass_rate),
    column("ok", 6, |row, _| count(row.success), |row| most(row.success)),
    column("fail", 6, |row, _| count(row.failure), |row| most(row.failure)),
    column("time", 5, |row, _| count(row.timed_out), |row| most(row.timed_out)),
    column("canc", 5, |row, _| count(row.cancelled), |row| most(row.cancelled)),
    column("other", 6, |row, _| count(row.other), |row| most(row.other)),
    column("run", 5, |row, _| count(row.running), |row| most(row.running)),
    column("total", 6, |row, _| count(row.total), |row| most(row.total)),
    column(
        "p50",
        6,
        |row, _| duration(row.duration_p50),
        |row| row.duration_p50.map(|it| -it),
    ),
    column(
        "p95",
        6,
        |row, _| duration(row.duration_p95),
        |row| row.duration_p95.map(|it| -it),
    ),
    column(
        "queue",
        6,
        |row, _| duration(row.queue_p50),
        |row| row.queue_p50.map(|it| -it),
    ),
    column(
        "last",
        6,
        |row, moment| row.last_run.map_or("–".to_owned(), |at| age(at, moment)),
        |row| row.last_run.map(|at| -(at as f64)),
    ),
];

/// By what the rows of each level are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sort {
    /// A number in [`COLUMNS`]; one beyond is the name.
    pub column: usize,
    pub reversed: bool,
}

impl Sort {
    #[must_use]
    pub fn next(self) -> Self {
        Self {
            column: (self.column + 1) % (COLUMNS.len() + 1),
            reversed: false,
        }
    }

    #[must_use]
    pub fn reverse(self) -> Self {
        Self {
            reversed: !self.reversed,
            ..self
        }
    }

    /// The mark at the head of its column.
    pub fn mark(self) -> char {
        if self.reversed { '▴' } else { '▾' }
    }

    fn compare(self, one: &Summary, other: &Summary) -> std::cmp::Ordering {
        let by_name = one.repo.to_lowercase().cmp(&other.repo.to_lowercase());
        let turned = |order: std::cmp::Ordering| if self.reversed { order.reverse() } else { order };
        let Some(column) = COLUMNS.get(self.column) else {
            return turned(by_name);
        };
        match ((column.key)(one), (column.key)(other)) {
            (Some(a), Some(b)) => turned(a.total_cmp(&b)),
            // Whoever has none is last either way.
            (a, b) => b.is_some().cmp(&a.is_some()),
        }
        .then(by_name)
    }
}

/// The rows that pass, level by level.
pub fn lines(rows: &[Summary], filter: &Filter, sort: Sort, moment: i64) -> Vec<Line> {
    let mut lines = Vec::with_capacity(rows.len() + LEVELS.len());
    for (number, (level, _)) in (0_u32..).zip(LEVELS) {
        let belongs = |row: &Summary| match row.level.as_deref() {
            Some(own) if LEVELS.iter().any(|(known, _)| *known == own) => own == level,
            _ => level.is_empty(),
        };
        let passes = |row: &Summary| {
            filter.passes_by_column(&[&row.repo, level], |name| match name {
                "backend" => Some(Cow::Borrowed(row.repo.as_str())),
                "level" => Some(Cow::Borrowed(level)),
                name => {
                    let column = COLUMNS.iter().find(|column| column.head == name)?;
                    Some(Cow::Owned((column.text)(row, moment)))
                }
            })
        };
        let mut section: Vec<(u32, &Summary)> = (0_u32..)
            .zip(rows)
            .filter(|(_, row)| !row.probe && belongs(row) && passes(row))
            .collect();
        section.sort_by(|(_, one), (_, other)| sort.compare(one, other));
        if !section.is_empty() {
            lines.push(Line::Heading(number));
            lines.extend(section.into_iter().map(|(row, _)| Line::Row(row)));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(repo: &str, pass_rate: Option<f64>, failure: u64) -> Summary {
        Summary {
            repo: repo.to_owned(),
            level: Some("L2".to_owned()),
            pass_rate,
            failure,
            ..Summary::default()
        }
    }

    fn names(rows: &[Summary], filter: &str, sort: Sort) -> String {
        let lines = lines(rows, &Filter::new(filter), sort, 0);
        let names = lines.iter().filter_map(|line| match line {
            Line::Row(number) => Some(rows[*number as usize].repo.as_str()),
            Line::Heading(_) => None,
        });
        names.collect::<Vec<_>>().join(" ")
    }

    fn by(head: &str) -> Sort {
        let column = COLUMNS.iter().position(|column| column.head == head);
        Sort {
            column: column.unwrap_or(COLUMNS.len()),
            reversed: false,
        }
    }

    #[test]
    fn every_column_sorts_both_ways_and_none_stands_last() {
        let rows = [
            row("c/c", Some(0.9), 3),
            row("a/a", None, 0),
            row("B/b", Some(0.5), 7),
            row("d/d", Some(0.9), 1),
        ];
        assert_eq!(names(&rows, "", Sort::default()), "B/b c/c d/d a/a");
        assert_eq!(names(&rows, "", Sort::default().reverse()), "c/c d/d B/b a/a");
        assert_eq!(names(&rows, "", by("fail")), "B/b c/c d/d a/a");
        assert_eq!(names(&rows, "", by("name")), "a/a B/b c/c d/d");
        assert_eq!(names(&rows, "", by("name").reverse()), "d/d c/c B/b a/a");
        let mut sort = Sort::default();
        for _ in 0..=COLUMNS.len() {
            sort = sort.next();
        }
        assert_eq!(sort, Sort::default());
    }

    #[test]
    fn a_filter_names_a_column() {
        let rows = [row("c/c90", Some(0.9), 3), row("B/b", Some(0.5), 90)];
        assert_eq!(names(&rows, "90", Sort::default()), "c/c90");
        assert_eq!(names(&rows, "%pass 90", Sort::default()), "c/c90");
        assert_eq!(names(&rows, "%fail 90", Sort::default()), "B/b");
        assert_eq!(names(&rows, "!%fail 90", Sort::default()), "c/c90");
        assert_eq!(names(&rows, "%level l2 %backend b/", Sort::default()), "B/b");
        assert_eq!(names(&rows, "%nosuch 1", Sort::default()), "");
    }
}
