//! The client of ClickHouse: whose certificate it believes. The reader believes the same (`src/source/client.rs`).

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use clickhouse::Client;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

// As `Client::default` has them. ClickHouse itself closes a connection that has idled for 3 s.
const IDLE: Duration = Duration::from_secs(2);
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// Who may vouch for a server: whom the system trusts, or the file that `SSL_CERT_FILE` names; public authorities where the system trusts
/// nobody, as in a container without any. Read once, in a few milliseconds, when the first `https://` is connected to.
static TRUSTING: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let (mut trusted, _) = of_the_system();
    if trusted.is_empty() && named().is_none() {
        trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    // Ours, where nobody has chosen another before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ClientConfig::builder().with_root_certificates(trusted);
    Arc::new(config.with_no_client_auth())
});

/// Whom the system trusts, or the environment names; and what could not be read.
fn of_the_system() -> (RootCertStore, Vec<String>) {
    let found = rustls_native_certs::load_native_certs();
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(found.certs);
    (trusted, found.errors.iter().map(ToString::to_string).collect())
}

/// What the environment names in the place of the system's authorities, as `VARIABLE=path`; `None` where it names nothing.
fn named() -> Option<String> {
    let variables = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter();
    let named = variables.filter_map(|variable| Some((variable, std::env::var_os(variable)?)));
    let named = named.filter(|(_, path)| !path.is_empty());
    let named: Vec<String> = named
        .map(|(variable, path)| format!("{variable}={}", path.display()))
        .collect();
    (!named.is_empty()).then(|| named.join(" and "))
}

/// Why nobody is trusted, where the environment names authorities and there is no certificate of one.
pub(crate) fn why_nobody_is_trusted() -> Option<String> {
    let named = named()?;
    let (trusted, errors) = of_the_system();
    if !trusted.is_empty() {
        return None;
    }
    let why = match errors.is_empty() {
        true => "there is none in it".to_owned(),
        false => errors.join("; "),
    };
    Some(format!("{named} gives no certificate: {why}"))
}

/// One for an address, which it knows.
pub(super) fn client(url: &str) -> Client {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let client = match scheme.eq_ignore_ascii_case("https") {
        true => over_tls(),
        false => Client::default(),
    };
    client.with_url(url)
}

fn over_tls() -> Client {
    let mut connector = HttpConnector::new();
    connector.set_keepalive(Some(KEEP_ALIVE));
    connector.enforce_http(false);
    let connector = HttpsConnector::from((connector, Arc::clone(&TRUSTING)));
    let mut http = legacy::Client::builder(TokioExecutor::new());
    Client::with_http_client(http.pool_idle_timeout(IDLE).build(connector))
}
