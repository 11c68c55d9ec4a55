//! Networks, users and invitations in the database.

use protocol::{Bytes, Email, Millis, NetworkId, UserId};
use sqlx::AnyConnection;

use super::Role;
use crate::{blobs::DeploymentId, failure::StoreError, random::random, store::Row, tokens::TokenHash};

/// What is known of the deployment.
pub struct Deployment {
    /// Changes when the database was restored from a backup.
    pub server_generation: Bytes,
    /// Stays then.
    pub deployment_id: DeploymentId,
    pub public_url: Option<String>,
}

/// The deployment's row, made if there is none. A `public_url` replaces the one that is stored.
pub async fn deployment(
    connection: &mut AnyConnection,
    public_url: Option<&str>,
) -> Result<Deployment, StoreError> {
    let row = sqlx::query(
        "INSERT INTO deployment (id, server_generation, public_url, deployment_id) VALUES (1, $1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET public_url = COALESCE(excluded.public_url, deployment.public_url),
             deployment_id = COALESCE(deployment.deployment_id, excluded.deployment_id)
         RETURNING server_generation, public_url, deployment_id",
    )
    .bind(random::<16>().as_slice())
    .bind(public_url)
    .bind(DeploymentId::generate().as_bytes().as_slice())
    .fetch_one(connection)
    .await?;
    let deployment_id: Vec<u8> = row.get_as("deployment_id")?;
    Ok(Deployment {
        server_generation: row.get_as::<Vec<u8>>("server_generation")?.into(),
        deployment_id: deployment_id
            .try_into()
            .map(DeploymentId::from_bytes)
            .map_err(|_| StoreError::Damaged {
                column: "deployment_id",
            })?,
        public_url: row.get_opt("public_url")?,
    })
}

/// Gives the deployment a new generation.
pub async fn renew_generation(connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE deployment SET server_generation = $1")
        .bind(random::<16>().as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// All networks.
pub async fn networks(connection: &mut AnyConnection) -> Result<Vec<NetworkId>, StoreError> {
    let rows = sqlx::query("SELECT network_id FROM networks ORDER BY name")
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| row.get_as("network_id")).collect()
}

/// Creates a network.
pub async fn create_network(connection: &mut AnyConnection, name: &str) -> Result<NetworkId, StoreError> {
    let network_id = NetworkId::from_random(random());
    sqlx::query("INSERT INTO networks (network_id, name) VALUES ($1, $2)")
        .bind(network_id.as_bytes().as_slice())
        .bind(name)
        .execute(connection)
        .await?;
    Ok(network_id)
}

/// A user as invitations see it.
pub struct Invitee {
    pub user_id: UserId,
    pub network_id: NetworkId,
    pub registered: bool,
}

/// The user of an address.
pub async fn invitee(connection: &mut AnyConnection, email: &Email) -> Result<Option<Invitee>, StoreError> {
    let row = sqlx::query("SELECT user_id, network_id, registered_at FROM users WHERE email = $1")
        .bind(email.as_str())
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Invitee {
        user_id: row.get_as("user_id")?,
        network_id: row.get_as("network_id")?,
        registered: row.get_opt::<i64>("registered_at")?.is_some(),
    }))
}

/// A user who does not exist yet.
pub struct Pending<'a> {
    pub network_id: NetworkId,
    pub email: &'a Email,
    pub name: Option<&'a str>,
    pub role: Role,
    pub provisioned_at: Millis,
}

/// Creates a pending user.
pub async fn provision(connection: &mut AnyConnection, pending: &Pending<'_>) -> Result<UserId, StoreError> {
    let user_id = UserId::from_random(random());
    sqlx::query(
        "INSERT INTO users (user_id, network_id, email, name, role, provisioned_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(user_id.as_bytes().as_slice())
    .bind(pending.network_id.as_bytes().as_slice())
    .bind(pending.email.as_str())
    .bind(pending.name)
    .bind(pending.role.to_stored())
    .bind(pending.provisioned_at.0.cast_signed())
    .execute(connection)
    .await?;
    Ok(user_id)
}

/// Changes what the administrator said of a user who is still pending.
pub async fn amend(
    connection: &mut AnyConnection,
    user_id: UserId,
    name: Option<&str>,
    role: Role,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET name = $2, role = $3 WHERE user_id = $1 AND registered_at IS NULL")
        .bind(user_id.as_bytes().as_slice())
        .bind(name)
        .bind(role.to_stored())
        .execute(connection)
        .await?;
    Ok(())
}

/// Makes the user's invitation; one that was open stops working.
pub async fn put_invitation(
    connection: &mut AnyConnection,
    user_id: UserId,
    code_hash: TokenHash,
    email_open: bool,
    expires_at: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO invitations (code_hash, user_id, email_open, expires_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id) DO UPDATE SET code_hash = excluded.code_hash,
             email_open = excluded.email_open, expires_at = excluded.expires_at",
    )
    .bind(code_hash.as_slice())
    .bind(user_id.as_bytes().as_slice())
    .bind(i64::from(email_open))
    .bind(expires_at.0.cast_signed())
    .execute(connection)
    .await?;
    Ok(())
}
