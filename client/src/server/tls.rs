//! Whom to believe that they are the server: the system's authorities, and a file if there is one.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{ServerAddress, ServerError};

/// TLS towards one server; nothing of it is used where that speaks plain HTTP.
pub(super) struct Tls {
    config: Arc<ClientConfig>,
}

impl Tls {
    pub(super) fn new(address: &ServerAddress, ca: Option<&Path>) -> Result<Self, ServerError> {
        let extra = ca.map(read).transpose()?.unwrap_or_default();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| ServerError::Tls(error.to_string()))?;
        let config = if address.is_tls() {
            let verifier = Verifier::new_with_extra_roots(extra, provider)
                .map_err(|error| ServerError::Tls(error.to_string()))?;
            builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier))
                .with_no_client_auth()
        } else {
            builder
                .with_root_certificates(RootCertStore::empty())
                .with_no_client_auth()
        };
        Ok(Self {
            config: Arc::new(config),
        })
    }

    pub(super) fn config(&self) -> ClientConfig {
        (*self.config).clone()
    }

    pub(super) async fn connect(
        &self,
        address: &ServerAddress,
        stream: TcpStream,
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(address.host().to_owned()).map_err(std::io::Error::other)?;
        TlsConnector::from(Arc::clone(&self.config))
            .connect(name, stream)
            .await
    }
}

fn read(path: &Path) -> Result<Vec<CertificateDer<'static>>, ServerError> {
    let failed = |why: String| ServerError::Certificates {
        path: path.to_owned(),
        why,
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| failed(error.to_string()))?;
    let certificates: Result<Vec<_>, _> = certificates.collect();
    let certificates = certificates.map_err(|error| failed(error.to_string()))?;
    if certificates.is_empty() {
        return Err(failed("there is no certificate in it".to_owned()));
    }
    Ok(certificates)
}
