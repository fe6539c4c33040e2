//! What happens when: in the order of time.

use std::cmp::Ordering;

/// Something that is due at a moment, in milliseconds. A heap gives the earliest; the number keeps those of one moment in order.
pub(super) struct Due<T> {
    pub(super) at: i64,
    pub(super) number: u64,
    pub(super) what: T,
}

impl<T> Due<T> {
    fn order(&self) -> (i64, u64) {
        (self.at, self.number)
    }
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.order() == other.order()
    }
}

impl<T> Eq for Due<T> {}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order().cmp(&other.order())
    }
}
