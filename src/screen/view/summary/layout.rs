//! Which columns the summary's table has in a terminal's width, and how wide they are.

use crate::data::Data;
use crate::data::summary::columns::COLUMNS;
use crate::data::summary::{BETWEEN_NAMES, Summary};
use crate::data::table::{Column, Sort};
use crate::data::text::width;
use crate::data::trend;
use crate::screen::model::Model;
use crate::screen::view::tier::Tier;

/// Columns that go first when room is short.
const EXPENDABLE: [&str; 5] = ["total", "other", "p95", "queue", "canc"];
/// The longest name that has room of its own.
const NAME_WIDTH: usize = 44;
/// The head `backend` with its mark, and a blank.
const FEWEST_NAME: usize = 9;
/// `red from`, with its blank.
const RED_WIDTH: usize = 9;
/// A week, and two blanks.
const FEWEST_BARS: usize = 9;
/// Marker and state, before the names.
pub(super) const MARGIN: usize = 4;

/// The numbers of the columns that are drawn in so many columns of the screen.
pub(in crate::screen::view) fn drawn(width: u16) -> Vec<usize> {
    let drawn = columns(width);
    let is_drawn = |number: &usize| drawn.iter().any(|column| column.head == COLUMNS[*number].head);
    (0..COLUMNS.len()).filter(is_drawn).collect()
}

/// The number of the column whose head stands at a column of the screen; that of the names is one beyond all figures.
pub(in crate::screen::view) fn head_at(model: &Model, columns: u16, x: u16) -> Option<usize> {
    let Some(Data::Summary { rows, .. }) = model.screen().slot.value() else {
        return None;
    };
    let layout = Layout::new(rows, model.screen().sort, columns);
    let mut end = MARGIN + layout.name_width;
    if usize::from(x) < end {
        return Some(COLUMNS.len());
    }
    let drawn = layout.columns.iter().find(|drawn| {
        end += drawn.width;
        usize::from(x) < end
    });
    drawn.map(|drawn| drawn.number)
}

/// The columns that those on call take.
fn oncalls_width(row: &Summary) -> usize {
    let names: usize = row.oncalls.iter().map(|name| width(name)).sum();
    names + BETWEEN_NAMES.len() * row.oncalls.len().saturating_sub(1)
}

/// A column as it is drawn, with the mark of the one that it is sorted by.
pub(super) struct Drawn {
    pub(super) column: &'static Column<Summary>,
    /// Its place among all columns.
    number: usize,
    pub(super) head: String,
    pub(super) width: usize,
}

/// The columns from left to right; what has none takes no width.
pub(super) struct Layout {
    pub(super) name_width: usize,
    pub(super) columns: Vec<Drawn>,
    /// A bar for each day behind two blanks.
    pub(super) bars: usize,
    /// Since which day a backend has been red.
    pub(super) red: usize,
    /// They have the rest.
    pub(super) says_oncalls: bool,
}

impl Layout {
    pub(super) fn new(rows: &[Summary], sort: Sort, columns_of_screen: u16) -> Self {
        let columns = columns(columns_of_screen);
        let mut bars = bars_width(columns_of_screen, &columns);
        let red = red_width(columns_of_screen);
        let number = |head: &str| COLUMNS.iter().position(|column| column.head == head);
        let columns: Vec<Drawn> = columns
            .into_iter()
            .map(|column| {
                let number = number(column.head).unwrap_or_default();
                Drawn {
                    column,
                    number,
                    head: sort.marked(COLUMNS, column.head, number),
                    width: sort.width(column, number),
                }
            })
            .collect();
        let figures: usize = columns.iter().map(|drawn| drawn.width).sum::<usize>() + red + MARGIN;
        let room = usize::from(columns_of_screen).saturating_sub(figures + bars);
        let mut name_width = room.saturating_sub(1).min(NAME_WIDTH);
        let says_oncalls = Tier::of(columns_of_screen) == Tier::Widest;
        if says_oncalls {
            // Blanks behind the names, then days that are longest ago, go before anyone who is on call is cut.
            let longest = |text: fn(&Summary) -> usize| rows.iter().filter(|row| !row.probe).map(text).max();
            let wanted = longest(oncalls_width).map_or(0, |longest| longest + 2);
            let names = longest(|row| width(&row.repo)).unwrap_or_default();
            let mut lacking = (wanted + name_width).saturating_sub(room);
            let spare = name_width.saturating_sub(names.max(FEWEST_NAME)).min(lacking);
            (name_width, lacking) = (name_width - spare, lacking - spare);
            bars -= bars.saturating_sub(FEWEST_BARS).min(lacking);
        }
        Self {
            name_width,
            columns,
            bars,
            red,
            says_oncalls,
        }
    }
}

fn columns(width: u16) -> Vec<&'static Column<Summary>> {
    let mut columns: Vec<&Column<Summary>> = COLUMNS.iter().collect();
    let bars = if Tier::of(width) < Tier::Wide { 0 } else { FEWEST_BARS };
    for name in EXPENDABLE {
        let taken: usize = columns.iter().map(|column| column.width).sum();
        if taken + MARGIN + shortest_name(width) + bars + red_width(width) < usize::from(width) {
            break;
        }
        columns.retain(|column| column.head != name);
    }
    columns
}

/// Where names have room, for how long one has been red is worth more than the first columns that go.
fn red_width(width: u16) -> usize {
    if Tier::of(width) < Tier::Wide { 0 } else { RED_WIDTH }
}

fn shortest_name(width: u16) -> usize {
    if Tier::of(width) < Tier::Wide { 26 } else { 36 }
}

/// Two blanks and a column for each day; none where names would suffer.
fn bars_width(width: u16, columns: &[&Column<Summary>]) -> usize {
    let taken: usize = columns.iter().map(|column| column.width).sum();
    match usize::from(width).saturating_sub(taken + MARGIN + shortest_name(width) + red_width(width) + 1) {
        0..FEWEST_BARS => 0,
        room => room.min(trend::SHOWN + 2),
    }
}
