//! ID videos in the database.

use protocol::{BlobId, Millis, RoomId, UserId, room_settings::RoomKind};
use sqlx::AnyConnection;

use crate::{failure::StoreError, store::Row};

/// A time that no clock reaches, and that is a number for browsers too: the video of a user is kept until another takes its
/// place.
const NEVER: i64 = (1 << 53) - 1;

/// The blob that is a user's ID video.
pub async fn of_user(connection: &mut AnyConnection, user_id: UserId) -> Result<Option<BlobId>, StoreError> {
    let row = sqlx::query("SELECT blob_id FROM id_videos WHERE user_id = $1")
        .bind(user_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.get_as("blob_id")).transpose()
}

/// Whether a blob is, or was until it was replaced, the ID video of somebody who shares a direct room with this user, and
/// has not declined it, nor is declined.
pub async fn shown_to(
    connection: &mut AnyConnection,
    blob_id: BlobId,
    user_id: UserId,
    now: Millis,
) -> Result<bool, StoreError> {
    // The owner is whoever is in the own room that the blob lies in: so that a replaced one is still told to be over.
    let row = sqlx::query(
        "SELECT owner.user_id FROM blobs b
         JOIN rooms own ON own.room_id = b.room_id AND own.kind = $3
         JOIN room_members owner ON owner.room_id = own.room_id
         WHERE b.blob_id = $1 AND owner.user_id <> $2
           AND (b.expires_at <= $4 OR EXISTS (SELECT 1 FROM id_videos v WHERE v.blob_id = b.blob_id))
           AND EXISTS (
             SELECT 1 FROM rooms r
             JOIN room_members mine ON mine.room_id = r.room_id AND mine.user_id = $2 AND mine.gone = 0
             JOIN room_members theirs ON theirs.room_id = r.room_id AND theirs.user_id = owner.user_id
               AND theirs.gone = 0
             WHERE r.kind = $5)
           AND NOT EXISTS (
             SELECT 1 FROM contacts c WHERE c.standing = 2
               AND ((c.user_id = owner.user_id AND c.other_id = $2)
                 OR (c.user_id = $2 AND c.other_id = owner.user_id)))",
    )
    .bind(blob_id.as_bytes().as_slice())
    .bind(user_id.as_bytes().as_slice())
    .bind(RoomKind::Own as i64)
    .bind(now.0.cast_signed())
    .bind(RoomKind::Direct as i64)
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// The user's own room.
pub async fn own_room(connection: &mut AnyConnection, user_id: UserId) -> Result<Option<RoomId>, StoreError> {
    let row = sqlx::query(
        "SELECT r.room_id FROM rooms r JOIN room_members m ON m.room_id = r.room_id
         WHERE m.user_id = $1 AND r.kind = $2",
    )
    .bind(user_id.as_bytes().as_slice())
    .bind(RoomKind::Own as i64)
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.get_as("room_id")).transpose()
}

/// Makes a blob the user's ID video, and ends the one before.
pub async fn put(
    connection: &mut AnyConnection,
    user_id: UserId,
    blob_id: Option<BlobId>,
    over_since: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE blobs SET expires_at = $2
         WHERE blob_id IN (SELECT blob_id FROM id_videos WHERE user_id = $1)",
    )
    .bind(user_id.as_bytes().as_slice())
    .bind(over_since.0.cast_signed())
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM id_videos WHERE user_id = $1")
        .bind(user_id.as_bytes().as_slice())
        .execute(&mut *connection)
        .await?;
    let Some(blob_id) = blob_id else { return Ok(()) };
    sqlx::query("UPDATE blobs SET expires_at = $2 WHERE blob_id = $1")
        .bind(blob_id.as_bytes().as_slice())
        .bind(NEVER)
        .execute(&mut *connection)
        .await?;
    sqlx::query("INSERT INTO id_videos (user_id, blob_id) VALUES ($1, $2)")
        .bind(user_id.as_bytes().as_slice())
        .bind(blob_id.as_bytes().as_slice())
        .execute(connection)
        .await?;
    Ok(())
}
