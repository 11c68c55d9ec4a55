//! Members who leave, leaves that are to go, and what a call has to know of its room.

use std::sync::{Arc, PoisonError};

use protocol::{
    Code, NetworkId, RoomId, UserId,
    room_settings::{RoomKind, WhoMayAdd},
    socket::{Event, RoomRef},
};
use sqlx::AnyConnection;

use super::{send::no_room, store, types::kind_to_stored};
use crate::{
    app::App,
    blobs,
    calls::RoomForCall,
    contacts,
    failure::{Failure, StoreError, causes, refuse},
    groups::PublicGroupState,
    policies,
    sessions::Caller,
    store::{Row as _, Written},
};

/// Asks the members of a room to remove the leaves of devices that are no more. A user's last leaf stays, else
/// the user would lose the room with the device: whoever signs in again joins by an external commit, which takes
/// the old leaf out. Answers whether there is something new to remove.
pub async fn ask_for_removals(connection: &mut AnyConnection, room_id: RoomId) -> Result<bool, StoreError> {
    let asked = sqlx::query(
        "INSERT INTO removals (room_id, device_id, reason)
         SELECT dead.room_id, dead.device_id, 2
         FROM room_leaves dead
         WHERE dead.room_id = $1
             AND NOT EXISTS (SELECT 1 FROM devices d WHERE d.device_id = dead.device_id)
             AND EXISTS (
                 SELECT 1 FROM room_leaves other JOIN devices d ON d.device_id = other.device_id
                 WHERE other.room_id = dead.room_id AND other.user_id = dead.user_id)
         ON CONFLICT DO NOTHING",
    )
    .bind(room_id.as_bytes().as_slice())
    .execute(connection)
    .await?;
    Ok(asked.rows_affected() > 0)
}

/// The user leaves: hears nothing more from now on, and the members are asked to remove the leaves. With its
/// last member, the room goes, and its files with it.
pub async fn leave(app: &Arc<App>, caller: Caller, request: RoomRef) -> Result<(), Failure> {
    let room_id = request.room_id;
    let worker = Arc::clone(app);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let room = store::room(connection, room_id).await?.ok_or_else(no_room)?;
                if !store::is_member(connection, room_id, caller.user_id).await? {
                    return Err(no_room());
                }
                if room.kind == RoomKind::Own {
                    return Err(refuse(Code::Forbidden, "one's own room cannot be left"));
                }
                let members = store::members(connection, room_id, false).await?;
                let last = members.len() == 1;
                let files = if last {
                    blobs::of_room(connection, room_id).await?
                } else {
                    Vec::new()
                };
                write_leave(connection, caller, room_id, last).await?;
                worker.room_cache.forget(room_id);
                Ok(Written::then((), move || {
                    blobs::delete_files(&worker, files);
                    worker.room_cache.forget(room_id);
                    for user_id in members {
                        worker.hub.to_user(user_id, &Event::RoomsChanged);
                    }
                    refresh_call(&worker, room_id, caller.network_id);
                }))
            })
        })
        .await
}

async fn write_leave(
    connection: &mut AnyConnection,
    caller: Caller,
    room_id: RoomId,
    last: bool,
) -> Result<(), StoreError> {
    if last {
        return store::delete(connection, room_id).await;
    }
    for query in [
        "UPDATE room_members SET gone = 1 WHERE room_id = $1 AND user_id = $2",
        "INSERT INTO removals (room_id, device_id, reason)
         SELECT room_id, device_id, 1 FROM room_leaves WHERE room_id = $1 AND user_id = $2
         ON CONFLICT (room_id, device_id) DO UPDATE SET reason = excluded.reason",
        "DELETE FROM welcomes WHERE room_id = $1 AND device_id IN
             (SELECT device_id FROM room_leaves WHERE room_id = $1 AND user_id = $2)",
    ] {
        sqlx::query(query)
            .bind(room_id.as_bytes().as_slice())
            .bind(caller.user_id.as_bytes().as_slice())
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

/// Ends rooms whose time is over (R38): each goes with all that the server has of it, and its members are told. Safe to
/// repeat.
pub async fn end_due(app: &Arc<App>) -> Result<(), Failure> {
    let now = app.clock.now();
    let ended = {
        let mut connection = app.store.read().await?;
        store::ended(&mut connection, now).await?
    };
    for (room_id, network_id) in ended {
        let worker = Arc::clone(app);
        app.store
            .write(move |connection| {
                Box::pin(async move {
                    // Its end may have been moved since.
                    let over = store::ended(connection, now).await?;
                    if !over.contains(&(room_id, network_id)) {
                        return Ok(Written::answer(()));
                    }
                    let members = store::members(connection, room_id, true).await?;
                    let files = blobs::of_room(connection, room_id).await?;
                    store::delete(connection, room_id).await?;
                    worker.room_cache.forget(room_id);
                    Ok(Written::then((), move || {
                        blobs::delete_files(&worker, files);
                        worker.room_cache.forget(room_id);
                        for user_id in members {
                            worker.hub.to_user(user_id, &Event::RoomsChanged);
                        }
                        refresh_call(&worker, room_id, network_id);
                    }))
                })
            })
            .await?;
    }
    Ok(())
}

/// What a call has to know of its room; nothing if there is no such room.
pub async fn room_for_call(
    connection: &mut AnyConnection,
    room_id: RoomId,
) -> Result<Option<RoomForCall>, StoreError> {
    let Some((room, group)) = store::room_and_group(connection, room_id).await? else {
        return Ok(None);
    };
    let group = PublicGroupState::load(&group).map_err(|_| StoreError::Damaged { column: "state" })?;
    let leaves = store::live_leaves(connection, room_id).await?;
    Ok(Some(RoomForCall {
        room_id,
        network_id: room.network_id,
        members: store::members(connection, room_id, false).await?,
        leaves: leaves.iter().map(|leaf| leaf.device_id).collect(),
        moderators: group.settings().moderators.clone(),
        direct: group.settings().kind == RoomKind::Direct,
        members_admit: group.settings().kind == RoomKind::Room
            && group.settings().who_may_add == WhoMayAdd::Members,
    }))
}

/// The direct rooms that two users share, and neither left.
pub async fn direct_rooms(
    connection: &mut AnyConnection,
    user_id: UserId,
    other_id: UserId,
) -> Result<Vec<RoomId>, StoreError> {
    let rows = sqlx::query(
        "SELECT r.room_id FROM rooms r
         JOIN room_members one ON one.room_id = r.room_id AND one.user_id = $1 AND one.gone = 0
         JOIN room_members two ON two.room_id = r.room_id AND two.user_id = $2 AND two.gone = 0
         WHERE r.kind = $3",
    )
    .bind(user_id.as_bytes().as_slice())
    .bind(other_id.as_bytes().as_slice())
    .bind(kind_to_stored(RoomKind::Direct))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| row.get_as("room_id")).collect()
}

/// Whether there may be a call in the room: in a direct one, by how its two users stand with each other. `user_id` is who is
/// told the reason.
pub async fn check_call(
    connection: &mut AnyConnection,
    room: &RoomForCall,
    user_id: UserId,
) -> Result<(), Failure> {
    let other = room.members.iter().find(|other| **other != user_id);
    let Some(other) = other.filter(|_| room.direct) else {
        return Ok(());
    };
    let pair = contacts::pair(connection, user_id, *other).await?;
    let policies = policies::policies(connection, room.network_id).await?;
    contacts::check_talk(policies.unwrap_or_default().verify(true), pair).map_err(Failure::Refused)
}

/// Tells the call in a room, if there is one, that the room's leaves changed, or what its users want of each other.
pub fn refresh_call(app: &Arc<App>, room_id: RoomId, network_id: NetworkId) {
    if app
        .calls
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .summary(room_id)
        .is_none()
    {
        return;
    }
    let app = Arc::clone(app);
    tokio::spawn(async move {
        let read = async {
            let mut connection = app.store.read().await?;
            let Some(room) = room_for_call(&mut connection, room_id).await? else {
                return Ok(None);
            };
            let one = room.members.first().copied();
            let refused = match one {
                Some(one) => check_call(&mut connection, &room, one).await,
                None => Ok(()),
            };
            match refused {
                Ok(()) => Ok(Some(room)),
                // Nobody is in a call with whom one has nothing to do.
                Err(Failure::Refused(_)) => Ok(None),
                Err(Failure::Store(error)) => Err(error),
            }
        };
        match read.await {
            Ok(room) => {
                let ended = RoomForCall {
                    room_id,
                    network_id,
                    members: Vec::new(),
                    leaves: Vec::new(),
                    moderators: Vec::new(),
                    direct: false,
                    members_admit: false,
                };
                let room = room.unwrap_or(ended);
                let now = app.clock.now();
                app.calls
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .room_changed(&room, now);
            }
            Err(error) => {
                tracing::error!(room.id = %room_id, error = causes(&error), "a call kept its former members")
            }
        }
    });
}
