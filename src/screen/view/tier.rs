//! How much room there is across: where a layout changes, it changes at one of these widths.

/// The narrowest that is drawn on has 80 columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tier {
    Narrow,
    /// From 120 columns on there is room for whole names, and for days beside them.
    Wide,
    /// From 160 columns on also for what else is good to know.
    Widest,
}

impl Tier {
    /// The tier of so many columns.
    pub(super) fn of(columns: u16) -> Self {
        match columns {
            ..120 => Self::Narrow,
            120..160 => Self::Wide,
            _ => Self::Widest,
        }
    }
}
