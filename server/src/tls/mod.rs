//! HTTPS.

mod acme;
mod self_made;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use axum_server::tls_rustls::RustlsConfig;
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use crate::settings::{Settings, Tls};

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there or not readable.
    #[error(
        "cannot read {path}: check --tls-cert, --tls-key and --acme-ca, or the rights of the data folder"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What was wrong.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Key and certificate do not fit.
    #[error("the certificate cannot be used: check that the key belongs to it")]
    Unusable(#[from] rustls::Error),
    /// No certificate could be made.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
}

/// Where the certificate that was made here is, if it was.
pub fn self_made_certificate(data: &Path) -> PathBuf {
    self_made::folder(data).join("cert.pem")
}

/// What HTTPS needs; nothing where plain HTTP is served. ACME goes on in the background.
pub fn configure(
    settings: &Settings,
    public_url: &str,
    bound: SocketAddr,
) -> Result<Option<RustlsConfig>, TlsError> {
    // Fails only if some other part has chosen already; the choice is the same everywhere.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let config = match &settings.tls {
        Tls::Off => return Ok(None),
        Tls::Files { cert, key } => from_files(cert, key)?,
        Tls::Acme {
            domain,
            directory,
            ca,
        } => acme::start(domain, directory.as_deref(), ca.as_deref(), &settings.data)?,
        Tls::SelfMade => {
            let (cert, key) = self_made::files(&settings.data, public_url, bound)?;
            from_files(&cert, &key)?
        }
    };
    Ok(Some(RustlsConfig::from_config(Arc::new(config))))
}

/// HTTPS by the chain and key in two files.
pub fn from_files(cert: &Path, key: &Path) -> Result<ServerConfig, TlsError> {
    let chain = certificates(cert)?;
    let private = PrivateKeyDer::from_pem_file(key).map_err(|source| TlsError::Read {
        path: key.to_owned(),
        source,
    })?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, private)?;
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(config)
}

/// All certificates of a file.
pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    CertificateDer::pem_file_iter(path)
        .and_then(|certificates| certificates.collect())
        .map_err(|source| TlsError::Read {
            path: path.to_owned(),
            source,
        })
}

/// WebSockets need HTTP/1.1.
const HTTP_1_1: &[u8] = b"http/1.1";
