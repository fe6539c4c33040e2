//! What can happen to the program.

use crossterm::event::{KeyEvent, MouseEvent};

use crate::data::Answer;

#[derive(Debug)]
pub enum Message {
    Key(KeyEvent),
    Mouse(MouseEvent),
    /// Text that was pasted.
    Paste(String),
    /// Columns and rows.
    Resize(u16, u16),
    /// The terminal's window has the keyboard, or has it no more.
    Focus(bool),
    /// The clock, in nanoseconds since 1970.
    Tick(i64),
    /// The answer to the question of this number, or why there is none.
    Answered {
        generation: u64,
        answer: Result<Answer, String>,
    },
    /// What came of an errand: what was done, or why not.
    Done(Result<String, String>),
    /// Something that is wrong in the background.
    Noticed(String),
    /// Someone wants the program to end.
    Stop,
}
