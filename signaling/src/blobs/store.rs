//! Blobs in the database.

use protocol::{BlobId, Millis, RoomId, UserId};
use sqlx::{AnyConnection, any::AnyRow};

use super::types::Blob;
use crate::{
    failure::StoreError,
    limits::{BLOB_MEMORY_MS, MAX_BLOBS_STEP},
    store::Row,
};

/// The blob of an id.
pub async fn blob(connection: &mut AnyConnection, blob_id: BlobId) -> Result<Option<Blob>, StoreError> {
    let row = sqlx::query(
        "SELECT blob_id, room_id, size, received, secret_hash, expires_at, unfinished_until
         FROM blobs WHERE blob_id = $1",
    )
    .bind(blob_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(blob_of).transpose()
}

/// The same where the user is a member of its room, and did not leave it.
pub async fn blob_for(
    connection: &mut AnyConnection,
    blob_id: BlobId,
    user_id: UserId,
) -> Result<Option<Blob>, StoreError> {
    let row = sqlx::query(
        "SELECT b.blob_id, b.room_id, b.size, b.received, b.secret_hash, b.expires_at, b.unfinished_until
         FROM blobs b
         JOIN room_members m ON m.room_id = b.room_id AND m.user_id = $2 AND m.gone = 0
         WHERE b.blob_id = $1",
    )
    .bind(blob_id.as_bytes().as_slice())
    .bind(user_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(blob_of).transpose()
}

fn blob_of(row: &AnyRow) -> Result<Blob, StoreError> {
    let secret_hash: Vec<u8> = row.get_as("secret_hash")?;
    Ok(Blob {
        blob_id: row.get_as("blob_id")?,
        room_id: row.get_as("room_id")?,
        size: row.get_as("size")?,
        received: row.get_as("received")?,
        secret_hash: secret_hash.try_into().map_err(|_| StoreError::Damaged {
            column: "secret_hash",
        })?,
        expires_at: row.get_as("expires_at")?,
        unfinished_until: row.get_opt("unfinished_until")?,
    })
}

/// Bytes of a room's blobs, as large as they will be; those whose time is over do not count.
pub async fn used(connection: &mut AnyConnection, room_id: RoomId, now: Millis) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) AS used FROM blobs WHERE room_id = $1 AND expires_at > $2",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(now.0.cast_signed())
    .fetch_one(connection)
    .await?;
    row.get_as("used")
}

/// Stores a blob's row.
pub async fn insert(connection: &mut AnyConnection, blob: &Blob) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO blobs (blob_id, room_id, size, received, secret_hash, expires_at, unfinished_until)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(blob.blob_id.as_bytes().as_slice())
    .bind(blob.room_id.as_bytes().as_slice())
    .bind(blob.size.cast_signed())
    .bind(blob.received.cast_signed())
    .bind(blob.secret_hash.as_slice())
    .bind(blob.expires_at.0.cast_signed())
    .bind(blob.unfinished_until.map(|until| until.0.cast_signed()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that more is durable than `before`; false where the blob is gone, or somebody else came in between.
pub async fn grow(connection: &mut AnyConnection, blob: &Blob, before: u64) -> Result<bool, StoreError> {
    let grown = sqlx::query(
        "UPDATE blobs SET received = $2, unfinished_until = $3 WHERE blob_id = $1 AND received = $4",
    )
    .bind(blob.blob_id.as_bytes().as_slice())
    .bind(blob.received.cast_signed())
    .bind(blob.unfinished_until.map(|until| until.0.cast_signed()))
    .bind(before.cast_signed())
    .execute(connection)
    .await?;
    Ok(grown.rows_affected() == 1)
}

/// Whether there is a row of any blob.
pub async fn is_any(connection: &mut AnyConnection) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT 1 AS one FROM blobs LIMIT 1")
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Forgets a blob.
pub async fn delete(connection: &mut AnyConnection, blob_id: BlobId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM blobs WHERE blob_id = $1")
        .bind(blob_id.as_bytes().as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// The blobs of a room, whatever their state.
pub async fn of_room(connection: &mut AnyConnection, room_id: RoomId) -> Result<Vec<BlobId>, StoreError> {
    let rows = sqlx::query("SELECT blob_id FROM blobs WHERE room_id = $1")
        .bind(room_id.as_bytes().as_slice())
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| row.get_as("blob_id")).collect()
}

/// Some blobs whose time is over and whose bytes may still be there, by their ids, from one on and then from the first.
pub async fn expired(
    connection: &mut AnyConnection,
    now: Millis,
    from: BlobId,
) -> Result<Vec<BlobId>, StoreError> {
    let rows = sqlx::query(
        "SELECT blob_id FROM blobs WHERE expires_at <= $1 AND received > 0
         ORDER BY CASE WHEN blob_id >= $3 THEN 0 ELSE 1 END, blob_id LIMIT $2",
    )
    .bind(now.0.cast_signed())
    .bind(MAX_BLOBS_STEP)
    .bind(from.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| row.get_as("blob_id")).collect()
}

/// Notes that nothing of an expired blob is there any more.
pub async fn emptied(connection: &mut AnyConnection, blob_id: BlobId, now: Millis) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE blobs SET received = 0, unfinished_until = NULL WHERE blob_id = $1 AND expires_at <= $2",
    )
    .bind(blob_id.as_bytes().as_slice())
    .bind(now.0.cast_signed())
    .execute(connection)
    .await?;
    Ok(())
}

/// Some uploads that nobody goes on with.
pub async fn abandoned(connection: &mut AnyConnection, now: Millis) -> Result<Vec<BlobId>, StoreError> {
    let rows = sqlx::query(
        "SELECT blob_id FROM blobs WHERE unfinished_until IS NOT NULL AND unfinished_until <= $1 LIMIT $2",
    )
    .bind(now.0.cast_signed())
    .bind(MAX_BLOBS_STEP)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| row.get_as("blob_id")).collect()
}

/// Forgets blobs whose time has been over for long enough that nobody need be told so any more.
pub async fn delete_forgotten(connection: &mut AnyConnection, now: Millis) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM blobs WHERE expires_at <= $1 AND received = 0")
        .bind(now.0.saturating_sub(BLOB_MEMORY_MS).cast_signed())
        .execute(connection)
        .await?;
    Ok(())
}

/// Blobs whose id begins with a byte: which have bytes on the disk, and which have none.
pub async fn shelf(
    connection: &mut AnyConnection,
    first: u8,
) -> Result<(Vec<BlobId>, Vec<BlobId>), StoreError> {
    let (mut from, mut to) = ([0; 16], [u8::MAX; 16]);
    (from[0], to[0]) = (first, first);
    let rows = sqlx::query("SELECT blob_id, received FROM blobs WHERE blob_id >= $1 AND blob_id <= $2")
        .bind(from.as_slice())
        .bind(to.as_slice())
        .fetch_all(connection)
        .await?;
    let (mut filled, mut empty) = (Vec::new(), Vec::new());
    for row in &rows {
        let place = if row.get_as::<u64>("received")? > 0 {
            &mut filled
        } else {
            &mut empty
        };
        place.push(row.get_as("blob_id")?);
    }
    Ok((filled, empty))
}
