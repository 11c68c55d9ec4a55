//! Guest links in the database, and sessions of who comes by one.

use std::rc::Rc;

use openmls_traits::signatures::Signer as _;
use protocol::{
    DeviceId, GuestLinkId,
    accounts::{
        ChallengeReply, ChallengeRequest, GuestLinkLookUp, GuestLinkView, GuestSession, GuestSessionOpen,
    },
    identity::{GuestLink, SessionChallenge, Signature},
    limits::{MAX_GUEST_LINK_LIFE_MS, MAX_GUEST_LINKS},
    socket::{CallRef, CallSync, GuestKnock, GuestLinkPut, GuestLinkRef, MediaIntent},
};

use super::*;
use crate::{
    groups::testing::{Device, guest, key_package_bytes},
    guests,
    sessions::Visitor,
};

const HOUR_MS: u64 = 60 * 60 * 1000;

/// A link as a member asks for it.
fn put(account: &Account, room_id: RoomId, expires_at: Millis) -> GuestLinkPut {
    let link = GuestLink {
        link_id: GuestLinkId::from_random(random()),
        room_id,
        device_id: account.caller.device_id,
        expires_at,
    };
    let signature = account.device.keys.sign(&link.to_be_signed()).unwrap();
    GuestLinkPut {
        link_id: link.link_id,
        room_id,
        expires_at,
        signature: Signature(signature.try_into().unwrap()),
    }
}

async fn make(world: &World, account: &Account, room_id: RoomId) -> GuestLinkId {
    let put = put(account, room_id, world.now().plus(HOUR_MS));
    let link_id = put.link_id;
    let reply = account.ask(world, Request::GuestLinkPut(put)).await;
    assert!(matches!(reply, Ok(Reply::Done)), "{reply:?}");
    link_id
}

async fn refused(world: &World, account: &Account, put: GuestLinkPut) -> Code {
    code(account.ask(world, Request::GuestLinkPut(put)).await)
}

async fn look_up(world: &World, link_id: GuestLinkId) -> Result<GuestLinkView, Code> {
    let body = world.post("guest/link", &GuestLinkLookUp { link_id }).await;
    if body.status == StatusCode::OK {
        Ok(body.read())
    } else {
        Err(body.problem().code)
    }
}

/// Asks for a session; `key` signs, which should be the visitor's.
async fn open(world: &World, visitor: &Rc<Device>, key: &Rc<Device>) -> Result<GuestSession, Code> {
    let device_id = visitor.device_id;
    let challenge = world
        .post("session/challenge", &ChallengeRequest { device_id })
        .await;
    let nonce: [u8; 32] = challenge.read::<ChallengeReply>().nonce.0.try_into().unwrap();
    let challenge = SessionChallenge { device_id, nonce };
    let signature = key.keys.sign(&challenge.to_be_signed()).unwrap();
    let body = GuestSessionOpen {
        pass: visitor.certificate.encode().into(),
        nonce: nonce.to_vec().into(),
        signature: Signature(signature.try_into().unwrap()),
    };
    let reply = world.post("guest/session", &body).await;
    if reply.status == StatusCode::OK {
        Ok(reply.read())
    } else {
        Err(reply.problem().code)
    }
}

async fn revoke(
    world: &World,
    account: &Account,
    room_id: RoomId,
    link_id: GuestLinkId,
) -> Result<Reply, Problem> {
    let link = GuestLinkRef { room_id, link_id };
    account.ask(world, Request::GuestLinkRevoke(link)).await
}

/// A link is its maker's, lets somebody ask in its time, and until it is taken back.
pub async fn links(world: World) {
    let (alice, bob, carol) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let link_id = make(&world, &bob, room.id).await;
    let view = look_up(&world, link_id).await.unwrap();
    assert_eq!((view.room_id, view.network_id), (room.id, bob.caller.network_id));
    assert_eq!(view.by, "Some One");

    // Made by who is no member, signed by another device, for too long, twice.
    let later = world.now().plus(HOUR_MS);
    assert_eq!(
        refused(&world, &carol, put(&carol, room.id, later)).await,
        Code::NotFound
    );
    assert_eq!(
        refused(&world, &alice, put(&bob, room.id, later)).await,
        Code::BadSignature
    );
    let changed = GuestLinkPut {
        expires_at: later.plus(1),
        ..put(&alice, room.id, later)
    };
    assert_eq!(refused(&world, &alice, changed).await, Code::BadSignature);
    let long = world.now().plus(2 * MAX_GUEST_LINK_LIFE_MS);
    assert_eq!(
        refused(&world, &alice, put(&alice, room.id, long)).await,
        Code::Malformed
    );
    let again = put(&alice, room.id, later);
    assert!(
        alice
            .ask(&world, Request::GuestLinkPut(again.clone()))
            .await
            .is_ok()
    );
    assert_eq!(refused(&world, &alice, again).await, Code::Conflict);

    // Taken back by any member who may, and by nobody else.
    assert_eq!(
        code(revoke(&world, &carol, room.id, link_id).await),
        Code::NotFound
    );
    assert!(revoke(&world, &alice, room.id, link_id).await.is_ok());
    assert_eq!(look_up(&world, link_id).await.unwrap_err(), Code::LinkRevoked);
    assert_eq!(
        look_up(&world, GuestLinkId::from_random(random()))
            .await
            .unwrap_err(),
        Code::NotFound
    );

    // Its time.
    let short = make(&world, &alice, room.id).await;
    world.advance(HOUR_MS);
    assert_eq!(look_up(&world, short).await.unwrap_err(), Code::LinkExpired);
    world.advance(31 * 24 * HOUR_MS);
    trim_once(world.app()).await.unwrap();
    assert_eq!(count(&world, "guest_links").await, 0);

    // So many at a time.
    for _ in 0..MAX_GUEST_LINKS {
        make(&world, &alice, room.id).await;
    }
    let later = world.now().plus(HOUR_MS);
    assert_eq!(
        refused(&world, &alice, put(&alice, room.id, later)).await,
        Code::Full
    );
    // With the room, its links go; with who may let people in, that person's are good no more.
    let of_bob = look_up(
        &world,
        make_after_one_is_revoked(&world, &alice, &bob, room.id).await,
    )
    .await;
    assert!(of_bob.is_ok());
    let room_ref = RoomRef { room_id: room.id };
    bob.ask(&world, Request::RoomLeave(room_ref)).await.unwrap();
    let link_id = of_bob_link(&world, &bob).await;
    assert_eq!(look_up(&world, link_id).await.unwrap_err(), Code::LinkRevoked);
    alice.ask(&world, Request::RoomLeave(room_ref)).await.unwrap();
    assert_eq!(count(&world, "guest_links").await, 0);
}

async fn make_after_one_is_revoked(
    world: &World,
    alice: &Account,
    bob: &Account,
    room_id: RoomId,
) -> GuestLinkId {
    let mut connection = world.app().store.read().await.unwrap();
    let row = sqlx::query("SELECT link_id FROM guest_links LIMIT 1")
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    drop(connection);
    let link_id = GuestLinkId::from_slice(&row.get::<Vec<u8>, _>("link_id")).unwrap();
    revoke(world, alice, room_id, link_id).await.unwrap();
    make(world, bob, room_id).await
}

async fn of_bob_link(world: &World, bob: &Account) -> GuestLinkId {
    let mut connection = world.app().store.read().await.unwrap();
    let row = sqlx::query("SELECT link_id FROM guest_links WHERE user_id = $1")
        .bind(bob.caller.user_id.as_bytes().as_slice())
        .fetch_one(&mut *connection)
        .await
        .unwrap();
    GuestLinkId::from_slice(&row.get::<Vec<u8>, _>("link_id")).unwrap()
}

/// A session is for who holds the key of a pass by a good link, and opens nothing but the door.
pub async fn sessions(world: World) {
    let (alice, bob, _) = trio(&world).await;
    let room = Room::found(&world, &alice, &[&bob]).await;
    let link_id = make(&world, &alice, room.id).await;
    let of_network = |link_id| {
        let made = guest(link_id, "Dana");
        let pass = protocol::identity::GuestPass {
            network_id: alice.caller.network_id,
            ..made.certificate.guest().unwrap().clone()
        };
        let Ok(mut device) = Rc::try_unwrap(made) else {
            panic!("one owner")
        };
        device.certificate = protocol::identity::Certificate::of_guest(pass);
        Rc::new(device)
    };
    let dana = of_network(link_id);
    let session = open(&world, &dana, &dana).await.unwrap();
    let Some(Visitor::Guest(visitor)) = world.app().tickets.redeem(&session.ticket.0, world.now()) else {
        panic!("no guest")
    };
    assert_eq!((visitor.device_id, visitor.room_id), (dana.device_id, room.id));

    // Without a link, by one that is over, with another key, for another network.
    let stranger = of_network(GuestLinkId::from_random(random()));
    assert_eq!(
        open(&world, &stranger, &stranger).await.unwrap_err(),
        Code::NotFound
    );
    assert_eq!(
        open(&world, &dana, &stranger).await.unwrap_err(),
        Code::Unauthenticated
    );
    let elsewhere = guest(link_id, "Dana");
    assert_eq!(
        open(&world, &elsewhere, &elsewhere).await.unwrap_err(),
        Code::Unauthenticated
    );

    // What a guest may ask, and what not: the rooms, the people, the group.
    let call_id = protocol::CallId::from_random(random());
    let serve = async |request| {
        let served = guests::serve(world.app(), visitor, request).await;
        served.map_err(Problem::from)
    };
    for request in [
        Request::RoomsList,
        Request::RoomSync(RoomSync {
            room_id: room.id,
            after: Seq(0),
            limit: 10,
        }),
        Request::PeopleGet(PeopleGet {
            users: vec![alice.caller.user_id],
        }),
        Request::CallGroupInfo(CallRef { call_id }),
        Request::CallEnd(CallRef { call_id }),
        Request::SignOut,
        Request::OwnStateGet,
    ] {
        assert_eq!(code(serve(request).await), Code::Forbidden);
    }
    let intent = MediaIntent {
        call_id,
        video: vec![],
        publishing: vec![],
    };
    assert_eq!(code(serve(Request::MediaIntent(intent)).await), Code::NotFound);
    let after = Seq(0);
    assert_eq!(
        code(serve(Request::CallSync(CallSync { call_id, after })).await),
        Code::NotFound
    );
    let knock = || {
        Request::GuestKnock(GuestKnock {
            key_package: key_package_bytes(&dana.key_package()),
        })
    };
    assert!(serve(knock()).await.is_ok());
    let member = alice.ask(&world, knock()).await;
    assert_eq!(code(member), Code::Forbidden);

    // Who waits comes back though the link is over; nobody else does, and nobody knocks by it.
    revoke(&world, &bob, room.id, link_id).await.unwrap();
    assert_eq!(open(&world, &dana, &dana).await.unwrap_err(), Code::LinkRevoked);
    assert_eq!(
        code(serve(knock()).await),
        Code::LinkRevoked,
        "also in a session that goes on"
    );
    let eve = of_network(make(&world, &alice, room.id).await);
    open(&world, &eve, &eve).await.unwrap();
    world.advance(HOUR_MS);
    assert_eq!(open(&world, &eve, &eve).await.unwrap_err(), Code::LinkExpired);
    let unknown = DeviceId::from_random(random());
    assert!(!world.app().calls.lock().unwrap().knows_guest(unknown));
}
