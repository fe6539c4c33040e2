//! Stands in front of a server, and speaks TLS with a certificate of an authority that nobody knows.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// Stands there for as long as the process.
pub struct Tls {
    /// `https://localhost`, and its port.
    pub url: String,
    /// The authority, in PEM.
    pub authority: PathBuf,
}

impl Tls {
    /// In front of a server at an `http://` address; the authority's certificate goes into a directory.
    pub fn before(url: &str, directory: &Path) -> Self {
        let behind: SocketAddr = url.trim_start_matches("http://").parse().expect("an address");
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let authority = directory.join("authority.pem");
        std::fs::write(&authority, made.cert.pem()).expect("a file");
        let key = made.signing_key.serialize_der().try_into().expect("a key");
        let config =
            ServerConfig::builder_with_provider(Arc::new(tokio_rustls::rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("versions of TLS")
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
                .expect("a pair");
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("an address").port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
            runtime.block_on(serve(listener, acceptor, behind))
        });
        Self {
            url: format!("https://localhost:{port}"),
            authority,
        }
    }
}

async fn serve(listener: std::net::TcpListener, acceptor: TlsAcceptor, behind: SocketAddr) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let mut asked = acceptor.accept(stream).await?;
            let mut server = TcpStream::connect(behind).await?;
            tokio::io::copy_bidirectional(&mut asked, &mut server).await
        });
    }
}
