//! Certificates from Let's Encrypt, or another authority, by TLS-ALPN-01 (RFC 8737), on the very port that serves HTTPS.

use std::{path::Path, sync::Arc};

use futures_util::StreamExt;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use rustls_acme::{AcmeConfig, caches::DirCache};

use super::{TlsError, certificates};

/// Protocol name of the challenge.
const ACME_TLS_ALPN: &[u8] = b"acme-tls/1";

/// Starts to order and renew. Until the first certificate is there, HTTPS connections fail.
///
/// # Errors
/// The certificate of the authority cannot be read or used.
pub fn start(
    domain: &str,
    directory: Option<&str>,
    ca: Option<&Path>,
    data: &Path,
) -> Result<ServerConfig, TlsError> {
    let mut config = AcmeConfig::new([domain])
        .cache(DirCache::new(data.join("acme")))
        .directory_lets_encrypt(true);
    if let Some(directory) = directory {
        config = config.directory(directory);
    }
    if let Some(ca) = ca {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(ca)? {
            roots.add(certificate)?;
        }
        let client = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config = config.client_tls_config(Arc::new(client));
    }
    let mut state = config.state();
    let resolver = state.resolver();
    tokio::spawn(async move {
        while let Some(event) = state.next().await {
            match event {
                Ok(event) => tracing::info!(?event, "certificate"),
                Err(error) => {
                    tracing::error!(%error, "no certificate yet: does the authority reach port 443 of this machine?")
                }
            }
        }
    });
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![super::HTTP_1_1.to_vec(), ACME_TLS_ALPN.to_vec()];
    Ok(config)
}
