//! What is meant: file < environment < flags, over the defaults.
//!
//! One file serves both programs. This one reads `[clickhouse]`, `[hud]`, `[keys]` and `[github]`; `[ingest]` is the other's and is passed over.

mod environment;
mod file;
mod github;
mod keys;
mod location;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::args::{Choice, EventView, Global, Range};
use crate::keymap::Keymap;
use crate::theme::Look;
use file::{ClickHouseSection, File, HudSection, OneOrMore, read_text};
use github::GitHubSection;

pub use environment::Environment;
pub use github::GitHub;
pub use location::Location;

/// `clickhouse.url` of the engine inside `oot-ingest serve`, which listens here by default.
const EMBEDDED: &str = "embedded";
const EMBEDDED_LISTEN: &str = "127.0.0.1:8154";
const DEFAULT_TABLE: &str = "default.oot_workflow_job";
pub const DEFAULT_REFRESH_SECONDS: u32 = 15;
const MASK: &str = "***";

/// What every screen and command goes by.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub clickhouse: ClickHouse,
    /// The daemons, when their state is to count.
    pub ingest: Vec<String>,
    pub allowlist: Option<Location>,
    /// Whom to ask for the titles of pull requests.
    pub github: GitHub,
    /// Zero is never.
    pub refresh: Duration,
    pub range: Range,
    pub event: EventView,
    /// As it stood then, in nanoseconds since 1970; none is now.
    pub as_of: Option<i64>,
    /// The mouse is ours from the start.
    pub mouse: bool,
    /// Starts where the last one was quit.
    pub resume: bool,
    pub keymap: Keymap,
    pub look: Look,
}

/// Where the results are, and as whom we come.
#[derive(Clone, PartialEq, Eq)]
pub struct ClickHouse {
    pub url: String,
    pub user: Option<String>,
    pub password: Option<String>,
    pub database: String,
    pub table: String,
}

/// The password is masked.
impl std::fmt::Debug for ClickHouse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}.{}", masked(&self.url), self.database, self.table)
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("can't read {path}: {error}")]
    Read { path: PathBuf, error: std::io::Error },
    #[error("{path}:{line}: {key}: {reason}")]
    File {
        path: PathBuf,
        line: usize,
        key: String,
        reason: String,
    },
    #[error("{key}: expected {expected}, got {got:?}")]
    Value {
        key: &'static str,
        expected: &'static str,
        got: String,
    },
}

impl Config {
    /// Puts file, environment and flags together. Without `--config` the default file is read, when it is there.
    ///
    /// # Errors
    /// [`ConfigError`], which names file, line and key.
    pub fn load(environment: Environment, flags: &Global, choice: &Choice) -> Result<Self, ConfigError> {
        let mut file = File::load(flags.config.as_deref())?;
        let listen = file.ingest.remove("clickhouse_listen");
        let listen = listen.as_ref().and_then(toml::Value::as_str).unwrap_or(EMBEDDED_LISTEN);
        let embedded = format!("http://{listen}");
        Self::resolve(file, &embedded, environment, flags.clone(), choice)
    }

    fn resolve(
        file: File,
        embedded: &str,
        environment: Environment,
        flags: Global,
        choice: &Choice,
    ) -> Result<Self, ConfigError> {
        let File {
            mut clickhouse,
            hud,
            github,
            keymap,
            ..
        } = file;
        let look = environment.look(choice, &hud);
        let url = match flags.clickhouse.or(clickhouse.url) {
            Some(url) if url != EMBEDDED => address("clickhouse.url", "http://…, https://… or \"embedded\"", url)?,
            _ => {
                // It has one user, and no password: those of the file are for a server.
                (clickhouse.user, clickhouse.password, clickhouse.password_file) = (None, None, None);
                embedded.to_owned()
            }
        };
        let (key, ingest) = match hud.ingest {
            _ if !flags.ingest.is_empty() => ("--ingest", flags.ingest),
            Some(urls) => ("hud.ingest", urls.into_list()),
            None => ("hud.ingest", Vec::new()),
        };
        let ingest = ingest
            .into_iter()
            .map(|url| address(key, "http://… or https://…", url))
            .collect::<Result<_, _>>()?;
        let table = flags
            .table
            .or(clickhouse.table)
            .unwrap_or_else(|| DEFAULT_TABLE.to_owned());
        let parts = table
            .split_once('.')
            .filter(|(database, table)| !database.is_empty() && !table.is_empty());
        let Some((database, table)) = parts else {
            return Err(ConfigError::Value {
                key: "clickhouse.table",
                expected: "DATABASE.TABLE",
                got: table,
            });
        };
        let password = match (
            environment.clickhouse_password.or(clickhouse.password),
            clickhouse.password_file,
        ) {
            (Some(password), _) => Some(password),
            (None, Some(path)) => Some(read_text(&path)?.trim().to_owned()),
            (None, None) => None,
        };
        let refresh = flags.refresh.or(hud.refresh).unwrap_or(DEFAULT_REFRESH_SECONDS);
        Ok(Self {
            clickhouse: ClickHouse {
                url,
                user: environment.clickhouse_user.or(clickhouse.user),
                password,
                database: database.to_owned(),
                table: table.to_owned(),
            },
            ingest,
            allowlist: flags.allowlist.or(hud.allowlist),
            github: GitHub::resolve(github, environment.github_token)?,
            refresh: Duration::from_secs(refresh.into()),
            range: choice.range.or(hud.range).unwrap_or(Range::Week),
            event: choice.event.or(hud.event).unwrap_or(EventView::Pr),
            as_of: choice.as_of.map(|moment| moment.0),
            mouse: hud.mouse.unwrap_or(false),
            resume: flags.resume || hud.resume.unwrap_or(false),
            keymap,
            look,
        })
    }

    /// The configuration as a file that would give it, secrets masked.
    pub fn to_toml(&self) -> String {
        #[derive(Serialize)]
        struct Shown {
            clickhouse: ClickHouseSection,
            hud: HudSection,
            github: GitHubSection,
            keys: BTreeMap<String, OneOrMore>,
        }
        let clickhouse = ClickHouseSection {
            url: Some(masked(&self.clickhouse.url)),
            user: self.clickhouse.user.clone(),
            password: self.clickhouse.password.as_ref().map(|_| MASK.to_owned()),
            password_file: None,
            table: Some(format!("{}.{}", self.clickhouse.database, self.clickhouse.table)),
        };
        let hud = HudSection {
            ingest: Some(OneOrMore::More(self.ingest.iter().map(|url| masked(url)).collect())),
            allowlist: self.allowlist.clone(),
            refresh: Some(self.refresh.as_secs() as u32),
            range: Some(self.range),
            event: Some(self.event),
            theme: Some(self.look.theme),
            colours: Some(self.look.colours),
            ascii: Some(self.look.ascii),
            mouse: Some(self.mouse),
            resume: Some(self.resume),
        };
        let (github, keys) = (self.github.section(), keys::section(&self.keymap));
        toml::to_string(&Shown {
            clickhouse,
            hud,
            github,
            keys,
        })
        .expect("texts, paths and numbers are TOML")
    }
}

fn address(key: &'static str, expected: &'static str, url: String) -> Result<String, ConfigError> {
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(url);
    }
    Err(ConfigError::Value {
        key,
        expected,
        got: masked(&url),
    })
}

/// An address as it may be shown: without what stands before an `@`, and without parameters, where secrets are.
pub fn masked(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    // A password may hold any character: what stands before the last `@` is never shown.
    let (user, rest) = rest.rsplit_once('@').map_or(("", rest), |(_, rest)| ("***@", rest));
    let (host, rest) = rest.split_at(rest.find(['?', '#']).unwrap_or(rest.len()));
    let path = rest
        .chars()
        .next()
        .map_or(String::new(), |mark| format!("{mark}{MASK}"));
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{user}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;

    fn load(file: &str, flags: Global) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, file).unwrap();
        let flags = Global {
            config: Some(path),
            ..flags
        };
        Config::load(Environment::default(), &flags, &Choice::default())
            .map_err(|error| error.to_string().replace(&dir.path().display().to_string(), ""))
    }

    #[test]
    fn a_flag_beats_the_file_and_the_file_the_default() {
        let file = "[clickhouse]\nurl = \"https://h:8443\"\ntable = \"default.crcr_workflow_job\"\n[hud]\nrange = \"24h\"\nrefresh = 0\n[ingest]\nlisten = \"x\"\n";
        let config = load(
            file,
            Global {
                clickhouse: Some("http://other:1".to_owned()),
                ..Global::default()
            },
        )
        .unwrap();
        assert_eq!(config.clickhouse.url, "http://other:1");
        assert_eq!(
            (config.clickhouse.database.as_str(), config.clickhouse.table.as_str()),
            ("default", "crcr_workflow_job")
        );
        assert_eq!(
            (config.range, config.refresh, config.event),
            (Range::Day, Duration::ZERO, EventView::Pr)
        );
    }

    #[test]
    fn a_wrong_key_or_value_is_named_with_its_place() {
        let error = load("# a comment\n[hud]\nrefrsh = 3\n", Global::default()).unwrap_err();
        assert!(
            error.starts_with("/config.toml:3: hud.refrsh: unknown field `refrsh`"),
            "{error}"
        );
        let error = load("[hud]\n\nrange = \"9d\"\n", Global::default()).unwrap_err();
        assert!(
            error.starts_with("/config.toml:3: hud.range: unknown variant `9d`"),
            "{error}"
        );
        let error = load("[colour]\n", Global::default()).unwrap_err();
        assert!(
            error.starts_with("/config.toml:1: colour: unknown field `colour`"),
            "{error}"
        );
        let error = load("[clickhouse]\ntable = \"t\"\n", Global::default()).unwrap_err();
        assert_eq!(error, "clickhouse.table: expected DATABASE.TABLE, got \"t\"");
    }

    #[test]
    fn the_embedded_engine_is_where_the_daemon_puts_it_and_has_no_users() {
        let file = "[clickhouse]\nurl = \"embedded\"\nuser = \"reader\"\npassword_file = \"/nowhere\"\n\
                    [ingest]\nclickhouse_listen = \"127.0.0.1:8174\"\n";
        let config = load(file, Global::default()).unwrap();
        assert_eq!(
            (config.clickhouse.url.as_str(), config.clickhouse.user),
            ("http://127.0.0.1:8174", None)
        );
    }

    #[test]
    fn files_stand_beside_the_file_that_names_them() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("password"), "secret\n").unwrap();
        let path = dir.path().join("config.toml");
        let file = "[clickhouse]\nurl = \"http://h\"\npassword_file = \"password\"\n[hud]\nallowlist = \"list.yml\"\n";
        std::fs::write(&path, file).unwrap();
        let flags = Global {
            config: Some(path),
            ..Global::default()
        };
        let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
        assert_eq!(config.clickhouse.password.as_deref(), Some("secret"));
        assert_eq!(config.allowlist, Some(Location::File(dir.path().join("list.yml"))));
    }

    #[test]
    fn an_allowlist_may_have_an_address_of_its_own() {
        let file = "[hud]\nallowlist = \"https://u:s3cret@h//list.yml?token=s3cret\"\n";
        let config = load(file, Global::default()).unwrap();
        let url = "https://u:s3cret@h//list.yml?token=s3cret".to_owned();
        assert_eq!(config.allowlist, Some(Location::Url(url)));
        assert!(!format!("{}{config:?}", config.to_toml()).contains("s3cret"));
        assert!(config.to_toml().contains("https://***@h//list.yml?***"));
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        assert_eq!(masked("http://u:s3cret@h:1/p?password=s3cret"), "http://***@h:1/p?***");
        assert_eq!(masked("https://h:8443"), "https://h:8443");
        assert_eq!(masked("u:s3cret@h"), "***@h");
        assert_eq!(masked("http://u:pa/s?s#w@h:1#s3cret"), "http://***@h:1#***");
    }

    #[test]
    fn keys_are_read_and_what_is_wrong_with_them_is_named_with_its_place() {
        let file = "[keys]\nrefresh = \"F5\"\nfilter = [\"/\", \"Ctrl-F\"]\npause = []\n";
        let keymap = load(file, Global::default()).unwrap().keymap;
        let shown = |action| keymap.keys(action).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(shown(Action::Refresh), ["F5"]);
        assert_eq!(shown(Action::Filter), ["/", "Ctrl-F"]);
        assert!(shown(Action::Pause).is_empty());
        for (lines, beginning) in [
            (
                "refesh = \"F5\"",
                "/config.toml:4: keys.refesh: no action is called so; is it refresh",
            ),
            (
                "refresh = \"F55\"",
                "/config.toml:4: keys.refresh: no key is called \"F55\"",
            ),
            (
                "refresh = 5",
                "/config.toml:4: keys.refresh: expected a text, or a list of texts",
            ),
            (
                "pause = \"F1\"\nrefresh = [\"F2\", \"s\"]",
                "/config.toml:5: keys.refresh: s is sort already, on the summary screen",
            ),
            (
                "refresh = \"F55\"\nback = \"F66\"",
                "/config.toml:4: keys.refresh: no key is called \"F55\"",
            ),
            ("quit = []", "/config.toml:4: keys.quit: nothing would quit any more"),
        ] {
            let error = load(&format!("[hud]\n\n[keys]\n{lines}\n"), Global::default()).unwrap_err();
            assert!(error.starts_with(beginning), "{error}");
        }
    }

    #[test]
    fn what_is_printed_gives_the_same_again_but_for_the_secrets() {
        let file = "[clickhouse]\nuser = \"reader\"\npassword = \"secret\"\n[hud]\nevent = \"nightly\"\nmouse = true\n\
                    [github]\nrepository = \"a/b\"\ntoken = \"secret\"\n\
                    [keys]\nrefresh = [\"F5\", \"Alt-r\"]\nhelp = \"H\"\npause = []\n";
        let config = load(file, Global::default()).unwrap();
        let printed = config.to_toml();
        assert!(!printed.contains("secret"));
        assert!(printed.contains("\npause = []\n") && printed.contains("\nopen = \"Enter\"\n"));
        let mut again = load(&printed, Global::default()).unwrap();
        again.clickhouse.password.clone_from(&config.clickhouse.password);
        again.github.token.clone_from(&config.github.token);
        assert_eq!(again, config);
        assert!(!format!("{config:?}").contains("secret"));
    }
}
