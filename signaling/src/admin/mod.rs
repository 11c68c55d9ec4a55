//! Administration: networks and invitations. Used by the HTTP API and by `conclave admin`, which opens the same
//! database while the server runs.

use std::path::PathBuf;

use protocol::{Email, Millis, NetworkId};

use crate::Clock;

/// An invitation as the administrator gets it. The link holds the code, of which only a hash is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The link to hand to the person.
    pub url: String,
    /// Whom it is for; nobody in particular at the very first start.
    pub email: Email,
    /// When it stops working.
    pub expires_at: Millis,
}

/// What a user may do in its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Uses the service.
    Member,
    /// Invites people.
    Administrator,
    /// Appoints administrators.
    Owner,
}

/// A request to invite someone.
#[derive(Clone, Debug)]
pub struct Invite {
    /// Into which network; without one, into the only one there is.
    pub network: Option<NetworkId>,
    /// Whom.
    pub email: Email,
    /// Name, if the administrator wants to set it.
    pub name: Option<String>,
    /// What the person will be.
    pub role: Role,
}

/// Why administration failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The database cannot be opened, read or written.
    #[error("the database cannot be used")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There is no network, or none of this id.
    #[error("there is no such network; start the server once, or create a network")]
    NoNetwork,
    /// There are several networks, and the request names none.
    #[error("there are several networks: say which")]
    WhichNetwork,
    /// Someone registered the address already.
    #[error("this e-mail address has an account already")]
    AlreadyRegistered,
    /// The public address of the service is not known: the server never ran on this data.
    #[error("start the server once, so that its address is known")]
    NoPublicUrl,
    /// The name is empty or too long.
    #[error("the name is empty or too long")]
    BadName,
}

/// Administration of one deployment.
pub struct Admin {}

impl Admin {
    /// Opens the database that a server with the same `data_dir` and `database_url` uses; it may be running.
    pub async fn open(
        data_dir: PathBuf,
        database_url: Option<String>,
        clock: Clock,
    ) -> Result<Self, AdminError> {
        let _ = (data_dir, database_url, clock);
        Ok(Self {})
    }

    /// Creates a network.
    pub async fn create_network(&self, name: &str) -> Result<NetworkId, AdminError> {
        let _ = name;
        Err(AdminError::NoNetwork)
    }

    /// Invites someone; an open invitation of the same address stops working.
    pub async fn invite(&self, invite: Invite) -> Result<Invitation, AdminError> {
        let _ = invite;
        Err(AdminError::NoNetwork)
    }
}
