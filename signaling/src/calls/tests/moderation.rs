//! Removing, locking and ending: a moderator of the room does, and the server keeps to it.

use protocol::{
    Code,
    limits::{CALL_LINGER_MS, CALL_RETURN_MS},
    room_settings::WhoMayAdd,
};

use super::*;
use crate::groups::{GroupError, Refusal};

impl World {
    /// All in, and alice moderates the room.
    fn moderated() -> Self {
        let mut world = Self::new();
        world.room.moderators = vec![world.clients[ALICE].user_id];
        world.person("dave");
        world.all_in();
        world
    }

    fn setting(&mut self, by: &str, change: impl FnOnce(&mut RoomSettings)) -> Result<Accepted, CallError> {
        self.commit(by, self.changed(by, change))
    }

    fn changed(&self, by: &str, change: impl FnOnce(&mut RoomSettings)) -> Wish {
        let call = &self.calls.calls[&self.clients[by].call_id()];
        let mut settings = call.group.as_ref().unwrap().state.settings().clone();
        change(&mut settings);
        Wish::settings(settings)
    }

    fn lock(&mut self, by: &str) -> Result<Accepted, CallError> {
        self.setting(by, |settings| settings.who_may_add = WhoMayAdd::Moderators)
    }

    /// Its page is loaded again, or its connection is cut for long.
    fn lose(&mut self, name: &str, reloads: bool) {
        let client = &self.clients[name];
        let (caller, call) = (client.caller(), client.call());
        if reloads {
            self.calls.lost(caller, call, self.now).unwrap();
        } else {
            self.calls.disconnected(caller.device_id, self.now);
            self.pass(CALL_LINGER_MS);
        }
    }

    /// Whether the server counts it in.
    fn lists(&self, name: &str) -> bool {
        let call = self.calls.summary(self.room.room_id).unwrap();
        let device = self.device(name);
        call.participants.iter().any(|one| one.device_id == device)
    }

    fn end(&mut self, by: &str) -> Result<(), CallError> {
        let client = &self.clients[by];
        self.calls.end(client.caller(), client.call(), self.now)
    }
}

fn refused(refusal: Refusal) -> CallError {
    CallError::Group(GroupError::Refused(refusal))
}

#[test]
fn only_a_moderator_of_the_room_removes_locks_and_ends() {
    let mut world = World::moderated();
    let removing = world.removing(BOB, CAROL);
    assert_eq!(
        world.commit(BOB, removing).unwrap_err(),
        refused(Refusal::RemoveByNonModerator)
    );
    assert_eq!(
        world.lock(BOB).unwrap_err(),
        refused(Refusal::SettingsByNonModerator)
    );
    assert_eq!(world.end(BOB).unwrap_err(), CallError::NoModerator);
    assert!(world.lock(ALICE).is_ok());
    // Who is none any more in the room, is none in its call.
    world.room.moderators.clear();
    world.calls.room_changed(&world.room, world.now);
    assert_eq!(
        world.lock(ALICE).unwrap_err(),
        refused(Refusal::SettingsByNonModerator)
    );
    assert_eq!(world.end(ALICE).unwrap_err(), CallError::NoModerator);
}

#[test]
fn whom_a_moderator_removed_does_not_come_in_as_long_as_the_call_lasts() {
    let mut world = World::moderated();
    let carol = world.clients[CAROL].user_id;
    let wish = Wish {
        remove: vec![world.leaf(ALICE, CAROL)],
        ..world.changed(ALICE, |settings| settings.removed.push(carol))
    };
    world.commit(ALICE, wish).unwrap();
    world.deliver();
    assert_eq!(world.join(CAROL).unwrap_err(), CallError::Removed);
    assert_eq!(CallError::Removed.code(), Code::CallRemoved);
    for name in [ALICE, BOB] {
        world.leave(name);
    }
    assert!(world.join(CAROL).is_ok(), "another call");
}

#[test]
fn into_a_locked_call_nobody_new_comes() {
    let mut world = World::moderated();
    // Dave is at the door when it is locked.
    world.join("dave").unwrap();
    world.lock(ALICE).unwrap();
    world.deliver();
    let adding = world.adding(&["dave"]);
    assert_eq!(
        world.commit(BOB, adding).unwrap_err(),
        refused(Refusal::CallLocked)
    );
    assert_eq!(
        world.join_external("dave").unwrap_err(),
        refused(Refusal::CallLocked)
    );
    assert_eq!(refused(Refusal::CallLocked).code(), Code::CallLocked);
    world.leave("dave");
    assert_eq!(world.join("dave").unwrap_err(), CallError::Locked);
    assert!(
        world
            .calls
            .summary(world.room.room_id)
            .unwrap()
            .participants
            .len()
            == 3
    );

    world
        .setting(ALICE, |settings| settings.who_may_add = WhoMayAdd::Members)
        .unwrap();
    world.deliver();
    assert!(world.join("dave").is_ok());
    let adding = world.adding(&["dave"]);
    assert!(world.commit(BOB, adding).is_ok());
}

/// Its former leaf is its right to come in: nobody is asked to remove that first.
#[test]
fn who_enters_a_locked_call_anew_is_let_in_with_one_commit() {
    let mut world = World::moderated();
    world.lock(ALICE).unwrap();
    world.deliver();
    let carol = world.device(CAROL);
    world.calls.disconnected(carol, world.now);
    world.pass(CALL_LINGER_MS - 1);
    world.join(CAROL).unwrap();
    assert_eq!(kinds(&world.events_to(ALICE)), ["join request"]);
    let wish = Wish {
        remove: vec![world.leaf(ALICE, CAROL)],
        ..world.adding(&[CAROL])
    };
    world.commit(ALICE, wish).unwrap();
    world.deliver();
    assert_eq!(world.keys(CAROL), world.keys(ALICE));
}

/// Her leaf is not even asked for, so that members see why they let her in.
#[test]
fn who_was_lost_by_a_locked_call_comes_in_again_for_a_while() {
    for reloads in [true, false] {
        let mut world = World::moderated();
        world.lock(ALICE).unwrap();
        world.deliver();
        world.lose(CAROL, reloads);
        assert!(world.sent().is_empty(), "she had no media yet");
        assert!(!world.lists(CAROL), "nobody shows her");
        assert!(!kinds(&world.events_to(ALICE)).contains(&"gone"));
        let removing = world.removing(BOB, CAROL);
        assert_eq!(
            world.commit(BOB, removing).unwrap_err(),
            refused(Refusal::RemoveByNonModerator)
        );
        world.pass(CALL_RETURN_MS - 1);

        world.join(CAROL).unwrap();
        let wish = Wish {
            remove: vec![world.leaf(BOB, CAROL)],
            ..world.adding(&[CAROL])
        };
        world.commit(BOB, wish).unwrap();
        world.deliver();
        assert_eq!(world.keys(CAROL), world.keys(ALICE));
        assert!(world.lists(CAROL));
    }
}

/// Whoever commits meanwhile, and however often she is lost, her leaf stays until somebody adds her.
#[test]
fn who_is_lost_once_more_while_coming_back_still_may() {
    for reloads in [true, false] {
        let mut world = World::moderated();
        world.lock(ALICE).unwrap();
        world.deliver();
        world.lose(CAROL, true);
        world.join(CAROL).unwrap();
        world.commit(BOB, Wish::default()).unwrap();
        world.lose(CAROL, reloads);
        assert!(!kinds(&world.events_to(ALICE)).contains(&"gone"));
        world.deliver();
        world.join(CAROL).unwrap();
        let wish = Wish {
            remove: vec![world.leaf(BOB, CAROL)],
            ..world.adding(&[CAROL])
        };
        world.commit(BOB, wish).unwrap();
        world.deliver();
        assert_eq!(world.keys(CAROL), world.keys(BOB));
    }
}

#[test]
fn who_was_lost_by_a_locked_call_for_too_long_is_new_to_it() {
    let mut world = World::moderated();
    world.lock(ALICE).unwrap();
    world.deliver();
    world.lose(CAROL, true);
    world.pass(CALL_RETURN_MS);
    assert!(kinds(&world.events_to(ALICE)).contains(&"gone"));
    let removing = world.removing(BOB, CAROL);
    world.commit(BOB, removing).unwrap();
    assert_eq!(world.join(CAROL).unwrap_err(), CallError::Locked);
}

#[test]
fn nobody_comes_back_who_left_or_was_removed_or_has_no_place_in_the_room_any_more() {
    let mut world = World::moderated();
    world.lock(ALICE).unwrap();
    world.deliver();
    world.leave(CAROL);
    assert!(kinds(&world.events_to(ALICE)).contains(&"gone"));
    let removing = world.removing(BOB, CAROL);
    world.commit(BOB, removing).unwrap();
    world.deliver();
    assert_eq!(world.join(CAROL).unwrap_err(), CallError::Locked);

    world.lose(BOB, true);
    let bob = world.clients[BOB].user_id;
    let wish = Wish {
        remove: vec![world.leaf(ALICE, BOB)],
        ..world.changed(ALICE, |settings| settings.removed.push(bob))
    };
    world.commit(ALICE, wish).unwrap();
    assert_eq!(world.join(BOB).unwrap_err(), CallError::Removed);

    let mut world = World::moderated();
    world.lock(ALICE).unwrap();
    world.deliver();
    world.lose(CAROL, false);
    world.events();
    let carol = world.device(CAROL);
    world.room.leaves.retain(|leaf| *leaf != carol);
    world.calls.room_changed(&world.room, world.now);
    assert!(kinds(&world.events_to(ALICE)).contains(&"gone"));
    assert_eq!(world.join(CAROL).unwrap_err(), CallError::NotInRoom);
}

#[test]
fn who_comes_back_to_a_call_that_is_not_locked_any_more_has_no_leaf_kept() {
    let mut world = World::moderated();
    world.lock(ALICE).unwrap();
    world.deliver();
    world.lose(CAROL, true);
    world
        .setting(ALICE, |settings| settings.who_may_add = WhoMayAdd::Members)
        .unwrap();
    world.deliver();
    world.pass(1);
    assert!(kinds(&world.events_to(BOB)).contains(&"gone"));
    // And a moderator needs none.
    world.lock(ALICE).unwrap();
    world.deliver();
    world.lose(ALICE, true);
    assert!(kinds(&world.events_to(BOB)).contains(&"gone"));
    let removing = world.removing(BOB, ALICE);
    world.commit(BOB, removing).unwrap();
    assert!(world.join(ALICE).is_ok());
}

#[test]
fn a_call_that_was_ended_is_not_begun_again_by_who_was_cut_off() {
    let mut world = World::moderated();
    let (call_id, carol) = (world.clients[CAROL].call_id(), world.device(CAROL));
    world.calls.disconnected(carol, world.now);
    world.events();
    world.sent();
    world.end(ALICE).unwrap();
    assert!(matches!(world.sent()[..], [ToSfu::Close { call_id: closed }] if closed == call_id));
    assert!(matches!(
        world.events()[..],
        [(To::Room(_), Event::CallChanged { call: None, .. })]
    ));
    assert!(world.calls.summary(world.room.room_id).is_none());

    let client = &world.clients[CAROL];
    let back = CallJoin {
        room_id: world.room.room_id,
        key_package: key_package_bytes(&client.device.key_package()),
        back_to: Some(call_id),
    };
    let refused = world
        .calls
        .join(client.caller(), back, &world.room, world.now)
        .unwrap_err();
    assert_eq!(
        (refused.clone(), refused.code()),
        (CallError::Ended, Code::CallEnded)
    );
    assert!(world.calls.summary(world.room.room_id).is_none());
    assert!(world.join(CAROL).is_ok(), "by one's own wish");
    world.leave(CAROL);
    world.pass(crate::calls::limits::ENDED_MEMORY_MS);
    world.assert_empty();
}
