//! The terminal, taken and given back: whatever happens, it is left as it was.

mod frames;
mod sixteen;

use std::io::{self, Stdout, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    EnableMouseCapture,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{cursor, execute, style};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use rustix::process::{Signal, getpgrp, getpid, getppid, getsid, kill_current_process_group, kill_process};
use rustix::termios::tcgetpgrp;
use tokio::sync::Notify;

use crate::settings::theme::Colours;
use frames::Frames;

/// Is it taken? Who leaves the other screen twice has the cursor jump back, over what was written since.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Holds the terminal; gives it back when dropped.
pub struct Taken(());

/// Some thread panicked while the terminal was taken.
static PANICKED: Notify = Notify::const_new();

/// What the loop wants of the terminal beside drawing, and of the shell that lent it.
pub trait Tty: Send {
    /// Lets the terminal tell of the mouse, or no more. Meanwhile it selects no text of its own.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn mouse(&mut self, on: bool) -> io::Result<()>;
    /// Leaves it as it was.
    fn give_back(&mut self);
    /// Takes it, whatever others have made of it since.
    ///
    /// # Errors
    /// When the terminal is gone.
    fn take(&mut self) -> io::Result<()>;
    /// Are we in the foreground? Who sets modes in the background is stopped for it.
    fn is_ours(&self) -> bool;
    /// Is there a shell that would continue us? What is stopped without one stays so.
    fn is_job(&self) -> bool;
    /// Stops, and returns when continued.
    ///
    /// # Errors
    /// When that can't be done.
    fn stop(&mut self, stops: Stops) -> io::Result<()>;
}

/// What is stopped, and how the shell says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stops {
    /// The whole job, as the terminal's own key does.
    Job,
    /// This process alone, which was told to.
    Process,
    /// This process, as the kernel stops one that wants the terminal in the background.
    Background,
}

/// The terminal that this process was started on.
#[derive(Debug)]
pub struct Controlling;

impl Tty for Controlling {
    fn mouse(&mut self, on: bool) -> io::Result<()> {
        match on {
            true => execute!(stdout(), EnableMouseCapture),
            false => execute!(stdout(), DisableMouseCapture),
        }
    }

    fn give_back(&mut self) {
        give_back();
    }

    fn take(&mut self) -> io::Result<()> {
        // Who was stopped in the midst takes the modes of the shell for its own.
        give_back();
        take()
    }

    fn is_ours(&self) -> bool {
        // Of a terminal that isn't the session's nobody is in the foreground, and nobody stopped.
        tcgetpgrp(stdout()).map_or(true, |foreground| foreground == getpgrp())
    }

    fn is_job(&self) -> bool {
        let Ok(session) = getsid(None) else { return false };
        let parents = getppid().and_then(|parent| getsid(Some(parent)).ok());
        getpgrp() != session && parents == Some(session)
    }

    fn stop(&mut self, stops: Stops) -> io::Result<()> {
        // SIGTSTP has a handler, and stops nothing.
        match stops {
            Stops::Job => kill_current_process_group(Signal::STOP)?,
            Stops::Process => kill_process(getpid(), Signal::STOP)?,
            Stops::Background => kill_process(getpid(), Signal::TTOU)?,
        }
        Ok(())
    }
}

/// Comes when a thread has panicked while the terminal was taken: it is given back, and nothing may be drawn there any more.
pub async fn panicked() {
    PANICKED.notified().await;
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange,
        cursor::Hide
    )
}

impl Taken {
    /// Raw mode, the other screen, no cursor; then each frame comes whole. A panic gives it all back before it says why.
    ///
    /// # Errors
    /// When stdin or stdout is not a terminal.
    pub fn take(colours: Colours) -> io::Result<(Self, Terminal<CrosstermBackend<Frames<Stdout>>>)> {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            before(panic);
            // The program ends by this.
            PANICKED.notify_one();
        }));
        // Also when only half of it is taken.
        let taken = Self(());
        take()?;
        // `NO_COLOR` was heard already, and a theme that was asked for by name is stronger.
        style::force_color_output(true);
        let frames = Frames::new(stdout(), colours == Colours::Palette);
        Ok((taken, Terminal::new(CrosstermBackend::new(frames))?))
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
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show
    );
    // In the background the shell has set its own modes, and who sets others is stopped.
    if Controlling.is_ours() {
        let _ = disable_raw_mode();
    }
}
