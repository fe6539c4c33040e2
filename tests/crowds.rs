//! Few backends and many: each can be found, whatever way it is looked for.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use oot_tests::{Both, Pty, eventually};
use serde_json::json;

/// Backends with results, and the list that knows their levels. The n-th has passed fewer jobs than the one before.
struct Crowd {
    both: Both,
    list: tempfile::NamedTempFile,
    names: Vec<String>,
}

impl Crowd {
    fn of(backends: usize) -> Self {
        let names: Vec<String> = (0..backends).map(|number| format!("org-{number:03}/backend")).collect();
        let both = Both::new();
        let records = names.iter().enumerate().flat_map(|(number, name)| {
            (0..=number % 7).map(move |job| {
                let conclusion = if job < number % 3 { "failure" } else { "success" };
                json!({ "downstream_repo": name, "job_name": format!("job {job}"), "conclusion": conclusion,
                    "downstream_repo_level": "", "delivery_id": format!("{number}") })
            })
        });
        both.insert(&records.collect::<Vec<_>>());
        let list = tempfile::NamedTempFile::new().unwrap();
        let of_level = |level: usize| {
            let members: Vec<&str> = names.iter().skip(level).step_by(4).map(String::as_str).collect();
            format!("L{}: [{}]\n", level + 1, members.join(", "))
        };
        std::fs::write(list.path(), (0..4).map(of_level).collect::<String>()).unwrap();
        Self { both, list, names }
    }

    fn open(&self) -> Pty {
        let list = self.list.path().to_str().unwrap();
        let arguments = ["--clickhouse", &self.both.clickhouse.url, "--allowlist", list];
        let pty = Pty::hud(120, 40, &arguments);
        pty.shows(&format!("backends {}", self.names.len()));
        pty
    }

    /// Of these on screen.
    fn seen(&self, pty: &Pty) -> BTreeSet<String> {
        let text = pty.text();
        let is_there = |name: &&String| text.contains(&format!(" {name} "));
        self.names.iter().filter(is_there).cloned().collect()
    }

    fn is_selected(pty: &Pty, name: &str) -> bool {
        let text = pty.text();
        text.lines().any(|line| line.starts_with('▌') && line.contains(name))
    }

    fn is_first_in_palette(pty: &Pty, name: &str) -> bool {
        let text = pty.text();
        text.lines().any(|line| line.contains(&format!("│▌{name} ")))
    }

    /// The name in the row that is selected.
    fn selected(&self, pty: &Pty) -> Option<String> {
        let mut names = self.names.iter();
        names.find(|name| Self::is_selected(pty, &format!(" {name} "))).cloned()
    }
}

fn leave(mut pty: Pty) {
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn every_backend_is_reached_page_by_page_and_row_by_row() {
    for backends in [3, 120] {
        let crowd = Crowd::of(backends);
        let mut pty = crowd.open();
        let mut selected = vec![eventually("a selection", || crowd.selected(&pty))];
        while selected.len() < backends {
            let before = selected.last().unwrap().clone();
            pty.keys("j");
            selected.push(eventually("the row below", || {
                crowd.selected(&pty).filter(|name| *name != before)
            }));
        }
        let each: BTreeSet<&String> = selected.iter().collect();
        assert_eq!(each.len(), backends, "{selected:?}");
        // The end is the end, and a page further up is another one.
        let last = selected.last().unwrap().as_str();
        pty.keys("jG");
        pty.keys("g");
        eventually("the first row", || Crowd::is_selected(&pty, &selected[0]).then_some(()));
        pty.keys("G");
        eventually("the last row", || Crowd::is_selected(&pty, last).then_some(()));
        let mut seen = crowd.seen(&pty);
        while seen.len() < backends {
            let before = crowd.selected(&pty);
            pty.keys("\u{1b}[5~");
            eventually("another page", || (crowd.selected(&pty) != before).then_some(()));
            seen.extend(crowd.seen(&pty));
        }
        leave(pty);
    }
}

#[test]
fn a_filter_and_the_palette_find_any_backend() {
    for backends in [3, 120] {
        let crowd = Crowd::of(backends);
        let mut pty = crowd.open();
        for at in [0, backends / 2, backends - 1] {
            let name = &crowd.names[at];
            pty.keys(&format!("/{name}\r"));
            eventually("that row alone", || {
                (crowd.seen(&pty).iter().eq([name]) && Crowd::is_selected(&pty, name)).then_some(())
            });
            pty.keys("\u{1b}");
            eventually("the others", || (crowd.seen(&pty).len() > 1).then_some(()));
            // A few letters of it.
            pty.keys("\u{10}");
            pty.shows("┌ go or do ");
            let few = format!("g{}bac", &name[4..7]);
            pty.keys(&few);
            eventually("it comes first", || {
                Crowd::is_first_in_palette(&pty, name).then_some(())
            });
            pty.keys("\r");
            pty.shows(&format!("Summary ▸ {name}"));
            pty.keys("\u{1b}");
            pty.shows(&format!("backends {backends}"));
        }
        leave(pty);
    }
}

/// Within a level.
#[test]
fn backends_are_sorted_within_their_level_and_the_other_way_round() {
    let crowd = Crowd::of(120);
    let mut pty = crowd.open();
    let order = |pty: &Pty| {
        let text = pty.text();
        let lines = text
            .lines()
            .filter_map(|line| crowd.names.iter().find(|name| line.contains(name.as_str())));
        lines.cloned().collect::<Vec<_>>()
    };
    // Of the highest level are 30, and all of them are on the screen.
    let of_level = |pty: &Pty| order(pty).into_iter().take(30).collect::<Vec<_>>();
    let worst_first = of_level(&pty);
    assert_eq!(worst_first.len(), 30);
    pty.keys("S");
    let reversed = eventually("the other way round", || {
        let now = of_level(&pty);
        (now != worst_first && now.len() == 30).then_some(now)
    });
    let number = |name: &String| name[4..7].parse::<usize>().unwrap();
    let rate = |name: &String| {
        let (jobs, failed) = (number(name) % 7 + 1, (number(name) % 3).min(number(name) % 7 + 1));
        (jobs - failed) * 1_000 / jobs
    };
    assert!(worst_first.is_sorted_by_key(rate), "{worst_first:?}");
    assert!(
        reversed.is_sorted_by_key(|name| std::cmp::Reverse(rate(name))),
        "{reversed:?}"
    );
    // By `ok`, most first.
    pty.keys("s");
    pty.shows("ok▾");
    let passed = |name: &String| number(name) % 7 + 1 - (number(name) % 3).min(number(name) % 7 + 1);
    eventually("most passed first", || {
        of_level(&pty)
            .is_sorted_by_key(|name| std::cmp::Reverse(passed(name)))
            .then_some(())
    });
    leave(pty);
}
