//! Where the engine inside `oot-ingest serve` listens.

use std::path::PathBuf;

use super::environment::Environment;
use super::file::File;

/// Without a word of the daemon's, or of the file.
const LISTEN: &str = "127.0.0.1:8154";

/// Its address: what a daemon wrote down in its data directory, which may be of a port that it was given; else what the file has it listen
/// on, or the usual one. The directory is found as the daemon finds it.
pub(super) fn url(file: &File, environment: &Environment) -> String {
    let usual = || Some(environment.data_home.as_ref()?.join("oot-hud/ingest"));
    let named = environment.ingest_data.clone().or_else(|| file.data.clone());
    let data: Option<PathBuf> = named.or_else(usual);
    let written = data.and_then(|data| std::fs::read_to_string(data.join("clickhouse.url")).ok());
    let written = written.map(|url| url.trim().to_owned());
    written.filter(|url| url.starts_with("http://")).unwrap_or_else(|| {
        let listen = file.ingest.get("clickhouse_listen").and_then(toml::Value::as_str);
        format!("http://{}", listen.unwrap_or(LISTEN))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_is_where_its_daemon_says_that_it_is() {
        let home = tempfile::tempdir().unwrap();
        let (usual, named) = (home.path().join("oot-hud/ingest"), home.path().join("named"));
        let of_environment = home.path().join("environment");
        let mut file: File = toml::from_str("[ingest]\nclickhouse_listen = \"127.0.0.1:1\"").unwrap();
        let mut environment = Environment {
            data_home: Some(home.path().to_owned()),
            ..Environment::default()
        };
        let found = |file: &File| url(file, &environment);
        assert_eq!(found(&file), "http://127.0.0.1:1");
        assert_eq!(url(&File::default(), &Environment::default()), "http://127.0.0.1:8154");
        for (dir, port) in [(&usual, 2), (&named, 3), (&of_environment, 4)] {
            std::fs::create_dir_all(dir).unwrap();
            std::fs::write(dir.join("clickhouse.url"), format!("http://127.0.0.1:{port}\n")).unwrap();
        }
        assert_eq!(found(&file), "http://127.0.0.1:2");
        file.data = Some(named.clone());
        assert_eq!(found(&file), "http://127.0.0.1:3");
        std::fs::write(named.join("clickhouse.url"), "").unwrap();
        assert_eq!(
            found(&file),
            "http://127.0.0.1:1",
            "a file that is being written says nothing"
        );
        environment.ingest_data = Some(of_environment);
        assert_eq!(
            url(&file, &environment),
            "http://127.0.0.1:4",
            "it comes before the file"
        );
    }
}
