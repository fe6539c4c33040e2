//! Which backends fail, by what that says: is it this pull request, or do they fail anyway? Where there is room, with the reason.
//!
//! ```text
//!  likely this PR (usually passes): apple/mps-backend, intel/torch-xpu-ops
//!  unclear (too few results to tell): Ascend/pytorch   likely the backend (often fails): a/b +2
//! ```

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::data::GATING;
use crate::data::glyph::Tone;
use crate::data::pull_request::{Box, PullRequest};
use crate::data::text::width;
use crate::screen::model::{Model, Place};
use crate::screen::view::style;

const GAP: &str = "   ";

/// A list: what is said of its backends and why, their names, and how many of those a merge waits for. They stand first.
#[derive(Clone)]
struct List<'a> {
    what: &'static str,
    /// Of what failed; empty where the room is for names.
    why: &'static str,
    names: Vec<&'a str>,
    gating: usize,
    how: Style,
}

impl<'a> List<'a> {
    fn new(what: &'static str, why: &'static str, boxes: &[&'a Box], how: Style) -> Self {
        Self {
            what,
            why,
            names: boxes.iter().map(|it| it.repo.as_str()).collect(),
            gating: boxes.iter().filter(|it| it.level == GATING).count(),
            how,
        }
    }

    /// `unclear (too few results to tell): a/b, c/d +2`, with so many names.
    fn said(&self, shown: usize) -> String {
        let what = match self.why {
            "" => self.what.to_owned(),
            why => format!("{} ({why})", self.what),
        };
        let more = self.names.len() - shown;
        match (shown, more) {
            (0, more) => format!("{what}: {more}"),
            (_, 0) => format!("{what}: {}", self.names.join(", ")),
            (_, more) => format!("{what}: {} +{more}", self.names[..shown].join(", ")),
        }
    }
}

/// One line, or two where they don't fit into it: with the reasons, unless these take room from names. What is news is kept whole longest.
pub(super) fn lines(model: &Model, pull_request: &PullRequest, columns: usize) -> Vec<Line<'static>> {
    let failing = pull_request.failing(&model.screen().boxes);
    let news = match &model.screen().place {
        Place::Commit(_) => "likely this commit",
        _ => "likely this PR",
    };
    let not_sure = match failing.has_too_few_results {
        true => "too few results to tell",
        false => "fails at times, or too few results",
    };
    let old = match failing.anywhere {
        0 => "often fails",
        anywhere if anywhere == failing.old.len() => "fails in other PRs, too",
        _ => "often fails, or fails in other PRs, too",
    };
    let mut lists = vec![
        List::new(news, "usually passes", &failing.news, style::of(Tone::Bad, model)),
        List::new("unclear", not_sure, &failing.unclear, style::of(Tone::Warning, model)),
        List::new("likely the backend", old, &failing.old, style::dim()),
    ];
    lists.retain(|list| !list.names.is_empty());
    let whole = |lists: &[List<'_>]| -> Option<Line<'static>> {
        let texts: Vec<String> = lists.iter().map(|list| list.said(list.names.len())).collect();
        (takes(&texts) <= columns).then(|| line(lists, texts))
    };
    let in_two = |lists: &[List<'_>]| {
        let (first, rest) = lists.split_at(lists.len().min(1));
        Some(vec![whole(first)?, whole(rest)?])
    };
    if let Some(line) = whole(&lists) {
        return vec![line];
    }
    if let Some(lines) = in_two(&lists) {
        return lines;
    }
    for list in &mut lists {
        list.why = "";
    }
    if let Some(line) = whole(&lists) {
        return vec![line];
    }
    let (first, rest) = lists.split_at(1);
    [first, rest]
        .into_iter()
        .map(|lists| line(lists, fitting(lists, columns)))
        .collect()
}

fn line(lists: &[List<'_>], texts: Vec<String>) -> Line<'static> {
    let mut spans = vec![Span::raw(" ")];
    for (number, (list, text)) in lists.iter().zip(texts).enumerate() {
        spans.extend((number > 0).then(|| Span::raw(GAP)));
        spans.push(Span::styled(text, list.how));
    }
    Line::from(spans)
}

/// Lists side by side in so many columns. Cut are first those at the end, to one name, then to how many there are; what a merge waits for
/// comes last.
fn fitting(lists: &[List<'_>], columns: usize) -> Vec<String> {
    let mut shown: Vec<usize> = lists.iter().map(|list| list.names.len()).collect();
    loop {
        let texts = lists.iter().zip(&shown).map(|(list, shown)| list.said(*shown));
        let texts: Vec<String> = texts.collect();
        let least: [fn(&List<'_>) -> usize; 3] = [|list| list.gating.max(1), |list| list.gating, |_| 0];
        let mut longer = least.iter().filter_map(|least| {
            (0..lists.len())
                .rev()
                .find(|number| shown[*number] > least(&lists[*number]))
        });
        match longer.next() {
            Some(number) if takes(&texts) > columns => shown[number] -= 1,
            _ => return texts,
        }
    }
}

/// Columns of texts side by side, with the blank before them.
fn takes(texts: &[String]) -> usize {
    let texts_width: usize = texts.iter().map(|text| width(text)).sum();
    1 + texts_width + GAP.len() * texts.len().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(what: &'static str, names: &[&'static str], gating: usize) -> List<'static> {
        List {
            what,
            why: "",
            names: names.to_vec(),
            gating,
            how: Style::new(),
        }
    }

    #[test]
    fn what_is_news_is_kept_whole_longest_and_nothing_goes_untold() {
        let lists = [
            list("news", &["a/first", "b/second"], 0),
            list("unclear", &["c/third"], 0),
            list("old", &["d/fourth", "e/fifth"], 0),
        ];
        let said = |columns| fitting(&lists, columns).join(" | ");
        assert_eq!(
            said(80),
            "news: a/first, b/second | unclear: c/third | old: d/fourth, e/fifth"
        );
        assert_eq!(
            said(65),
            "news: a/first, b/second | unclear: c/third | old: d/fourth +1"
        );
        assert_eq!(said(55), "news: a/first +1 | unclear: c/third | old: d/fourth +1");
        assert_eq!(said(50), "news: a/first +1 | unclear: c/third | old: 2");
        assert_eq!(said(40), "news: a/first +1 | unclear: 1 | old: 2");
        assert_eq!(said(20), "news: 2 | unclear: 1 | old: 2");
    }

    #[test]
    fn what_a_merge_waits_for_is_named_before_others() {
        let lists = [
            list("unclear", &["c/third", "d/fourth"], 0),
            list("old", &["a/gating", "b/other"], 1),
        ];
        let said = |columns| fitting(&lists, columns).join(" | ");
        assert_eq!(said(40), "unclear: c/third +1 | old: a/gating +1");
        assert_eq!(said(35), "unclear: 2 | old: a/gating +1");
        assert_eq!(said(20), "unclear: 2 | old: 2");
    }
}
