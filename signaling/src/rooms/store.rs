//! Rooms in the database.

use std::collections::HashSet;

use protocol::{DeviceId, Epoch, Generation, MessageId, Millis, NetworkId, RoomId, Seq, UserId};
use sqlx::{AnyConnection, any::AnyRow};

use super::types::{
    Known, Leaf, NewEntry, Room, entry_kind_from_stored, entry_kind_to_stored, kind_from_stored,
};
use crate::{failure::StoreError, limits::MAX_ROOMS_STEP, store::Row};

/// A room's row.
pub async fn room(connection: &mut AnyConnection, room_id: RoomId) -> Result<Option<Room>, StoreError> {
    let row = sqlx::query(
        "SELECT room_id, network_id, kind, generation, epoch, last_seq FROM rooms WHERE room_id = $1",
    )
    .bind(room_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(room_of).transpose()
}

/// A room's row with its group, as of one moment.
pub async fn room_and_group(
    connection: &mut AnyConnection,
    room_id: RoomId,
) -> Result<Option<(Room, Vec<u8>)>, StoreError> {
    let row = sqlx::query(
        "SELECT r.room_id, r.network_id, r.kind, r.generation, r.epoch, r.last_seq, g.state
         FROM rooms r JOIN room_groups g ON g.room_id = r.room_id
         WHERE r.room_id = $1",
    )
    .bind(room_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some((room_of(&row)?, row.get_as("state")?)))
}

pub fn room_of(row: &AnyRow) -> Result<Room, StoreError> {
    Ok(Room {
        room_id: row.get_as("room_id")?,
        network_id: row.get_as("network_id")?,
        kind: kind_from_stored(row.get_as("kind")?).ok_or(StoreError::Damaged { column: "kind" })?,
        generation: row.get_as("generation")?,
        epoch: row.get_as("epoch")?,
        last_seq: row.get_as("last_seq")?,
    })
}

/// All leaves of a room's group.
pub async fn leaves(connection: &mut AnyConnection, room_id: RoomId) -> Result<Vec<Leaf>, StoreError> {
    let rows = sqlx::query("SELECT device_id, user_id FROM room_leaves WHERE room_id = $1")
        .bind(room_id.as_bytes().as_slice())
        .fetch_all(connection)
        .await?;
    rows.iter().map(leaf_of).collect()
}

/// The leaves that take part: those that nobody asked to remove.
pub async fn live_leaves(connection: &mut AnyConnection, room_id: RoomId) -> Result<Vec<Leaf>, StoreError> {
    let rows = sqlx::query(
        "SELECT l.device_id, l.user_id
         FROM room_leaves l
         LEFT JOIN removals r ON r.room_id = l.room_id AND r.device_id = l.device_id
         WHERE l.room_id = $1 AND r.device_id IS NULL",
    )
    .bind(room_id.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    rows.iter().map(leaf_of).collect()
}

fn leaf_of(row: &AnyRow) -> Result<Leaf, StoreError> {
    Ok(Leaf {
        device_id: row.get_as("device_id")?,
        user_id: row.get_as("user_id")?,
    })
}

/// Where a device's log starts, if it has a leaf.
pub async fn since(
    connection: &mut AnyConnection,
    room_id: RoomId,
    device_id: DeviceId,
) -> Result<Option<Seq>, StoreError> {
    let row = sqlx::query("SELECT since FROM room_leaves WHERE room_id = $1 AND device_id = $2")
        .bind(room_id.as_bytes().as_slice())
        .bind(device_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.get_as("since")).transpose()
}

/// Whether a user is a member who did not leave.
pub async fn is_member(
    connection: &mut AnyConnection,
    room_id: RoomId,
    user_id: UserId,
) -> Result<bool, StoreError> {
    let row = sqlx::query("SELECT gone FROM room_members WHERE room_id = $1 AND user_id = $2 AND gone = 0")
        .bind(room_id.as_bytes().as_slice())
        .bind(user_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// Members; with those who left and whose leaves are still there, if `gone`.
pub async fn members(
    connection: &mut AnyConnection,
    room_id: RoomId,
    gone: bool,
) -> Result<Vec<UserId>, StoreError> {
    let rows = sqlx::query("SELECT user_id FROM room_members WHERE room_id = $1 AND gone <= $2")
        .bind(room_id.as_bytes().as_slice())
        .bind(i64::from(gone))
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| row.get_as("user_id")).collect()
}

/// Devices whose leaves are to go.
pub async fn removals(
    connection: &mut AnyConnection,
    room_id: RoomId,
) -> Result<HashSet<DeviceId>, StoreError> {
    let rows = sqlx::query("SELECT device_id FROM removals WHERE room_id = $1")
        .bind(room_id.as_bytes().as_slice())
        .fetch_all(connection)
        .await?;
    rows.iter().map(|row| row.get_as("device_id")).collect()
}

/// The newest entry that was written under a message id.
pub async fn known(
    connection: &mut AnyConnection,
    room_id: RoomId,
    message_id: MessageId,
) -> Result<Option<Known>, StoreError> {
    let row = sqlx::query(
        "SELECT seq, kind, sent_at, payload FROM entries
         WHERE room_id = $1 AND message_id = $2 ORDER BY seq DESC LIMIT 1",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(message_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Known {
        seq: row.get_as("seq")?,
        kind: entry_kind_from_stored(row.get_as("kind")?).ok_or(StoreError::Damaged { column: "kind" })?,
        sent_at: row.get_as("sent_at")?,
        payload: row.get_as("payload")?,
    }))
}

/// Takes the next place of the log, if generation and epoch are still these and the room has not ended; `epochs` is how
/// far the epoch goes on. Answers the place.
pub async fn advance(
    connection: &mut AnyConnection,
    room_id: RoomId,
    generation: Generation,
    epoch: Epoch,
    epochs: i64,
    now: Millis,
) -> Result<Option<Seq>, StoreError> {
    let row = sqlx::query(
        "UPDATE rooms SET last_seq = last_seq + 1, epoch = epoch + $4
         WHERE room_id = $1 AND generation = $2 AND epoch = $3 AND (ends_at IS NULL OR ends_at > $5)
         RETURNING last_seq",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(generation.0.cast_signed())
    .bind(epoch.0.cast_signed())
    .bind(epochs)
    .bind(now.0.cast_signed())
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.get_as("last_seq")).transpose()
}

/// Writes an entry.
pub async fn insert_entry(connection: &mut AnyConnection, entry: &NewEntry<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO entries
             (room_id, seq, generation, epoch, kind, message_id, sent_at, expires_at, payload)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(entry.room_id.as_bytes().as_slice())
    .bind(entry.seq.0.cast_signed())
    .bind(entry.generation.0.cast_signed())
    .bind(entry.epoch.0.cast_signed())
    .bind(entry_kind_to_stored(entry.kind))
    .bind(entry.message_id.as_bytes().as_slice())
    .bind(entry.sent_at.0.cast_signed())
    .bind(entry.expires_at.map(|at| i64::try_from(at.0).unwrap_or(i64::MAX)))
    .bind(entry.payload)
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores when a room ends.
pub async fn set_end(
    connection: &mut AnyConnection,
    room_id: RoomId,
    ends_at: Option<Millis>,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE rooms SET ends_at = $2 WHERE room_id = $1")
        .bind(room_id.as_bytes().as_slice())
        .bind(ends_at.map(|at| i64::try_from(at.0).unwrap_or(i64::MAX)))
        .execute(connection)
        .await?;
    Ok(())
}

/// Some rooms whose time is over, with their networks.
pub async fn ended(
    connection: &mut AnyConnection,
    now: Millis,
) -> Result<Vec<(RoomId, NetworkId)>, StoreError> {
    let rows = sqlx::query("SELECT room_id, network_id FROM rooms WHERE ends_at <= $1 LIMIT $2")
        .bind(now.0.cast_signed())
        .bind(MAX_ROOMS_STEP)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok((row.get_as("room_id")?, row.get_as("network_id")?)))
        .collect()
}

/// Deletes a room and everything in it.
pub async fn delete(connection: &mut AnyConnection, room_id: RoomId) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM rooms WHERE room_id = $1")
        .bind(room_id.as_bytes().as_slice())
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores a room's group.
pub async fn put_group(
    connection: &mut AnyConnection,
    room_id: RoomId,
    state: &[u8],
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO room_groups (room_id, state) VALUES ($1, $2)
         ON CONFLICT (room_id) DO UPDATE SET state = excluded.state",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(state)
    .execute(connection)
    .await?;
    Ok(())
}

/// How a batch counter was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchTaken {
    /// It is the highest now.
    Yes,
    /// The device showed a higher one before.
    Behind,
    /// There is no such device.
    NoDevice,
}

/// Remembers the highest batch counter that a device showed.
pub async fn take_batch(
    connection: &mut AnyConnection,
    device_id: DeviceId,
    batch: u64,
) -> Result<BatchTaken, StoreError> {
    let Ok(batch) = i64::try_from(batch) else {
        return Ok(BatchTaken::Behind);
    };
    let taken =
        sqlx::query("UPDATE devices SET highest_batch = $2 WHERE device_id = $1 AND highest_batch <= $2")
            .bind(device_id.as_bytes().as_slice())
            .bind(batch)
            .execute(&mut *connection)
            .await?;
    if taken.rows_affected() == 1 {
        return Ok(BatchTaken::Yes);
    }
    let row = sqlx::query("SELECT highest_batch FROM devices WHERE device_id = $1")
        .bind(device_id.as_bytes().as_slice())
        .fetch_optional(connection)
        .await?;
    Ok(if row.is_some() {
        BatchTaken::Behind
    } else {
        BatchTaken::NoDevice
    })
}
