//! Which backends fail, by what that says: is it this pull request, or do they fail anyway?
//!
//! ```text
//!  fails what usually passes: apple/mps-backend, intel/torch-xpu-ops   unclear: Ascend/pytorch   fails what often fails: a/b +2
//! ```

use ratatui::text::{Line, Span};

use crate::data::glyph::Tone;
use crate::data::pull_request::PullRequest;
use crate::data::text::width;
use crate::screen::model::Model;
use crate::screen::view::style;

const GAP: &str = "   ";

/// One line, or two where they don't fit into it; what is news is kept whole longest.
pub(super) fn lines(model: &Model, pull_request: &PullRequest, columns: usize) -> Vec<Line<'static>> {
    let failing = pull_request.failing(&model.screen().boxes);
    let lists = [
        ("fails what usually passes", failing.news, style::of(Tone::Bad, model)),
        ("unclear", failing.unclear, style::of(Tone::Warning, model)),
        ("fails what often fails", failing.old, style::dim()),
    ];
    let lists: Vec<_> = lists.into_iter().filter(|(_, names, _)| !names.is_empty()).collect();
    let line = |texts: &[String], from: usize| {
        let mut spans = vec![Span::raw(" ")];
        for (number, (text, (.., how))) in texts.iter().zip(&lists[from..]).enumerate() {
            spans.extend((number > 0).then(|| Span::raw(GAP)));
            spans.push(Span::styled(text.clone(), *how));
        }
        Line::from(spans)
    };
    let whole: Vec<String> = lists
        .iter()
        .map(|(what, names, _)| list(what, names, names.len()))
        .collect();
    if lists.is_empty() || takes(&whole) <= columns {
        return vec![line(&whole, 0)];
    }
    let texts = |lists: &[(&str, Vec<&str>, _)]| {
        let lists: Vec<_> = lists.iter().map(|(what, names, _)| (*what, names.as_slice())).collect();
        fitting(&lists, columns)
    };
    vec![line(&texts(&lists[..1]), 0), line(&texts(&lists[1..]), 1)]
}

/// Lists side by side in so many columns: the last ones are cut first, to how many there are.
fn fitting(lists: &[(&str, &[&str])], columns: usize) -> Vec<String> {
    let mut shown: Vec<usize> = lists.iter().map(|(_, names)| names.len()).collect();
    loop {
        let texts: Vec<String> = lists
            .iter()
            .zip(&shown)
            .map(|((what, names), shown)| list(what, names, *shown))
            .collect();
        match shown.iter_mut().rev().find(|shown| **shown > 0) {
            Some(last) if takes(&texts) > columns => *last -= 1,
            _ => return texts,
        }
    }
}

/// `unclear: a/b, c/d +2`, with so many names.
fn list(what: &str, names: &[&str], shown: usize) -> String {
    let more = names.len() - shown;
    match (shown, more) {
        (0, more) => format!("{what}: {more}"),
        (_, 0) => format!("{what}: {}", names.join(", ")),
        (_, more) => format!("{what}: {} +{more}", names[..shown].join(", ")),
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

    const LISTS: [(&str, &[&str]); 3] = [
        ("news", &["a/first", "b/second"]),
        ("unclear", &["c/third"]),
        ("old", &["d/fourth", "e/fifth"]),
    ];

    #[test]
    fn what_is_news_is_kept_whole_longest_and_nothing_goes_untold() {
        let said = |columns| fitting(&LISTS, columns).join(" | ");
        assert_eq!(
            said(80),
            "news: a/first, b/second | unclear: c/third | old: d/fourth, e/fifth"
        );
        assert_eq!(
            said(65),
            "news: a/first, b/second | unclear: c/third | old: d/fourth +1"
        );
        assert_eq!(said(55), "news: a/first, b/second | unclear: c/third | old: 2");
        assert_eq!(said(50), "news: a/first, b/second | unclear: 1 | old: 2");
        assert_eq!(said(40), "news: a/first +1 | unclear: 1 | old: 2");
    }
}
