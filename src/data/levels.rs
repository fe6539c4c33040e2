//! One level per repository, on every screen and in every view: its newest record's, else the allowlist's (relay contract, section 7).
//!
//! The newest record is looked for in the last [`DAYS`], longer than any range: whichever is chosen, a level is the same. Where that says
//! nothing, and the list neither, an older record does.

use std::collections::HashMap;

use crate::data::chosen::EventView;
use crate::data::repo::repo_key;
use crate::source::{Cell, RepositoryRow};
use crate::web::allowlist::Allowlist;

/// So far back a repository's newest record is looked for: as long as the HUD keeps its rows (relay contract, section 6).
pub const DAYS: i64 = 100;

/// What the newest records say, by repository in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    rows: HashMap<String, RepositoryRow>,
}

impl From<Vec<RepositoryRow>> for Levels {
    fn from(rows: Vec<RepositoryRow>) -> Self {
        let by_name = rows.into_iter().map(|row| (repo_key(&row.repo), row));
        Self {
            rows: by_name.collect(),
        }
    }
}

impl Levels {
    /// A repository's level; `before` is what a record says that is older than these.
    pub fn of(&self, repo: &str, allowlist: &Allowlist, before: &str) -> Option<String> {
        let said = |level: &str| Some(level.to_owned()).filter(|level| !level.is_empty());
        let row = self.rows.get(&repo_key(repo));
        row.and_then(|row| said(&row.level))
            .or_else(|| allowlist.level(repo).map(str::to_owned))
            .or_else(|| row.and_then(|row| said(&row.level_before)))
            .or_else(|| said(before))
    }

    /// When it last ran in a view, in nanoseconds since 1970; none where that is longer ago.
    pub fn last_run(&self, repo: &str, event: EventView) -> Option<i64> {
        let row = self.rows.get(&repo_key(repo))?;
        let at = match event {
            EventView::Pr => row.last_pr,
            EventView::Push => row.last_push,
            EventView::Nightly => row.last_nightly,
            EventView::Periodic => row.last_periodic,
            EventView::All => row.last_run,
        };
        Some(at).filter(|at| *at > 0)
    }

    /// Every repository of a level, whether it is listed or reported: each once, by name.
    pub fn at(&self, level: &str, allowlist: &Allowlist) -> Vec<String> {
        let listed = allowlist.repos.iter().map(|listed| &listed.repo);
        let unlisted = self.rows.values().map(|row| &row.repo);
        let unlisted = unlisted.filter(|repo| allowlist.find(repo).is_none());
        let mut repos: Vec<String> = listed
            .chain(unlisted)
            .filter(|repo| self.of(repo, allowlist, "").as_deref() == Some(level))
            .cloned()
            .collect();
        repos.sort_by_cached_key(|repo| repo_key(repo));
        repos
    }

    /// Gives every cell the level of its repository. They come newest first.
    pub fn set(&self, cells: &mut [Cell], allowlist: &Allowlist) {
        let mut levels = HashMap::<String, String>::new();
        // The newest that any of them says is the last resort.
        for cell in cells.iter().filter(|cell| !cell.downstream_repo_level.is_empty()) {
            let repo = repo_key(&cell.downstream_repo);
            levels.entry(repo).or_insert_with(|| cell.downstream_repo_level.clone());
        }
        for cell in cells {
            let before = levels.get(&repo_key(&cell.downstream_repo));
            let before = before.map_or("", String::as_str);
            cell.level = self.of(&cell.downstream_repo, allowlist, before).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::matrix::tests::cell;

    fn says(repo: &str, level: &str, level_before: &str) -> RepositoryRow {
        RepositoryRow {
            repo: repo.to_owned(),
            level: level.to_owned(),
            level_before: level_before.to_owned(),
            ..RepositoryRow::default()
        }
    }

    #[test]
    fn a_level_is_the_newest_records_else_the_lists_else_an_older_records() {
        let allowlist = Allowlist::parse("L4: [a/listed, a/demoted]\nL2: [a/risen]").unwrap();
        let levels = Levels::from(vec![
            says("A/Risen", "L4", "L4"),
            says("a/demoted", "L3", "L3"),
            says("a/listed", "", "L1"),
            says("a/other", "", "L2"),
        ]);
        let of = |repo: &str| levels.of(repo, &allowlist, "L1");
        assert_eq!(
            ["a/risen", "a/demoted", "a/listed", "A/Other", "a/unheard"].map(of),
            ["L4", "L3", "L4", "L2", "L1"].map(|level| Some(level.to_owned()))
        );
        assert_eq!(levels.at("L4", &allowlist), ["a/listed", "a/risen"]);
    }

    /// A pull request of long ago says what the level was then.
    #[test]
    fn an_old_cell_has_the_level_of_now_and_keeps_what_it_said() {
        let mut cells = [Cell {
            downstream_repo_level: "L3".to_owned(),
            ..cell(7, "c", "w", "j", "success", 1)
        }];
        Levels::from(vec![says("A/B", "L4", "L4")]).set(&mut cells, &Allowlist::default());
        assert_eq!(
            (cells[0].level.as_str(), cells[0].downstream_repo_level.as_str()),
            ("L4", "L3")
        );
        Levels::default().set(&mut cells, &Allowlist::default());
        assert_eq!(cells[0].level, "L3", "where nobody else says it");
    }

    #[test]
    fn a_run_is_the_last_of_its_view() {
        let row = RepositoryRow {
            last_run: 9,
            last_nightly: 7,
            ..says("a/b", "", "")
        };
        let levels = Levels::from(vec![row]);
        let last = |event| levels.last_run("A/b", event);
        assert_eq!(
            [EventView::All, EventView::Nightly, EventView::Pr].map(last),
            [Some(9), Some(7), None]
        );
    }
}
