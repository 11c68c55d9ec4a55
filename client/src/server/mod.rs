//! The server, as a client reaches it: its address, HTTP, and the WebSocket, over one TLS configuration.

mod address;
mod http;
mod socket;
mod tls;

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

pub use address::{AddressError, InvitationLink, ServerAddress};
pub(crate) use http::{CoreRequest, body_of};
pub(crate) use socket::open as open_socket;

use tls::Tls;

/// Why nothing can be sent at all.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The file of certificates cannot be read.
    #[error("{path}: {why}")]
    Certificates {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        why: String,
    },
    /// The system's certificates cannot be used, and so on.
    #[error("TLS cannot begin: {0}")]
    Tls(String),
}

/// A server, and how to reach it.
#[derive(Clone)]
pub struct Server {
    /// Its address.
    pub address: ServerAddress,
    pub(crate) http: reqwest::Client,
    tls: Arc<Tls>,
    distrusted: Arc<AtomicBool>,
}

impl Server {
    /// For an address; `ca` is a file (PEM) of authorities, or of the server's own certificate, to be trusted beside those of
    /// the system.
    pub fn new(address: ServerAddress, ca: Option<&Path>) -> Result<Self, ServerError> {
        let tls = Tls::new(&address, ca)?;
        let http = http::client(&tls)?;
        Ok(Self {
            address,
            http,
            tls: Arc::new(tls),
            distrusted: Arc::default(),
        })
    }

    /// Whether the last try to reach it ended because its certificate is not trusted.
    pub fn is_distrusted(&self) -> bool {
        self.distrusted.load(Ordering::Relaxed)
    }

    fn note_trust(&self, distrusted: bool) {
        self.distrusted.store(distrusted, Ordering::Relaxed);
    }
}
