//! How a backend stands towards level 3: a line over its matrix, and a table of what is asked of it.
//!
//! ```text
//!  L3 readiness over 14 days: 5 of 6, not ready: time at L2 12 d (30 days or more) · L2 since 2026-11-12
//!  to keep L4, 7 d: 1 of 3, at risk: pass rate 71.4%, timed out 2.0%
//! ┌ for L3 ───────────────────────────────────────────┐
//! │ O  end to end, median   under 3h            2h10  │
//! └───────────────────────────────────────────────────┘
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::popup::{self, Popup};
use super::style;
use crate::data::backend::Backend;
use crate::data::chosen::EventView;
use crate::data::figures::minute;
use crate::data::glyph::Tone;
use crate::data::readiness::{DEMOTION_DAYS, Measure, OF_PROBE, PROMOTION_DAYS, Readiness, Since, holds};
use crate::data::text::width;
use crate::keys::action::Action;
use crate::screen::model::Model;

/// Columns of the table.
const WIDEST: u16 = 64;

/// The verdict, what is against it, and since when the level is what it is, as far as so many columns have room for it.
pub(super) fn line(model: &Model, backend: &Backend, columns: usize) -> Line<'static> {
    if model.screen().is_of_probe() {
        return Line::styled(format!(" {OF_PROBE}"), style::dim());
    }
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
    let judged = Judged {
        what: keeps(level).map_or_else(|| "L3 readiness".to_owned(), |keeps| format!("{keeps},")),
        days: days(level),
        is_of_pull_requests: model.event != EventView::Pr,
        score: format!("{met} of {}", measures.len()),
        verdict,
        // What the backend can do something about today first: how long it has been there comes last.
        against: measures.iter().rev().filter(|it| it.holds == Some(false)).collect(),
        since: readiness.levels.last(),
    };
    let (before, behind) = judged.said(columns);
    Line::from(vec![
        Span::styled(before, style::dim()),
        Span::styled(verdict, style::of(tone, model)),
        Span::styled(behind, style::dim()),
    ])
}

/// What the line has to say.
struct Judged<'a> {
    what: String,
    days: i64,
    /// The view on screen is another, so that it must be said.
    is_of_pull_requests: bool,
    score: String,
    verdict: &'static str,
    against: Vec<&'a Measure>,
    since: Option<&'a Since>,
}

impl Judged<'_> {
    /// What stands before the verdict and behind it, in so many columns. Words are left out before figures are: since when the level is what
    /// it is, then what is wanted, then what can be told from the rest; and what is against it beyond the last column is counted.
    fn said(&self, columns: usize) -> (String, String) {
        let of = if self.is_of_pull_requests {
            " of pull requests"
        } else {
            ""
        };
        let before = format!(" {} over {} days{of}: {}, ", self.what, self.days, self.score);
        let of = if self.is_of_pull_requests { " of PRs" } else { "" };
        let short = format!(" {} {} d{of}: {}, ", self.what, self.days, self.score);
        let since = self
            .since
            .map_or(String::new(), |last| format!(" · {} since {}", last.level, day(last)));
        let wanted = |it: &Measure| format!("{} {} ({})", it.name, it.is, it.wanted);
        let named = |it: &Measure| format!("{} {}", it.name, it.is);
        // The first word or two of `end to end, median` are enough where the figure stands behind.
        let called = |it: &Measure| format!("{} {}", it.name.split(',').next().unwrap_or_default(), it.is);
        let forms = [
            (&before, self.listed(&wanted, self.against.len()) + &since),
            (&before, self.listed(&wanted, self.against.len())),
            (&before, self.listed(&named, self.against.len())),
            (&short, self.listed(&called, self.against.len())),
        ];
        let counted = (1..self.against.len()).rev();
        let counted = counted.map(|shown| (&short, self.listed(&called, shown)));
        let mut forms: Vec<(&String, String)> = forms.into_iter().chain(counted).collect();
        let fits =
            |(before, behind): &(&String, String)| width(before) + width(self.verdict) + width(behind) <= columns;
        let at = forms.iter().position(fits).unwrap_or(forms.len() - 1);
        let (before, behind) = forms.swap_remove(at);
        (before.clone(), behind)
    }

    /// What is against it: so many of them, and how many more there are.
    fn listed(&self, said: &dyn Fn(&Measure) -> String, shown: usize) -> String {
        let texts: Vec<String> = self.against.iter().take(shown).map(|it| said(it)).collect();
        match (texts.is_empty(), self.against.len() - shown) {
            (true, _) => String::new(),
            (false, 0) => format!(": {}", texts.join(", ")),
            (false, more) => format!(": {} +{more}", texts.join(", ")),
        }
    }
}

/// How far the table can be scrolled in an area; none where it isn't known.
pub(super) fn scroll_max(model: &Model, backend: &Backend, area: Rect) -> Option<usize> {
    let lines = lines(model, backend.readiness.as_ref()?, level(backend));
    Some(popup::scroll_max(lines.len(), area))
}

/// The table, over an area, behind so many lines that have gone by.
pub(super) fn draw(model: &Model, backend: &Backend, scroll: usize, frame: &mut Frame<'_>, area: Rect) {
    let Some(readiness) = &backend.readiness else { return };
    let shown = |action| model.keymap.shown(action);
    let popup = Popup {
        widest: WIDEST,
        title: keeps(level(backend)).unwrap_or_else(|| "for L3".to_owned()),
        keys: &format!("{} or {} closes", shown(Action::Readiness), shown(Action::Back)),
        lines: lines(model, readiness, level(backend)),
        scroll,
    };
    popup::draw(popup, frame, area);
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
    // The newest matter most.
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
        .map(|level| format!("to keep {level}"))
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
