//! Certificates from Let's Encrypt by TLS-ALPN-01 (RFC 8737), on the very port that serves HTTPS.

use std::path::Path;

use futures_util::StreamExt;
use rustls::ServerConfig;
use rustls_acme::{AcmeConfig, caches::DirCache};

/// Protocol name of the challenge.
const ACME_TLS_ALPN: &[u8] = b"acme-tls/1";

/// Starts to order and renew. Until the first certificate is there, HTTPS connections fail.
pub fn start(domain: &str, data: &Path) -> ServerConfig {
    let config = AcmeConfig::new([domain])
        .cache(DirCache::new(data.join("acme")))
        .directory_lets_encrypt(true);
    let mut state = config.state();
    let resolver = state.resolver();
    tokio::spawn(async move {
        while let Some(event) = state.next().await {
            match event {
                Ok(event) => tracing::info!(?event, "certificate"),
                Err(error) => {
                    tracing::error!(%error, "no certificate yet: is port 443 reachable from the Internet?")
                }
            }
        }
    });
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    config.alpn_protocols = vec![super::HTTP_1_1.to_vec(), ACME_TLS_ALPN.to_vec()];
    config
}
