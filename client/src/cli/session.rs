//! One use of the device: its folder, its password, its server.

use std::{path::PathBuf, time::Duration};

use clap::Args;
use client_core::api::SessionView;
use conclave_client::{
    Client, Waited,
    server::{Server, ServerAddress},
    store::{Folder, Records, Store},
};

use super::{
    fault::{Exit, Fault},
    options::seconds,
    password, texts,
};

/// Longest wait for the server: above what a slow line needs to connect and catch up.
const PATIENCE: &str = "60";

/// How the program works, whatever it does.
#[derive(Clone, Debug, Args)]
pub struct How {
    /// Folder of this device; it is made where it is missing [default: conclave in the user's data folder]
    #[arg(long, global = true, env = "CONCLAVE_CLI_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Address of the server, such as `https://meet.example.org` [default: that of the last time]
    #[arg(long, global = true, env = "CONCLAVE_SERVER", value_name = "URL")]
    pub server: Option<String>,

    /// Trust these certificates too (PEM): an authority's, or the server's own, if it made its certificate itself
    #[arg(long, global = true, env = "CONCLAVE_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,

    /// Read the password from the first line of a file. The environment variable CONCLAVE_PASSWORD can hold the password
    /// itself; without either it is asked for
    #[arg(long, global = true, env = "CONCLAVE_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,

    /// How long to wait for the server, in seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value = PATIENCE, value_parser = seconds)]
    pub timeout: Duration,

    /// Print answers as JSON, one object a line
    #[arg(long, global = true)]
    pub json: bool,
}

impl How {
    /// The folder of the device.
    pub fn folder(&self) -> Result<PathBuf, Fault> {
        let given = self.data.clone().or_else(default_folder);
        given.ok_or_else(|| Fault::failed(texts::NO_FOLDER))
    }

    /// The server: as given, or as it was the last time.
    pub fn reach(&self, known: Option<String>) -> Result<Server, Fault> {
        let address = self
            .server
            .clone()
            .or(known)
            .filter(|address| !address.is_empty());
        let address = address.ok_or_else(|| Fault::with_code("no_server", texts::NO_SERVER))?;
        let address: ServerAddress = address.parse().map_err(Fault::from)?;
        Ok(Server::new(address, self.ca.as_deref())?)
    }
}

/// As the XDG base directory specification has it.
fn default_folder() -> Option<PathBuf> {
    let folder = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let data = folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")));
    let data = data.or_else(|| folder("LOCALAPPDATA"))?;
    Some(data.join("conclave"))
}

/// A device that is signed in, and how to use it.
pub struct Session {
    pub client: Client,
    pub how: How,
}

impl Session {
    /// Opens the folder's device. It connects by itself.
    pub async fn open(how: &How) -> Result<Self, Fault> {
        let path = how.folder()?;
        let folder = Folder::lock(&path)?;
        if !folder.has_store() {
            return Err(Fault::not_signed_in(&path));
        }
        let (store, records) = folder.open(&password::ask(how)?.0).await?;
        let session = Self::start(store, records, how)?;
        match session.client.until_told().await? {
            SessionView::SignedIn { .. } => Ok(session),
            // Never said by a core that was given its key.
            SessionView::Locked => Err(Fault::not_signed_in(&path)),
            SessionView::SignedOut { reason } => {
                session.client.stop().await?;
                Err(match reason {
                    None => Fault::not_signed_in(&path),
                    reason => Fault::signed_out(reason.as_deref()),
                })
            }
        }
    }

    /// Starts on a store that is open.
    pub fn start(store: Store, records: Records, how: &How) -> Result<Self, Fault> {
        let server = how.reach(Client::server_of(&records))?;
        Ok(Self {
            client: Client::start(store, records, server)?,
            how: how.clone(),
        })
    }

    /// Waits until all is known; fails where the server cannot be reached.
    pub async fn must_be_online(&self) -> Result<(), Fault> {
        match self.client.until_settled(self.how.timeout).await? {
            Waited::Online => Ok(()),
            Waited::Offline => Err(Fault::unreachable(&texts::unreachable(
                &self.client.server().address,
            ))),
            Waited::SignedOut(reason) => Err(Fault::signed_out(reason.as_deref())),
        }
    }

    /// Says of a server that cannot be reached what is known of it.
    pub fn explain(&self, fault: Fault) -> Fault {
        let server = self.client.server();
        if fault.exit == Exit::Unreachable && server.is_distrusted() {
            return Fault::new(
                Exit::Unreachable,
                "distrusted",
                texts::distrusted(&server.address),
            );
        }
        fault
    }

    /// Stops the device. What was done before counts more than how it stopped.
    pub async fn close<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        let result = result.map_err(|fault| self.explain(fault));
        // The device may not be here again for long; what fails of it goes out then.
        let _ = self.client.leave().await;
        let stopped = self.client.stop().await;
        let value = result?;
        stopped?;
        Ok(value)
    }
}
