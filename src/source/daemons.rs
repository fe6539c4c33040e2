//! The daemons' own word: `GET /status` of each, all at once, within a deadline.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::OnceCell;

use crate::data::pipeline::{Daemon, Pipeline, Status};
use crate::settings::url::masked;
use crate::web;

/// A daemon answers from memory; one that takes longer is as good as silent.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// A longer document is none of ours.
const DOCUMENT_MAX_BYTES: usize = 4 << 20;

/// Asks the daemons.
pub struct Daemons {
    urls: Vec<String>,
    /// For those of this machine, to which no proxy leads, and for all others. Made at the first question.
    here: OnceCell<reqwest::Client>,
    elsewhere: OnceCell<reqwest::Client>,
}

impl Daemons {
    /// At these addresses.
    pub fn new(urls: &[String]) -> Self {
        Self {
            urls: urls.to_vec(),
            here: OnceCell::new(),
            elsewhere: OnceCell::new(),
        }
    }

    /// Whether there is any.
    pub fn any(&self) -> bool {
        !self.urls.is_empty()
    }

    /// What each says, in their order.
    pub async fn ask(&self) -> Pipeline {
        let daemons = join_all(self.urls.iter().map(|url| async move {
            let mut answer = match tokio::time::timeout(ANSWER_WITHIN, self.ask_one(url)).await {
                Ok(answer) => answer,
                Err(_) => Err(format!("no answer within {} s", ANSWER_WITHIN.as_secs())),
            };
            match &mut answer {
                Ok(status) => status.make_printable(),
                Err(error) => crate::data::text::make_printable(error),
            }
            Daemon {
                url: masked(url),
                answer,
            }
        }))
        .await;
        Pipeline { daemons }
    }

    async fn ask_one(&self, url: &str) -> Result<Status, String> {
        let client = match web::is_loopback(url) {
            true => &self.here,
            false => &self.elsewhere,
        };
        let client = client.get_or_try_init(|| web::client(url, 0)).await?;
        let address = format!("{}/status", url.trim_end_matches('/'));
        let response = client.get(address).send().await.map_err(web::cause)?;
        if !response.status().is_success() {
            return Err(format!("it answers {}: is that oot-ingest?", response.status()));
        }
        let document = web::body(response, DOCUMENT_MAX_BYTES).await?;
        let longer = || {
            let mebibytes = DOCUMENT_MAX_BYTES >> 20;
            format!("its answer is longer than {mebibytes} MiB: is that oot-ingest?")
        };
        let document = document.ok_or_else(longer)?;
        status(&document)
    }
}

/// Every daemon names its version: another program's JSON would read as a daemon that does nothing, and well.
fn status(document: &[u8]) -> Result<Status, String> {
    match serde_json::from_slice::<Status>(document) {
        Ok(status) if status.version.is_empty() => Err("its answer is no status: is that oot-ingest?".to_owned()),
        Ok(status) => Ok(status),
        Err(error) => Err(format!("its answer is no status: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_of_another_program_is_no_status() {
        for other in ["{}", "{\"status\": \"ok\"}", "[]", "<html>"] {
            let why = status(other.as_bytes()).unwrap_err();
            assert!(why.starts_with("its answer is no status: "), "{other}: {why}");
        }
        assert!(status(b"{\"version\": \"9.0.0\"}").is_ok());
    }
}
