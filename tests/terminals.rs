//! The terminal program in terminals of every kind: sizes that change, colours that aren't there, and how it is left.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use oot_hud::screen::run::{self, World};
use oot_hud::screen::terminal::{Controlling, Taken, panicked};
use oot_hud::settings::args::{Choice, Command, Global};
use oot_hud::settings::config::{Config, Environment};
use oot_hud::settings::theme::Colours;
use oot_tests::{Both, Pty, ago, eventually};
use serde_json::json;

/// The table with some backends, of which each letter can be read.
fn with_backends(backends: usize) -> Both {
    let both = Both::new();
    let mut records = Vec::new();
    for number in 0..backends {
        for (job, conclusion) in [("passes", "success"), ("fails", "failure"), ("is late", "timed_out")] {
            records.push(json!({ "downstream_repo": format!("org/backend-{number:02}"), "job_name": job, "conclusion": conclusion }));
        }
        records.push(
            json!({ "downstream_repo": format!("org/backend-{number:02}"), "job_name": "runs", "status": "in_progress",
            "conclusion": "", "started_at": ago(5), "completed_at": "1970-01-01T00:00:00Z" }),
        );
    }
    both.insert(&records);
    both
}

/// The parameters of every change of colours and attributes that was sent: `[1]`, `[38, 5, 114]`.
fn graphic_renditions(raw: &[u8]) -> Vec<Vec<u16>> {
    let text = String::from_utf8_lossy(raw);
    let sequences = text.split("\u{1b}[").skip(1);
    let parameters = sequences.filter_map(|sequence| {
        let end = sequence.find(|c: char| !matches!(c, '0'..='9' | ';' | ':'))?;
        sequence[end..].starts_with('m').then_some(&sequence[..end])
    });
    let numbers = |text: &str| {
        text.split([';', ':'])
            .map(|number| number.parse().unwrap_or(0))
            .collect()
    };
    parameters.map(numbers).collect()
}

/// How a colour is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Depth {
    /// One of the 16 that every terminal has.
    Palette,
    /// One of xterm's 256.
    Indexed,
    /// Any.
    True,
}

/// How the colours are told that were sent: each way once.
fn depths(raw: &[u8]) -> Vec<Depth> {
    let mut depths: Vec<_> = graphic_renditions(raw)
        .iter()
        .filter_map(|parameters| match parameters[..] {
            [38 | 48, 2, ..] => Some(Depth::True),
            [38 | 48, 5, ..] => Some(Depth::Indexed),
            [30..=37 | 40..=47 | 90..=97 | 100..=107, ..] => Some(Depth::Palette),
            _ => None,
        })
        .collect();
    depths.sort_unstable();
    depths.dedup();
    depths
}

#[test]
fn a_screen_of_another_size_is_whole_and_the_selection_stays() {
    let both = with_backends(30);
    let mut pty = Pty::hud(80, 24, &["--clickhouse", &both.clickhouse.url]);
    pty.shows("org/backend-00");
    pty.keys(&"j".repeat(25));
    let is_whole = |pty: &Pty, columns: usize, rows: usize| {
        let text = pty.text();
        let lines: Vec<&str> = text.lines().collect();
        let has_edges = lines.first()?.starts_with(" oot-hud  Summary")
            && lines.first()?.trim_end().chars().count() > columns - 12
            && lines.len() == rows
            && lines.last()?.contains("? help");
        let selected: Vec<_> = lines.iter().filter(|line| line.starts_with('▌')).collect();
        let once = (0..30).all(|number| text.matches(&format!("org/backend-{number:02}")).count() <= 1);
        let stays = matches!(selected[..], [line] if line.contains("org/backend-25"));
        (has_edges && once && stays).then_some(())
    };
    let sees = |pty: &Pty, columns, rows| {
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            eventually("a whole screen", || is_whole(pty, columns, rows));
        }));
        assert!(result.is_ok(), "at {columns}×{rows}:\n{}", pty.text());
    };
    sees(&pty, 80, 24);
    for (columns, rows) in [(200, 60), (120, 40), (80, 24), (80, 20), (200, 60)] {
        pty.resize(columns, rows);
        sees(&pty, columns.into(), rows.into());
    }
    pty.resize(60, 20);
    eventually("a sentence alone", || {
        (pty.text().trim_end() == "oot-hud needs 80×20, this is 60×20").then_some(())
    });
    pty.resize(80, 24);
    sees(&pty, 80, 24);
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_frame_is_one_update_of_the_screen() {
    let both = with_backends(2);
    let mut pty = Pty::hud(120, 40, &["--clickhouse", &both.clickhouse.url]);
    pty.shows("org/backend-01");
    pty.keys("j?");
    pty.shows("quit");
    pty.keys("qq");
    assert_eq!(pty.end(), 0);
    let raw = pty.raw();
    let text = String::from_utf8_lossy(&raw);
    // What is outside sets modes and shows nothing.
    let mut outside = text
        .split("\u{1b}[?2026h")
        .map(|part| part.rsplit("\u{1b}[?2026l").next().unwrap());
    let shows = |part: &str| part.split('\u{1b}').skip(1).any(|sequence| !sequence.starts_with("[?"));
    assert_eq!(outside.find(|part| shows(part)), None);
    assert!(text.matches("\u{1b}[?2026h").count() >= 3, "{text:?}");
    assert_eq!(
        text.matches("\u{1b}[?2026h").count(),
        text.matches("\u{1b}[?2026l").count()
    );
}

/// Letters say it all, and of colours only those are sent that the terminal has.
#[test]
fn no_colour_is_sent_that_the_terminal_does_not_say_it_has() {
    let both = with_backends(2);
    let arguments = ["backend", "org/backend-00", "--clickhouse", &both.clickhouse.url];
    let looks = |environment: &[(&str, &str)], flags: &[&str]| {
        let mut pty = Pty::hud_in(120, 40, &[&arguments, flags].concat(), environment);
        for job in ["passes", "fails", "is late", "runs"] {
            pty.shows(job);
        }
        let text = pty.text();
        let row = text
            .lines()
            .find(|line| line.contains("#7 "))
            .unwrap_or(&text)
            .to_owned();
        let has = |letter: char| {
            row.split(|c: char| !c.is_alphanumeric() && c != '?')
                .any(|word| word == letter.to_string())
        };
        assert!(['O', 'X', 'T', '?'].into_iter().all(has), "{environment:?}:\n{text}");
        pty.keys("q");
        assert_eq!(pty.end(), 0);
        eventually("the terminal as it was", || pty.is_as_before().then_some(()));
        depths(&pty.raw())
    };
    assert_eq!(looks(&[("TERM", "xterm-256color")], &[]), [Depth::Indexed]);
    assert_eq!(
        looks(&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")], &[]),
        [Depth::True]
    );
    assert_eq!(
        looks(&[("TERM", "screen"), ("COLORTERM", "truecolor")], &[]),
        [Depth::Indexed]
    );
    for term in ["screen", "xterm", "linux", "vt320"] {
        assert_eq!(looks(&[("TERM", term)], &[]), [Depth::Palette], "{term}");
    }
    assert_eq!(looks(&[("TERM", "dumb")], &[]), []);
    assert_eq!(looks(&[("TERM", "vt100")], &[]), []);
    let no_colour = [("NO_COLOR", "1"), ("COLORTERM", "truecolor")];
    assert_eq!(looks(&no_colour, &[]), []);
    // A theme by name is a wish for colours.
    assert_eq!(looks(&no_colour, &["--theme", "light"]), [Depth::True]);
}

#[test]
fn the_console_of_linux_gets_ascii_alone() {
    let both = with_backends(2);
    let environment = [("TERM", "linux")];
    let mut pty = Pty::hud_in(120, 40, &["--clickhouse", &both.clickhouse.url], &environment);
    pty.shows("org/backend-01");
    pty.keys("?");
    pty.shows("help -");
    pty.keys("qq");
    assert_eq!(pty.end(), 0);
    assert!(pty.raw().is_ascii());
}

/// `C` names no charmap, and means ASCII.
#[test]
fn a_locale_of_c_gets_ascii_alone() {
    let both = with_backends(2);
    let mut pty = Pty::hud_in(120, 40, &["--clickhouse", &both.clickhouse.url], &[("LANG", "C")]);
    pty.shows("org/backend-01");
    pty.keys("?");
    pty.shows("help -");
    pty.keys("qq");
    assert_eq!(pty.end(), 0);
    assert!(pty.raw().is_ascii());
}

#[test]
fn however_it_ends_the_terminal_is_as_it_was() {
    type End = fn(&mut Pty);
    let ends: [(&str, End); 6] = [
        ("q", |pty| pty.keys("q")),
        ("Ctrl-C", |pty| pty.keys("\u{3}")),
        ("SIGTERM", |pty| pty.signal("-TERM")),
        ("SIGHUP", |pty| pty.signal("-HUP")),
        ("SIGINT", |pty| pty.signal("-INT")),
        ("SIGQUIT", |pty| pty.signal("-QUIT")),
    ];
    for (how, end) in ends {
        let mut pty = Pty::hud(80, 24, &["--clickhouse", "http://127.0.0.1:9"]);
        pty.shows("oot-hud  Summary");
        pty.keys("m");
        eventually("the mouse", || pty.tells_of_the_mouse().then_some(()));
        assert!(!pty.is_as_before());
        end(&mut pty);
        assert_eq!(pty.end(), 0, "{how}");
        eventually(how, || pty.is_as_before().then_some(()));
    }
}

/// Opens the program as a job of a shell, and gives its process's number.
fn job() -> (Pty, String) {
    let mut pty = Pty::shell(100, 30);
    pty.shows("$ ");
    let program = oot_tests::program("oot-hud");
    pty.keys(&format!(
        "sh -c 'echo number $$ end; exec {} --clickhouse http://127.0.0.1:9'\r",
        program.display()
    ));
    pty.shows("oot-hud  Summary");
    let raw = String::from_utf8_lossy(&pty.raw()).into_owned();
    let numbers = raw.split("number ").filter_map(|rest| rest.split_once(" end"));
    let number = numbers
        .map(|(number, _)| number)
        .find(|number| number.parse::<u32>().is_ok());
    let number = number.unwrap_or_else(|| panic!("{raw:?}")).to_owned();
    (pty, number)
}

fn kill(signal: &str, process: &str) {
    let done = std::process::Command::new("kill").args([signal, process]).status();
    assert!(done.unwrap().success());
}

fn leaves_the_screen(pty: &Pty) {
    eventually("the shell's screen", || (!pty.on_alternate_screen()).then_some(()));
}

fn comes_back(pty: &mut Pty) {
    eventually("the program's screen", || {
        (pty.on_alternate_screen() && pty.is_raw()).then_some(())
    });
    pty.shows("oot-hud  Summary");
    // Only a terminal in raw mode passes a key on without Enter.
    pty.keys("?");
    pty.shows("┌ help ─");
    pty.keys("q");
    eventually("the help is closed", || {
        (!pty.text().contains("┌ help ─")).then_some(())
    });
}

/// Some shells do both with one `kill %1`: a job that is stopped hears its end only when it is continued, in the background.
#[test]
fn a_stopped_job_can_be_ended() {
    let (mut pty, _) = job();
    pty.keys("\u{1a}");
    leaves_the_screen(&pty);
    pty.keys("kill %1; bg; wait %1; echo it ended: $?\r");
    pty.shows("it ended: 0");
    assert!(!pty.on_alternate_screen() && !pty.tells_of_the_focus());
    pty.keys("exit\r");
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_job_that_another_suspends_gives_the_terminal_to_the_shell() {
    let (mut pty, number) = job();
    kill("-TSTP", &number);
    leaves_the_screen(&pty);
    pty.keys("echo it is $((40 + 2))\r");
    pty.shows("it is 42");
    // What wants the terminal in the background is stopped, and draws nothing meanwhile.
    pty.keys("bg; wait %1; jobs\r");
    // It wants to draw, or to hear of a key.
    pty.shows("Stopped (tty ");
    assert!(!pty.on_alternate_screen());
    pty.keys("fg\r");
    comes_back(&mut pty);
    pty.keys("q");
    leaves_the_screen(&pty);
    pty.keys("exit\r");
    assert_eq!(pty.end(), 0);
}

/// Nothing tells of SIGSTOP: what the shell has made of the terminal since is mended when it is over.
#[test]
fn a_job_that_was_stopped_without_a_word_has_its_screen_and_its_keys_again() {
    let (mut pty, number) = job();
    kill("-STOP", &number);
    pty.shows("Stopped");
    pty.keys("stty sane; fg\n");
    comes_back(&mut pty);
    pty.keys("q");
    leaves_the_screen(&pty);
    pty.keys("exit\r");
    assert_eq!(pty.end(), 0);
}

/// A terminal whose window is not looked at says so, and what it says is no key.
#[test]
fn the_terminal_tells_of_the_focus_while_it_is_taken() {
    let mut pty = Pty::hud(80, 24, &["--clickhouse", "http://127.0.0.1:9"]);
    pty.shows("oot-hud  Summary");
    assert!(pty.tells_of_the_focus());
    pty.keys("\u{1b}[O\u{1b}[I?");
    pty.shows("┌ help ─");
    pty.keys("qq");
    assert_eq!(pty.end(), 0);
    eventually("the terminal as it was", || pty.is_as_before().then_some(()));
}

/// The environment variable by which this test's program knows that it is the one that panics.
const PANICS: &str = "OOT_TEST_PANICS";

/// This program itself runs in the terminal, with the real loop in it.
#[test]
fn a_panic_gives_the_terminal_back_and_then_says_why() {
    const NAME: &str = "a_panic_gives_the_terminal_back_and_then_says_why";
    if let Some(thread) = std::env::var_os(PANICS) {
        return panic_in_the_loop(thread == "another");
    }
    let tests = std::env::current_exe().unwrap();
    let arguments = [NAME, "--exact", "--nocapture"];
    for thread in ["its own", "another"] {
        let environment = [(PANICS, thread), ("RUST_BACKTRACE", "0")];
        let mut pty = Pty::open(100, 40, &tests, &arguments, &environment);
        assert_ne!(pty.end(), 0);
        pty.shows("1 failed");
        let (text, raw) = (pty.text(), String::from_utf8_lossy(&pty.raw()).into_owned());
        assert!(raw.contains("oot-hud"), "it was drawn: {raw:?}");
        assert!(text.contains("\nthe answer panics\n"), "{text}");
        assert!(pty.is_as_before(), "{raw:?}");
        assert_eq!(raw.matches("\u{1b}[?1049l").count(), 1, "{raw:?}");
    }
}

fn panic_in_the_loop(on_another_thread: bool) {
    let flags = Global {
        config: Some("/dev/null".into()),
        ..Global::default()
    };
    let config = Config::load(Environment::default(), &flags, &Choice::default()).unwrap();
    let world = World {
        answers: Arc::new(move |_, _, _| {
            let panics = || panic!("the answer panics");
            if on_another_thread {
                std::thread::spawn(panics);
                return Box::pin(std::future::pending());
            }
            Box::pin(async move { panics() })
        }),
        errands: Arc::new(|_| Box::pin(std::future::pending())),
        notices: tokio::sync::mpsc::unbounded_channel().1,
        tty: Box::new(Controlling),
        signals: Box::pin(futures_util::stream::pending()),
        now: || 0,
        panicked: Box::pin(panicked()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(async {
        let (_taken, mut terminal) = Taken::take(Colours::Indexed).unwrap();
        let mut model = run::model(&config, Command::Summary, (100, 40), None);
        model.mouse = true;
        let events = futures_util::stream::pending();
        run::run(&mut terminal, &mut model, events, world).await.unwrap();
    });
}
