//! What goes from the logs, and when (R56): what all live devices acknowledged, what expired, what is too old.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use protocol::{Millis, RoomId, limits::MAX_RETENTION_MS};
use sqlx::AnyConnection;

use crate::{failure::StoreError, limits::MAX_TRIM_STEP, store::Row};

/// Rooms in which something may be trimmed.
#[derive(Default)]
pub struct DirtyRooms(Mutex<HashSet<RoomId>>);

impl DirtyRooms {
    /// Notes a room.
    pub fn mark(&self, room_id: RoomId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(room_id);
    }

    /// Takes all that were noted.
    pub fn take(&self) -> HashSet<RoomId> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes every room: after a start nobody knows.
    pub async fn mark_all(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        for row in sqlx::query("SELECT room_id FROM rooms")
            .fetch_all(connection)
            .await?
        {
            self.mark(row.get_as("room_id")?);
        }
        Ok(())
    }
}

/// Deletes what all live devices of the room acknowledged, a step at a time; true if there may be more. A device
/// that came later starts with a cursor beyond what is older than itself, so the lowest cursor says it all.
/// Devices that are no more, or whose leaves are to go, are not waited for.
pub async fn trim(connection: &mut AnyConnection, room_id: RoomId) -> Result<bool, StoreError> {
    let deleted = sqlx::query(
        "DELETE FROM entries WHERE room_id = $1 AND seq IN (
             SELECT seq FROM entries WHERE room_id = $1 AND seq <= (
                 SELECT MIN(l.acked) FROM room_leaves l
                 JOIN devices d ON d.device_id = l.device_id
                 LEFT JOIN removals w ON w.room_id = l.room_id AND w.device_id = l.device_id
                 WHERE l.room_id = $1 AND w.device_id IS NULL)
             ORDER BY seq LIMIT $2)",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(MAX_TRIM_STEP)
    .execute(connection)
    .await?;
    Ok(is_full_step(deleted.rows_affected()))
}

/// Deletes what expired or is too old, a step at a time; true if there may be more.
pub async fn delete_aged(connection: &mut AnyConnection, now: Millis) -> Result<bool, StoreError> {
    let expired = sqlx::query(
        "DELETE FROM entries WHERE (room_id, seq) IN (
             SELECT room_id, seq FROM entries WHERE expires_at IS NOT NULL AND expires_at <= $1 LIMIT $2)",
    )
    .bind(now.0.cast_signed())
    .bind(MAX_TRIM_STEP)
    .execute(&mut *connection)
    .await?;
    let aged = sqlx::query(
        "DELETE FROM entries WHERE (room_id, seq) IN (
             SELECT room_id, seq FROM entries WHERE sent_at <= $1 LIMIT $2)",
    )
    .bind(now.0.saturating_sub(MAX_RETENTION_MS).cast_signed())
    .bind(MAX_TRIM_STEP)
    .execute(connection)
    .await?;
    Ok(is_full_step(expired.rows_affected()) || is_full_step(aged.rows_affected()))
}

/// Deletes welcomes that everyone has processed.
pub async fn delete_orphans(connection: &mut AnyConnection) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM welcome_bundles WHERE NOT EXISTS (
             SELECT 1 FROM welcomes w
             WHERE w.room_id = welcome_bundles.room_id AND w.seq = welcome_bundles.seq)",
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn is_full_step(deleted: u64) -> bool {
    i64::try_from(deleted).is_ok_and(|deleted| deleted >= MAX_TRIM_STEP)
}
