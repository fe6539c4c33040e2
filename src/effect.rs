//! What the outside is asked to do.

use crate::model::Place;
use crate::outside::Errand;
use crate::source::Question;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Find out what a screen shows, and answer under this number.
    Ask {
        generation: u64,
        place: Place,
        question: Question,
    },
    Do(Errand),
    /// Leave the terminal to the shell, until we are continued.
    Suspend,
}
