//! The DynamoDB emulator, in a process of its own for as long as it is held. The tests across both programs use it, too.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A running emulator; dropping it ends it.
pub(crate) struct Emulator {
    pub(crate) url: String,
    process: Child,
}

impl Emulator {
    /// Starts it with nothing in it.
    pub(crate) fn start() -> Self {
        let program = program();
        for _ in 0..10 {
            // It doesn't say which port it took for 0, so it is given one that was free a moment ago.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let mut process = Command::new(&program)
                .args(["serve", "--log", "quiet", "--port", &port.to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap_or_else(|error| {
                    panic!(
                        "can't start the DynamoDB emulator {}: {error}; `make test` installs it",
                        program.display()
                    )
                });
            loop {
                if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Self {
                        url: format!("http://127.0.0.1:{port}"),
                        process,
                    };
                }
                if process.try_wait().unwrap().is_some() {
                    break;
                }
                std::thread::yield_now();
            }
        }
        panic!("the DynamoDB emulator {} found no port to listen on", program.display());
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("OOT_DYNAMODB_EMULATOR") {
        return program.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cache")))
        .expect("a home directory");
    cache.join("oot-hud/dynoxide-3.2.0/bin/dynoxide")
}
