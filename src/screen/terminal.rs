//! The terminal, taken and given back: whatever happens, it is left as it was.

mod sixteen;

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, style};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use crate::settings::theme::Colours;
use sixteen::Sixteen;

/// Is it taken? Who leaves the other screen twice has the cursor jump back, over what was written since.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Where the terminal is drawn on.
pub type Output = Box<dyn Write + Send>;

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
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

impl Taken {
    /// Raw mode, the other screen, no cursor. A panic gives it all back before it says why.
    ///
    /// # Errors
    /// When stdin or stdout is not a terminal.
    pub fn take(colours: Colours) -> io::Result<(Self, Terminal<CrosstermBackend<Output>>)> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
        }));
        // Also when only half of it is taken.
        let taken = Self(());
        take()?;
        // `NO_COLOR` was heard already, and a theme that was asked for by name is stronger.
        style::force_color_output(true);
        let output: Output = match colours {
            Colours::Palette => Box::new(Sixteen::new(stdout())),
            Colours::True | Colours::Indexed | Colours::None => Box::new(stdout()),
        };
        Ok((taken, Terminal::new(CrosstermBackend::new(output))?))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        give_back();
    }
}

/// What fails here fails because the terminal is gone. A mouse that was left on would type into the shell.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let _ = execute!(
        stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}
