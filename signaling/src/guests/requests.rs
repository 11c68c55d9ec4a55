//! Requests about links, and the few that a guest may make.

use std::sync::{Arc, PoisonError};

use protocol::{
    Code, PROTOCOL_VERSION, RoomId,
    identity::GuestLink,
    limits::KEY_PACKAGES_LOW,
    policies::Policies,
    socket::{GuestLinkPut, GuestLinkRef, Hello, HelloReply, Reply, Request},
};
use sqlx::AnyConnection;

use super::{
    routes,
    rules::{self, NewLink},
    store::{self, Link},
};
use crate::{
    app::App,
    calls::{Calls, Guest, RoomForCall},
    failure::{Failure, refuse},
    people, rooms,
    sessions::Caller,
    socket::{self, Outbound},
    store::Written,
};

/// A member makes a link.
pub async fn put_link(app: &App, caller: Caller, request: GuestLinkPut) -> Result<(), Failure> {
    let GuestLinkPut {
        link_id,
        room_id,
        expires_at,
        signature,
    } = request;
    let now = app.clock.now();
    app.rates.foundings.take(caller.device_id, 1, now)?;
    let signed = GuestLink {
        link_id,
        room_id,
        device_id: caller.device_id,
        expires_at,
    };
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let certificate = people::certificate(connection, caller.device_id)
                    .await?
                    .ok_or_else(|| refuse(Code::Unauthenticated, "the device is gone"))?;
                signed
                    .check_signature(&certificate.body().device_key, &signature)
                    .map_err(|_| refuse(Code::BadSignature, "the link is not signed by the device"))?;
                let room = room_of(connection, caller, room_id).await?;
                let new = NewLink {
                    maker: caller.user_id,
                    expires_at,
                    room: &room,
                    good: store::count_good(connection, room_id, now).await?,
                };
                rules::check_new(&new, now)?;
                let link = Link {
                    link_id,
                    room_id,
                    user_id: caller.user_id,
                    device_id: caller.device_id,
                    expires_at,
                    revoked: false,
                };
                if store::insert(connection, &link, &signature).await? {
                    Ok(Written::answer(()))
                } else {
                    Err(refuse(Code::Conflict, "there is such a link already"))
                }
            })
        })
        .await
}

/// A member takes a link back; nobody waits by it any more.
pub async fn revoke_link(app: &Arc<App>, caller: Caller, request: GuestLinkRef) -> Result<(), Failure> {
    let GuestLinkRef { room_id, link_id } = request;
    let worker = Arc::clone(app);
    app.store
        .write(move |connection| {
            Box::pin(async move {
                let room = room_of(connection, caller, room_id).await?;
                if !rules::may_admit(&room, caller.user_id) {
                    return Err(refuse(
                        Code::Forbidden,
                        "only who may let people into the room does",
                    ));
                }
                if !store::revoke(connection, room_id, link_id).await? {
                    return Err(refuse(Code::NotFound, "there is no such link"));
                }
                Ok(Written::then((), move || {
                    let mut calls = worker.calls.lock().unwrap_or_else(PoisonError::into_inner);
                    calls.link_revoked(room_id, link_id);
                }))
            })
        })
        .await
}

async fn room_of(
    connection: &mut AnyConnection,
    caller: Caller,
    room_id: RoomId,
) -> Result<RoomForCall, Failure> {
    rooms::room_for_call(connection, room_id)
        .await?
        .filter(|room| room.members.contains(&caller.user_id))
        .ok_or_else(|| refuse(Code::NotFound, "there is no such room"))
}

/// A guest has no state that the server keeps.
pub fn greet(app: &App, guest: Guest, hello: &Hello, outbound: &Outbound) -> Result<HelloReply, Failure> {
    if hello.version != PROTOCOL_VERSION {
        return Err(refuse(Code::VersionMismatch, "the server speaks another version"));
    }
    outbound.open();
    calls(app, |calls| calls.connected(guest.device_id));
    Ok(HelloReply {
        highest_batch: 0,
        server_generation: app.server_generation.clone(),
        own_state_version: 0,
        key_packages_left: u32::try_from(KEY_PACKAGES_LOW).unwrap_or(u32::MAX),
        device_list_version: 0,
        policies: Policies::default(),
        contacts: Vec::new(),
    })
}

/// Does what a guest asks: to be let in, and in the call, once it is, what participants do. It commits nothing.
pub async fn serve(app: &App, guest: Guest, request: Request) -> Result<Reply, Failure> {
    let caller = socket::calls::who_is(guest);
    let now = app.clock.now();
    match request {
        Request::Ping => Ok(Reply::Done),
        Request::GuestKnock(knock) => {
            // A session outlives its link, and what its maker may do.
            if !calls(app, |calls| calls.knows_guest(guest.device_id)) {
                let mut connection = app.store.read().await.map_err(Failure::from)?;
                let (link, room) = routes::found(&mut connection, guest.link_id).await?;
                rules::check_good(link, room.as_ref(), now)?;
            }
            let knocked = calls(app, |calls| calls.knock(guest, knock, now));
            socket::calls::checked(knocked).map(|()| Reply::Done)
        }
        Request::GuestLeave => {
            calls(app, |calls| calls.leave_door(guest.device_id));
            Ok(Reply::Done)
        }
        Request::CallSend(send) => {
            socket::calls::checked(calls(app, |calls| calls.send(caller, send, now))).map(Reply::CallAccepted)
        }
        Request::CallSync(sync) => {
            socket::calls::checked(calls(app, |calls| calls.sync(caller, sync))).map(Reply::CallEntries)
        }
        Request::CallLeave(call) => {
            socket::calls::checked(calls(app, |calls| calls.leave(caller, call, now))).map(|()| Reply::Done)
        }
        Request::MediaIntent(intent) => {
            socket::calls::checked(calls(app, |calls| calls.intent(caller, intent))).map(|()| Reply::Done)
        }
        _ => Err(refuse(Code::Forbidden, "that is not for guests")),
    }
}

fn calls<T>(app: &App, act: impl FnOnce(&mut Calls) -> T) -> T {
    act(&mut app.calls.lock().unwrap_or_else(PoisonError::into_inner))
}
