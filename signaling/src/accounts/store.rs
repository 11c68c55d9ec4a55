//! Accounts in the database.

use protocol::{
    Email, Millis, NetworkId, UserId,
    identity::{DeviceList, PublicKey},
};
use sqlx::AnyConnection;

use crate::{failure::StoreError, store::Row, tokens::TokenHash};

/// An invitation that was not used yet; it may have expired.
pub struct OpenInvitation {
    pub user_id: UserId,
    pub network_id: NetworkId,
    pub network_name: String,
    pub email: Email,
    /// Whether the person may choose another e-mail.
    pub email_open: bool,
    /// As the administrator gave it.
    pub name: Option<String>,
    pub expires_at: Millis,
}

/// The invitation of a code.
pub async fn invitation(
    connection: &mut AnyConnection,
    code_hash: TokenHash,
) -> Result<Option<OpenInvitation>, StoreError> {
    let row = sqlx::query(
        "SELECT u.user_id, u.network_id, n.name AS network_name, u.email, i.email_open, u.name, i.expires_at
         FROM invitations i
         JOIN users u ON u.user_id = i.user_id
         JOIN networks n ON n.network_id = u.network_id
         WHERE i.code_hash = $1",
    )
    .bind(code_hash.as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(OpenInvitation {
        user_id: row.get_as("user_id")?,
        network_id: row.get_as("network_id")?,
        network_name: row.get_as("network_name")?,
        email: row.get_as("email")?,
        email_open: row.get_as::<i64>("email_open")? != 0,
        name: row.get_opt("name")?,
        expires_at: row.get_as("expires_at")?,
    }))
}

/// Uses an invitation up; false if someone else did.
pub async fn use_invitation(
    connection: &mut AnyConnection,
    code_hash: TokenHash,
) -> Result<bool, StoreError> {
    let deleted = sqlx::query("DELETE FROM invitations WHERE code_hash = $1")
        .bind(code_hash.as_slice())
        .execute(connection)
        .await?;
    Ok(deleted.rows_affected() == 1)
}

/// Whether another user than this has the address.
pub async fn is_taken(
    connection: &mut AnyConnection,
    email: &Email,
    user_id: UserId,
) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT user_id FROM users WHERE email = $1 AND user_id <> $2")
        .bind(email.as_str())
        .bind(user_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// What makes a pending user an active one.
pub struct Registration {
    pub user_id: UserId,
    pub email: Email,
    pub name: String,
    pub aik: PublicKey,
    pub opaque_record: Vec<u8>,
    pub sealed_aik: Vec<u8>,
    pub registered_at: Millis,
}

/// Makes a pending user an active one.
pub async fn register(connection: &mut AnyConnection, new: &Registration) -> Result<(), StoreError> {
    sqlx::query("UPDATE users SET name = $2, aik = $3, registered_at = $4, email = $5 WHERE user_id = $1")
        .bind(new.user_id.as_bytes().as_slice())
        .bind(new.name.as_str())
        .bind(new.aik.as_bytes().as_slice())
        .bind(new.registered_at.0.cast_signed())
        .bind(new.email.as_str())
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO credentials (user_id, opaque_record, sealed_aik) VALUES ($1, $2, $3)")
        .bind(new.user_id.as_bytes().as_slice())
        .bind(new.opaque_record.as_slice())
        .bind(new.sealed_aik.as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// The OPAQUE record of an address that has an account.
pub async fn opaque_record(
    connection: &mut AnyConnection,
    email: &Email,
) -> Result<Option<Vec<u8>>, StoreError> {
    let row = sqlx::query(
        "SELECT c.opaque_record FROM users u JOIN credentials c ON c.user_id = u.user_id WHERE u.email = $1",
    )
    .bind(email.as_str())
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.get_as("opaque_record")).transpose()
}

/// What a new device of a user needs.
pub struct Account {
    pub user_id: UserId,
    pub network_id: NetworkId,
    pub email: Email,
    pub name: String,
    pub sealed_aik: Vec<u8>,
    pub device_list: DeviceList,
}

/// The account of an address.
pub async fn account(connection: &mut AnyConnection, email: &Email) -> Result<Option<Account>, StoreError> {
    let row = sqlx::query(
        "SELECT u.user_id, u.network_id, u.email, u.name, c.sealed_aik, l.list
         FROM users u
         JOIN credentials c ON c.user_id = u.user_id
         JOIN device_lists l ON l.user_id = u.user_id
         WHERE u.email = $1",
    )
    .bind(email.as_str())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Account {
        user_id: row.get_as("user_id")?,
        network_id: row.get_as("network_id")?,
        email: row.get_as("email")?,
        name: row.get_as("name")?,
        sealed_aik: row.get_as("sealed_aik")?,
        device_list: row.get_as("list")?,
    }))
}
