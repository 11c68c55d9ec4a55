//! Founding a room's group, or its next generation.

use std::sync::Arc;

use protocol::{
    Bytes, Code, Epoch, Generation, NetworkId, Problem, RoomId, Seq, UserId,
    room_settings::RoomKind,
    socket::{Accepted, CommitBundle, Entry, EntryKind, RoomFound},
};
use sqlx::AnyConnection;

use super::{
    commit::announce,
    group_write::{Judged, Standing, welcome_event, write_group},
    judge::RoomJudge,
    rules::{self, Before, Founding},
    send::{check_batch, no_room},
    store,
    types::{Known, NewEntry, Room, kind_to_stored},
};
use crate::{
    app::App,
    contacts,
    failure::{Failure, StoreError, refuse},
    groups::{GroupName, PublicGroupState},
    people,
    sessions::Caller,
    store::{Row as _, Written},
};

/// Founds a room, or its next generation, with the commit that follows at once.
pub async fn found(
    app: &Arc<App>,
    caller: Caller,
    batch: u64,
    request: RoomFound,
) -> Result<Accepted, Failure> {
    rules::check_handshake(request.group_info.0.len())?;
    rules::check_handshake(request.tree.0.len())?;
    if let Some(bundle) = &request.commit {
        rules::check_bundle(bundle)?;
    }
    app.rates.foundings.take(caller.device_id, 1, app.clock.now())?;
    let (before, judge) = match read(app, caller, &request).await? {
        Found::Before(accepted) => return Ok(accepted),
        Found::Judge(before, judge) => (before, judge),
    };
    let (request, judged, kind) = judge_founding(app, caller, request, before, judge).await?;
    let worker = Arc::clone(app);
    app.store
        .write(move |connection| Box::pin(write(worker, connection, caller, batch, request, kind, judged)))
        .await
}

enum Found {
    /// It was founded before by the same request.
    Before(Accepted),
    /// What judging needs; with the generation before and its members, where there is one.
    Judge(Option<(Vec<u8>, Vec<UserId>)>, RoomJudge),
}

async fn read(app: &App, caller: Caller, request: &RoomFound) -> Result<Found, Failure> {
    let room_id = request.room_id;
    let mut connection = app.store.read().await?;
    let before = match store::room_and_group(&mut connection, room_id).await? {
        None if request.generation == Generation(1) => None,
        None => return Err(no_room()),
        Some((room, state)) => {
            if !store::is_member(&mut connection, room_id, caller.user_id).await? {
                return Err(taken());
            }
            if let Some(known) = store::known(&mut connection, room_id, request.message_id).await? {
                return same_again(&known, request.commit.as_ref()).map(Found::Before);
            }
            if request.generation != room.generation.next() {
                return Err(taken());
            }
            Some((state, store::members(&mut connection, room_id, false).await?))
        }
    };
    let mut users = match &request.commit {
        Some(bundle) => PublicGroupState::users_in(bundle).map_err(Problem::from)?,
        None => Vec::new(),
    };
    users.push(caller.user_id);
    let judge = RoomJudge {
        caller,
        users: people::known_users(&mut connection, caller.network_id, &users).await?,
        removals: store::removals(&mut connection, room_id).await?,
        is_member: true,
    };
    Ok(Found::Judge(before, judge))
}

/// The answer to a message id that is known.
fn same_again(known: &Known, commit: Option<&CommitBundle>) -> Result<Accepted, Failure> {
    let same = match commit {
        Some(bundle) => known.kind == EntryKind::Commit && known.payload == bundle.commit.0,
        None => known.kind == EntryKind::Founded,
    };
    if same {
        Ok(Accepted {
            seq: known.seq,
            sent_at: known.sent_at,
        })
    } else {
        Err(refuse(Code::DuplicateId, "another entry has this id"))
    }
}

fn taken() -> Failure {
    refuse(Code::Conflict, "this generation of the room exists")
}

async fn judge_founding(
    app: &App,
    caller: Caller,
    request: RoomFound,
    before: Option<(Vec<u8>, Vec<UserId>)>,
    judge: RoomJudge,
) -> Result<(RoomFound, Judged, RoomKind), Failure> {
    let now = app.clock.now();
    let judging = tokio::task::spawn_blocking(move || {
        let name = GroupName::Room(request.room_id, request.generation);
        let mut group = PublicGroupState::found(name, &request.group_info.0, &request.tree.0, &judge, now)
            .map_err(Problem::from)?;
        let added = match &request.commit {
            Some(bundle) => group.apply(bundle, &judge, now).map_err(Problem::from)?.added,
            None => Vec::new(),
        };
        let judged = Judged::of(&group, request.commit.as_ref(), vec![caller.device_id], &added)?;
        let former = match &before {
            Some((state, members)) => Some((PublicGroupState::load(state).map_err(Problem::from)?, members)),
            None => None,
        };
        rules::check_founding(&Founding {
            room_id: request.room_id,
            founder: caller.user_id,
            settings: group.settings(),
            users: &judged.users(),
            before: former.as_ref().map(|(former, members)| Before {
                settings: former.settings(),
                members,
            }),
        })?;
        let kind = group.settings().kind;
        Ok((request, judged, kind))
    });
    judging
        .await
        .map_err(|_| refuse(Code::Internal, "a fault of the server"))?
}

async fn write(
    app: Arc<App>,
    connection: &mut AnyConnection,
    caller: Caller,
    batch: u64,
    request: RoomFound,
    kind: RoomKind,
    judged: Judged,
) -> Result<Written<Accepted>, Failure> {
    let RoomFound {
        room_id,
        generation,
        message_id,
        commit,
        ..
    } = request;
    if let Some(known) = store::known(connection, room_id, message_id).await? {
        return same_again(&known, commit.as_ref()).map(Written::answer);
    }
    check_batch(connection, caller, batch).await?;
    // The next generation has the members of the one before, who stay.
    if kind == RoomKind::Direct || generation == Generation(1) {
        contacts::check_added(connection, caller.user_id, judged.users().into_iter()).await?;
    }
    if kind == RoomKind::Own && generation == Generation(1) && has_own_room(connection, caller).await? {
        return Err(refuse(Code::Conflict, "the user has an own room"));
    }
    let epoch = Epoch(u64::from(commit.is_some()));
    let places = 1 + u64::from(commit.is_some());
    let network_id = caller.network_id;
    let last = begin(connection, room_id, network_id, kind, generation, epoch, places).await?;
    let founded = Seq(last.0 + 1 - places);
    let sent_at = app.clock.now();

    let mut entries = Vec::new();
    let empty = Bytes::default();
    let mut write = vec![(founded, EntryKind::Founded, &empty)];
    if let Some(bundle) = &commit {
        write.push((last, EntryKind::Commit, &bundle.commit));
    }
    for (seq, kind, payload) in write {
        let new = NewEntry {
            room_id,
            seq,
            generation,
            epoch: Epoch(0),
            kind,
            message_id,
            sent_at,
            expires_at: None,
            payload: &payload.0,
        };
        store::insert_entry(connection, &new).await?;
        let payload = payload.clone();
        entries.push(Entry {
            seq,
            generation,
            epoch: Epoch(0),
            kind,
            payload,
            message_id,
            sent_at,
            expires_at: None,
        });
    }
    let standing = Standing {
        room_id,
        generation,
        epoch,
        seq: last,
        own_since: Seq(founded.0.saturating_sub(1)),
    };
    let mut change = write_group(connection, &judged, standing, commit.as_ref()).await?;
    change.witnesses.push(caller.device_id);
    change.witnesses.sort_unstable();
    change.witnesses.dedup();
    // A new generation concerns every member, also those whose membership stays as it was.
    change.tell_users = true;

    let room = Room {
        room_id,
        network_id,
        kind,
        generation,
        epoch,
        last_seq: last,
    };
    app.room_cache.forget(room_id);
    Ok(Written::then(Accepted { seq: last, sent_at }, move || {
        let welcome = commit
            .as_ref()
            .and_then(|bundle| welcome_event(standing, bundle, judged.tree));
        announce(&app, room, change, entries, welcome);
    }))
}

async fn has_own_room(connection: &mut AnyConnection, caller: Caller) -> Result<bool, StoreError> {
    let row = sqlx::query(
        "SELECT r.room_id FROM rooms r JOIN room_members m ON m.room_id = r.room_id
         WHERE m.user_id = $1 AND r.kind = $2",
    )
    .bind(caller.user_id.as_bytes().as_slice())
    .bind(kind_to_stored(RoomKind::Own))
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Makes the room's row, or moves it on by one generation; takes `places` places of the log.
async fn begin(
    connection: &mut AnyConnection,
    room_id: RoomId,
    network_id: NetworkId,
    kind: RoomKind,
    generation: Generation,
    epoch: Epoch,
    places: u64,
) -> Result<Seq, Failure> {
    let row = if generation == Generation(1) {
        sqlx::query(
            "INSERT INTO rooms (room_id, network_id, kind, generation, epoch, last_seq)
             VALUES ($1, $2, $3, 1, $4, $5) ON CONFLICT DO NOTHING RETURNING last_seq",
        )
        .bind(room_id.as_bytes().as_slice())
        .bind(network_id.as_bytes().as_slice())
        .bind(kind_to_stored(kind))
        .bind(epoch.0.cast_signed())
        .bind(places.cast_signed())
        .fetch_optional(connection)
        .await?
    } else {
        sqlx::query(
            "UPDATE rooms SET generation = $2, epoch = $3, last_seq = last_seq + $4
             WHERE room_id = $1 AND generation = $2 - 1 RETURNING last_seq",
        )
        .bind(room_id.as_bytes().as_slice())
        .bind(generation.0.cast_signed())
        .bind(epoch.0.cast_signed())
        .bind(places.cast_signed())
        .fetch_optional(connection)
        .await?
    };
    let row = row.ok_or_else(taken)?;
    Ok(row.get_as("last_seq")?)
}
