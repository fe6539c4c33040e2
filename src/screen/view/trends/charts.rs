//! Figures day by day, as bars: with the last one in words, and a scale beside.
//!
//! ```text
//!  pass rate, 71.4% today             failed or timed out, 38 today      median duration, 36m today
//!  100%▕▇▇▆▇▅▃▂                         41▕  ▂ ▅█▇                         38m▕▅▅▆▅▅▆▇
//!   50%▕███████                         20▕ ▄█▇███                         19m▕███████
//!       11-18   11-24                      11-18   11-24                      11-18   11-24
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::data::figures::{self, DAY, duration, pass_rate, percent};
use crate::data::glyph::Tone;
use crate::data::text::{fit, width};
use crate::data::trend::{Stretch, Trends};
use crate::screen::model::Model;
use crate::screen::view::style;

/// Rows of a chart, its head and its foot among them.
pub(super) const CHART: u16 = 8;
/// Columns for the largest figure beside a chart.
const SCALE: usize = 6;
/// A day, as `11-24`.
const DAY_WIDTH: usize = 5;
/// Columns of a bar at most; of one or two bars each has room for its day.
const BAR_WIDTH: usize = 4;
const EIGHTHS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What is drawn of each day, or of some together.
pub(super) struct Chart {
    title: &'static str,
    /// As it is called where there is little room: as the columns are.
    short: &'static str,
    /// Behind the title where a bar is of several days.
    of_several: &'static str,
    figure: fn(&Stretch) -> Option<f64>,
    /// How the last figure is written,
    value: fn(f64) -> String,
    /// and those of the scale.
    scale: fn(f64) -> String,
    /// Where the scale ends; none is at the largest figure.
    most: Option<f64>,
    /// Said where no figure is more than nothing, and that is no figure.
    none: Option<&'static str>,
    tone: Tone,
}

pub(super) const CHARTS: [Chart; 4] = [
    Chart {
        title: "pass rate",
        short: "pass",
        of_several: "",
        figure: |days| pass_rate(days.success, days.failure, days.timed_out),
        value: |rate| percent(Some(rate)),
        scale: |rate| format!("{:.0}%", rate * 100.0),
        most: Some(1.0),
        none: None,
        tone: Tone::Good,
    },
    Chart {
        title: "failed or timed out",
        short: "fail+time",
        of_several: " a day",
        figure: |days| Some(days.daily(days.failure + days.timed_out)),
        value: number,
        scale: number,
        most: None,
        none: None,
        tone: Tone::Bad,
    },
    Chart {
        title: "runs",
        short: "runs",
        of_several: " a day",
        figure: |days| Some(days.daily(days.total)),
        value: number,
        scale: number,
        most: None,
        none: None,
        tone: Tone::Running,
    },
    Chart {
        title: "median duration",
        short: "p50",
        of_several: "",
        figure: |days| days.duration,
        value: |seconds| duration(Some(seconds)),
        scale: |seconds| duration(Some(seconds)),
        most: None,
        // Who reports an end that is the start has none.
        none: Some("no durations"),
        tone: Tone::Warning,
    },
];

/// Means and halves of small counts are no whole numbers.
fn number(number: f64) -> String {
    match number < 10.0 && (number - number.round()).abs() > 0.05 {
        true => format!("{number:.1}"),
        false => format!("{number:.0}"),
    }
}

pub(super) fn draw(model: &Model, trends: &Trends, chart: &Chart, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width).saturating_sub(SCALE + 3);
    if trends.days.is_empty() || columns == 0 {
        return;
    }
    // Where there are more days than columns a bar is of several: all of the range is shown.
    let each = trends.days.len().div_ceil(columns);
    let series = trends.series(each, chart.figure);
    let largest = series.iter().flatten().copied().fold(0.0, f64::max);
    let last = series.last().copied().flatten();
    let first_day = trends.first;
    let last_day = trends.first + trends.days.len() as i64 - 1;
    if let Some(none) = chart.none.filter(|_| largest <= 0.0) {
        frame.render_widget(
            Line::styled(format!(" {}", chart.title), style::dim()),
            style::row(area, 0),
        );
        frame.render_widget(Line::styled(format!("   {none}"), style::dim()), style::row(area, 2));
        return;
    }
    let when = match model.as_of {
        None => "today".to_owned(),
        Some(_) => format!("on {}", day(last_day)),
    };
    let last = last.map_or("–".to_owned(), chart.value);
    let title = format!(" {}", titled(chart, each, &last, &when, usize::from(area.width) - 1));
    frame.render_widget(Line::styled(title, style::dim()), style::row(area, 0));

    let widest = if series.len() > 2 { BAR_WIDTH } else { DAY_WIDTH + 1 };
    let wide = (columns / series.len()).clamp(1, widest);
    let most = chart.most.unwrap_or(largest);
    let height = usize::from(CHART) - 2;
    let tone = style::of(chart.tone, model).remove_modifier(Modifier::BOLD);
    for row in 0..height {
        // A row's figure is that of its upper edge.
        let scale = match row {
            0 => (chart.scale)(most),
            row if row == height / 2 && most > 0.0 => (chart.scale)(most / 2.0),
            _ => String::new(),
        };
        let below = (height - 1 - row) * 8;
        let bars: String = series
            .iter()
            .map(|figure| bar(*figure, most, height, below).to_string().repeat(wide))
            .collect();
        let line = Line::from(vec![
            Span::styled(format!("{}▕", style::right(&scale, SCALE)), style::dim()),
            Span::styled(bars, tone),
        ]);
        frame.render_widget(line, style::row(area, row + 1));
    }
    let gap = (series.len() * wide).saturating_sub(2 * DAY_WIDTH);
    let first = match gap {
        0 => String::new(),
        gap => format!("{}{}", day(first_day), " ".repeat(gap)),
    };
    let foot = format!("{}{first}{}", " ".repeat(SCALE + 1), day(last_day));
    frame.render_widget(Line::styled(foot, style::dim()), style::row(area, height + 1));
}

fn day(at: i64) -> String {
    figures::day(at * DAY)
}

/// What it is, of how many days a bar is, and its last figure: as much as has room in so many columns.
fn titled(chart: &Chart, each: usize, last: &str, when: &str, columns: usize) -> String {
    let Chart {
        title,
        short,
        of_several,
        ..
    } = chart;
    // The figure stands in all of them: words can be looked up, it can't.
    let forms = match each {
        1 => vec![
            format!("{title}, {last} {when}"),
            format!("{title}, {last}"),
            format!("{short}, {last} {when}"),
            format!("{short}, {last}"),
        ],
        days => vec![
            format!("{title}{of_several}, {days} days a bar, {last} in the last"),
            format!("{short}{of_several}, {days} days a bar, {last} in the last"),
            format!("{title}, {last}{of_several}, {days} days a bar"),
            format!("{short}, {last}{of_several}, {days} days a bar"),
            format!("{short}, {last}{of_several}, {days}d a bar"),
            format!("{short} {last}{of_several}, {days}d a bar"),
            format!("{short}, {last}{of_several}"),
            format!("{short}, {last}"),
        ],
    };
    let fits = forms.iter().find(|form| width(form) <= columns);
    fits.cloned()
        .unwrap_or_else(|| fit(&forms[forms.len() - 1], columns).into_owned())
}

/// The part of a bar that lies in one row, above so many eighths. A day with a figure has a bar, however small; one without has none.
fn bar(figure: Option<f64>, most: f64, height: usize, below: usize) -> char {
    let Some(figure) = figure else { return ' ' };
    let all = if most > 0.0 {
        figure / most * (height * 8) as f64
    } else {
        0.0
    };
    let eighths = (all.round() as usize).max(1);
    EIGHTHS[eighths.saturating_sub(below).min(8)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_high_as_its_figure_and_a_gap_is_none() {
        let column = |figure: Option<f64>| {
            [16, 8, 0]
                .map(|below| bar(figure, 12.0, 3, below))
                .iter()
                .collect::<String>()
        };
        assert_eq!(column(Some(12.0)), "███");
        assert_eq!(column(Some(6.0)), " ▄█");
        assert_eq!(column(Some(0.0)), "  ▁");
        assert_eq!(column(None), "   ");
        assert_eq!(bar(Some(0.0), 0.0, 3, 0), '▁');
    }

    /// Of what is both the chart says so, by the names of the columns where there is no room for words.
    #[test]
    fn a_title_says_as_much_as_has_room() {
        let said = |each: usize, columns: usize| titled(&CHARTS[1], each, "146", "today", columns);
        assert_eq!(said(1, 39), "failed or timed out, 146 today");
        assert_eq!(said(1, 29), "failed or timed out, 146");
        assert_eq!(
            said(3, 50),
            "failed or timed out a day, 3 days a bar, 146 in the last".replace("failed or timed out", "fail+time")
        );
        assert_eq!(said(3, 44), "failed or timed out, 146 a day, 3 days a bar");
        assert_eq!(said(3, 34), "fail+time, 146 a day, 3 days a bar");
        assert_eq!(said(3, 29), "fail+time 146 a day, 3d a bar", "beside three others");
        assert_eq!(said(3, 20), "fail+time, 146 a day");
        assert_eq!(said(3, 9), "fail+tim…");
    }

    #[test]
    fn numbers_have_a_decimal_where_they_are_small_and_need_one() {
        assert_eq!([3.0, 1.5, 0.5, 20.5, 9.98].map(number), ["3", "1.5", "0.5", "20", "10"]);
    }
}
