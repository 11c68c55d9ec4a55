//! What devices fetch, and what they say they have.

use std::{collections::HashMap, sync::PoisonError};

use protocol::{
    Code, DeviceId, Problem, RoomId, Seq,
    limits::MAX_SYNC_ENTRIES,
    room_settings::RoomKind,
    socket::{
        Entries, Entry, GroupInfoReply, RemovalWanted, RoomAck, RoomRef, RoomReport, RoomSummary, RoomSync,
        RoomWelcome,
    },
};
use sha2::{Digest as _, Sha256};
use sqlx::{AnyConnection, any::AnyRow};

use super::{
    send::no_room,
    store,
    types::{entry_kind_from_stored, kind_tag, reason_from_stored},
};
use crate::{
    app::App,
    contacts::{self, Contacts},
    failure::{Failure, StoreError, refuse},
    groups::PublicGroupState,
    limits::MAX_SYNC_BYTES,
    policies,
    sessions::Caller,
    store::{Row, Written},
};

/// The rooms of the user that it did not leave.
pub async fn list(app: &App, caller: Caller) -> Result<Vec<RoomSummary>, Failure> {
    let mut connection = app.store.read().await?;
    let rows = sqlx::query(
        "SELECT r.room_id, r.network_id, r.kind, r.generation, r.epoch, r.last_seq, l.acked
         FROM room_members m
         JOIN rooms r ON r.room_id = m.room_id
         LEFT JOIN room_leaves l ON l.room_id = m.room_id AND l.device_id = $2
         WHERE m.user_id = $1 AND m.gone = 0
         ORDER BY r.room_id",
    )
    .bind(caller.user_id.as_bytes().as_slice())
    .bind(caller.device_id.as_bytes().as_slice())
    .fetch_all(&mut *connection)
    .await?;
    let mut members = members_by_room(&mut connection, caller).await?;
    let mut removals = removals_by_room(&mut connection, caller).await?;
    let policies = policies::policies(&mut connection, caller.network_id).await?;
    let verify = policies.unwrap_or_default().verify(true);
    let contacts = Contacts::read(&mut connection, caller.user_id).await?;
    drop(connection);

    let calls = app.calls.lock().unwrap_or_else(PoisonError::into_inner);
    rows.iter()
        .map(|row| {
            let room = store::room_of(row)?;
            let acked: Option<Seq> = row.get_opt("acked")?;
            let members = members.remove(&room.room_id).unwrap_or_default();
            let other = members.iter().find(|user| **user != caller.user_id);
            let other = other.filter(|_| room.kind == RoomKind::Direct);
            let refused = other.and_then(|other| contacts::check_talk(verify, contacts.pair(*other)).err());
            Ok(RoomSummary {
                room_id: room.room_id,
                kind: kind_tag(room.kind),
                generation: room.generation,
                epoch: room.epoch,
                last_seq: room.last_seq,
                members,
                has_leaf: acked.is_some(),
                acked: acked.unwrap_or_default(),
                removals: removals.remove(&room.room_id).unwrap_or_default(),
                call: calls.summary(room.room_id),
                refusal: refused.map(|problem| problem.code),
            })
        })
        .collect()
}

async fn members_by_room(
    connection: &mut AnyConnection,
    caller: Caller,
) -> Result<HashMap<RoomId, Vec<protocol::UserId>>, StoreError> {
    let rows = sqlx::query(
        "SELECT other.room_id, other.user_id
         FROM room_members own JOIN room_members other ON other.room_id = own.room_id
         WHERE own.user_id = $1 AND own.gone = 0
         ORDER BY other.room_id, other.user_id",
    )
    .bind(caller.user_id.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    let mut members = HashMap::<_, Vec<_>>::new();
    for row in rows {
        members
            .entry(row.get_as("room_id")?)
            .or_default()
            .push(row.get_as("user_id")?);
    }
    Ok(members)
}

async fn removals_by_room(
    connection: &mut AnyConnection,
    caller: Caller,
) -> Result<HashMap<RoomId, Vec<RemovalWanted>>, StoreError> {
    let rows = sqlx::query(
        "SELECT w.room_id, w.device_id, w.reason
         FROM room_members own JOIN removals w ON w.room_id = own.room_id
         WHERE own.user_id = $1 AND own.gone = 0
         ORDER BY w.room_id, w.device_id",
    )
    .bind(caller.user_id.as_bytes().as_slice())
    .fetch_all(connection)
    .await?;
    let mut removals = HashMap::<_, Vec<_>>::new();
    for row in rows {
        let reason =
            reason_from_stored(row.get_as("reason")?).ok_or(StoreError::Damaged { column: "reason" })?;
        let wanted = RemovalWanted {
            device_id: row.get_as("device_id")?,
            reason,
        };
        removals.entry(row.get_as("room_id")?).or_default().push(wanted);
    }
    Ok(removals)
}

/// The newest GroupInfo and tree, for a member's device that joins by an external commit.
pub async fn group_info(app: &App, caller: Caller, request: RoomRef) -> Result<GroupInfoReply, Failure> {
    let (room, state) = {
        let mut connection = app.store.read().await?;
        if !store::is_member(&mut connection, request.room_id, caller.user_id).await? {
            return Err(no_room());
        }
        store::room_and_group(&mut connection, request.room_id)
            .await?
            .ok_or_else(no_room)?
    };
    let group = PublicGroupState::load(&state).map_err(Problem::from)?;
    Ok(GroupInfoReply {
        generation: room.generation,
        epoch: room.epoch,
        seq: room.last_seq,
        group_info: group.group_info().into(),
        tree: group.tree().map_err(Problem::from)?.into(),
    })
}

/// Entries after a place, in order; R37, R48: none from before the device's own add.
pub async fn sync(app: &App, caller: Caller, request: RoomSync) -> Result<Entries, Failure> {
    let RoomSync {
        room_id,
        after,
        limit,
    } = request;
    let mut connection = app.store.read().await?;
    let since = store::since(&mut connection, room_id, caller.device_id)
        .await?
        .ok_or_else(no_room)?;
    if !store::is_member(&mut connection, room_id, caller.user_id).await? {
        return Err(no_room());
    }
    let after = after.max(since);
    let now = app.clock.now();
    let limit = i64::from(limit.clamp(1, MAX_SYNC_ENTRIES));
    let welcome = welcome(&mut connection, room_id, caller.device_id)
        .await?
        .map(Box::new);

    // Sizes first: two hundred commits of a large room would be too much to hold.
    let sizes = sqlx::query(
        "SELECT seq, CAST(LENGTH(payload) AS BIGINT) AS size FROM entries
         WHERE room_id = $1 AND seq > $2 AND (expires_at IS NULL OR expires_at > $3)
         ORDER BY seq LIMIT $4",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(after.0.cast_signed())
    .bind(now.0.cast_signed())
    .bind(limit + 1)
    .fetch_all(&mut *connection)
    .await?;
    let Some((last, more)) = cut(&sizes, limit)? else {
        return Ok(Entries {
            entries: Vec::new(),
            more: false,
            welcome,
        });
    };
    let rows = sqlx::query(
        "SELECT seq, generation, epoch, kind, payload, message_id, sent_at, expires_at FROM entries
         WHERE room_id = $1 AND seq > $2 AND seq <= $3 AND (expires_at IS NULL OR expires_at > $4)
         ORDER BY seq",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(after.0.cast_signed())
    .bind(last.0.cast_signed())
    .bind(now.0.cast_signed())
    .fetch_all(&mut *connection)
    .await?;
    let entries = rows.iter().map(entry_of).collect::<Result<_, _>>()?;
    Ok(Entries {
        entries,
        more,
        welcome,
    })
}

/// The last place that fits into one answer, and whether there are more after it.
fn cut(sizes: &[AnyRow], limit: i64) -> Result<Option<(Seq, bool)>, StoreError> {
    let mut last = None;
    let mut bytes = 0_u64;
    let mut count = 0;
    for row in sizes {
        bytes = bytes.saturating_add(row.get_as("size")?);
        count += 1;
        if let Some(last) = last
            && (bytes > MAX_SYNC_BYTES || count > limit)
        {
            return Ok(Some((last, true)));
        }
        last = Some(row.get_as("seq")?);
    }
    Ok(last.map(|last| (last, false)))
}

fn entry_of(row: &AnyRow) -> Result<Entry, StoreError> {
    let kind = entry_kind_from_stored(row.get_as("kind")?).ok_or(StoreError::Damaged { column: "kind" })?;
    Ok(Entry {
        seq: row.get_as("seq")?,
        generation: row.get_as("generation")?,
        epoch: row.get_as("epoch")?,
        kind,
        payload: row.get_as::<Vec<u8>>("payload")?.into(),
        message_id: row.get_as("message_id")?,
        sent_at: row.get_as("sent_at")?,
        expires_at: row.get_opt("expires_at")?,
    })
}

async fn welcome(
    connection: &mut AnyConnection,
    room_id: RoomId,
    device_id: DeviceId,
) -> Result<Option<RoomWelcome>, StoreError> {
    let row = sqlx::query(
        "SELECT b.generation, b.epoch, b.seq, b.welcome, b.tree
         FROM welcomes w JOIN welcome_bundles b ON b.room_id = w.room_id AND b.seq = w.seq
         WHERE w.room_id = $1 AND w.device_id = $2",
    )
    .bind(room_id.as_bytes().as_slice())
    .bind(device_id.as_bytes().as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(RoomWelcome {
        room_id,
        generation: row.get_as("generation")?,
        epoch: row.get_as("epoch")?,
        seq: row.get_as("seq")?,
        welcome: row.get_as::<Vec<u8>>("welcome")?.into(),
        tree: row.get_as::<Vec<u8>>("tree")?.into(),
    }))
}

/// Moves the device's cursor on. What lies beyond the log is no place to acknowledge.
pub async fn ack(app: &App, caller: Caller, request: RoomAck) -> Result<(), Failure> {
    let RoomAck { room_id, seq } = request;
    let device_id = caller.device_id;
    app.store
        .append(move |connection| {
            Box::pin(async move {
                let moved = sqlx::query(
                    "UPDATE room_leaves SET acked = $3
                     WHERE room_id = $1 AND device_id = $2 AND acked <= $3
                         AND EXISTS (SELECT 1 FROM rooms WHERE room_id = $1 AND last_seq >= $3)",
                )
                .bind(room_id.as_bytes().as_slice())
                .bind(device_id.as_bytes().as_slice())
                .bind(seq.0.cast_signed())
                .execute(&mut *connection)
                .await?;
                if moved.rows_affected() == 1 {
                    sqlx::query("DELETE FROM welcomes WHERE room_id = $1 AND device_id = $2 AND seq <= $3")
                        .bind(room_id.as_bytes().as_slice())
                        .bind(device_id.as_bytes().as_slice())
                        .bind(seq.0.cast_signed())
                        .execute(connection)
                        .await?;
                } else if store::since(connection, room_id, device_id).await?.is_none() {
                    return Err(no_room());
                }
                Ok(Written::answer(()))
            })
        })
        .await?;
    app.dirty_rooms.mark(room_id);
    Ok(())
}

/// Notes a commit that the server took and a member cannot process: the room needs an external commit or a new
/// generation, which members make; the operator learns that something is wrong.
pub async fn report(app: &App, caller: Caller, request: RoomReport) -> Result<(), Failure> {
    let RoomReport {
        room_id,
        seq,
        payload_hash,
    } = request;
    let mut connection = app.store.read().await?;
    if store::since(&mut connection, room_id, caller.device_id)
        .await?
        .is_none()
    {
        return Err(no_room());
    }
    let row = sqlx::query("SELECT payload FROM entries WHERE room_id = $1 AND seq = $2")
        .bind(room_id.as_bytes().as_slice())
        .bind(seq.0.cast_signed())
        .fetch_optional(&mut *connection)
        .await?;
    let row = row.ok_or_else(|| refuse(Code::NotFound, "there is no such entry"))?;
    let payload: Vec<u8> = row.get_as("payload")?;
    let same = Sha256::digest(&payload).as_slice() == payload_hash.0;
    tracing::warn!(room.id = %room_id, entry.seq = seq.0, payload.same = same, "a member cannot process a commit");
    Ok(())
}
