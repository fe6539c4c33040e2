//! The summary's table: its columns, by which of them it is sorted, and its lines.
//!
//! Whatever can be seen can be sorted by and filtered for: columns are this one table.

use super::{LEVELS, Summary, place_of};
use crate::data::figures::{age, duration, percent, short_count};
use crate::data::filter::Filter;
use crate::data::list::Line;
use crate::data::repo::repo_key;
use crate::data::table::{self, Column, Sort, number};

/// Every column. What is worst, most, longest or newest stands first when it is sorted by it.
pub const COLUMNS: &[Column<Summary>] = &[
    Column::least_first("pass", 7, |row, _| percent(row.pass_rate), |row| row.pass_rate),
    Column::most_first("ok", 6, |row, _| short_count(row.success), |row| number(row.success)),
    Column::most_first("fail", 6, |row, _| short_count(row.failure), |row| number(row.failure)),
    Column::most_first(
        "time",
        5,
        |row, _| short_count(row.timed_out),
        |row| number(row.timed_out),
    ),
    Column::most_first(
        "canc",
        5,
        |row, _| short_count(row.cancelled),
        |row| number(row.cancelled),
    ),
    Column::most_first("other", 6, |row, _| short_count(row.other), |row| number(row.other)),
    Column::most_first("run", 5, |row, _| short_count(row.running), |row| number(row.running)),
    Column::most_first("total", 6, |row, _| short_count(row.total), |row| number(row.total)),
    Column::most_first("p50", 6, |row, _| duration(row.duration_p50), |row| row.duration_p50),
    Column::most_first("p95", 6, |row, _| duration(row.duration_p95), |row| row.duration_p95),
    Column::most_first("queue", 6, |row, _| duration(row.queue_p50), |row| row.queue_p50),
    Column::least_first(
        "last",
        6,
        |row, moment| row.last_run.map_or("–".to_owned(), |at| age(at, moment)),
        // By its age, as it is written.
        |row| row.last_run.map(|at| -(at as f64)),
    ),
];

/// The rows that pass, level by level.
pub fn lines(rows: &[Summary], filter: &Filter, sort: Sort, moment: i64) -> Vec<Line> {
    let mut lines = Vec::with_capacity(rows.len() + LEVELS.len());
    for (number, (level, _)) in (0_u32..).zip(LEVELS) {
        let belongs = |row: &Summary| place_of(row.level.as_deref()) == number as usize;
        let passes = |row: &Summary| {
            // Only where there is a filter it matters.
            let oncalls = if filter.is_empty() {
                String::new()
            } else {
                row.on_call()
            };
            let names = [("backend", row.repo.as_str()), ("level", level), ("oncall", &oncalls)];
            table::passes(filter, &names, COLUMNS, row, moment)
        };
        let mut section: Vec<(u32, &Summary)> = (0_u32..)
            .zip(rows)
            .filter(|(_, row)| !row.probe && belongs(row) && passes(row))
            .collect();
        section.sort_by(|(_, one), (_, other)| {
            let by_name = repo_key(&one.repo).cmp(&repo_key(&other.repo));
            sort.compare(COLUMNS, one, other, by_name)
        });
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
    use crate::data::figures::DAY;

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
            sort = sort.next(&(0..=COLUMNS.len()).collect::<Vec<_>>());
        }
        assert_eq!(sort, Sort::default());
    }

    /// Whichever column it is: what stands in the last row is more, or less, than what stands in the first.
    #[test]
    fn the_mark_says_whether_figures_grow_or_shrink() {
        let row = |repo: &str, number: u64| Summary {
            repo: repo.to_owned(),
            level: Some("L2".to_owned()),
            pass_rate: Some(number as f64 / 10.0),
            success: number,
            failure: number,
            timed_out: number,
            cancelled: number,
            other: number,
            running: number,
            total: number,
            duration_p50: Some(number as f64),
            duration_p95: Some(number as f64),
            queue_p50: Some(number as f64),
            last_run: Some(DAY * (9 - number as i64)),
            ..Summary::default()
        };
        let rows = [row("b/5", 5), row("a/1", 1), row("c/9", 9)];
        for column in 0..=COLUMNS.len() {
            for reversed in [false, true] {
                let sort = Sort { column, reversed };
                let grows = names(&rows, "", sort) == "a/1 b/5 c/9";
                let head = sort.marked(COLUMNS, "head", column);
                assert_eq!(head, if grows { "head▴" } else { "head▾" }, "{column} {reversed}");
            }
        }
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
        let on_call = Summary {
            oncalls: vec!["one".to_owned(), "xpu-two".to_owned()],
            ..row("a/a", None, 0)
        };
        let rows = [on_call, row("x/two", None, 0)];
        assert_eq!(names(&rows, "%oncall two", Sort::default()), "a/a");
        assert_eq!(names(&rows, "xpu", Sort::default()), "a/a");
    }
}
