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
    waits: [Duration; 3],
}

/// What one attempt came to.
enum Attempt {
    Final(Outcome, Option<u16>),
    Again(Option<u16>),
}

impl Relay {
    /// A relay that posts to an endpoint.
    pub(super) fn new(url: String, token: &str) -> anyhow::Result<Self> {
        Self::with_patience(url, token, TIMEOUT, WAITS)
    }

    fn with_patience(url: String, token: &str, timeout: Duration, waits: [Duration; 3]) -> anyhow::Result<Self> {
        // The process has one; a second installation is no matter.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .timeout(timeout)
            .redirect(redirect::Policy::none())
            .build()?;
        let mut token = header::HeaderValue::from_str(token)?;
        token.set_sensitive(true);
        Ok(Self {
            client,
            url,
            token,
            waits,
        })
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
            if let Some(wait) = self.waits.get(attempt as usize - 1) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;

    /// Answers one connection after the other from a script; an empty answer closes, `hang` never answers.
    fn server(script: &'static [&'static str]) -> (String, std::thread::JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/results", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let mut requests = Vec::new();
            let mut hanging = Vec::new();
            for answer in script {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let (mut head, mut length) = (String::new(), 0);
                while !head.ends_with("\r\n\r\n") {
                    let start = head.len();
                    reader.read_line(&mut head).unwrap();
                    if let Some(value) = head[start..].to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                requests.push(format!(
                    "{} {}",
                    head.lines().next().unwrap(),
                    String::from_utf8(body).unwrap()
                ));
                if *answer == "hang" {
                    hanging.push(stream);
                } else if !answer.is_empty() {
                    write!(
                        stream,
                        "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    )
                    .unwrap();
                }
            }
            requests
        });
        (url, served)
    }

    async fn post(url: String) -> Sent {
        let timeout = Duration::from_millis(300);
        let relay = Relay::with_patience(url, "token", timeout, [Duration::from_millis(1); 3]).unwrap();
        relay.post("{}".to_owned()).await
    }

    async fn sent(script: &'static [&'static str]) -> (Outcome, Option<u16>, u32) {
        let (url, served) = server(script);
        let Sent {
            outcome,
            http_status,
            attempts,
        } = post(url).await;
        assert_eq!(served.join().unwrap().len(), script.len());
        (outcome, http_status, attempts)
    }

    #[tokio::test]
    async fn any_2xx_is_success_and_any_4xx_is_final() {
        assert_eq!(sent(&["200 OK"]).await, (Outcome::Acknowledged, Some(200), 1));
        assert_eq!(sent(&["204 No Content"]).await, (Outcome::Acknowledged, Some(204), 1));
        assert_eq!(sent(&["401 Unauthorized"]).await, (Outcome::Refused, Some(401), 1));
        assert_eq!(sent(&["408 Request Timeout"]).await, (Outcome::Refused, Some(408), 1));
        assert_eq!(sent(&["429 Too Many Requests"]).await, (Outcome::Refused, Some(429), 1));
    }

    #[tokio::test]
    async fn a_5xx_and_a_307_are_tried_four_times_in_all() {
        assert_eq!(
            sent(&["500 No", "503 No", "200 OK"]).await,
            (Outcome::Acknowledged, Some(200), 3)
        );
        assert_eq!(sent(&["503 No"; 4]).await, (Outcome::Lost, Some(503), 4));
        assert_eq!(
            sent(&["307 No\r\nLocation: /x"; 4]).await,
            (Outcome::Lost, Some(307), 4)
        );
    }

    #[tokio::test]
    async fn a_refused_connection_is_tried_again() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        drop(listener);
        let sent = post(url).await;
        assert_eq!(
            (sent.outcome, sent.http_status, sent.attempts),
            (Outcome::Lost, None, 4)
        );
    }

    #[tokio::test]
    async fn no_answer_is_final() {
        assert_eq!(sent(&["hang"]).await, (Outcome::Lost, None, 1));
        assert_eq!(sent(&[""]).await, (Outcome::Lost, None, 1));
    }

    #[tokio::test]
    async fn a_redirect_loses_the_result_silently() {
        let (url, served) = server(&["302 Found\r\nLocation: /elsewhere", "200 OK"]);
        assert_eq!(post(url).await.outcome, Outcome::SilentlyLost);
        let requests = served.join().unwrap();
        assert_eq!(requests, ["POST /results HTTP/1.1 {}", "GET /elsewhere HTTP/1.1 "]);
    }
}
