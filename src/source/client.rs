//! The client of ClickHouse: as whom it comes, and whose certificate it believes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use clickhouse::Client;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};
use rustls_native_certs::CertificateResult;

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
    let trusted = trusted(rustls_native_certs::load_native_certs(), named())?;
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
///
/// # Errors
/// Why nobody does, where the environment names authorities and there is no certificate of one.
fn trusted(found: CertificateResult, named: Option<String>) -> Result<RootCertStore, String> {
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(found.certs);
    match named.filter(|_| trusted.is_empty()) {
        Some(named) => {
            let errors: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            let why = match errors.is_empty() {
                true => "there is none in it".to_owned(),
                false => errors.join("; "),
            };
            Err(format!("{named} gives no certificate: {why}"))
        }
        None => {
            if trusted.is_empty() {
                trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            }
            Ok(trusted)
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;

    use super::*;

    #[test]
    fn public_authorities_vouch_where_the_system_knows_none() {
        let trusted = |certs: Vec<CertificateDer<'static>>, named: Option<&str>| {
            let mut found = CertificateResult::default();
            found.certs = certs;
            trusted(found, named.map(str::to_owned)).map(|trusted| trusted.len())
        };
        let all = webpki_roots::TLS_SERVER_ROOTS.len();
        let no_certificate = vec![CertificateDer::from(b"none".as_slice())];
        assert_eq!(trusted(Vec::new(), None), Ok(all));
        assert_eq!(trusted(no_certificate.clone(), None), Ok(all));
        let error = "SSL_CERT_FILE=x gives no certificate: there is none in it";
        assert_eq!(trusted(no_certificate, Some("SSL_CERT_FILE=x")), Err(error.to_owned()));
        let system = rustls_native_certs::load_native_certs().certs;
        let one: Vec<_> = system.into_iter().take(1).collect();
        let expected = if one.is_empty() { all } else { 1 };
        assert_eq!(trusted(one, None), Ok(expected));
    }
}
