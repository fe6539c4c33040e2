//! Which offers fit what was typed.
//!
//! Words are found in any order, each in a name by letters in their order, and in what explains it as it is; `'word` everywhere by the word
//! as it is, `!word` by what has it not.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::Offer;

/// An offer that fits what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its number.
    pub offer: usize,
    /// Which of its characters were found: of the text, and, behind a blank, of the kind. In their order.
    pub matched: Vec<u32>,
}

/// Of what fits worse than this, against the best, only letters were found here and there.
const FITS: f64 = 2.0 / 3.0;

/// The offers that fit, the best first; of equals the one in which it is found earlier, then the shorter.
pub fn find(offers: &[Offer], typed: &str) -> Vec<Found> {
    let words = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Never).atoms;
    let words: Vec<Word> = words.into_iter().map(Word::new).collect();
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut found = Vec::new();
    for (number, offer) in offers.iter().enumerate() {
        // The matcher passes over a word at the very end of a text that isn't ASCII alone: a blank is there instead.
        let text = format!("{} {} ", offer.text, offer.kind);
        if let Some((score, mut matched)) = fit(&words, offer.name(), &text, &mut matcher) {
            matched.sort_unstable();
            matched.dedup();
            let first = matched.first().copied().unwrap_or(0);
            // Nothing typed is an order of its own.
            let length = if typed.is_empty() { 0 } else { text.chars().count() };
            let found_at = Found { offer: number, matched };
            found.push(((std::cmp::Reverse(score), first, length), found_at));
        }
    }
    found.sort_by_key(|(order, _)| *order);
    let best = found.first().map_or(0, |((score, ..), _)| score.0);
    found.retain(|((score, ..), _)| f64::from(score.0) >= f64::from(best) * FITS);
    found.into_iter().map(|(_, found)| found).collect()
}

/// A word that was typed.
struct Word {
    atom: Atom,
    /// The same without gaps, where its letters may have some.
    as_it_is: Option<Atom>,
}

impl Word {
    fn new(atom: Atom) -> Self {
        let (ignored, never) = (CaseMatching::Ignore, Normalization::Never);
        let as_it_is = || {
            Atom::new(
                &atom.needle_text().to_string(),
                ignored,
                never,
                AtomKind::Substring,
                false,
            )
        };
        let as_it_is = (atom.kind == AtomKind::Fuzzy && !atom.negative).then(as_it_is);
        Self { atom, as_it_is }
    }

    /// How well it fits, and at which characters of the text: letters with gaps are looked for in the name alone, for a sentence has most
    /// of them somewhere.
    fn fit(&self, name: &str, text: &str, matcher: &mut Matcher) -> Option<(u16, Vec<u32>)> {
        let mut look = |atom: &Atom, text: &str| {
            let (mut characters, mut matched) = (Vec::new(), Vec::new());
            let score = atom.indices(Utf32Str::new(text, &mut characters), matcher, &mut matched)?;
            Some((score, matched))
        };
        let Some(as_it_is) = &self.as_it_is else {
            return look(&self.atom, text);
        };
        let (in_name, in_text) = (look(&self.atom, name), look(as_it_is, text));
        in_name.into_iter().chain(in_text).max_by_key(|(score, _)| *score)
    }
}

/// How well all of the words fit, and at which characters of the text.
fn fit(words: &[Word], name: &str, text: &str, matcher: &mut Matcher) -> Option<(u32, Vec<u32>)> {
    let (mut sum, mut all) = (0, Vec::new());
    for word in words {
        let (score, matched) = word.fit(name, text, matcher)?;
        sum += u32::from(score);
        all.extend(matched);
    }
    Some((sum, all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::action::Action;
    use crate::screen::palette::Pick;
    use proptest::prelude::*;

    fn offer(text: &str, kind: &'static str) -> Offer {
        Offer {
            pick: Pick::Do(Action::Help),
            text: text.to_owned(),
            kind,
            keys: String::new(),
        }
    }

    fn found(typed: &str) -> Vec<String> {
        let offers = [
            offer("back: clear the filter, else go to the screen before", ""),
            offer("filter: rows with a word; `!word` without it, `%column word`", ""),
            offer("refresh: ask again now", ""),
            offer("nightly", "view"),
            offer("7 days", "range"),
            offer("Ascend/pytorch", "backend"),
            offer("intel/torch-xpu-ops", "backend"),
            offer("example/x-pu", "backend"),
            offer("#179565", "pull request"),
        ];
        let found = find(&offers, typed);
        found.iter().map(|found| offers[found.offer].text.clone()).collect()
    }

    #[test]
    fn the_best_stands_first() {
        for (typed, best) in [
            ("xpu", "intel/torch-xpu-ops"),
            ("XPU", "intel/torch-xpu-ops"),
            ("filter", "filter: rows with a word; `!word` without it, `%column word`"),
            ("refr", "refresh: ask again now"),
            ("view", "nightly"),
            ("range 7", "7 days"),
            ("1795", "#179565"),
            ("backend asc", "Ascend/pytorch"),
        ] {
            assert_eq!(found(typed).first().map(String::as_str), Some(best), "{typed}");
        }
        assert_eq!(found("xpu")[1], "example/x-pu");
        assert!(found("zzz").is_empty());
    }

    /// Letters that stand here and there in a sentence are no find; those of a name are, with gaps as well.
    #[test]
    fn what_has_only_some_letters_somewhere_is_not_found() {
        let offers = [
            offer(
                "pipeline: how the last runs got here, and whom it may concern",
                "screen",
            ),
            offer("mouse: hand the mouse over, or give it back to the terminal", ""),
            offer("light", "theme"),
            offer("periodic", "view"),
            offer("copy-link: copy the link", ""),
            offer("#179565 Improve nothing, and read a book on it", "pull request"),
            offer("NVIDIA/pytorch-windows-ci", "backend"),
            offer("acme/torch-prod", "backend"),
            offer("apple/mps-backend", "backend"),
            offer("intel/torch-xpu-ops", "backend"),
        ];
        for (typed, names) in [
            ("light", vec!["light"]),
            ("them", vec!["light"]),
            ("xpu", vec!["intel/torch-xpu-ops"]),
            ("torchxpu", vec!["intel/torch-xpu-ops"]),
            ("mps", vec!["apple/mps-backend"]),
            ("prod", vec!["acme/torch-prod", "periodic"]),
            ("trchprod", vec!["acme/torch-prod"]),
            ("cplink", vec!["copy-link"]),
            ("the terminal", vec!["mouse"]),
        ] {
            let found = find(&offers, typed);
            let found: Vec<&str> = found.iter().map(|found| offers[found.offer].name()).collect();
            assert_eq!(found, names, "{typed}");
        }
    }

    #[test]
    fn before_anything_is_typed_all_stands_in_its_order() {
        let all = found("");
        assert_eq!(
            (all.len(), all[0].as_str(), all[8].as_str()),
            (9, "back: clear the filter, else go to the screen before", "#179565")
        );
    }

    #[test]
    fn what_was_found_is_known_by_its_characters() {
        let offers = [offer("日本/torch-xpu", "backend")];
        assert_eq!(find(&offers, "xpu")[0].matched, [9, 10, 11]);
        assert_eq!(find(&offers, "backend")[0].matched, (13..20).collect::<Vec<_>>());
    }

    proptest! {
        #[test]
        fn what_is_emphasised_is_there(text in "\\PC{0,20}", typed in "\\PC{0,6}") {
            let offers = [offer(&text, "backend")];
            let length = text.chars().count() + 1 + "backend".len();
            for found in find(&offers, &typed) {
                prop_assert!(found.matched.iter().all(|at| (*at as usize) < length));
                prop_assert!(found.matched.is_sorted_by(|one, other| one < other));
            }
        }
    }
}
