use super::*;
use crate::args::Engines;

fn load(text: &str, environment: Environment, flags: &Settings) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(Some(&path), environment, flags)
}

fn flags() -> Settings {
    with(Engines::default())
}

/// In a data directory that need not be there.
fn with(engines: Engines) -> Settings {
    Settings {
        engines: Engines {
            data: Some("/data".into()),
            ..engines
        },
        ..Settings::default()
    }
}

#[test]
fn without_a_word_everything_is_embedded_and_on_loopback() {
    let config = load("", Environment::default(), &flags()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8054");
    assert_eq!(config.store, Store::Embedded);
    let ClickHouse::Embedded {
        listen,
        database,
        table,
        ..
    } = config.clickhouse
    else {
        panic!()
    };
    assert_eq!(
        (listen.to_string(), format!("{database}.{table}")),
        ("127.0.0.1:8154".to_owned(), DEFAULT_TABLE.to_owned())
    );
}

#[test]
fn flags_beat_environment_beats_file() {
    let file = "[clickhouse]\nurl = \"http://file:1\"\nuser = \"file\"\npassword = \"file\"\n[ingest]\nlisten = \"127.0.0.1:1\"";
    let environment = Environment {
        clickhouse_user: Some("environment".to_owned()),
        ..Environment::default()
    };
    let flags = with(Engines {
        clickhouse: Some("http://flag:1".to_owned()),
        ..Engines::default()
    });
    let config = load(file, environment, &flags).unwrap();
    let ClickHouse::Server(server) = &config.clickhouse else {
        panic!()
    };
    assert_eq!(server.url, "http://flag:1");
    assert_eq!(server.user.as_deref(), Some("environment"));
    assert_eq!(server.password.as_deref(), Some("file"));
    assert_eq!(config.listen.port(), 1);
}

#[test]
fn errors_name_file_line_and_key() {
    let error = |text: &str| load(text, Environment::default(), &flags()).unwrap_err().to_string();
    let unknown = error("[ingest]\nlisten = \"127.0.0.1:1\"\nlissten = 3\n");
    assert!(
        unknown.contains("config.toml:3: ingest.lissten: unknown field"),
        "{unknown}"
    );
    let wrong = error("[clickhouse]\n\nuser = 3\n");
    assert!(
        wrong.contains("config.toml:3: clickhouse.user: invalid type: integer `3`"),
        "{wrong}"
    );
    let section = error("[hud]\nanything = 1\n[github]\nanything = 1\n[keys]\n[injest]\n");
    assert!(section.contains("config.toml:6: injest: unknown field"), "{section}");
    assert!(error("[clickhouse]\nurl = \"tcp://x\"").contains("clickhouse.url: expected http://"));
    let named = error("[clickhouse]\nurl = \"https://me:geheim@x:8443\"");
    assert!(
        named.contains("clickhouse.url: expected an address without a user") && !named.contains("geheim"),
        "{named}"
    );
    assert!(error("[clickhouse]\ntable = \"x\"").contains("clickhouse.table: expected DATABASE.TABLE"));
}

#[test]
fn the_embedded_engine_stays_on_loopback() {
    let flags = with(Engines {
        clickhouse_listen: Some("0.0.0.0:8154".parse().unwrap()),
        ..Engines::default()
    });
    assert!(load("", Environment::default(), &flags).is_err());
}

#[test]
fn an_address_of_the_embedded_engine_is_refused_where_a_server_is_configured() {
    let listen = Some("127.0.0.1:18154".parse().unwrap());
    let flagged = |clickhouse: Option<&str>| {
        with(Engines {
            clickhouse: clickhouse.map(str::to_owned),
            clickhouse_listen: listen,
            ..Engines::default()
        })
    };
    let of_file = "[clickhouse]\nurl = \"https://x:8443/?password=geheim\"\n";
    for (file, flags) in [
        (of_file, flagged(None)),
        ("", flagged(Some("https://x:8443/?password=geheim"))),
    ] {
        let error = load(file, Environment::default(), &flags).unwrap_err().to_string();
        assert!(
            error.contains("127.0.0.1:18154") && error.contains("https://x:8443/") && !error.contains("geheim"),
            "{error}"
        );
    }
    assert!(load(of_file, Environment::default(), &flagged(Some("embedded"))).is_ok());
    let both = format!("{of_file}[ingest]\nclickhouse_listen = \"127.0.0.1:18154\"\n");
    assert!(
        load(&both, Environment::default(), &flags()).is_ok(),
        "the key in the file stays unused"
    );
}

#[test]
fn an_address_that_is_none_is_named_without_its_password() {
    let error = |url: &str| {
        let file = format!("[clickhouse]\nurl = \"{url}\"");
        load(&file, Environment::default(), &flags()).unwrap_err().to_string()
    };
    for url in [
        "clickhouse://default:geheim@host:9440/default",
        "HTTPS://default:geheim@host:8443",
    ] {
        let said = error(url);
        assert!(said.contains("host:") && !said.contains("geheim"), "{said}");
    }
}

#[test]
fn what_is_shown_reads_back_and_holds_no_secret() {
    let file = "[clickhouse]\nurl = \"https://x\"\nuser = \"u\"\npassword = \"geheim\"\n[ingest]\ntoken_sha256 = [\"abcdef\"]\nstore = \"dynamodb\"";
    let config = load(file, Environment::default(), &flags()).unwrap();
    let shown = config.to_toml().unwrap();
    assert!(!shown.contains("geheim") && !shown.contains("abcdef"), "{shown}");
    assert!(!format!("{config:?}").contains("geheim"));
    assert_eq!(
        load(&shown, Environment::default(), &Settings::default())
            .unwrap()
            .to_toml()
            .unwrap(),
        shown
    );
}
