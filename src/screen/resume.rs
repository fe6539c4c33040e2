//! Where one was, kept from one run to the next: the screens with their filters, orders and selections, and what they are of.

pub mod file;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::data::chosen::{Commit, EventView, Range};
use crate::data::table::Sort;
use crate::data::text::make_printable;
use crate::screen::model::{FIRST_PULL_REQUESTS, Model, Only, Place, Screen};
use crate::settings::args::Typed;

/// Of the file's form; another is not read.
const FORM: u32 = 1;
/// More screens than anybody goes through; the nearest of them are kept.
const SCREENS_MAX: usize = 32;

/// The state of the view.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct State {
    form: u32,
    event: EventView,
    range: Range,
    /// Nanoseconds since 1970; none is now. As the next one, versions before this one didn't write it.
    #[serde(default)]
    as_of: Option<i64>,
    /// The way to the last of them, which was seen.
    screens: Vec<SavedScreen>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedScreen {
    place: Place,
    event: EventView,
    /// `latest`, `all`, or the beginning of a SHA.
    commit: String,
    filter: String,
    sort: Sort,
    only: Only,
    unfolded: BTreeSet<String>,
    unfolded_pull_requests: BTreeSet<u64>,
    #[serde(default)]
    pull_requests: u64,
    column: usize,
    /// Of the selected row.
    selected: Option<String>,
}

impl State {
    pub fn of(model: &Model) -> Self {
        let first = model.screens.len().saturating_sub(SCREENS_MAX);
        Self {
            form: FORM,
            event: model.event,
            range: model.range,
            as_of: model.as_of,
            screens: model.screens[first..].iter().map(SavedScreen::of).collect(),
        }
    }

    /// Reads what [`State::of`] gave, as JSON.
    ///
    /// # Errors
    /// A sentence when it is damaged, or of another version of this program.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Form {
            form: u32,
        }
        match serde_json::from_slice(text) {
            Ok(Form { form: FORM }) => {}
            Ok(Form { form }) => return Err(format!("it is of another version (form {form}, expected {FORM})")),
            Err(error) => return Err(error.to_string()),
        }
        let state: Self = serde_json::from_slice(text).map_err(|error| error.to_string())?;
        if state.screens.is_empty() {
            return Err("it holds no screen".to_owned());
        }
        Ok(state)
    }

    /// Puts a model that has loaded nothing yet there. Range, view and moment that were typed stay.
    pub fn restore(self, model: &mut Model, typed: Typed) {
        model.range = typed.range.unwrap_or(self.range);
        model.event = typed.event.unwrap_or(self.event);
        model.as_of = model.as_of.or(self.as_of.filter(|moment| *moment > 0));
        model.screens = self
            .screens
            .into_iter()
            .map(|screen| screen.restored(typed.event))
            .collect();
    }
}

impl SavedScreen {
    fn of(screen: &Screen) -> Self {
        Self {
            place: screen.place.clone(),
            event: screen.event,
            commit: match &screen.commit {
                Commit::Latest => "latest".to_owned(),
                Commit::All => "all".to_owned(),
                Commit::Sha(sha) => sha.clone(),
            },
            filter: screen.filter.clone(),
            sort: screen.sort,
            only: screen.only,
            unfolded: screen.unfolded.clone(),
            unfolded_pull_requests: screen.unfolded_pull_requests.clone(),
            pull_requests: screen.pull_requests,
            column: screen.column,
            // What was restored and not found again is wanted still.
            selected: screen.wanted.clone().or_else(|| screen.selected_key()),
        }
    }

    fn restored(mut self, event: Option<EventView>) -> Screen {
        // It was written by this program; but what is drawn is printable, whoever wrote it.
        make_printable(&mut self.filter);
        if let Place::Backend(text) | Place::Commit(text) | Place::Trends(Some(text)) = &mut self.place {
            make_printable(text);
        }
        let mut screen = Screen::new(self.place);
        screen.event = event.unwrap_or(self.event);
        // A commit by its delivery is none that could be named.
        screen.commit = self.commit.parse().unwrap_or(screen.commit);
        screen.filter = self.filter;
        if screen
            .place
            .sortable()
            .is_some_and(|columns| self.sort.column <= columns)
        {
            screen.sort = self.sort;
        }
        screen.only = self.only;
        screen.unfolded = self.unfolded;
        screen.unfolded_pull_requests = self.unfolded_pull_requests;
        // As many rows as there were: the selected one is among them.
        screen.pull_requests = self.pull_requests.max(FIRST_PULL_REQUESTS);
        screen.column = self.column;
        screen.wanted = self.selected;
        screen
    }
}

#[cfg(test)]
mod tests;
