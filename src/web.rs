//! Asking the web: one way to make a client, answers with an end, errors without secrets.

pub mod allowlist;
pub mod titles;

use reqwest::redirect::Policy;
use reqwest::{Client, Response};

/// A client for an address, that follows at most so many redirects, none of them from https to http, and tells nobody where it
/// came from. One for this machine itself goes nowhere by way of a proxy: other addresses want another client.
///
/// # Errors
/// When the system's certificates can't be used.
pub async fn client(url: &str, redirects_max: usize) -> Result<Client, String> {
    let is_here = is_loopback(url);
    // Reading the system's certificates takes its time.
    tokio::task::spawn_blocking(move || build(redirects_max, is_here))
        .await
        .map_err(|error| error.to_string())?
}

fn build(redirects_max: usize, is_here: bool) -> Result<Client, String> {
    // Ours, where nobody has chosen another before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let policy = Policy::custom(move |attempt| {
        let was_https = attempt.previous().last().is_some_and(|url| url.scheme() == "https");
        if redirects_max == 0 {
            attempt.stop()
        } else if attempt.previous().len() > redirects_max {
            attempt.error("too many redirects")
        } else if was_https && attempt.url().scheme() != "https" {
            attempt.error("a redirect from https to http")
        } else {
            attempt.follow()
        }
    });
    let builder = match is_here {
        true => Client::builder().no_proxy(),
        false => Client::builder(),
    };
    builder
        .redirect(policy)
        .referer(false)
        .user_agent(concat!("oot-hud/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(cause)
}

/// Whether an address is of this machine itself.
pub fn is_loopback(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str).unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse();
    host == "localhost" || address.is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// The answer's body, if it has no more than `max` bytes; none otherwise.
///
/// # Errors
/// Those of the connection.
pub async fn body(mut response: Response, max: usize) -> Result<Option<Vec<u8>>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(cause)? {
        if body.len() + chunk.len() > max {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

/// What is behind an error, without the address, where secrets may be.
pub fn cause(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    crate::source::deepest(&error)
}

#[cfg(test)]
pub(crate) mod fake;

#[cfg(test)]
mod tests {
    use super::fake::{Server, reply};
    use super::*;

    async fn get(url: &str, redirects_max: usize) -> Result<Response, String> {
        let client = client(url, redirects_max).await?;
        client.get(url).send().await.map_err(cause)
    }

    #[tokio::test]
    async fn few_redirects_are_followed_and_nobody_is_told_where_from() {
        let there = Server::start(|_| Some(reply("200 OK", "", "there")));
        let to = there.url("/list");
        let here = Server::start(move |request| {
            let to = if request.path() == "/round" { "/round" } else { &to };
            Some(reply("302 Found", &format!("Location: {to}\r\n"), ""))
        });
        let found = get(&here.url("/once?token=s3cret"), 3).await.unwrap();
        assert_eq!(body(found, 5).await, Ok(Some(b"there".to_vec())));
        let [request] = &there.requests()[..] else {
            panic!("one request")
        };
        assert!(!request.head.contains("s3cret"), "{}", request.head);
        let error = get(&here.url("/round"), 3).await.unwrap_err();
        assert_eq!(error, "too many redirects");
        assert_eq!(get(&here.url("/round"), 0).await.unwrap().status(), 302);
        assert_eq!(here.requests().len(), 1 + 4 + 1);
    }

    #[test]
    fn this_machine_is_known_by_its_addresses() {
        for url in [
            "http://127.0.0.1:8",
            "http://127.9.9.9/p",
            "https://localhost/",
            "http://u:p@[::1]:8/",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "http://10.0.0.1/",
            "http://localhost.h/",
            "http://127.0.0.1@h/",
            "http://h/?127.0.0.1",
            "h",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }

    #[tokio::test]
    async fn an_error_tells_no_address() {
        let error = get("http://u:s3cret@127.0.0.1:1/?token=s3cret", 0).await.unwrap_err();
        assert!(error.contains("refused") && !error.contains("s3cret"), "{error}");
        let error = get("http://:s3cret", 0).await.unwrap_err();
        assert!(!error.contains("s3cret"), "{error}");
    }

    #[tokio::test]
    async fn an_answer_has_an_end() {
        let server = Server::start(|_| Some(reply("200 OK", "", "123456")));
        let url = server.url("/");
        assert_eq!(body(get(&url, 0).await.unwrap(), 5).await, Ok(None));
        assert!(body(get(&url, 0).await.unwrap(), 6).await.unwrap().is_some());
    }
}
