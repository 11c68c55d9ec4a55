//! The service as a whole.

use std::{
    net::IpAddr,
    os::unix::fs::DirBuilderExt as _,
    path::PathBuf,
    sync::{Arc, PoisonError},
};

use protocol::sfu::{FromSfu, SfuEvents, SfuLink};
use tokio::sync::watch;

use crate::{
    Clock,
    accounts::{Opaque, SetupError},
    admin::{self, Invitation},
    app::{App, Lasting},
    blobs::{BlobLimits, BlobPlace, Blobs, NotOurs, PlaceError, S3Trouble},
    failure::causes,
    limits::GOODBYE_TIME,
    push::{Courier, Waker},
    retention, router,
    store::{Store, Written},
    turn::Turn,
};

/// Where blobs lie in the data folder.
const BLOBS_FOLDER: &str = "blobs";

/// What the program around the service decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folder of everything durable: the OPAQUE server setup, and blobs and database unless those are elsewhere.
    pub data_dir: PathBuf,
    /// `sqlite:…` or `postgres:…`; without one, SQLite in `data_dir`.
    pub database_url: Option<String>,
    /// Where people reach the service, without a slash at the end: `https://meet.example.org`.
    pub public_url: String,
    /// Reverse proxies whose `X-Forwarded-For` is believed; limits count by what it says.
    pub proxies: Vec<IpAddr>,
    /// TURN servers that clients may use in calls.
    pub turn: Option<Turn>,
    /// How large files may be, and those of a room together.
    pub blobs: BlobLimits,
    /// Where they lie.
    pub blob_place: BlobPlace,
    /// What wakes devices that are not connected; without one, nobody is woken.
    pub courier: Option<Arc<dyn Courier>>,
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
    /// Files cannot lie where they are to.
    #[error("files cannot lie on the S3 service")]
    S3(#[source] S3Trouble),
    /// What lies there is not this database's.
    #[error(transparent)]
    NotOurs(NotOurs),
    /// The OPAQUE server setup is damaged, or belongs to another database.
    #[error("the server setup {path} cannot be read")]
    ServerSetup {
        /// The file.
        path: PathBuf,
    },
}

/// A running service. Dropping it without [`Service::shutdown`] loses nothing that was acknowledged.
pub struct Service {
    app: Arc<App>,
    stop: watch::Sender<bool>,
}

impl Service {
    /// Opens the database (creating or migrating it) and the server setup.
    pub async fn open(settings: Settings, sfu: Arc<dyn SfuLink>) -> Result<Arc<Self>, OpenError> {
        let Settings {
            data_dir,
            database_url,
            public_url,
            proxies,
            turn,
            blobs,
            blob_place,
            courier,
            clock,
        } = settings;
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&data_dir)
            .map_err(|source| OpenError::DataDir {
                path: data_dir.clone(),
                source,
            })?;
        let opaque = Opaque::open(&data_dir).map_err(|error| match error {
            SetupError::Io { path, source } => OpenError::DataDir { path, source },
            SetupError::Damaged { path } => OpenError::ServerSetup { path },
        })?;
        let store = Store::open(&data_dir, database_url.as_deref())
            .await
            .map_err(|error| OpenError::Database(Box::new(error)))?;
        let url = public_url.clone();
        let deployment = store
            .write(move |connection| {
                Box::pin(async move {
                    Ok(Written::answer(
                        admin::store::deployment(connection, Some(&url)).await?,
                    ))
                })
            })
            .await
            .map_err(|error| OpenError::Database(Box::new(error)))?;
        let folder = data_dir.join(BLOBS_FOLDER);
        let keep = blob_place.open(&folder, deployment.deployment_id).await;
        let keep = keep.map_err(|error| match error {
            PlaceError::Folder(source) => OpenError::DataDir { path: folder, source },
            PlaceError::S3(trouble) => OpenError::S3(trouble),
            PlaceError::NotOurs(why) => OpenError::NotOurs(why),
        });
        let keep = match keep {
            Ok(keep) => keep,
            Err(error) => {
                store.close().await;
                return Err(error);
            }
        };

        let app = App::new(
            clock,
            public_url,
            proxies.into_iter().map(|proxy| proxy.to_canonical()).collect(),
            Lasting {
                server_generation: deployment.server_generation,
                store,
                opaque,
                blobs: Blobs::new(blobs, keep),
            },
            sfu,
        );
        if let Some(turn) = turn.clone() {
            app.call_outbox.set_relay(turn, app.clock.clone());
        }
        let app = Arc::new(App {
            turn,
            waker: Waker::new(courier),
            ..app
        });
        let (stop, stopped) = watch::channel(false);
        retention::start(&app, &stopped);
        Ok(Arc::new(Self { app, stop }))
    }

    /// Everything under `/api/`.
    pub fn router(self: &Arc<Self>) -> axum::Router {
        router::router(Arc::clone(&self.app))
    }

    /// Where the SFU sends what it has to say.
    pub fn sfu_events(self: &Arc<Self>) -> SfuEvents {
        let app = Arc::clone(&self.app);
        Arc::new(move |message: FromSfu| {
            app.calls
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .on_sfu(message);
        })
    }

    /// Says goodbye to every connection and waits until what was accepted is durable.
    pub async fn shutdown(&self) {
        self.stop.send_replace(true);
        let _ = tokio::time::timeout(GOODBYE_TIME, self.app.hub.stop()).await;
        self.app.store.close().await;
    }

    /// At the very first start: makes a network and the invitation of its owner. Later: nothing.
    pub async fn first_invitation(&self) -> Option<Invitation> {
        let now = self.app.clock.now();
        let made = admin::first_invitation(&self.app.store, &self.app.public_url, now).await;
        made.unwrap_or_else(|error| {
            tracing::error!(error = causes(&error), "no first invitation could be made");
            None
        })
    }

    #[cfg(test)]
    pub(crate) fn app(&self) -> &Arc<App> {
        &self.app
    }
}
