//! The matrix itself: pinned columns, then a letter per job. The heads shrink, and stand upright where there are many.
//!
//! ```text
//!                                  b  l  u  o
//!                                  u  i  n  p
//!   when   commit        PR        i… n… i… s
//! ▌ 13:40  89e6c98d +2  179600     O  O  X  X
//! ```

mod upright;

use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;

use super::style;
use crate::data::figures::clock;
use crate::data::glyph::Tone;
use crate::data::matrix::{Head, Matrix};
use crate::data::text::width;
use crate::screen::model::Model;
use upright::{common, stand, told};

/// Marker, when, commit, older commits and PR, with their blanks.
const PINNED: usize = 33;
/// Those of them that stand before the PR.
const BEFORE_PR: usize = 24;
/// Labels that lie shrink down to the least of these before they stand.
const LABEL_WIDTH: std::ops::RangeInclusive<usize> = 8..=40;
/// Columns under labels that stand; with more of them the count of failed shards finds room.
const UPRIGHT_WIDTH: std::ops::RangeInclusive<usize> = 2..=6;
/// Labels that stand take so many lines at most.
const UPRIGHT_HEIGHT: usize = 12;
/// `X 3/8` and its blank.
const COUNT_WIDTH: usize = 6;

/// A visible column: its number and its width.
type Visible = (usize, usize);

/// How a matrix is laid out in an area.
pub(super) struct Grid<'a> {
    model: &'a Model,
    matrix: &'a Matrix,
    columns: Vec<Visible>,
    /// Lines of the heads: one where the labels lie.
    height: usize,
    /// Columns of title and author; 0 where there are none, or no room.
    said: (usize, usize),
    /// How much all labels have in common, at their beginnings and at their ends.
    common: (usize, usize),
}

impl<'a> Grid<'a> {
    pub(super) fn new(model: &'a Model, matrix: &'a Matrix, area: Rect) -> Self {
        let screen = model.screen();
        let said = match area.width {
            _ if matrix.titles.is_empty() => (0, 0),
            140.. => (40, 12),
            100.. => (24, 8),
            _ => (0, 0),
        };
        let room = usize::from(area.width).saturating_sub(PINNED + gap(said.0) + gap(said.1));
        let common = common(screen.heads.iter().map(|head| head.label.as_str()));
        let (widths, height) = match lying(&screen.heads, room) {
            Some(widths) => (widths, 1),
            None => standing(&screen.heads, common, room, usize::from(area.height)),
        };
        Self {
            model,
            matrix,
            columns: window(&widths, room, screen.column),
            height,
            said,
            common,
        }
    }

    pub(super) fn matrix(&self) -> &Matrix {
        self.matrix
    }

    pub(super) fn heads_height(&self) -> usize {
        self.height
    }

    /// The number of the head at so many columns from the left; none where the row is named.
    pub(super) fn head_at(&self, x: usize) -> Option<usize> {
        let pinned = width(&self.pinned([""; 6]));
        let mut end = pinned;
        let found = self.columns.iter().find(|(_, columns)| {
            end += columns;
            x < end
        });
        found.filter(|_| x >= pinned).map(|(number, _)| *number)
    }

    pub(super) fn heads(&self) -> Vec<Line<'static>> {
        let heads = &self.model.screen().heads;
        let (first, last) = (self.columns.first(), self.columns.last());
        let labels = self
            .columns
            .iter()
            .map(|(number, _)| told(&heads[*number].label, self.common));
        let upright = match self.height {
            1 => Vec::new(),
            height => stand(&labels.collect::<Vec<_>>(), height),
        };
        let mut lines: Vec<Line<'static>> = (0..self.height)
            .map(|line| {
                let is_last = line + 1 == self.height;
                let pinned = match is_last {
                    true => self.pinned(["  when", "commit", "", "PR", "title", "author"]),
                    false => " ".repeat(width(&self.pinned([""; 6]))),
                };
                let mut spans = vec![Span::styled(pinned, style::dim())];
                for (place, (number, columns)) in self.columns.iter().enumerate() {
                    let text = match self.height {
                        1 => style::squeeze(&heads[*number].label, columns - 2),
                        _ => upright[place][line].to_owned(),
                    };
                    spans.push(Span::styled(text.clone(), self.head_style(*number)));
                    spans.push(Span::raw(" ".repeat(columns.saturating_sub(width(&text)))));
                }
                Line::from(spans)
            })
            .collect();
        // There are more than these.
        if let Some(line) = lines.last_mut() {
            if first.is_some_and(|(number, _)| *number > 0) {
                let pinned = line.spans[0].content.as_ref();
                let pinned = pinned.strip_suffix("  ").unwrap_or(pinned);
                line.spans[0].content = format!("{pinned}‹ ").into();
            }
            if last.is_some_and(|(number, _)| number + 1 < heads.len()) {
                line.spans.pop();
                line.spans.push(Span::styled(" ›", style::dim()));
            }
        }
        lines
    }

    fn head_style(&self, number: usize) -> Style {
        if number == self.model.screen().column {
            style::bold().add_modifier(Modifier::UNDERLINED)
        } else {
            style::dim()
        }
    }

    /// A row, below a line of its own pull request or of another.
    pub(super) fn row(&self, number: usize, is_selected: bool, is_below_own: bool) -> Line<'static> {
        let row = &self.matrix.rows[number];
        let pr = match row.pr {
            0 => "–".to_owned(),
            pr => pr.to_string(),
        };
        let older = match row.older {
            older @ 1.. if row.is_newest() => format!("+{older}"),
            _ => String::new(),
        };
        let when = clock(row.newest, self.model.moment());
        let when = format!("{} {when}", if is_selected { "▌" } else { " " });
        let commit = style::left(row.commit.get(..8).unwrap_or(&row.commit), 8);
        let title = self.matrix.titles.get(&row.pr);
        let (title, author) = title.map_or(("", ""), |it| (it.title.as_str(), it.author.as_str()));
        let pinned = match (row.is_newest(), is_below_own) {
            (true, _) => self.pinned([&when, &commit, &older, &pr, title, author]),
            // What is said above is not said again.
            (false, true) => self.pinned_older([&when, &commit, "", "", ""]),
            (false, false) => self.pinned_older([&when, &commit, &pr, title, author]),
        };
        let how = match (is_selected, row.is_newest()) {
            (true, _) => style::bold(),
            (false, true) => Style::new(),
            (false, false) => style::dim(),
        };
        let mut spans = vec![Span::styled(pinned, how)];
        for (column, columns) in &self.columns {
            self.cell(number, *column, *columns, is_selected, &mut spans);
        }
        Line::from(spans)
    }

    /// An older commit stands two columns to the right of the newest: in the room of what follows that.
    fn pinned_older(&self, [when, commit, pr, title, author]: [&str; 5]) -> String {
        let rest = self.pinned(["", "", "", pr, title, author]);
        let rest: String = rest.chars().skip(BEFORE_PR).collect();
        format!("{}  ╰ {commit}     {rest}", style::left(when, 7))
    }

    /// When, commit, older commits, PR, title and author, each in its width.
    fn pinned(&self, [when, commit, older, pr, title, author]: [&str; 6]) -> String {
        let mut text = format!(
            "{}  {} {} {}   ",
            style::left(when, 7),
            style::left(commit, 8),
            style::left(older, 5),
            style::right(pr, 6),
        );
        for (said, columns) in [(title, self.said.0), (author, self.said.1)] {
            if columns > 0 {
                text.push_str(&style::left(said, columns));
                text.push_str("  ");
            }
        }
        text
    }

    fn cell(&self, row: usize, column: usize, columns: usize, is_selected: bool, spans: &mut Vec<Span<'static>>) {
        let screen = self.model.screen();
        let head = &screen.heads[column];
        let worst = self.matrix.worst(row, head);
        let (letter, tone) = worst.map_or(('–', Tone::Dim), |(mark, _)| mark.glyph());
        let mut how = style::of(tone, self.model);
        if column == screen.column {
            how = how.add_modifier(if is_selected {
                Modifier::REVERSED | Modifier::BOLD
            } else {
                Modifier::BOLD
            });
        }
        let shards = head.members.len();
        let counted = worst.filter(|(mark, _)| shards > 1 && mark.has_failed());
        let counted = counted.map(|_| format!("{letter} {}/{shards}", self.matrix.failed(row, head).count()));
        // Where there is no room for the count and a blank, the letter is what matters.
        let text = counted
            .filter(|text| text.len() < columns)
            .unwrap_or_else(|| letter.to_string());
        let blanks = columns.saturating_sub(text.chars().count());
        spans.push(Span::styled(text, how));
        spans.push(Span::raw(" ".repeat(blanks)));
    }
}

/// With the blanks behind it.
fn gap(columns: usize) -> usize {
    if columns > 0 { columns + 2 } else { 0 }
}

/// Widths of labels that lie side by side; none where they don't fit.
fn lying(heads: &[Head], room: usize) -> Option<Vec<usize>> {
    // Under a group stands how many of its shards failed.
    let measured: Vec<(usize, usize)> = heads
        .iter()
        .map(|head| {
            (
                width(&head.label),
                if head.members.len() > 1 { COUNT_WIDTH - 1 } else { 1 },
            )
        })
        .collect();
    let widths = |longest: usize| {
        let measured = measured.iter();
        measured.map(move |(label, shortest)| (*label).min(longest).max(*shortest) + 2)
    };
    let fit = |longest: usize| widths(longest).sum::<usize>() <= room;
    if !fit(*LABEL_WIDTH.start()) {
        return None;
    }
    let longest = LABEL_WIDTH.rev().find(|longest| fit(*longest))?;
    Some(widths(longest).collect())
}

/// Widths and height of labels that stand upright.
fn standing(heads: &[Head], common: (usize, usize), room: usize, rows: usize) -> (Vec<usize>, usize) {
    let columns = (room / heads.len().max(1)).clamp(*UPRIGHT_WIDTH.start(), *UPRIGHT_WIDTH.end());
    let longest = heads
        .iter()
        .map(|head| told(&head.label, common).graphemes(true).count())
        .max();
    let height = longest.unwrap_or(1).min(UPRIGHT_HEIGHT).min(rows / 3).max(2);
    (vec![columns; heads.len()], height)
}

/// The columns that are seen: the window follows the selected one.
fn window(widths: &[usize], room: usize, selected: usize) -> Vec<Visible> {
    let mut start = 0;
    while start < selected && widths[start..=selected].iter().sum::<usize>() > room {
        start += 1;
    }
    let mut used = 0;
    let visible = widths.iter().copied().enumerate().skip(start);
    visible
        .take_while(|(_, width)| {
            used += width;
            used <= room
        })
        .collect()
}
