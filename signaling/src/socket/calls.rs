//! Requests about calls: reads what the calls module needs, and asks it.

use std::sync::{MutexGuard, PoisonError};

use protocol::{
    Code, Problem, UserId,
    socket::{
        Accepted, CallCommit, CallFound, CallJoin, CallJoined, CallRef, CallSend, CallSync, Entries,
        GroupInfoReply, GuestDeny, MediaAnswer, MediaIntent, MediaOffer, MediaTrial, MediaTried, Reply,
    },
};
use tokio::time::timeout;

use crate::{
    app::App,
    calls::{CallError, Calls, MediaTicket, People},
    failure::{Failure, refuse},
    groups::PublicGroupState,
    limits::SFU_PATIENCE,
    people, rooms,
    sessions::Caller,
};

pub async fn join(app: &App, caller: Caller, request: CallJoin) -> Result<CallJoined, Failure> {
    let room = {
        let mut connection = app.store.read().await?;
        let room = rooms::room_for_call(&mut connection, request.room_id)
            .await?
            .filter(|room| room.members.contains(&caller.user_id))
            .ok_or_else(|| refuse(Code::NotFound, "there is no such room"))?;
        rooms::check_call(&mut connection, &room, caller.user_id).await?;
        room
    };
    let now = app.clock.now();
    let joined = checked(calls(app).join(who(caller), request, &room, now))?;
    Ok(CallJoined {
        ice_servers: app.turn.iter().map(|turn| turn.credentials(now)).collect(),
        ..joined
    })
}

pub async fn found(app: &App, caller: Caller, request: CallFound) -> Result<Accepted, Failure> {
    let people = read_people(app, caller, Vec::new()).await?;
    checked(calls(app).found(who(caller), &request, &people, app.clock.now()))
}

pub async fn commit(app: &App, caller: Caller, request: CallCommit) -> Result<Accepted, Failure> {
    let users = PublicGroupState::users_in(&request.bundle).map_err(Problem::from)?;
    let people = read_people(app, caller, users).await?;
    checked(calls(app).commit(who(caller), &request, &people, app.clock.now()))
}

pub fn send(app: &App, caller: Caller, request: CallSend) -> Result<Accepted, Failure> {
    checked(calls(app).send(who(caller), request, app.clock.now()))
}

pub fn sync(app: &App, caller: Caller, request: CallSync) -> Result<Entries, Failure> {
    checked(calls(app).sync(who(caller), request))
}

pub fn group_info(app: &App, caller: Caller, request: CallRef) -> Result<GroupInfoReply, Failure> {
    checked(calls(app).group_info(who(caller), request))
}

pub fn leave(app: &App, caller: Caller, request: CallRef) -> Result<(), Failure> {
    checked(calls(app).leave(who(caller), request, app.clock.now()))
}

pub fn lost(app: &App, caller: Caller, request: CallRef) -> Result<(), Failure> {
    checked(calls(app).lost(who(caller), request, app.clock.now()))
}

pub fn end(app: &App, caller: Caller, request: CallRef) -> Result<(), Failure> {
    checked(calls(app).end(who(caller), request, app.clock.now()))
}

pub fn intent(app: &App, caller: Caller, request: MediaIntent) -> Result<(), Failure> {
    checked(calls(app).intent(who(caller), request))
}

pub fn deny(app: &App, caller: Caller, request: GuestDeny) -> Result<(), Failure> {
    checked(calls(app).deny(who(caller), request, app.clock.now()))
}

pub async fn offer(app: &App, caller: crate::calls::Caller, request: MediaOffer) -> Result<Reply, Failure> {
    let ticket = checked(calls(app).offer(caller, request))?;
    let sdp = answered(ticket).await?;
    Ok(Reply::MediaAnswer(MediaAnswer { sdp }))
}

pub async fn try_network(app: &App, caller: Caller, request: MediaTrial) -> Result<Reply, Failure> {
    let now = app.clock.now();
    let ticket = checked(calls(app).trial(who(caller), request, now))?;
    let sdp = answered(ticket).await?;
    Ok(Reply::MediaTried(MediaTried {
        sdp,
        ice_servers: app.turn.iter().map(|turn| turn.credentials(now)).collect(),
    }))
}

async fn answered(ticket: MediaTicket) -> Result<String, Failure> {
    let unavailable = || refuse(Code::Unavailable, "the media server does not answer");
    match timeout(SFU_PATIENCE, ticket).await {
        Ok(Ok(Ok(sdp))) => Ok(sdp),
        Ok(Ok(Err(refused))) => Err(refuse(Code::Malformed, &refused.to_string())),
        Ok(Err(_)) | Err(_) => Err(unavailable()),
    }
}

fn calls(app: &App) -> MutexGuard<'_, Calls> {
    app.calls.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A guest as calls see it.
pub fn who_is(guest: crate::calls::Guest) -> crate::calls::Caller {
    crate::calls::Caller {
        device_id: guest.device_id,
        user_id: guest.user_id,
    }
}

/// A device as calls see it.
pub fn who(caller: Caller) -> crate::calls::Caller {
    crate::calls::Caller {
        device_id: caller.device_id,
        user_id: caller.user_id,
    }
}

/// What calls refuse, as the client is told.
pub fn checked<T>(result: Result<T, CallError>) -> Result<T, Failure> {
    result.map_err(|error| Failure::Refused(error.into()))
}

async fn read_people(app: &App, caller: Caller, mut users: Vec<UserId>) -> Result<People, Failure> {
    users.push(caller.user_id);
    let mut connection = app.store.read().await?;
    Ok(people::known_users(&mut connection, caller.network_id, &users).await?)
}
