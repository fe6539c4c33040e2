//! What was loaded so far: what can be named without being asked for.

use std::collections::HashSet;
use std::hash::Hash;

use crate::data::Data;
use crate::data::names;
use crate::data::repo::same_repo;
use crate::data::text::{is_sha, printable};
use crate::screen::model::{Model, Place};

/// Repositories of backends, by name, each in one spelling. What was opened by a name is one of them until it is known that it is none.
pub fn repositories(model: &Model) -> Vec<&str> {
    let mut known: Vec<&str> = Vec::new();
    let heard_of = heard_of(model);
    for screen in &model.screens {
        if let Place::Backend(repo) | Place::Trends(Some(repo)) = &screen.place {
            let is_one = model.repositories.value().is_none() || has(&heard_of, repo);
            known.extend(is_one.then_some(repo.as_str()));
        }
    }
    known.extend(heard_of);
    names::put_in_order(&mut known);
    known
}

/// That the screen is of a backend that is none, and which one may have been meant; none where it is one, or that isn't known yet.
pub fn nobody(model: &Model) -> Option<String> {
    let (Place::Backend(repo) | Place::Trends(Some(repo))) = &model.screen().place else {
        return None;
    };
    model.repositories.value()?;
    let heard_of = heard_of(model);
    (!has(&heard_of, repo)).then(|| names::nobody(&printable(repo), &heard_of))
}

fn has(names: &[&str], name: &str) -> bool {
    names.iter().any(|one| same_repo(one, name))
}

/// Repositories that answers have named. Last those of the question for all names: where there are several spellings, that of the screens
/// is kept.
fn heard_of(model: &Model) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for screen in &model.screens {
        match screen.slot.value() {
            Some(Data::Summary { rows, .. }) => names.extend(rows.iter().map(|row| row.repo.as_str())),
            Some(Data::PullRequest(it)) => names.extend(it.cells.iter().map(|cell| cell.downstream_repo.as_str())),
            Some(Data::Trends(it)) => names.extend(it.jobs.iter().map(|job| job.repo.as_str())),
            Some(Data::Backend(it)) => names.extend(it.summary.iter().map(|row| row.repo.as_str())),
            Some(Data::Pipeline(_)) | None => {}
        }
    }
    names.extend(model.repositories.value().into_iter().flatten().map(String::as_str));
    names
}

/// Numbers of pull requests, those of the nearest screen first.
pub fn pull_requests(model: &Model) -> Vec<u64> {
    let mut known = Vec::new();
    for data in loaded(model) {
        match data {
            Data::Backend(it) => known.extend(it.matrix.rows.iter().map(|row| row.pr)),
            Data::PullRequest(it) => known.extend(it.cells.iter().map(|cell| cell.pr_number)),
            Data::Summary { .. } | Data::Trends(_) | Data::Pipeline(_) => {}
        }
    }
    known.retain(|number| *number > 0);
    once(known)
}

/// What a pull request is called, where that was loaded.
pub fn title(model: &Model, number: u64) -> Option<&str> {
    let mut titles = loaded(model).filter_map(|data| match data {
        Data::Backend(it) => it.matrix.titles.get(&number),
        Data::PullRequest(it) => it.titles.get(&number),
        Data::Summary { .. } | Data::Trends(_) | Data::Pipeline(_) => None,
    });
    titles.next().map(|title| title.title.as_str())
}

/// SHAs of commits in full, those of the nearest screen first.
pub fn commits(model: &Model) -> Vec<&str> {
    let mut known: Vec<&str> = Vec::new();
    for data in loaded(model) {
        match data {
            Data::Backend(it) => known.extend(it.matrix.rows.iter().map(|row| row.commit.as_str())),
            Data::PullRequest(it) => known.extend(it.commits.iter().map(String::as_str)),
            Data::Summary { .. } | Data::Trends(_) | Data::Pipeline(_) => {}
        }
    }
    // A delivery may stand in for a commit.
    known.retain(|commit| is_sha(commit));
    once(known)
}

fn loaded(model: &Model) -> impl Iterator<Item = &Data> {
    model.screens.iter().rev().filter_map(|screen| screen.slot.value())
}

/// Each once, where it came first.
fn once<T: Copy + Eq + Hash>(mut list: Vec<T>) -> Vec<T> {
    let mut seen = HashSet::new();
    list.retain(|one| seen.insert(*one));
    list
}
