//! The queries, put together at compile time: each is the layout's attempts, what chooses among them, the rule of the current result, and
//! one question.

use serde::{Deserialize, Serialize};

use super::Question;
use crate::data::chosen::EventView;

/// How the table is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// `schema/`
    Own {
        /// The table is there, and may be read, that tells on which days a pull request or a commit was heard of.
        has_days: bool,
        /// So is the one that tells what backends said day by day.
        #[serde(default)]
        has_backends: bool,
    },
    /// The HUD's own, section 6 of the relay contract.
    Hud,
}

/// A query in each layout.
pub(super) struct Query {
    /// Of ours what was heard of within a time,
    own: &'static str,
    /// or on the days of a pull request or a commit.
    own_on_days: &'static str,
    /// What backends said day by day answers it as well, where it is of everything.
    own_by_day: Option<&'static str>,
    hud: &'static str,
}

impl Query {
    /// The text that answers a question.
    pub(super) fn sql(&self, layout: Layout, question: &Question) -> &'static str {
        let is_of_one = question.pr > 0 || !question.commit.is_empty();
        let is_of_all = !is_of_one && question.until.is_none() && question.event == EventView::All;
        match (layout, self.own_by_day) {
            (Layout::Own { has_backends: true, .. }, Some(by_day)) if is_of_all => by_day,
            (Layout::Own { has_days: true, .. }, _) if is_of_one => self.own_on_days,
            (Layout::Own { .. }, _) => self.own,
            (Layout::Hud, _) => self.hud,
        }
    }
}

/// Every query's text in a layout, under the name of its file: for those who want to see what an engine makes of it.
pub fn texts(layout: Layout, question: &Question) -> impl Iterator<Item = (&'static str, &'static str)> {
    let queries = [
        ("summary", SUMMARY),
        ("daily", DAILY),
        ("days", DAYS),
        ("relay_health", RELAY_HEALTH),
        ("usual", USUAL),
        ("jobs", JOBS),
        ("rows", ROWS),
        ("cells", CELLS),
        ("attempts", ATTEMPTS),
        ("results", RESULTS),
        ("readiness", READINESS),
        ("repositories", REPOSITORIES),
        ("levels", LEVELS),
        ("names", NAMES),
        ("arrived", ARRIVED),
    ];
    queries
        .into_iter()
        .map(move |(name, query)| (name, query.sql(layout, question)))
}

/// The files of a query, after those of its layout.
macro_rules! files {
    ($($file:literal),+) => {
        Query {
            own: concat!(
                include_str!("../../queries/attempts_own.sql"),
                include_str!("../../queries/own_within.sql"),
                $(include_str!(concat!("../../queries/", $file))),+
            ),
            own_on_days: concat!(
                include_str!("../../queries/attempts_own.sql"),
                include_str!("../../queries/own_on_days.sql"),
                $(include_str!(concat!("../../queries/", $file))),+
            ),
            own_by_day: None,
            hud: concat!(
                include_str!("../../queries/attempts_hud.sql"),
                $(include_str!(concat!("../../queries/", $file))),+
            ),
        }
    };
}

/// Of attempts, whichever count.
macro_rules! of_chosen {
    ($($file:literal),+) => { files!("chosen.sql", $($file),+) };
}

/// Of current results, and of the attempts behind them.
macro_rules! of_current {
    ($($file:literal),+) => { files!("chosen.sql", "current.sql", $($file),+) };
}

pub(super) const SUMMARY: Query = of_current!("newest.sql", "summary.sql");
pub(super) const DAILY: Query = of_current!("daily.sql");
pub(super) const DAYS: Query = of_current!("days.sql");
pub(super) const RELAY_HEALTH: Query = of_current!("relay_health.sql");
pub(super) const USUAL: Query = of_current!("newest.sql", "usual.sql");
pub(super) const JOBS: Query = of_chosen!("jobs.sql");
pub(super) const ROWS: Query = of_current!("rows.sql");
pub(super) const CELLS: Query = of_current!("cell.sql", "cells.sql");
pub(super) const ATTEMPTS: Query = of_current!("cell.sql", "attempts.sql");
pub(super) const RESULTS: Query = of_current!("results.sql");
pub(super) const READINESS: Query = of_current!("readiness.sql");
pub(super) const REPOSITORIES: Query = Query {
    own_by_day: Some(include_str!("../../queries/own_repositories.sql")),
    ..of_chosen!("newest.sql", "repositories.sql")
};
pub(super) const LEVELS: Query = Query {
    own_by_day: Some(include_str!("../../queries/own_levels.sql")),
    ..of_chosen!("newest.sql", "levels.sql")
};
/// It asks the table itself: which of a job's attempts counts is no matter.
pub(super) const NAMES: Query = Query {
    own: include_str!("../../queries/names.sql"),
    own_on_days: include_str!("../../queries/names.sql"),
    own_by_day: Some(include_str!("../../queries/own_names.sql")),
    hud: include_str!("../../queries/names.sql"),
};
/// It asks for rows, not for attempts.
pub(super) const ARRIVED: Query = Query {
    own: concat!(
        include_str!("../../queries/arrivals.sql"),
        include_str!("../../queries/own_within.sql"),
        include_str!("../../queries/arrived.sql")
    ),
    own_on_days: concat!(
        include_str!("../../queries/arrivals.sql"),
        include_str!("../../queries/own_on_days.sql"),
        include_str!("../../queries/arrived.sql")
    ),
    own_by_day: None,
    hud: concat!(
        include_str!("../../queries/arrivals.sql"),
        ")\n",
        include_str!("../../queries/arrived.sql")
    ),
};
pub(super) const COLUMNS: &str = include_str!("../../queries/columns.sql");
