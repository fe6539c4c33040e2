//! Everything that can be done or gone to from here, found by a few of its letters.

mod find;

use clap::ValueEnum as _;
use tui_input::Input;

use crate::data::chosen::{EventView, Range};
use crate::data::list::{Line, List};
use crate::keys::action::{Action, Entry};
use crate::keys::key::Key;
use crate::screen::known;
use crate::screen::model::{Model, Place};
use crate::settings::args::typed;
use crate::settings::theme::Theme;
use crate::source::PROBE;

pub use find::{Found, find};

/// What is picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    Do(Action),
    Go(Place),
    View(EventView),
    Range(Range),
    Theme(Theme),
    /// The moment is typed.
    AsOf,
    /// From a moment back to now.
    Now,
}

/// Something that can be picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub pick: Pick,
    pub text: String,
    /// What kind of thing it is; empty for an action.
    pub kind: &'static str,
    /// The keys that do the same.
    pub keys: String,
}

impl Offer {
    /// What it is called; behind it stands what it does.
    fn name(&self) -> &str {
        let is_explained = matches!(self.kind, "" | "screen" | "moment");
        let name = self.text.split_once(": ").filter(|_| is_explained);
        name.map_or(&self.text, |(name, _)| name)
    }
}

/// The palette while it is open. What is offered is what was known when it was opened, and all backends as soon as these are known.
#[derive(Clone, Debug)]
pub struct Palette {
    pub input: Input,
    /// What is known, and behind it what was typed itself.
    offers: Vec<Offer>,
    /// How many are known.
    known: usize,
    /// The best first.
    found: Vec<Found>,
    /// Its rows are numbers of `found`.
    pub list: List,
}

impl Palette {
    pub fn new(offers: Vec<Offer>) -> Self {
        let mut palette = Self {
            input: Input::default(),
            known: offers.len(),
            offers,
            found: Vec::new(),
            list: List::default(),
        };
        palette.search();
        palette
    }

    /// Finds anew, after something was typed; selects the best.
    pub fn search(&mut self) {
        self.offers.truncate(self.known);
        let typed = of_typed(self.input.value(), &self.offers);
        self.offers.extend(typed);
        self.found = find(&self.offers, self.input.value());
        self.list = List::default();
        let lines = (0_u32..).zip(&self.found).map(|(at, _)| Line::Row(at));
        self.list.replace(lines.collect(), |_| false);
    }

    /// Offers others. What is selected stays, wherever it stands now: who is about to press Enter means it.
    pub fn offer(&mut self, offers: Vec<Offer>) {
        let selected = self.selected().cloned();
        (self.known, self.offers) = (offers.len(), offers);
        self.search();
        let is_it = |row: &usize| self.row(*row).map(|(offer, _)| &offer.pick) == selected.as_ref();
        if let Some(row) = (0..self.found.len()).find(is_it) {
            let line = row.try_into().unwrap_or(isize::MAX);
            self.list.step(line);
        }
    }

    /// How many fit, and of how many.
    pub fn counts(&self) -> (usize, usize) {
        (self.found.len(), self.offers.len())
    }

    /// What stands in a row of the list.
    pub fn row(&self, row: usize) -> Option<(&Offer, &Found)> {
        let found = self.found.get(row)?;
        Some((self.offers.get(found.offer)?, found))
    }

    /// What is selected.
    pub fn selected(&self) -> Option<&Pick> {
        let (offer, _) = self.row(self.list.selected()?)?;
        Some(&offer.pick)
    }
}

/// What is offered where the model stands: what is usual here first, what only moves last.
pub fn offers(model: &Model) -> Vec<Offer> {
    let on = model.screen().place.on();
    let here = model.keymap.entries().filter(|(entry, _)| entry.on.covers(on));
    let (usual, rest): (Vec<_>, Vec<_>) = here
        .filter(|(entry, _)| entry.action != Action::Palette)
        .partition(|(entry, _)| entry.footer.is_some());
    let mut offers: Vec<Offer> = usual.into_iter().map(of_action).collect();
    let mut offer = |pick, text: String, kind| {
        offers.push(Offer {
            pick,
            text,
            kind,
            keys: String::new(),
        });
    };
    for (place, text) in [
        (Place::Summary, "summary: every backend"),
        (
            Place::Trends(None),
            "trends of all backends: day by day, and job by job",
        ),
        (Place::Pipeline, "pipeline: how results get here"),
        (
            Place::Backend(PROBE.to_owned()),
            "relay health: the probe that tests the relay itself",
        ),
    ] {
        offer(Pick::Go(place), text.to_owned(), "screen");
    }
    let mut event = EventView::Pr;
    // Each of them leads round through all.
    for _ in EventView::value_variants() {
        offer(Pick::View(event), event.title().to_owned(), "view");
        event = event.next();
    }
    let mut range = Range::Day;
    for _ in Range::value_variants() {
        offer(Pick::Range(range), range.title().to_owned(), "range");
        range = range.next();
    }
    for theme in Theme::value_variants() {
        offer(Pick::Theme(*theme), theme.name(), "theme");
    }
    if model.as_of.is_some() {
        offer(Pick::Now, "as it stands now: as-of now".to_owned(), "moment");
    }
    let as_of = "as it stood then: as-of 2026-11-20 12:00, or 2026-11-20";
    offer(Pick::AsOf, as_of.to_owned(), "moment");
    for repo in known::repositories(model) {
        offer(Pick::Go(Place::Backend(repo.to_owned())), repo.to_owned(), "backend");
    }
    for number in known::pull_requests(model) {
        let title = known::title(model, number).unwrap_or_default();
        let text = format!("#{number} {title}").trim_end().to_owned();
        offer(Pick::Go(Place::PullRequest(number)), text, "pull request");
    }
    for sha in known::commits(model) {
        offer(Pick::Go(Place::Commit(sha.to_owned())), sha.to_owned(), "commit");
    }
    offers.extend(rest.into_iter().map(of_action));
    offers
}

/// What was typed itself, where it names a pull request or a commit that isn't offered.
fn of_typed(typed: &str, offers: &[Offer]) -> Vec<Offer> {
    /// Fewer digits of a SHA are a word, or a few letters of anything.
    const SHA: usize = 7;
    let typed = typed.trim();
    let mut named = Vec::new();
    if let Ok(number) = typed::pull_request(typed) {
        let pick = Pick::Go(Place::PullRequest(number));
        let is_offered = offers.iter().any(|offer| offer.pick == pick);
        named.extend((!is_offered).then(|| (pick, format!("#{number}"), "pull request")));
    }
    if let Some(sha) = typed::sha(typed).ok().filter(|_| typed.len() >= SHA) {
        let is_of = |offer: &Offer| matches!(&offer.pick, Pick::Go(Place::Commit(known)) if known.starts_with(&sha));
        let is_offered = offers.iter().any(is_of);
        named.extend((!is_offered).then(|| (Pick::Go(Place::Commit(sha.clone())), sha, "commit")));
    }
    let offers = named.into_iter().map(|(pick, text, kind)| Offer {
        pick,
        text,
        kind,
        keys: String::new(),
    });
    offers.collect()
}

fn of_action((entry, keys): (&Entry, &[Key])) -> Offer {
    let keys: Vec<String> = keys.iter().map(Key::to_string).collect();
    Offer {
        pick: Pick::Do(entry.action),
        text: format!("{}: {}", entry.action.name(), entry.help),
        kind: "",
        keys: keys.join(" "),
    }
}
