//! How a backend stands towards level 3: a line over its matrix, and a table of what is asked of it.
//!
//! ```text
//!  L3 readiness over 14 days: 5 of 6, not ready: time at L2 12 d (30 days or more) · L2 since 2026-11-12
//! ┌ for L3 ───────────────────────────────────────────┐
//! │ O  end to end, median   under 3h            2h10  │
//! └───────────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

use super::style;
use crate::data::backend::Backend;
use crate::data::figures::minute;
use crate::data::glyph::Tone;
use crate::data::readiness::{DEMOTION_DAYS, Measure, PROMOTION_DAYS, Readiness, Since, holds};
use crate::keys::action::Action;
use crate::screen::model::Model;

/// The verdict, what is against it, and since when the level is what it is.
pub(super) fn line(model: &Model, backend: &Backend) -> Line<'static> {
    let Some(readiness) = &backend.readiness else {
        let tone = match backend.readiness_failed {
            true => Tone::Warning,
            false => Tone::Dim,
        };
        return Line::from(vec![
            Span::styled(" L3 readiness: ", style::dim()),
            Span::styled(backend.without_readiness(), style::of(tone, model)),
        ]);
    };
    let level = level(backend);
    let measures = readiness.asked_at(level);
    let met = measures.iter().filter(|measure| measure.holds == Some(true)).count();
    let (verdict, tone) = match (holds(measures), stays(level)) {
        (None, _) => ("no data", Tone::Dim),
        (Some(true), true) => ("stays", Tone::Good),
        (Some(false), true) => ("at risk", Tone::Bad),
        (Some(true), false) => ("ready", Tone::Good),
        (Some(false), false) => ("not ready", Tone::Dim),
    };
    let what = keeps(level).unwrap_or_else(|| "L3 readiness".to_owned());
    let days = days(level);
    // The line above is of the range that is chosen.
    let mut spans = vec![
        Span::styled(
            format!(" {what} over {days} days: {met} of {}, ", measures.len()),
            style::dim(),
        ),
        Span::styled(verdict, style::of(tone, model)),
    ];
    let against = measures.iter().filter(|measure| measure.holds == Some(false));
    let against: Vec<String> = against
        .map(|it| format!("{} {} ({})", it.name, it.is, it.wanted))
        .collect();
    if !against.is_empty() {
        spans.push(Span::styled(format!(": {}", against.join(", ")), style::dim()));
    }
    if let Some(last) = readiness.levels.last() {
        let said = format!(" · {} since {}", last.level, day(last));
        spans.push(Span::styled(said, style::dim()));
    }
    Line::from(spans)
}

/// The table, over an area.
pub(super) fn draw(model: &Model, backend: &Backend, frame: &mut Frame<'_>, area: Rect) {
    let Some(readiness) = &backend.readiness else { return };
    let lines = lines(model, readiness, level(backend));
    let height = u16::try_from(lines.len() + 2).unwrap_or(u16::MAX).min(area.height);
    let popup = area.centered(Constraint::Length(64.min(area.width)), Constraint::Length(height));
    frame.render_widget(Clear, popup);
    let shown = |action| model.keymap.shown(action);
    let closes = format!(" {} or {} closes ", shown(Action::Readiness), shown(Action::Back));
    let what = keeps(level(backend)).unwrap_or_else(|| "for L3".to_owned());
    let block = Block::bordered().title(format!(" {what} ")).title_bottom(closes);
    frame.render_widget(Paragraph::new(lines).block(block), popup);
}

fn lines(model: &Model, readiness: &Readiness, level: Option<&str>) -> Vec<Line<'static>> {
    let measures = readiness.asked_at(level);
    let what = match stays(level) {
        true => "to stay there",
        false => "to get there",
    };
    let mut lines = vec![title(what, days(level), measures)];
    lines.extend(measures.iter().map(|it| measure(model, it)));
    lines.push(Line::default());
    lines.push(Line::styled(" levels, as the records say", style::bold()));
    if readiness.levels.is_empty() {
        lines.push(Line::styled("   no record names one", style::dim()));
    }
    // The newest matter most, where there is no room for all.
    lines.extend(readiness.levels.iter().rev().map(|since| {
        Line::from(vec![
            Span::raw(format!("   {}", style::left(&since.level, 4))),
            Span::styled(format!("since {}", day(since)), style::dim()),
        ])
    }));
    lines
}

fn title(what: &str, days: i64, measures: &[Measure]) -> Line<'static> {
    let verdict = match holds(measures) {
        Some(true) => "yes",
        Some(false) => "no",
        None => "no data",
    };
    Line::from(vec![
        Span::styled(format!(" {what}: {verdict}"), style::bold()),
        Span::styled(format!("  over the last {days} days"), style::dim()),
    ])
}

fn measure(model: &Model, it: &Measure) -> Line<'static> {
    let (letter, tone) = match it.holds {
        Some(true) => ('O', Tone::Good),
        Some(false) => ('X', Tone::Bad),
        None => ('–', Tone::Dim),
    };
    Line::from(vec![
        Span::styled(format!("   {letter}  "), style::of(tone, model)),
        Span::raw(style::left(it.name, 24)),
        Span::styled(style::left(it.wanted, 18), style::dim()),
        Span::raw(style::right(&it.is, 10)),
    ])
}

/// The level in what is shown, else the last that records name: a view without results takes no level away.
fn level(backend: &Backend) -> Option<&str> {
    let shown = backend.summary.as_ref().and_then(|summary| summary.level.as_deref());
    shown.or_else(|| {
        let last = backend.readiness.as_ref()?.levels.last()?;
        Some(last.level.as_str())
    })
}

/// What is judged of a backend that is there.
fn keeps(level: Option<&str>) -> Option<String> {
    level
        .filter(|level| stays(Some(level)))
        .map(|level| format!("keeps {level}"))
}

/// The window of the measures, whatever range is chosen.
fn days(level: Option<&str>) -> i64 {
    match stays(level) {
        true => DEMOTION_DAYS,
        false => PROMOTION_DAYS,
    }
}

fn stays(level: Option<&str>) -> bool {
    matches!(level, Some("L3" | "L4"))
}

fn day(since: &Since) -> String {
    minute(since.at).get(..10).unwrap_or_default().to_owned()
}
