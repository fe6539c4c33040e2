//! The client of ClickHouse: as whom it comes, and whose certificate it believes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use clickhouse::Client;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::settings::clickhouse::ClickHouse;

// As `Client::default` has them. ClickHouse itself closes a connection that has idled for 3 s.
const IDLE: Duration = Duration::from_secs(2);
const KEEP_ALIVE: Duration = Duration::from_secs(60);

/// One that connects at its first question.
///
/// # Errors
/// When the system's certificates can't be looked at, or the environment names authorities and there is no certificate of one.
pub(super) async fn of(place: &ClickHouse) -> Result<Client, Box<dyn Error + Send + Sync>> {
    let scheme = place.url.split_once("://").map_or("", |(scheme, _)| scheme);
    let client = match scheme.eq_ignore_ascii_case("https") {
        // Reading the system's certificates takes its time.
        true => tokio::task::spawn_blocking(over_tls).await??,
        false => Client::default(),
    };
    let mut client = client
        .with_url(&place.url)
        .with_product_info("oot-hud", env!("CARGO_PKG_VERSION"));
    if let Some(user) = &place.user {
        client = client.with_user(user);
    }
    if let Some(password) = &place.password {
        client = client.with_password(password);
    }
    Ok(client)
}

fn over_tls() -> Result<Client, String> {
    // Ours, where nobody has chosen another before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let found = rustls_native_certs::load_native_certs();
    if let Some(named) = named().filter(|_| found.certs.is_empty()) {
        let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
        let why = match errors.is_empty() {
            true => "there is none in it".to_owned(),
            false => errors.join("; "),
        };
        return Err(format!("{named} gives no certificate: {why}"));
    }
    let trusted = trusted(found.certs);
    let config = ClientConfig::builder().with_root_certificates(trusted);
    let mut connector = HttpConnector::new();
    connector.set_keepalive(Some(KEEP_ALIVE));
    connector.enforce_http(false);
    let connector = HttpsConnector::from((connector, Arc::new(config.with_no_client_auth())));
    let mut http = legacy::Client::builder(TokioExecutor::new());
    Ok(Client::with_http_client(http.pool_idle_timeout(IDLE).build(connector)))
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

/// Who may vouch for a server: whom the system trusts, or the file that `SSL_CERT_FILE` names; public authorities where the system trusts
/// nobody, as in a container without any.
fn trusted(systems: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(systems);
    if trusted.is_empty() {
        trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    trusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_authorities_vouch_where_the_system_knows_none() {
        let all = webpki_roots::TLS_SERVER_ROOTS.len();
        assert_eq!(trusted(Vec::new()).len(), all);
        assert_eq!(trusted(vec![CertificateDer::from(b"none".as_slice())]).len(), all);
        let system = rustls_native_certs::load_native_certs().certs;
        let one: Vec<_> = system.into_iter().take(1).collect();
        let expected = if one.is_empty() { all } else { 1 };
        assert_eq!(trusted(one).len(), expected);
    }
}
