//! Colours: what a theme makes of a tone, and how many of it a terminal can show.
//!
//! Letters carry the meaning, and colours only repeat it: no theme changes what can be read.

use clap::ValueEnum;
use ratatui::style::Color;
use serde::{Deserialize, Serialize};

use crate::data::glyph::Tone;

/// Which colours the tones have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    #[default]
    Dark,
    Light,
    /// Apart for every kind of colour blindness, on dark and light ground
    ColourBlind,
    /// No colours: letters, bold and dim alone
    Monochrome,
}

/// How many colours a terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub enum Colours {
    #[value(name = "truecolor")]
    #[serde(rename = "truecolor")]
    True,
    /// xterm's cube and greys.
    #[value(name = "256")]
    #[serde(rename = "256")]
    Indexed,
    /// Those that the terminal's own palette defines.
    #[value(name = "16")]
    #[serde(rename = "16")]
    Palette,
    #[value(name = "none")]
    #[serde(rename = "none")]
    None,
}

impl Colours {
    /// From `TERM` and `COLORTERM`. A terminal that says nothing has its palette.
    pub fn of_terminal(term: Option<&str>, colorterm: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        let promised = matches!(colorterm, Some("truecolor" | "24bit"));
        match term {
            "dumb" => Self::None,
            _ if term.starts_with("vt1") || term.starts_with("vt2") => Self::None,
            // `COLORTERM` is of the terminal outside, and these don't pass everything on.
            "linux" | "ansi" | "cygwin" => Self::Palette,
            _ if term.starts_with("screen") && promised => Self::Indexed,
            _ if promised || term.ends_with("-direct") => Self::True,
            _ if term.contains("256color") => Self::Indexed,
            _ => Self::Palette,
        }
    }
}

/// How everything is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub theme: Theme,
    pub colours: Colours,
    /// ASCII alone ([`crate::screen::ascii`]).
    pub ascii: bool,
}

impl Look {
    /// The same in a picture, which has all colours, whatever the terminal can show.
    #[must_use]
    pub fn of_picture(self) -> Self {
        Self {
            colours: Colours::True,
            ..self
        }
    }

    /// A tone's colour; none where it has none of its own.
    pub fn colour(self, tone: Tone) -> Option<Color> {
        let ink = self.theme.ink(tone)?;
        match self.colours {
            Colours::True => Some(Color::from_u32(ink.rgb)),
            Colours::Indexed => Some(Color::Indexed(ink.indexed)),
            Colours::Palette => Some(ink.palette),
            Colours::None => None,
        }
    }
}

/// One colour, as terminals of each kind show it.
struct Ink {
    /// `0xrrggbb`
    rgb: u32,
    /// The nearest of xterm's cube and greys.
    indexed: u8,
    /// One of the eight that every terminal has.
    palette: Color,
}

const fn ink(rgb: u32, indexed: u8, palette: Color) -> Option<Ink> {
    Some(Ink { rgb, indexed, palette })
}

impl Theme {
    /// As it is called on the command line.
    pub fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    #[rustfmt::skip]
    const fn ink(self, tone: Tone) -> Option<Ink> {
        match (self, tone) {
            (Self::Monochrome, _) | (_, Tone::Dim) => None,
            (Self::Dark, Tone::Bad)            => ink(0xff_6b6b, 203, Color::Red),
            (Self::Dark, Tone::Warning)        => ink(0xf0_c050, 215, Color::Yellow),
            (Self::Dark, Tone::Good)           => ink(0x7e_c97e, 114, Color::Green),
            (Self::Dark, Tone::Running)        => ink(0x58_c4dc,  80, Color::Cyan),
            (Self::Light, Tone::Bad)           => ink(0xc0_202a, 124, Color::Red),
            (Self::Light, Tone::Warning)       => ink(0x8a_5a00,  94, Color::Yellow),
            (Self::Light, Tone::Good)          => ink(0x1e_7b34,  29, Color::Green),
            (Self::Light, Tone::Running)       => ink(0x09_69a8,  25, Color::Cyan),
            (Self::ColourBlind, Tone::Bad)     => ink(0xd5_5e00, 166, Color::Red),
            (Self::ColourBlind, Tone::Warning) => ink(0xd6_b000, 178, Color::Yellow),
            (Self::ColourBlind, Tone::Good)    => ink(0x3a_86d8,  68, Color::Blue),
            (Self::ColourBlind, Tone::Running) => ink(0x9a_9a9a, 247, Color::Gray),
        }
    }
}

/// What lies under and between the colours of a picture: `0xrrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ground {
    pub foreground: u32,
    pub background: u32,
}

impl Theme {
    /// That of its pictures. On a screen the terminal's own is left alone.
    pub fn ground(self) -> Ground {
        let (foreground, background) = match self {
            Self::Light => (0x24_292f, 0xff_ffff),
            Self::Dark | Self::ColourBlind | Self::Monochrome => (0xc8_ccd4, 0x16_181d),
        };
        Ground { foreground, background }
    }
}

/// Whether the locale's characters, or the terminal's, go no further than ASCII can be trusted to.
///
/// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set counts, where it names a charmap; `C` and `POSIX` mean ASCII. Where none is set
/// UTF-8 is what is usual. The console of Linux has 256 or 512
/// characters: box lines, but not the eighths that bars are made of.
pub fn wants_ascii(term: Option<&str>, locale: [Option<&str>; 3]) -> bool {
    let locale = locale.into_iter().flatten().find(|locale| !locale.is_empty());
    let charmap = match locale {
        Some("C" | "POSIX") => Some("ANSI_X3.4-1968"),
        locale => locale
            .and_then(|locale| locale.split_once('.'))
            .map(|(_, charmap)| charmap.split('@').next().unwrap_or_default()),
    };
    let is_utf_8 = |charmap: &str| ["utf-8", "utf8"].iter().any(|name| name.eq_ignore_ascii_case(charmap));
    term == Some("linux") || charmap.is_some_and(|charmap| !is_utf_8(charmap))
}

#[cfg(test)]
mod tests;
