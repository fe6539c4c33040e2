//! What the reader's commands say beside their figures: of health, of what wasn't found, of what is hostile. On the real engine and in both
//! layouts.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead as _, BufReader, Write as _};

use oot_tests::{Both, Printed, TABLES, hud, hud_with_cache, run_in};
use serde_json::{Value, json};

#[test]
fn the_health_line_is_one_line_whatever_happens() {
    let both = Both::new();
    let (code, status) = both.status();
    assert_eq!(
        (code, &status["state"], &status["reasons"]),
        (Some(1), &json!("degraded"), &json!(["no result in 24 hours"]))
    );
    assert_eq!(
        (&status["relay"], &status["newest_result_at"]),
        (&json!("no data"), &Value::Null)
    );
    both.insert(&[json!({})]);
    assert_eq!(hud(&both.clickhouse.url, &["status"]).code, Some(0));
    for format in ["plain", "tmux", "json"] {
        let printed = hud("http://127.0.0.1:9", &["status", "--format", format]);
        assert_eq!(
            (printed.code, printed.stdout.lines().count()),
            (Some(2), 1),
            "{printed:?}"
        );
    }
}

/// What is had from an address says the levels, too; where it isn't had in time, the rows stand without, with a warning.
#[test]
fn an_allowlist_may_have_an_address() {
    let both = Both::new();
    both.insert(&[json!({ "downstream_repo": "a/listed", "downstream_repo_level": "" })]);
    let list = "L4: [A/Listed]\n";
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        while !request.ends_with("\r\n\r\n") {
            reader.read_line(&mut request).unwrap();
        }
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{list}", list.len());
        stream.write_all(answer.as_bytes()).unwrap();
        // Who comes next is let in, and hears nothing.
        listener
    });
    let cache = tempfile::tempdir().unwrap();
    let summary = |url: &str| {
        let arguments = ["summary", "--format", "json", "--allowlist", url];
        hud_with_cache(cache.path(), &both.clickhouse.url, &arguments)
    };
    let level = |printed: &Printed| {
        let rows: Vec<Value> = serde_json::from_str(&printed.stdout).unwrap();
        rows[0]["level"].clone()
    };
    let url = format!("{host}/list.yml");
    let printed = summary(&url);
    assert_eq!((level(&printed), printed.stderr.as_str()), (json!("L4"), ""));
    let _listener = server.join().unwrap();
    let printed = summary(&url);
    assert_eq!(
        (level(&printed), printed.stderr.as_str()),
        (json!("L4"), ""),
        "it is young"
    );
    let printed = summary(&format!("{host}/other.yml?token=s3cret"));
    let warning =
        format!("oot-hud: allowlist {host}/other.yml?***: no answer within 5 s; levels are those of the results\n");
    assert_eq!((level(&printed), printed.stderr), (Value::Null, warning));
}

#[test]
fn a_reader_who_may_change_no_setting_sees_it_all() {
    let both = Both::new();
    both.insert(&[json!({ "conclusion": "failure" })]);
    let readonly = format!("{}/?readonly=1", both.clickhouse.url);
    for table in TABLES {
        for command in [&["summary"][..], &["backend", "a/b"], &["pr", "7"]] {
            let printed = hud(&readonly, &[command, &["--table", table, "--format", "json"]].concat());
            assert_eq!(
                (printed.code, printed.json().as_array().map(Vec::len)),
                (Some(0), Some(1)),
                "{printed:?}"
            );
        }
    }
}

/// By the flag, or by the locale: a terminal that is told more than it can show shows something else.
#[test]
fn lines_and_tables_are_of_ascii_where_that_is_all_there_is() {
    let both = Both::new();
    both.insert(&[json!({ "job_name": "日本", "downstream_repo": "a/ß", "conclusion": "failure" })]);
    let url = ["--clickhouse", &both.clickhouse.url];
    for (words, is_for_people) in [
        (&["summary", "--format", "table"][..], true),
        (&["pr", "7"], true),
        (&["status"], true),
        (&["status", "--format", "tmux"], true),
        (&["pr", "7", "--format", "csv"], false),
        (&["status", "--format", "json"], false),
    ] {
        let printed = |more: &[&str], locale| {
            let arguments = [&url[..], words, more].concat();
            run_in("oot-hud", &arguments, &[("LC_ALL", locale)]).stdout
        };
        let usual = printed(&[], "C.UTF-8");
        assert!(!usual.is_ascii(), "{usual}");
        for other in [printed(&["--ascii"], "C.UTF-8"), printed(&[], "C")] {
            assert_eq!(other.is_ascii(), is_for_people, "{other}");
            assert!(
                other.lines().count() == usual.lines().count() && !other.is_empty(),
                "{other}"
            );
        }
        assert!(!printed(&["--ascii=false"], "C").is_ascii());
    }
}

#[test]
fn hostile_text_is_text_in_every_format() {
    let both = Both::new();
    let hostile = "x\u{1b}[31m\u{7}\u{9b}2J\u{202e}#[fg=red]#(id)\n'\"";
    both.insert(&[
        json!({ "job_name": hostile, "downstream_repo": hostile, "workflow_name": hostile, "conclusion": "failure" }),
    ]);
    let unsafe_in = |text: &str| {
        text.chars()
            .find(|c| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c))
    };
    for arguments in [
        &["summary", "--format", "table"][..],
        &["summary", "--format", "csv"],
        &["summary", "--format", "json"],
        &["pr", "7", "--format", "table"],
        &["pr", "7", "--format", "csv"],
        &["pr", "7", "--format", "json"],
        &["status", "--format", "plain"],
        &["status", "--format", "tmux"],
        &["status", "--format", "json"],
    ] {
        let printed = hud(&both.clickhouse.url, arguments);
        assert_eq!(unsafe_in(&printed.stdout), None, "{arguments:?}: {:?}", printed.stdout);
    }
    let row = &both.rows(&["pr", "7"])[0];
    assert_eq!(row["job_name"], hostile);
}

/// What isn't there in a view or at a moment may be there in another.
#[test]
fn what_was_not_found_is_said_with_where_it_was_looked_for() {
    let both = Both::new();
    both.insert(&[json!({})]);
    for (line, said) in [
        ("pr 9", "no backend has reported on pull request 9\n"),
        (
            "pr 7 --event nightly",
            "no backend has reported on pull request 7 (nightly)\n",
        ),
        (
            "pr 7 --event push --as-of 2026-01-02T03:04",
            "no backend has reported on pull request 7 (pushes, as of 2026-01-02 03:04 UTC)\n",
        ),
        (
            "pr 7 --commit ffff",
            "pull request 7 has no result on such a commit; `--commit all` shows them all\n",
        ),
        (
            "commit aaaaaa --as-of 2026-01-02T03:04",
            "no backend has reported on a commit aaaaaa (as of 2026-01-02 03:04 UTC)\n",
        ),
        (
            "summary --as-of 2026-01-02T03:04",
            "no results: pull requests, 7 days, as of 2026-01-02 03:04 UTC; --event and --range choose others\n",
        ),
        (
            "trends --range 24h --event nightly",
            "no results: nightly, 2 UTC days; --event and --range choose others\n",
        ),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        let printed = hud(&both.clickhouse.url, &words);
        assert_eq!(printed.stderr, format!("oot-hud: {said}"), "{line}");
        // Who names one wants that one; of all there may be none.
        let is_named = line.starts_with(['p', 'c']);
        assert_eq!(printed.code, Some(if is_named { 2 } else { 0 }), "{line}");
        if is_named {
            let picture = hud(&both.clickhouse.url, &[&words[..], &["--format", "svg"]].concat());
            assert_eq!(picture, printed, "a picture is no other answer");
        }
    }
}

/// The environment says what is usual for whoever sets it. Who names a pull request wants all that there is of it.
#[test]
fn a_view_of_the_environment_hides_no_result_of_what_is_named() {
    let both = Both::new();
    both.insert(&[json!({})]);
    let nightly = [("OOT_HUD_EVENT", "nightly")];
    let printed = |words: &[&str]| {
        let arguments = [&["--clickhouse", &both.clickhouse.url], words].concat();
        run_in("oot-hud", &arguments, &nightly)
    };
    for name in [&["pr", "7"][..], &["commit", "aaaaaa"]] {
        for format in ["csv", "text"] {
            let printed = printed(&[name, &["--format", format]].concat());
            assert_eq!((printed.code, printed.stderr.as_str()), (Some(0), ""), "{name:?}");
            assert!(printed.stdout.contains("a/b"), "{printed:?}");
        }
        let typed = printed(&[name, &["--event", "nightly"]].concat());
        assert_eq!(typed.code, Some(2), "{typed:?}");
    }
    assert!(printed(&["summary"]).stderr.contains("no results: nightly"));
}

#[test]
fn an_error_says_what_and_what_to_do() {
    let both = Both::new();
    let printed = hud(&both.clickhouse.url, &["summary", "--table", "default.nowhere"]);
    assert_eq!(printed.code, Some(2));
    assert!(
        printed
            .stderr
            .contains("has no table default.nowhere: name it with --table"),
        "{}",
        printed.stderr
    );
    let printed = hud("http://127.0.0.1:9", &["summary"]);
    assert_eq!((printed.code, printed.stdout.as_str()), (Some(2), ""));
    assert!(
        printed.stderr.contains("Is `oot-ingest serve` running"),
        "{}",
        printed.stderr
    );
    let printed = hud(&both.clickhouse.url, &["summary", "--format", "tmux"]);
    assert_eq!(printed.code, Some(2));
    for format in ["csv", "text"] {
        let silent = ["pipeline", "--ingest", "http://127.0.0.1:9", "--format", format];
        let printed = hud(&both.clickhouse.url, &silent);
        let said = (printed.code, printed.stderr.as_str());
        assert_eq!(said, (Some(2), "oot-hud: not all daemons have answered\n"), "{format}");
        assert!(printed.stdout.contains("http://127.0.0.1:9"), "{printed:?}");
    }
}
