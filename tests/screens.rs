//! The terminal program in a terminal.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use oot_tests::{Both, Daemon, Fault, Faulty, Pty, ago, eventually, hud, samples};
use serde_json::json;

/// A daemon that holds the sample payloads, and one fresh result.
fn with_samples() -> (tempfile::TempDir, Daemon) {
    let data = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(data.path());
    let mut bodies = samples();
    // So that the last 30 days hold something whatever the day: the samples' jobs, without their times.
    for body in samples() {
        let text = String::from_utf8(body)
            .unwrap()
            .replace("\"started_at\"", "\"_\"")
            .replace("\"completed_at\"", "\"_\"");
        bodies.push(
            text.replace("\"delivery_id\": \"", "\"delivery_id\": \"now-")
                .into_bytes(),
        );
    }
    for body in &bodies {
        assert_eq!(daemon.post(body).unwrap().status, 200);
    }
    eventually("the rows", || {
        let count: usize = daemon
            .clickhouse
            .run("SELECT count() FROM oot_workflow_job FINAL")
            .parse()
            .unwrap();
        (count == 2 * (samples().len() - 1)).then_some(())
    });
    (data, daemon)
}

#[test]
fn one_goes_in_and_back_and_out_and_leaves_nothing_behind() {
    let (_data, daemon) = with_samples();
    let mut pty = Pty::hud(120, 40, &["--clickhouse", &daemon.clickhouse.url]);
    pty.shows("Ascend/pytorch");
    pty.shows("pull requests · 7 days");
    pty.keys("/ascend\r");
    eventually("the filtered list", || {
        (!pty.text().contains("apple/mps-backend")).then_some(())
    });
    pty.keys("\r");
    pty.shows("Summary ▸ Ascend/pytorch");
    pty.shows("test-npu");
    pty.keys("\r");
    pty.shows("PR #179565");
    pty.shows("to merge (L4)");
    pty.keys("?");
    pty.shows("┌ help ─");
    pty.keys("q");
    eventually("the help is closed", || {
        (!pty.text().contains("┌ help ─")).then_some(())
    });
    pty.keys("\u{1b}");
    pty.shows("Summary ▸ Ascend/pytorch  ");
    pty.keys("\u{1b}");
    pty.shows("backends");
    pty.keys("t");
    pty.shows("14 days");
    pty.keys("\t");
    pty.shows("nightly ·");
    assert!(pty.on_alternate_screen());
    pty.keys("q");
    assert_eq!(pty.end(), 0);
    eventually("the terminal as it was", || (!pty.on_alternate_screen()).then_some(()));
}

#[test]
fn the_shell_gets_the_terminal_and_gives_it_back() {
    let (_data, daemon) = with_samples();
    let mut pty = Pty::shell(120, 40);
    pty.shows("$ ");
    let program = oot_tests::program("oot-hud");
    pty.keys(&format!(
        "{} --clickhouse {}\r",
        program.display(),
        daemon.clickhouse.url
    ));
    pty.shows("Ascend/pytorch");
    assert!(pty.on_alternate_screen());
    pty.keys("\u{1a}");
    eventually("the shell's screen", || (!pty.on_alternate_screen()).then_some(()));
    pty.keys("echo it is $((40 + 2))\r");
    pty.shows("it is 42");
    pty.keys("fg\r");
    eventually("the program's screen", || pty.on_alternate_screen().then_some(()));
    pty.shows("Ascend/pytorch");
    pty.keys("m");
    eventually("the mouse", || pty.tells_of_the_mouse().then_some(()));
    pty.keys("\u{1a}");
    eventually("the shell's mouse", || (!pty.tells_of_the_mouse()).then_some(()));
    pty.keys("fg\r");
    eventually("the program's mouse", || pty.tells_of_the_mouse().then_some(()));
    pty.keys("?");
    pty.shows("┌ help ─");
    pty.keys("qq");
    eventually("the shell's screen again", || {
        (!pty.on_alternate_screen()).then_some(())
    });
    assert!(!pty.tells_of_the_mouse());
    pty.keys("exit\r");
    assert_eq!(pty.end(), 0);
}

#[test]
fn hostile_text_reaches_the_terminal_as_text() {
    let (_data, daemon) = with_samples();
    let mut pty = Pty::hud(
        200,
        50,
        &[
            "backend",
            "apple/mps-backend",
            "--clickhouse",
            &daemon.clickhouse.url,
            "--event",
            "all",
            "--range",
            "30d",
        ],
    );
    pty.shows("#[fg=red]#(id)");
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    assert!(
        !raw.contains("\u{1b}[31mred") && !raw.contains('\u{202e}') && !raw.contains("\u{7}#"),
        "{raw:?}"
    );
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn an_error_stands_in_the_footer_and_the_program_goes_on() {
    let mut pty = Pty::hud(80, 24, &["--clickhouse", "http://127.0.0.1:9"]);
    pty.shows("again in");
    pty.shows("no data");
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_small_terminal_gets_a_sentence() {
    let mut pty = Pty::hud(60, 10, &["--clickhouse", "http://127.0.0.1:9"]);
    pty.shows("oot-hud needs 80×20, this is 60×10");
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_termination_gives_the_terminal_back() {
    let mut pty = Pty::hud(80, 24, &["--clickhouse", "http://127.0.0.1:9"]);
    pty.shows("oot-hud  Summary");
    let id = pty.process_id().unwrap().to_string();
    assert!(std::process::Command::new("kill").arg(id).status().unwrap().success());
    assert_eq!(pty.end(), 0);
    eventually("the terminal as it was", || (!pty.on_alternate_screen()).then_some(()));
}

/// The same screen without a terminal: as a picture, and as text.
#[test]
fn a_screen_is_printed_as_a_picture_or_as_text() {
    let (_data, daemon) = with_samples();
    let url = &daemon.clickhouse.url;
    let svg = hud(url, &["pr", "179565", "--format", "svg", "--size", "100x30"]);
    assert_eq!((svg.code, svg.stderr.as_str()), (Some(0), ""));
    assert!(svg.stdout.starts_with("<svg ") && svg.stdout.trim_end().ends_with("</svg>"));
    assert!(svg.stdout.contains("<title>oot-hud pr 179565</title>") && svg.stdout.contains("Ascend/pytorch"));
    let text = hud(url, &["summary", "--format", "text", "--ascii", "--size", "90x25"]).stdout;
    assert!(text.is_ascii() && text.lines().count() == 25, "{text}");
    assert!(text.contains("Ascend/pytorch") && text.contains("> "), "{text}");
    for (arguments, error) in [
        (["pipeline", "--format", "svg"], "no daemon is configured"),
        (["summary", "--size", "90x25"], "--size: is for --format svg and text"),
    ] {
        let printed = hud(url, &arguments);
        assert_eq!(printed.code, Some(2), "{printed:?}");
        assert!(printed.stderr.contains(error), "{printed:?}");
    }
    let refused = hud(url, &["status", "--format", "csv"]);
    let said = "oot unknown: --format: expected plain, tmux, json or svg for status\n";
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(2), said));
    let line = hud(url, &["status", "--format", "svg"]);
    assert!(
        line.stdout.starts_with("<svg ") && line.stdout.contains("relay"),
        "{line:?}"
    );
    let away = hud("http://127.0.0.1:9", &["summary", "--format", "svg"]);
    assert_eq!(
        (away.code, away.stdout.as_str()),
        (Some(2), ""),
        "no picture of an error"
    );
}

#[test]
fn the_rows_that_are_seen_are_written_to_a_file() {
    let (data, daemon) = with_samples();
    let mut pty = Pty::hud(160, 40, &["--clickhouse", &daemon.clickhouse.url, "--theme", "light"]);
    pty.shows("Ascend/pytorch");
    let file = data.path().join("rows.csv");
    let export = format!("ecsv {}\r", file.display());
    pty.keys(&export);
    pty.shows("wrote ");
    let rows = std::fs::read_to_string(&file).unwrap();
    assert!(
        rows.starts_with("repo,probe,level,") && rows.contains("Ascend/pytorch"),
        "{rows}"
    );
    pty.keys(&export);
    pty.shows("is there already; `export!` writes over it");
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

/// Writes a configuration file.
fn configured(text: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.toml");
    std::fs::write(&path, text).unwrap();
    let path = path.display().to_string();
    (directory, path)
}

#[test]
fn a_key_of_the_configuration_works_and_is_shown() {
    let (_directory, config) = configured("[keys]\nnext-range = [\"Ctrl-T\", \"F6\"]\nquit = \"Q\"\n");
    let arguments = [
        "--clickhouse",
        "http://127.0.0.1:9",
        "--config",
        &config,
        "--refresh",
        "0",
    ];
    let mut pty = Pty::hud(120, 40, &arguments);
    pty.shows("7 days");
    pty.keys("?");
    pty.shows("Ctrl-T F6");
    pty.shows("Q closes");
    pty.keys("Qtq\u{14}");
    pty.shows("14 days");
    pty.keys("\u{1b}[17~");
    pty.shows("30 days");
    pty.keys("Q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn the_mouse_selects_and_opens_and_is_the_terminals_again_at_the_end() {
    let (_data, daemon) = with_samples();
    let (_directory, config) = configured("[hud]\nmouse = true\n");
    let arguments = ["--clickhouse", &daemon.clickhouse.url, "--config", &config];
    let mut pty = Pty::hud(120, 40, &arguments);
    pty.shows("Ascend/pytorch");
    assert!(pty.tells_of_the_mouse());
    let row = pty
        .text()
        .lines()
        .position(|line| line.contains("Ascend/pytorch"))
        .unwrap()
        + 1;
    let click = format!("\u{1b}[<0;20;{row}M\u{1b}[<0;20;{row}m");
    pty.keys(&click);
    let is_selected = |pty: &Pty| {
        let text = pty.text();
        let mut lines = text.lines();
        lines.any(|line| line.starts_with('▌') && line.contains("Ascend/pytorch"))
    };
    eventually("the row that was clicked", || is_selected(&pty).then_some(()));
    pty.keys(&click);
    pty.shows("Summary ▸ Ascend/pytorch");
    pty.keys("q");
    assert_eq!(pty.end(), 0);
    eventually("the terminal as it was", || {
        (!pty.on_alternate_screen() && !pty.tells_of_the_mouse()).then_some(())
    });
}

#[test]
fn one_comes_back_to_where_one_was() {
    let state = tempfile::tempdir().unwrap();
    let open = |arguments: &[&str]| {
        let arguments = [&["--clickhouse", "http://127.0.0.1:9"], arguments].concat();
        Pty::hud_with_state(120, 40, &arguments, state.path())
    };
    let mut pty = open(&["--resume"]);
    pty.shows("oot-hud  Summary");
    pty.keys("t:repo a/b\r");
    pty.shows("Summary ▸ a/b");
    pty.keys("/unit\rq");
    assert_eq!(pty.end(), 0);
    let mut pty = open(&["--resume"]);
    pty.shows("Summary ▸ a/b");
    pty.shows("14 days");
    pty.keys("/x");
    pty.shows(" / unitx");
    pty.keys("\u{1b}");
    // The filter that stood before, and the keys again.
    pty.shows(" / unit ·");
    pty.keys("\u{1b}");
    eventually("no filter", || (!pty.text().contains(" / unit")).then_some(()));
    pty.keys("\u{1b}");
    eventually("the screen before", || (!pty.text().contains("a/b")).then_some(()));
    pty.keys("q");
    assert_eq!(pty.end(), 0);
    let mut pty = open(&["pr", "7", "--resume"]);
    pty.shows("PR #7");
    pty.keys("q");
    assert_eq!(pty.end(), 0);
    std::fs::write(state.path().join("oot-hud/view.json"), "{\"form\": 0}").unwrap();
    let mut pty = open(&["--resume"]);
    pty.shows("oot-hud  Summary");
    // The first frame says it; then there is no answer, which is worse.
    eventually("why it isn't where it was", || {
        let said = String::from_utf8_lossy(&pty.raw()).into_owned();
        (said.contains("not where you were") && said.contains("another version")).then_some(())
    });
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

/// Its own table needs no daemon of ours: each screen has all of it.
#[test]
fn the_huds_own_table_is_looked_at_on_every_screen() {
    let both = Both::new();
    let tests =
        json!([{ "classname": "TestOps", "name": "test_add", "message": "1 is not 2", "stacktrace": "at line 3" }]);
    let attempt = |number: u32, own: serde_json::Value| {
        let mut record = json!({ "downstream_repo": "org/accelerator", "job_name": "ops", "run_attempt": number, "conclusion": "failure",
            "started_at": ago(60 - 10 * i64::from(number)), "completed_at": ago(55 - 10 * i64::from(number)), "total_tests": 20,
            "passed_tests": 17, "failed_tests": 3, "failed_tests_json": tests.to_string() });
        record.as_object_mut().unwrap().extend(own.as_object().unwrap().clone());
        record
    };
    both.insert(&[
        attempt(1, json!({ "conclusion": "timed_out" })),
        attempt(2, json!({})),
        json!({ "downstream_repo": "org/accelerator", "job_name": "build" }),
        json!({ "downstream_repo": "org/other", "job_name": "build" }),
        json!({ "downstream_repo": "pytorch/crcr-test", "job_name": "l2-success" }),
    ]);
    // What is only in the other table stays there.
    both.clickhouse.run("TRUNCATE TABLE oot_workflow_job");
    let table = [
        "--clickhouse",
        &both.clickhouse.url,
        "--table",
        "default.crcr_workflow_job",
    ];
    let mut pty = Pty::hud(120, 40, &table);
    for text in ["org/accelerator", "org/other", "backends 2", "relay O healthy"] {
        pty.shows(text);
    }
    pty.keys("/accel\r\r");
    pty.shows("Summary ▸ org/accelerator");
    pty.shows("build · w · O success");
    pty.keys("l");
    for text in [
        "ops · w · X failure",
        "attempt 1   T timed out",
        "17 passed, 3 failed",
        "TestOps::test_add",
        "1 is not 2",
    ] {
        pty.shows(text);
    }
    pty.keys("\r");
    for text in ["PR #7", "X org/accelerator", "O org/other", "2 backends"] {
        pty.shows(text);
    }
    pty.shows("Space attempts");
    pty.keys(" ");
    pty.shows("T attempt 1");
    pty.keys("j");
    pty.shows("T timed out · attempt 1, attempt 2 counts");
    pty.keys("\u{1b}");
    pty.shows("L2  pass 50.0%");
    pty.keys("T");
    for text in ["trends of org/accelerator", "pass 50.0% (1 of 2)", "ops · w"] {
        pty.shows(text);
    }
    pty.keys("q");
    assert_eq!(pty.end(), 0);
    let status = |flags: &[&str]| hud(&both.clickhouse.url, &[&["status"], flags].concat());
    let printed = status(&table[2..]);
    assert_eq!((printed.code, printed.stderr.as_str()), (Some(1), ""), "{printed:?}");
    assert!(printed.stdout.contains("org/accelerator passes 50.0%"), "{printed:?}");
    assert!(!status(&[]).stdout.contains("org/"), "the other table is empty");
}

/// Nothing comes after it, and so it waits for what a screen shows later.
#[test]
fn a_picture_has_all_of_it_however_long_that_takes() {
    let (_data, daemon) = with_samples();
    let front = Faulty::before(&daemon.clickhouse.url);
    front.set(Fault::Slow);
    let text = hud(
        &front.url,
        &["backend", "Ascend/pytorch", "--range", "30d", "--format", "text"],
    )
    .stdout;
    assert!(text.contains("L3") && !text.contains("not found out yet"), "{text}");
}
