//! Groups in which nobody is any more, while others wait to be added.

use protocol::Code;

use super::*;

/// Alice founded and bob waits.
fn bob_waits() -> World {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.found(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.events();
    world
}

/// Bob does what a client does whom nobody added: asks for the group, and enters anew where there is none.
fn bob_finds_no_group_and_founds(world: &mut World) {
    let client = &world.clients[BOB];
    let refused = world
        .calls
        .group_info(client.caller(), client.call())
        .unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);

    let joined = world.join(BOB).unwrap();
    assert!(joined.group.is_none());
    assert_eq!(joined.generation, Generation(2));
    assert_eq!(seq(world.found(BOB).unwrap()), Seq(1));
}

#[test]
fn who_waits_while_all_members_leave_founds_the_next_generation() {
    let mut world = bob_waits();
    world.leave(ALICE);
    bob_finds_no_group_and_founds(&mut world);
    assert!(kinds(&world.events_to(BOB)).is_empty(), "nobody is to be removed");
}

#[test]
fn who_waits_while_the_last_member_loses_its_place_in_the_room_founds_the_next_generation() {
    let mut world = bob_waits();
    let alice = world.device(ALICE);
    world.room.leaves.retain(|leaf| *leaf != alice);
    world.calls.room_changed(&world.room, world.now);
    bob_finds_no_group_and_founds(&mut world);
    let call = world.calls.calls.values().next().unwrap();
    let leaves = call.group.as_ref().unwrap().state.leaves();
    assert_eq!(leaves.len(), 1, "alice has no leaf in the call any more");
}

#[test]
fn a_group_stays_while_its_last_member_lingers() {
    let mut world = bob_waits();
    world.calls.disconnected(world.device(ALICE), world.now);
    world.pass(protocol::limits::CALL_LINGER_MS - 1);
    world.join_external(BOB).unwrap();
    assert_eq!(world.clients[BOB].generation(), Generation(1));
    world.pass(1);
    assert_eq!(kinds(&world.events_to(BOB)), ["entry", "gone"]);
    world.commit(BOB, world.removing(BOB, ALICE)).unwrap();
}

#[test]
fn the_founder_of_the_next_generation_is_asked_to_add_who_still_waits() {
    let mut world = bob_waits();
    world.leave(ALICE);
    let joined = world.join(CAROL).unwrap();
    assert!(joined.group.is_none());
    world.events();
    world.found(CAROL).unwrap();
    assert_eq!(kinds(&world.events_to(CAROL)), ["join request"]);

    world.commit(CAROL, world.adding(&[BOB])).unwrap();
    world.deliver();
    assert_eq!(world.clients[BOB].generation(), Generation(2));
    assert_eq!(world.keys(BOB), world.keys(CAROL));
}

#[test]
fn a_founding_of_a_generation_that_was_given_up_lost_like_any_other() {
    let mut world = World::new();
    world.join(ALICE).unwrap();
    world.join(BOB).unwrap();
    world.found(ALICE).unwrap();
    world.leave(ALICE);
    assert_eq!(world.found(BOB).unwrap_err().code(), Code::Conflict);
    bob_finds_no_group_and_founds(&mut world);
}

#[test]
fn an_external_commit_to_a_group_that_was_given_up_is_stale() {
    let mut world = bob_waits();
    let client = &world.clients[BOB];
    let info = world.calls.group_info(client.caller(), client.call()).unwrap();
    let (_, bundle) = client.device.join_external(&info.group_info.0, &info.tree.0);
    world.leave(ALICE);
    assert_eq!(world.hand_over(BOB, bundle).unwrap_err().code(), Code::StaleEpoch);
    bob_finds_no_group_and_founds(&mut world);
}
