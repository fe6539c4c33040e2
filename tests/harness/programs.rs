//! The programs, as processes.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::{Answer, eventually, post};

/// A program of the workspace, which `make test` has built.
pub fn program(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("a test has a path");
    let path = tests
        .ancestors()
        .nth(2)
        .expect("it lies in target/PROFILE/deps")
        .join(name);
    assert!(
        path.exists(),
        "{} is not built: `cargo build --workspace --bins`",
        path.display()
    );
    path
}

/// Variables of this machine's environment that would configure a program.
pub(crate) fn configuring() -> impl Iterator<Item = String> {
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| name.starts_with("OOT_") && name != "OOT_LIBCHDB")
}

/// A command that isn't touched by this machine's configuration.
fn command(name: &str) -> Command {
    let mut command = Command::new(program(name));
    for variable in configuring() {
        command.env_remove(variable);
    }
    // One of C would get ASCII.
    command.env("LC_ALL", "C.UTF-8");
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    // A place that can't be: each answer is asked for.
    command.env("XDG_CACHE_HOME", "/dev/null");
    command
}

/// A process that prints a line when it is ready. Dropping it ends it.
struct Process {
    child: Child,
}

impl Process {
    /// Starts it, and waits for the line; gives what stands behind `listening on `.
    fn listening(mut command: Command) -> (Self, String) {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("a program that starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let line = lines.next().expect("a line on stdout").expect("text");
        let url = line.strip_prefix("listening on ").expect("where it listens").to_owned();
        (Self { child }, url)
    }

    /// Waits for its end; one that doesn't come is a failure, and not a test without end.
    fn end(&mut self) -> Option<i32> {
        let ended = || self.child.try_wait().expect("it can be asked");
        eventually("the end of a program", ended).code()
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(done.expect("kill").success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `oot-ingest serve` on embedded engines.
pub struct Daemon {
    process: Process,
    /// Of the results endpoint.
    pub url: String,
    /// Of the embedded ClickHouse.
    pub clickhouse: ClickHouse,
    token: String,
}

impl Daemon {
    /// Starts it on embedded engines, in a data directory.
    pub fn start(data: &Path) -> Self {
        let data_flag = data.to_str().expect("UTF-8");
        let mut daemon = Self::start_with(data, &["--clickhouse-listen", "127.0.0.1:0", "--data", data_flag]);
        // Only the endpoint's address is printed.
        daemon.clickhouse.url = std::fs::read_to_string(data.join("clickhouse.url")).expect("it is written before");
        daemon
    }

    /// Starts it with these flags, which name the data directory.
    pub fn start_with(data: &Path, flags: &[&str]) -> Self {
        Self::started(data, flags, "warn", Stdio::inherit())
    }

    /// The same; all that it logs goes to someone.
    pub fn start_telling(data: &Path, flags: &[&str], log: impl Into<Stdio>) -> Self {
        Self::started(data, flags, "debug", log.into())
    }

    fn started(data: &Path, flags: &[&str], level: &str, log: Stdio) -> Self {
        let mut serve = command("oot-ingest");
        serve.args(["--log-level", level, "serve", "--listen", "127.0.0.1:0"]);
        serve.args(flags).stderr(log);
        let (process, url) = Process::listening(serve);
        let token = std::fs::read_to_string(data.join("token"))
            .expect("the token it made")
            .trim()
            .to_owned();
        Self {
            process,
            url,
            clickhouse: ClickHouse {
                url: String::new(),
                process: None,
            },
            token,
        }
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.process.child.kill().expect("it runs");
        self.process.child.wait().expect("it ends");
    }

    /// Posts a callback, as the relay does.
    pub fn post(&self, body: &[u8]) -> std::io::Result<Answer> {
        post(
            &format!("{}/api/oot/results", self.url),
            &[("X-OOT-Relay-Token", &self.token)],
            body,
        )
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.process.child.id()
    }

    /// Sends it a signal, as `kill` names it.
    pub fn signal(&self, signal: &str) {
        self.process.signal(signal);
    }

    /// SIGTERM; gives the exit status.
    pub fn stop(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.process.end()
    }
}

/// A ClickHouse that answers.
pub struct ClickHouse {
    pub url: String,
    process: Option<Process>,
}

impl ClickHouse {
    /// `oot-ingest clickhouse` on a directory.
    pub fn start(data: &Path) -> Self {
        Self::start_at(data, "127.0.0.1:0")
    }

    /// On an address, such as the one it had before.
    pub fn start_at(data: &Path, address: &str) -> Self {
        let mut clickhouse = command("oot-ingest");
        clickhouse
            .args(["--log-level", "warn", "clickhouse", "--listen", address, "--data"])
            .arg(data);
        let (process, url) = Process::listening(clickhouse);
        Self {
            url,
            process: Some(process),
        }
    }

    /// Its process, where it is one of its own.
    pub fn id(&self) -> Option<u32> {
        self.process.as_ref().map(|process| process.child.id())
    }

    /// Ends it; gives its address.
    pub fn stop(mut self) -> String {
        if let Some(mut process) = self.process.take() {
            process.signal("-TERM");
            process.end();
        }
        self.url.trim_start_matches("http://").to_owned()
    }

    /// Runs a statement; gives its result as text.
    pub fn run(&self, sql: &str) -> String {
        let answer = post(&self.url, &[], sql.as_bytes()).expect("an answer");
        assert_eq!(answer.status, 200, "{sql}: {}", answer.body);
        answer.body.trim_end().to_owned()
    }

    /// How many results are in our table.
    pub fn results(&self) -> usize {
        let count = self.run("SELECT count() FROM oot_workflow_job FINAL");
        count.parse().expect("a number")
    }
}

/// What a program printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Printed {
    /// Its JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs `oot-hud` on a ClickHouse, without a terminal.
pub fn hud(clickhouse: &str, arguments: &[&str]) -> Printed {
    printed(command("oot-hud").args(["--clickhouse", clickhouse]).args(arguments))
}

/// Runs `oot-hud` to its end, with a place for its cache.
pub fn hud_with_cache(cache: &Path, clickhouse: &str, arguments: &[&str]) -> Printed {
    let mut command = command("oot-hud");
    command.env("XDG_CACHE_HOME", cache);
    printed(command.args(["--clickhouse", clickhouse]).args(arguments))
}

/// Runs a program to its end, with variables of the environment besides.
pub fn run_in(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Printed {
    printed(command(program).args(arguments).envs(environment.iter().copied()))
}

/// Runs `oot-hud` to its end, with nobody at the other end of its output. Gives its exit status.
pub fn hud_unheard(arguments: &[&str]) -> Option<i32> {
    let nobody = || std::io::pipe().expect("a pipe").1;
    let mut command = command("oot-hud");
    let command = command.args(arguments).stdout(nobody()).stderr(nobody());
    command.status().expect("a program that runs").code()
}

/// Starts `oot-ingest`, and leaves it to the caller.
pub fn start_ingest(arguments: &[&str]) -> Child {
    command("oot-ingest")
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a program that starts")
}

/// The same; what it says goes into a file.
pub fn start_ingest_into(arguments: &[&str], file: &Path) -> Child {
    let out = std::fs::File::create(file).expect("a file");
    let error = out.try_clone().expect("the same file");
    let mut command = command("oot-ingest");
    let command = command.args(arguments).stdout(out).stderr(error);
    command.spawn().expect("a program that starts")
}

/// Runs `oot-ingest` to its end.
pub fn ingest(arguments: &[&str]) -> Printed {
    printed(command("oot-ingest").args(arguments))
}

fn printed(command: &mut Command) -> Printed {
    let output = command.output().expect("a program that runs");
    Printed {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    }
}
