//! The endpoint behind TLS, as the relay insists on it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use oot_ingest::http::server::Server;
use oot_ingest::http::tls::{Files, TlsKeeper};
use oot_ingest::metrics::Metrics;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

/// Writes a certificate for `localhost` and its key; gives the certificate.
fn write_pair(dir: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    made.cert.pem()
}

fn files(dir: &Path) -> Files {
    Files {
        certificate: dir.join("cert.pem"),
        key: dir.join("key.pem"),
    }
}

/// Says hello behind a certificate; gives the port.
async fn serve(tls: Arc<TlsKeeper>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = Server {
        tls: Some(tls),
        connections_max: 8,
        metrics: Arc::new(Metrics::new()),
    };
    let router = Router::new().route("/", get(|| async { "hello" }));
    tokio::spawn(server.serve(listener, router, std::future::pending()));
    port
}

/// Asks with trust in this certificate alone.
async fn get_trusting(certificate: &str, port: u16) -> Result<String, reqwest::Error> {
    let root = reqwest::Certificate::from_pem(certificate.as_bytes()).unwrap();
    let client = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
    client
        .get(format!("https://localhost:{port}/"))
        .send()
        .await?
        .text()
        .await
}

#[tokio::test]
async fn a_certificate_is_shown_and_replaced_without_a_restart() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let old = write_pair(dir.path());
    let tls = Arc::new(TlsKeeper::new(files(dir.path())).unwrap());
    let port = serve(Arc::clone(&tls)).await;
    assert_eq!(get_trusting(&old, port).await.unwrap(), "hello");

    let new = write_pair(dir.path());
    assert!(
        get_trusting(&new, port).await.is_err(),
        "the old one is shown until it is reloaded"
    );
    tls.reload().unwrap();
    assert_eq!(get_trusting(&new, port).await.unwrap(), "hello");
    assert!(get_trusting(&old, port).await.is_err());

    // Half a rotation: the key is not the certificate's.
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.path().join("key.pem"), other.signing_key.serialize_pem()).unwrap();
    let error = tls.reload().unwrap_err().to_string();
    assert!(error.contains("don't go together"), "{error}");
    assert_eq!(get_trusting(&new, port).await.unwrap(), "hello");
}

/// Nor does it hold up another one.
#[tokio::test]
async fn a_client_that_never_shakes_hands_is_let_go() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    let certificate = write_pair(dir.path());
    let port = serve(Arc::new(TlsKeeper::new(files(dir.path())).unwrap())).await;
    let mut silent = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    assert_eq!(get_trusting(&certificate, port).await.unwrap(), "hello");
    let mut came = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(10), silent.read_to_end(&mut came)).await;
    assert_eq!(ended.expect("it is let go").unwrap_or_default(), 0);
}

#[test]
fn what_is_wrong_with_the_files_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let error = |dir: &Path| TlsKeeper::new(files(dir)).err().unwrap().to_string();
    assert!(error(dir.path()).contains("cert.pem"), "{}", error(dir.path()));
    write_pair(dir.path());
    std::fs::write(dir.path().join("cert.pem"), "nothing").unwrap();
    assert!(
        error(dir.path()).contains("expected a certificate in PEM"),
        "{}",
        error(dir.path())
    );
    write_pair(dir.path());
    std::fs::write(dir.path().join("key.pem"), "nothing").unwrap();
    assert!(
        error(dir.path()).starts_with("can't read the key in"),
        "{}",
        error(dir.path())
    );
}
