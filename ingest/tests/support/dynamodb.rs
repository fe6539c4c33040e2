//! A DynamoDB to test against: the endpoint in `OOT_TEST_DYNAMODB_URL`, else an emulator of our own for as long as it is held.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use oot_ingest::store::dynamodb::Location;

/// An endpoint; dropping it ends the emulator.
pub(crate) struct Endpoint {
    pub(crate) url: String,
    emulator: Option<Child>,
}

impl Endpoint {
    /// A table of its own name, not made yet.
    pub(crate) fn location(&self) -> Location {
        static TABLES: AtomicU32 = AtomicU32::new(0);
        let number = TABLES.fetch_add(1, Ordering::Relaxed);
        Location {
            url: Some(self.url.clone()),
            table: format!("oot-test-{}-{number}", std::process::id()),
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Some(emulator) = &mut self.emulator {
            let _ = emulator.kill();
            let _ = emulator.wait();
        }
    }
}

/// The configured endpoint, or an emulator that listens.
pub(crate) fn endpoint() -> Endpoint {
    if let Ok(url) = std::env::var("OOT_TEST_DYNAMODB_URL") {
        return Endpoint { url, emulator: None };
    }
    let program = emulator();
    for _ in 0..10 {
        // The emulator doesn't say which port it took for 0, so it is given one that was free a moment ago.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(&program)
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
                return Endpoint {
                    url: format!("http://127.0.0.1:{port}"),
                    emulator: Some(child),
                };
            }
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::yield_now();
        }
    }
    panic!("the DynamoDB emulator {} found no port to listen on", program.display());
}

fn emulator() -> PathBuf {
    if let Some(program) = std::env::var_os("OOT_DYNAMODB_EMULATOR") {
        return program.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(std::env::home_dir()?.join(".cache")))
        .expect("a home directory");
    cache.join("oot-hud/dynoxide-3.2.0/bin/dynoxide")
}
