//! The terminal, taken and given back: whatever happens, it is left as it was.

use std::io::{self, Stdout, stdout};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// Holds the terminal; gives it back when dropped.
pub struct Taken(());

/// Gives the terminal back, stops this process, and takes it again when somebody continues it.
///
/// # Errors
/// When the terminal can't be taken again.
pub fn suspend() -> io::Result<()> {
    give_back();
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
    take()
}

/// Lets the terminal tell of the mouse, or no more. Meanwhile it selects no text of its own.
///
/// # Errors
/// When the terminal is gone.
pub fn mouse(on: bool) -> io::Result<()> {
    match on {
        true => execute!(stdout(), EnableMouseCapture),
        false => execute!(stdout(), DisableMouseCapture),
    }
}

fn take() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

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
        // Also when only half of it is taken.
        let taken = Self(());
        take()?;
        Ok((taken, Terminal::new(CrosstermBackend::new(stdout()))?))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// What fails here fails because the terminal is gone. A mouse that was left on would type into the shell.
fn give_back() {
    let _ = execute!(
        stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}
