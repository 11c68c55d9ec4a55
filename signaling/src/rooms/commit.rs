//! Commits to a room's group.

use std::sync::Arc;

use protocol::{
    Code, Problem, RoomId, UserId,
    limits::MAX_ROOM_MEMBERS,
    room_settings::RoomKind,
    socket::{Accepted, CommitBundle, Entry, EntryKind, Event, RoomCommit},
};
use sqlx::AnyConnection;

use super::{
    end_due,
    group_write::{GroupChange, Judged, Standing, welcome_event, write_group},
    judge::RoomJudge,
    refresh_call, rules,
    send::{check_batch, check_contact, no_room, stale},
    store,
    types::{Known, NewEntry, Room},
};
use crate::{
    app::App,
    contacts,
    failure::{Failure, causes, refuse},
    groups::PublicGroupState,
    people,
    sessions::Caller,
    store::Written,
};

/// Judges a commit against the public group and the room's rules, and writes it if nobody was faster.
pub async fn commit(
    app: &Arc<App>,
    caller: Caller,
    batch: u64,
    request: RoomCommit,
) -> Result<Accepted, Failure> {
    rules::check_bundle(&request.bundle)?;
    app.rates
        .commits
        .take((caller.device_id, request.room_id), 1, app.clock.now())?;
    let (room, state, judge) = match read(app, caller, &request).await? {
        Found::Before(accepted) => return Ok(accepted),
        Found::Room(found) => *found,
    };
    let work = judge_commit(app, request, state, judge).await?;
    let worker = Arc::clone(app);
    app.store
        .write(move |connection| Box::pin(write(worker, connection, caller, batch, room, work)))
        .await
}

enum Found {
    /// The commit was accepted before.
    Before(Accepted),
    /// What judging needs.
    Room(Box<(Room, Vec<u8>, RoomJudge)>),
}

async fn read(app: &App, caller: Caller, request: &RoomCommit) -> Result<Found, Failure> {
    let room_id = request.room_id;
    let mut connection = app.store.read().await?;
    let is_member = store::is_member(&mut connection, room_id, caller.user_id).await?;
    if !is_member {
        return Err(no_room());
    }
    if let Some(known) = store::known(&mut connection, room_id, request.message_id).await? {
        return same_again(&known, &request.bundle).map(Found::Before);
    }
    let (room, state) = store::room_and_group(&mut connection, room_id)
        .await?
        .ok_or_else(no_room)?;
    if room.generation != request.generation || room.epoch != request.bundle.epoch {
        return Err(stale());
    }
    let mut users = PublicGroupState::users_in(&request.bundle).map_err(Problem::from)?;
    users.push(caller.user_id);
    let judge = RoomJudge {
        caller,
        users: people::known_users(&mut connection, room.network_id, &users).await?,
        removals: store::removals(&mut connection, room_id).await?,
        is_member,
    };
    Ok(Found::Room(Box::new((room, state, judge))))
}

/// The answer to a message id that is known.
fn same_again(known: &Known, bundle: &CommitBundle) -> Result<Accepted, Failure> {
    if known.kind == EntryKind::Commit && known.payload == bundle.commit.0 {
        Ok(Accepted {
            seq: known.seq,
            sent_at: known.sent_at,
        })
    } else {
        Err(refuse(Code::DuplicateId, "another entry has this id"))
    }
}

/// A commit that the group takes.
struct Work {
    request: RoomCommit,
    judged: Judged,
    /// It changes what was agreed on in the room.
    sets: bool,
}

/// Checking signatures and hashing trees takes milliseconds: not on the threads that serve connections.
async fn judge_commit(
    app: &App,
    request: RoomCommit,
    state: Vec<u8>,
    judge: RoomJudge,
) -> Result<Work, Failure> {
    let now = app.clock.now();
    let judging = tokio::task::spawn_blocking(move || {
        let mut group = PublicGroupState::load(&state).map_err(Problem::from)?;
        let before = group.settings().clone();
        let effect = group.apply(&request.bundle, &judge, now).map_err(Problem::from)?;
        let own_entry = if effect.external {
            vec![effect.committer.certificate.body().device_id]
        } else {
            Vec::new()
        };
        let judged = Judged::of(&group, Some(&request.bundle), own_entry, &effect.added)?;
        if judged.users().len() > MAX_ROOM_MEMBERS {
            return Err(refuse(Code::Full, "too many members"));
        }
        let sets = *group.settings() != before;
        Ok(Work {
            request,
            judged,
            sets,
        })
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
    room: Room,
    work: Work,
) -> Result<Written<Accepted>, Failure> {
    let Work {
        request,
        judged,
        sets,
    } = work;
    let RoomCommit {
        room_id,
        generation,
        message_id,
        bundle,
    } = request;
    if let Some(known) = store::known(connection, room_id, message_id).await? {
        return same_again(&known, &bundle).map(Written::answer);
    }
    check_batch(connection, caller, batch).await?;
    let users = judged.users();
    let other = users.iter().find(|user| **user != caller.user_id);
    if let Some(other) = other.filter(|_| sets && room.kind == RoomKind::Direct) {
        check_contact(connection, caller, *other, None).await?;
    }
    let added = new_users(connection, room_id, &judged).await?;
    contacts::check_added(connection, caller.user_id, added.into_iter()).await?;
    let sent_at = app.clock.now();
    let seq = store::advance(connection, room_id, generation, bundle.epoch, 1, sent_at)
        .await?
        .ok_or_else(stale)?;
    let kind = EntryKind::Commit;
    store::insert_entry(
        connection,
        &NewEntry {
            room_id,
            seq,
            generation,
            epoch: bundle.epoch,
            kind,
            message_id,
            sent_at,
            expires_at: None,
            payload: &bundle.commit.0,
        },
    )
    .await?;
    let standing = Standing {
        room_id,
        generation,
        epoch: bundle.epoch.next(),
        seq,
        own_since: protocol::Seq(seq.0.saturating_sub(1)),
    };
    let mut change = write_group(connection, &judged, standing, Some(&bundle)).await?;
    // Who joined by this very commit sees it too: it may have missed our answer.
    for device_id in &judged.own_entry {
        if !change.witnesses.contains(device_id) {
            change.witnesses.push(*device_id);
        }
    }

    let entry = Entry {
        seq,
        generation,
        epoch: bundle.epoch,
        kind,
        payload: bundle.commit.clone(),
        message_id,
        sent_at,
        expires_at: None,
    };
    app.room_cache.forget(room_id);
    let over = judged.ends_at.is_some_and(|at| at <= sent_at);
    Ok(Written::then(Accepted { seq, sent_at }, move || {
        let welcome = welcome_event(standing, &bundle, judged.tree);
        announce(&app, room, change, vec![entry], welcome);
        if over {
            end_now(&app);
        }
    }))
}

/// Users who were no members before. Another device of one who is may come whoever adds it.
async fn new_users(
    connection: &mut AnyConnection,
    room_id: RoomId,
    judged: &Judged,
) -> Result<Vec<UserId>, Failure> {
    if judged.added.is_empty() {
        return Ok(Vec::new());
    }
    let before = store::members(connection, room_id, true).await?;
    let added = judged.added.iter().map(|leaf| leaf.user_id);
    Ok(added.filter(|user_id| !before.contains(user_id)).collect())
}

/// A moderator deleted the room: what waits for the retention job would live longer than it was told.
fn end_now(app: &Arc<App>) {
    let app = Arc::clone(app);
    tokio::spawn(async move {
        if let Err(error) = end_due(&app).await {
            tracing::error!(error = causes(&error), "a deleted room waits for the next round");
        }
    });
}

/// Tells everyone concerned: first the log, then what came of it.
pub fn announce(
    app: &Arc<App>,
    room: Room,
    change: GroupChange,
    entries: Vec<Entry>,
    welcome: Option<protocol::socket::RoomWelcome>,
) {
    let room_id = room.room_id;
    app.room_cache.forget(room_id);
    for entry in entries {
        app.hub.to_devices(
            change.witnesses.iter().copied(),
            &Event::RoomEntry { room_id, entry },
        );
    }
    if let Some(welcome) = welcome {
        app.hub.to_devices(
            change.welcomed.iter().copied(),
            &Event::RoomWelcome(Box::new(welcome)),
        );
    }
    if change.tell_users {
        for user_id in &change.users {
            app.hub.to_user(*user_id, &Event::RoomsChanged);
        }
    }
    refresh_call(app, room_id, room.network_id);
}
