//! The relay's HTTP client, with its habits: when it tries again, and when it gives up.
//! Source: the relay contract, section 1, which was measured on the real one.

use std::time::Duration;

use reqwest::{Client, StatusCode, header, redirect};

/// Attempts in all, where it tries again.
const ATTEMPTS: u32 = 4;
/// Before the second, third and fourth.
const WAITS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// An answer later than this is none.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The names under which the token may come.
const HEADERS: [&str; 2] = ["X-OOT-Relay-Token", "x-hud-internal-bot"];

/// What became of a callback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    /// 2xx: stored, as far as the relay knows.
    Acknowledged,
    /// 4xx: final.
    Refused,
    /// No answer, too late, or no success in all attempts.
    Lost,
    /// A redirect, followed as a GET without the body: the relay believes it was stored.
    SilentlyLost,
}

/// One callback's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) outcome: Outcome,
    /// The last answer's.
    pub(super) http_status: Option<u16>,
    pub(super) attempts: u32,
}

#[derive(Clone)]
pub(super) struct Relay {
    client: Client,
    url: String,
    token: header::HeaderValue,
}

/// What one attempt came to.
enum Attempt {
    Final(Outcome, Option<u16>),
    Again(Option<u16>),
}

impl Relay {
    /// A relay that posts to an endpoint.
    pub(super) fn new(url: String, token: &str) -> anyhow::Result<Self> {
        // The process has one; a second installation is no matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(TIMEOUT)
            .redirect(redirect::Policy::none())
            .build()?;
        let mut token = header::HeaderValue::from_str(token)?;
        token.set_sensitive(true);
        Ok(Self { client, url, token })
    }

    /// Posts a body until there is a final answer.
    pub(super) async fn post(&self, body: String) -> Sent {
        let mut http_status = None;
        for attempt in 1..=ATTEMPTS {
            match self.attempt(body.clone()).await {
                Attempt::Final(outcome, http_status) => {
                    return Sent {
                        outcome,
                        http_status,
                        attempts: attempt,
                    };
                }
                Attempt::Again(status) => http_status = status,
            }
            if let Some(wait) = WAITS.get(attempt as usize - 1) {
                tokio::time::sleep(*wait).await;
            }
        }
        Sent {
            outcome: Outcome::Lost,
            http_status,
            attempts: ATTEMPTS,
        }
    }

    async fn attempt(&self, body: String) -> Attempt {
        // Either name, as the relay's versions have it.
        let name = HEADERS[body.len() % HEADERS.len()];
        let request = self
            .client
            .post(&self.url)
            .header(name, self.token.clone())
            .header(header::CONTENT_TYPE, "application/json");
        let response = match request.body(body).send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Attempt::Again(None),
            // Too late, or closed without an answer.
            Err(_) => return Attempt::Final(Outcome::Lost, None),
        };
        let status = response.status();
        match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER => {
                let target = response
                    .headers()
                    .get(header::LOCATION)
                    .and_then(|target| target.to_str().ok());
                if let Some(target) = target.and_then(|target| response.url().join(target).ok()) {
                    let _ = self.client.get(target).send().await;
                }
                Attempt::Final(Outcome::SilentlyLost, Some(status.as_u16()))
            }
            status if status.is_success() => Attempt::Final(Outcome::Acknowledged, Some(status.as_u16())),
            status if status.is_client_error() => Attempt::Final(Outcome::Refused, Some(status.as_u16())),
            status => Attempt::Again(Some(status.as_u16())),
        }
    }
}
