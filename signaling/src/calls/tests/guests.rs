//! Guests: what a server lets them do, and what it lets others do with them. B4.

use protocol::{
    Code, GuestLinkId,
    socket::{GuestDeny, GuestDoor, GuestKnock},
};

use super::*;
use crate::{
    calls::Guest,
    groups::{
        Refusal,
        testing::{extensions, guest},
    },
};

const DANA: &str = "dana";
const EVE: &str = "eve";

fn link_id() -> GuestLinkId {
    GuestLinkId::from_random([9; 16])
}

impl World {
    /// Somebody who came by a link of the room.
    fn visitor(&mut self, name: &'static str) -> Guest {
        let device = guest(link_id(), name);
        let user_id = device.certificate.body().user_id;
        let visitor = Guest {
            device_id: device.device_id,
            user_id,
            room_id: self.room.room_id,
            link_id: link_id(),
            expires_at: self.now.plus(60_000),
        };
        let client = Client {
            device,
            user_id,
            joined: None,
            key_package: None,
            member: None,
            welcome: None,
        };
        self.clients.insert(name, client);
        visitor
    }

    fn knock(&mut self, name: &'static str, visitor: Guest) -> Result<(), CallError> {
        let client = self.clients.get_mut(name).unwrap();
        let key_package = client.device.key_package();
        let request = GuestKnock {
            key_package: key_package_bytes(&key_package),
        };
        client.key_package = Some(key_package);
        self.calls.knock(visitor, request, self.now)
    }

    /// Knocks with the key package of somebody else, or with what is none.
    fn knock_with(&mut self, visitor: Guest, key_package: protocol::Bytes) -> Result<(), CallError> {
        self.calls.knock(visitor, GuestKnock { key_package }, self.now)
    }

    /// What this guest, or this member, was told of the door.
    fn doors(&self, name: &str) -> Vec<String> {
        let told = self.events_to(name);
        told.iter()
            .filter_map(|event| match event {
                Event::GuestDoor(door) => Some(format!("{door:?}")),
                Event::GuestAdmitted(_) => Some("admitted".to_owned()),
                Event::GuestLobby(lobby) => Some(format!("{} wait", lobby.guests.len())),
                Event::CallWelcome(_) => Some("welcome".to_owned()),
                Event::CallChanged { call: None, .. } => Some("over".to_owned()),
                _ => None,
            })
            .collect()
    }

    /// Lets the client of a guest take what it was told.
    fn enter(&mut self, name: &str) -> Vec<(To, Event)> {
        let events = self.events();
        let device = To::Device(self.device(name));
        for (to, event) in &events {
            if let (true, Event::GuestAdmitted(joined)) = (*to == device, event) {
                self.clients.get_mut(name).unwrap().joined = Some((**joined).clone());
            }
        }
        for (to, event) in &events {
            let client = self
                .clients
                .values_mut()
                .find(|client| *to == To::Device(client.device.device_id) && client.joined.is_some());
            if let Some(client) = client {
                client.take(event);
            }
        }
        events
    }

    /// Dana is in, by bob's doing.
    fn with_dana(&mut self) -> Guest {
        self.all_in();
        let dana = self.visitor(DANA);
        self.knock(DANA, dana).unwrap();
        self.commit(BOB, self.adding(&[DANA])).unwrap();
        self.enter(DANA);
        dana
    }
}

fn setting(to: &RoomSettings) -> Wish {
    Wish {
        extensions: Some(extensions(to)),
        ..Wish::default()
    }
}

fn refused(result: Result<Accepted, CallError>) -> Refusal {
    match result {
        Err(CallError::Group(crate::groups::GroupError::Refused(refusal))) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_knocks_with_what_is_not_its_own_key_package_takes_no_place() {
    let mut world = World::new();
    world.all_in();
    let dana = world.visitor(DANA);
    let of_member = key_package_bytes(&world.clients[BOB].device.key_package());
    let own = key_package_bytes(&world.clients[DANA].device.key_package());
    let cut = protocol::Bytes(own.0[..own.0.len() - 1].to_vec());
    for wrong in [
        of_member,
        cut,
        protocol::Bytes(vec![7; 6_000]),
        protocol::Bytes(vec![]),
    ] {
        assert!(matches!(
            world.knock_with(dana, wrong),
            Err(CallError::Malformed { .. })
        ));
    }
    assert!(!world.calls.knows_guest(dana.device_id));
    world.knock_with(dana, own).unwrap();
    assert!(world.calls.knows_guest(dana.device_id));
}

#[test]
fn a_guest_waits_until_a_member_adds_it_and_hears_nothing_before() {
    let mut world = World::new();
    world.all_in();
    let dana = world.visitor(DANA);
    world.events();
    world.knock(DANA, dana).unwrap();
    let events = world.events();
    let to_dana: Vec<_> = events
        .iter()
        .filter(|(to, _)| *to == To::Device(dana.device_id))
        .collect();
    assert!(matches!(to_dana[..], [(_, Event::GuestDoor(GuestDoor::Waiting))]));
    for name in [ALICE, BOB, CAROL] {
        let to = To::Device(world.device(name));
        let told = events
            .iter()
            .any(|(who, event)| *who == to && matches!(event, Event::GuestLobby(_)));
        assert!(told, "{name}");
    }

    // The call goes on; the guest hears nothing of it, and asks in vain.
    world.send(ALICE).unwrap();
    world.commit(ALICE, Wish::default()).unwrap();
    world.deliver();
    world.calls.connected(dana.device_id);
    assert_eq!(world.doors(DANA), [] as [&str; 0]);
    let call_id = world.clients[ALICE].call_id();
    let caller = world.clients[DANA].caller();
    let offer = MediaOffer {
        call_id,
        side: Side::Subscribe,
        fresh: true,
        sdp: "v=0".to_owned(),
        tracks: Vec::new(),
    };
    assert_eq!(
        world.calls.offer(caller, offer).unwrap_err(),
        CallError::NotInCall
    );
    assert_eq!(
        world.calls.group_info(caller, CallRef { call_id }).unwrap_err(),
        CallError::NotInCall
    );
    let after = Seq(0);
    let sync = protocol::socket::CallSync { call_id, after };
    assert_eq!(world.calls.sync(caller, sync).unwrap_err(), CallError::NotInCall);
    assert!(world.sent().is_empty(), "the SFU does not hear of the guest");

    world.commit(BOB, world.adding(&[DANA])).unwrap();
    world.enter(DANA);
    assert_eq!(world.keys(DANA), world.keys(BOB));
    assert_eq!(
        world
            .calls
            .summary(world.room.room_id)
            .unwrap()
            .participants
            .len(),
        4
    );
    world.offer(DANA, Side::Subscribe).unwrap();
    assert!(matches!(world.sent()[..], [ToSfu::Offer { .. }]));
    world.deliver();
    world.send(DANA).unwrap();
}

#[test]
fn only_who_may_let_people_in_adds_a_guest_and_only_one_who_knocked() {
    let mut world = World::new();
    world.room.members_admit = false;
    world.room.moderators = vec![world.clients[ALICE].user_id];
    world.all_in();
    let dana = world.visitor(DANA);
    // Nobody asked.
    world.clients.get_mut(DANA).unwrap().key_package = Some(world.clients[DANA].device.key_package());
    assert_eq!(
        refused(world.commit(ALICE, world.adding(&[DANA]))),
        Refusal::AddUnasked
    );
    world.knock(DANA, dana).unwrap();
    assert_eq!(
        refused(world.commit(BOB, world.adding(&[DANA]))),
        Refusal::AdmitByOther
    );
    // With a key package that somebody else made.
    let asked = world.clients[DANA].key_package.clone();
    world.clients.get_mut(DANA).unwrap().key_package = Some(world.clients[DANA].device.key_package());
    assert_eq!(
        world.commit(ALICE, world.adding(&[DANA])).unwrap_err(),
        CallError::OtherKeyPackage
    );
    world.clients.get_mut(DANA).unwrap().key_package = asked;
    let deny = |world: &mut World, name: &str| {
        let request = GuestDeny {
            call_id: world.clients[name].call_id(),
            device_id: dana.device_id,
        };
        world.calls.deny(world.clients[name].caller(), request, world.now)
    };
    assert_eq!(deny(&mut world, BOB).unwrap_err(), CallError::NoModerator);
    world.commit(ALICE, world.adding(&[DANA])).unwrap();
    world.enter(DANA);
    assert_eq!(deny(&mut world, DANA).unwrap_err(), CallError::NoModerator);
    assert_eq!(deny(&mut world, ALICE).unwrap_err(), CallError::NoGuest);
}

#[test]
fn a_guest_commits_nothing_and_comes_in_from_outside_never() {
    let mut world = World::new();
    world.with_dana();
    for wish in [
        Wish::default(),
        world.removing(DANA, ALICE),
        Wish::remove(&[world.leaf(DANA, BOB)]),
    ] {
        assert_eq!(refused(world.commit(DANA, wish)), Refusal::Guest);
    }
    world.deliver();
    let locking = {
        let mut settings = settings(world.group_name(DANA), RoomKind::Call, &[]);
        settings.room_id = world.room.room_id;
        settings.who_may_add = protocol::room_settings::WhoMayAdd::Moderators;
        setting(&settings)
    };
    assert_eq!(refused(world.commit(DANA, locking)), Refusal::Guest);
    assert_eq!(refused(world.join_external(DANA)), Refusal::Guest);
}

/// A guest cannot see who is of the room; each newcomer comes by a member's Add.
#[test]
fn while_a_guest_is_in_nobody_new_comes_in_from_outside() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.commit(ALICE, world.adding(&[BOB])).unwrap();
    world.deliver();
    let dana = world.visitor(DANA);
    world.knock(DANA, dana).unwrap();
    world.commit(BOB, world.adding(&[DANA])).unwrap();
    world.enter(DANA);
    world.join(CAROL).unwrap();
    assert_eq!(refused(world.join_external(CAROL)), Refusal::ExternalBesideGuests);
    world.commit(ALICE, world.adding(&[CAROL])).unwrap();
    world.deliver();
    assert_eq!(world.keys(CAROL), world.keys(DANA));
}

#[test]
fn guests_wait_for_the_call_and_are_told_when_it_begins_and_ends() {
    let mut world = World::new();
    let dana = world.visitor(DANA);
    world.knock(DANA, dana).unwrap();
    assert_eq!(world.doors(DANA), ["NoCall"]);
    world.join(ALICE).unwrap();
    assert_eq!(world.doors(DANA), [] as [&str; 0]);
    world.found(ALICE).unwrap();
    let events = world.events();
    let heard = |name: &str, world: &World| {
        let to = To::Device(world.device(name));
        events
            .iter()
            .filter(|(who, _)| *who == to)
            .map(|(_, event)| event.clone())
            .collect::<Vec<_>>()
    };
    assert!(matches!(
        heard(DANA, &world)[..],
        [Event::GuestDoor(GuestDoor::Waiting)]
    ));
    assert!(
        heard(ALICE, &world)
            .iter()
            .any(|event| matches!(event, Event::GuestLobby(_)))
    );
    world.leave(ALICE);
    assert_eq!(world.doors(DANA), ["NoCall"]);
    world.calls.leave_door(dana.device_id);
    world.assert_empty();
}

#[test]
fn guests_go_with_the_last_member_and_keep_nothing() {
    let mut world = World::new();
    world.with_dana();
    for name in [ALICE, BOB] {
        world.leave(name);
    }
    assert_eq!(world.doors(DANA), [] as [&str; 0]);
    // Nobody is left to remove a leaf: the guest is put out with the last one.
    world.leave(CAROL);
    assert_eq!(world.doors(DANA), ["over"]);
    assert!(
        world
            .sent()
            .iter()
            .any(|message| matches!(message, ToSfu::Close { .. }))
    );
    world.assert_empty();
}

#[test]
fn who_was_turned_away_lost_its_link_or_its_connection_waits_no_more() {
    let mut world = World::new();
    world.all_in();
    let (dana, eve) = (world.visitor(DANA), world.visitor(EVE));
    world.knock(DANA, dana).unwrap();
    world.knock(EVE, eve).unwrap();
    world.events();
    let request = GuestDeny {
        call_id: world.clients[CAROL].call_id(),
        device_id: dana.device_id,
    };
    world
        .calls
        .deny(world.clients[CAROL].caller(), request, world.now)
        .unwrap();
    assert_eq!(world.doors(DANA), ["Denied"]);
    assert_eq!(
        refused(world.commit(ALICE, world.adding(&[DANA]))),
        Refusal::AddUnasked
    );

    world
        .calls
        .link_revoked(world.room.room_id, GuestLinkId::from_random([8; 16]));
    assert_eq!(world.doors(EVE), [] as [&str; 0], "another link");
    world.calls.link_revoked(world.room.room_id, link_id());
    assert_eq!(world.doors(EVE), ["LinkRevoked"]);

    world.knock(EVE, eve).unwrap();
    world.events();
    world.calls.disconnected(eve.device_id, world.now);
    assert_eq!(world.doors(ALICE), ["0 wait"]);

    world.knock(EVE, eve).unwrap();
    world.pass(60_000);
    assert_eq!(world.doors(EVE).last().map(String::as_str), Some("LinkExpired"));
    assert!(!world.calls.knows_guest(eve.device_id));
}

#[test]
fn a_lobby_has_an_end_and_a_locked_call_no_door() {
    let mut world = World::new();
    world.all_in();
    let names: &[&'static str] = &[
        "g0", "g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9", "g10", "g11", "g12", "g13", "g14", "g15",
        "g16", "g17", "g18", "g19", "g20",
    ];
    let mut results = vec![];
    for name in names {
        let visitor = world.visitor(name);
        results.push(world.knock(name, visitor));
    }
    assert!(results[..protocol::limits::MAX_LOBBY].iter().all(Result::is_ok));
    assert_eq!(results.last().unwrap().clone().unwrap_err(), CallError::Full);
    assert_eq!(CallError::Full.code(), Code::Full);

    let mut world = World::new();
    world.room.moderators = vec![world.clients[ALICE].user_id];
    world.all_in();
    let mut locked = settings(world.group_name(ALICE), RoomKind::Call, &[]);
    locked.room_id = world.room.room_id;
    locked.who_may_add = protocol::room_settings::WhoMayAdd::Moderators;
    world.commit(ALICE, setting(&locked)).unwrap();
    let dana = world.visitor(DANA);
    assert_eq!(world.knock(DANA, dana).unwrap_err(), CallError::Locked);
}

#[test]
fn a_guest_who_is_removed_is_out_and_may_ask_again_only_as_somebody_new() {
    let mut world = World::new();
    world.room.moderators = vec![world.clients[ALICE].user_id];
    let dana = world.with_dana();
    let mut kept_out = settings(world.group_name(ALICE), RoomKind::Call, &[]);
    kept_out.room_id = world.room.room_id;
    kept_out.removed = vec![dana.user_id];
    world.deliver();
    let wish = Wish {
        extensions: Some(extensions(&kept_out)),
        ..world.removing(ALICE, DANA)
    };
    world.commit(ALICE, wish).unwrap();
    assert_eq!(
        world
            .calls
            .summary(world.room.room_id)
            .unwrap()
            .participants
            .len(),
        3
    );
    assert_eq!(world.knock(DANA, dana).unwrap_err(), CallError::Removed);
    let eve = world.visitor(EVE);
    world.knock(EVE, eve).unwrap();
}

/// A link leads to the calls of one room: into no other, and a guest who is in one asks in another in vain.
#[test]
fn a_guest_is_in_the_call_of_its_room_alone() {
    let mut world = World::new();
    let dana = world.with_dana();
    let caller = world.clients[DANA].caller();
    let other = CallRef {
        call_id: protocol::CallId::from_random([99; 16]),
    };
    let sync = protocol::socket::CallSync {
        call_id: other.call_id,
        after: Seq(0),
    };
    assert_eq!(world.calls.sync(caller, sync).unwrap_err(), CallError::NotInCall);
    let offer = MediaOffer {
        call_id: other.call_id,
        side: Side::Subscribe,
        fresh: true,
        sdp: "v=0".to_owned(),
        tracks: Vec::new(),
    };
    assert_eq!(
        world.calls.offer(caller, offer).unwrap_err(),
        CallError::NotInCall
    );
    world.deliver();
    let message_id = world.message_id();
    let mut message = world.message(DANA, message_id);
    message.call_id = other.call_id;
    assert_eq!(
        world.calls.send(caller, message, world.now).unwrap_err(),
        CallError::NotInCall
    );

    // Who waits at the door of another room is no guest here.
    let elsewhere = Guest {
        room_id: RoomId::from_random([77; 16]),
        ..world.visitor(EVE)
    };
    world.knock(EVE, elsewhere).unwrap();
    assert_eq!(world.doors(EVE), ["NoCall"]);
    assert_eq!(
        refused(world.commit(BOB, world.adding(&[EVE]))),
        Refusal::AddUnasked
    );
    assert!(world.calls.knows_guest(dana.device_id));
}
