//! Tables: columns of figures that are shown, sorted by and filtered for, all from one place.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::data::filter::Filter;

/// A column of figures of a `T`.
pub struct Column<T: 'static> {
    /// As it is called on screen and in filters.
    pub head: &'static str,
    pub width: usize,
    /// What stands in it at a moment, in nanoseconds since 1970.
    pub text: fn(&T, i64) -> String,
    /// What it is sorted by; none stands last.
    key: fn(&T) -> Option<f64>,
    /// Which end stands first, unless it is sorted the other way round.
    first: First,
}

/// The end of a column that wants to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum First {
    Least,
    Most,
}

impl<T> Column<T> {
    /// Where the most is worst, or matters most.
    pub(crate) const fn most_first(
        head: &'static str,
        width: usize,
        text: fn(&T, i64) -> String,
        key: fn(&T) -> Option<f64>,
    ) -> Self {
        Self {
            head,
            width,
            text,
            key,
            first: First::Most,
        }
    }

    /// Where the least is.
    pub(crate) const fn least_first(
        head: &'static str,
        width: usize,
        text: fn(&T, i64) -> String,
        key: fn(&T) -> Option<f64>,
    ) -> Self {
        Self {
            first: First::Least,
            ..Self::most_first(head, width, text, key)
        }
    }
}

/// A count as it is sorted by.
pub(crate) fn number(count: u64) -> Option<f64> {
    Some(count as f64)
}

/// Does a row pass, whose names are these by column, and whose figures these columns'?
pub fn passes<T>(filter: &Filter, names: &[(&str, &str)], columns: &[Column<T>], row: &T, moment: i64) -> bool {
    let texts: Vec<&str> = names.iter().map(|(_, text)| *text).collect();
    filter.passes_by_column(&texts, |name| {
        if let Some((_, text)) = names.iter().find(|(column, _)| *column == name) {
            return Some(Cow::Borrowed(*text));
        }
        let column = columns.iter().find(|column| column.head == name)?;
        Some(Cow::Owned((column.text)(row, moment)))
    })
}

/// By what a table is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sort {
    /// The number of a column; one beyond is the name.
    pub column: usize,
    pub reversed: bool,
}

impl Sort {
    /// By the next of these columns, which are in their order; after the last by the first.
    #[must_use]
    pub fn next(self, columns: &[usize]) -> Self {
        let next = columns.iter().find(|column| **column > self.column);
        Self {
            column: next.or(columns.first()).copied().unwrap_or(self.column),
            reversed: false,
        }
    }

    /// By a column; the other way round where it is that one already.
    #[must_use]
    pub fn by(self, column: usize) -> Self {
        match self.column == column {
            true => self.reverse(),
            false => Self {
                column,
                reversed: false,
            },
        }
    }

    #[must_use]
    pub fn reverse(self) -> Self {
        Self {
            reversed: !self.reversed,
            ..self
        }
    }

    /// The head of one of these columns, with a mark where it is sorted by it: `▴` where figures grow from row to row, `▾` where they
    /// shrink.
    pub fn marked<T>(self, columns: &[Column<T>], head: &str, column: usize) -> String {
        match (self.column == column, self.ascends(columns)) {
            (false, _) => head.to_owned(),
            (true, true) => format!("{head}▴"),
            (true, false) => format!("{head}▾"),
        }
    }

    /// Names are in the alphabet's order.
    fn ascends<T>(self, columns: &[Column<T>]) -> bool {
        let first = columns.get(self.column).map_or(First::Least, |column| column.first);
        (first == First::Least) != self.reversed
    }

    /// The width of a column: one more where its head with the mark would touch the head before.
    pub fn width<T>(self, column: &Column<T>, number: usize) -> usize {
        match self.column == number {
            true => column.width.max(column.head.len() + 2),
            false => column.width,
        }
    }

    /// Which of two stands first; `by_name` decides where the figures don't.
    pub fn compare<T>(self, columns: &[Column<T>], one: &T, other: &T, by_name: Ordering) -> Ordering {
        let ascends = self.ascends(columns);
        let turned = |order: Ordering| if ascends { order } else { order.reverse() };
        let Some(column) = columns.get(self.column) else {
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
