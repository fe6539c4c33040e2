//! A drawn screen as an SVG document, and as plain text.
//!
//! The document is the same one for the same screen, and depends on no font: each run of cells is told how wide it is.

use std::borrow::Cow;
use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::style::{Color, Modifier};

use crate::data::text::printable;
use crate::settings::theme::{Ground, Theme};

/// A cell, in pixels, at [`FONT_SIZE`]; the baseline is measured from the cell's top.
const CELL: (f64, f64) = (8.4, 17.0);
const BASELINE: f64 = 13.0;
const FONT_SIZE: u16 = 14;
const PADDING: f64 = 10.0;
const FONTS: &str = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace";

/// The 16 ANSI colours, in their order.
#[rustfmt::skip]
const PALETTE: [u32; 16] = [
    0x23_262d, 0xe0_6c75, 0x98_c379, 0xe5_c07b, 0x61_afef, 0xc6_78dd, 0x56_b6c2, 0xab_b2bf,
    0x7d_8590, 0xef_8b93, 0xb1_d796, 0xf0_d399, 0x8c_c6f5, 0xd7_9be8, 0x7f_cbd5, 0xf2_f4f8,
];
/// What can be seen of a cell without a character.
const ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::CROSSED_OUT);

/// How a cell is drawn, its colours resolved.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Drawn {
    foreground: u32,
    background: u32,
    modifier: Modifier,
}

impl Drawn {
    fn of(cell: &Cell, ground: Ground) -> Self {
        let (mut foreground, mut background) = (rgb(cell.fg, ground.foreground), rgb(cell.bg, ground.background));
        if cell.modifier.contains(Modifier::REVERSED) {
            (foreground, background) = (background, foreground);
        }
        let drawn = Modifier::BOLD | Modifier::DIM | Modifier::ITALIC | ON_BLANKS;
        Self {
            foreground,
            background,
            modifier: cell.modifier & drawn,
        }
    }

    /// The attributes of a `<text>` that differ from the default.
    fn attributes(self, ground: Ground) -> String {
        let mut attributes = String::new();
        if self.foreground != ground.foreground {
            let _ = write!(attributes, " fill=\"#{:06x}\"", self.foreground);
        }
        for (modifier, attribute) in [
            (Modifier::BOLD, " font-weight=\"bold\""),
            (Modifier::DIM, " opacity=\".6\""),
            (Modifier::ITALIC, " font-style=\"italic\""),
        ] {
            if self.modifier.contains(modifier) {
                attributes.push_str(attribute);
            }
        }
        let lines = match (
            self.modifier.contains(Modifier::UNDERLINED),
            self.modifier.contains(Modifier::CROSSED_OUT),
        ) {
            (true, true) => "underline line-through",
            (true, false) => "underline",
            (false, true) => "line-through",
            (false, false) => return attributes,
        };
        let _ = write!(attributes, " text-decoration=\"{lines}\"");
        attributes
    }
}

/// One character of a row, where it stands and how many columns it takes.
struct Glyph<'a> {
    column: usize,
    columns: usize,
    symbol: Cow<'a, str>,
    look: Drawn,
}

/// A part of a cell, in eighths, that stands on its foot.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Block {
    from_left: u32,
    wide: u32,
    high: u32,
}

impl Glyph<'_> {
    fn end(&self) -> usize {
        self.column + self.columns
    }

    fn is_seen(&self) -> bool {
        !self.symbol.trim().is_empty() || self.look.modifier.intersects(ON_BLANKS)
    }

    /// Whether both can share a `<text>`: what may come from another font, or is wider, is stretched by itself. Or a `<rect>`.
    fn goes_with(&self, other: &Self) -> bool {
        self.look == other.look
            && self.columns == other.columns
            && self.symbol.is_ascii() == other.symbol.is_ascii()
            && self.block() == other.block()
    }

    /// The part of its cell that a block element fills. Fonts leave gaps between those of one bar.
    fn block(&self) -> Option<Block> {
        let mut characters = self.symbol.chars();
        let (Some(character), None) = (characters.next(), characters.next()) else {
            return None;
        };
        let eighths = |from_left, wide, high| Block { from_left, wide, high };
        Some(match character {
            '▁'..='█' => eighths(0, 8, character as u32 - '▁' as u32 + 1),
            '▌' => eighths(0, 4, 8),
            '▏' => eighths(0, 1, 8),
            '▐' => eighths(4, 4, 8),
            '▕' => eighths(7, 1, 8),
            _ => return None,
        })
    }
}

/// The screen as an SVG document.
pub(super) fn svg(buffer: &Buffer, title: &str, ground: Ground) -> String {
    let (mut rects, mut texts) = (String::new(), String::new());
    for (number, row) in rows(buffer, ground).enumerate() {
        let y = number as f64 * CELL.1;
        for run in row.chunk_by(|one, next| one.look.background == next.look.background) {
            draw_background(&mut rects, run, y, ground);
        }
        for run in row.chunk_by(Glyph::goes_with) {
            match run[0].block() {
                Some(block) => draw_blocks(&mut texts, run, y, block, ground),
                None => draw_text(&mut texts, run, y + BASELINE, ground),
            }
        }
    }
    let width = f64::from(buffer.area.width) * CELL.0 + 2.0 * PADDING;
    let height = f64::from(buffer.area.height) * CELL.1 + 2.0 * PADDING;
    let title = escaped(&printable(title));
    let Ground { foreground, background } = ground;
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width:.1}" height="{height:.1}" viewBox="0 0 {width:.1} {height:.1}" role="img">
<title>{title}</title>
<rect width="100%" height="100%" rx="8" fill="#{background:06x}"/>
<g transform="translate({PADDING} {PADDING})" shape-rendering="crispEdges">
{rects}</g>
<g transform="translate({PADDING} {PADDING})" font-family="{FONTS}" font-size="{FONT_SIZE}" fill="#{foreground:06x}">
{texts}</g>
</svg>
"##
    )
}

/// The screen as lines of text, without the blanks at their ends.
pub(super) fn text(buffer: &Buffer) -> String {
    rows(buffer, Theme::Monochrome.ground())
        .map(|row| {
            let line: String = row.iter().map(|glyph| glyph.symbol.as_ref()).collect();
            format!("{}\n", line.trim_end())
        })
        .collect()
}

/// The rows, without the cells that lie under a wide character.
fn rows(buffer: &Buffer, ground: Ground) -> impl Iterator<Item = Vec<Glyph<'_>>> {
    buffer
        .content
        .chunks(usize::from(buffer.area.width).max(1))
        .map(move |cells| {
            let mut row: Vec<Glyph<'_>> = Vec::with_capacity(cells.len());
            for (column, cell) in cells.iter().enumerate() {
                if row.last().is_some_and(|glyph| column < glyph.end()) {
                    continue;
                }
                let symbol = printable(cell.symbol());
                let columns = usize::from(symbol.cell_width());
                let is_blank = columns == 0 || cell.modifier.contains(Modifier::HIDDEN);
                row.push(Glyph {
                    column,
                    columns: columns.clamp(1, cells.len() - column),
                    symbol: if is_blank { " ".into() } else { symbol },
                    look: Drawn::of(cell, ground),
                });
            }
            row
        })
}

fn draw_background(svg: &mut String, run: &[Glyph<'_>], y: f64, ground: Ground) {
    let [first, ..] = run else { return };
    if first.look.background != ground.background {
        let (x, width) = extent(run);
        let (height, fill) = (CELL.1, first.look.background);
        let _ = writeln!(
            svg,
            r##"<rect x="{x:.1}" y="{y}" width="{width:.1}" height="{height}" fill="#{fill:06x}"/>"##
        );
    }
}

/// Those that fill their cells are one; others are one each.
fn draw_blocks(svg: &mut String, run: &[Glyph<'_>], y: f64, block: Block, ground: Ground) {
    let part = |eighths: u32, of: f64| f64::from(eighths) / 8.0 * of;
    let attributes = run[0].look.attributes(ground);
    let height = part(block.high, CELL.1);
    let y = y + CELL.1 - height;
    for run in run.chunks(if block.wide == 8 { run.len() } else { 1 }) {
        let (x, width) = extent(run);
        let (x, width) = (x + part(block.from_left, CELL.0), part(block.wide, width));
        let _ = writeln!(
            svg,
            r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}" shape-rendering="crispEdges"{attributes}/>"#
        );
    }
}

fn draw_text(svg: &mut String, run: &[Glyph<'_>], y: f64, ground: Ground) {
    let (Some(start), Some(end)) = (
        run.iter().position(Glyph::is_seen),
        run.iter().rposition(Glyph::is_seen),
    ) else {
        return;
    };
    let run = &run[start..=end];
    let (x, width) = extent(run);
    let attributes = run[0].look.attributes(ground);
    let text: String = run.iter().map(|glyph| escaped(&glyph.symbol)).collect();
    let _ = writeln!(
        svg,
        r#"<text xml:space="preserve" x="{x:.1}" y="{y}" textLength="{width:.1}" lengthAdjust="spacingAndGlyphs"{attributes}>{text}</text>"#
    );
}

/// Where a run begins, and how wide it is, in pixels.
fn extent(run: &[Glyph<'_>]) -> (f64, f64) {
    let (start, end) = (
        run.first().map_or(0, |glyph| glyph.column),
        run.last().map_or(0, Glyph::end),
    );
    (start as f64 * CELL.0, (end - start) as f64 * CELL.0)
}

/// A colour as `0xrrggbb`: the palette, xterm's cube of 216 and its 24 greys.
fn rgb(color: Color, default: u32) -> u32 {
    let ansi = match color {
        Color::Reset => return default,
        Color::Rgb(red, green, blue) => return u32::from_be_bytes([0, red, green, blue]),
        Color::Indexed(index @ 0..16) => index,
        Color::Indexed(index @ 16..232) => {
            let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
            let cube = index - 16;
            return u32::from_be_bytes([0, level(cube / 36), level(cube / 6 % 6), level(cube % 6)]);
        }
        Color::Indexed(index) => return u32::from(8 + 10 * (index - 232)) * 0x01_0101,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
    };
    PALETTE[usize::from(ansi)]
}

/// Printable text as XML, which can't hold the two noncharacters U+FFFE and U+FFFF either.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => xml.push('\u{fffd}'),
            other => xml.push(other),
        }
    }
    xml
}

#[cfg(test)]
mod tests;
