//! A drawn screen in ASCII alone: one pass over its cells, in which each keeps its place.

use ratatui::buffer::{Buffer, CellWidth as _};

use crate::data::ascii::{instead_of, is_plain};
use crate::data::text::printable;

/// Replaces what isn't ASCII, cell by cell. A wide character becomes one, and the cells under it blanks.
pub fn make_ascii(buffer: &mut Buffer) {
    let columns = usize::from(buffer.area.width);
    let mut covered = 0;
    for at in 0..buffer.content.len() {
        if at % columns == 0 {
            covered = 0;
        }
        let cell = &mut buffer.content[at];
        if covered > 0 {
            covered -= 1;
            cell.set_char(' ');
        } else if !is_plain(cell.symbol()) {
            covered = usize::from(printable(cell.symbol()).cell_width()).saturating_sub(1);
            cell.set_char(instead_of(cell.symbol()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::glyph::GLYPHS;
    use proptest::prelude::*;
    use ratatui::layout::Rect;

    fn line(text: &str) -> String {
        let mut buffer = Buffer::with_lines([text]);
        make_ascii(&mut buffer);
        buffer.content.iter().map(|cell| cell.symbol()).collect()
    }

    #[test]
    fn lines_marks_and_bars_keep_their_meaning() {
        assert_eq!(
            line("▌ Summary ▸ a/b… · ─│┌┘╰ ▲▼ ↑↓←→ ‹› ▴▾ ▕"),
            "> Summary > a/b~ . -|+++ +- ^v<> <> ^v |"
        );
        assert_eq!(line("▁▂▃▄▅▆▇█"), "1234567#");
        assert_eq!(line("⣷⣯⣟⡿⢿⣻⣽⣾"), "|/-\\|/-\\");
    }

    #[test]
    fn wide_and_joined_characters_take_the_room_they_took() {
        assert_eq!(line("a日é👩\u{200d}🔬e\u{301}z"), "a? ?? ?z");
        let mut buffer = Buffer::with_lines(["ab"]);
        buffer[(1, 0)].set_symbol("日");
        make_ascii(&mut buffer);
        assert_eq!(buffer, Buffer::with_lines(["a?"]), "one that is cut by the edge");
    }

    /// Zero is `·`, none is `–`, the selection `▌`.
    #[test]
    fn no_two_results_look_alike() {
        let letters = GLYPHS.iter().map(|(letter, ..)| *letter).chain(['·', '▌']);
        let mut letters: Vec<String> = letters.map(|letter| line(&letter.to_string())).collect();
        let all = letters.len();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), all);
    }

    #[test]
    fn what_is_ascii_is_left_as_it_is() {
        let text = "plain ~!@ [x]";
        let mut buffer = Buffer::with_lines([text]);
        let before = buffer.clone();
        make_ascii(&mut buffer);
        assert_eq!(buffer, before);
    }

    proptest! {
        #[test]
        fn nothing_but_ascii_is_left_of_any_text(
            symbols in prop::collection::vec("(?s).{0,3}", 24),
            text in "\\PC*",
        ) {
            let mut buffer = Buffer::empty(Rect::new(2, 1, 8, 4));
            for (cell, symbol) in buffer.content.iter_mut().zip(&symbols) {
                cell.set_symbol(symbol);
            }
            buffer.set_string(2, 4, &text, ratatui::style::Style::new());
            make_ascii(&mut buffer);
            for cell in &buffer.content {
                prop_assert!(is_plain(cell.symbol()), "{:?}", cell.symbol());
            }
        }
    }
}
