//! Guest links in the database.

use protocol::{DeviceId, GuestLinkId, Millis, RoomId, UserId, identity::Signature};
use sqlx::AnyConnection;

use crate::{failure::StoreError, limits::GUEST_LINK_MEMORY_MS, store::Row};

/// A link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub link_id: GuestLinkId,
    pub room_id: RoomId,
    /// Who made it.
    pub user_id: UserId,
    pub device_id: DeviceId,
    pub expires_at: Millis,
    pub revoked: bool,
}

/// The link of an id.
pub async fn link(connection: &mut AnyConnection, link_id: GuestLinkId) -> Result<Option<Link>, StoreError> {
    let row = sqlx::query(
        "SELECT link_id, room_id, user_id, device_id, expires_at, revoked FROM guest_links WHERE link_id = $1",
    )
    .bind(link_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Link {
        link_id: row.get_as("link_id")?,
        room_id: row.get_as("room_id")?,
        user_id: row.get_as("user_id")?,
        device_id: row.get_as("device_id")?,
        expires_at: row.get_as("expires_at")?,
        revoked: row.get_as::<i64>("revoked")? != 0,
    }))
}

/// How many links of a room are good.
pub async fn count_good(
    connection: &mut AnyConnection,
    room_id: RoomId,
    now: Millis,
) -> Result<usize, StoreError> {
    let rows =
        sqlx::query("SELECT link_id FROM guest_links WHERE room_id = $1 AND revoked = 0 AND expires_at > $2")
            .bind(room_id.as_bytes().as_slice())
            .bind(now.0.cast_signed())
            .fetch_all(connection)
            .await?;
    Ok(rows.len())
}

/// Stores a link; false where the id is taken.
pub async fn insert(
    connection: &mut AnyConnection,
    link: &Link,
    signature: &Signature,
) -> Result<bool, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO guest_links (link_id, room_id, user_id, device_id, expires_at, signature, revoked)
         VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT DO NOTHING",
    )
    .bind(link.link_id.as_bytes().as_slice())
    .bind(link.room_id.as_bytes().as_slice())
    .bind(link.user_id.as_bytes().as_slice())
    .bind(link.device_id.as_bytes().as_slice())
    .bind(link.expires_at.0.cast_signed())
    .bind(signature.0.as_slice())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Takes a link of a room back; false where there is none.
pub async fn revoke(
    connection: &mut AnyConnection,
    room_id: RoomId,
    link_id: GuestLinkId,
) -> Result<bool, StoreError> {
    let revoked = sqlx::query("UPDATE guest_links SET revoked = 1 WHERE link_id = $1 AND room_id = $2")
        .bind(link_id.as_bytes().as_slice())
        .bind(room_id.as_bytes().as_slice())
        .execute(connection)
        .await?;
    Ok(revoked.rows_affected() == 1)
}

/// Name of a user, for guests.
pub async fn name_of(connection: &mut AnyConnection, user_id: UserId) -> Result<String, StoreError> {
    let row = sqlx::query("SELECT name FROM users WHERE user_id = $1")
        .bind(user_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    let name = row.map(|row| row.get_opt::<String>("name")).transpose()?;
    Ok(name.flatten().unwrap_or_default())
}

/// Forgets links whose time has been over for long enough that nobody need be told so any more.
pub async fn delete_expired(connection: &mut AnyConnection, now: Millis) -> Result<(), StoreError> {
    let before = now.0.saturating_sub(GUEST_LINK_MEMORY_MS);
    sqlx::query("DELETE FROM guest_links WHERE expires_at <= $1")
        .bind(before.cast_signed())
        .execute(connection)
        .await?;
    Ok(())
}
