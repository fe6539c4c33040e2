//! The endpoint's certificate: from files, and taken anew while connections go on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, crypto};
use tokio_rustls::TlsAcceptor;

/// Where certificate and key are, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// The certificate and those that it hangs on, its own first.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("can't read the {what} in {path}: {reason}")]
    Read {
        what: &'static str,
        path: PathBuf,
        reason: String,
    },
    #[error("{path}: expected a certificate in PEM, found none")]
    NoCertificate { path: PathBuf },
    #[error("the certificate {certificate} and the key {key} don't go together: {reason}")]
    Pair {
        certificate: PathBuf,
        key: PathBuf,
        reason: rustls::Error,
    },
}

/// The certificate that is shown now.
pub struct TlsKeeper {
    files: Files,
    current: RwLock<Arc<ServerConfig>>,
}

impl TlsKeeper {
    /// Reads certificate and key. Blocks.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(files: Files) -> Result<Self, TlsError> {
        let current = RwLock::new(load(&files)?);
        Ok(Self { files, current })
    }

    /// Takes both files anew, for the connections to come. Blocks.
    ///
    /// # Errors
    /// [`TlsError`]; the certificate of before stays then.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = load(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

fn load(files: &Files) -> Result<Arc<ServerConfig>, TlsError> {
    let read = |what, path: &Path, error: rustls::pki_types::pem::Error| TlsError::Read {
        what,
        path: path.to_owned(),
        reason: error.to_string(),
    };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| read("certificate", &files.certificate, error))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate {
            path: files.certificate.clone(),
        });
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| read("key", &files.key, error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|reason| TlsError::Pair {
            certificate: files.certificate.clone(),
            key: files.key.clone(),
            reason,
        })?;
    Ok(Arc::new(config))
}
