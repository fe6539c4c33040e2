//! Each frame reaches the terminal whole: in one write, and as one update of the screen.
//!
//! The update is marked by DEC's private mode 2026, "synchronized output". Terminals that have it show nothing of a frame before its
//! end; the others take no notice of it.

use std::io::{self, Write};

use super::sixteen::in_sixteen;

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Holds what is written until it is flushed.
pub struct Frames<W> {
    to: W,
    /// `BEGIN` and what came since the last flush.
    held: Vec<u8>,
    has_sixteen_colours: bool,
}

impl<W> Frames<W> {
    /// To a terminal that knows colours by their numbers of 256, or only sixteen of them.
    pub(super) fn new(to: W, has_sixteen_colours: bool) -> Self {
        Self {
            to,
            held: BEGIN.to_vec(),
            has_sixteen_colours,
        }
    }
}

impl<W: Write> Write for Frames<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.len() == BEGIN.len() {
            return Ok(());
        }
        self.held.extend_from_slice(END);
        let written = match self.has_sixteen_colours {
            true => self.to.write_all(&in_sixteen(&self.held)),
            false => self.to.write_all(&self.held),
        };
        self.held.truncate(BEGIN.len());
        written.and_then(|()| self.to.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was written, write by write.
    #[derive(Default)]
    struct Writes(Vec<String>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_write_between_two_marks() {
        let mut frames = Frames::new(Writes::default(), false);
        for piece in ["\x1b[", "38;", "5;3", "m!"] {
            frames.write_all(piece.as_bytes()).unwrap();
        }
        assert!(frames.to.0.is_empty());
        frames.flush().unwrap();
        frames.flush().unwrap();
        frames.write_all(b"?").unwrap();
        frames.flush().unwrap();
        let marked = |frame: &str| format!("\x1b[?2026h{frame}\x1b[?2026l");
        assert_eq!(frames.to.0, [marked("\x1b[38;5;3m!"), marked("?")]);
    }

    #[test]
    fn one_of_sixteen_colours_may_come_in_pieces() {
        let mut frames = Frames::new(Writes::default(), true);
        for piece in ["\x1b[", "38;", "5;3", "m!"] {
            frames.write_all(piece.as_bytes()).unwrap();
        }
        frames.flush().unwrap();
        assert_eq!(frames.to.0, ["\x1b[?2026h\x1b[33m!\x1b[?2026l"]);
    }
}
