//! The client of ClickHouse: whose certificate it believes.

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

/// Who may vouch for a server: public authorities, and those that the system trusts, or a file that `SSL_CERT_FILE` names in their
/// place. Read once, when the first `https://` is connected to.
static TRUSTING: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    let mut trusted = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    // A system without any has the public ones; what can't be read vouches for nobody.
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    // Ours, where nobody has chosen another before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config = ClientConfig::builder().with_root_certificates(trusted);
    Arc::new(config.with_no_client_auth())
});

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
