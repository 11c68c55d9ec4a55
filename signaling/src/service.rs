//! The service as a whole.

use std::{path::PathBuf, sync::Arc};

use protocol::sfu::{FromSfu, SfuEvents, SfuLink};

use crate::{Clock, admin::Invitation};

/// What the program around the service decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of everything durable: the OPAQUE server setup, and the database unless `database_url` is given.
    pub data_dir: PathBuf,
    /// `sqlite:…` or `postgres:…`; without one, SQLite in `data_dir`.
    pub database_url: Option<String>,
    /// Where people reach the service, without a slash at the end: `https://meet.example.org`.
    pub public_url: String,
    /// The time.
    pub clock: Clock,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The data folder cannot be used.
    #[error("cannot use the data folder {path}")]
    DataDir {
        /// The folder or file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The database cannot be opened or migrated.
    #[error("cannot open the database")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The OPAQUE server setup is damaged, or belongs to another database.
    #[error("the server setup {path} cannot be read")]
    ServerSetup {
        /// The file.
        path: PathBuf,
    },
}

/// A running service. Dropping it without [`Service::shutdown`] loses nothing that was acknowledged.
pub struct Service {
    _sfu: Arc<dyn SfuLink>,
}

impl Service {
    /// Opens the database (creating or migrating it) and the server setup.
    pub async fn open(settings: Settings, sfu: Arc<dyn SfuLink>) -> Result<Arc<Self>, OpenError> {
        std::fs::create_dir_all(&settings.data_dir).map_err(|source| OpenError::DataDir {
            path: settings.data_dir.clone(),
            source,
        })?;
        Ok(Arc::new(Self { _sfu: sfu }))
    }

    /// Everything under `/api/`.
    pub fn router(self: &Arc<Self>) -> axum::Router {
        axum::Router::new()
    }

    /// Where the SFU sends what it has to say.
    pub fn sfu_events(self: &Arc<Self>) -> SfuEvents {
        Arc::new(|_message: FromSfu| {})
    }

    /// Says goodbye to every connection and waits until what was accepted is durable.
    pub async fn shutdown(&self) {}

    /// At the very first start: makes a network and the invitation of its owner. Later: nothing.
    pub async fn first_invitation(&self) -> Option<Invitation> {
        None
    }
}
