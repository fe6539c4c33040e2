//! What the environment says: secrets, which flags can't hold, what the terminal is, and what time it is.

use std::path::PathBuf;

use super::file::HudSection;
use crate::clock;
use crate::files::home;
use crate::settings::args::Choice;
use crate::settings::theme::{Colours, Look, Theme, wants_ascii};

/// What has no flag: a password in a flag would stand in `ps`.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub clickhouse_user: Option<String>,
    pub clickhouse_password: Option<String>,
    pub github_token: Option<String>,
    /// Where programs keep their data.
    pub data_home: Option<PathBuf>,
    /// The daemon's data directory, where that is named.
    pub ingest_data: Option<PathBuf>,
    /// In nanoseconds since 1970.
    pub now: i64,
    /// `NO_COLOR` is set, and not empty.
    pub no_colour: bool,
    pub term: Option<String>,
    pub colorterm: Option<String>,
    /// `LC_ALL`, `LC_CTYPE` and `LANG`: the first that is set counts.
    pub locale: [Option<String>; 3],
}

impl Environment {
    /// Reads `OOT_CLICKHOUSE_USER`, `OOT_CLICKHOUSE_PASSWORD`, `OOT_GITHUB_TOKEN` and the daemon's `OOT_INGEST_DATA`, what the terminal says
    /// of itself, and the clock.
    pub fn read() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let ingest_data = std::env::var_os("OOT_INGEST_DATA").filter(|path| !path.is_empty());
        Self {
            clickhouse_user: variable("OOT_CLICKHOUSE_USER"),
            clickhouse_password: variable("OOT_CLICKHOUSE_PASSWORD"),
            github_token: variable("OOT_GITHUB_TOKEN"),
            data_home: home::data(),
            ingest_data: ingest_data.map(PathBuf::from),
            now: clock::now(),
            no_colour: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            term: variable("TERM"),
            colorterm: variable("COLORTERM"),
            locale: ["LC_ALL", "LC_CTYPE", "LANG"].map(variable),
        }
    }

    /// What isn't chosen follows from the environment. `NO_COLOR` gives way to a theme that was asked for by name.
    pub(super) fn look(&self, choice: &Choice, hud: &HudSection) -> Look {
        let term = self.term.as_deref();
        let theme = match (choice.theme, self.no_colour) {
            (Some(theme), _) => theme,
            (None, true) => Theme::Monochrome,
            (None, false) => hud.theme.unwrap_or_default(),
        };
        let locale = self.locale.each_ref().map(Option::as_deref);
        let ascii = choice.ascii.or(hud.ascii);
        Look {
            theme,
            colours: hud
                .colours
                .unwrap_or_else(|| Colours::of_terminal(term, self.colorterm.as_deref())),
            ascii: ascii.unwrap_or_else(|| wants_ascii(term, locale)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A theme by name beats `NO_COLOR`, which beats the file.
    #[test]
    fn what_is_chosen_by_name_beats_what_the_terminal_says() {
        let look = |no_colour, flag, file: &str| {
            let environment = Environment {
                no_colour,
                term: Some("linux".to_owned()),
                ..Environment::default()
            };
            let choice = Choice {
                theme: flag,
                ..Choice::default()
            };
            environment.look(&choice, &toml::from_str(file).unwrap())
        };
        let theme = |no_colour, flag, file| look(no_colour, flag, file).theme;
        assert_eq!(theme(false, None, ""), Theme::Dark);
        assert_eq!(theme(false, None, "theme = \"colour-blind\""), Theme::ColourBlind);
        assert_eq!(theme(true, None, "theme = \"light\""), Theme::Monochrome);
        assert_eq!(theme(true, Some(Theme::Light), "theme = \"dark\""), Theme::Light);
        let plain = look(false, None, "");
        assert_eq!((plain.colours, plain.ascii), (Colours::Palette, true));
        let chosen = look(false, None, "colours = \"truecolor\"\nascii = false");
        assert_eq!((chosen.colours, chosen.ascii), (Colours::True, false));
    }
}
