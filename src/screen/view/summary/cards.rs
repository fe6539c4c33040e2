//! What stands over the table: the whole in a line, and what is wrong with the relay.

use ratatui::text::{Line, Span};

use crate::data::figures::{age, change, percent};
use crate::data::glyph::Tone;
use crate::data::relay::Relay;
use crate::data::summary::{LEVELS, Summary, overall_pass_rate};
use crate::data::text::fit;
use crate::screen::model::Model;
use crate::screen::view::style;
use crate::source::RelayRow;

/// The whole in one line, what matters most first: the relay, what runs, how much passes, the backends. Where room is short words are
/// shortened before anything is cut.
pub(super) fn overview(
    model: &Model,
    rows: &[Summary],
    [relay, nightly]: [Option<&[RelayRow]>; 2],
    before: Option<f64>,
    columns: usize,
) -> Line<'static> {
    /// Whose words go first: the relay's three times, since it has the most.
    const SHORTENED: [usize; 7] = [2, 0, 0, 2, 1, 3, 0];
    let mut forms = [0; 4];
    let rate = overall_pass_rate(rows);
    let backends: Vec<&Summary> = rows.iter().filter(|row| !row.probe).collect();
    let line = |forms: [usize; 4], gap: &'static str| {
        let cards = [
            relay_card(model, relay, nightly, forms[0]),
            jobs_card(model, &backends, forms[1] > 0),
            rate_card(model, rate, before, &backends, forms[2]),
            backends_card(&backends, forms[3] > 0),
        ];
        let mut spans = vec![Span::raw(" ")];
        for (number, card) in cards.into_iter().enumerate() {
            spans.extend((number > 0).then(|| Span::raw(gap)));
            spans.extend(card);
        }
        Line::from(spans)
    };
    for card in SHORTENED {
        let said = line(forms, "   ");
        if style::width(&said) <= columns {
            return said;
        }
        forms[card] += 1;
    }
    line(forms, "  ")
}

/// How the relay does; the shorter the form, the more of it is letters.
fn relay_card(
    model: &Model,
    relay: Option<&[RelayRow]>,
    nightly: Option<&[RelayRow]>,
    form: usize,
) -> Vec<Span<'static>> {
    let said = |relay: Option<&[RelayRow]>, in_words: bool| {
        let state = relay.map(Relay::of);
        let (glyph, tone) = match state {
            Some(Relay::Healthy) => ('O', Tone::Good),
            Some(Relay::Degraded) => ('X', Tone::Bad),
            Some(Relay::NoData) => ('–', Tone::Dim),
            None => ('U', Tone::Warning),
        };
        let text = if in_words {
            format!("{glyph} {}", state.map_or("unknown", Relay::as_str))
        } else {
            glyph.to_string()
        };
        Span::styled(text, style::of(tone, model))
    };
    let mut spans = vec![Span::styled("relay ", style::dim()), said(relay, form < 3)];
    if form == 0 {
        let prs = match relay.map_or(0, <[RelayRow]>::len) {
            0 => String::new(),
            1 => ", last PR".to_owned(),
            some => format!(", last {some} PRs"),
        };
        spans.push(Span::styled(prs, style::dim()));
    }
    // Nothing where there are no nightlies.
    if nightly.is_none_or(|rows| !rows.is_empty()) {
        spans.extend([Span::styled(" · nightly ", style::dim()), said(nightly, form < 2)]);
    }
    spans
}

/// What runs, and what ran for too long; in short as the columns below are called.
fn jobs_card(model: &Model, backends: &[&Summary], is_short: bool) -> Vec<Span<'static>> {
    let sum = |number: fn(&Summary) -> u64| backends.iter().map(|row| number(row)).sum::<u64>();
    let word = if is_short { "run" } else { "running" };
    let mut spans = vec![
        Span::styled(format!("{word} "), style::dim()),
        Span::styled(sum(|row| row.running).to_string(), style::of(Tone::Running, model)),
    ];
    let overdue = sum(|row| row.overdue);
    if overdue > 0 {
        let text = format!(" · overdue {overdue}");
        spans.push(Span::styled(text, style::of(Tone::Bad, model)));
    }
    spans
}

/// What passes of all, the change against the range before, and what timed out: all of it of the range, not of now.
fn rate_card(
    model: &Model,
    rate: Option<f64>,
    before: Option<f64>,
    backends: &[&Summary],
    form: usize,
) -> Vec<Span<'static>> {
    let mut spans = vec![
        Span::styled("pass ", style::dim()),
        Span::styled(percent(rate), style::of(style::tone_of_rate(rate), model)),
    ];
    if let (Some(rate), Some(before)) = (rate, before) {
        let same = if form < 2 { "as before" } else { "=" };
        let change = change(rate - before).unwrap_or_else(|| same.to_owned());
        spans.push(Span::styled(format!(" {change}"), style::dim()));
    }
    let timed_out: u64 = backends.iter().map(|row| row.timed_out).sum();
    if timed_out > 0 {
        let range = model.screen().chosen.map_or(model.range, |chosen| chosen.range);
        let text = match form {
            0 => format!(" · timed out {timed_out} in {}", range.title()),
            1 => format!(" · timed out {timed_out}"),
            _ => format!(" · time {timed_out}"),
        };
        spans.push(Span::styled(text, style::dim()));
    }
    spans
}

/// How many there are, and of which levels.
fn backends_card(backends: &[&Summary], is_short: bool) -> Vec<Span<'static>> {
    let levels: Vec<String> = LEVELS
        .iter()
        .filter_map(|(level, _)| {
            let is_there = |row: &&&Summary| row.level.as_deref().unwrap_or_default() == *level;
            let there = backends.iter().filter(is_there).count();
            (there > 0 && !level.is_empty()).then(|| format!("{there} {level}"))
        })
        .collect();
    let mut spans = vec![
        Span::styled("backends ", style::dim()),
        Span::raw(backends.len().to_string()),
    ];
    if !is_short && !levels.is_empty() {
        spans.push(Span::styled(format!(": {}", levels.join(" · ")), style::dim()));
    }
    spans
}

/// What of the relay failed, by name.
pub(super) fn trouble(model: &Model, relay: &[RelayRow], nightly: &[RelayRow], columns: usize) -> Line<'static> {
    let of_prs = relay.iter().map(|row| (format!("PR {}", row.pr_number), row));
    let of_nightlies = nightly.iter().map(|row| {
        let commit = row.commit.get(..8).unwrap_or(&row.commit);
        (format!("nightly {commit}"), row)
    });
    let failing: Vec<String> = of_prs
        .chain(of_nightlies)
        .filter(|(_, row)| !row.failing.is_empty())
        .map(|(name, row)| {
            let ago = age(row.last_run, model.moment());
            format!("{name}, {ago} ago: {}", row.failing.join(", "))
        })
        .collect();
    if failing.is_empty() {
        return Line::default();
    }
    let text = format!(" relay failed on {}", failing.join("; "));
    Line::styled(fit(&text, columns).into_owned(), style::of(Tone::Bad, model))
}
