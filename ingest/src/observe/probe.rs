//! Whether ClickHouse answers, and how many dead letters wait there: asked now and then, so that whoever looks waits for nothing.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::clickhouse::{Server, describe};
use crate::dead_letters::DeadLetters;

/// Between two questions.
const ASK_INTERVAL: Duration = Duration::from_secs(2);
/// An answer that takes longer is none.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

/// What was found last.
pub struct Probe {
    server: Server,
    dead_letters: Arc<DeadLetters>,
    found: Mutex<Found>,
}

#[derive(Clone)]
struct Found {
    sink: Result<(), String>,
    dead_letters: Option<u64>,
}

impl Probe {
    /// Has not asked yet.
    pub fn new(server: &Server, dead_letters: Arc<DeadLetters>) -> Self {
        Self {
            server: server.clone(),
            dead_letters,
            found: Mutex::new(Found {
                sink: Err("ClickHouse has not been asked yet".to_owned()),
                dead_letters: None,
            }),
        }
    }

    /// Asks until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        loop {
            self.ask().await;
            tokio::select! {
                () = tokio::time::sleep(ASK_INTERVAL) => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Whether ClickHouse answered last.
    ///
    /// # Errors
    /// Why not.
    pub fn ready(&self) -> Result<(), String> {
        self.lock().sink.clone()
    }

    /// Letters that wait; `None` while that couldn't be found out.
    pub fn dead_letters(&self) -> Option<u64> {
        self.lock().dead_letters
    }

    async fn ask(&self) {
        let client = self.server.client();
        let sink = timeout(ANSWER_WITHIN, client.query_raw("SELECT 1").fetch_one::<u8>()).await;
        let sink = match sink {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(format!("ClickHouse: {}", describe(&error))),
            Err(_) => Err(format!(
                "ClickHouse did not answer within {} s",
                ANSWER_WITHIN.as_secs()
            )),
        };
        // How many letters there are says nothing of whether it answers.
        let dead_letters = match sink {
            Ok(()) => timeout(ANSWER_WITHIN, self.dead_letters.count()).await.ok(),
            Err(_) => None,
        };
        *self.lock() = Found {
            sink,
            dead_letters: dead_letters.and_then(Result::ok),
        };
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().expect("nothing panics while it holds this lock")
    }
}
