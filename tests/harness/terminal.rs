//! A terminal that a program can be run in, and that can be read.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::harness::programs::configuring;
use crate::{eventually, program};

/// A program in a terminal.
pub struct Pty {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    modes: String,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

impl Pty {
    /// Opens `oot-hud` in a terminal of this size. What one looks at is nowhere kept.
    pub fn hud(columns: u16, rows: u16, arguments: &[&str]) -> Self {
        Self::hud_with_state(columns, rows, arguments, Path::new("/dev/null"))
    }

    /// The same, and what one looks at is kept in a directory.
    pub fn hud_with_state(columns: u16, rows: u16, arguments: &[&str], state: &Path) -> Self {
        let state = state.to_str().unwrap();
        Self::hud_in(columns, rows, arguments, &[("XDG_STATE_HOME", state)])
    }

    /// The same, in an environment that says more.
    pub fn hud_in(columns: u16, rows: u16, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::open(columns, rows, &program("oot-hud"), arguments, environment)
    }

    /// Opens any program.
    pub fn open(columns: u16, rows: u16, path: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(path);
        command.args(arguments);
        Self::start(columns, rows, command, environment)
    }

    /// Opens a shell with job control.
    pub fn shell(columns: u16, rows: u16) -> Self {
        let mut command = CommandBuilder::new("sh");
        command.arg("-i");
        command.env("PS1", "$ ");
        command.env("ENV", "/nonexistent");
        Self::start(columns, rows, command, &[])
    }

    fn start(columns: u16, rows: u16, mut command: CommandBuilder, environment: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        // Of this terminal, not of the one that the tests run in.
        for variable in ["COLORTERM", "LC_ALL", "LC_CTYPE", "NO_COLOR", "TMUX"] {
            command.env_remove(variable);
        }
        for variable in configuring() {
            command.env_remove(variable);
        }
        for (name, value) in [
            ("LANG", "C.UTF-8"),
            ("TERM", "xterm-256color"),
            ("XDG_CACHE_HOME", "/dev/null"),
            ("XDG_CONFIG_HOME", "/nonexistent"),
            ("XDG_STATE_HOME", "/dev/null"),
        ] {
            command.env(name, value);
        }
        for (name, value) in environment {
            command.env(name, value);
        }
        let modes = modes(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut output = pair.master.try_clone_reader().unwrap();
        let keys = pair.master.take_writer().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(
            rows.try_into().unwrap(),
            columns.try_into().unwrap(),
            0,
        )));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let (to, copy) = (Arc::clone(&screen), Arc::clone(&raw));
        std::thread::spawn(move || {
            let (mut bytes, mut held) = ([0; 4096], Vec::new());
            while let Ok(length @ 1..) = output.read(&mut bytes) {
                copy.lock().unwrap().extend_from_slice(&bytes[..length]);
                held.extend_from_slice(&bytes[..length]);
                let whole = whole(&held);
                to.lock().unwrap().process(&held[..whole]);
                held.drain(..whole);
            }
            to.lock().unwrap().process(&held);
        });
        Self {
            child,
            master: pair.master,
            modes,
            keys,
            screen,
            raw,
        }
    }

    /// What can be read on it.
    pub fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// All that was ever sent to it.
    pub fn raw(&self) -> Vec<u8> {
        self.raw.lock().unwrap().clone()
    }

    /// How many bytes that is.
    pub fn sent(&self) -> usize {
        self.raw.lock().unwrap().len()
    }

    pub fn on_alternate_screen(&self) -> bool {
        self.screen.lock().unwrap().screen().alternate_screen()
    }

    /// Does it tell the program of the mouse?
    pub fn tells_of_the_mouse(&self) -> bool {
        self.screen.lock().unwrap().screen().mouse_protocol_mode() != vt100::MouseProtocolMode::None
    }

    /// Does it tell the program whether its window has the keyboard?
    pub fn tells_of_the_focus(&self) -> bool {
        let raw = self.raw();
        let last = |mode: &[u8]| raw.windows(mode.len()).rposition(|bytes| bytes == mode);
        last(b"\x1b[?1004h") > last(b"\x1b[?1004l")
    }

    /// Is it as the program found it: its modes, its own screen, a cursor, no mouse, no focus, no brackets around what is pasted?
    pub fn is_as_before(&self) -> bool {
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        let is_left = !screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste();
        let has_no_mouse = screen.mouse_protocol_mode() == vt100::MouseProtocolMode::None;
        is_left && has_no_mouse && !self.tells_of_the_focus() && modes(&*self.master) == self.modes
    }

    /// Does it pass each key on, without Enter?
    pub fn is_raw(&self) -> bool {
        assert!(self.modes.contains("ICANON"), "a terminal begins with whole lines");
        !modes(&*self.master).contains("ICANON")
    }

    /// Makes it larger or smaller, as a window manager does.
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut parser = self.screen.lock().unwrap();
        parser
            .screen_mut()
            .set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        self.master
            .resize(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
    }

    /// Signals the program: `-TERM`.
    pub fn signal(&self, signal: &str) {
        let id = self.process_id().unwrap().to_string();
        let done = std::process::Command::new("kill").args([signal, &id]).status();
        assert!(done.unwrap().success());
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until it shows this.
    pub fn shows(&self, text: &str) {
        let seen = || self.text().contains(text).then_some(());
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| eventually(text, seen)));
        assert!(result.is_ok(), "never showed {text:?}:\n{}", self.text());
    }

    /// Waits until the program ends; gives its exit status.
    pub fn end(&mut self) -> u32 {
        self.child.wait().unwrap().exit_code()
    }

    /// Its exit status, when it has ended.
    pub fn ended(&mut self) -> Option<u32> {
        self.child.try_wait().unwrap().map(|status| status.exit_code())
    }

    pub fn process_id(&self) -> Option<u32> {
        self.child.process_id()
    }
}

/// Up to where it may be shown: an update that has begun is shown when it has ended, as terminals with mode 2026 do.
fn whole(bytes: &[u8]) -> usize {
    const BEGIN: &[u8] = b"\x1b[?2026h";
    const END: &[u8] = b"\x1b[?2026l";
    let last = |mark: &[u8]| bytes.windows(mark.len()).rposition(|some| some == mark);
    match (last(BEGIN), last(END)) {
        (Some(begin), end) if end.is_none_or(|end| end < begin) => begin,
        // Also of a mark that has come in part.
        _ => {
            bytes.len()
                - (1..BEGIN.len())
                    .rev()
                    .find(|part| bytes.ends_with(&BEGIN[..*part]))
                    .unwrap_or(0)
        }
    }
}

/// How the terminal treats what goes through it.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
