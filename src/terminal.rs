//! The terminal, taken and given back: whatever happens, it is left as it was.

use std::io::{self, Stdout, stdout};

use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// Holds the terminal; gives it back when dropped.
pub struct Taken(());

impl Taken {
    /// Raw mode, the other screen, no cursor. A panic gives it all back before it says why.
    ///
    /// # Errors
    /// When stdin or stdout is not a terminal.
    pub fn take() -> io::Result<(Self, Terminal<CrosstermBackend<Stdout>>)> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
        enable_raw_mode()?;
        let taken = Self(());
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)?;
        Ok((taken, Terminal::new(CrosstermBackend::new(stdout()))?))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// What fails here fails because the terminal is gone.
fn give_back() {
    let _ = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show);
    let _ = disable_raw_mode();
}
