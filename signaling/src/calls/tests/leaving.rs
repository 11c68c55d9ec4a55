use protocol::limits::CALL_LINGER_MS;

use tokio::sync::oneshot::error::TryRecvError;

use super::*;
use crate::groups::{GroupError, Refusal};

#[test]
fn who_leaves_is_forwarded_to_no_more_and_its_leaf_is_removed() {
    let mut world = World::new();
    world.all_in();
    let before = world.keys(ALICE);
    let place = world.clients[CAROL].joined.as_ref().unwrap().participant_id;
    let mut ticket = world.offer(CAROL, Side::Subscribe).unwrap();
    world.sent();

    world.leave(CAROL);
    assert!(matches!(world.sent()[..], [ToSfu::Leave { place: left }] if left.participant_id == place));
    assert_eq!(ticket.try_recv().unwrap_err(), TryRecvError::Closed);
    assert_eq!(kinds(&world.events_to(ALICE)), ["gone"]);

    world.commit(BOB, world.removing(BOB, CAROL)).unwrap();
    let events = world.deliver();
    assert!(
        !events
            .iter()
            .any(|(to, _)| *to == To::Device(world.device(CAROL)))
    );
    assert_eq!(world.keys(ALICE), world.keys(BOB));
    assert_ne!(world.keys(ALICE), before);
}

#[test]
fn members_do_not_remove_who_is_there() {
    let mut world = World::new();
    world.all_in();
    let wish = world.removing(BOB, CAROL);
    let refused = world.commit(BOB, wish).unwrap_err();
    assert_eq!(
        refused,
        CallError::Group(GroupError::Refused(Refusal::RemoveByNonModerator))
    );

    let carol = world.device(CAROL);
    world.calls.disconnected(carol, world.now);
    world.pass(CALL_LINGER_MS - 1);
    let wish = world.removing(BOB, CAROL);
    assert!(world.commit(BOB, wish).is_err(), "nor who may come back");
}

#[test]
fn a_lost_participant_lingers_and_then_is_gone() {
    let mut world = World::new();
    world.all_in();
    world.offer(CAROL, Side::Publish).unwrap();
    world.sent();
    let carol = world.device(CAROL);
    world.calls.disconnected(carol, world.now);
    world.pass(CALL_LINGER_MS - 1);
    assert!(world.events().is_empty() && world.sent().is_empty());
    world.pass(1);
    assert!(matches!(world.sent()[..], [ToSfu::Leave { .. }]));
    let events = world.events();
    assert!(events.iter().any(|(to, event)| {
        *to == To::Device(world.device(ALICE)) && matches!(event, Event::CallGone(_))
    }));
    assert!(matches!(
        events.last(),
        Some((To::Room(_), Event::CallChanged { call: Some(_), .. }))
    ));
    assert_eq!(world.send(CAROL).unwrap_err(), CallError::NotInCall);
}

#[test]
fn who_comes_back_in_time_stays() {
    let mut world = World::new();
    world.all_in();
    let carol = world.device(CAROL);
    world.calls.disconnected(carol, world.now);
    world.pass(CALL_LINGER_MS - 1);
    world.calls.connected(carol);
    world.pass(CALL_LINGER_MS);
    assert!(world.send(CAROL).is_ok());
}

#[test]
fn who_comes_back_hears_what_it_missed() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.commit(ALICE, world.adding(&[BOB])).unwrap();
    world.events();
    // The welcome was lost with the connection.
    let bob = world.device(BOB);
    world.calls.disconnected(bob, world.now);
    world.join(CAROL).unwrap();
    world.events();
    world.calls.connected(bob);
    let events = world.events_to(BOB);
    assert_eq!(kinds(&events), ["welcome", "join request"]);
    events
        .iter()
        .for_each(|event| world.clients.get_mut(BOB).unwrap().take(event));

    world.send(BOB).unwrap();
    world.events();
    world.calls.connected(bob);
    assert_eq!(
        kinds(&world.events_to(BOB)),
        ["join request"],
        "and no welcome that it has read"
    );
}

/// B4: removal is a Remove that a member commits; forwarding ends with it.
#[test]
fn a_moderator_throws_someone_out_at_once() {
    let mut world = World::new();
    world.room.moderators = vec![world.clients[ALICE].user_id];
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.commit(ALICE, world.adding(&[BOB])).unwrap();
    world.deliver();
    world.offer(BOB, Side::Subscribe).unwrap();
    world.sent();

    world.commit(ALICE, world.removing(ALICE, BOB)).unwrap();
    assert!(matches!(world.sent()[..], [ToSfu::Leave { .. }]));
    let events = world.events();
    assert!(events.iter().any(|(to, event)| {
        *to == To::Device(world.device(BOB)) && matches!(event, Event::CallEntry { .. })
    }));
    assert!(
        !events
            .iter()
            .any(|(_, event)| matches!(event, Event::CallGone(_)))
    );
    assert_eq!(
        world.offer(BOB, Side::Subscribe).unwrap_err(),
        CallError::NotInCall
    );
    assert_eq!(
        world
            .calls
            .summary(world.room.room_id)
            .unwrap()
            .participants
            .len(),
        1
    );
}

#[test]
fn who_loses_its_place_in_the_room_is_out_of_the_call() {
    let mut world = World::new();
    world.all_in();
    let bob = world.device(BOB);
    world.room.leaves.retain(|leaf| *leaf != bob);
    world.calls.room_changed(&world.room, world.now);
    assert_eq!(kinds(&world.events_to(ALICE)), ["gone"]);
    assert_eq!(world.send(BOB).unwrap_err(), CallError::NotInCall);

    world.room.leaves.clear();
    world.calls.room_changed(&world.room, world.now);
    world.assert_empty();
}

#[test]
fn the_call_ends_with_its_last_participant_and_nothing_is_kept() {
    let mut world = World::new();
    world.all_in();
    let call_id = world.clients[ALICE].call_id();
    let _ticket = world.offer(BOB, Side::Publish).unwrap();
    for name in [ALICE, BOB, CAROL] {
        world.leave(name);
    }
    assert!(matches!(world.sent()[..], [.., ToSfu::Close { call_id: closed }] if closed == call_id));
    let last = world.events().pop().unwrap();
    assert!(matches!(
        last,
        (To::Room(_), Event::CallChanged { call: None, .. })
    ));
    world.pass(60_000);
    world.assert_empty();

    let again = world.join(BOB).unwrap();
    assert_ne!(again.call.call_id, call_id);
    assert!(again.group.is_none());
}

#[test]
fn a_waiting_device_that_leaves_is_asked_for_no_more() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.events();
    world.leave(BOB);
    assert_eq!(kinds(&world.events_to(ALICE)), ["gone"]);
    world.commit(ALICE, Wish::update()).unwrap();
    assert_eq!(kinds(&world.events_to(ALICE)), ["entry"]);
}

#[test]
fn leaving_twice_or_a_call_that_one_is_not_in_is_harmless() {
    let mut world = World::new();
    world.all_in();
    world.leave(BOB);
    world.events();
    world.leave(BOB);
    let elsewhere = CallRef {
        call_id: protocol::CallId::from_random([5; 16]),
    };
    world
        .calls
        .leave(world.clients[ALICE].caller(), elsewhere, world.now)
        .unwrap();
    assert!(world.events().is_empty());
    assert!(world.send(ALICE).is_ok());
}
