//! The matrix itself: pinned columns, then a letter per job. The heads lie, stack in words, or stand upright, the more the narrower the
//! columns are.
//!
//! ```text
//!                                  b  l  u  o
//!                                  u  i  n  p
//!   when   commit        PR        i… n… i… s
//! ▌ 13:40  89e6c98d +2  179600     O  O  X  X
//! ```

mod heads;
mod labels;
mod room;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::style;
use crate::data::figures::{clock, day_and_minute};
use crate::data::glyph::Tone;
use crate::data::matrix::Matrix;
use crate::data::text::width;
use crate::screen::model::Model;
use heads::{Heads, lying, standing};
use labels::{common, stack, stand, told};
use room::{LEAST, PINNED, gap};

/// Those of the pinned columns that stand before the PR.
const BEFORE_PR: usize = 24;
/// Marker and a time of day, or a day;
const WHEN_WIDTH: usize = 7;
/// and in so many columns of the screen both, where names have room all the same.
const WIDE_WHEN: (u16, usize) = (160, WHEN_WIDTH + 6);
/// A visible column: its number and its width.
type Visible = (usize, usize);

/// How a matrix is laid out in an area.
pub(super) struct Grid<'a> {
    model: &'a Model,
    matrix: &'a Matrix,
    columns: Vec<Visible>,
    /// Columns of the moment, with the marker.
    when: usize,
    /// Columns that all of them have.
    room: usize,
    heads: Heads,
    /// Lines of the heads: one where the labels lie.
    height: usize,
    /// Columns of title and author; 0 where there are none, or no room.
    said: (usize, usize),
    /// How much all labels have in common, at their beginnings and at their ends.
    common: (usize, usize),
}

/// Have all jobs room in so many columns?
pub(super) fn is_room(model: &Model, matrix: &Matrix, columns: u16) -> bool {
    room::said(columns.into(), model.screen().heads.len(), !matrix.titles.is_empty()).is_some()
}

impl<'a> Grid<'a> {
    pub(super) fn new(model: &'a Model, matrix: &'a Matrix, area: Rect) -> Self {
        let screen = model.screen();
        let (columns, rows) = (usize::from(area.width), usize::from(area.height));
        let said = room::said(columns, screen.heads.len(), !matrix.titles.is_empty()).unwrap_or_default();
        let room = columns.saturating_sub(PINNED + gap(said.0) + gap(said.1));
        let (from, wide) = WIDE_WHEN;
        let less = room.saturating_sub(wide - WHEN_WIDTH);
        let (when, room) = match model.size.0 >= from && lying(&screen.heads, less).is_some() {
            true => (wide, less),
            false => (WHEN_WIDTH, room),
        };
        let common = common(screen.heads.iter().map(|head| head.label.as_str()));
        let (heads, widths, height) = match lying(&screen.heads, room) {
            Some(widths) => (Heads::Lying, widths, 1),
            None => {
                let told: Vec<&str> = screen.heads.iter().map(|head| told(&head.label, common)).collect();
                let shards = screen
                    .heads
                    .iter()
                    .map(|head| head.members.len() > 1)
                    .collect::<Vec<_>>();
                standing(&told, &shards, room, rows)
            }
        };
        Self {
            model,
            matrix,
            columns: window(&widths, room, screen.column, screen.columns_from),
            when,
            room,
            heads,
            height,
            said,
            common,
        }
    }

    /// Does each row say its title?
    pub(super) fn says_titles(&self) -> bool {
        self.said.0 > 0
    }

    pub(super) fn matrix(&self) -> &Matrix {
        self.matrix
    }

    pub(super) fn heads_height(&self) -> usize {
        self.height
    }

    /// The number of the first head that is seen.
    pub(super) fn seen_from(&self) -> Option<usize> {
        self.columns.first().map(|(number, _)| *number)
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
        let labels: Vec<&str> = labels.collect();
        let shown: Vec<Vec<String>> = match self.heads {
            Heads::Lying => self
                .columns
                .iter()
                .map(|(number, columns)| vec![style::squeeze(&heads[*number].label, columns - 2)])
                .collect(),
            // They are of one width.
            Heads::Stacked => stack(&labels, first.map_or(LEAST, |(_, columns)| *columns) - 1, self.height),
            Heads::Fitted => (labels.iter().zip(&self.columns))
                .map(|(label, (_, columns))| labels::stack_whole(label, columns - 1, self.height))
                .collect(),
            Heads::Upright => stand(&labels, self.height)
                .into_iter()
                .map(|letters| letters.into_iter().map(str::to_owned).collect())
                .collect(),
        };
        let mut lines: Vec<Line<'static>> = (0..self.height)
            .map(|line| {
                let is_last = line + 1 == self.height;
                let pinned = match is_last {
                    true => self.pinned([self.when_head(), "commit", "", "PR", "title", "author"]),
                    false => " ".repeat(width(&self.pinned([""; 6]))),
                };
                let mut spans = vec![Span::styled(pinned, style::dim())];
                for ((number, columns), lines) in self.columns.iter().zip(&shown) {
                    let text = &lines[line];
                    spans.push(Span::styled(text.clone(), self.head_style(*number)));
                    spans.push(Span::raw(" ".repeat(columns.saturating_sub(width(text)))));
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
                // At the end of the last blank, or behind it where a column is left over.
                let used: usize = self.columns.iter().map(|(_, columns)| columns).sum();
                let blank = line.spans.pop().map_or(0, |blank| width(&blank.content));
                let blank = (blank + self.room.saturating_sub(used).min(1)).max(1);
                line.spans.push(Span::styled(format!("{:>blank$}", "›"), style::dim()));
            }
        }
        lines
    }

    fn when_head(&self) -> &'static str {
        if self.when > WHEN_WIDTH {
            "  when (UTC)"
        } else {
            "  when"
        }
    }

    fn head_style(&self, number: usize) -> Style {
        if number == self.model.screen().column {
            style::bold().add_modifier(Modifier::UNDERLINED)
        } else {
            style::dim()
        }
    }

    /// A row, below a line of its own pull request or of another.
    ///
    /// Thousands of letters make a screen: each goes into its cell as it is.
    pub(super) fn draw_row(
        &self,
        number: usize,
        is_selected: bool,
        is_below_own: bool,
        buffer: &mut Buffer,
        area: Rect,
    ) {
        if area.is_empty() {
            return;
        }
        let row = &self.matrix.rows[number];
        let pr = match row.pr {
            0 => "–".to_owned(),
            pr => pr.to_string(),
        };
        let is_unfolded = self.model.screen().unfolded_pull_requests.contains(&row.pr);
        let older = match row.older {
            older @ 1.. if row.is_newest() && !is_unfolded => format!("+{older}"),
            _ => String::new(),
        };
        let when = match self.when > WHEN_WIDTH {
            true => day_and_minute(row.newest),
            false => clock(row.newest, self.model.moment()),
        };
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
        if is_selected {
            buffer.set_style(area, style::selected());
        }
        let (mut x, _) = buffer.set_stringn(area.x, area.y, pinned, area.width.into(), how);
        for (column, columns) in &self.columns {
            if x >= area.right() {
                break;
            }
            self.draw_cell((number, *column), *columns, is_selected, buffer, Rect { x, ..area });
            x = x.saturating_add(u16::try_from(*columns).unwrap_or(u16::MAX));
        }
    }

    /// An older commit stands two columns to the right of the newest: in the room of what follows that.
    fn pinned_older(&self, [when, commit, pr, title, author]: [&str; 5]) -> String {
        let rest = self.pinned(["", "", "", pr, title, author]);
        let rest: String = rest.chars().skip(BEFORE_PR - WHEN_WIDTH + self.when).collect();
        format!("{}  ╰ {commit}     {rest}", style::left(when, self.when))
    }

    /// When, commit, older commits, PR, title and author, each in its width.
    fn pinned(&self, [when, commit, older, pr, title, author]: [&str; 6]) -> String {
        let mut text = format!(
            "{}  {} {} {}   ",
            style::left(when, self.when),
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

    fn draw_cell(
        &self,
        (row, column): (usize, usize),
        columns: usize,
        is_selected: bool,
        buffer: &mut Buffer,
        at: Rect,
    ) {
        let screen = self.model.screen();
        let head = &screen.heads[column];
        let worst = self.matrix.worst(row, head);
        let (letter, tone) = worst.map_or(("–", Tone::Dim), |(mark, _)| (mark.letter(), mark.glyph().1));
        let mut how = style::of(tone, self.model);
        if column == screen.column {
            how = how.add_modifier(Modifier::BOLD);
            if is_selected {
                // A hole in the row: where it crosses the column.
                how = how
                    .add_modifier(Modifier::UNDERLINED)
                    .remove_modifier(Modifier::REVERSED);
            }
        }
        let shards = head.members.len();
        let counted = worst.filter(|(mark, _)| shards > 1 && mark.has_failed());
        let counted = counted.map(|_| format!("{letter} {}/{shards}", self.matrix.failed(row, head).count()));
        // Where there is no room for the count and a blank, the letter is what matters.
        match counted.filter(|text| text.len() < columns) {
            Some(text) => {
                buffer.set_stringn(at.x, at.y, text, columns, how);
            }
            None => {
                if let Some(cell) = buffer.cell_mut((at.x, at.y)) {
                    cell.set_symbol(letter).set_style(how);
                }
            }
        }
    }
}

/// The columns that are seen, from one on or from where the selected one is seen as well.
fn window(widths: &[usize], room: usize, selected: usize, from: usize) -> Vec<Visible> {
    let mut start = from.min(selected);
    while start < selected && widths[start..=selected].iter().sum::<usize>() > room {
        start += 1;
    }
    // No room is left empty while there are columns before.
    while start > 0 && widths[start - 1..].iter().sum::<usize>() <= room {
        start -= 1;
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
