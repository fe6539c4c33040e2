//! Rows under headings, one of them selected. The selection stays with its row, wherever that moves.

/// A line: a heading that is passed over, or a row by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    Heading(u32),
    Row(u32),
}

/// The numbers of the rows among lines, in their order.
pub fn row_numbers(lines: &[Line]) -> impl Iterator<Item = usize> {
    lines.iter().filter_map(|line| match line {
        Line::Row(row) => Some(*row as usize),
        Line::Heading(_) => None,
    })
}

/// The lines of a screen.
#[derive(Clone, Debug, Default)]
pub struct List {
    lines: Vec<Line>,
    /// A line that is a row, if there is any row.
    selected: usize,
    held: Held,
}

/// Where the selected line stands in a window that is too low for all lines.
#[derive(Clone, Copy, Debug, Default)]
enum Held {
    /// In the middle.
    #[default]
    Middle,
    /// On this line of it.
    At(usize),
    /// In the middle, or as far below as its heading takes to be seen as well, where both fit.
    WithHeading,
}

impl List {
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The line that is selected.
    pub fn selected_line(&self) -> usize {
        self.selected
    }

    /// The row that is selected.
    pub fn selected(&self) -> Option<usize> {
        match self.lines.get(self.selected) {
            Some(Line::Row(row)) => Some(*row as usize),
            _ => None,
        }
    }

    /// Is no row below the selected one?
    pub fn is_at_end(&self) -> bool {
        self.row_at_or_after(self.selected + 1).is_none()
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.lines.iter().filter(|line| matches!(line, Line::Row(_))).count()
    }

    /// Takes other lines. Selects the row that `is_it` finds again, else the one nearest to where the selection was.
    pub fn replace(&mut self, lines: Vec<Line>, is_it: impl Fn(usize) -> bool) {
        let found = lines
            .iter()
            .position(|line| matches!(line, Line::Row(row) if is_it(*row as usize)));
        let near = found.unwrap_or(self.selected).min(lines.len().saturating_sub(1));
        self.lines = lines;
        self.selected = self
            .row_at_or_after(near)
            .or_else(|| self.row_before(near))
            .unwrap_or(0);
    }

    /// Selects a line, if it is a row, and leaves it where it stands in the window: under the mouse.
    pub fn hold(&mut self, line: usize, place: usize) {
        if matches!(self.lines.get(line), Some(Line::Row(_))) {
            (self.selected, self.held) = (line, Held::At(place));
        }
    }

    /// The line of the window that the selected one is held on, if it is.
    pub fn held_at(&self) -> Option<usize> {
        match self.held {
            Held::At(place) => Some(place),
            Held::Middle | Held::WithHeading => None,
        }
    }

    /// Moves by rows, and stops at either end.
    pub fn step(&mut self, by: isize) {
        self.held = Held::Middle;
        for _ in 0..by.unsigned_abs() {
            let next = if by < 0 {
                self.row_before(self.selected)
            } else {
                self.row_at_or_after(self.selected + 1)
            };
            match next {
                Some(next) => self.selected = next,
                None => return,
            }
        }
    }

    /// Selects a line, if it is a row.
    pub fn select(&mut self, line: usize) {
        if matches!(self.lines.get(line), Some(Line::Row(_))) {
            (self.selected, self.held) = (line, Held::Middle);
        }
    }

    /// The line of the next row that is meant, below the selected one or above it.
    pub fn find(&self, is_below: bool, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let is_meant = |line: &usize| matches!(self.lines[*line], Line::Row(row) if is_it(row as usize));
        match is_below {
            true => (self.selected + 1..self.lines.len()).find(is_meant),
            false => (0..self.selected.min(self.lines.len())).rev().find(is_meant),
        }
    }

    pub fn first(&mut self) {
        self.held = Held::Middle;
        self.selected = self.row_at_or_after(0).unwrap_or(0);
    }

    pub fn last(&mut self) {
        self.held = Held::Middle;
        self.selected = self.row_before(self.lines.len()).unwrap_or(0);
    }

    /// Shows the heading over the selected row until a key moves: what else stands under it is seen as well.
    pub fn show_heading(&mut self) {
        self.held = Held::WithHeading;
    }

    /// The lines that fit into a height, the selected one in the middle where there are more, or where it is held.
    pub fn window(&self, height: usize) -> std::ops::Range<usize> {
        let latest = self.lines.len().saturating_sub(height);
        let last = height.saturating_sub(1);
        let place = match self.held {
            Held::Middle => height / 2,
            Held::At(place) => place.min(last),
            Held::WithHeading => {
                let heading = self.heading_before(self.selected).map(|(line, _)| self.selected - line);
                heading.filter(|above| *above <= last).unwrap_or(0).max(height / 2)
            }
        };
        let start = self.selected.saturating_sub(place.min(last)).min(latest);
        start..(start + height).min(self.lines.len())
    }

    /// The heading that has gone by above a window, and is to stand over it all the same: that of its first line, where that is a row which
    /// isn't selected. With how many of its rows aren't seen: those above, and the one in whose place it stands.
    pub fn heading_gone_by(&self, window: &std::ops::Range<usize>) -> Option<(u32, usize)> {
        let is_row = matches!(self.lines.get(window.start), Some(Line::Row(_)));
        if !is_row || window.start == self.selected {
            return None;
        }
        let (line, number) = self.heading_before(window.start)?;
        Some((number, window.start - line))
    }

    /// The last heading before a line: its own line, and its number.
    fn heading_before(&self, line: usize) -> Option<(usize, u32)> {
        let before = self.lines.get(..line)?.iter().enumerate().rev();
        before.into_iter().find_map(|(at, line)| match line {
            Line::Heading(number) => Some((at, *number)),
            Line::Row(_) => None,
        })
    }

    fn row_at_or_after(&self, line: usize) -> Option<usize> {
        (line..self.lines.len()).find(|line| matches!(self.lines[*line], Line::Row(_)))
    }

    fn row_before(&self, line: usize) -> Option<usize> {
        (0..line.min(self.lines.len()))
            .rev()
            .find(|line| matches!(self.lines[*line], Line::Row(_)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn list(lines: &[Line]) -> List {
        let mut list = List::default();
        list.replace(lines.to_vec(), |_| false);
        list
    }

    #[test]
    fn headings_are_passed_over() {
        let mut list = list(&[Line::Heading(0), Line::Row(0), Line::Heading(1), Line::Row(1)]);
        assert_eq!(list.selected(), Some(0));
        list.step(1);
        assert_eq!(list.selected(), Some(1));
        list.step(5);
        assert_eq!(list.selected(), Some(1));
        list.first();
        list.step(-1);
        assert_eq!(list.selected(), Some(0));
    }

    #[test]
    fn a_heading_that_has_gone_by_is_that_of_the_first_row() {
        let lines = [
            Line::Heading(7),
            Line::Row(0),
            Line::Row(1),
            Line::Heading(8),
            Line::Row(2),
            Line::Row(3),
        ];
        let mut list = list(&lines);
        list.last();
        let gone_by: Vec<_> = (0..6).map(|start| list.heading_gone_by(&(start..6))).collect();
        assert_eq!(gone_by, [None, Some((7, 1)), Some((7, 2)), None, Some((8, 1)), None]);
    }

    #[test]
    fn a_heading_is_shown_where_it_and_the_selected_row_fit() {
        let mut lines = vec![Line::Heading(0)];
        lines.extend((0..30).map(Line::Row));
        let mut list = list(&lines);
        list.step(8);
        let start = |list: &List, height| list.window(height).start;
        assert_eq!((start(&list, 10), start(&list, 9)), (4, 5));
        list.show_heading();
        assert_eq!((start(&list, 10), start(&list, 9)), (0, 5), "line 9 fits into ten");
        list.step(1);
        assert_eq!(start(&list, 10), 5, "a key moves as ever");
    }

    #[test]
    fn the_selection_follows_its_row() {
        let mut list = list(&[Line::Row(0), Line::Row(1), Line::Row(2)]);
        list.step(1);
        list.replace(vec![Line::Row(0), Line::Row(1), Line::Row(2), Line::Row(3)], |row| {
            row == 3
        });
        assert_eq!(list.selected(), Some(3));
        list.replace(vec![Line::Heading(0), Line::Row(0)], |_| false);
        assert_eq!(list.selected(), Some(0));
        list.replace(Vec::new(), |_| false);
        assert_eq!(list.selected(), None);
    }

    proptest! {
        #[test]
        fn the_window_shows_the_selected_line(rows in 1_u32..200, steps in 0_isize..300, height in 1_usize..60) {
            let mut list = list(&(0..rows).map(Line::Row).collect::<Vec<_>>());
            list.step(steps);
            let window = list.window(height);
            prop_assert!(window.contains(&list.selected_line()));
            prop_assert!(window.len() == height.min(rows as usize));
        }

        #[test]
        fn a_row_that_is_held_stays_where_it_was(rows in 1_u32..200, steps in 0_isize..300, height in 1_usize..60, place in 0_usize..60) {
            let mut list = list(&(0..rows).map(Line::Row).collect::<Vec<_>>());
            list.step(steps);
            let window = list.window(height);
            let place = place % window.len();
            list.hold(window.start + place, place);
            prop_assert_eq!(list.window(height), window.clone());
            prop_assert_eq!(list.selected_line(), window.start + place);
            // In a lower one it is seen all the same.
            prop_assert!(list.window(1).contains(&list.selected_line()));
        }
    }
}
