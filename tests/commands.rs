//! What the daemon's commands make and refuse; and what holds of both programs': secrets that nobody tells, help, and the environment.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{ClickHouse, hud, ingest, run_in};

/// Applied with another tool, the schema is ours.
#[test]
fn what_migrate_prints_makes_the_schema() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let path = data.path().join("ingest");
    let flags = ["--data", path.to_str().unwrap(), "--clickhouse", &clickhouse.url];
    let printed = ingest(&[&["migrate", "--print"], &flags[..]].concat());
    assert_eq!(printed.code, Some(0), "{printed:?}");
    for statement in printed
        .stdout
        .split(";\n")
        .filter(|statement| !statement.trim().is_empty())
    {
        clickhouse.run(statement.trim_end().trim_end_matches(';'));
    }
    let printed = ingest(&[&["migrate"], &flags[..]].concat());
    assert_eq!(
        (printed.code, printed.stdout.as_str()),
        (Some(0), "default.oot_workflow_job is up to date\n")
    );
}

#[test]
fn what_is_missing_is_named() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().to_str().unwrap();
    let printed = ingest(&[
        "clickhouse",
        "--data",
        path,
        "--listen",
        "127.0.0.1:0",
        "--libchdb",
        "/nowhere/libchdb.so",
    ]);
    assert_eq!(printed.code, Some(2));
    assert!(
        printed.stderr.contains("Fetch it with `make libchdb`"),
        "{}",
        printed.stderr
    );
    let printed = ingest(&["clickhouse", "--data", path, "--listen", "0.0.0.0:0"]);
    assert!(
        printed.stderr.contains("is not a loopback address"),
        "{}",
        printed.stderr
    );
}

/// In a log that many programs write to.
#[test]
fn a_wrong_word_is_told_by_the_programs_name_and_help_is_not() {
    for words in [&["--nope"][..], &["serve", "--listen", "x"]] {
        let printed = ingest(words);
        assert_eq!(printed.code, Some(2), "{printed:?}");
        assert!(
            printed.stderr.starts_with("oot-ingest: ") && !printed.stderr.contains("error:"),
            "{printed:?}"
        );
    }
    let printed = ingest(&["dead-letter"]);
    assert!(
        printed.code == Some(2) && printed.stderr.starts_with("Changes that"),
        "{printed:?}"
    );
    let printed = ingest(&["--help"]);
    assert!(
        printed.code == Some(0) && printed.stderr.is_empty() && !printed.stdout.is_empty(),
        "{printed:?}"
    );
}

/// With seed and end the past is given: pictures and comparisons can be made anew.
#[test]
fn the_same_past_can_be_simulated_twice() {
    let past = |until: &str| {
        let data = tempfile::tempdir().unwrap();
        let path = data.path().to_str().unwrap();
        let day = ["--history", "1", "--events-per-day", "3", "--seed", "7", "--log", "-"];
        let printed = ingest(&[&["simulate", "--data", path, "--until", until], &day[..]].concat());
        assert_eq!(printed.code, Some(0), "{printed:?}");
        let mut callbacks: Vec<serde_json::Value> = printed
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        // They are written at once, and numbered as they are done.
        for callback in &mut callbacks {
            callback.as_object_mut().unwrap().remove("seq");
        }
        callbacks.sort_by_key(ToString::to_string);
        callbacks
    };
    let one = past("2026-11-20T16:20:00Z");
    assert!(one.len() > 50, "{one:?}");
    assert_eq!(one, past("2026-11-20T16:20:00Z"));
    assert_ne!(one, past("2026-11-20T16:21:00Z"));
}

/// Neither a log nor an error tells a password or what stands in an address beside the host.
#[test]
fn no_secret_is_told() {
    let data = tempfile::tempdir().unwrap();
    let config = data.path().join("config.toml");
    let text = "[clickhouse]\nurl = \"http://127.0.0.1:9/?password=s3cret1\"\nuser = \"u\"\npassword = \"s3cret2\"\n";
    std::fs::write(&config, text).unwrap();
    let config = config.to_str().unwrap();
    let path = data.path().to_str().unwrap();
    for arguments in [
        ["--config", config, "migrate", "--data", path].as_slice(),
        ["--config", config, "--print-config", "migrate", "--data", path].as_slice(),
        ["--config", config, "backfill", "--data", path].as_slice(),
    ] {
        let printed = ingest(arguments);
        let all = format!("{}{}", printed.stdout, printed.stderr);
        assert!(!all.contains("s3cret"), "{arguments:?}: {all}");
    }
    for arguments in [
        ["summary"].as_slice(),
        ["status"].as_slice(),
        ["--print-config"].as_slice(),
    ] {
        // The first is refused, the second is asked.
        for url in [
            "http://u:s3cret3@127.0.0.1:9/?password=s3cret4",
            "http://127.0.0.1:9/?password=s3cret4",
        ] {
            let printed = hud(url, arguments);
            let all = format!("{}{}", printed.stdout, printed.stderr);
            assert!(!all.contains("s3cret"), "{arguments:?}: {all}");
        }
    }
    for text in [
        "[clickhouse]\npassword = 53cr37\n",
        "[clickhouse]\npassword = 5537\n",
        "[clickhouse]\npassword: \"5537\"\n",
        "[clickhouse]\npassword \"5537\"\n",
        "[clickhouse]\npassword = [\n  5537,\n]\n",
    ] {
        std::fs::write(config, text).unwrap();
        for printed in [
            ingest(&["--config", config, "migrate"]),
            hud("http://h", &["--config", config]),
        ] {
            assert!(
                printed.code == Some(2)
                    && !printed.stderr.contains("5537")
                    && printed.stderr.contains("clickhouse.password"),
                "{printed:?}"
            );
        }
    }
}

/// What a variable is set to is said where it can be no secret alone.
#[test]
fn help_tells_no_address_of_the_environment() {
    for (command, secret) in [
        (
            ["oot-hud", "summary", "--help"],
            ["OOT_CLICKHOUSE_URL", "OOT_HUD_INGEST", "OOT_HUD_ALLOWLIST"].as_slice(),
        ),
        (
            ["oot-ingest", "serve", "--help"],
            &["OOT_CLICKHOUSE_URL", "OOT_INGEST_DYNAMODB_URL"],
        ),
    ] {
        let mut environment = vec![("OOT_CONFIG", "/nowhere/config.toml")];
        environment.extend(secret.iter().map(|variable| (*variable, "https://u:s3cret@h")));
        let printed = run_in(command[0], &command[1..], &environment);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert!(
            printed.stdout.contains("[env: OOT_CONFIG=/nowhere/config.toml]"),
            "{printed:?}"
        );
        for variable in secret {
            assert!(printed.stdout.contains(variable), "{variable}: {printed:?}");
        }
        assert!(!printed.stdout.contains("s3cret"), "{command:?}: {}", printed.stdout);
    }
}

/// Both programs find the data directory by the same variable.
#[test]
fn the_embedded_engine_is_found_in_the_data_directory_that_the_daemon_is_told() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("clickhouse.url"), "http://127.0.0.1:7\n").unwrap();
    let told = [("OOT_INGEST_DATA", data.path().to_str().unwrap())];
    let in_ingest = format!("data = \"{}\"", data.path().display());
    for (program, command, said) in [
        ("oot-hud", "summary", "url = \"http://127.0.0.1:7\""),
        ("oot-ingest", "migrate", in_ingest.as_str()),
    ] {
        let printed = run_in(program, &[command, "--clickhouse", "embedded", "--print-config"], &told);
        assert!(printed.stdout.contains(said), "{said} in {printed:?}");
    }
}

/// As scripts and service files set what they leave out.
#[test]
fn a_variable_that_is_empty_is_one_that_is_not_set() {
    for (program, command) in [("oot-hud", "summary"), ("oot-ingest", "serve")] {
        let help = run_in(program, &[command, "--help"], &[]).stdout;
        let names = help.split("[env: ").skip(1).filter_map(|rest| rest.split('=').next());
        let empty: Vec<(&str, &str)> = names.map(|name| (name, "")).collect();
        assert!(empty.len() > 5, "{help}");
        let arguments = [command, "--print-config"];
        let printed = run_in(program, &arguments, &empty);
        assert_eq!(printed.code, Some(0), "{printed:?}");
        assert_eq!(printed, run_in(program, &arguments, &[]));
    }
}
