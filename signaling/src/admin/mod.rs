//! Administration: networks and invitations. Used by the HTTP API and by `conclave admin`, which opens the same
//! database while the server runs.

mod routes;
mod rules;
pub(crate) mod store;

use std::path::PathBuf;

use protocol::{
    Bytes, Code, Email, Millis, NetworkId, Problem,
    limits::INVITATION_LIFE_MS,
    policies::{Policies, Verify},
};

pub(crate) use routes::routes;

use crate::{
    Clock,
    accounts::check_name,
    failure::{Failure, StoreError, refuse},
    limits::MAX_NETWORK_NAME_LEN,
    policies,
    random::random,
    store::{Store, Written},
    tokens::hash_token,
};

/// An invitation as the administrator gets it. The link holds the code, of which only a hash is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// The link to hand to the person.
    pub url: String,
    /// Whom it is for; a suggestion at the very first start, when nobody was there to say.
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

/// What an administrator changes of a network's policies; what is left out stays as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolicyChange {
    /// See [`Policies::verify_inside`].
    pub verify_inside: Option<Verify>,
    /// See [`Policies::verify_outside`].
    pub verify_outside: Option<Verify>,
    /// See [`Policies::outside_contacts`].
    pub outside_contacts: Option<bool>,
    /// See [`Policies::forwarding`].
    pub forwarding: Option<bool>,
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

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        Self::Database(Box::new(error))
    }
}

impl From<Failure> for AdminError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error.into(),
            Failure::Refused(problem) => match problem.code {
                Code::AlreadyRegistered => Self::AlreadyRegistered,
                Code::NotFound => Self::NoNetwork,
                Code::Conflict => Self::WhichNetwork,
                _ => Self::BadName,
            },
        }
    }
}

/// Administration of one deployment.
pub struct Admin {
    store: Store,
    clock: Clock,
}

impl Admin {
    /// Opens the database that a server with the same `data_dir` and `database_url` uses; it may be running.
    pub async fn open(
        data_dir: PathBuf,
        database_url: Option<String>,
        clock: Clock,
    ) -> Result<Self, AdminError> {
        let store = Store::open(&data_dir, database_url.as_deref()).await;
        let store = store.map_err(|error| AdminError::Database(Box::new(error)))?;
        Ok(Self { store, clock })
    }

    /// Creates a network.
    pub async fn create_network(&self, name: &str) -> Result<NetworkId, AdminError> {
        let name = name.trim().to_owned();
        if name.is_empty() || name.len() > MAX_NETWORK_NAME_LEN {
            return Err(AdminError::BadName);
        }
        Ok(self
            .store
            .write(move |connection| {
                Box::pin(async move { Ok(Written::answer(store::create_network(connection, &name).await?)) })
            })
            .await?)
    }

    /// The networks there are.
    pub async fn networks(&self) -> Result<Vec<NetworkId>, AdminError> {
        let mut connection = self.store.read().await?;
        Ok(store::networks(&mut connection).await?)
    }

    /// Invites someone; an open invitation of the same address stops working.
    pub async fn invite(&self, request: Invite) -> Result<Invitation, AdminError> {
        let deployment = self
            .store
            .write(|connection| {
                Box::pin(async move { Ok(Written::answer(store::deployment(connection, None).await?)) })
            })
            .await?;
        let public_url = deployment.public_url.ok_or(AdminError::NoPublicUrl)?;
        Ok(invite(&self.store, &public_url, request, self.clock.now()).await?)
    }

    /// What a network asks of its users in dealing with contacts.
    pub async fn policies(&self, network: Option<NetworkId>) -> Result<Policies, AdminError> {
        self.change_policies(network, PolicyChange::default()).await
    }

    /// Changes some of that; answers what holds from then on. A running server notices it within seconds.
    pub async fn change_policies(
        &self,
        network: Option<NetworkId>,
        change: PolicyChange,
    ) -> Result<Policies, AdminError> {
        Ok(self
            .store
            .write(move |connection| {
                Box::pin(async move {
                    let network_id = choose_network(&store::networks(connection).await?, network)?;
                    let found = policies::policies(connection, network_id).await?;
                    let before = found.unwrap_or_default();
                    let after = rules::changed(before, change);
                    if after != before {
                        policies::set(connection, network_id, &after).await?;
                    }
                    Ok(Written::answer(after))
                })
            })
            .await?)
    }

    /// To be called after the database was restored from a backup, before the server starts: clients then upload
    /// again what the backup lacks.
    pub async fn announce_restore(&self) -> Result<(), AdminError> {
        Ok(self
            .store
            .write(|connection| {
                Box::pin(async move { Ok(Written::answer(store::renew_generation(connection).await?)) })
            })
            .await?)
    }

    /// Closes the database.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// Invites someone: a pending user, if there is none of the address yet, and a link.
pub(crate) async fn invite(
    database: &Store,
    public_url: &str,
    request: Invite,
    now: Millis,
) -> Result<Invitation, Failure> {
    let Invite {
        network,
        email,
        name,
        role,
    } = request;
    let name = name.map(|name| check_name(&name)).transpose()?;
    let (code, code_hash) = draw_code();
    let expires_at = now.plus(INVITATION_LIFE_MS);
    let invited = email.clone();
    database
        .write(move |connection| {
            Box::pin(async move {
                let network_id = choose_network(&store::networks(connection).await?, network)?;
                let user_id = match store::invitee(connection, &email).await? {
                    None => {
                        let (email, name, provisioned_at) = (&email, name.as_deref(), now);
                        let pending = store::Pending {
                            network_id,
                            email,
                            name,
                            role,
                            provisioned_at,
                        };
                        store::provision(connection, &pending).await?
                    }
                    Some(user) if !user.registered && user.network_id == network_id => {
                        store::amend(connection, user.user_id, name.as_deref(), role).await?;
                        user.user_id
                    }
                    Some(_) => {
                        return Err(refuse(
                            Code::AlreadyRegistered,
                            "this e-mail address has an account",
                        ));
                    }
                };
                store::put_invitation(connection, user_id, code_hash, false, expires_at).await?;
                Ok(Written::answer(()))
            })
        })
        .await?;
    Ok(Invitation {
        url: link(public_url, &code),
        email: invited,
        expires_at,
    })
}

/// At the very first start: makes a network and the invitation of its owner, whose e-mail is open.
pub(crate) async fn first_invitation(
    database: &Store,
    public_url: &str,
    now: Millis,
) -> Result<Option<Invitation>, Failure> {
    let email = suggested_email(public_url);
    let (code, code_hash) = draw_code();
    let expires_at = now.plus(INVITATION_LIFE_MS);
    let suggested = email.clone();
    let made = database
        .write(move |connection| {
            Box::pin(async move {
                if !store::networks(connection).await?.is_empty() {
                    return Ok(Written::answer(false));
                }
                let network_id = store::create_network(connection, FIRST_NETWORK_NAME).await?;
                let role = Role::Owner;
                let pending = store::Pending {
                    network_id,
                    email: &email,
                    name: None,
                    role,
                    provisioned_at: now,
                };
                let user_id = store::provision(connection, &pending).await?;
                store::put_invitation(connection, user_id, code_hash, true, expires_at).await?;
                Ok(Written::answer(true))
            })
        })
        .await?;
    Ok(made.then(|| Invitation {
        url: link(public_url, &code),
        email: suggested,
        expires_at,
    }))
}

/// Name of the network that the first start makes.
const FIRST_NETWORK_NAME: &str = "Conclave";

fn choose_network(networks: &[NetworkId], wanted: Option<NetworkId>) -> Result<NetworkId, Problem> {
    match (networks, wanted) {
        (_, Some(wanted)) if networks.contains(&wanted) => Ok(wanted),
        (_, Some(_)) | ([], None) => Err(Problem::new(Code::NotFound, "there is no such network")),
        ([only], None) => Ok(*only),
        (_, None) => Err(Problem::new(Code::Conflict, "there are several networks")),
    }
}

/// A code of 128 random bits, and its hash.
fn draw_code() -> (String, [u8; 32]) {
    let code = Bytes::from(random::<16>().to_vec()).to_base64url();
    let hash = hash_token(code.as_bytes());
    (code, hash)
}

fn link(public_url: &str, code: &str) -> String {
    format!("{}/invite/{code}", public_url.trim_end_matches('/'))
}

/// `admin@` the host of the service, where that is a name.
fn suggested_email(public_url: &str) -> Email {
    let authority = public_url.split_once("://").map_or(public_url, |(_, rest)| rest);
    let host = authority.split(['/', ':', '?']).next().unwrap_or_default();
    let is_name = host.contains(|c: char| c.is_ascii_alphabetic());
    let host = if is_name { host } else { "localhost" };
    #[expect(clippy::expect_used, reason = "a constant that is tested")]
    Email::parse(&format!("admin@{host}"))
        .or_else(|_| Email::parse("admin@localhost"))
        .expect("an e-mail address")
}
