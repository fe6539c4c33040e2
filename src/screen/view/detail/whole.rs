//! Everything that is known of the selected result, in a popup: nothing is cut, what is long goes on in the next line.
//!
//! ```text
//! ┌ detail ─────────────────────────────────────────────────────────────┐
//! │ unit · rhel9 matrix · X failure · attempt 2 (1: X)                  │
//! │ TorchedHat/pytorch-redhat-ci · L2 · pull request 179600             │
//! │                                                                     │
//! │ 2 failed tests                                                      │
//! │   TestBinaryUfuncs::test_add_out_bfloat16                           │
//! │     AssertionError: Tensor-likes are not close!                     │
//! └ ↓ for more, o browser, a artifacts, y link, d closes ───────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::{Selected, attempt, awaited, facts, flow, heading};
use crate::data::attempts::FailedTest;
use crate::data::figures::{counted, minute};
use crate::data::glyph::Tone;
use crate::data::links;
use crate::data::text::beginning;
use crate::keys::action::Action;
use crate::screen::model::Model;
use crate::screen::view::popup::{self, Popup};
use crate::screen::view::style;
use crate::source::Cell;

/// Columns at most: more than stacks are usually wide.
const WIDEST: u16 = 140;

/// How far it can be scrolled in an area.
pub(in crate::screen::view) fn scroll_max(model: &Model, selected: &Selected<'_>, area: Rect) -> usize {
    let lines = lines(model, selected, popup::inner_width(WIDEST, area));
    popup::scroll_max(lines.len(), area)
}

/// Draws it over an area, behind so many lines that have gone by.
pub(in crate::screen::view) fn draw(
    model: &Model,
    selected: &Selected<'_>,
    scroll: usize,
    frame: &mut Frame<'_>,
    area: Rect,
) {
    let shown = |action| model.keymap.shown(action);
    let keys = format!(
        "{} browser, {} artifacts, {} link, {} comment, {} closes",
        shown(Action::OpenLink),
        shown(Action::OpenArtifacts),
        shown(Action::CopyLink),
        shown(Action::CopyMarkdown),
        shown(Action::Detail)
    );
    let popup = Popup {
        widest: WIDEST,
        title: "detail".to_owned(),
        keys: &keys,
        lines: lines(model, selected, popup::inner_width(WIDEST, area)),
        scroll,
    };
    popup::draw(popup, frame, area);
}

fn lines(model: &Model, selected: &Selected<'_>, columns: usize) -> Vec<Line<'static>> {
    let (cell, others) = (selected.known(), selected.others());
    let tests = selected.failed_tests(selected.place());
    let mut lines = flow(heading(model, selected, cell, others), columns);
    if let Some(cell) = cell {
        lines.extend(flow(facts(model, cell, selected.usual), columns));
        lines.extend(flow(origin(cell), columns));
    }
    for text in selected.shards.iter() {
        lines.extend(wrapped(text, 1, columns, style::dim()));
    }
    if let (Some(_), Some(slot)) = (selected.mark, selected.attempts) {
        lines.extend(awaited(model, slot));
    }
    if !tests.is_empty() {
        lines.extend(section(counted(tests.len(), "failed test")));
        lines.extend(tests.iter().flat_map(|test| failed(model, test, columns)));
    }
    lines.extend(selected.unnamed());
    if !others.is_empty() {
        lines.extend(section("attempts before".to_owned()));
        for (place, other) in (1..).zip(others) {
            lines.push(attempt(model, selected, other));
            let tests = selected.failed_tests(place).iter();
            lines.extend(tests.flat_map(|test| failed(model, test, columns)));
            let link = links::of_job(other).filter(|link| Some(link) != cell.and_then(links::of_job).as_ref());
            lines.extend(
                link.into_iter()
                    .flat_map(|link| wrapped(&link, 3, columns, style::dim())),
            );
        }
    }
    let run = cell.and_then(links::of_job).map(|url| ("job", url));
    let artifacts = cell.and_then(links::of_artifacts).map(|url| ("artifacts", url));
    let addresses: Vec<_> = run.into_iter().chain(artifacts).collect();
    if !addresses.is_empty() {
        lines.extend(section("links".to_owned()));
        for (what, url) in addresses {
            lines.extend(wrapped(&format!("{what}  {url}"), 3, columns, style::dim()));
        }
    }
    lines.into_iter().flat_map(|line| in_full(line, columns)).collect()
}

/// Whose it is, and what it ran on.
fn origin(cell: &Cell) -> Vec<Span<'static>> {
    let mut pieces = vec![cell.downstream_repo.clone(), cell.level.clone()];
    if cell.pr_number > 0 {
        pieces.push(format!("pull request {}", cell.pr_number));
    }
    pieces.push(format!("commit {}", cell.commit));
    pieces.push(cell.event_type.clone());
    pieces.extend(cell.started.map(|at| format!("started {} UTC", minute(at))));
    let pieces = pieces.into_iter().filter(|piece| !piece.is_empty());
    pieces.map(|piece| Span::styled(piece, style::dim())).collect()
}

/// A blank line, and what follows it.
fn section(name: String) -> [Line<'static>; 2] {
    [Line::default(), Line::styled(format!(" {name}"), style::bold())]
}

/// Its name, what it said and where, all of it.
fn failed(model: &Model, test: &FailedTest, columns: usize) -> Vec<Line<'static>> {
    let mut lines = wrapped(&test.name, 3, columns, style::of(Tone::Bad, model));
    for line in std::iter::once(&test.message).chain(&test.message_rest) {
        lines.extend(wrapped(line, 5, columns, Style::new()));
    }
    for line in &test.stack {
        lines.extend(wrapped(line, 5, columns, style::dim()));
    }
    lines
}

/// A line in as many as it takes, between words where it has any; those that follow are indented.
fn in_full(line: Line<'static>, columns: usize) -> Vec<Line<'static>> {
    const INDENT: usize = 3;
    if style::width(&line) <= columns {
        return vec![line];
    }
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    let (mut lines, mut from) = (Vec::new(), 0);
    while from < text.len() {
        let indent = if from > 0 { INDENT } else { 0 };
        let rest = &text[from..];
        let mut seen = beginning(rest, columns.saturating_sub(indent));
        if seen.is_empty() {
            break;
        }
        if seen.len() < rest.len()
            && let Some(blank) = seen.trim_start().rfind(' ')
        {
            seen = &rest[..seen.len() - seen.trim_start().len() + blank + 1];
        }
        let mut spans = vec![Span::raw(" ".repeat(indent))];
        spans.extend(part(&line.spans, from, from + seen.len()));
        lines.push(Line::from(spans).style(line.style));
        from += seen.len();
    }
    lines
}

/// Of some spans what stands between two places of their whole text.
fn part(spans: &[Span<'static>], from: usize, to: usize) -> Vec<Span<'static>> {
    let mut before = 0;
    let mut part = Vec::new();
    for span in spans {
        let (first, last) = (from.max(before), to.min(before + span.content.len()));
        if first < last {
            let text = span.content[first - before..last - before].to_owned();
            part.push(Span::styled(text, span.style));
        }
        before += span.content.len();
    }
    part
}

/// A text in as many lines as it takes, all of them indented; none for none.
pub(super) fn wrapped(text: &str, indent: usize, columns: usize, how: Style) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(indent);
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let line = beginning(rest, room);
        if line.is_empty() {
            break;
        }
        lines.push(Line::styled(format!("{}{line}", " ".repeat(indent)), how));
        rest = &rest[line.len()..];
    }
    lines
}
