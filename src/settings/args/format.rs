//! How to print, and how large.

use clap::ValueEnum;

/// Columns and rows of a screen that is drawn without a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub columns: u16,
    pub rows: u16,
}

impl Default for Size {
    fn default() -> Self {
        Self { columns: 120, rows: 40 }
    }
}

impl std::str::FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let size = text.split_once(['x', '×']).and_then(|(columns, rows)| {
            let (columns, rows) = (columns.parse().ok()?, rows.parse().ok()?);
            ((80..=500).contains(&columns) && (20..=300).contains(&rows)).then_some(Self { columns, rows })
        });
        size.ok_or_else(|| "expected COLUMNSxROWS, 80x20 to 500x300".to_owned())
    }
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned text (screens)
    Table,
    Json,
    /// With a head line (screens)
    Csv,
    /// A table for a comment (screens)
    Markdown,
    /// The screen itself as a picture (screens)
    Svg,
    /// The screen itself, without colours (screens)
    Text,
    /// One line of text (status)
    Plain,
    /// One line with tmux's colour marks (status)
    Tmux,
}

impl Format {
    /// What a file is by the end of its name: `out.csv`, `out.md`; none where that says nothing.
    pub fn of_file(name: &str) -> Option<Self> {
        let (_, end) = name.rsplit_once('.')?;
        let is_meant = |format: &&Self| {
            let word = format.to_possible_value();
            let extension = format.extension();
            extension.is_some_and(|extension| {
                extension.eq_ignore_ascii_case(end) || word.is_some_and(|word| word.matches(end, true))
            })
        };
        Self::value_variants().iter().find(is_meant).copied()
    }

    /// Of a file in this format; none where it is for a terminal alone.
    pub fn extension(self) -> Option<&'static str> {
        Some(match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Svg => "svg",
            Self::Text => "txt",
            Self::Table | Self::Plain | Self::Tmux => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_columns_and_rows_that_can_be_drawn() {
        let size = |columns, rows| Ok(Size { columns, rows });
        assert_eq!("140x40".parse(), size(140, 40));
        assert_eq!("500x300".parse(), size(500, 300));
        for text in [
            "140", "140x", "79x40", "80x19", "501x40", "80x301", "-80x40", "99999x40",
        ] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
