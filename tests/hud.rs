//! What the reader's commands do, whatever they are given: words, lists and an environment that are anybody's.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{ClickHouse, Daemon, eventually, hud, hud_unheard, ingest, result, run_in};

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

/// People look for what failed; programs sort by themselves.
#[test]
fn a_table_of_a_pull_request_has_what_failed_first() {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let of_one_commit = |number: usize| {
        let body = String::from_utf8(result(number, "completed")).unwrap();
        body.replace(&format!("{number:040x}"), &"a".repeat(40))
            .replace("\"job_name\":\"j\"", &format!("\"job_name\":\"j{number}\""))
    };
    let failed = of_one_commit(1).replace("\"success\"", "\"failure\"");
    let newer = of_one_commit(2).replace("T10:00", "T11:00");
    for body in [failed, newer] {
        assert_eq!(daemon.post(body.as_bytes()).unwrap().status, 200);
    }
    eventually("both rows", || (daemon.clickhouse.results() == 2).then_some(()));
    let printed = |format| hud(&daemon.clickhouse.url, &["pr", "7", "--format", format]);
    let table = printed("table").stdout;
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[1].contains("failure") && lines[2].contains("success"), "{table}");
    let jobs = printed("json").json();
    assert_eq!(
        (&jobs[0]["job_name"], &jobs[1]["job_name"]),
        (&"j2".into(), &"j1".into())
    );
    assert_eq!(daemon.stop(), Some(0));
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
