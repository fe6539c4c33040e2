//! What the outside is asked to do.

use std::sync::Arc;

use crate::data::basis::Basis;
use crate::screen::outside::Errand;
use crate::source::{Question, Subject};

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Find it out, and answer under this number.
    Ask {
        generation: u64,
        subject: Subject,
        question: Question,
        /// Of what is still shown of it.
        shown: Option<Arc<Basis>>,
    },
    Do(Errand),
    /// Let the terminal tell of the mouse, or no more.
    Mouse(bool),
    /// Leave the terminal to the shell, until we are continued.
    Suspend,
}
