//! Application messages.

use std::sync::Arc;

use protocol::{
    Code, RoomId, UserId,
    limits::MAX_APPLICATION_LEN,
    push::Wake,
    socket::{Accepted, Entry, EntryKind, Event, RoomSend},
};
use sqlx::AnyConnection;

use super::{
    cache::Audience,
    envelope,
    store::{self, BatchTaken},
    types::NewEntry,
};
use crate::{
    app::App,
    contacts,
    failure::{Failure, refuse},
    policies,
    push::Waker,
    sessions::Caller,
    store::Written,
};

/// Writes a message to the log, and hands it to all connected devices of the room.
pub async fn send(
    app: &Arc<App>,
    caller: Caller,
    batch: u64,
    request: RoomSend,
) -> Result<Accepted, Failure> {
    if request.payload.0.len() > MAX_APPLICATION_LEN {
        return Err(refuse(Code::TooLarge, "the message is too large"));
    }
    if !envelope::is_application(
        &request.payload.0,
        request.room_id,
        request.generation,
        request.epoch,
    ) {
        return Err(refuse(
            Code::Malformed,
            "not an application message of this group and epoch",
        ));
    }
    let worker = Arc::clone(app);
    app.store
        .append(move |connection| Box::pin(write(worker, connection, caller, batch, request)))
        .await
}

async fn write(
    app: Arc<App>,
    connection: &mut AnyConnection,
    caller: Caller,
    batch: u64,
    request: RoomSend,
) -> Result<Written<Accepted>, Failure> {
    let RoomSend {
        room_id,
        generation,
        epoch,
        message_id,
        payload,
        expires_at,
        introduces,
        wakes,
    } = request;
    // What was accepted once stays accepted, whatever the epoch is now.
    if let Some(known) = store::known(connection, room_id, message_id).await? {
        if !store::is_member(connection, room_id, caller.user_id).await? {
            return Err(no_room());
        }
        if known.kind == EntryKind::Application && known.payload == payload.0 {
            return Ok(Written::answer(Accepted {
                seq: known.seq,
                sent_at: known.sent_at,
            }));
        }
        return Err(refuse(Code::DuplicateId, "another entry has this id"));
    }
    let audience = match app.room_cache.get(room_id, generation, epoch) {
        Some(audience) => audience,
        None => load_audience(connection, room_id).await?,
    };
    if !audience.has(caller.device_id) {
        return Err(no_room());
    }
    if audience.generation != generation || audience.epoch != epoch {
        return Err(stale());
    }
    if let Some(other) = audience.other(caller.user_id) {
        check_contact(connection, caller, other, introduces.then_some(payload.0.len())).await?;
    }
    check_batch(connection, caller, batch).await?;
    let sent_at = app.clock.now();
    let seq = store::advance(connection, room_id, generation, epoch, 0, sent_at)
        .await?
        .ok_or_else(stale)?;
    let kind = EntryKind::Application;
    store::insert_entry(
        connection,
        &NewEntry {
            room_id,
            seq,
            generation,
            epoch,
            kind,
            message_id,
            sent_at,
            expires_at,
            payload: &payload.0,
        },
    )
    .await?;

    let entry = Entry {
        seq,
        generation,
        epoch,
        kind,
        payload,
        message_id,
        sent_at,
        expires_at,
    };
    Ok(Written::then(Accepted { seq, sent_at }, move || {
        app.hub
            .to_devices(audience.devices(), &Event::RoomEntry { room_id, entry });
        // Somebody who calls is one of two; in a room of many nobody presses for haste.
        let wakes = match wakes {
            Wake::Call if !audience.is_direct() => Wake::Message,
            wakes => wakes,
        };
        Waker::wake(&app, room_id, audience.others(caller.user_id), wakes);
        app.room_cache.put(room_id, audience);
    }))
}

/// Reads who hears what is said in a room.
pub async fn load_audience(
    connection: &mut AnyConnection,
    room_id: RoomId,
) -> Result<Arc<Audience>, Failure> {
    let room = store::room(connection, room_id).await?.ok_or_else(no_room)?;
    let leaves = store::live_leaves(connection, room_id).await?;
    Ok(Arc::new(Audience {
        generation: room.generation,
        epoch: room.epoch,
        leaves,
        kind: room.kind,
    }))
}

/// Whether a message, or a change of what was agreed on, passes between the two users of a direct room; of one that introduces its author, how long it is.
pub async fn check_contact(
    connection: &mut AnyConnection,
    caller: Caller,
    other: UserId,
    introduces: Option<usize>,
) -> Result<(), Failure> {
    let pair = contacts::pair(connection, caller.user_id, other).await?;
    let checked = match introduces {
        Some(len) => contacts::check_introduction(pair, len),
        None => {
            let policies = policies::policies(connection, caller.network_id).await?;
            contacts::check_talk(policies.unwrap_or_default().verify(true), pair)
        }
    };
    checked.map_err(Failure::Refused)
}

/// The answer to who is no member, whether there is such a room or not.
pub fn no_room() -> Failure {
    refuse(Code::NotFound, "there is no such room")
}

/// The answer to who comes with an epoch that is not the current one.
pub fn stale() -> Failure {
    refuse(Code::StaleEpoch, "the group is at another epoch or generation")
}

/// Refuses the writes of a device whose state is older than what was seen of it, and of one that is no more.
pub async fn check_batch(connection: &mut AnyConnection, caller: Caller, batch: u64) -> Result<(), Failure> {
    match store::take_batch(connection, caller.device_id, batch).await? {
        BatchTaken::Yes => Ok(()),
        BatchTaken::Behind => Err(refuse(Code::Rollback, "the device showed a later state before")),
        BatchTaken::NoDevice => Err(refuse(Code::Unauthenticated, "the device is gone")),
    }
}
