//! What the daemon's commands refuse, and how they say it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{ClickHouse, Daemon, hud, hud_unheard, ingest, run_in};

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

/// What is asked of this machine is nobody else's to read.
#[test]
fn no_proxy_stands_before_this_machine() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let nobody = "http://127.0.0.1:9";
    let proxies = [("HTTP_PROXY", nobody), ("http_proxy", nobody), ("ALL_PROXY", nobody)];
    let printed = run_in(
        "oot-hud",
        &["pipeline", "--format", "csv", "--ingest", &daemon.url],
        &proxies,
    );
    assert_eq!(printed.code, Some(0), "{printed:?}");
    // Nor when one of another machine is asked beside it, which is asked by way of the proxy.
    let both = format!("{},http://elsewhere.invalid", daemon.url);
    let printed = run_in(
        "oot-hud",
        &["pipeline", "--format", "json", "--ingest", &both],
        &proxies,
    );
    let errors: Vec<String> = (printed.json().as_array().unwrap().iter())
        .map(|daemon| daemon["error"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert!(errors[0].is_empty() && errors[1].contains("refused"), "{printed:?}");
    assert_eq!(daemon.stop(), Some(0));
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

/// Who reads no further has what they wanted, and where nobody hears of an error it is one all the same.
#[test]
fn nobody_has_to_listen() {
    assert_eq!(hud_unheard(&["--help"]), Some(0));
    assert_eq!(hud_unheard(&["--print-config"]), Some(0));
    assert_eq!(hud_unheard(&["--nosuch"]), Some(2));
    assert_eq!(hud_unheard(&["--clickhouse", "http://127.0.0.1:9", "summary"]), Some(2));
}

/// A list of anybody's is said to be strange, and not for pages.
#[test]
fn what_is_strange_in_an_allowlist_is_said_a_few_times() {
    let dir = tempfile::tempdir().unwrap();
    let list = dir.path().join("list.yml");
    let levels: Vec<String> = (10..40).map(|level| format!("\"L{level}\\e[2J\": []\n")).collect();
    std::fs::write(&list, levels.concat()).unwrap();
    let printed = hud(
        "http://127.0.0.1:9",
        &["summary", "--allowlist", list.to_str().unwrap()],
    );
    let said: Vec<&str> = printed
        .stderr
        .lines()
        .filter(|line| line.contains("allowlist"))
        .collect();
    assert_eq!(said.len(), 11, "{}", printed.stderr);
    assert_eq!(said[10], "oot-hud: allowlist: 20 more like these");
    assert!(!printed.stderr.contains('\u{1b}'), "{}", printed.stderr);
}

/// In data or allowlist; without results there is no error, and a name that nobody has is one.
#[test]
fn a_backend_is_named_by_words_of_its_name_and_a_mistyped_one_is_an_error() {
    let data = tempfile::tempdir().unwrap();
    let clickhouse = ClickHouse::start(&data.path().join("server"));
    let list = data.path().join("list.yml");
    std::fs::write(&list, "L1:\n  - apple/mps-backend\n").unwrap();
    let migrated = ingest(&[
        "migrate",
        "--data",
        data.path().join("ingest").to_str().unwrap(),
        "--clickhouse",
        &clickhouse.url,
    ]);
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    clickhouse.run(
        "INSERT INTO oot_workflow_job (dynamoKey, status, conclusion, downstream_repo, pr_number, pytorch_head_sha, workflow_name,
         job_name, started_at, completed_at, created_at, _version) SELECT 'k', 'completed', 'success', 'intel/torch-xpu', 7,
         repeat('a', 40), 'w', 'job', now() - 60, now() - 30, now(), 1",
    );
    let hud = |allowlist: &str, arguments: &[&str]| {
        let printed = hud(&clickhouse.url, &[arguments, &["--allowlist", allowlist]].concat());
        (printed.code, printed.stdout, printed.stderr)
    };
    let listed = list.to_str().unwrap();
    let (code, stdout, stderr) = hud(listed, &["backend", "XPU", "--format", "csv"]);
    assert!(
        code == Some(0) && stdout.contains("intel/torch-xpu,"),
        "{stdout} {stderr}"
    );
    let (code, stdout, stderr) = hud(listed, &["trends", "xpu", "--format", "text"]);
    assert!(
        code == Some(0) && stdout.contains("intel/torch-xpu"),
        "{stdout} {stderr}"
    );
    for never in [["backend", "mps"], ["trends", "apple/mps-backend"]] {
        let (code, _, stderr) = hud(listed, &never);
        assert!(code == Some(0) && stderr.contains("no results"), "{stderr}");
    }
    for (arguments, error) in [
        (
            ["backend", "apple/mps-backnd"].as_slice(),
            "no backend is called apple/mps-backnd; is it apple/mps-backend?",
        ),
        (
            &["backend", "apple/mps-backnd", "--format", "svg"],
            "no backend is called apple/mps-backnd; is it apple/mps-backend?",
        ),
        (&["trends", "some/body"], "no backend is called some/body"),
        (&["trends", "some/body", "--jobs"], "no backend is called some/body"),
        (&["backend", "p"], "apple/mps-backend or intel/torch-xpu?"),
        (&["backend", "tpu"], "no backend has \"tpu\" in its name"),
    ] {
        let (code, stdout, stderr) = hud(listed, arguments);
        let said = format!("oot-hud: {error}\n");
        assert_eq!((code, stdout.as_str(), stderr), (Some(2), "", said), "{arguments:?}");
    }
    // Who stands in an allowlist that can't be read isn't known.
    let (code, _, stderr) = hud("/nowhere", &["backend", "apple/mps-backnd"]);
    assert!(
        code == Some(0) && stderr.contains("no results of this backend"),
        "{stderr}"
    );
}

/// Whoever waits for a health line gets one, whatever is wrong.
#[test]
fn the_health_line_is_always_one() {
    for arguments in [
        ["status"].as_slice(),
        &["status", "--format", "tmux"],
        &["status", "--format", "json"],
        &["status", "--format", "table"],
        &["status", "--range", "99"],
        &["status", "--nosuch"],
        &["--table", "bad", "status"],
        &["--config", "/nonexistent/file", "status"],
    ] {
        let printed = hud("http://127.0.0.1:9", arguments);
        assert_eq!(
            (printed.code, printed.stdout.lines().count()),
            (Some(2), 1),
            "{arguments:?}: {printed:?}"
        );
        assert_eq!(printed.stderr, "", "{arguments:?}");
        assert!(!printed.stdout.contains('\u{fffd}'), "{arguments:?}: {printed:?}");
    }
    // A pane's has no room for what is wrong with the words.
    let pane = hud("http://127.0.0.1:9", &["status", "--format", "tmux", "--nosuch"]);
    assert_eq!((pane.code, pane.stdout.lines().count()), (Some(2), 1));
    assert!(
        pane.stderr.starts_with("oot-hud: ") && pane.stderr.contains("--nosuch"),
        "{pane:?}"
    );
    // It is a word of others, too.
    let other = hud("http://127.0.0.1:9", &["backend", "status"]);
    assert!(
        other.stdout.is_empty() && other.stderr.starts_with("oot-hud: "),
        "{other:?}"
    );
    assert_eq!(hud("ftp://h", &["status"]).stdout.lines().count(), 1);
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
