//! Sessions in the database: one for each device, its token only as a hash.

use protocol::{DeviceId, Millis, identity::PublicKey};
use sqlx::AnyConnection;

use super::Caller;
use crate::{admin::Role, failure::StoreError, store::Row, tokens::TokenHash};

/// The key of a device, and who it is.
pub async fn device(
    connection: &mut AnyConnection,
    device_id: DeviceId,
) -> Result<Option<(Caller, PublicKey)>, StoreError> {
    let row = sqlx::query(
        "SELECT d.user_id, u.network_id, d.device_key
         FROM devices d JOIN users u ON u.user_id = d.user_id
         WHERE d.device_id = $1",
    )
    .bind(device_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let caller = Caller {
        device_id,
        user_id: row.get_as("user_id")?,
        network_id: row.get_as("network_id")?,
    };
    Ok(Some((caller, row.get_as("device_key")?)))
}

/// Begins a session, which ends the one before; false when the device is gone.
pub async fn begin(
    connection: &mut AnyConnection,
    device_id: DeviceId,
    token_hash: TokenHash,
    expires_at: Millis,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO sessions (device_id, token_hash, expires_at)
         SELECT device_id, $2, $3 FROM devices WHERE device_id = $1
         ON CONFLICT (device_id) DO UPDATE SET token_hash = excluded.token_hash, expires_at = excluded.expires_at",
    )
    .bind(device_id.as_bytes().as_slice())
    .bind(token_hash.as_slice())
    .bind(expires_at.0.cast_signed())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Whose session a token is, with the user's role.
pub async fn find(
    connection: &mut AnyConnection,
    token_hash: TokenHash,
    now: Millis,
) -> Result<Option<(Caller, Role)>, StoreError> {
    let row = sqlx::query(
        "SELECT d.device_id, d.user_id, u.network_id, u.role
         FROM sessions s
         JOIN devices d ON d.device_id = s.device_id
         JOIN users u ON u.user_id = d.user_id
         WHERE s.token_hash = $1 AND s.expires_at > $2",
    )
    .bind(token_hash.as_slice())
    .bind(now.0.cast_signed())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let caller = Caller {
        device_id: row.get_as("device_id")?,
        user_id: row.get_as("user_id")?,
        network_id: row.get_as("network_id")?,
    };
    let role = Role::from_stored(row.get_as("role")?).ok_or(StoreError::Damaged { column: "role" })?;
    Ok(Some((caller, role)))
}

/// Deletes what has ended.
pub async fn delete_expired(connection: &mut AnyConnection, now: Millis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM sessions WHERE expires_at <= $1")
        .bind(now.0.cast_signed())
        .execute(connection)
        .await?;
    Ok(())
}
