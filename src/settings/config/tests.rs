use super::*;
use crate::keys::action::Action;

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
    for (line, said) in [
        (
            "refresh = \"15\"",
            "hud.refresh: invalid type: string \"15\", expected a whole number",
        ),
        ("colours = 256", "hud.colours: expected text in quotes"),
    ] {
        let error = load(&format!("[hud]\n{line}\n"), Global::default()).unwrap_err();
        assert_eq!(error, format!("/config.toml:2: {said}"));
    }
    let error = load("hud = 5\n", Global::default()).unwrap_err();
    assert!(
        error.ends_with("hud: invalid type: integer `5`, expected a section: [hud]"),
        "{error}"
    );
}

/// Whatever is wrong with it: what its type says, or what it means.
#[test]
fn a_value_that_makes_no_sense_is_named_with_its_place_as_well() {
    for (file, said) in [
        (
            "[clickhouse]\n\ntable = \"t\"\n",
            "3: clickhouse.table: expected DATABASE.TABLE, got \"t\"",
        ),
        (
            "[clickhouse]\nurl = \"h:1\"\n",
            "2: clickhouse.url: expected http://…, https://… or \"embedded\", got \"h:1\"",
        ),
        (
            "hud.ingest = [\n \"h:1\"]\n",
            "1: hud.ingest: expected http://… or https://…, got \"h:1\"",
        ),
        (
            "[hud]\nrefresh = 86401\n",
            "2: hud.refresh: expected seconds, 86400 at most, got \"86401\"",
        ),
        (
            "[github]\nrepository = \"x\"\n",
            "2: github.repository: expected OWNER/REPO, got \"x\"",
        ),
    ] {
        let error = load(file, Global::default()).unwrap_err();
        assert_eq!(error, format!("/config.toml:{said}"));
    }
    let flags = Global {
        table: Some("t".to_owned()),
        ..Global::default()
    };
    let error = load("[clickhouse]\ntable = \"a.b\"\n", flags).unwrap_err();
    assert_eq!(error, "--table: expected DATABASE.TABLE, got \"t\"");
}

/// ClickHouse would be asked as somebody else.
#[test]
fn a_user_in_clickhouses_address_is_refused_and_its_password_not_told() {
    for url in ["https://u:s3cret@h:8443", "http://u@h/?x", "http://s3cret@:pass@h"] {
        let error = load(&format!("[clickhouse]\nurl = \"{url}\"\n"), Global::default()).unwrap_err();
        let said = "/config.toml:2: clickhouse.url: expected an address without a user";
        assert!(error.starts_with(said) && !error.contains("s3cret"), "{error}");
    }
    for url in ["http://h?to=a@b", "http://h/a@b"] {
        assert!(
            load(&format!("[clickhouse]\nurl = \"{url}\"\n"), Global::default()).is_ok(),
            "{url}"
        );
    }
}

#[test]
fn a_password_of_two_lines_is_named_before_it_is_sent() {
    let error = load(
        "[clickhouse]\nurl = \"http://h\"\npassword = \"s3cret\\n2\"\n",
        Global::default(),
    )
    .unwrap_err();
    assert_eq!(
        error,
        "/config.toml:3: clickhouse.password: expected one line of text, got \"***\""
    );
    let environment = Environment {
        clickhouse_password: Some("s3cret\u{1b}".to_owned()),
        ..Environment::default()
    };
    let error = Config::load(environment, &Global::default(), &Choice::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "OOT_CLICKHOUSE_PASSWORD: expected one line of text, got \"***\""
    );
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
fn the_daemons_data_directory_stands_beside_the_file_as_well() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("clickhouse.url"), "http://127.0.0.1:7").unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, "[ingest]\ndata = \".\"\n").unwrap();
    let flags = Global {
        config: Some(path),
        clickhouse: Some("embedded".to_owned()),
        ..Global::default()
    };
    let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
    assert_eq!(config.clickhouse.url, "http://127.0.0.1:7");
}

#[test]
fn a_moment_counts_from_now_and_has_passed() {
    let environment = Environment {
        now: 1_790_000_000_000_000_000,
        ..Environment::default()
    };
    let as_of = |text: &str| {
        let choice = Choice {
            as_of: Some(text.parse().unwrap()),
            ..Choice::default()
        };
        let config = Config::load(environment.clone(), &Global::default(), &choice);
        config.map(|config| config.as_of).map_err(|error| error.to_string())
    };
    assert_eq!(as_of("-2h"), Ok(Some(environment.now - 7_200_000_000_000)));
    assert!(
        as_of("2030-01-01")
            .unwrap_err()
            .starts_with("--as-of: that is still to come")
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
fn addresses_of_daemons_are_shown_without_their_secrets() {
    let config = load("[hud]\ningest = \"https://u:s3cret@h\"\n", Global::default()).unwrap();
    assert_eq!(config.ingest, ["https://u:s3cret@h"]);
    assert!(!format!("{config:?}").contains("s3cret"), "{config:?}");
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
