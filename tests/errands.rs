//! What goes out of the terminal: a link to a browser and to a clipboard, of whatever kind they are.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use oot_tests::{Both, Pty, eventually};
use serde_json::json;

const LINK: &str = "https://github.com/a/b/actions/runs/77";

/// A pull request with one result, and a directory for what comes of it.
struct Stage {
    both: Both,
    dir: tempfile::TempDir,
}

impl Stage {
    fn set() -> Self {
        let both = Both::new();
        both.insert(&[json!({ "downstream_repo": "a/b", "pr_number": 7, "workflow_run_url": LINK })]);
        Self {
            both,
            dir: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A program of the directory.
    fn program(&self, name: &str, script: &str) -> String {
        let path = self.path(name);
        let directory = self.dir.path().display();
        std::fs::write(&path, format!("#!/bin/sh\ncd '{directory}'\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Looks at the result.
    fn open(&self, environment: &[(&str, &str)]) -> Pty {
        let arguments = ["--clickhouse", &self.both.clickhouse.url, "pr", "7"];
        let pty = Pty::hud_in(100, 30, &arguments, environment);
        pty.shows("a/b");
        pty
    }
}

/// What is written there, once there is a line of it.
fn said(path: &Path) -> String {
    eventually("a line in a file", || {
        let text = std::fs::read_to_string(path).ok()?;
        text.ends_with('\n').then(|| text.trim_end().to_owned())
    })
}

#[test]
fn a_browser_goes_on_alone() {
    let stage = Stage::set();
    let browser = stage.program(
        "browser",
        "echo \"$1\" >link\nkill -0 -$$ && echo leads >group\nuntil [ -e done ]; do sleep 0.1; done\necho over >over",
    );
    let mut pty = stage.open(&[("BROWSER", &browser)]);
    pty.keys("o");
    assert_eq!(said(&stage.path("link")), LINK);
    assert_eq!(said(&stage.path("group")), "leads", "it is in no group of ours");
    pty.shows("opened https://");
    // Neither does it hold up the end.
    pty.keys("q");
    assert_eq!(pty.end(), 0);
    std::fs::write(stage.path("done"), "").unwrap();
    assert_eq!(said(&stage.path("over")), "over");
}

#[test]
fn a_browser_that_fails_is_said() {
    let stage = Stage::set();
    let browser = stage.program("browser", "exit 3");
    let mut pty = stage.open(&[("BROWSER", &browser)]);
    pty.keys("o");
    pty.shows("could not open it with");
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn a_link_is_copied_by_the_terminal() {
    let stage = Stage::set();
    let mut pty = stage.open(&[]);
    pty.keys("y");
    pty.shows("copied https://");
    // The link in base64.
    let copy = b"\x1b]52;c;aHR0cHM6Ly9naXRodWIuY29tL2EvYi9hY3Rpb25zL3J1bnMvNzc=";
    assert!(pty.raw().windows(copy.len()).any(|bytes| bytes == copy));
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}

#[test]
fn inside_tmux_a_link_is_copied_by_tmux() {
    let stage = Stage::set();
    stage.program("tmux", "{ echo \"$@\"; cat; echo; } >copied.new\nmv copied.new copied");
    let path = format!("{}:{}", stage.dir.path().display(), std::env::var("PATH").unwrap());
    let mut pty = stage.open(&[("TMUX", "/nowhere,1,0"), ("PATH", &path)]);
    pty.keys("y");
    assert_eq!(said(&stage.path("copied")), format!("load-buffer -w -\n{LINK}"));
    assert!(!pty.raw().windows(5).any(|bytes| bytes == b"\x1b]52;"));
    pty.keys("q");
    assert_eq!(pty.end(), 0);
}
