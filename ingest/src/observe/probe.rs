//! Whether ClickHouse answers, and how many dead letters wait there: asked now and then, so that whoever looks waits for nothing.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

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
        let answers = async {
            let client = self.server.client();
            let sink = client.query_raw("SELECT 1").fetch_one::<u8>().await;
            (sink, self.dead_letters.count().await)
        };
        let found = match tokio::time::timeout(ANSWER_WITHIN, answers).await {
            Ok((sink, letters)) => Found {
                sink: sink
                    .map(drop)
                    .map_err(|error| format!("ClickHouse: {}", describe(&error))),
                dead_letters: letters.ok(),
            },
            Err(_) => Found {
                sink: Err(format!(
                    "ClickHouse did not answer within {} s",
                    ANSWER_WITHIN.as_secs()
                )),
                dead_letters: None,
            },
        };
        *self.lock() = found;
    }

    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().expect("nothing panics while it holds this lock")
    }
}
