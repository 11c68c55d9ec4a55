use protocol::{Code, limits::MAX_KEY_PACKAGE_LEN};

use super::*;
use crate::{calls::limits::MAX_JOINS_PER_MINUTE, groups::GroupError, groups::Refusal};

#[test]
fn who_starts_a_call_founds_its_group() {
    let mut world = World::new();
    let joined = world.join(ALICE).unwrap();
    assert!(joined.group.is_none());
    assert_eq!(joined.generation, Generation(1));
    assert_eq!(joined.call.participants.len(), 1);
    assert_eq!(seq(world.found(ALICE).unwrap()), Seq(1));
    let summary = world.calls.summary(world.room.room_id).unwrap();
    assert_eq!(summary.call_id, joined.call.call_id);
    assert!(matches!(
        world.events()[..],
        [(To::Room(_), Event::CallChanged { call: Some(_), .. })]
    ));
}

#[test]
fn the_first_founder_wins_and_the_other_is_asked_for() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    assert!(world.join(BOB).unwrap().group.is_none());
    world.found(BOB).unwrap();
    world.events();
    let lost = world.found(ALICE).unwrap_err();
    assert_eq!((&lost, lost.code()), (&CallError::AlreadyFounded, Code::Conflict));
    assert_eq!(kinds(&world.events_to(BOB)), ["join request"]);
    world.commit(BOB, world.adding(&[ALICE])).unwrap();
    world.deliver();
    assert_eq!(world.keys(ALICE), world.keys(BOB));
}

#[test]
fn a_member_adds_who_asks() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.events();
    let joined = world.join(BOB).unwrap();
    assert_eq!(joined.group.unwrap().seq, Seq(1));
    let [Event::CallJoinRequest(request)] = &world.events_to(ALICE)[..] else {
        panic!()
    };
    assert_eq!(request.participant.device_id, world.device(BOB));

    let accepted = world.commit(ALICE, world.adding(&[BOB])).unwrap();
    let events = world.deliver();
    let bobs: Vec<_> = events
        .iter()
        .filter(|(to, _)| *to == To::Device(world.device(BOB)))
        .collect();
    let [(_, Event::CallWelcome(welcome))] = bobs[..] else {
        panic!("only a welcome")
    };
    assert_eq!((welcome.seq, accepted.seq), (Seq(2), Seq(2)));
    assert_eq!(world.keys(ALICE), world.keys(BOB));
}

#[test]
fn members_are_asked_again_at_a_new_epoch() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.events();
    world.commit(ALICE, Wish::update()).unwrap();
    assert_eq!(kinds(&world.events_to(ALICE)), ["entry", "join request"]);
    world.commit(ALICE, world.adding(&[BOB])).unwrap();
    assert_eq!(
        kinds(&world.events_to(ALICE)),
        ["entry"],
        "and not once it is done"
    );
}

#[test]
fn who_is_not_added_joins_by_an_external_commit() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.events();
    world.join_external(BOB).unwrap();
    let events = world.deliver();
    let to = |name| To::Device(world.device(name));
    assert!(
        events
            .iter()
            .any(|(at, event)| *at == to(ALICE) && matches!(event, Event::CallEntry { .. }))
    );
    assert!(
        events
            .iter()
            .any(|(at, event)| *at == to(BOB) && matches!(event, Event::CallEntry { .. }))
    );
    assert_eq!(world.keys(ALICE), world.keys(BOB));
    assert!(world.send(BOB).is_ok());
}

#[test]
fn only_devices_of_the_room_enter() {
    let mut world = World::new();
    let bob = world.device(BOB);
    world.room.leaves.retain(|leaf| *leaf != bob);
    assert_eq!(world.join(BOB).unwrap_err(), CallError::NotInRoom);
    world.assert_empty();
}

/// B4: admission is an Add that a member commits, of who asked.
#[test]
fn nobody_is_added_who_did_not_ask() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    let wish = Wish::add(&[&world.clients[BOB].device]);
    let refused = world.commit(ALICE, wish).unwrap_err();
    assert_eq!(
        refused,
        CallError::Group(GroupError::Refused(Refusal::AddUnasked))
    );

    world.join(BOB).unwrap();
    world.leave(BOB);
    let refused = world.commit(ALICE, world.adding(&[BOB])).unwrap_err();
    assert_eq!(
        refused,
        CallError::Group(GroupError::Refused(Refusal::AddUnasked)),
        "or asks no more"
    );
}

#[test]
fn a_former_key_package_is_not_taken() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    let former = world.adding(&[BOB]);
    world.join(BOB).unwrap();
    let refused = world.commit(ALICE, former).unwrap_err();
    assert_eq!(
        (&refused, refused.code()),
        (&CallError::OtherKeyPackage, Code::CommitRefused)
    );
    assert!(world.commit(ALICE, world.adding(&[BOB])).is_ok());
}

#[test]
fn a_device_that_enters_anew_is_replaced_in_one_commit() {
    let mut world = World::new();
    world.all_in();
    let former = world.clients[BOB].joined.as_ref().unwrap().participant_id;
    world.offer(BOB, Side::Publish).unwrap();
    world.sent();
    let joined = world.join(BOB).unwrap();
    assert_ne!(joined.participant_id, former);
    assert_eq!(joined.call.participants.len(), 3);
    assert!(matches!(world.sent()[..], [ToSfu::Leave { place }] if place.participant_id == former));
    assert_eq!(kinds(&world.events_to(ALICE)), ["gone", "join request"]);

    let wish = Wish {
        remove: vec![world.leaf(ALICE, BOB)],
        ..world.adding(&[BOB])
    };
    world.commit(ALICE, wish).unwrap();
    let events = world.deliver();
    assert!(
        !events
            .iter()
            .any(|(_, event)| matches!(event, Event::CallGone(_)))
    );
    assert_eq!(world.keys(ALICE), world.keys(BOB));
    assert_eq!(world.keys(ALICE), world.keys(CAROL));
}

#[test]
fn a_device_that_enters_anew_may_replace_its_leaf_itself() {
    let mut world = World::new();
    world.all_in();
    world.join(BOB).unwrap();
    world.join_external(BOB).unwrap();
    let events = world.deliver();
    assert!(events.iter().all(|(_, event)| {
        !matches!(event, Event::CallJoinRequest(request) if request.participant.device_id != world.device(BOB))
    }));
    assert_eq!(world.keys(ALICE), world.keys(BOB));
    world.commit(ALICE, Wish::update()).unwrap();
    assert_eq!(
        kinds(&world.events_to(ALICE)),
        ["entry"],
        "nothing is left to be done"
    );
}

#[test]
fn a_lone_participant_that_reloads_founds_the_next_generation_at_once() {
    let mut world = World::new();
    let first = world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    let again = world.join(ALICE).unwrap();
    assert_eq!(again.call.call_id, first.call.call_id);
    assert_eq!(again.generation, Generation(2));
    assert!(again.group.is_none());
    assert_eq!(seq(world.found(ALICE).unwrap()), Seq(1));
}

#[test]
fn a_device_is_in_one_call_at_a_time() {
    let mut world = World::new();
    world.all_in();
    let other = RoomForCall {
        room_id: RoomId::from_random([2; 16]),
        ..world.room.clone()
    };
    let joined = world.join_room(BOB, &other).unwrap();
    assert!(joined.group.is_none());
    let first = world.calls.summary(world.room.room_id).unwrap();
    assert_eq!(first.participants.len(), 2);
    assert!(
        first
            .participants
            .iter()
            .all(|who| who.device_id != world.device(BOB))
    );
    assert_eq!(world.calls.summary(other.room_id).unwrap().participants.len(), 1);
}

#[test]
fn a_call_group_of_another_room_is_refused() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    let elsewhere = settings(world.group_name(ALICE), RoomKind::Call, &[]);
    let refused = world.found_with(ALICE, elsewhere).unwrap_err();
    assert_eq!(
        refused,
        CallError::Group(GroupError::Refused(Refusal::SettingsOfOther))
    );
    assert!(world.clients[ALICE].member.is_none());
}

#[test]
fn a_founding_of_another_generation_is_stale() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    let client = world.clients.get_mut(ALICE).unwrap();
    client.joined.as_mut().unwrap().generation = Generation(2);
    let refused = world.found(ALICE).unwrap_err();
    assert_eq!(refused.code(), Code::StaleEpoch);
}

#[test]
fn entering_has_limits() {
    let mut world = World::new();
    for _ in 0..MAX_JOINS_PER_MINUTE {
        world.join(ALICE).unwrap();
    }
    let refused = world.join(ALICE).unwrap_err();
    assert!(matches!(
        refused,
        CallError::RateLimited {
            retry_after_ms: 1..=60_000
        }
    ));
    world.pass(60_000);
    assert!(world.join(ALICE).is_ok());

    let client = &world.clients[BOB];
    let request = CallJoin {
        room_id: world.room.room_id,
        key_package: Bytes(vec![0; MAX_KEY_PACKAGE_LEN + 1]),
        back_to: None,
    };
    let refused = world
        .calls
        .join(client.caller(), request, &world.room, world.now)
        .unwrap_err();
    assert_eq!(refused.code(), Code::TooLarge);
}

#[test]
fn a_full_call_takes_only_who_is_in_already() {
    let mut world = World::new();
    let request = CallJoin {
        room_id: world.room.room_id,
        key_package: Bytes(Vec::new()),
        back_to: None,
    };
    for number in 0..protocol::limits::MAX_CALL_PARTICIPANTS {
        let mut id = [9; 16];
        id[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let caller = Caller {
            device_id: DeviceId::from_random(id),
            user_id: UserId::from_random(id),
        };
        world.room.members.push(caller.user_id);
        world.room.leaves.push(caller.device_id);
    }
    let extra = world
        .room
        .members
        .iter()
        .copied()
        .zip(world.room.leaves.iter().copied())
        .skip(3);
    let callers: Vec<_> = extra
        .map(|(user_id, device_id)| Caller { device_id, user_id })
        .collect();
    for caller in &callers {
        world
            .calls
            .join(*caller, request.clone(), &world.room, world.now)
            .unwrap();
        world.events();
    }
    assert_eq!(world.join(ALICE).unwrap_err(), CallError::Full);
    assert!(
        world
            .calls
            .join(callers[0], request, &world.room, world.now)
            .is_ok()
    );
}
